"""Seccomp: block all system calls of a Linux process that drawing does not need.

It needs no privilege. Sources of numbers and layouts: the kernel's `include/uapi/linux/seccomp.h`, `filter.h`,
`audit.h`, `fcntl.h`, `prctl.h` and `asm-generic/ioctls.h`, and its tables of system calls.
"""

from __future__ import annotations

import ctypes
import platform
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class _Architecture(NamedTuple):
    audit: int
    column: int
    """Of the tables below."""
    seccomp: int
    """The number of the system call that sets the filter."""


_ARCHITECTURES: Final = {"x86_64": _Architecture(0xC000003E, 0, 317), "aarch64": _Architecture(0xC00000B7, 1, 277)}
_ALLOWED: Final[Mapping[str, tuple[int | None, int | None]]] = {
    # name: (number on x86_64, number on aarch64), None where there is none
    # Files: reading, and writing to what is open.
    "access": (21, None),
    "chdir": (80, 49),
    "close": (3, 57),
    "close_range": (436, 436),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "fadvise64": (221, 223),
    "fchdir": (81, 50),
    "fstat": (5, 80),
    "getcwd": (79, 17),
    "getdents": (78, None),
    "getdents64": (217, 61),
    "lseek": (8, 62),
    "lstat": (6, None),
    "newfstatat": (262, 79),
    "pipe": (22, None),
    "pipe2": (293, 59),
    "poll": (7, None),
    "ppoll": (271, 73),
    "pread64": (17, 67),
    "preadv": (295, 69),
    "pselect6": (270, 72),
    "read": (0, 63),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "readv": (19, 65),
    "select": (23, None),
    "stat": (4, None),
    "statx": (332, 291),
    "write": (1, 64),
    "writev": (20, 66),
    # Memory of its own.
    "brk": (12, 214),
    "madvise": (28, 233),
    "membarrier": (324, 283),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "msync": (26, 227),
    "munmap": (11, 215),
    # Itself: locks, signals, timers, identity, the end.
    "alarm": (37, None),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "futex": (202, 98),
    "getegid": (108, 177),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getgroups": (115, 158),
    "getitimer": (36, 102),
    "getpgrp": (111, None),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "getresgid": (120, 150),
    "getresuid": (118, 148),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "pause": (34, None),
    "restart_syscall": (219, 128),
    "rseq": (334, 293),
    "rt_sigaction": (13, 134),
    "rt_sigpending": (127, 136),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigsuspend": (130, 133),
    "rt_sigtimedwait": (128, 137),
    "sched_yield": (24, 124),
    "set_robust_list": (273, 99),
    "set_tid_address": (218, 96),
    "setitimer": (38, 103),
    "sigaltstack": (131, 132),
    # Time, chance, and what the machine is.
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "getcpu": (309, 168),
    "getrandom": (318, 278),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "gettimeofday": (96, 169),
    "nanosleep": (35, 101),
    "sched_getaffinity": (204, 123),
    "sysinfo": (99, 179),
    "time": (201, None),
    "times": (100, 153),
    "uname": (63, 160),
}
"""Calls that are allowed whatever their arguments are."""


class _Checked(NamedTuple):
    """A call that is allowed with some arguments only; the low half of an argument counts, as it does in the kernel."""

    numbers: tuple[int | None, int | None]
    argument: int
    values: tuple[int, ...] = ()
    """What the argument may be; any where there are none."""
    zero: tuple[tuple[int, int], ...] = ()
    """Further arguments, with the bits of each that must not be set."""


