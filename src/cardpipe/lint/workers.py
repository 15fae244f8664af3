"""Processes that look at files side by side, where there are so many that it pays."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from cardpipe.cache.store import Cache
from cardpipe.errors import CardpipeError
from cardpipe.lint.context import LintContext
from cardpipe.lint.engine import examine, local_checks
from cardpipe.lint.file_result import encoded
from cardpipe.parallel.collection import without_cyclic_collection
from cardpipe.parallel.pool import at_once, pool, processes_for
from cardpipe.source.load import read_cards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from cardpipe.model.deck import Card, Deck

    File = tuple[str, bytes | None]
    """A path and the bytes there."""

_PAYS_FROM: Final = 400
"""Files; below, a process takes longer to start than it saves."""
_AT_ONCE: Final = 100
"""Files that a process is handed at a time, at most."""
_TURNS: Final = 8
"""How often a process is handed files at least, so that none waits long for another at the end."""
_MOST: Final = 1600
"""Files that are waited for before it is decided how many processes they are worth."""


class Work(Protocol):
    """Something done with cards where files are looked at, beside lint."""

    def take(self, cards: Iterable[Card]) -> None:
        """Do it with the cards of a file; raises CardpipeError where that is not possible."""

    def made(self) -> object:
        """What came of it since somebody last asked."""


class Task(Protocol):
    """Such work, as it can be handed to another process."""

    def begin(self, cache: Cache) -> Work:
        """Start it there."""


@dataclass(frozen=True, slots=True)
class Companion:
    """Work that goes along with lint where many files are read by other processes, so that nothing reads them again.

    It gets the cards of the files in which nothing was found, and may not be done at all: for few files, or where it
    fails. Then it is for whoever needs it to do it, and to say why it fails.
    """

    task: Callable[[Deck, int], Task | None]
    """Of a deck, and of how many files there are at least; None where there is nothing to do."""
    deliver: Callable[[object], None]
    """Called with what came of each batch of files."""


class _WorkerState:
    """What a process of the pool keeps between its batches."""

    cache: Cache
    context: LintContext
    work: Work | None


def examined(deck: Deck, files: Iterable[File], cache: Cache, companion: Companion | None = None) -> Iterator[str]:
    """The parts of files as JSON, in their order; a file that could not be read comes without bytes.

    Where other processes look at them, the files are asked for all at once, while these begin.
    """
    coming = iter(files)
    first = list(itertools.islice(coming, _MOST))
    count = processes_for(len(first), _PAYS_FROM)
    if count < 2:
        with LintContext(deck, cache) as context:
            yield from _parts(itertools.chain(first, coming), context)
        return
    task = companion.task(deck, len(first)) if companion is not None else None
    workers = pool(count, _start, deck, cache.folder, task)
    try:
        size = at_once(len(first), count, most=_AT_ONCE, turns=_TURNS)
        for parts, made in workers.map(_batch, _batches(itertools.chain(first, coming), size)):
            if made is not None and companion is not None:
                companion.deliver(made)
            yield from parts
    finally:
        workers.shutdown(cancel_futures=True)


def _batches(files: Iterator[File], size: int) -> Iterator[list[File]]:
    while batch := list(itertools.islice(files, size)):
        yield batch


def _start(deck: Deck, folder: Path | None, task: Task | None) -> None:
    _WorkerState.cache = Cache(folder)
    _WorkerState.context = LintContext(deck, _WorkerState.cache)
    _WorkerState.work = task.begin(_WorkerState.cache) if task is not None else None


def _batch(files: Sequence[File]) -> tuple[list[str], object]:
    with without_cyclic_collection():
        parts = list(_parts(files, _WorkerState.context, _taken))
    made = _WorkerState.work.made() if _WorkerState.work is not None else None
    _WorkerState.cache.flush()
    return parts, made


def _taken(cards: Iterable[Card]) -> None:
    if _WorkerState.work is not None:
        try:
            _WorkerState.work.take(cards)
        except CardpipeError:
            _WorkerState.work = None


def _parts(
    files: Iterable[File], context: LintContext, faultless: Callable[[Iterable[Card]], None] | None = None
) -> Iterator[str]:
    checks = local_checks()
    for path, data in files:
        read = read_cards(path, data)
        part = examine(read, context, checks)
        if faultless is not None and not part.findings:
            faultless(read.cards)
        yield encoded(part)
