"""Lint card files and render their cards: the work of one process, which parses each file once."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cardpipe import plugins
from cardpipe.errors import CardpipeError
from cardpipe.lint.context import LintContext
from cardpipe.lint.engine import examine, local_checks
from cardpipe.lint.file_result import encoded
from cardpipe.model.deck import Status
from cardpipe.model.selection import is_chosen
from cardpipe.parallel.free_memory import return_free_memory
from cardpipe.source.load import read_cards

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.cache.store import Cache
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.model.selection import Request
    from cardpipe.model.trust import Trust
    from cardpipe.render.batch import Batch, BatchRenderer
    from cardpipe.writers.api import Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderPlan:
    """Which cards to render, and in which forms."""

    settings: DeckSettings
    """The settings, of the requested edition if there is one."""
    request: Request
    forms: tuple[Capabilities, ...]
    """Distinct forms."""

    @property
    def trust(self) -> Trust:
        """Return which figure scripts may run."""
        return self.request.trust


class LintJob(NamedTuple):
    """Card files to lint."""

    files: Sequence[tuple[str, bytes | None]]
    """Path and content; None for a file that could not be read."""
    render: bool
    """Whether the selected cards of files without errors are rendered too."""
    figures: bool
    """Whether to render those with figures too; cards with figure scripts always wait."""


class Linted(NamedTuple):
    """The result of a lint job."""

    results: Sequence[str]
    """A `FileResult` for each file, as JSON."""
    batches: Sequence[Batch]
    """The rendered cards, one batch per form; empty if nothing was rendered."""
    errors: bool
    """Whether a file has an error."""
    waiting: bool
    """Whether a card waits for `render`."""


class RenderJob(NamedTuple):
    """Cards to render in one form."""

    form: int
    """The index of the form in the plan."""
    files: Sequence[tuple[str, bytes, Sequence[int]]]
    """Path, content, and the positions of the requested cards in the file."""


class CardWorker:
    """Lints and renders in one process.

    `lint` does not render cards with figure scripts: no script runs before the whole deck is free of errors. Their
    files are kept until `render` is called. With `only_errors`, rules are left out whose findings do not prevent an
    export.
    """

    def __init__(
        self, settings: DeckSettings, plan: RenderPlan | None, cache: Cache, *, only_errors: bool = False
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._plan = plan
        self._context = LintContext(settings, cache)
        checks = local_checks()
        self._checks = checks.only_errors() if only_errors else checks
        self._renderers: list[BatchRenderer] = []
        self._parsed: dict[str, tuple[bytes, list[Card]]] = {}

    def lint(self, job: LintJob) -> Linted:
        """Lint files, and render those of their cards that can be rendered immediately."""
        results, cards, errors, waiting = [], [], False, False
        for path, data in job.files:
            file = read_cards(path, data, self._settings)
            result = examine(file, self._context, self._checks)
            results.append(encoded(result))
            if any(finding.code in self._checks.errors for finding in result.findings):
                errors = True
            elif job.render and self._plan is not None and data is not None:
                chosen = [
                    card
                    for card, summary in zip(file.cards, result.cards, strict=True)
                    if is_chosen(summary, self._plan.request, self._plan.settings.edition)
                ]
                waits = any(_has_script(card) if job.figures else card.figures for card in chosen)
                waiting = waiting or waits
                if waits:
                    self._parsed[path] = (data, file.cards)
                    if not job.figures:
                        self._renderer(0).prepare(chosen)
                cards += [card for card in chosen if not waits]
        batches: list[Batch] = []
        if cards:
            # The failure is raised when `render` tries the same card again, after lint.
            with contextlib.suppress(CardpipeError):
                batches = [self._rendered(number, cards) for number in range(len(self._forms))]
        self._cache.flush()
        return_free_memory()
        return Linted(results, batches, errors, waiting)

    def render(self, job: RenderJob) -> Batch:
        """Render cards; raises RenderError if a tool or the drawing of a figure fails."""
        cards = []
        for path, data, numbers in job.files:
            kept, parsed = self._parsed.get(path, (None, []))
            of_file = parsed if kept == data else read_cards(path, data, self._settings).cards
            cards += [of_file[number] for number in numbers]
        batch = self._rendered(job.form, cards)
        self._cache.flush()
        return batch

    def close(self) -> None:
        """Stop background work."""
        self._context.close()
        for renderer in self._renderers:
            renderer.close()

    @property
    def _forms(self) -> Sequence[Capabilities]:
        return self._plan.forms if self._plan is not None else ()

    def _rendered(self, form: int, cards: Sequence[Card]) -> Batch:
        # Retired cards are shown only if they were released before.
        shown = [card for card in cards if self._forms[form].retired or card.status is not Status.RETIRED]
        return self._renderer(form).render(shown)

    def _renderer(self, form: int) -> BatchRenderer:
        if not self._renderers and self._plan is not None:
            from cardpipe.render.batch import BatchRenderer

            plan = self._plan
            self._renderers = [BatchRenderer(plan.settings, needs, self._cache, plan.trust) for needs in plan.forms]
        return self._renderers[form]


def _has_script(card: Card) -> bool:
    if not card.figures:
        return False
    # Imported here because the code of figures takes long to load.
    from cardpipe.figures.api import ScriptedKind

    return any(isinstance(plugins.find(plugins.FIGURES, figure.kind.text), ScriptedKind) for figure in card.figures)
