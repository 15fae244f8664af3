"""Wait for processes that tests signal: by what the system says about them, since a busy machine needs any time."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

PATIENCE: Final = 60.0
"""Seconds after which what a test waits for will not happen."""
_ELSEWHERE: Final = 3.0
"""Seconds to wait where the system does not say in `/proc` what a process does."""
_UNCHANGED: Final = 6
"""So many times in a row, a process must be found asleep without having run in between."""
_PAUSE: Final = 0.05


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "It does not happen."
        time.sleep(_PAUSE)


def until_listening(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Wait until a process handles SIGTERM. It fails if the process ends before."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        time.sleep(_ELSEWHERE)
        return
    end = time.monotonic() + PATIENCE
    while not _caught(status.read_text()) >> (signal.SIGTERM - 1) & 1:
        assert process.poll() is None, "It has ended."
        assert time.monotonic() < end, "It handles no signal."
        time.sleep(_PAUSE / 10)


def until_waiting(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Wait until a process handles SIGTERM and waits for something else than the processor."""
    until_listening(process)
    stat = Path(f"/proc/{process.pid}/stat")
    if not stat.exists():
        return
    end = time.monotonic() + PATIENCE
    former, unchanged = "", 0
    while unchanged < _UNCHANGED:
        assert process.poll() is None, "It has ended."
        assert time.monotonic() < end, "It goes on working."
        # After the name: the state, and later the times in user and system mode.
        facts = stat.read_text().rpartition(")")[2].split()
        now = " ".join((facts[0], *facts[11:13]))
        unchanged = unchanged + 1 if now == former and facts[0] == "S" else 0
        former = now
        time.sleep(_PAUSE)


def _caught(status: str) -> int:
    """Return the bits of the signals that a process handles."""
    return next((int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt:")), 0)
