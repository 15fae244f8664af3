"""Photographs in the four inks of print, which PlutoPrint leaves away with a word to nobody, in red, green and blue."""

from __future__ import annotations

import io
from typing import Final

_QUALITY: Final = 92
_START: Final = b"\xff\xd8"
_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of JPEG after which the size of the picture stands (ITU-T T.81, table B.1)."""
_INKS: Final = 4


def in_light(data: bytes) -> bytes:
    """A JPEG in colours that every engine can draw; one that is such already, or is none, as it is."""
    if _parts(data) != _INKS:
        return data
    from PIL import Image

    stream = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        picture.convert("RGB").save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


def _parts(data: bytes) -> int:
    """Of how many parts each colour is made up; 0 where that cannot be read."""
    if not data.startswith(_START):
        return 0
    place = len(_START)
    while place + 10 <= len(data) and data[place] == 0xFF:
        if data[place + 1] in _SIZES:
            return data[place + 9]
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return 0
