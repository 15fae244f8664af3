"""Divide a long deck into chunks of cards that are laid out and cached separately.

A chunk ends where a page ends anyway, so that it is not visible. It ends near a card that is marked by its ID alone, so
that an edit, addition or removal of a card changes neither the chunks before it nor those a few pages after it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from cardpipe.writers.page.document import Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cardpipe.writers.page.grouping import Group, TagUse

_EVERY: Final = 32
"""One of this many cards is marked."""
_LEAST, _MOST = 24, 96
"""Cards of a chunk: fewer mean more documents, each with overhead and its own fonts; more are slower."""


_ENTRIES: Final = 960
"""Lines of contents or of an index that are laid out together: some 25 pages, and whole pairs of columns."""


def runs(groups: Sequence[Group], opens_page: Callable[[str], bool]) -> list[list[Slice]]:
    """Return all cards in runs of slices; a run can begin with each group, and where `opens_page` is true."""
    found: list[list[Slice]] = [[]]
    count = 0
    for group in groups:
        if count >= _LEAST:
            found.append([])
            count = 0
        start, marked = 0, False
        for number, card in enumerate(group.cards):
            if marked and number > start and opens_page(card.id):
                found[-1].append(Slice(group, start, number))
                found.append([])
                start, marked, count = number, False, 0
            count += 1
            marked = marked or count >= _MOST or (count >= _LEAST and _is_marked(card.id))
        found[-1].append(Slice(group, start, len(group.cards)))
    return [run for run in found if run]


def portions(groups: Sequence[Group]) -> list[list[Slice]]:
    """Return all cards in groups whose contents are laid out together: one except for very large decks."""
    found: list[list[Slice]] = [[]]
    room = _ENTRIES
    for group in groups:
        start = 0
        while start < len(group.cards):
            if room == 0:
                found.append([])
                room = _ENTRIES
            stop = min(len(group.cards), start + room)
            found[-1].append(Slice(group, start, stop))
            room -= stop - start
            start = stop
    return found


def tag_portions(tags: Sequence[TagUse]) -> list[list[TagUse]]:
    """Return the tags in groups whose index is laid out together; none is divided."""
    found: list[list[TagUse]] = []
    count = _ENTRIES
    for tag in tags:
        if count >= _ENTRIES:
            found.append([])
            count = 0
        found[-1].append(tag)
        count += len(tag.cards)
    return found


def _is_marked(name: str) -> bool:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big") % _EVERY == 0
