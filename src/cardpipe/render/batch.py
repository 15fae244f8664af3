"""Batches of rendered cards, which can be passed from one process to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from cardpipe import plugins
from cardpipe.render.cached_card import encoded
from cardpipe.render.card import CardRenderer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.cache.store import Cache
    from cardpipe.figures.api import FigureKind
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.model.diagnostics import Finding
    from cardpipe.model.trust import Trust
    from cardpipe.render.figure_log import FigureNote
    from cardpipe.writers.api import Asset, Capabilities


def installed_kind(name: str) -> FigureKind | None:
    """Return the figure kind with a name, None if there is none; raises PluginError if it cannot be loaded."""
    return cast("FigureKind | None", plugins.find(plugins.FIGURES, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rendered cards and their assets."""

    cards: Mapping[str, str]
    """By ID, as `cached_card.encoded` writes them: so they are passed between processes and cached."""
    assets: Mapping[str, Asset]
    """The assets of these cards that no earlier batch of the same renderer contained, and perhaps more."""
    faults: Sequence[Finding]
    notes: Sequence[FigureNote]


class BatchRenderer:
    """Renders cards in one form, batch by batch."""

    def __init__(
        self,
        settings: DeckSettings,
        capabilities: Capabilities,
        cache: Cache,
        trust: Trust,
        figure_kinds: Callable[[str], FigureKind | None] = installed_kind,
    ) -> None:
        self._renderer = CardRenderer(settings, capabilities, cache, figure_kinds, trust)
        self._handed_over: set[str] = set()

    def prepare(self, cards: Sequence[Card]) -> None:
        """Start what the figure scripts of these cards need, without running any."""
        self._renderer.prepare(cards)

    def render(self, cards: Sequence[Card]) -> Batch:
        """Render cards; raises RenderError if a tool or the drawing of a figure fails."""
        renderer = self._renderer
        renderer.begin(cards)
        # Cards that wait for a script come last: until then this process has work.
        ordered = sorted(cards, key=renderer.waits_for_script)
        rendered = {card.id.text: encoded(renderer.card(card)) for card in ordered}
        assets = {name: asset for name, asset in renderer.assets.items() if name not in self._handed_over}
        self._handed_over.update(assets)
        renderer.assets.clear()
        batch = Batch(cards=rendered, assets=assets, faults=renderer.pop_findings(), notes=renderer.pop_notes())
        renderer.forget()
        return batch

    def close(self) -> None:
        """Stop background work."""
        self._renderer.close()
