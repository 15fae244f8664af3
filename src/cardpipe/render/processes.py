"""Processes that render cards side by side, where there are so many that it pays."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from cardpipe import plugins
from cardpipe.cache import Cache
from cardpipe.processors import processors
from cardpipe.render.card import CardRenderer
from cardpipe.source.load import read_cards, without_cyclic_collection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from cardpipe.diagnostics import Finding
    from cardpipe.figure_kind import FigureKind
    from cardpipe.model import Deck
    from cardpipe.render.figure_log import FigureNote
    from cardpipe.render.part import CardPart
    from cardpipe.rendered import Asset, Capabilities
    from cardpipe.trust import Trust

    CardFile = tuple[str, bytes, Sequence[int]]
    """A path, the bytes there, and the numbers of the cards that are wanted from it."""

_PAYS_FROM: Final = 300
"""Cards; below, a process takes longer to start than it saves."""
_AT_ONCE: Final = 40
"""Files that a process is handed at a time."""
_MOST: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some cards, rendered."""

    parts: Sequence[CardPart]
    assets: Mapping[str, Asset]
    """Those that these cards show, and perhaps more; what an earlier batch brought may be left out."""
    faults: Sequence[Finding]
    notes: Sequence[FigureNote]


class _Desk:
    """What a process of the pool keeps between its batches."""

    cache: Cache
    renderer: CardRenderer
    handed_over: set[str]


def pays(cards: int) -> bool:
    """Whether so many cards are worth several processes."""
    return _count(cards) > 1


def rendered_elsewhere(
    deck: Deck, capabilities: Capabilities, cache: Cache, files: Sequence[CardFile], trust: Trust
) -> Iterator[Batch]:
    """Render cards in other processes, with the figure kinds that are installed; batches come in the files' order."""
    batches = [files[start : start + _AT_ONCE] for start in range(0, len(files), _AT_ONCE)]
    count = max(1, min(len(batches), _count(sum(len(numbers) for _, _, numbers in files))))
    # What this process has learnt should be seen by the others, and its writing must not stand in their way.
    cache.flush()
    # Each process starts afresh: a fork would copy threads' locks in whatever state they are.
    pool = ProcessPoolExecutor(
        count,
        multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(deck, capabilities, cache.folder, trust),
    )
    try:
        yield from pool.map(_batch, batches)
    finally:
        pool.shutdown(cancel_futures=True)


def _count(cards: int) -> int:
    return min(processors(), _MOST, cards // (_PAYS_FROM // 2))


def _start(deck: Deck, capabilities: Capabilities, folder: Path | None, trust: Trust) -> None:
    _Desk.cache = Cache(folder)
    _Desk.renderer = CardRenderer(deck, capabilities, _Desk.cache, installed_kind, trust)
    _Desk.handed_over = set()


def _batch(files: Sequence[CardFile]) -> Batch:
    renderer = _Desk.renderer
    with without_cyclic_collection():
        cards = []
        for path, data, numbers in files:
            of_file = read_cards(path, data).cards
            cards += [of_file[number] for number in numbers]
        renderer.begin(cards, one_of_several=True)
        parts = [renderer.card(card) for card in cards]
    renderer.forget()
    _Desk.cache.flush()
    assets = {name: asset for name, asset in renderer.assets.items() if name not in _Desk.handed_over}
    _Desk.handed_over.update(assets)
    renderer.assets.clear()
    return Batch(parts=parts, assets=assets, faults=renderer.take_faults(), notes=renderer.take_notes())


def installed_kind(name: str) -> FigureKind | None:
    """The figure kind with a name, if there is one."""
    if name not in plugins.names(plugins.FIGURES):
        return None
    return cast("FigureKind", plugins.load(plugins.FIGURES, name))
