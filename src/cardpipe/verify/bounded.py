"""Verification in a process of its own, so that a package over which Anki takes too long ends with a message.

Anki reads fields with regular expressions that take hours for some texts, and nothing can interrupt them but the end
of their process.
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
"""Seconds that any package may take, on a busy machine too; small ones take two."""
_PATIENCE_PER_BYTE: Final = 60.0 / 1024**2
"""Seconds; a megabyte holds ten thousand notes, which take six."""


def verify_within_limits(
    package: Path, older: Path | None, progress: Callable[[str, int, int], None], patience: float = _PATIENCE
) -> Verification:
    """As `verification.verify`; raises Unreadable too where Anki does not come to an end."""
    require_anki()
    for path in (package, older):
        # A device or a pipe has no end.
        if path is not None and not path.is_file():
            raise UsageError(f"{path} is not a file.")
    sizes = sum(path.stat().st_size for path in (package, older) if path is not None)
    limit = patience + sizes * _PATIENCE_PER_BYTE
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    # The folder is this process's, so that it goes away when the other is killed.
    with tempfile.TemporaryDirectory(prefix="cardpipe-verify-", ignore_cleanup_errors=True) as folder:
        process = context.Process(target=_verify, args=(sender, package, older, folder), daemon=True)
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
            raise Unreadable("Anki crashes over it") from None
        if kind == "found":
            found: Verification = value
            return found
        if kind == "failed":
            raise value
        progress(*value)
    raise Unreadable(f"Anki has not come to an end with it after {limit:.0f} seconds")


def _verify(sender: Connection, package: Path, older: Path | None, folder: str) -> None:
    from cardpipe.verify.verification import verify

    tempfile.tempdir = folder
    answer: tuple[str, Any]
    try:
        answer = ("found", verify(package, older, lambda *step: sender.send(("progress", step))))
    except (CardpipeError, Unreadable) as error:
        answer = ("failed", error)
    except Exception as error:  # noqa: BLE001 - the other process reports it as its own
        answer = ("failed", RuntimeError(f"{type(error).__name__}: {error}"))
    sender.send(answer)
