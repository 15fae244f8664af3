"""The fonts that formulas are set in: MathJax's own TeX fonts, and those of matplotlib for what they lack.

A formula set as text names a font by a class of one or a few letters, and a size that is not 1,000 units by another.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Final

from cardpipe.errors import RenderError

CHARACTERS: Final = Path(__file__).with_name("characters.json")
"""Which glyph of MathJax is which character of which font; `tests/math_font_table.py` makes it."""

FACES: Final = {
    "N": "Main-Regular",
    "B": "Main-Bold",
    "I": "Math-Italic",
    "MI": "Main-Italic",
    "BI": "Math-BoldItalic",
    "S1": "Size1-Regular",
    "S2": "Size2-Regular",
    "S3": "Size3-Regular",
    "S4": "Size4-Regular",
    "A": "AMS-Regular",
    "C": "Calligraphic-Regular",
    "CB": "Calligraphic-Bold",
    "FR": "Fraktur-Regular",
    "FRB": "Fraktur-Bold",
    "SS": "SansSerif-Regular",
    "SSB": "SansSerif-Bold",
    "SSI": "SansSerif-Italic",
    "SC": "Script-Regular",
    "T": "Typewriter-Regular",
    "V": "Vector-Regular",
    "VB": "Vector-Bold",
}
"""MathJax's fonts by the letters that it calls them by itself."""

OTHERS: Final = {
    "XN": "STIXGeneral",
    "XB": "STIXGeneralBol",
    "XI": "STIXGeneralItalic",
    "XBI": "STIXGeneralBolIta",
    "YN": "DejaVuSans",
    "YB": "DejaVuSans-Bold",
    "YI": "DejaVuSans-Oblique",
    "YBI": "DejaVuSans-BoldOblique",
    "ZN": "DejaVuSansMono",
    "ZB": "DejaVuSansMono-Bold",
    "ZI": "DejaVuSansMono-Oblique",
    "ZBI": "DejaVuSansMono-BoldOblique",
}
"""Those of matplotlib, which have the characters that MathJax's lack."""

SIZES: Final = {"s": 707, "t": 500}
"""Classes of the sizes of scripts, in thousandths of the formula's."""

UNKNOWN: Final = {"F": "serif", "G": "sans-serif", "H": "monospace"}
"""The classes of characters that none of these fonts has, and what kind of font is wanted for them."""

TEXT: Final = re.compile(
    r'<text class="(?P<face>[A-Z0-9]+)(?: (?P<size>[a-z]))?"(?P<more>(?:[^<>"]|"[^"]*")*)>(?P<text>[^<]*)</text>'
)
"""A run of glyphs in one of the fonts, as `typeset.js` writes it."""


_PLAIN: Final = (
    "font-size:1000px;font-style:normal;font-weight:400;font-variant:normal;font-kerning:none;font-synthesis:none;"
    "letter-spacing:0;word-spacing:0;white-space:pre"
)
"""Whatever the text around a formula looks like, its glyphs are those of its fonts, where they were put."""


def mathjax_folder() -> Path:
    """The folder of MathJax's distribution; raises RenderError where its package is not installed."""
    found = importlib.util.find_spec("mathjax")
    for place in (found.submodule_search_locations or []) if found else []:
        folder = Path(place, "static", "mathjax", "es5")
        if folder.is_dir():
            return folder
    raise RenderError("MathJax is not installed", hint="install the package django-static-mathjax")


def matplotlib_font(name: str) -> Path | None:
    """The file of a font that matplotlib carries, by its name; None where it no longer does."""
    # Found without importing matplotlib, which takes half a second.
    found = importlib.util.find_spec("matplotlib")
    for place in (found.submodule_search_locations or []) if found else []:
        path = Path(place, "mpl-data", "fonts", "ttf", name + ".ttf")
        if path.is_file():
            return path
    return None


def font_path(letter: str) -> Path:
    """The file of a font by its letters; raises RenderError where it is missing."""
    if letter in FACES:
        path: Path | None = (
            mathjax_folder() / "output" / "chtml" / "fonts" / "woff-v2" / f"MathJax_{FACES[letter]}.woff"
        )
    else:
        path = matplotlib_font(OTHERS[letter])
    if path is None or not path.is_file():
        raise RenderError(
            f"The font for formulas {FACES.get(letter) or OTHERS[letter]} is missing.",
            hint="Install cardpipe again, with its dependencies.",
        )
    return path


def font_bytes(letter: str) -> bytes:
    """A font by its letters: WOFF or TrueType; raises RenderError where it is missing."""
    return font_path(letter).read_bytes()


def family(letter: str) -> str:
    """What a style sheet calls a font."""
    return f"math-{letter}"


def size_rules() -> str:
    """The CSS rules for the sizes of a formula's text."""
    sizes = "".join(f".math .{name}{{font-size:{size}px}}" for name, size in SIZES.items())
    return f".math text{{{_PLAIN}}}{sizes}"
