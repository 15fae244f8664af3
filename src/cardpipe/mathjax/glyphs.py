"""Outlines for characters that MathJax's fonts lack, from matplotlib's fonts.

An SVG that named a font would look different on every machine, and a PDF engine may not find one at all.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import Any

from cardpipe.mathjax.fonts import OTHERS, matplotlib_font

# By CSS family, then by (bold, italic); the next of a list is asked where a font has no such character. STIX is drawn
# to go with Times and TeX's fonts; DejaVu has the most characters.
_SERIF = {
    (False, False): ("STIXGeneral",),
    (True, False): ("STIXGeneralBol", "STIXGeneral"),
    (False, True): ("STIXGeneralItalic", "STIXGeneral"),
    (True, True): ("STIXGeneralBolIta", "STIXGeneralBol", "STIXGeneral"),
}
_LETTERS = {name: letters for letters, name in OTHERS.items()}
_STYLES = {(False, False): "", (True, False): "-Bold", (False, True): "-Oblique", (True, True): "-BoldOblique"}

_COLOURFUL = (
    (0x2300, 0x23FF),
    (0x25FD, 0x25FE),
    (0x2600, 0x27BF),
    (0x2B1B, 0x2B1C),
    (0x2B50, 0x2B55),
)
"""Blocks and ranges below U+1F000 with characters that have `Emoji_Presentation` (Unicode's emoji-data.txt)."""


def glyph(code: int, family: str, italic: bool, bold: bool) -> tuple[list[Any] | None, str]:
    """Return a character as MathJax's font data, and its font if it can be text in it (see `fonts.OTHERS`).

    The data are height, depth and width in em, and a path of 1000 units per em without its first M and last Z, as in
    MathJax's own. None if no font has the character.
    """
    for name in _fonts(family, italic=italic, bold=bold):
        found = _outline(name, code)
        if found is not None:
            return found, _LETTERS[name] if _is_simple(code) else ""
    return None, ""


def _is_simple(code: int) -> bool:
    """Whether a character stands where it is put, whatever is beside it, and has the look of the font that it is in.

    Programs draw some symbols in colour from a font of the system, and give a soft hyphen no ink.
    """
    beside = code < 0x530 or 0x1E00 <= code < 0x2E80 or 0x1D400 <= code < 0x1F000
    colourful = any(first <= code <= last for first, last in _COLOURFUL)
    return beside and not colourful and unicodedata.category(chr(code)) not in {"Mn", "Me", "Cf"}


def _fonts(family: str, *, italic: bool, bold: bool) -> tuple[str, ...]:
    style = _STYLES[bold, italic]
    plain = ("DejaVuSans" + style, "DejaVuSans")
    if "mono" in family:
        return ("DejaVuSansMono" + style, "DejaVuSansMono", *plain)
    if "sans" in family:
        return plain
    return (*_SERIF[bold, italic], *plain)


@functools.cache
def _font(name: str) -> Any:
    """Return an open font, or None if matplotlib no longer includes it."""
    from fontTools.ttLib import TTFont

    path = matplotlib_font(name)
    return TTFont(path, lazy=True) if path is not None else None


def _outline(name: str, code: int) -> list[Any] | None:
    from fontTools.pens.boundsPen import BoundsPen
    from fontTools.pens.svgPathPen import SVGPathPen
    from fontTools.pens.transformPen import TransformPen

    font = _font(name)
    glyph_name = font.getBestCmap().get(code) if font is not None else None
    if glyph_name is None:
        return None
    glyphs = font.getGlyphSet()
    scale = 1000 / font["head"].unitsPerEm
    path = SVGPathPen(glyphs, ntos=lambda value: str(round(value)))
    glyphs[glyph_name].draw(TransformPen(path, (scale, 0, 0, scale, 0, 0)))
    bounds = BoundsPen(glyphs)
    glyphs[glyph_name].draw(bounds)
    _, low, _, high = bounds.bounds or (0, 0, 0, 0)
    outline = path.getCommands().removeprefix("M").removesuffix("Z")
    width = glyphs[glyph_name].width * scale / 1000
    return [round(high * scale / 1000, 3), round(-low * scale / 1000, 3), round(width, 3), {"p": outline}]
