"""Fonts with some of their characters: HarfBuzz takes a thousandth of a second for what takes fontTools a tenth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.mathjax.font_tables import tables_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def subset_font(
    data: bytes,
    points: Iterable[int],
    *,
    features: Collection[str] = (),
    names: Iterable[int] = (),
    notdef_outline: bool = False,
) -> dict[str, bytes]:
    """Return the tables of a font, given as TrueType or OpenType, with some code points, without hints.

    It keeps these OpenType features, and of its names the English ones with these identifiers. Nothing depends on the
    time of day.
    """
    import uharfbuzz as hb

    wanted = hb.SubsetInput()
    wanted.flags = hb.SubsetFlags.NO_HINTING
    if notdef_outline:
        wanted.flags |= hb.SubsetFlags.NOTDEF_OUTLINE
    wanted.unicode_set.update(points)
    wanted.name_id_set.clear()
    wanted.name_id_set.update(names)
    wanted.layout_feature_tag_set.clear()
    wanted.layout_feature_tag_set.update(int.from_bytes(name.encode("ascii"), "big") for name in features)
    return tables_of(wanted.subset(hb.Face(data)).blob.data)
