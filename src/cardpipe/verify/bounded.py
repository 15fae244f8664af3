"""Verification in a separate process with limits of time, memory and disk space.

Anki reads fields with regular expressions that take hours for some texts, and can only be interrupted by ending
the process. It keeps all notes of a package in memory.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import tempfile
import time
from typing import TYPE_CHECKING, Any, Final

from cardpipe.errors import CardpipeError, UsageError
from cardpipe.verify.anki_collection import require_anki
from cardpipe.verify.package_check import refusal
from cardpipe.writers.anki.container import LARGEST_COLLECTION

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from cardpipe.verify.verification import Verification

_PATIENCE: Final = 60.0
"""The minimum time limit in seconds, even for small packages on a busy machine; they take two."""
_PATIENCE_PER_BYTE: Final = 60.0 / 1024**2
"""Additional seconds per megabyte, which holds ten thousand notes and takes six."""
_MEMORY: Final = 4 * 1024**3
"""Maximum bytes of address space, where the system can limit it; ten thousand notes take half a gigabyte."""
_LARGEST_FILE: Final = 2 * LARGEST_COLLECTION
"""Maximum bytes of a file that Anki writes; a trigger in a hostile collection could fill the disk."""


def verify_within_limits(
    package: Path,
    older: Path | None,
    progress: Callable[[str, int, int], None],
    patience: float = _PATIENCE,
    *,
    learner: bool = False,
) -> Verification:
    """Run `verification.verify` with limits; raises UsageError if Anki exceeds them."""
    from cardpipe.parallel.worker import SpawnedWorker

    require_anki()
    for path in (package, older):
        # Devices and pipes can be endless.
        if path is not None and not path.is_file():
            raise UsageError(f"{path} is not a file.")
    sizes = sum(path.stat().st_size for path in (package, older) if path is not None)
    limit = (patience + sizes * _PATIENCE_PER_BYTE) * (2 if learner else 1)
    receiver, sender = multiprocessing.Pipe(duplex=False)
    # The folder belongs to this process, so it is removed even if the other one is killed.
    with tempfile.TemporaryDirectory(prefix="cardpipe-verify-", ignore_cleanup_errors=True) as folder:
        arguments = (sender, package, older, folder, learner)
        process = SpawnedWorker(target=_verify, args=arguments, daemon=True)
        process.start()
        sender.close()
        try:
            return _received(receiver, (package, older), progress, time.monotonic() + limit, limit)
        finally:
            process.kill()
            process.join()


def _received(
    receiver: Connection,
    files: tuple[Path, Path | None],
    progress: Callable[[str, int, int], None],
    end: float,
    limit: float,
) -> Verification:
    package, older = files
    current = package
    while receiver.poll(max(0.0, end - time.monotonic())):
        try:
            kind, value = receiver.recv()
        except EOFError:
            raise refusal(current, "Anki crashes on it or needs too much memory") from None
        if kind == "found":
            found: Verification = value
            return found
        if kind == "failed":
            raise value
        _, done, _ = value
        # The first import is that of the newer package, the second one that of the older one.
        current = older if done == 1 and older is not None else package
        progress(*value)
    raise refusal(current, f"Anki does not finish within {limit:.0f} seconds")


def _verify(sender: Connection, package: Path, older: Path | None, folder: str, learner: bool) -> None:
    from cardpipe.parallel.interruption import begin_worker
    from cardpipe.verify.verification import verify

    begin_worker()
    _limit_resources()
    tempfile.tempdir = folder
    reading = package
    answer: tuple[str, Any]

    def step(name: str, done: int, total: int) -> None:
        nonlocal reading
        reading = older if done == 1 and older is not None else package
        sender.send(("progress", (name, done, total)))

    try:
        answer = ("found", verify(package, older, step, learner=learner))
    except CardpipeError as error:
        answer = ("failed", error)
    except MemoryError:
        answer = ("failed", refusal(reading, "it needs more memory than is allowed"))
    except Exception as error:  # noqa: BLE001 - the parent process raises it again
        answer = ("failed", RuntimeError(f"{type(error).__name__}: {error}"))
    sender.send(answer)


def _limit_resources() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_FSIZE, _LARGEST_FILE)):
        # macOS rejects the first one.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))
