"""The threads of this process, those of C libraries among them."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def thread_count() -> int | None:
    """Return the number of threads of this process; None if the system does not tell it."""
    if sys.platform != "linux":
        return None
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except FileNotFoundError:
        return None


def use_one_thread_in_numpy() -> None:
    """Let NumPy's library for linear algebra start no threads; must be called before NumPy is imported.

    Its threads are of no use for figures, and a process with threads cannot be copied: each worker process would load
    matplotlib for itself.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
