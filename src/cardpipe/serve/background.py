"""Work that takes longer than a save may take, in other processes: figures, pages of the PDF, pages of the site."""

from __future__ import annotations

import threading
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from cardpipe.build.one_card import CardBuilder, CardSource
from cardpipe.build.pipeline import cache_of
from cardpipe.errors import CardpipeError
from cardpipe.lint.engine import diagnosed
from cardpipe.parallel.pool import WorkerPool
from cardpipe.serve.live_deck import CheckedDeck, checked_deck
from cardpipe.source.load import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.model.trust import Trust

_PROCESSES: Final = 3
"""So that neither lint nor a page of the PDF need wait for a figure script; each is started when it is needed."""
_JOBS_PER_PROCESS: Final = 200
"""PDF engines leak memory, so processes are replaced."""


@dataclass(frozen=True, slots=True)
class Job:
    """A card to build in another process."""

    format: str
    source: CardSource
    tools: str
    only_figures: bool = False
    """Whether only the figures are drawn, into the cache."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job made."""

    files: Mapping[str, bytes]
    findings: Sequence[Diagnostic] = ()
    """The findings of drawing."""
    failure: str = ""
    """Why it failed; empty if it did not."""


class PreviewWorker:
    """Builds cards in a process of its own."""

    def __init__(self, root: Path, trust: Trust) -> None:
        self._root = root
        self._trust = trust
        self._cache = cache_of(root)

    def build(self, job: Job) -> Outcome:
        """Build a card with its figures; failures that the user can understand are part of the outcome."""
        try:
            return self._built(job)
        except CardpipeError as error:
            return Outcome({}, failure=f"{error.message} {error.hint or ''}".strip())
        finally:
            self._cache.flush()

    def check(self, root: Path) -> CheckedDeck:
        """Lint the whole deck."""
        try:
            return checked_deck(root, self._cache)
        finally:
            self._cache.flush()

    def _built(self, job: Job) -> Outcome:
        settings = load_settings(self._root).settings
        if settings is None:
            return Outcome({}, failure="source/deck.yaml cannot be read.")
        builder = CardBuilder(settings, self._cache, self._trust, job.tools)
        try:
            card = job.source.card(settings)
            if job.only_figures:
                rendered = builder.rendered(card, job.source.titles, job.format)
                return Outcome({}, diagnosed(rendered.deck.faults))
            made = builder.built(card, job.source.titles, job.format)
        finally:
            builder.close()
        files = {artefact.path: artefact.data for artefact in made.artefacts}
        if job.format == "pdf":
            from cardpipe.serve.pdf_pages import with_pictures

            files = with_pictures(made.artefacts[-1].data, card.id.text)
        return Outcome(files, made.findings)


class Background:
    """Runs jobs in a few processes; of the jobs with the same slot, only the newest waits for the running one."""

    def __init__(self, root: Path, trust: Trust) -> None:
        self._pool: WorkerPool[PreviewWorker] = WorkerPool(
            partial(PreviewWorker, root, trust), jobs_per_process=_JOBS_PER_PROCESS
        )
        self._root = root
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._waiting: dict[str, Callable[[], None]] = {}

    def submit(self, slot: str, job: Job, done: Callable[[Outcome], None]) -> None:
        """Run a job; `done` is called from another thread with its outcome."""
        with self._lock:
            if slot in self._running:
                self._waiting[slot] = partial(self._start, slot, job, done)
                return
            self._running.add(slot)
        self._start(slot, job, done)

    def check(self, done: Callable[[CheckedDeck], None]) -> None:
        """Lint the whole deck; `done` is called from another thread with the result."""

        def ended(future: Future[CheckedDeck]) -> None:
            if future.cancelled():
                return
            error = future.exception()
            done(CheckedDeck(failure=_message(error)) if error is not None else future.result())

        try:
            future = self._pool.submit(PreviewWorker.check, self._root, _PROCESSES)
        except (BrokenExecutor, OSError) as error:
            self._pool.close()
            done(CheckedDeck(failure=_message(error)))
            return
        future.add_done_callback(ended)

    def close(self) -> None:
        """End the processes; jobs that wait are dropped."""
        self._waiting.clear()
        self._pool.close()

    def _start(self, slot: str, job: Job, done: Callable[[Outcome], None]) -> None:
        try:
            future = self._pool.submit(PreviewWorker.build, job, _PROCESSES)
        except (BrokenExecutor, OSError) as error:
            self._pool.close()
            self._finish(slot, done, Outcome({}, failure=_message(error)))
            return
        future.add_done_callback(partial(self._ended, slot, done))

    def _ended(self, slot: str, done: Callable[[Outcome], None], future: Future[Outcome]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._finish(slot, done, future.result())
            return
        self._finish(slot, done, Outcome({}, failure=_message(error)))

    def _finish(self, slot: str, done: Callable[[Outcome], None], outcome: Outcome) -> None:
        with self._lock:
            self._running.discard(slot)
            following = self._waiting.pop(slot, None)
            if following is not None:
                self._running.add(slot)
        done(outcome)
        if following is not None:
            following()


def _message(error: BaseException) -> str:
    if isinstance(error, BrokenExecutor):
        return "A worker process ended unexpectedly; often the system ends one because memory is short."
    return f"{type(error).__name__}: {error}"
