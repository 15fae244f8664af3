"""Build single cards in the formats, for a preview: nothing is linted, published or stored except in the cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cardpipe import plugins
from cardpipe.build.pipeline import load_writer, no_progress, writer_settings
from cardpipe.build.writing import checked_artefacts
from cardpipe.cache.rebuild_log import RebuildLog
from cardpipe.errors import UsageError
from cardpipe.lint.engine import diagnosed
from cardpipe.render.one_card import OneCardRenderer
from cardpipe.source.load import read_cards
from cardpipe.writers.api import AutoOptions, Incremental, capabilities_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.cache.store import Cache
    from cardpipe.figures.api import Drawing
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.model.trust import Trust
    from cardpipe.render.one_card import OneCard
    from cardpipe.writers.api import Artefact, Capabilities


@dataclass(frozen=True, slots=True)
class CardSource:
    """A card as it is in its file, and the titles of the cards to which it refers."""

    path: str
    data: bytes
    number: int
    """Its position among the cards of its file."""
    titles: Mapping[str, str] = field(default_factory=dict)

    def cards(self, settings: DeckSettings) -> list[Card]:
        """Return the cards of the file that can be built."""
        return read_cards(self.path, self.data, settings).cards

    def card(self, settings: DeckSettings) -> Card:
        """Return the card; raises UsageError if the file has none at this position."""
        cards = self.cards(settings)
        if self.number >= len(cards):
            raise UsageError(f"{self.path} has no valid card number {self.number + 1}.")
        return cards[self.number]


def references(card: Card) -> list[str]:
    """Return the IDs of the cards whose titles a card shows."""
    return [other.text for other in (*card.related, *filter(None, [card.replaced_by]))]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltCard:
    """A card in a format."""

    artefacts: Sequence[Artefact]
    findings: Sequence[Diagnostic] = ()
    """The findings of drawing."""
    missing_figures: int = 0
    """The number of figures for which the stand-in is shown."""


class CardBuilder:
    """Builds single cards of a deck; an instance belongs to one thread.

    `tools` is the digest of cardpipe and its plug-ins in the state of a checked project. With a `stand_in`, no figure
    is drawn: it is shown for those that are not cached.
    """

    def __init__(
        self, settings: DeckSettings, cache: Cache, trust: Trust, tools: str, stand_in: Drawing | None = None
    ) -> None:
        self.settings = settings
        self._tools = tools
        self._cache = cache
        self._trust = trust
        self._stand_in = stand_in
        self._renderers: dict[Capabilities, OneCardRenderer] = {}

    def rendered(self, card: Card, titles: Mapping[str, str], format_: str) -> OneCard:
        """Render a card in the form of a format; raises RenderError if a tool or the drawing of a figure fails."""
        writer = load_writer(format_)
        form = capabilities_of(writer, writer_settings(writer, self.settings, {}))
        if form not in self._renderers:
            self._renderers[form] = OneCardRenderer(self.settings, form, self._cache, self._trust, self._stand_in)
        return self._renderers[form].render(card, titles)

    def built(self, card: Card, titles: Mapping[str, str], format_: str) -> BuiltCard:
        """Write a card in a format, as its writer writes a deck of this card.

        Raises RenderError, PluginError or UsageError as an export does.
        """
        from cardpipe.build.artefact_cache import StepCache

        writer = load_writer(format_)
        rendered = self.rendered(card, titles, format_)
        options: Mapping[str, str] = writer_settings(writer, self.settings, {})
        if isinstance(writer, AutoOptions):
            options, _ = writer.resolve_options(options)
        report = _report
        with plugins.named_where_they_fail((plugins.WRITERS, writer.name)):
            if isinstance(writer, Incremental):
                memory = StepCache(self._cache, RebuildLog(), f"parts of {writer.name}", self._tools)
                made = writer.write_incrementally(rendered.deck, options, report, memory)
            else:
                made = writer.write(rendered.deck, options, report)
        return BuiltCard(
            artefacts=checked_artefacts(writer.name, made),
            findings=diagnosed(rendered.deck.faults),
            missing_figures=rendered.missing_figures,
        )

    def close(self) -> None:
        """Stop background work."""
        for renderer in self._renderers.values():
            renderer.close()


def _report(done: int, total: int) -> None:
    no_progress("preview", done, total)
