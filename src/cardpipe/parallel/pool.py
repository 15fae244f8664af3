"""Worker processes: their number, and the pool that runs all jobs."""

from __future__ import annotations

import gc
import os
import pickle
from collections import deque
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from cardpipe.errors import RenderError
from cardpipe.parallel.interruption import awaited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future, ProcessPoolExecutor

_Worker = TypeVar("_Worker")
_Job = TypeVar("_Job")
_Result = TypeVar("_Result")

MOST_PROCESSES: Final = 8
"""With more, the main process becomes the bottleneck."""
_JOBS_AHEAD: Final = 3
"""Jobs per process that are submitted before the first result is awaited."""


def processors() -> int:
    """Return the number of processors that this process may use, which a container limits."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processes_for(amount: int, pays_from: int) -> int:
    """Return the number of processes for an amount of work; one below the amount for which a start pays off."""
    return max(1, min(processors(), MOST_PROCESSES, amount // (pays_from // 2)))


def job_size(amount: int, processes: int, *, most: int, jobs: int) -> int:
    """Return the size of a job: at most `most`, and so that each process gets at least that many jobs."""
    return max(1, min(most, amount // (processes * jobs)))


class WorkerPool(Generic[_Worker]):
    """Runs jobs by workers: one in this process, or one in each of several processes.

    A worker is the result of `make`, which is called once per process; it keeps its state between jobs. `make` must be
    picklable. A process is replaced after `jobs_per_process` jobs; `end` is called with the worker in this process
    before other processes start, and by `close`.

    Without `jobs_per_process`, processes are copies of this one if that is safe. With `first_job_here`, it runs the
    first job, so that they share the modules and data that the job has loaded.
    """

    def __init__(
        self,
        make: Callable[[], _Worker],
        *,
        end: Callable[[_Worker], None] | None = None,
        jobs_per_process: int | None = None,
        first_job_here: bool = True,
    ) -> None:
        self._make = make
        self._end = end
        self._jobs_per_process = jobs_per_process
        self._first_job_here = first_job_here
        self._local: _Worker | None = None
        self._executor: ProcessPoolExecutor | None = None

    def map(
        self, method: Callable[[_Worker, _Job], _Result], jobs: Iterable[_Job], processes: int
    ) -> Iterator[_Result]:
        """Call a method of a worker with each job; the results are in the order of the jobs.

        Jobs are taken from the iterable lazily. Running processes are used whatever `processes` says; a single job
        never starts one. Raises RenderError if a process ends before its job, for example because the system killed it.
        """
        remaining = iter(jobs)
        first = list(islice(remaining, 2))
        if self._executor is None and (processes < 2 or len(first) < 2):
            for job in chain(first, remaining):
                yield method(self.local, job)
            return
        if self._executor is None:
            from cardpipe.parallel.worker import can_fork

            fork = self._jobs_per_process is None and can_fork()
            if fork and self._first_job_here:
                yield method(self.local, first.pop(0))
                self._end_local()
            self._executor = self._started(processes, fork=fork and can_fork())
        executor = self._executor
        submitted: deque[Future[_Result]] = deque()
        with _clear_failure():
            for job in chain(first, remaining):
                submitted.append(executor.submit(_call, method, job))
                if len(submitted) > _JOBS_AHEAD * processes:
                    yield awaited(submitted.popleft())
            while submitted:
                yield awaited(submitted.popleft())

    def submit(self, method: Callable[[_Worker, _Job], _Result], job: _Job, processes: int) -> Future[_Result]:
        """Call a method of a worker of another process with a job, without waiting for it.

        The exception of the future is a BrokenExecutor if the process ended before its job; a closed pool can be used
        again.
        """
        if self._executor is None:
            self._executor = self._started(processes, fork=False)
        return self._executor.submit(_call, method, job)

    @property
    def local(self) -> _Worker:
        """Return the worker in this process."""
        if self._local is None:
            self._local = self._make()
        return self._local

    def close(self) -> None:
        """End the processes; pending jobs are dropped."""
        self._end_local()
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None

    def _end_local(self) -> None:
        if self._local is not None and self._end is not None:
            self._end(self._local)
        self._local = None

    def _started(self, processes: int, *, fork: bool) -> ProcessPoolExecutor:
        # Spawned ones are `python -c …`, which would import from the working directory first, such as a `pickle.py`.
        os.environ["PYTHONSAFEPATH"] = "1"
        from concurrent.futures import ProcessPoolExecutor

        from cardpipe.parallel.worker import context

        return ProcessPoolExecutor(
            processes,
            context(fork=fork),
            initializer=_start,
            # Pickled, so that a copy of this process does not use its open files.
            initargs=(pickle.dumps(self._make),),
            max_tasks_per_child=self._jobs_per_process,
        )


@contextmanager
def _clear_failure() -> Iterator[None]:
    """Raise RenderError where a process ended before its job."""
    # Loaded by then, since processes run.
    from concurrent.futures import BrokenExecutor

    try:
        yield
    except BrokenExecutor as error:
        raise RenderError(
            "A worker process ended unexpectedly.",
            hint="Often the system ends a process because memory is short: close other programs, or export "
            "one format after the other.",
        ) from error


class _Process:
    """The worker of a worker process, kept between jobs."""

    worker: Any


def _start(make: bytes) -> None:
    from cardpipe.parallel.interruption import begin_worker

    begin_worker()
    # The collector would write to each object that this process shares with the one that it is a copy of.
    gc.freeze()
    _Process.worker = pickle.loads(make)()  # noqa: S301 - from our own process


def _call(method: Callable[[Any, _Job], _Result], job: _Job) -> _Result:
    return method(_Process.worker, job)
