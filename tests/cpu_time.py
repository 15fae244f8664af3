"""CPU time, which other programs on the machine affect less than wall time."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NOTICEABLE = 0.05
"""Seconds below which a measurement is mostly noise."""


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of this process and of the ones that it started and that ended, all threads together."""
    before, others = time.process_time(), os.times()
    work()
    after = os.times()
    children = after.children_user + after.children_system - others.children_user - others.children_system
    return time.process_time() - before + children


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Fail where work of three times the size takes six times as long: quadratic work would take nine times."""
    small = min(cpu_seconds(lambda: work(size)) for _ in range(2))
    assert cpu_seconds(lambda: work(3 * size)) < 6 * max(small, NOTICEABLE)
