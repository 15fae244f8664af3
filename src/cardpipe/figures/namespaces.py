"""Namespaces: isolate a Linux process from the network, shared memory and most files.

It needs no privileges if the system allows unprivileged user namespaces. Sources of numbers: the kernel's
`include/uapi/linux/sched.h`, `mount.h` and `capability.h`, and its tables of system calls.
"""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_USER, _MOUNTS, _NETWORK, _IPC, _HOST_NAME, _CGROUP = 0x10000000, 0x20000, 0x40000000, 0x8000000, 0x4000000, 0x2000000
_READ_ONLY, _NO_SET_ID, _NO_DEVICES, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_DETACH: Final = 2
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}
_NAME: Final = b"localhost"
_CAPABILITY_VERSION: Final = 0x20080522
_MOST_LINKS: Final = 40
"""The maximum number of links in one path, as in the kernel."""


def enter(readable: Iterable[str], workplace: str) -> list[str]:
    """Enter new namespaces; returns their names.

    `files`: the file system contains only some readable paths. The workplace is an empty folder in which the new root
    is built.
    """
    library = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if library.unshare(_USER | _MOUNTS | _NETWORK | _IPC | _HOST_NAME | _CGROUP) == 0:
        library.sethostname(_NAME, len(_NAME))
        given = ["network", "IPC", *(["files"] if _restrict_files(library, readable, workplace, user, group) else [])]
    else:
        given = ["network"] if library.unshare(_USER | _NETWORK) == 0 else []
    _drop_capabilities(library)
    return given


def _restrict_files(library: Any, readable: Iterable[str], workplace: str, user: int, group: int) -> bool:
    """Build a root folder with only the readable paths; returns False and changes nothing if that is not possible."""
    number = _PIVOT_ROOT.get(platform.machine())
    if number is None:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
        root = os.path.realpath(workplace)
        _mount(library, None, "/", None, _RECURSIVE | _PRIVATE)
        _mount(library, "none", root, "tmpfs", _NO_SET_ID | _NO_DEVICES, "size=1m,nr_inodes=4k,mode=755")
        # Those below another one are mounted with it.
        for real in _topmost({_with_links(path, root) for path in readable}):
            _show(library, real, root)
        os.chdir(root)
        # The old root is mounted over the new one, and then unmounted.
        if library.syscall(ctypes.c_long(number), ctypes.c_char_p(b"."), ctypes.c_char_p(b".")) != 0:
            return False
        if library.umount2(ctypes.c_char_p(b"."), ctypes.c_int(_DETACH)) != 0:
            raise SystemExit("the old root folder cannot be taken away")
        os.chdir("/")
        _mount(library, None, "/", None, _REMOUNT | _BIND | _READ_ONLY | _NO_SET_ID | _NO_DEVICES)
    except OSError:
        return False
    return True


def _topmost(paths: Iterable[str]) -> list[str]:
    found: list[str] = []
    for path in sorted(paths):
        if not any(path.startswith(f"{above}/") for above in found):
            found.append(path)
    return found


def _show(library: Any, real: str, root: str) -> None:
    """Mount a path without links below a new root."""
    target = Path(f"{root}{real}")
    if os.path.isdir(real):  # noqa: PTH112 - a path as text, like the others here
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount(library, real, str(target), None, _BIND | _RECURSIVE)


def _with_links(path: str, root: str) -> str:
    """Return the target of a path; each link on the way is created below the root too."""
    waiting = [part for part in reversed(path.split("/")) if part]
    current, links = "", 0
    while waiting:
        part = waiting.pop()
        if part in (".", ".."):
            current = current.rpartition("/")[0] if part == ".." else current
            continue
        following = f"{current}/{part}"
        if links < _MOST_LINKS and os.path.islink(following):  # noqa: PTH114 - the same
            links += 1
            led = os.readlink(following)  # noqa: PTH115 - the same
            place = Path(f"{root}{following}")
            if not os.path.lexists(place):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(led)
            waiting += [step for step in reversed(led.split("/")) if step]
            current = "" if led.startswith("/") else current
        else:
            current = following
    return current or "/"


def _mount(
    library: Any, source: str | None, target: str, kind: str | None, flags: int, data: str | None = None
) -> None:
    """Call the system call; raises OSError."""
    texts = [ctypes.c_char_p(os.fsencode(text)) if text is not None else None for text in (source, target, kind, data)]
    if library.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


def _drop_capabilities(library: Any) -> None:
    """Drop capabilities of a namespace or of root beyond those of an ordinary user."""
    head = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    library.capset(head, none)
