"""Cards rendered by the processes that lint them, so that in a large deck nothing is read twice.

Only cards in whose file lint found nothing; and figures only where they are few and no script draws them: a deck with
errors is refused about as soon as it would be, and no script is started for it. What is rendered here counts only once
the whole deck has passed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cardpipe.figures.api import ScriptedKind
from cardpipe.model.deck import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cardpipe.cache.store import Cache
    from cardpipe.model.deck import Card, Deck
    from cardpipe.model.trust import Trust
    from cardpipe.render.figure_log import FigureNote
    from cardpipe.render.renderer_process import Batch
    from cardpipe.writers.api import Asset, Capabilities


@dataclass(frozen=True, slots=True)
class RenderTask:
    """What to render, as another process can be told: a deck's active cards in each of some forms."""

    deck: Deck
    """Without its cards."""
    forms: tuple[Capabilities, ...]
    trust: Trust
    figures: bool
    """Whether figures are drawn too."""

    def begin(self, cache: Cache) -> LintedFileRenderer:
        """Start the work in the process that does it."""
        return LintedFileRenderer(self, cache)


@dataclass(frozen=True, slots=True)
class Made:
    """What was rendered of some files."""

    batches: tuple[Batch, ...]
    """Form by form."""
    passed_over: tuple[str, ...]
    """IDs of the cards that were left alone because they have figures."""


class LintedFileRenderer:
    """The work in the process that does it."""

    def __init__(self, task: RenderTask, cache: Cache) -> None:
        from cardpipe.render.renderer_process import RendererProcess

        self._benches = [RendererProcess(task.deck, form, cache, task.trust) for form in task.forms]
        self._draws = task.figures
        self._passed_over: list[str] = []

    def take(self, cards: Iterable[Card]) -> None:
        """Render those of a file's cards that can be."""
        able = []
        for card in cards:
            if card.status is Status.ACTIVE:
                if self._is_able(card):
                    able.append(card)
                else:
                    self._passed_over.append(card.id.text)
        for bench in self._benches:
            bench.render(able)

    def _is_able(self, card: Card) -> bool:
        return all(self._draws and not _is_scripted(figure.kind.text) for figure in card.figures)

    def made(self) -> Made:
        """What was rendered since somebody last asked."""
        passed_over, self._passed_over = self._passed_over, []
        return Made(tuple(bench.batch() for bench in self._benches), tuple(passed_over))


def _is_scripted(kind: str) -> bool:
    from cardpipe.render.renderer_process import installed_kind

    return isinstance(installed_kind(kind), ScriptedKind)


@dataclass(slots=True)
class Ready:
    """Cards of one form that are rendered already, and what they show."""

    cards: dict[str, str] = field(default_factory=dict)
    """By ID, as they are kept."""
    assets: dict[str, Asset] = field(default_factory=dict)
    notes: list[FigureNote] = field(default_factory=list)
    passed_over: set[str] = field(default_factory=set)
    """IDs of cards that have figures still to be drawn."""

    def add(self, batch: Batch, passed_over: Iterable[str]) -> None:
        """Add a batch, unless drawing found a fault in it that must be told where it counts."""
        self.passed_over.update(passed_over)
        self.assets.update(batch.assets)
        if not batch.faults:
            self.cards.update(batch.cards)
            self.notes += batch.notes
