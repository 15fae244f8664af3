"""How much of the machine is ours, and the processes that share it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ProcessPoolExecutor

_MOST: Final = 8
"""Processes; more would wait for the one that hands them their work."""


def processors() -> int:
    """How many processors this process may use, which a container limits."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processes_for(amount: int, pays_from: int) -> int:
    """How many processes an amount of work is worth: one, and two or more from the amount on from which it pays."""
    return max(1, min(processors(), _MOST, amount // (pays_from // 2)))


def at_once(amount: int, processes: int, *, most: int, turns: int) -> int:
    """How much a process is handed at a time: `most` at most, and so little that each has so many turns at least."""
    return max(1, min(most, amount // (processes * turns)))


def pool(
    count: int, initializer: Callable[..., object], *initial: Any, tasks: int | None = None
) -> ProcessPoolExecutor:
    """So many processes that begin with a call of the initialiser, each replaced after so many tasks.

    Each starts afresh: a fork would copy threads' locks in whatever state they are.
    """
    # They start as `python -c …`, which would import from the working folder first: a `pickle.py` there would be run.
    os.environ["PYTHONSAFEPATH"] = "1"
    from concurrent.futures import ProcessPoolExecutor

    from cardpipe.parallel.worker import begin, context

    return ProcessPoolExecutor(
        count,
        context(),
        initializer=begin,
        initargs=(initializer, *initial),
        max_tasks_per_child=tasks,
    )
