"""A word diff of two texts in bounded time; Python's difflib takes a minute for a hostile page."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final

_TOKEN: Final = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_TOKENS: Final = 5000
_MOST_EDITS: Final = 400
"""Texts with more changes, or longer ones, are shown completely, first the old text, then the new one."""
_MOST_STEPS: Final = 4_000_000
"""Words of all texts of a comparison, some seconds."""

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
    """Return the parts of both texts in reading order, each with `=` (in both), `-` (removed) or `+` (added).

    Between two that are the same stands first all that is old, then all that is new.
    """
    if before == after:
        return ((SAME, before),) if before else ()
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    found: list[tuple[str, str]] = [(OLD, before), (NEW, after)]
    if max(len(old), len(new)) <= _MOST_TOKENS and budget.take(len(old) + len(new)):
        from rapidfuzz.distance import Indel

        if Indel.distance(old, new, score_cutoff=_MOST_EDITS) <= _MOST_EDITS:
            found = []
            for same, group in groupby(Indel.opcodes(old, new), key=lambda step: step.tag == "equal"):
                steps = list(group)
                gone = "".join("".join(old[step.src_start : step.src_end]) for step in steps)
                come = "".join("".join(new[step.dest_start : step.dest_end]) for step in steps)
                found += [(SAME, gone)] if same else [(OLD, gone), (NEW, come)]
    return tuple((sign, text) for sign, text in found if text)
