"""Names of files that every system can have."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)
"""https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""


def is_reserved(name: str) -> bool:
    """Return whether a name belongs to a device on Windows, whatever its extension."""
    return _RESERVED.fullmatch(name.partition(".")[0]) is not None


def is_portable(letter: str) -> bool:
    """Return whether a character can be in a name on all systems and in addresses: letters, marks, numbers, `-._`."""
    return letter in "-._" or unicodedata.category(letter)[0] in "LMN"