_WHOLE: Final = 0xFFFFFFFF
_TO_WRITE: Final = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000 | 0o20000
"""Of the flags of `open`: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_ASYNC."""
_ASYNC: Final = 0o20000
_CHECKED: Final[Mapping[str, _Checked]] = {
    "open": _Checked((2, None), 1, zero=((1, _TO_WRITE),)),
    "openat": _Checked((257, 56), 2, zero=((2, _TO_WRITE),)),
    # Duplicates, flags of a descriptor and a file, and the size of a pipe. Not: signals (F_SETOWN, F_SETSIG, F_NOTIFY,
    # O_ASYNC), locks and leases, which others would wait for.
    "fcntl": _Checked((72, 25), 1, (0, 1, 2, 3, 1030, 1032)),
    "fcntl F_SETFL": _Checked((72, 25), 1, (4,), ((2, _ASYNC),)),
    # TCGETS, TCGETS2 and TIOCGWINSZ, by which a program asks whether a file is a terminal; FIONREAD, FIONBIO, FIONCLEX,
    # FIOCLEX. Not: anything that a terminal or a device would do.
    "ioctl": _Checked((16, 29), 1, (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    # The name of a thread, and of a part of memory.
    "prctl": _Checked((157, 167), 0, (15, 16, 0x53564D41)),
    # Asking for limits of its own, with no pointer to new ones.
    "prlimit64": _Checked((302, 261), 0, (0,), ((2, _WHOLE), (-2, _WHOLE))),
}
_SINCE_5_1: Final = 424
"""From this number on, calls are the same on all architectures and have an older one that libraries fall back to."""
_X32: Final = 0x40000000
"""Numbers from here on are a second way to call an x86_64 kernel."""
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_NOT_PERMITTED, _NOT_IMPLEMENTED = 1, 38
_LOAD, _AND, _IF_EQUAL, _IF_NOT_LESS, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_ARGUMENTS = 0, 4, 16
_SET_FILTER, _ALL_THREADS, _NO_NEW_PRIVILEGES = 1, 1, 38


def restrict_system_calls() -> bool:
    """Make the kernel reject all other system calls for every thread of this process; return whether it does.

    What is refused fails with EPERM, which Python raises as PermissionError, or with ENOSYS where the call is so new
    that libraries know what to do without it.
    """
    architecture = _ARCHITECTURES.get(platform.machine())
    if architecture is None or struct.calcsize("P") != 8:
        return False
    program = b"".join(_program(architecture))
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    library.prctl(_NO_NEW_PRIVILEGES, *(ctypes.c_ulong(value) for value in (1, 0, 0, 0)))
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    number = ctypes.c_long(architecture.seccomp)
    done = library.syscall(number, ctypes.c_uint(_SET_FILTER), ctypes.c_uint(_ALL_THREADS), ctypes.c_char_p(head))
    return bool(done == 0)


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def _program(architecture: _Architecture) -> Iterator[bytes]:
    """A program of the classic Berkeley packet filter, in which each call that is known has its own return."""
    yield _step(_LOAD, _AT_ARCHITECTURE)
    yield _step(_IF_EQUAL, architecture.audit, then=1)
    yield _step(_RETURN, _KILL)
    yield _step(_LOAD, _AT_NUMBER)
    yield _step(_IF_NOT_LESS, _X32, otherwise=1)
    yield _step(_RETURN, _FAIL | _NOT_PERMITTED)
    for numbers in _ALLOWED.values():
        number = numbers[architecture.column]
        if number is not None:
            yield from _when(number, [_step(_RETURN, _ALLOW)])
    for checked in _CHECKED.values():
        number = checked.numbers[architecture.column]
        if number is not None:
            yield from _when(number, list(_check(checked)))
    yield _step(_IF_NOT_LESS, _SINCE_5_1, otherwise=1)
    yield _step(_RETURN, _FAIL | _NOT_IMPLEMENTED)
    yield _step(_RETURN, _FAIL | _NOT_PERMITTED)


def _when(number: int, steps: Iterable[bytes]) -> list[bytes]:
    made = list(steps)
    return [_step(_IF_EQUAL, number, otherwise=len(made)), *made]


def _check(checked: _Checked) -> Iterator[bytes]:
    """Return `allow` where the arguments are right; else go on, with the number loaded again."""
    steps = [_step(_RETURN, _ALLOW)]
    for argument, bits in reversed(checked.zero):
        steps = [*_load(argument), _step(_AND, bits), _step(_IF_EQUAL, 0, otherwise=len(steps)), *steps]
    if checked.values:
        values = [
            _step(_IF_EQUAL, value, then=len(checked.values) - place - 1, otherwise=0 if more else len(steps))
            for place, value in enumerate(checked.values)
            for more in [place + 1 < len(checked.values)]
        ]
        steps = [*_load(checked.argument), *values, *steps]
    yield from steps
    yield _step(_LOAD, _AT_NUMBER)


def _load(argument: int) -> list[bytes]:
    """Load the low half of an argument, or the high half where its number is below zero."""
    return [_step(_LOAD, _AT_ARGUMENTS + 8 * abs(argument) + (4 if argument < 0 else 0))]
