"""File names for tags, safe on every file system."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
"""Names reserved by Windows, with any extension."""

_LONGEST: Final = 80


def tag_file_names(tags: Iterable[str]) -> dict[str, str]:
    """Return a file name without extension for each tag; a digest is added to tags that would share one."""
    plain = {tag: _plain(tag) for tag in tags}
    counts: dict[str, int] = {}
    for name in plain.values():
        counts[name.casefold()] = counts.get(name.casefold(), 0) + 1
    return {tag: name if counts[name.casefold()] == 1 else f"{name}-{_digest(tag)}" for tag, name in plain.items()}


def _plain(tag: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_]+", "-", tag).strip("-")[:_LONGEST]
    if not name or _RESERVED.match(name):
        return f"tag-{name or _digest(tag)}"
    return name


def _digest(tag: str) -> str:
    return hashlib.sha256(tag.encode("utf-8", "surrogatepass")).hexdigest()[:8]
