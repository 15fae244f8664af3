"""Merge two changes of a sequence of words, in bounded time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from cardpipe.release.word_diff import aligned

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from cardpipe.release.word_diff import Budget

MOST_WORDS: Final = 12_000
"""Maximum words of a text that is merged; the longest that lint allows have about as many."""
MOST_DIFFERENCES: Final = 3_000
_Word = TypeVar("_Word", bound="Hashable")


class Difference(NamedTuple):
    """A range of one sequence, and what another has in its place; ends are exclusive."""

    start: int
    end: int
    new_start: int
    new_end: int


class Conflict(NamedTuple):
    """Two changes of the same words."""

    start: int
    end: int


def differences(old: Sequence[Hashable], new: Sequence[Hashable], budget: Budget) -> list[Difference] | None:
    """Return where two sequences differ; None if they are too long, differ too much, or the budget is used up."""
    first = 0
    shorter = min(len(old), len(new))
    while first < shorter and old[first] == new[first]:
        first += 1
    last = 0
    while last < shorter - first and old[-1 - last] == new[-1 - last]:
        last += 1
    inner_old, inner_new = old[first : len(old) - last], new[first : len(new) - last]
    if not inner_old or not inner_new:
        whole = Difference(first, len(old) - last, first, len(new) - last)
        return [whole] if inner_old or inner_new else []
    runs = aligned(inner_old, inner_new, budget, most_words=MOST_WORDS, most_edits=MOST_DIFFERENCES)
    if runs is None:
        return None
    return [
        Difference(run.old[0] + first, run.old[1] + first, run.new[0] + first, run.new[1] + first)
        for run in runs
        if not run.same
    ]


def merged(
    base: Sequence[_Word], one: Sequence[_Word], other: Sequence[_Word], budget: Budget
) -> list[_Word] | Conflict | None:
    """Return the sequence with both changes of `base`, or where they conflict; None beyond the limits.

    Changes that touch each other conflict, unless they are the same.
    """
    mine, theirs = differences(base, one, budget), differences(base, other, budget)
    if mine is None or theirs is None:
        return None
    made: list[_Word] = []
    position = 0
    for group in _groups(mine, theirs, joins=lambda one, other: max(one.start, other.start) <= min(one.end, other.end)):
        made += base[position : group.start]
        position = group.end
        first, second = one[slice(*group.of_one)], other[slice(*group.of_other)]
        if group.has_one and group.has_other and list(first) != list(second):
            return Conflict(group.start, group.end)
        made += first if group.has_one else second
    return [*made, *base[position:]]


def transferred(
    base: Sequence[str],
    changed: Sequence[str],
    written: Sequence[str],
    budget: Budget,
    *,
    key: Callable[[str], str],
    joins_touching: bool,
) -> list[str] | None:
    """Return `written`, another form of `base`, with the changes from `base` to `changed`; None beyond the limits.

    `key` says which words of the two forms are the same. Where a change overlaps a difference of form, the changed
    words are taken; with `joins_touching` also where it touches one.
    """
    mine = differences(base, changed, budget)
    forms = differences([key(word) for word in base], [key(word) for word in written], budget)
    if mine is None or forms is None:
        return None

    def joins(one: Difference, other: Difference) -> bool:
        first, last = max(one.start, other.start), min(one.end, other.end)
        return first <= last if joins_touching or one.start == one.end == other.start == other.end else first < last

    made: list[str] = []
    shift = position = 0
    for group in _groups(mine, forms, joins=joins):
        made += written[position + shift : group.start + shift]
        made += changed[slice(*group.of_one)] if group.has_one else written[slice(*group.of_other)]
        position = group.end
        shift = group.of_other[1] - group.end
    return [*made, *written[position + shift :]]


class _Group(NamedTuple):
    """Differences that belong together: the range of the base, and the ranges of the two other sequences."""

    start: int
    end: int
    of_one: tuple[int, int]
    of_other: tuple[int, int]
    has_one: bool
    has_other: bool


def _groups(
    mine: Sequence[Difference], theirs: Sequence[Difference], *, joins: Callable[[Difference, Difference], bool]
) -> list[_Group]:
    """Return the differences of two sequences from their base, joined where `joins` says so."""
    listed = sorted([(item, True) for item in mine] + [(item, False) for item in theirs], key=lambda pair: pair[0][:2])
    found: list[_Group] = []
    shift_one = shift_other = 0
    number = 0
    while number < len(listed):
        item, is_one = listed[number]
        start, end = item.start, item.end
        gathered = [(item, is_one)]
        last = {is_one: item}
        number += 1
        while number < len(listed):
            item, is_one = listed[number]
            if (not is_one) not in last or not joins(last[not is_one], item):
                break
            gathered.append((item, is_one))
            last[is_one] = item
            end = max(end, item.end)
            number += 1
        grown_one = sum(_growth(one) for one, is_mine in gathered if is_mine)
        grown_other = sum(_growth(one) for one, is_mine in gathered if not is_mine)
        found.append(
            _Group(
                start,
                end,
                (start + shift_one, end + shift_one + grown_one),
                (start + shift_other, end + shift_other + grown_other),
                any(is_mine for _, is_mine in gathered),
                not all(is_mine for _, is_mine in gathered),
            )
        )
        shift_one += grown_one
        shift_other += grown_other
    return found


def _growth(item: Difference) -> int:
    return (item.new_end - item.new_start) - (item.end - item.start)
