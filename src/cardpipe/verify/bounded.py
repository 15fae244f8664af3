"""Verification in a separate process with a time limit.

Anki reads fields with regular expressions that take hours for some texts, and can only be interrupted by ending
the process.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from typing import TYPE_CHECKING, Any, Final

from cardpipe.errors import CardpipeError, UsageError
from cardpipe.verify.anki_collection import Unreadable, require_anki

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from cardpipe.verify.verification import Verification

_PATIENCE: Final = 60.0
"""The minimum time limit in seconds, even for small packages on a busy machine; they take two."""
_PATIENCE_PER_BYTE: Final = 60.0 / 1024**2
"""Additional seconds per megabyte, which holds ten thousand notes and takes six."""


def verify_within_limits(
    package: Path, older: Path | None, progress: Callable[[str, int, int], None], patience: float = _PATIENCE
) -> Verification:
    """Run `verification.verify` with a time limit; raises Unreadable if Anki exceeds it."""
    from cardpipe.parallel.worker import SpawnedWorker

    require_anki()
    for path in (package, older):
        # Devices and pipes can be endless.
        if path is not None and not path.is_file():
            raise UsageError(f"{path} is not a file.")
    sizes = sum(path.stat().st_size for path in (package, older) if path is not None)
    limit = patience + sizes * _PATIENCE_PER_BYTE
    receiver, sender = multiprocessing.Pipe(duplex=False)
    # The folder belongs to this process, so it is removed even if the other one is killed.
    with tempfile.TemporaryDirectory(prefix="cardpipe-verify-", ignore_cleanup_errors=True) as folder:
        process = SpawnedWorker(target=_verify, args=(sender, package, older, folder), daemon=True)
        process.start()
        sender.close()
        try:
            return _received(receiver, progress, time.monotonic() + limit, limit)
        finally:
            process.kill()
            process.join()


def _received(
    receiver: Connection, progress: Callable[[str, int, int], None], end: float, limit: float
) -> Verification:
    while receiver.poll(max(0.0, end - time.monotonic())):
        try:
            kind, value = receiver.recv()
        except EOFError:
            raise Unreadable("Anki crashes on it") from None
        if kind == "found":
            found: Verification = value
            return found
        if kind == "failed":
            raise value
        progress(*value)
    raise Unreadable(f"Anki does not finish within {limit:.0f} seconds")


def _verify(sender: Connection, package: Path, older: Path | None, folder: str) -> None:
    from cardpipe.parallel.interruption import begin_worker
    from cardpipe.verify.verification import verify

    begin_worker()
    tempfile.tempdir = folder
    answer: tuple[str, Any]
    try:
        answer = ("found", verify(package, older, lambda *step: sender.send(("progress", step))))
    except (CardpipeError, Unreadable) as error:
        answer = ("failed", error)
    except Exception as error:  # noqa: BLE001 - the parent process raises it again
        answer = ("failed", RuntimeError(f"{type(error).__name__}: {error}"))
    sender.send(answer)
