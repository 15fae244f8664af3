"""Capture what C libraries write to the standard error of the process."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_STANDARD_ERROR: Final = 2
_MOST: Final = 100_000
"""The maximum number of bytes that are read."""


@contextlib.contextmanager
def captured() -> Iterator[list[str]]:
    """Collect the lines in a list, which is filled at the end; without a standard error there are none."""
    lines: list[str] = []
    try:
        terminal = os.dup(_STANDARD_ERROR)
    except OSError:
        yield lines
        return
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), _STANDARD_ERROR)
        try:
            yield lines
        finally:
            os.dup2(terminal, _STANDARD_ERROR)
            os.close(terminal)
            file.seek(0)
            lines += file.read(_MOST).decode(errors="replace").splitlines()
