"""The fonts of formulas as TrueType: Chromium embeds fonts with PostScript outlines as Type 3.

A Type 3 font has no name, is not hinted and is drawn with thicker strokes by some viewers.
"""

from __future__ import annotations

import functools
import io
from typing import Any, Final

from cardpipe.mathjax.fonts import font_bytes

_ERROR: Final = 0.5
"""Units of a thousand an em by which a quadratic curve may miss the cubic one."""
_NOT_HINTED: Final = {
    "maxZones": 1,
    "maxTwilightPoints": 0,
    "maxStorage": 0,
    "maxFunctionDefs": 0,
    "maxInstructionDefs": 0,
    "maxStackElements": 0,
    "maxSizeOfInstructions": 0,
    "maxComponentElements": 0,
}
"""Fields of the table `maxp` that only TrueType has (OpenType 1.9, `maxp`)."""


@functools.cache
def truetype_bytes(letter: str) -> bytes:
    """Return a font of formulas as TrueType by its abbreviation; raises RenderError if it is missing."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import TTFont, newTable

    data = font_bytes(letter)
    font: Any = TTFont(io.BytesIO(data), recalcTimestamp=False)
    if "CFF " not in font:
        return data
    glyphs, order = font.getGlyphSet(), font.getGlyphOrder()
    outlines = {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, max_err=_ERROR, reverse_direction=True))
        outlines[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, outlines
    del font["CFF "]
    font["maxp"].tableVersion = 0x00010000
    for field, value in _NOT_HINTED.items():
        setattr(font["maxp"], field, value)
    # Without the names of glyphs, which only PostScript has in another table.
    font["post"].formatType = 3.0
    font.sfntVersion, font.flavor = "\0\1\0\0", None
    stream = io.BytesIO()
    font.save(stream)
    return stream.getvalue()
