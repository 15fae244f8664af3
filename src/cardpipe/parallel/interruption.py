"""The orderly end of a run, above all of one that the user or the system interrupts.

A signal raises no exception: that could come up in Python code which a C++ library calls, and such libraries abort the
process then, print the exception or drop it. Instead the handler itself ends what we have started (worker processes,
figure scripts, browsers), has temporary files removed, and ends the process without Python's own finalisation, which
would bring down threads that are still in the code of such a library.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from types import FrameType

EXIT_CODE: Final = 2
_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
_PATIENCE: Final = 5.0
"""Seconds that clearing up may take at most."""
_GRACE: Final = 1.0
"""Seconds of them that worker processes may take to end."""


class _State:
    """What this process knows of its end."""

    requested: bool = False
    message: str = ""
    code: int = EXIT_CODE
    children: Final[set[subprocess.Popen[bytes]]] = set()


def listen(message: str) -> None:
    """Let signals end this process in order, with a message and exit code 2.

    A signal that is ignored from outside (`nohup`, a job in the background) stays ignored.
    """
    _State.message = message
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def expect(code: int) -> None:
    """From now on an interruption is how this command ends: with this exit code and without a message."""
    _State.message, _State.code = "", code


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Hold signals back until the end of the block: for what must not be left half done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    former = {
        number: signal.signal(number, lambda got, _frame: received.append(got))
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        for got in received:
            signal.raise_signal(got)


@contextlib.contextmanager
def ending_with_us(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let a process that leads a group of its own end, with its group, when we are interrupted."""
    _State.children.add(child)
    try:
        if _State.requested:
            _kill(child)
        yield
    finally:
        _State.children.discard(child)


def begin_worker() -> None:
    """Let this process, a worker of ours, end in silence: by a signal, and with its parent."""
    listen("")
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


@contextlib.contextmanager
def signals_blocked() -> Iterator[None]:
    """Block signals while a worker is started: it inherits that, so that none reaches it before it can be handled."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    former = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def leave(code: int) -> NoReturn:
    """End the process: as usual where nothing is at work any more, else without waiting for it."""
    if threading.active_count() == 1:
        sys.exit(code)
    _end(code)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    if _State.requested:  # somebody is in a hurry
        os._exit(_State.code)
    _State.requested = True
    if _State.message:
        with contextlib.suppress(OSError):
            os.write(2, f"{_State.message}\n".encode())
    _end(_State.code)


def _end_with_parent() -> None:
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        _end(EXIT_CODE)


def _end(code: int) -> NoReturn:
    """Clear up and end, whatever threads are doing."""
    _State.requested = True
    try:
        # What is interrupted may hold a lock that clearing up needs.
        watchdog = threading.Timer(_PATIENCE, os._exit, [code])
        watchdog.daemon = True
        watchdog.start()
        for child in tuple(_State.children):
            _kill(child)
        _end_workers()
        atexit._run_exitfuncs()  # removes temporary folders
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError, RuntimeError):
                stream.flush()
    finally:
        os._exit(code)


def _end_workers() -> None:
    if "multiprocessing" not in sys.modules:
        return
    import multiprocessing

    workers = multiprocessing.active_children()
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + _GRACE
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
        worker.kill()


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
