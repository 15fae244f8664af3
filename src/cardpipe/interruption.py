"""The orderly end of a run, above all of one that the user or the system interrupts.

A signal ends what we have started (worker processes, figure scripts, browsers) and then the run, as an exception that
lets every `with` clear away its own. Where something swallows that exception, or a second signal comes, the run ends
all the same. The process then ends without Python's own finalisation, which would bring down threads that are still
in the code of a C++ library.
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

SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
_PATIENCE: Final = 5.0
"""Seconds that a run may take to end by itself."""
_GRACE: Final = 1.0
"""Seconds that worker processes may take to end."""
EXIT_CODE: Final = 2


class _State:
    """What this process knows of its end."""

    received: signal.Signals | None = None
    children: Final[set[subprocess.Popen[bytes]]] = set()
    message: str = ""


def listen(message: str) -> None:
    """Let signals end this process in order; `message` is said where it does not end by itself.

    A signal that is ignored from outside (`nohup`, a job in the background) stays ignored.
    """
    _State.message = message
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def is_requested() -> bool:
    """Whether a signal has asked for the end."""
    return _State.received is not None


def check() -> None:
    """Raise KeyboardInterrupt where a signal has asked for the end and something swallowed the exception."""
    if is_requested():
        raise KeyboardInterrupt


@contextlib.contextmanager
def ending_with_us(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let a process that leads a group of its own end, with its group, when we are interrupted."""
    _State.children.add(child)
    try:
        if is_requested():
            _kill(child)
        yield
    finally:
        _State.children.discard(child)


def begin_worker() -> None:
    """Let this process, a worker of ours, end at once and in silence: with what it has started, and with its parent."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end_worker)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    threading.Thread(target=_watch_parent, daemon=True).start()


@contextlib.contextmanager
def signals_blocked() -> Iterator[None]:
    """Block signals while a worker is started: it inherits that, so that none reaches it before it can be handled."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    former = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def leave(code: int) -> NoReturn:
    """End the process: as usual where nothing is at work any more, else without waiting for it."""
    if not is_requested() and threading.active_count() == 1:
        sys.exit(code)
    _end(code)


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    if is_requested():
        _complain()
        _end(EXIT_CODE)
    _State.received = signal.Signals(number)
    _end_children()
    watchdog = threading.Timer(_PATIENCE, _give_up)
    watchdog.daemon = True
    watchdog.start()
    raise KeyboardInterrupt


def _give_up() -> NoReturn:
    _complain()
    _end(EXIT_CODE)


def _complain() -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"{_State.message}\n".encode())


def _end_worker(number: int, _frame: FrameType | None) -> NoReturn:
    _State.received = signal.Signals(number)
    _end(128 + number)


def _watch_parent() -> None:
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        _end(EXIT_CODE)


def _end_children() -> None:
    for child in tuple(_State.children):
        _kill(child)
    if "multiprocessing" in sys.modules:
        import multiprocessing

        for worker in multiprocessing.active_children():
            worker.terminate()


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()


def _end(code: int) -> NoReturn:
    """Take temporary files away and end, whatever threads are doing."""
    try:
        _end_children()
        if "multiprocessing" in sys.modules:
            import multiprocessing

            deadline = time.monotonic() + _GRACE
            for worker in multiprocessing.active_children():
                worker.join(max(0.0, deadline - time.monotonic()))
                worker.kill()
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
    finally:
        os._exit(code)
