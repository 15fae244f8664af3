"""Restrict the process of a figure script before the script runs.

Each measure is applied if the system supports it; `docs/figures.md` lists them by system.
"""

from __future__ import annotations

import contextlib
import os
import site
import sys
from pathlib import Path

from cardpipe.parallel.threads import thread_count


def confine(*, cpu_seconds: int, memory_bytes: int) -> dict[str, str]:
    """Limit CPU time and memory, and drop access to other processes, other files and the network.

    The working folder must be empty. Returns the layers by name, each with details, empty if it is unavailable.
    """
    if sys.platform != "linux":
        return {"resource limits": _limit_resources(cpu_seconds, memory_bytes)}
    from cardpipe.figures import landlock, namespaces, seccomp

    readable = _readable()
    if (thread_count() or 1) > 1:
        # It would keep its rights, and a script can access its memory.
        raise RuntimeError("another thread runs in the process of figure scripts")
    given = namespaces.enter(readable, os.getcwd())  # noqa: PTH109 - as text
    version = landlock.restrict_files(readable)
    limited = _limit_resources(cpu_seconds, memory_bytes)
    filtered = seccomp.restrict_system_calls()
    return {
        "resource limits": limited,
        "seccomp filter": "system calls by an allow-list" if filtered else "",
        "Landlock": f"version {version}: {_landlock_words(version)}" if version else "",
        "namespaces": ", ".join(given),
    }


def _landlock_words(version: int) -> str:
    words = ["files", *(["TCP"] if version >= 4 else []), *(["signals and abstract sockets"] if version >= 6 else [])]
    return ", ".join(words)


def _readable() -> list[str]:
    """Return the folders of Python and its packages: a script can import installed packages, and read nothing else."""
    import matplotlib as mpl

    folders = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(mpl.get_data_path()), *site.getsitepackages()}
    folders |= {entry for entry in sys.path if entry}
    folders |= {"/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/dev/null", "/dev/urandom"}
    # A prefix of `/` would open everything; what Python needs lies below the folders of its path then.
    return sorted(folder for folder in folders if Path(folder).exists() and Path(folder) != Path("/"))


def _limit_resources(cpu_seconds: int, memory_bytes: int) -> str:
    try:
        import resource
    except ImportError:  # Windows
        return ""
    wanted = {
        "RLIMIT_CPU": cpu_seconds,
        "RLIMIT_AS": memory_bytes,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_NPROC": 0,
        # Nothing is so short; and by this number Linux leaves out programs that take core dumps from a pipe too.
        "RLIMIT_CORE": 1,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    for name, value in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        # macOS rejects some of them.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (value, value))
    return "CPU time, memory, size of files, descriptors"
