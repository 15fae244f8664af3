"""Convert photographs to a form that every engine draws: upright RGB.

PlutoPrint silently drops CMYK, and ignores Exif orientation.
"""

from __future__ import annotations

import io
from typing import Final

from cardpipe.assets.pictures import orientation

_QUALITY: Final = 92
_START: Final = b"\xff\xd8"
_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG markers that are followed by the size of the picture (ITU-T T.81, table B.1)."""
_INKS: Final = 4
_EXIF: Final = b"Exif\0"


def for_print(data: bytes, media_type: str) -> bytes:
    """Return a picture that every engine can draw; unchanged if it is one, not a JPEG, or cannot be decoded."""
    if media_type != "image/jpeg":
        return data
    has_inks = _parts(data) == _INKS
    if not has_inks and _EXIF not in data:
        return data
    from PIL import Image, ImageOps

    stream = io.BytesIO()
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if not has_inks and orientation(picture) == 1:
                return data
            upright = ImageOps.exif_transpose(picture)
            upright.convert("RGB" if has_inks else upright.mode).save(stream, "JPEG", quality=_QUALITY, exif=b"")
    except (OSError, ValueError, SyntaxError):  # damaged: the engine reports it, with its name
        return data
    return stream.getvalue()


def _parts(data: bytes) -> int:
    """Return the number of colour components; 0 if it cannot be read."""
    if not data.startswith(_START):
        return 0
    place = len(_START)
    while place + 10 <= len(data) and data[place] == 0xFF:
        if data[place + 1] in _SIZES:
            return data[place + 9]
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return 0
