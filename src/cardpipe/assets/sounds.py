"""Sound files of authors: types by name and by content."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

SOUND_TYPES: Final = {
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
}
"""Media types by extension in lower case: what Anki plays on every system."""


def is_sound(name: str) -> bool:
    """Return whether a file name is that of a sound."""
    return PurePosixPath(name).suffix.lower() in SOUND_TYPES


def sound_type(data: bytes) -> str | None:
    """Return the media type of a sound by its signature (first bytes); None for anything else."""
    if data.startswith(b"OggS"):
        return "audio/ogg"
    if data.startswith(b"fLaC"):
        return "audio/flac"
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return "audio/wav"
    if data[4:8] == b"ftyp":
        return "audio/mp4"
    # An MPEG frame begins with eleven set bits, layer III; most files begin with a tag.
    frame = len(data) > 1 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2
    return "audio/mpeg" if data.startswith(b"ID3") or frame else None
