"""The nearest known name for a misspelt one, and spellings of one tag."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 80
"""Longer words are no misspelt names, and comparing them is slow."""
_CANDIDATES = 3
_SINGULAR = 3
"""Letters of a word that is not taken for a plural."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that a word is a misspelling of, whatever the case; None where it may well be another name.

    One slip in three characters is allowed: a character too many, missing, wrong, or exchanged with its neighbour.
    Digits may only change places, and zeros come and go: `ML0054` may mean `ML0045`, but `ML0007` never `ML0012`.
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
    """What is the same in two spellings of one tag."""
    joined = re.sub(r"[\W_]+", "", tag.casefold().replace("::", "\0").replace("+", "plus").replace("#", "sharp"))
    return joined[:-1] if len(joined) > _SINGULAR and joined.endswith("s") and not joined.endswith("ss") else joined
