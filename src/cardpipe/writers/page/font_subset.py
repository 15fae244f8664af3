"""Fonts with some of their characters, as WOFF2.

HarfBuzz takes a thousandth of a second for what takes fontTools a tenth, which then encodes the result. A font is a
mapping of its tables by their tags: `TTFont` of fontTools would read and write most of them anew.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


def subset_font(
    data: bytes,
    points: Iterable[int],
    *,
    features: Collection[str] = (),
    names: Iterable[int] = (),
    notdef_outline: bool = False,
) -> dict[str, bytes]:
    """Return the tables of a font, given as TrueType, OpenType or WOFF, with some code points, without hints.

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
    # HarfBuzz does not read WOFF.
    whole = _file(_tables(data)) if data.startswith(b"wOFF") else data
    return _tables(wanted.subset(hb.Face(whole)).blob.data)


def as_woff2(tables: Mapping[str, bytes]) -> bytes:
    """Return the file of a font."""
    return _file(tables, "woff2")


def _tables(data: bytes) -> dict[str, bytes]:
    from fontTools.ttLib.sfnt import SFNTReader

    reader = SFNTReader(io.BytesIO(data))
    return {tag: reader[tag] for tag in reader.keys()}  # noqa: SIM118 - it has no iterator


def _file(tables: Mapping[str, bytes], flavour: str | None = None) -> bytes:
    from fontTools.ttLib.sfnt import SFNTWriter

    out = io.BytesIO()
    writer = SFNTWriter(out, len(tables), "OTTO" if "CFF " in tables else "\0\1\0\0", flavour)
    for tag, table in tables.items():
        writer[tag] = table
    writer.close()
    return out.getvalue()
