"""Which fields a face needs, so that a note has exactly the cards that Anki makes of its note type."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from cardpipe.importing.templates import is_filled, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_MOST_TABULATED: Final = 8
"""The number of fields up to which all combinations of filled fields are tried."""
MOST_PATTERNS: Final = 2_000
"""Maximum combinations of filled fields of a note type that are compared with its templates."""


def needed_fields(front: str, names: Sequence[str], patterns: Iterable[frozenset[str]]) -> tuple[str, ...] | None:
    """Return fields such that the card exists if and only if all of them are filled; None if there are none such.

    `patterns` are the combinations of filled fields of the notes. If the front does not make such a condition for all
    notes that one could write, the fields fit the notes that there are.
    """
    named = [name for name in dict.fromkeys(part.name for part in parts(front)) if name in names]
    shown = {part.name for part in parts(front) if part.name in names and not part.sign and not part.filters}

    def exists(pattern: frozenset[str]) -> bool:
        return is_filled(front, {name: "x" if name in pattern else "" for name in named})

    always = _in_general(named, exists) if len(named) <= _MOST_TABULATED else None
    if always is not None:
        return always
    known = list(patterns)
    if len(known) > MOST_PATTERNS:
        return None
    made = [pattern for pattern in known if exists(pattern)]
    if not made:
        return None
    others = [pattern for pattern in known if not exists(pattern)]
    common = frozenset.intersection(*made)
    needed = [name for name in (*named, *(name for name in names if name not in named)) if name in common]
    if not needed or any(pattern.issuperset(needed) for pattern in others):
        return None
    shows_one = not shown.isdisjoint(needed)
    # The first fields of a note type are the ones that all notes have.
    for name in sorted(needed, key=names.index, reverse=True):
        fewer = [one for one in needed if one != name]
        if not fewer or (shows_one and shown.isdisjoint(fewer)):
            continue
        if not any(pattern.issuperset(fewer) for pattern in others):
            needed = fewer
    return tuple(needed)


def _in_general(named: Sequence[str], exists: Callable[[frozenset[str]], bool]) -> tuple[str, ...] | None:
    """Return the fields whose conjunction is the condition of a card, whatever the notes are."""
    every = frozenset(named)
    if not exists(every):
        return None
    needed = tuple(name for name in named if not exists(every - {name}))
    if not needed:
        return None
    for choice in product((False, True), repeat=len(named)):
        pattern = frozenset(name for name, is_chosen in zip(named, choice, strict=True) if is_chosen)
        if exists(pattern) is not pattern.issuperset(needed):
            return None
    return needed
