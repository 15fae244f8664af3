"""The fonts of the PDF: files of installed packages, so that a PDF is the same on every machine.

Source Serif and Source Sans set the text. Characters that they lack (Greek italics, arrows, logic, Arabic, Hebrew) come
from the STIX and DejaVu fonts in matplotlib; Chinese, Japanese and Korean have `han_fonts`. Only characters that none
of them has (emoji) depend on the fonts of the system. All of them may be embedded: SIL Open Font License, STIX and
Bitstream Vera licences.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cardpipe.errors import RenderError
from cardpipe.mathjax.fonts import FACES, OTHERS, family, font_bytes

_SERIF: Final = ("font_source_serif_pro", "files")
_SANS: Final = ("font_source_sans_pro", "files")
_MATPLOTLIB: Final = ("matplotlib", "mpl-data/fonts/ttf")
ADDRESS: Final = "https://sheet.invalid/font/"
"""The address of fonts in documents: in the engine's `Resources`, so that documents do not contain five megabytes each.
"""


@dataclass(frozen=True, slots=True)
class Font:
    """A font file, and its family, weight and style."""

    family: str
    package: str
    folder: str
    file: str
    weight: int = 400
    style: str = "normal"

    @property
    def rule(self) -> str:
        """Return its CSS rule; raises RenderError if its package is missing or incomplete."""
        # With its digest, the document contains all inputs of its pages.
        digest = hashlib.sha256(self.data).hexdigest()[:16]
        return (
            f'@font-face {{ font-family: "{self.family}"; font-weight: {self.weight}; font-style: {self.style}; '
            f'src: url("{ADDRESS}{self.file}?{digest}") format("truetype"); }}'
        )

    @property
    def data(self) -> bytes:
        """Return the bytes of the file; raises RenderError if its package is missing or incomplete."""
        # Located, not imported: importing matplotlib takes half a second, and only its files are needed.
        spec = importlib.util.find_spec(self.package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            path = Path(place, self.folder, self.file)
            if path.is_file():
                return path.read_bytes()
        raise RenderError(
            f"The font {self.file} of the package {self.package} is missing.",
            hint="Reinstall cardpipe with its dependencies.",
        )


FONTS: Final = (
    Font("sheet serif", *_SERIF, "SourceSerifPro-Regular.ttf"),
    Font("sheet serif", *_SERIF, "SourceSerifPro-It.ttf", style="italic"),
    Font("sheet serif", *_SERIF, "SourceSerifPro-Semibold.ttf", 600),
    Font("sheet serif", *_SERIF, "SourceSerifPro-SemiboldIt.ttf", 600, "italic"),
    Font("sheet serif", *_SERIF, "SourceSerifPro-Bold.ttf", 700),
    Font("sheet serif", *_SERIF, "SourceSerifPro-BoldIt.ttf", 700, "italic"),
    Font("sheet sans", *_SANS, "SourceSansPro-Regular.ttf"),
    Font("sheet sans", *_SANS, "SourceSansPro-It.ttf", style="italic"),
    Font("sheet sans", *_SANS, "SourceSansPro-Semibold.ttf", 600),
    Font("sheet sans", *_SANS, "SourceSansPro-SemiboldIt.ttf", 600, "italic"),
    Font("sheet symbols", *_MATPLOTLIB, "STIXGeneral.ttf"),
    Font("sheet symbols", *_MATPLOTLIB, "STIXGeneralItalic.ttf", style="italic"),
    Font("sheet symbols", *_MATPLOTLIB, "STIXGeneralBol.ttf", 600),
    Font("sheet symbols", *_MATPLOTLIB, "STIXGeneralBolIta.ttf", 600, "italic"),
    Font("sheet rest", *_MATPLOTLIB, "DejaVuSans.ttf"),
    Font("sheet rest", *_MATPLOTLIB, "DejaVuSans-Bold.ttf", 600),
    # For Arabic and Hebrew, which have no italics; an engine would slant them.
    Font("sheet rest", *_MATPLOTLIB, "DejaVuSans-Bold.ttf", style="italic"),
    Font("sheet rest", *_MATPLOTLIB, "DejaVuSans-Bold.ttf", 600, "italic"),
    Font("sheet mono", *_MATPLOTLIB, "DejaVuSansMono.ttf"),
    Font("sheet mono", *_MATPLOTLIB, "DejaVuSansMono-Oblique.ttf", style="italic"),
    Font("sheet mono", *_MATPLOTLIB, "DejaVuSansMono-Bold.ttf", 600),
)
FORMULAS: Final = {letter: f"formulas/{letter}" for letter in (*FACES, *OTHERS)}
"""The fonts of formulas, at the same address."""
SERIF: Final = '"sheet serif", "sheet symbols", "sheet rest"'
SANS: Final = '"sheet sans", "sheet symbols", "sheet rest"'
MONO: Final = '"sheet mono", "sheet rest"'
UNKNOWN_FONTS: Final = {"F": SERIF, "G": SANS, "H": MONO}
"""Font families for characters that no font of formulas has, by their class in a formula."""


@functools.cache
def covered() -> frozenset[int]:
    """Return the code points that the fonts in this module cover."""
    from fontTools.ttLib import TTFont

    found: set[int] = set()
    for font in FONTS:
        if font.weight == 400 and font.style == "normal":
            with TTFont(io.BytesIO(font.data), lazy=True) as file:
                found.update(file.getBestCmap())
    return frozenset(found)


@functools.cache
def font_rules() -> str:
    """Return the `@font-face` rules of all fonts; raises RenderError if a package is missing."""
    return "\n".join([*(font.rule for font in FONTS), *map(_formula_rule, FORMULAS)]) + "\n"


def _formula_rule(letter: str) -> str:
    digest = hashlib.sha256(font_bytes(letter)).hexdigest()[:16]
    return f'@font-face {{ font-family: "{family(letter)}"; src: url("{ADDRESS}{FORMULAS[letter]}?{digest}"); }}'


def formula_font(address: str) -> str:
    """The abbreviation of the font of formulas at an address; empty where it is another font, or none."""
    file = address.removeprefix(ADDRESS).partition("?")[0]
    letter = file.removeprefix("formulas/")
    return letter if address.startswith(ADDRESS) and FORMULAS.get(letter) == file else ""


def font_data(name: str) -> bytes | None:
    """Return the bytes of the font at the end of an address; None if there is no such font."""
    letter = formula_font(ADDRESS + name)
    if letter:
        return font_bytes(letter)
    file = name.partition("?")[0]
    return next((font.data for font in FONTS if font.file == file), None)
