"""Three ways in which a Linux process gives up rights for good, none of which needs any privilege.

Sources of numbers and layouts: the kernel's `include/uapi/linux/landlock.h`, `seccomp.h`, `filter.h`, `audit.h` and
`sched.h`, and its tables of system calls. Each function does nothing where the kernel does not offer the means.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SET_SECCOMP, _SET_NO_NEW_PRIVILEGES = 22, 38

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""Landlock's system calls, the same on every architecture."""
_ASK_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights on files each version of Landlock knows; each is a bit."""
_EXECUTE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
_TCP: Final = 0b11
"""Bind and connect, from version 4."""
_SCOPES: Final = 0b11
"""Abstract Unix sockets and signals of other processes, from version 6."""

_ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_REFUSED: Final = {
    # name: (number on x86_64, number on aarch64), None where there is none
    "socket": (41, 198),
    "connect": (42, 203),
    "socketpair": (53, 199),
    "clone": (56, 220),
    "fork": (57, None),
    "vfork": (58, None),
    "clone3": (435, 435),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "prlimit64": (302, 261),
    "setpriority": (141, 140),
    "sched_setaffinity": (203, 122),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "truncate": (76, 45),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
}
"""System calls that start or reach other processes, open connections or change files' attributes."""
_X32: Final = 0x40000000
"""Numbers from here on are a second way to call an x86_64 kernel."""
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_NOT_PERMITTED: Final = 1
_LOAD, _IF_EQUAL, _IF_NOT_LESS, _RETURN = 0x20, 0x15, 0x35, 0x06
_AT_NUMBER, _AT_ARCHITECTURE = 0, 4


def _library() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def give_up_network() -> bool:
    """Move into a network of our own that has nobody else in it; true where that worked."""
    return bool(_library().unshare(_NEW_USER | _NEW_NETWORK) == 0)


def give_up_files(readable: Iterable[str]) -> bool:
    """Keep reading below some folders and nothing else of the file system; true where Landlock is there."""
    library = _library()
    library.syscall.restype = ctypes.c_long
    version = library.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    if version < 1:
        return False
    rights = (1 << max(count for since, count in _FILE_RIGHTS.items() if since <= version)) - 1
    # Fields that a version does not know must be left out.
    fields = [rights, *([_TCP] if version >= 4 else []), *([_SCOPES] if version >= 6 else [])]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = library.syscall(
        _CREATE_RULESET, ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)
    )
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow_reading(library, ruleset, path)
        library.prctl(_SET_NO_NEW_PRIVILEGES, *_longs(1, 0, 0, 0))
        return bool(library.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0)
    finally:
        os.close(ruleset)


def _allow_reading(library: Any, ruleset: int, path: str) -> None:
    try:
        # O_PATH: a handle on the place, not an open file.
        handle = os.open(path, getattr(os, "O_PATH", 0o10000000) | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | _READ_FOLDER | _EXECUTE if os.path.isdir(path) else _READ_FILE  # noqa: PTH112 - of a handle's path
        rule = struct.pack("=Qi", rights, handle)
        library.syscall(
            _ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(_PATH_BENEATH),
            ctypes.c_char_p(rule),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(handle)


def give_up_system_calls() -> bool:
    """Make the kernel refuse new processes, connections, signals and changes of attributes; true where it does.

    Refused calls fail with EPERM, which Python raises as PermissionError. The filter is for the two architectures
    whose numbers stand above.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES or struct.calcsize("P") != 8:
        return False
    program = b"".join(_filter(machine))
    library = _library()
    library.prctl(_SET_NO_NEW_PRIVILEGES, *_longs(1, 0, 0, 0))
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    return bool(library.prctl(_SET_SECCOMP, ctypes.c_ulong(2), ctypes.c_char_p(head), *_longs(0, 0)) == 0)


def _filter(machine: str) -> list[bytes]:
    """A program of the classic Berkeley packet filter: refuse the listed numbers, allow the others."""
    column = list(_ARCHITECTURES).index(machine)
    numbers = sorted(number for pair in _REFUSED.values() if (number := pair[column]) is not None)

    def step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
        return struct.pack("=HBBI", code, then, otherwise, value)

    program = [
        step(_LOAD, _AT_ARCHITECTURE),
        step(_IF_EQUAL, _ARCHITECTURES[machine], then=1),
        step(_RETURN, _KILL),
        step(_LOAD, _AT_NUMBER),
        # The last step but one allows, the last refuses.
        step(_IF_NOT_LESS, _X32, then=len(numbers) + 1),
    ]
    for place, number in enumerate(numbers):
        program.append(step(_IF_EQUAL, number, then=len(numbers) - place))
    return [*program, step(_RETURN, _ALLOW), step(_RETURN, _FAIL | _NOT_PERMITTED)]


def _longs(*values: int) -> list[ctypes.c_ulong]:
    return [ctypes.c_ulong(value) for value in values]
