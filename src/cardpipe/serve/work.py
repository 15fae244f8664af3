"""The jobs of the preview's main thread, which alone reads, lints and renders.

Caches, Markdown and the renderers belong to one thread. Server and watcher hand their jobs to it; the most urgent one
comes first.
"""

from __future__ import annotations

import enum
import itertools
import queue
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")
_PAUSE = 1.0
"""Seconds after which the thread looks for signals, which do not interrupt its waiting on Windows."""


class Urgency(enum.IntEnum):
    """The order of jobs."""

    CHANGE = 0
    """A saved file, and results of background work."""
    VIEW = 1
    """What a browser waits for."""
    IDLE = 2


class Work:
    """A queue of jobs, run by the thread that calls `run`."""

    def __init__(self) -> None:
        self._jobs: queue.PriorityQueue[tuple[int, int, Callable[[], None] | None]] = queue.PriorityQueue()
        self._order = itertools.count()

    def submit(self, urgency: Urgency, call: Callable[[], _Result]) -> Future[_Result]:
        """Schedule a job; the future gets its result or its exception."""
        future: Future[_Result] = Future()

        def carry_out() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as error:  # noqa: BLE001 - handed to the thread that asks for the result
                    future.set_exception(error)

        self._jobs.put((urgency, next(self._order), carry_out))
        return future

    def run(self) -> None:
        """Run jobs until `stop`."""
        while True:
            try:
                _, _, job = self._jobs.get(timeout=_PAUSE)
            except queue.Empty:
                continue
            if job is None:
                return
            job()

    def stop(self) -> None:
        """Let `run` return after the jobs that are scheduled."""
        self._jobs.put((max(Urgency) + 1, next(self._order), None))
