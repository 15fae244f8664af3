"""Suggestions for misspelt names, and normalised tags."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 80
"""The maximum length of a word to compare: longer ones are not names, and slow."""
_CANDIDATES = 3
_SINGULAR = 3
"""The maximum length of a word that is not a plural."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that a word is a likely misspelling of, ignoring case; None if it is ambiguous.

    One slip in three characters is allowed: an extra, missing or wrong character, or two swapped ones.
    Digits can only be swapped, and zeros added or removed: `ML0054` can mean `ML0045`, but `ML0007` never `ML0012`.
    """
    if not word or len(word) > _LONGEST:
        return None
    by_folded: dict[str, str] = {}
    for name in known:
        by_folded.setdefault(name.casefold(), name)
    folded = word.casefold()
    from rapidfuzz.distance import OSA

    for match in difflib.get_close_matches(folded, by_folded, n=_CANDIDATES, cutoff=0.6):
        if _digits(match) == _digits(folded) and OSA.distance(folded, match) <= max(
            1, max(len(folded), len(match)) // 3
        ):
            return by_folded[match]
    return None


def _digits(name: str) -> list[str]:
    return sorted(character for character in name if character.isdecimal() and character != "0")


def normal_tag(tag: str) -> str:
    """Return the normal form of a tag, which is equal for its spellings."""
    joined = re.sub(r"[\W_]+", "", tag.casefold().replace("::", "\0").replace("+", "plus").replace("#", "sharp"))
    return joined[:-1] if len(joined) > _SINGULAR and joined.endswith("s") and not joined.endswith("ss") else joined
