"""A word diff of two texts in bounded time; Python's difflib takes a minute for a hostile page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN: Final = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_TOKENS: Final = 5000
_MOST_EDITS: Final = 400
"""Texts with more changes, or longer ones, are shown completely, first the old text, then the new one."""
_MOST_STEPS: Final = 4_000_000
"""Limit in steps for a comparison, some seconds; a text that differs in 400 words takes 80,000."""

SAME, OLD, NEW = "=", "-", "+"


class Budget:
    """The number of steps that are left for one comparison."""

    def __init__(self, steps: int = _MOST_STEPS) -> None:
        self._left = steps

    def take(self, steps: int) -> bool:
        """Spend steps; return False if too few are left."""
        self._left -= steps
        return self._left >= 0


def word_diff(before: str, after: str, budget: Budget) -> tuple[tuple[str, str], ...]:
    """Return the parts of both texts in reading order, each with `=` (in both), `-` (removed) or `+` (added)."""
    if before == after:
        return ((SAME, before),) if before else ()
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    steps = _steps(old, new, budget) if max(len(old), len(new)) <= _MOST_TOKENS else None
    if steps is None:
        return tuple((sign, text) for sign, text in ((OLD, before), (NEW, after)) if text)
    return _stretches(steps)


def _steps(old: Sequence[str], new: Sequence[str], budget: Budget) -> list[tuple[str, str]] | None:
    """Return a shortest edit script from one list to the other, or None if it is too long or the budget is spent.

    The greedy algorithm of E. W. Myers, “An O(ND) difference algorithm and its variations” (1986).
    """
    furthest = {1: 0}
    trail: list[dict[int, int]] = []
    for edits in range(_MOST_EDITS + 1):
        if not budget.take(2 * edits + 1):
            return None
        trail.append(dict(furthest))
        for diagonal in range(-edits, edits + 1, 2):
            x = _start(furthest, diagonal, edits)
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            furthest[diagonal] = x
            if x >= len(old) and y >= len(new):
                return _walked_back(trail, old, new)
    return None


def _start(furthest: dict[int, int], diagonal: int, edits: int) -> int:
    inserted = _inserts(furthest, diagonal, edits)
    return furthest[diagonal + 1] if inserted else furthest[diagonal - 1] + 1


def _inserts(furthest: dict[int, int], diagonal: int, edits: int) -> bool:
    """Return whether the furthest path to a diagonal ends with an insertion rather than a deletion."""
    return diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])


def _walked_back(trail: Sequence[dict[int, int]], old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    steps: list[tuple[str, str]] = []
    x, y = len(old), len(new)
    for edits in range(len(trail) - 1, -1, -1):
        furthest, diagonal = trail[edits], x - y
        start = _start(furthest, diagonal, edits)
        while x > start and y > start - diagonal:
            x, y = x - 1, y - 1
            steps.append((SAME, old[x]))
        if not edits:
            break
        if _inserts(furthest, diagonal, edits):
            y -= 1
            steps.append((NEW, new[y]))
        else:
            x -= 1
            steps.append((OLD, old[x]))
    return steps[::-1]


def _stretches(steps: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Yield runs of words; between unchanged words, deletions come before insertions."""
    found: list[tuple[str, str]] = []
    waiting = {SAME: "", OLD: "", NEW: ""}
    for sign, word in (*steps, (SAME, "")):
        if sign == SAME and (waiting[OLD] or waiting[NEW]):
            found += [(kind, text) for kind, text in waiting.items() if text]
            waiting = dict.fromkeys(waiting, "")
        waiting[sign] += word
    if waiting[SAME]:
        found.append((SAME, waiting[SAME]))
    return tuple(found)
