"""Processes that render cards side by side, where there are so many that it pays."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from cardpipe.cache.store import Cache
from cardpipe.parallel.collection import without_cyclic_collection
from cardpipe.parallel.pool import at_once, pool, processes_for
from cardpipe.render.renderer_process import Batch, RendererProcess
from cardpipe.source.load import read_cards

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cardpipe.model.deck import Deck
    from cardpipe.model.trust import Trust
    from cardpipe.writers.api import Capabilities

    CardFile = tuple[str, bytes, Sequence[int]]
    """A path, the bytes there, and the numbers of the cards that are wanted from it."""

_PAYS_FROM: Final = 300
"""Cards; below, a process takes longer to start than it saves."""
_WEIGHT: Final = 12
"""How many cards one counts for that is known to have figures."""
_AT_ONCE: Final = 40
"""Files that a process is handed at a time, at most."""
_TURNS: Final = 4
"""How often a process is handed files at least, where there are enough, so that none waits long for another."""


class _WorkerState:
    """What a process of the pool keeps between its batches."""

    cache: Cache
    bench: RendererProcess


def worthwhile(cards: int, heavy: int) -> int:
    """How many processes so many cards are worth, of which so many are known to have figures to be drawn."""
    return processes_for(cards + (_WEIGHT - 1) * heavy, _PAYS_FROM)


def rendered_elsewhere(
    deck: Deck, capabilities: Capabilities, cache: Cache, files: Sequence[CardFile], trust: Trust, count: int
) -> Iterator[Batch]:
    """Render cards in so many processes, with the figure kinds that are installed; batches come in the files' order."""
    size = at_once(len(files), count, most=_AT_ONCE, turns=_TURNS)
    batches = [files[start : start + size] for start in range(0, len(files), size)]
    # What this process has learnt should be seen by the others, and its writing must not stand in their way.
    cache.flush()
    workers = pool(count, _start, deck, capabilities, cache.folder, trust)
    try:
        yield from workers.map(_batch, batches)
    finally:
        workers.shutdown(cancel_futures=True)


def _start(deck: Deck, capabilities: Capabilities, folder: Path | None, trust: Trust) -> None:
    _WorkerState.cache = Cache(folder)
    _WorkerState.bench = RendererProcess(deck, capabilities, _WorkerState.cache, trust)


def _batch(files: Sequence[CardFile]) -> Batch:
    with without_cyclic_collection():
        cards = []
        for path, data, numbers in files:
            of_file = read_cards(path, data).cards
            cards += [of_file[number] for number in numbers]
    # A drawn figure leaves a megabyte of cycles behind, which must not gather.
    drawing = any(card.figures for card in cards)
    with contextlib.nullcontext() if drawing else without_cyclic_collection():
        _WorkerState.bench.begin(cards)
        _WorkerState.bench.render(cards)
    _WorkerState.cache.flush()
    return _WorkerState.bench.batch()
