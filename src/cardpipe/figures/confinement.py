"""What a figure script's process gives up before the script runs.

Every measure is taken where the system has it and passed over where not; `docs/figures.md` says which hold where.
"""

from __future__ import annotations

import contextlib
import site
import sys
from pathlib import Path


def confine(*, cpu_seconds: int, memory_bytes: int) -> None:
    """Limit CPU time and memory, and give up other processes, other people's files and the network."""
    if sys.platform == "linux":
        from cardpipe.figures import linux

        linux.give_up_network()
        linux.give_up_files(_readable())
        _limit_resources(cpu_seconds, memory_bytes)
        linux.give_up_system_calls()
    else:
        _limit_resources(cpu_seconds, memory_bytes)


def _readable() -> list[str]:
    """Where Python and its packages lie: a script may import what is installed, and read nothing else."""
    import matplotlib as mpl

    folders = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(mpl.get_data_path()), *site.getsitepackages()}
    folders |= {entry for entry in sys.path if entry}
    folders |= {"/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/dev/null", "/dev/urandom"}
    # A prefix of `/` would open everything; what Python needs lies below the folders of its path then.
    return sorted(folder for folder in folders if Path(folder).exists() and Path(folder) != Path("/"))


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
