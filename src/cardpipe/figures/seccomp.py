"""Seccomp: block all system calls of a Linux process that drawing does not need.

It needs no privilege. Sources of numbers and layouts: the kernel's `include/uapi/linux/seccomp.h`, `filter.h`,
`audit.h`, `fcntl.h`, `prctl.h` and `asm-generic/ioctls.h`, and its tables of system calls.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class _Architecture(NamedTuple):
    audit: int
    column: int
    """The architecture names in the tables of system calls."""
    seccomp: int
    """The number of the system call that sets the filter."""


_ARCHITECTURES: Final = {"x86_64": _Architecture(0xC000003E, 0, 317), "aarch64": _Architecture(0xC00000B7, 1, 277)}
_ALLOWED: Final[Mapping[str, Sequence[int]]] = tomllib.loads(
    Path(__file__).with_name("system_calls.toml").read_text(encoding="utf-8")
)
"""Calls that are allowed with any arguments."""


class _Checked(NamedTuple):
    """A call that is allowed with some arguments only; the low half of an argument is compared, as in the kernel."""

    numbers: tuple[int | None, int | None]
    argument: int
    values: tuple[int, ...] = ()
    """Allowed values of the argument; any if empty."""
    zero: tuple[tuple[int, int], ...] = ()
    """Further arguments, with the bits of each that must not be set."""


_WHOLE: Final = 0xFFFFFFFF
_TO_WRITE: Final = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000 | 0o20000
"""Flags of `open`: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_ASYNC."""
_ASYNC: Final = 0o20000
_CHECKED: Final[Mapping[str, _Checked]] = {
    "open": _Checked((2, None), 1, zero=((1, _TO_WRITE),)),
    "openat": _Checked((257, 56), 2, zero=((2, _TO_WRITE),)),
    # Duplicates, flags of a descriptor and a file, and the size of a pipe. Not: signals (F_SETOWN, F_SETSIG, F_NOTIFY,
    # O_ASYNC), locks and leases, which others would wait for.
    "fcntl": _Checked((72, 25), 1, (0, 1, 2, 3, 1030, 1032)),
    "fcntl F_SETFL": _Checked((72, 25), 1, (4,), ((2, _ASYNC),)),
    # TCGETS, TCGETS2 and TIOCGWINSZ, by which a program asks whether a file is a terminal; FIONREAD, FIONBIO, FIONCLEX,
    # FIOCLEX. Not: anything that controls a terminal or a device.
    "ioctl": _Checked((16, 29), 1, (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    # The name of a thread, and of a memory area.
    "prctl": _Checked((157, 167), 0, (15, 16, 0x53564D41)),
    # Reading its own limits, without a pointer to new ones.
    "prlimit64": _Checked((302, 261), 0, (0,), ((2, _WHOLE), (-2, _WHOLE))),
}
_SINCE_5_1: Final = 424
"""From this number on, calls are the same on all architectures, and libraries fall back to an older one."""
_X32: Final = 0x40000000
"""Numbers from here on are those of the x32 ABI."""
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_NOT_PERMITTED, _NOT_IMPLEMENTED = 1, 38
_LOAD, _AND, _IF_EQUAL, _IF_NOT_LESS, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_ARGUMENTS = 0, 4, 16
_SET_FILTER, _ALL_THREADS, _NO_NEW_PRIVILEGES = 1, 1, 38


def restrict_system_calls() -> bool:
    """Make the kernel reject all other system calls for every thread of this process; return whether it does.

    Rejected calls fail with EPERM, which Python raises as PermissionError, or with ENOSYS if the call is so new that
    libraries have a fallback.
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
    """Return a classic BPF program, in which each known call has its own return."""
    yield _step(_LOAD, _AT_ARCHITECTURE)
    yield _step(_IF_EQUAL, architecture.audit, then=1)
    yield _step(_RETURN, _KILL)
    yield _step(_LOAD, _AT_NUMBER)
    yield _step(_IF_NOT_LESS, _X32, otherwise=1)
    yield _step(_RETURN, _FAIL | _NOT_PERMITTED)
    for numbers in _ALLOWED.values():
        if numbers[architecture.column] >= 0:
            yield from _when(numbers[architecture.column], [_step(_RETURN, _ALLOW)])
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
    """Return `allow` if the arguments match; otherwise continue, with the number loaded again."""
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
    """Load the low half of an argument, or the high half if its number is negative."""
    return [_step(_LOAD, _AT_ARGUMENTS + 8 * abs(argument) + (4 if argument < 0 else 0))]
