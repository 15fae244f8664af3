"""Orderly termination, in particular after a signal of the user or the system.

A signal raises no exception: it could occur in Python code that a C++ library calls, and such libraries then abort the
process, print the exception or ignore it. Instead, the handler ends child processes (workers, figure scripts,
browsers), removes temporary files, and ends the process without Python's finalisation, which would crash threads that
run code of such a library.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Final, NoReturn, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from types import FrameType

_Result = TypeVar("_Result")

EXIT_CODE: Final = 2
_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
_PATIENCE: Final = 5.0
"""The maximum time for cleaning up, in seconds."""
_LOOK: Final = 0.2
"""Seconds after which a wait begins again."""
_GRACE: Final = 1.0
"""The part of it that worker processes may take to end, in seconds."""


def awaited(future: Future[_Result]) -> _Result:
    """Return the result of a future, so that a signal interrupts the wait.

    Python runs a signal's handler only between steps of the main thread. A signal that arrives while that thread waits
    for the interpreter, just before it waits for the future, would otherwise be noticed at the future's end.
    """
    # Loaded by then, since there is a future.
    from concurrent.futures import wait

    while not wait((future,), _LOOK).done:
        pass
    return future.result()


class ChildProcess(Protocol):
    """A process of our own that leads its own group."""

    @property
    def pid(self) -> int:
        """Return its number."""

    def kill(self) -> None:
        """End it at once."""


class _State:
    """State of this process for its termination."""

    requested: bool = False
    message: str = ""
    stderr: int = 2
    """Where the message goes: standard error as it was at the start, which an engine may redirect for a while."""
    code: int = EXIT_CODE
    children: Final[set[ChildProcess]] = set()
    start: threading.Lock = threading.Lock()
    """Held while a worker process starts."""


def listen(message: str) -> None:
    """Let signals end this process with a message and exit code 2.

    Signals that are already ignored (`nohup`, background jobs) stay ignored.
    """
    _State.message = message
    if message:
        with contextlib.suppress(OSError):
            _State.stderr = os.dup(2)
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def expect(code: int) -> None:
    """From now on, a signal is the normal end of the command: with this exit code and without a message."""
    _State.message, _State.code = "", code


@contextlib.contextmanager
def saying(message: str) -> Iterator[None]:
    """Within the block, a signal ends this process with another message."""
    former, _State.message = _State.message, message
    try:
        yield
    finally:
        _State.message = former


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Defer signals until the end of the block, which must not be interrupted."""
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
def ending_with_us(child: ChildProcess) -> Iterator[None]:
    """End a process that leads its own group, with its group, if this process is interrupted."""
    _State.children.add(child)
    try:
        if _State.requested:
            _kill(child)
        yield
    finally:
        _State.children.discard(child)


def begin_worker() -> None:
    """Let this worker process end silently: on a signal, and with its parent.

    If it is a copy of its parent, the parent's child processes and temporary files are not its own.
    """
    _State.children.clear()
    _State.start = threading.Lock()
    atexit._clear()
    listen("")
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


@contextlib.contextmanager
def starting_worker() -> Iterator[None]:
    """Let no signal interrupt the start of a worker in the block.

    The worker inherits blocked signals, so that none arrives before its handler exists. This process does not end
    before the worker has received what it starts with, and is known as a process to end.
    """
    with deferred(), _State.start:
        if not hasattr(signal, "pthread_sigmask"):
            yield
            return
        former = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, former)


def leave(code: int) -> NoReturn:
    """End the process: normally if no thread is running, otherwise immediately.

    All is done, so a signal changes nothing any more; Python would restore the system's handlers, which kill.
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    if threading.active_count() == 1:
        gc.freeze()  # otherwise, Python searches all objects for cyclic garbage before it ends
        sys.exit(code)
    _end(code)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    if _State.requested:  # a second signal: end at once
        os._exit(_State.code)
    _State.requested = True
    if _State.message:
        with contextlib.suppress(OSError):
            os.write(_State.stderr, f"{_State.message}\n".encode())
    _end(_State.code)


def _end_with_parent() -> None:
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        _end(EXIT_CODE)


def _end(code: int) -> NoReturn:
    """Clean up and end, whatever other threads do."""
    _State.requested = True
    try:
        # The interrupted code may hold a lock that cleaning up needs.
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

    # Not released: no other worker starts. A worker whose start takes longer ends with its parent.
    _State.start.acquire(timeout=_GRACE)
    workers = multiprocessing.active_children()
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + _GRACE
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
        worker.kill()
    for worker in workers:
        # Killed, it ends as soon as the system has time for it; until then it could write to the cache.
        worker.join(max(0.0, deadline + _GRACE - time.monotonic()))


def _kill(child: ChildProcess) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
