"""Addresses and HTML in prose, which are not words."""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = re.compile(
    r"\]\([^)\n]{0,2000}\)|<[^>\n]{0,2000}>|https?://\S{1,2000}"
    r"|(?m:^[ >]{0,20}\[[^\]^\n][^\]\n]{0,200}\]:[ \t]{0,9}\S{1,2000}[ \t]*$)"
)


def without_addresses(text: str) -> str:
    """Return prose with addresses and HTML replaced by spaces, so that positions stay valid."""
    if "](" in text or "<" in text or "://" in text or "]:" in text:
        return _ADDRESS.sub(lambda match: " " * len(match[0]), text)
    return text
