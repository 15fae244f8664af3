"""Where a process renders cards for another one: a renderer, and what of its work that one has already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from cardpipe import plugins
from cardpipe.render.card import CardRenderer
from cardpipe.render.part import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cardpipe.cache.store import Cache
    from cardpipe.figures.api import FigureKind
    from cardpipe.model.deck import Card, Deck
    from cardpipe.model.diagnostics import Finding
    from cardpipe.model.trust import Trust
    from cardpipe.render.figure_log import FigureNote
    from cardpipe.writers.api import Asset, Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some cards, rendered."""

    cards: Mapping[str, str]
    """By ID, as `part.encoded` writes them: so they are handed from process to process, and kept."""
    assets: Mapping[str, Asset]
    """Those that these cards show, and perhaps more; what an earlier batch brought may be left out."""
    faults: Sequence[Finding]
    notes: Sequence[FigureNote]


class RendererProcess:
    """Renders cards in one form, batch by batch."""

    def __init__(self, deck: Deck, capabilities: Capabilities, cache: Cache, trust: Trust) -> None:
        self._renderer = CardRenderer(deck, capabilities, cache, installed_kind, trust)
        self._cards: dict[str, str] = {}
        self._handed_over: set[str] = set()

    def begin(self, cards: Iterable[Card]) -> None:
        """Begin with what takes long of these cards."""
        self._renderer.begin(cards, one_of_several=True)

    def render(self, cards: Iterable[Card]) -> None:
        """Add cards to the batch; raises RenderError where the tool or a figure's drawing fails."""
        self._cards.update((card.id.text, encoded(self._renderer.card(card))) for card in cards)

    def batch(self) -> Batch:
        """What was rendered since the last batch."""
        renderer = self._renderer
        renderer.forget()
        cards, self._cards = self._cards, {}
        assets = {name: asset for name, asset in renderer.assets.items() if name not in self._handed_over}
        self._handed_over.update(assets)
        renderer.assets.clear()
        return Batch(cards=cards, assets=assets, faults=renderer.take_faults(), notes=renderer.take_notes())


def installed_kind(name: str) -> FigureKind | None:
    """The figure kind with a name, if there is one."""
    if name not in plugins.names(plugins.FIGURES):
        return None
    return cast("FigureKind", plugins.load(plugins.FIGURES, name))
