"""CPU time, which other programs on the machine affect less than wall time, and memory."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTICEABLE = 0.05
"""Seconds below which a measurement is mostly noise."""

_MEASURED = """
import json, os, sys
child = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-m", "cardpipe", *sys.argv[2:]])
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    json.dump([usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024], file)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs cardpipe with the arguments after the first, the file for the seconds of CPU and MiB."""


def measured(folder: Path, *args: str) -> tuple[subprocess.CompletedProcess[str], float, float]:
    """Run cardpipe in a folder; return the result, its seconds of CPU and MiB, with those of processes that it starts.

    For Linux. The system counts the memory of the process that starts another as memory of that one, and the process of
    the tests may hold more than a GiB. Therefore a small process starts cardpipe.
    """
    report = folder.parent / "measured.json"
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(report), *args], cwd=folder, capture_output=True, text=True, check=False
    )
    seconds, mebibytes = json.loads(report.read_text())
    return done, seconds, mebibytes


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of this process and of the ones that it started and that ended, all threads together."""
    before, others = time.process_time(), os.times()
    work()
    after = os.times()
    children = after.children_user + after.children_system - others.children_user - others.children_system
    return time.process_time() - before + children


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Fail where the CPU time of work grows faster than its size."""
    assert_seconds_linear(lambda size: cpu_seconds(lambda: work(size)), size)


def assert_seconds_linear(
    seconds: Callable[[int], float], size: int, *, factor: int = 3, noticeable: float = NOTICEABLE
) -> None:
    """Fail where the seconds for a size grow faster than the size, by a comparison with `factor` times the size.

    Quadratic time is `factor` squared times as much, and a power of 1.6 is allowed. A busy machine only adds to a time,
    so the shortest of several counts. No size is tried twice, since a result may be cached.
    """
    # The collector would look at all objects of other tests.
    gc.disable()
    try:
        _assert_seconds_linear(seconds, size, factor, noticeable)
    finally:
        gc.enable()


def _assert_seconds_linear(seconds: Callable[[int], float], size: int, factor: int, noticeable: float) -> None:
    small = max(min(seconds(size + attempt * (size // 50)) for attempt in range(2)), noticeable)
    taken = []
    for attempt in range(4):
        taken.append(seconds(factor * size - attempt * (size // 50)))
        if taken[-1] < factor**1.6 * small:
            return
    raise AssertionError(f"{factor} times the size takes {taken} seconds, and the size itself {small}")
