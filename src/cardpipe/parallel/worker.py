"""Worker processes that end silently when the run is interrupted."""

from __future__ import annotations

import sys
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import TYPE_CHECKING

from cardpipe.parallel.interruption import starting_worker
from cardpipe.parallel.threads import thread_count

if sys.platform != "win32":
    from multiprocessing.context import ForkContext, ForkProcess

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext


class SpawnedWorker(SpawnProcess):
    """A process that receives no signal before its handler is installed."""

    def start(self) -> None:
        """Start it."""
        if sys.platform != "win32":
            from multiprocessing import resource_tracker

            # It would unblock signals temporarily.
            resource_tracker.ensure_running()
        with starting_worker():
            super().start()


class _SpawnContext(SpawnContext):
    Process = SpawnedWorker


if sys.platform != "win32":

    class ForkedWorker(ForkProcess):
        """The same, as a copy of this process."""

        def start(self) -> None:
            """Start it."""
            with starting_worker():
                super().start()

    class _ForkContext(ForkContext):
        Process = ForkedWorker


def can_fork() -> bool:
    """Return whether this process can be copied: on Linux, without other threads, whose locks a copy would keep."""
    return thread_count() == 1


def context(*, fork: bool) -> BaseContext:
    """Return the context of a pool, whose processes are copies of this one with `fork`, and otherwise spawned."""
    return _ForkContext() if fork and sys.platform != "win32" else _SpawnContext()
