"""Worker processes that end in silence when the run is interrupted."""

from __future__ import annotations

import sys
from multiprocessing.context import SpawnContext, SpawnProcess

from cardpipe.parallel.interruption import signals_blocked


class WorkerProcess(SpawnProcess):
    """A process that no signal reaches before it can handle it."""

    def start(self) -> None:
        """Start it."""
        if sys.platform != "win32":
            from multiprocessing import resource_tracker

            # It would unblock signals on the way, once.
            resource_tracker.ensure_running()
        with signals_blocked():
            super().start()


class _Context(SpawnContext):
    Process = WorkerProcess


def context() -> SpawnContext:
    """What a pool makes its processes with: each starts afresh, since a fork would copy the locks of threads."""
    return _Context()
