"""The worker processes of a command: they lint the card files of a project and render its cards."""

from __future__ import annotations

import itertools
import pickle
import zlib
from functools import partial
from typing import TYPE_CHECKING, Final

from cardpipe.build.card_worker import CardWorker, LintJob, RenderJob
from cardpipe.figures.script_process import end_server
from cardpipe.lint.spelling import forget_dictionaries
from cardpipe.parallel.free_memory import return_free_memory
from cardpipe.parallel.pool import MOST_PROCESSES, WorkerPool, job_size, processes_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cardpipe.build.card_worker import RenderPlan
    from cardpipe.cache.store import Cache
    from cardpipe.model.deck import DeckSettings
    from cardpipe.render.batch import Batch
    from cardpipe.writers.api import Capabilities

    CardFile = tuple[str, bytes, Sequence[int]]
    """A path, its content, and the positions of the requested cards in the file."""

_PAYS_FROM: Final = 300
"""Files; for fewer, starting a process takes longer than it saves."""
_FIGURE_WEIGHT: Final = 12
"""A file with figures counts as this many files."""
_LARGEST_JOB: Final = 40
_LOCAL_JOB: Final = 20
"""Files per job in this process: their scripts run concurrently, and progress is reported after each job."""
_JOBS: Final = 6
"""The minimum number of jobs per process if there are enough files, for an even load."""
_UNCOMPRESSED: Final = 8_000_000
"""Characters of rendered cards that wait for the end of lint as they are; more of them are compressed."""


class _WaitingBatches:
    """Rendered cards of a job that wait for the end of lint, in each form."""

    def __init__(self, batches: Sequence[Batch], *, compressed: bool) -> None:
        self._batches = batches if not compressed else ()
        self._compressed = zlib.compress(pickle.dumps(batches), 1) if compressed else b""

    def batches(self) -> Sequence[Batch]:
        """Return them."""
        if not self._compressed:
            return self._batches
        found: Sequence[Batch] = pickle.loads(zlib.decompress(self._compressed))  # noqa: S301 - from our own process
        return found


class CardPool:
    """Lints and renders with workers, in this process or in several; a context manager.

    `plan_of` returns what to render once the deck's settings are known; None for a run that only lints. With
    `only_errors`, rules are left out whose findings do not prevent an export; the cache must then be a temporary one,
    since it gets such results.
    """

    def __init__(
        self,
        cache: Cache,
        plan_of: Callable[[DeckSettings], RenderPlan] | None = None,
        *,
        only_errors: bool = False,
    ) -> None:
        self._cache = cache
        self._only_errors = only_errors
        self._plan_of = plan_of
        self._plan: RenderPlan | None = None
        self._pool: WorkerPool[CardWorker] | None = None
        self._batches: list[_WaitingBatches] = []

    def __enter__(self) -> CardPool:
        """Return the pool itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self.close()

    def close(self) -> None:
        """End the processes and forget rendered cards; nothing can be rendered afterwards."""
        self._batches.clear()
        if self._pool is not None:
            self._pool.close()
            self._pool = None
            # Writers need the memory.
            end_server()
            forget_dictionaries()
            return_free_memory()

    def lint(self, settings: DeckSettings, files: Iterable[tuple[str, bytes | None]]) -> Iterator[str]:
        """Return the results of linting card files as JSON, in the order of the files.

        Their cards are rendered at once, until a file has an error. In one process those with figures wait for
        `render`, where figure scripts run at the same time.
        """
        remaining = iter(files)
        # This many determine the number of processes.
        first = list(itertools.islice(remaining, MOST_PROCESSES * _PAYS_FROM // 2))
        pool = self._pool = self._made(settings)
        processes = _processes(data or b"" for _, data in first)
        size = _job_size(len(first), processes)
        errors = waiting = False
        size_held = 0

        def jobs() -> Iterator[LintJob]:
            following = itertools.chain(first, remaining)
            while batch := list(itertools.islice(following, size)):
                yield LintJob(batch, render=self._plan is not None and not errors, figures=processes > 1)

        for linted in pool.map(CardWorker.lint, jobs(), processes):
            errors = errors or linted.errors
            waiting = waiting or linted.waiting
            if linted.batches:
                self._batches.append(_WaitingBatches(linted.batches, compressed=size_held > _UNCOMPRESSED))
                size_held += sum(len(card) for batch in linted.batches for card in batch.cards.values())
            yield from linted.results
        if processes > 1 and not (waiting or errors):
            pool.close()  # other steps need the memory of its processes, and there is hardly anything left to render

    def rendered_while_linting(self, form: Capabilities) -> Iterator[Batch]:
        """Return the cards that were rendered in a form during lint."""
        number = self._number(form)
        return (held.batches()[number] for held in self._batches)

    def render(self, form: Capabilities, files: Sequence[CardFile]) -> Iterator[Batch]:
        """Render cards, in the order of the files; raises RenderError if a tool or the drawing of a figure fails."""
        if self._pool is None or not files:
            return
        # Buffered cache values are written, so that workers see them and are not blocked by this process.
        self._cache.flush()
        number = self._number(form)
        processes = _processes(data for _, data, _ in files)
        size = _job_size(len(files), processes)
        jobs = (RenderJob(number, files[start : start + size]) for start in range(0, len(files), size))
        yield from self._pool.map(CardWorker.render, jobs, processes)

    def _made(self, settings: DeckSettings) -> WorkerPool[CardWorker]:
        # Nothing is exported if the settings have errors.
        plan_of = self._plan_of if not settings.faulty else None
        self._plan = plan_of(settings) if plan_of is not None else None
        make = partial(CardWorker, settings, self._plan, self._cache, only_errors=self._only_errors)
        return WorkerPool(make, end=CardWorker.close)

    def _number(self, form: Capabilities) -> int:
        return self._plan.forms.index(form) if self._plan is not None else 0


def _processes(contents: Iterable[bytes]) -> int:
    weight = sum(_FIGURE_WEIGHT if b"\nfigures:" in data else 1 for data in contents)
    return processes_for(weight, _PAYS_FROM)


def _job_size(files: int, processes: int) -> int:
    return _LOCAL_JOB if processes < 2 else job_size(files, processes, most=_LARGEST_JOB, jobs=_JOBS)
