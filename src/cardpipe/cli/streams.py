"""The one place that writes to the terminal and reads from standard input.

Titles, paths and messages come from strangers, so nothing in them may steer a terminal or a build server. Streams may
be closed or full: that is said once, where there is somewhere to say it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Final, cast

import click

from cardpipe.errors import UsageError
from cardpipe.report.terminal import cell, clean

if TYPE_CHECKING:
    from typing import TextIO

LARGEST_INPUT: Final = 8 * 1024 * 1024
"""Bytes that standard input may have."""
_WORKFLOW_COMMAND: Final = re.compile(r"(?m)^(\s*):(?=:)|#(?=#\[)")
"""How a line begins, or holds, what GitHub's runner obeys."""


def open_closed_streams() -> None:
    """Let something stand in for each closed standard stream, so that no other file gets its number.

    Reading or writing then fails as it should, but what goes to a closed standard error is dropped.
    """
    for number, flags in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)
    sys.stdin = sys.stdin or _opened(0, "r")
    sys.stdout = sys.stdout or _opened(1, "w")
    if getattr(sys.stdout, "write_through", False) and not sys.stdout.isatty():
        # What could not be written stays in a buffer, by which `output_failure` knows; PYTHONUNBUFFERED has none.
        sys.stdout = _opened(1, "w")
    sys.stderr = sys.stderr or _opened(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a character must not end the run.
            stream.reconfigure(errors="backslashreplace")


def _opened(number: int, mode: str) -> TextIO:
    return cast("TextIO", open(number, mode, encoding="utf-8", closefd=False))


class OutputError(Exception):
    """Standard output could not be written."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(cause.strerror or str(cause))
        self.errno = cause.errno


def say(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Write a text, cleaned of whatever could steer a terminal; raises OutputError."""
    shown = clean(text)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        shown = _WORKFLOW_COMMAND.sub(lambda match: f"{match[0]} ", shown)
    write_clean(f"{shown}\n" if nl else shown, err=err)


def write_clean(text: str, *, err: bool = False) -> None:
    """Write a text whose colours are ours and whose words are clean already."""
    try:
        click.echo(text, nl=False, err=err, color=True)
    except OSError as error:
        if not err:
            _silence(sys.stdout)
            raise OutputError(error) from error
        # Messages that nobody can read are no reason to leave the work undone.
        _silence(sys.stderr)


def say_json(value: Any) -> None:
    """Write a value as JSON; what could steer a terminal is escaped."""
    say_json_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def say_json_text(text: str) -> None:
    """Write a text that is JSON; such characters stand only in its strings, where an escape means the same."""
    write_clean("".join(_in_json(character) for character in text))


def _in_json(character: str) -> str:
    if character == "\n" or cell(character).shown == character:
        return character
    return json.dumps(character)[1:-1]


def write_data(data: bytes) -> None:
    """Write a file's content to standard output: as it is, but cleaned where that is a terminal."""
    if sys.stdout.isatty():
        say(data.decode("utf-8", "replace"), nl=False)
        return
    try:
        click.echo(data, nl=False)
    except OSError as error:
        _silence(sys.stdout)
        raise OutputError(error) from error


def read_input() -> bytes:
    """Standard input to its end; raises UsageError where it is closed, cannot be read or is too large."""
    try:
        data = sys.stdin.buffer.read(LARGEST_INPUT + 1)
    except OSError as error:
        raise UsageError(f"Standard input is closed or cannot be read: {error.strerror or error}.") from error
    if len(data) > LARGEST_INPUT:
        raise UsageError(f"Standard input has more than {LARGEST_INPUT // 1024 // 1024} MiB.")
    return data


def output_failure() -> OutputError | None:
    """Why standard output cannot be written; from then on, what is written to it is dropped."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _silence(sys.stdout)
        return OutputError(error)
    return None


def _silence(stream: TextIO) -> None:
    """Drop what is in a stream and what comes, or Python would complain at its end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()
