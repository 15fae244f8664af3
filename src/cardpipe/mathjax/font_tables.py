"""Fonts as mappings of their tables by tags: `TTFont` of fontTools would parse and compile most of the tables."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASCENT, _DESCENT = 0.75, 0.25
"""Heights of a line above and below its base line, in ems."""
_EM: Final = 18
"""The place of the size of an em in `head` (OpenType 1.9)."""


def tables_of(data: bytes) -> dict[str, bytes]:
    """Return the tables of a font, given as TrueType, OpenType or WOFF."""
    from fontTools.ttLib.sfnt import SFNTReader

    reader = SFNTReader(io.BytesIO(data))
    return {tag: reader[tag] for tag in reader.tables}


def font_file(tables: Mapping[str, bytes], flavour: str | None = None) -> bytes:
    """Return the file of a font, as OpenType or in a flavour such as `woff2`."""
    from fontTools.ttLib.sfnt import SFNTWriter

    out = io.BytesIO()
    writer = SFNTWriter(out, len(tables), "OTTO" if "CFF " in tables else "\0\1\0\0", flavour)
    for tag, table in tables.items():
        writer[tag] = table
    writer.close()
    return out.getvalue()


def with_line_height(data: bytes) -> bytes:
    """Return a font as OpenType or TrueType with the same heights of a line as all fonts of formulas.

    MathJax's fonts have 30 thousandths of an em: WebKit draws no text whose line is less than a pixel high, and viewers
    of PDF mark found text by a line as thin. The places of the heights are those of OpenType 1.9.
    """
    tables = tables_of(data)
    (em,) = struct.unpack_from(">H", tables["head"], _EM)
    ascent, descent = round(em * _ASCENT), round(em * _DESCENT)
    header, metrics = bytearray(tables["hhea"]), bytearray(tables["OS/2"])
    struct.pack_into(">hh", header, 4, ascent, -descent)
    struct.pack_into(">hh", metrics, 68, ascent, -descent)  # of a typographer
    struct.pack_into(">HH", metrics, 74, ascent, descent)  # of Windows
    return font_file(tables | {"hhea": bytes(header), "OS/2": bytes(metrics)})
