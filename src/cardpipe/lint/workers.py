"""Processes that look at files side by side, where there are so many that it pays."""

from __future__ import annotations

import itertools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Final

from cardpipe.cache import Cache
from cardpipe.lint.context import LintContext
from cardpipe.lint.engine import examine, local_checks
from cardpipe.lint.part import encoded
from cardpipe.processors import processors
from cardpipe.source.load import read_cards, without_cyclic_collection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from cardpipe.model import Deck

    File = tuple[str, bytes | None]
    """A path and the bytes there."""

_PAYS_FROM: Final = 400
"""Files; below, a process takes longer to start than it saves."""
_AT_ONCE: Final = 100
"""Files that a process is handed at a time."""
_MOST: Final = 8


class _Desk:
    """What a process of the pool keeps between its batches."""

    cache: Cache
    context: LintContext


def examined(deck: Deck, files: Iterable[File], cache: Cache) -> Iterator[str]:
    """The parts of files as JSON, in their order; a file that could not be read comes without bytes.

    Where other processes look at them, the files are asked for all at once, while these begin.
    """
    coming = iter(files)
    first = list(itertools.islice(coming, _MOST * _PAYS_FROM // 2))
    count = min(processors(), _MOST, len(first) // (_PAYS_FROM // 2))
    if count < 2:
        with LintContext(deck, cache) as context:
            yield from _parts(itertools.chain(first, coming), context)
        return
    # Each process starts afresh: a fork would copy threads' locks in whatever state they are.
    pool = ProcessPoolExecutor(
        count, multiprocessing.get_context("spawn"), initializer=_start, initargs=(deck, cache.folder)
    )
    try:
        for parts in pool.map(_batch, _batches(itertools.chain(first, coming))):
            yield from parts
    finally:
        pool.shutdown(cancel_futures=True)


def _batches(files: Iterator[File]) -> Iterator[list[File]]:
    while batch := list(itertools.islice(files, _AT_ONCE)):
        yield batch


def _start(deck: Deck, folder: Path | None) -> None:
    _Desk.cache = Cache(folder)
    _Desk.context = LintContext(deck, _Desk.cache)


def _batch(files: Sequence[File]) -> list[str]:
    with without_cyclic_collection():
        parts = list(_parts(files, _Desk.context))
    _Desk.cache.flush()
    return parts


def _parts(files: Iterable[File], context: LintContext) -> Iterator[str]:
    checks = local_checks()
    for path, data in files:
        part = encoded(examine(read_cards(path, data), context, checks))
        context.forget_texts()
        yield part
