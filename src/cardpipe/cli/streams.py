"""The only module that writes to the terminal and reads from standard input.

Titles, paths and messages are untrusted, so control sequences for terminals and CI servers are removed. Streams may
be closed or full: that is reported once, if possible.
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
"""The maximum size of standard input, in bytes."""
_WORKFLOW_COMMAND: Final = re.compile(r"(?m)^(\s*):(?=:)|#(?=#\[)")
"""What begins a workflow command of GitHub's runner."""


def open_closed_streams() -> None:
    """Open a substitute for each closed standard stream, so that no other file gets its descriptor.

    Reading and writing then fail as usual, but output to a closed standard error is dropped.
    """
    for number, flags in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)
    sys.stdin = sys.stdin or _opened(0, "r")
    sys.stdout = sys.stdout or _opened(1, "w")
    if getattr(sys.stdout, "write_through", False) and not sys.stdout.isatty():
        # Output that could not be written stays in a buffer, which `output_failure` checks; PYTHONUNBUFFERED has none.
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


class _Choice:
    """What the user has chosen for all output of this run."""

    colour: str = "auto"
    """`auto`, `always` or `never`."""
    quiet: bool = False
    verbose: bool = False


COLOURS: Final = ("auto", "always", "never")


def choose(*, colour: str | None = None, quiet: bool | None = None, verbose: bool | None = None) -> None:
    """Set how this run writes: in colour, without notes, or with details; None changes nothing."""
    _Choice.colour = _Choice.colour if colour is None else colour
    _Choice.quiet = _Choice.quiet if quiet is None else quiet
    _Choice.verbose = _Choice.verbose if verbose is None else verbose


def reset_choices() -> None:
    """Write as usual again."""
    choose(colour="auto", quiet=False, verbose=False)


def is_quiet() -> bool:
    """Return whether only results, findings and failures are to be written."""
    return _Choice.quiet


def is_verbose() -> bool:
    """Return whether details are to be written."""
    return _Choice.verbose


def in_colour(stream: TextIO) -> bool:
    """Return whether to write in colour: as `--color` says, else NO_COLOR, else FORCE_COLOR, else on a terminal."""
    if _Choice.colour != "auto":
        return _Choice.colour == "always"
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def note(text: str, *, err: bool = True) -> None:
    """Write a text that is no result and no finding, unless the run is quiet."""
    if not _Choice.quiet:
        say(text, err=err)


def detail(text: str) -> None:
    """Write a detail to standard error if the run is verbose."""
    if _Choice.verbose:
        say(text, err=True)


def say(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Write a text without control sequences; raises OutputError."""
    shown = clean(text)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        shown = _WORKFLOW_COMMAND.sub(lambda match: f"{match[0]} ", shown)
    write_clean(f"{shown}\n" if nl else shown, err=err)


def write_clean(text: str, *, err: bool = False) -> None:
    """Write a text with our own colour sequences whose content is already clean."""
    try:
        click.echo(text, nl=False, err=err, color=True)
    except OSError as error:
        if not err:
            _silence(sys.stdout)
            raise OutputError(error) from error
        # If standard error cannot be written, the work goes on.
        _silence(sys.stderr)


def say_json(value: Any) -> None:
    """Write a value as JSON; control characters are escaped."""
    say_json_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def say_json_text(text: str) -> None:
    """Write JSON text; control characters occur only in its strings, where they are escaped."""
    write_clean("".join(_in_json(character) for character in text))


def _in_json(character: str) -> str:
    if character == "\n" or cell(character).shown == character:
        return character
    return json.dumps(character)[1:-1]


def write_data(data: bytes) -> None:
    """Write a file's content to standard output; on a terminal without control sequences."""
    if sys.stdout.isatty():
        say(data.decode("utf-8", "replace"), nl=False)
        return
    try:
        click.echo(data, nl=False)
    except OSError as error:
        _silence(sys.stdout)
        raise OutputError(error) from error


def read_input() -> bytes:
    """Read standard input to its end; raises UsageError if it is closed, cannot be read or is too large."""
    try:
        data = sys.stdin.buffer.read(LARGEST_INPUT + 1)
    except OSError as error:
        raise UsageError(f"Standard input is closed or cannot be read: {error.strerror or error}.") from error
    if len(data) > LARGEST_INPUT:
        raise UsageError(f"Standard input has more than {LARGEST_INPUT // 1024 // 1024} MiB.")
    return data


def read_line(prompt: str) -> str:
    """Ask for a line at the terminal; raises UsageError at the end of the input."""
    try:
        return input(clean(prompt))
    except (EOFError, OSError):
        say()
        raise UsageError("The input ended, so nothing was written.") from None
    except UnicodeDecodeError:
        raise UsageError("The answer is not text in the encoding of this terminal.") from None


def output_failure() -> OutputError | None:
    """Return why standard output cannot be written; from then on, output is dropped."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _silence(sys.stdout)
        return OutputError(error)
    return None


def _silence(stream: TextIO) -> None:
    """Discard a stream's buffer and later output, or Python would report an error at exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()
