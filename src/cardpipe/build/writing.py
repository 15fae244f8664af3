"""Writing a rendered deck in its formats: small decks in several formats at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from cardpipe import plugins
from cardpipe.build.artefact_cache import Product, StepCache
from cardpipe.cache.rebuild_log import RebuildLog
from cardpipe.parallel.pool import WorkerPool, processors
from cardpipe.writers.api import Artefact, HasRemarks, HasWarnings, Incremental, LazyArtefact

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from cardpipe.cache.store import Cache
    from cardpipe.writers.api import RenderedDeck, Writer

    Progress = Callable[[str, int, int], None]

_SMALL: Final = 200
"""Cards. Writers of larger decks need much memory, and some start processes of their own."""


@dataclass(frozen=True, slots=True)
class WriterJob:
    """A deck to write in one format."""

    format: str
    settings: Mapping[str, str]
    deck: RenderedDeck


class _Written(NamedTuple):
    """What a writer of another process returned."""

    product: Product
    lazy: Collection[str]
    """The paths of the files that are only read when they are needed, whose bytes cross here in any case."""
    rebuild_log: RebuildLog


def write_formats(
    jobs: Sequence[WriterJob], cache: Cache, tools: str, progress: Progress, rebuild_log: RebuildLog
) -> Iterator[tuple[str, Product]]:
    """Return the product of each job, by format; `tools` identifies this version of cardpipe and its plug-ins.

    A small deck is written by several processes, if they can be copies of this one.
    """
    processes = min(processors(), len(jobs))
    if processes < 2 or any(len(job.deck.cards) > _SMALL for job in jobs) or not _can_fork():
        for job in jobs:
            yield job.format, _write(job, cache, tools, partial(progress, job.format), rebuild_log)
        return
    # Values that only this process knows would not be found, and a copy would write them again.
    cache.flush()
    pool = WorkerPool(partial(_WriterWorker, cache, tools), first_job_here=False)
    # Writers that keep their steps take longest, and most of all a site, which decks list after the others.
    ordered = sorted(jobs, key=lambda job: isinstance(_writer(job.format), Incremental))[::-1]
    try:
        for job, written in zip(ordered, pool.map(_WriterWorker.write, ordered, processes), strict=True):
            rebuild_log.add(written.rebuild_log)
            progress(job.format, 1, 1)
            product = written.product
            files = [_lazy(file) if file.path in written.lazy else file for file in product.artefacts]
            yield job.format, Product(files, product.cards, product.warnings)
    finally:
        pool.close()


def _can_fork() -> bool:
    # Imported only here, because it takes some milliseconds.
    from cardpipe.parallel.worker import can_fork

    return can_fork()


class _WriterWorker:
    """Runs writers in a process."""

    def __init__(self, cache: Cache, tools: str) -> None:
        self._cache = cache
        self._tools = tools

    def write(self, job: WriterJob) -> _Written:
        """Write a deck in a format."""
        rebuild_log = RebuildLog()
        product = _write(job, self._cache, self._tools, lambda _done, _total: None, rebuild_log)
        self._cache.flush()
        files = product.artefacts
        lazy = frozenset(file.path for file in files if isinstance(file, LazyArtefact))
        loaded = [Artefact(file.path, file.data) if file.path in lazy else file for file in files]
        return _Written(Product(loaded, product.cards, product.warnings), lazy, rebuild_log)


def _lazy(file: Artefact) -> LazyArtefact:
    return LazyArtefact(file.path, file.size, file.digest, lambda: file.data)


def _write(
    job: WriterJob, cache: Cache, tools: str, report: Callable[[int, int], None], rebuild_log: RebuildLog
) -> Product:
    name, deck = job.format, job.deck
    with plugins.named_where_they_fail((plugins.WRITERS, name)):
        writer = _writer(name)
        if isinstance(writer, Incremental):
            memory = StepCache(cache, rebuild_log, f"parts of {name}", tools)
            artefacts = writer.write_incrementally(deck, job.settings, report, memory)
        else:
            artefacts = writer.write(deck, job.settings, report)
        artefacts = checked_artefacts(name, artefacts)
        warnings = list(writer.warnings(deck)) if isinstance(writer, HasWarnings) else []
        warnings += writer.remarks(deck, job.settings) if isinstance(writer, HasRemarks) else ()
    return Product(artefacts, len(deck.cards), tuple(warnings))


def _writer(name: str) -> Writer:
    return cast("Writer", plugins.load(plugins.WRITERS, name))


def checked_artefacts(name: str, made: object) -> Sequence[Artefact]:
    """Return a writer's artefacts; raises PluginError if it returned something else."""
    if not isinstance(made, Iterable):
        raise plugins.refuse(plugins.WRITERS, name, f"returned {type(made).__name__}, not a list of artefacts")
    found = []
    for one in made:
        if not isinstance(one, Artefact) or type(one.path) is not str or not _has_bytes(one):
            what = f"{type(one).__name__}, not an Artefact with a path and bytes"
            raise plugins.refuse(plugins.WRITERS, name, f"returned a list with {what}")
        found.append(one)
    return found


def _has_bytes(artefact: Artefact) -> bool:
    return isinstance(artefact, LazyArtefact) or type(artefact.data) is bytes
