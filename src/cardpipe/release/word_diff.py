"""A word diff of two texts in bounded time; Python's difflib takes a minute for a hostile page."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

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
    runs = aligned(old, new, budget)
    found: list[tuple[str, str]] = [] if runs is not None else [(OLD, before), (NEW, after)]
    for run in runs or ():
        gone, come = "".join(old[slice(*run.old)]), "".join(new[slice(*run.new)])
        found += [(SAME, gone)] if run.same else [(OLD, gone), (NEW, come)]
    return tuple((sign, text) for sign, text in found if text)


class Run(NamedTuple):
    """Consecutive words of both texts that are the same or that differ; ends are exclusive."""

    same: bool
    old: tuple[int, int]
    new: tuple[int, int]


def aligned(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    budget: Budget,
    *,
    most_words: int = _MOST_TOKENS,
    most_edits: int = _MOST_EDITS,
) -> list[Run] | None:
    """Return which words of two texts are the same; None if the texts are too long or differ too much."""
    if max(len(old), len(new)) > most_words or not budget.take(len(old) + len(new)):
        return None
    from rapidfuzz.distance import Indel

    if Indel.distance(old, new, score_cutoff=most_edits) > most_edits:
        return None
    runs = []
    for same, group in groupby(Indel.opcodes(old, new), key=lambda step: step.tag == "equal"):
        steps = list(group)
        first, last = steps[0], steps[-1]
        runs.append(Run(same, (first.src_start, last.src_end), (first.dest_start, last.dest_end)))
    return runs
