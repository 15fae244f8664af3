"""Landlock: restrict a Linux process permanently to reading below some folders.

It needs no privilege. Source of numbers and layouts: the kernel's `include/uapi/linux/landlock.h`.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""Landlock's system calls, the same on every architecture."""
_NO_NEW_PRIVILEGES: Final = 38
_ASK_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 5: 16}
"""The number of file access rights in each version of Landlock; each is a bit."""
_EXECUTE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
_TCP: Final = 0b11
"""Bind and connect, from version 4."""
_SCOPES: Final = 0b11
"""Abstract Unix sockets and signals to other processes, from version 6."""


def restrict_files(readable: Iterable[str]) -> int:
    """Allow only reading below some folders; returns the version of Landlock, 0 without it."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    version: int = library.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    if version < 1:
        return 0
    rights = (1 << max(count for since, count in _FILE_RIGHTS.items() if since <= version)) - 1
    # Fields that a version does not know must be left out.
    fields = [rights, *([_TCP] if version >= 4 else []), *([_SCOPES] if version >= 6 else [])]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = library.syscall(
        _CREATE_RULESET, ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)
    )
    if ruleset < 0:
        return 0
    try:
        for path in readable:
            _allow_reading(library, ruleset, path)
        library.prctl(_NO_NEW_PRIVILEGES, *(ctypes.c_ulong(value) for value in (1, 0, 0, 0)))
        restricted = library.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0
    finally:
        os.close(ruleset)
    return version if restricted else 0


def _allow_reading(library: Any, ruleset: int, path: str) -> None:
    try:
        # O_PATH: a handle of the path, not an open file.
        handle = os.open(path, getattr(os, "O_PATH", 0o10000000) | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | _READ_FOLDER | _EXECUTE if os.path.isdir(path) else _READ_FILE  # noqa: PTH112 - of a handle's path
        rule = struct.pack("=Qi", rights, handle)
        library.syscall(
            _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), ctypes.c_char_p(rule), ctypes.c_uint32(0)
        )
    finally:
        os.close(handle)
