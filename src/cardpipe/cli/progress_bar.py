"""A progress bar for terminals, shown only after a second."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

import click

from cardpipe.cli.streams import is_quiet, write_clean

if TYPE_CHECKING:
    from types import TracebackType

    from click._termui_impl import ProgressBar

_PATIENCE = 1.0
"""Seconds before a bar is shown."""


class TerminalProgress:
    """A progress callback (step, done, total) that draws one bar per step on standard error."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty() and not is_quiet()
        self._started = time.monotonic()
        self._step = ""
        self._bar: ProgressBar[int] | None = None
        self._done = 0

    def __call__(self, step: str, done: int, total: int) -> None:
        """Update the progress of a step."""
        if not self._terminal or time.monotonic() - self._started < _PATIENCE:
            return
        if step != self._step:
            self._finish()
            self._step = step
            self._done = 0
            self._bar = click.progressbar(length=max(total, 1), label=f"{step:<8}", file=sys.stderr)
            self._bar.render_progress()
        if self._bar is not None:
            self._bar.length = max(total, 1)
            self._bar.update(done - self._done)
            self._done = done

    def _finish(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            # Remove the bar: only the result stays on the terminal.
            write_clean("\x1b[1A\x1b[2K\r", err=True)
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()
