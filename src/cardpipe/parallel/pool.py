"""Worker processes: how many an amount of work is worth, and the pool that all work is handed to."""

from __future__ import annotations

import os
from collections import deque
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future, ProcessPoolExecutor

_Worker = TypeVar("_Worker")
_Job = TypeVar("_Job")
_Result = TypeVar("_Result")

MOST_PROCESSES: Final = 8
"""More would wait for the one that hands them their jobs."""
_JOBS_AHEAD: Final = 3
"""Jobs for each process that are submitted before the first result is waited for."""


def processors() -> int:
    """How many processors this process may use, which a container limits."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processes_for(amount: int, pays_from: int) -> int:
    """How many processes an amount of work is worth: one, or two and more from the amount that pays for a start."""
    return max(1, min(processors(), MOST_PROCESSES, amount // (pays_from // 2)))


def job_size(amount: int, processes: int, *, most: int, jobs: int) -> int:
    """How much to put into one job: at most `most`, and so little that each process gets that many jobs."""
    return max(1, min(most, amount // (processes * jobs)))


class WorkerPool(Generic[_Worker]):
    """Hands jobs to workers: to one in this process, or to one in each of several processes.

    A worker is what `make` returns; it is made once for each process and keeps its state between jobs. `make` must be
    picklable, since processes start afresh: a fork would copy the locks of threads. A process is replaced after
    `jobs_per_process` jobs.
    """

    def __init__(self, make: Callable[[], _Worker], *, jobs_per_process: int | None = None) -> None:
        self._make = make
        self._jobs_per_process = jobs_per_process
        self._local: _Worker | None = None
        self._executor: ProcessPoolExecutor | None = None

    def map(
        self, method: Callable[[_Worker, _Job], _Result], jobs: Iterable[_Job], processes: int
    ) -> Iterator[_Result]:
        """Call a method of a worker with each job; the results come in the order of the jobs.

        Jobs are taken from the iterable only as they are needed. Processes that are running already are used whatever
        `processes` says; a single job never starts one.
        """
        remaining = iter(jobs)
        first = list(islice(remaining, 2))
        if self._executor is None and (processes < 2 or len(first) < 2):
            for job in chain(first, remaining):
                yield method(self.local, job)
            return
        executor = self._executor = self._executor or self._started(processes)
        submitted: deque[Future[_Result]] = deque()
        for job in chain(first, remaining):
            submitted.append(executor.submit(_call, method, job))
            if len(submitted) > _JOBS_AHEAD * processes:
                yield submitted.popleft().result()
        while submitted:
            yield submitted.popleft().result()

    @property
    def local(self) -> _Worker:
        """The worker in this process."""
        if self._local is None:
            self._local = self._make()
        return self._local

    def close(self) -> None:
        """End the processes; jobs that have not begun are dropped."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None

    def _started(self, processes: int) -> ProcessPoolExecutor:
        # They start as `python -c …`, which would import from the working folder first, a `pickle.py` there too.
        os.environ["PYTHONSAFEPATH"] = "1"
        from concurrent.futures import ProcessPoolExecutor

        from cardpipe.parallel.worker import context

        return ProcessPoolExecutor(
            processes,
            context(),
            initializer=_start,
            initargs=(self._make,),
            max_tasks_per_child=self._jobs_per_process,
        )


class _Process:
    """What a worker process keeps between its jobs."""

    worker: Any


def _start(make: Callable[[], object]) -> None:
    from cardpipe.parallel.interruption import begin_worker

    begin_worker()
    _Process.worker = make()


def _call(method: Callable[[Any, _Job], _Result], job: _Job) -> _Result:
    return method(_Process.worker, job)
