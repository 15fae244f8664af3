"""Worker processes that end silently when the run is interrupted."""

from __future__ import annotations

import sys
from multiprocessing.context import SpawnContext, SpawnProcess

from cardpipe.parallel.interruption import signals_blocked


class WorkerProcess(SpawnProcess):
    """A process that receives no signal before its handler is installed."""

    def start(self) -> None:
        """Start it."""
        if sys.platform != "win32":
            from multiprocessing import resource_tracker

            # It would unblock signals temporarily.
            resource_tracker.ensure_running()
        with signals_blocked():
            super().start()


class _Context(SpawnContext):
    Process = WorkerProcess


def context() -> SpawnContext:
    """Return the context of all pools: processes are spawned, since a fork would copy the locks of threads."""
    return _Context()
