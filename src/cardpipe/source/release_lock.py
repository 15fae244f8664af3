"""Read `source/release.lock`, if there is one; a broken one is a finding."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cardpipe.model.diagnostics import Finding
from cardpipe.model.release_lock import LARGEST_LOCK, LOCK_PATH, LockError, ReleaseLock, parse
from cardpipe.source.tree import FoundFile, at_file, read_file
from cardpipe.text.positions import SourceFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_GRACE: Final = 60
"""The tolerance for differing clocks, in seconds."""
_REMEDY = "Restore the file of the last release (`git checkout -- source/release.lock`); it must not be edited by hand."


def read_lock(
    root: Path, unsaved: Mapping[str, bytes], files: list[SourceFile], findings: list[Finding]
) -> tuple[bytes | None, ReleaseLock | None]:
    """Return the text of the lock, and the parsed lock.

    The first is None if there is no lock, the second also, with a finding, if it is broken.
    """
    if LOCK_PATH in unsaved:
        data: bytes | None = unsaved[LOCK_PATH]
    elif os.path.lexists(root / LOCK_PATH):
        data = read_file(FoundFile(LOCK_PATH, root), LARGEST_LOCK, findings)
    else:
        return None, None
    return data, _parsed(data, files, findings) if data is not None else None


def _parsed(data: bytes, files: list[SourceFile], findings: list[Finding]) -> ReleaseLock | None:
    if len(data) > LARGEST_LOCK:
        findings.append(_finding(f"The release lock is larger than {LARGEST_LOCK // 1024 // 1024} MiB."))
        return None
    try:
        file = SourceFile(LOCK_PATH, data.decode("utf-8"))
    except UnicodeDecodeError:
        findings.append(_finding("The release lock is not UTF-8."))
        return None
    try:
        lock = parse(file.text)
    except LockError as error:
        files.append(file)
        span = file.span(error.offset, error.offset)
        findings.append(Finding("REL001", span, error.message, help=_REMEDY))
        return None
    if lock.time > time.time() + _GRACE:
        files.append(file)
        findings.append(_in_the_future(lock, file))
    return lock


def _in_the_future(lock: ReleaseLock, file: SourceFile) -> Finding:
    match = re.search(rf'"time": *({lock.time})\b', file.text)
    span = file.span(*match.span(1)) if match is not None else at_file(LOCK_PATH)
    day = datetime.fromtimestamp(lock.time, UTC).date()
    message = f"The last release has a time in the future, {day}: until then its cards overwrite learners' edits."
    advice = (
        "Restore the lock of an earlier release (`git checkout REV -- source/release.lock`), correct the clock, and "
        "release again."
    )
    return Finding("REL002", span, message, help=advice)


def _finding(message: str) -> Finding:
    return Finding("REL001", at_file(LOCK_PATH), message, help=_REMEDY)
