"""Run git with limits on time, output and memory.

A commit can list the same folder again and again, so that a few kilobytes stand for millions of files. Therefore
output is read as a stream, and git is ended at the first limit that it exceeds.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from cardpipe.errors import UsageError
from cardpipe.parallel.interruption import ending_with_us

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TIMEOUT: Final = 60.0
"""Seconds for a command whose output is short."""
_LARGEST_OUTPUT: Final = 16 * 1024 * 1024
_LARGEST_MESSAGE: Final = 4096
_LONGEST_RECORD: Final = 64 * 1024
_PIECE: Final = 64 * 1024
_ENVIRONMENT: Final = {
    # A missing object is not fetched: that would start whatever program a remote's settings name.
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # The maximum size of one object in git's memory.
    "GIT_ALLOC_LIMIT": "128m",
}


class LimitError(UsageError):
    """Git took too long, or a commit has more files or bytes than a deck can have."""


class Finished(NamedTuple):
    """A git command that has ended."""

    returncode: int
    stdout: bytes
    stderr: bytes
    """The beginning of it."""


def run(command: Sequence[str], folder: Path | None, given: bytes = b"") -> Finished:
    """Run a command whose output is short; raises LimitError otherwise, and UsageError if git cannot be started."""
    with tempfile.TemporaryFile() as errors:
        with started(command, folder, given, seconds=_TIMEOUT, errors=errors) as process:
            found = _output(process).read(_LARGEST_OUTPUT + 1)
            if len(found) > _LARGEST_OUTPUT:
                raise LimitError("git lists more than cardpipe can compare.")
            code = process.wait()
        errors.seek(0)
        return Finished(code, found, errors.read(_LARGEST_MESSAGE))


@contextlib.contextmanager
def started(
    command: Sequence[str],
    folder: Path | None,
    given: bytes = b"",
    *,
    seconds: float,
    errors: IO[bytes] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start git for the block, which reads its output, and end it.

    Raises LimitError if it was still running after some seconds, and UsageError if it cannot be started.
    """
    # A hook passes git's own variables, which name another repository; the location of settings is up to the user.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("GIT_") or name.upper().startswith("GIT_CONFIG_")
    }
    kept.pop("GIT_CONFIG_PARAMETERS", None)
    with tempfile.TemporaryFile() as asked:
        # From a file: git does not read its input while nobody reads its output.
        asked.write(given)
        asked.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell; user input follows --end-of-options
                command,
                cwd=folder,
                env=kept | _ENVIRONMENT,
                stdin=asked,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL if errors is None else errors,
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError("git could not be run.", hint="Does `git status` work here?") from error
    late = threading.Event()
    timer = threading.Timer(seconds, _end, (process, late))
    timer.daemon = True
    with process, ending_with_us(process):
        timer.start()
        try:
            yield process
            process.wait()
        except UsageError:
            if not late.is_set():
                raise
        finally:
            timer.cancel()
            process.kill()
    if late.is_set():
        raise LimitError(f"git took more than {seconds:g} seconds.")


def records(process: subprocess.Popen[bytes], most_bytes: int) -> Iterator[bytes]:
    """Yield what git lists with NUL after each item; raises LimitError beyond a number of bytes."""
    output, rest, read = _output(process), b"", 0
    while piece := output.read(_PIECE):
        read += len(piece)
        *whole, rest = (rest + piece).split(b"\0")
        if read > most_bytes or len(rest) > _LONGEST_RECORD:
            raise LimitError("git lists names that are too long.")
        yield from whole


def contents(process: subprocess.Popen[bytes], sizes: Sequence[tuple[str, int]]) -> Iterator[bytes]:
    """Yield the objects that `git cat-file --batch` shows, whose IDs and sizes in bytes are known.

    Raises UsageError if one is missing.
    """
    output = _output(process)
    for name, size in sizes:
        data = output.read(size) if output.readline(200) == b"%b blob %d\n" % (name.encode("ascii"), size) else None
        if data is None or len(data) != size or output.read(1) != b"\n":
            raise UsageError("git could not show all files of that revision.")
        yield data


def program() -> str:
    """Return the path of git; raises UsageError if it is not installed.

    Only absolute paths in PATH count: Windows would find a `git.exe` in the project first.
    """
    name = "git.exe" if os.name == "nt" else "git"
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = Path(folder, name)
        if path.is_absolute() and path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise UsageError("git is not installed, so no revision can be read.", hint="Install git.")


def version() -> str:
    """The version of git; raises UsageError where it is not installed or does not run."""
    told = run([program(), "--version"], None).stdout
    return told.decode("utf-8", "replace").strip().removeprefix("git version ")


def _end(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    if process.poll() is None:
        late.set()
        process.kill()


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:
        raise AssertionError
    return process.stdout
