"""Worker processes that end silently when the run is interrupted."""

from __future__ import annotations

import sys
import threading
import time
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import TYPE_CHECKING, Final

from cardpipe.parallel.interruption import starting_worker
from cardpipe.parallel.threads import thread_count

if sys.platform != "win32":
    from multiprocessing.context import ForkContext, ForkProcess

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext


_THREADS_END: Final = 0.1
_BETWEEN: Final = 0.001
"""Seconds."""


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
    """Return whether this process can be copied: on Linux, without other threads, whose locks a copy would keep.

    The system counts a thread for some milliseconds after it has ended, so this waits for at most a tenth of a second.
    """
    end = time.monotonic() + _THREADS_END
    while (thread_count() or 0) > 1 and threading.active_count() == 1 and time.monotonic() < end:
        time.sleep(_BETWEEN)
    return thread_count() == 1


def context(*, fork: bool) -> BaseContext:
    """Return the context of a pool, whose processes are copies of this one with `fork`, and otherwise spawned."""
    return _ForkContext() if fork and sys.platform != "win32" else _SpawnContext()
