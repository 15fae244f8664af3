"""The paths of the pages of a site, and relative addresses between them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_RESERVED: Final = re.compile(r"(?:CON|PRN|AUX|NUL)", re.IGNORECASE)
"""ID prefixes that Windows does not allow as names of folders."""

CARDS_PER_PAGE: Final = 200
"""The maximum number of cards on a page of a tag."""


def card_path(card_id: str) -> str:
    """Return the path of a card's page."""
    return f"card/{quote(card_id)}/"


def tag_path(name: str, number: int = 1) -> str:
    """Return the path of a tag's page, from its file name and the number of the page."""
    return f"tag/{name}/" if number == 1 else f"tag/{name}/{number}/"


def deck_path(prefix: str) -> str:
    """Return the path of a subdeck's page, from the prefix of its IDs."""
    return f"deck/{f'{prefix}-' if _RESERVED.fullmatch(prefix) else prefix or 'other'}/"


def root_from(path: str) -> str:
    """Return the relative address of the start page from the page with this path."""
    return "../" * path.count("/") or "./"


def file_of(path: str) -> str:
    """Return the file of a page."""
    return f"{path}index.html" if path.endswith("/") or not path else path
