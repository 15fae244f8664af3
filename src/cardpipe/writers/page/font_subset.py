"""Fonts with some of their characters, as WOFF2.

HarfBuzz takes a thousandth of a second for what takes fontTools a tenth, which then encodes the result.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from fontTools.ttLib import TTFont


def subset_font(
    data: bytes,
    points: Iterable[int],
    *,
    features: Collection[str] = (),
    names: Iterable[int] = (),
    notdef_outline: bool = False,
) -> TTFont:
    """Return a font, given as TrueType, OpenType or WOFF, with some code points, without hints.

    It keeps these OpenType features, and of its names the English ones with these identifiers. Nothing depends on the
    time of day.
    """
    import uharfbuzz as hb
    from fontTools.ttLib import TTFont

    wanted = hb.SubsetInput()
    wanted.flags = hb.SubsetFlags.NO_HINTING
    if notdef_outline:
        wanted.flags |= hb.SubsetFlags.NOTDEF_OUTLINE
    wanted.unicode_set.update(points)
    wanted.name_id_set.clear()
    wanted.name_id_set.update(names)
    wanted.layout_feature_tag_set.clear()
    wanted.layout_feature_tag_set.update(map(_tag, features))
    made = wanted.subset(hb.Face(_unpacked(data)))
    return TTFont(io.BytesIO(made.blob.data), recalcBBoxes=False, recalcTimestamp=False, lazy=True)


def as_woff2(font: TTFont) -> bytes:
    """Return the file of a font, which is closed."""
    out = io.BytesIO()
    with font:
        font.flavor = "woff2"
        font.save(out, reorderTables=True)
    return out.getvalue()


def _unpacked(data: bytes) -> bytes:
    """Return a font as TrueType or OpenType, which is what HarfBuzz reads."""
    from fontTools.ttLib import TTFont

    if not data.startswith(b"wOFF"):
        return data
    out = io.BytesIO()
    with TTFont(io.BytesIO(data), recalcBBoxes=False, recalcTimestamp=False, lazy=True) as font:
        font.flavor = None
        font.save(out)
    return out.getvalue()


def _tag(name: str) -> int:
    return int.from_bytes(name.encode("ascii"), "big")
