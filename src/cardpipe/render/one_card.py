"""Render single cards, each as a deck that contains only this card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardpipe.render.batch import installed_kind
from cardpipe.render.cached_card import completed
from cardpipe.render.card import CardRenderer
from cardpipe.render.deck import rendered_deck

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.cache.store import Cache
    from cardpipe.figures.api import Drawing
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.model.trust import Trust
    from cardpipe.writers.api import Capabilities, RenderedDeck


@dataclass(frozen=True, slots=True)
class OneCard:
    """A card as a deck that contains only this card."""

    deck: RenderedDeck
    missing_figures: int
    """The number of figures for which the stand-in is shown."""


class OneCardRenderer:
    """Renders single cards in one form, without looking up or caching whole cards.

    With a `stand_in`, no figure is drawn: it is shown for those that are not cached.
    """

    def __init__(
        self, settings: DeckSettings, form: Capabilities, cache: Cache, trust: Trust, stand_in: Drawing | None = None
    ) -> None:
        self._settings = settings
        self._form = form
        self._renderer = CardRenderer(settings, form, cache, installed_kind, trust, stand_in)
        self._description = self._renderer.description()
        self._note_types = self._renderer.note_types()
        self._assets = dict(self._renderer.assets)
        self._draws = stand_in is None

    def render(self, card: Card, titles: Mapping[str, str]) -> OneCard:
        """Render a card, with the titles of the cards to which it refers.

        Raises RenderError if a tool or the drawing of a figure fails.
        """
        renderer = self._renderer
        if self._draws:
            renderer.begin([card])
        made = renderer.card(card)
        deck = rendered_deck(
            self._settings,
            self._form,
            cards=(completed(made, titles, {made.id}, card.file.path),),
            assets={**self._assets, **{asset.name: renderer.assets[asset.name] for asset in made.assets}},
            description=self._description,
            note_types=self._note_types,
            faults=renderer.pop_findings(),
        )
        missing = renderer.pop_missing()
        renderer.pop_notes()
        renderer.forget()
        renderer.assets.clear()
        return OneCard(deck, missing)

    def close(self) -> None:
        """Stop background work."""
        self._renderer.close()
