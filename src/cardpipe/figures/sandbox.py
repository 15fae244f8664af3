"""Run a figure script in a separate process, with limited time and memory and an empty environment."""

from __future__ import annotations

import contextlib
import enum
import functools
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cardpipe.errors import FigureError, RenderError
from cardpipe.figures.kind import Drawing
from cardpipe.figures.picture import faults
from cardpipe.figures.script_process import ScriptProcess, ServerEndedError, script_process, start_server
from cardpipe.writers.api import FigureForm

if TYPE_CHECKING:
    from collections.abc import Mapping

_RUNNER: Final = ("-m", "cardpipe.figures.runner")
_MOST_LINES: Final = 1_000_000
_MEDIA_TYPES: Final = {FigureForm.SVG: "image/svg+xml", FigureForm.PNG: "image/png"}

_MEMORY_SETTINGS: Final = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(256 << 20)}
"""Lets glibc keep freed memory, since each new page costs time: training small networks takes a third less.

By default, arrays of more than 128 KiB can be returned to the system as often as they are computed.
"""
_WAIT: Final = 60.0
"""Seconds."""
_TRY: Final = (
    "import json, sys; from cardpipe.figures.confinement import confine; "
    "print(json.dumps(confine(cpu_seconds=int(sys.argv[1]), memory_bytes=int(sys.argv[2]))))"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a script; elsewhere than on Linux, they include the start of Python, about a second."""

    cpu_seconds: int = 10
    wall_seconds: float = 30.0
    memory_bytes: int = 2 << 30
    picture_bytes: int = 8 << 20
    extensible: bool = True
    """Whether a card could allow more time."""


class _Stopped(enum.Enum):
    """The reason why a child process was stopped."""

    LATE = enum.auto()
    LONG = enum.auto()


DEFAULT_LIMITS: Final = Limits()


def run_script(
    name: str,
    source: bytes,
    parameters: Mapping[str, str | int | float],
    form: FigureForm,
    limits: Limits = DEFAULT_LIMITS,
) -> Drawing:
    """Return the picture of a script's `draw`.

    Raises RenderError if no process can be started, and FigureError if the script raises, ends early, takes too long or
    does not return a picture; its message names the script, the line and the last line of the traceback.
    """
    request = {
        "name": name,
        "source": source.decode("utf-8", errors="replace"),
        "parameters": dict(parameters),
        "form": form.value,
        "limits": {"cpu_seconds": limits.cpu_seconds, "memory_bytes": limits.memory_bytes},
    }
    answer, status = _converse(name, json.dumps(request).encode(), limits)
    first, separator, picture = answer.partition(b"\n")
    head = _head(first) if separator else None
    if head is None:
        raise FigureError(f"The figure script {name} {_ending(status, limits)}.")
    if "error" in head:
        line = head.get("line")
        place = f", line {line}" if isinstance(line, int) and 0 < line < _MOST_LINES else ""
        raise FigureError(f"The figure script {name} failed{place}: {_printable(str(head['error']))}")
    return _drawing(name, head, picture, form)


def prepare() -> None:
    """Start what scripts need without waiting for it, before they may run; raises OSError if that is not possible."""
    start_server([*python_command(), *_RUNNER], _environment)


def _drawing(name: str, head: Mapping[str, Any], picture: bytes, form: FigureForm) -> Drawing:
    width, height = head.get("width"), head.get("height")
    if not isinstance(width, int | float) or not isinstance(height, int | float):
        raise FigureError(f"The figure script {name} returned no picture.")
    wrong = faults(picture, form, width, height)
    if wrong:
        raise FigureError(f"The figure script {name} returned an unsafe picture: {wrong}.")
    return Drawing(picture, _MEDIA_TYPES[form], float(width), float(height))


def _head(line: bytes) -> dict[str, Any] | None:
    if len(line) > 10_000:
        return None
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return head if isinstance(head, dict) else None


def _ending(status: int | _Stopped, limits: Limits) -> str:
    advice = "set `seconds` in the card to allow more" if limits.extensible else "the maximum"
    match status:
        case _Stopped.LATE:
            return f"was stopped: it took longer than {limits.wall_seconds:g} s ({advice})"
        case _Stopped.LONG:
            return f"was stopped: its picture is larger than {limits.picture_bytes >> 20} MiB"
    # The kernel sends these signals when the CPU time or the memory is used up.
    if -status in {getattr(signal, "SIGXCPU", 0), getattr(signal, "SIGKILL", 0)}:
        return f"was stopped: it used more than {limits.cpu_seconds} s of CPU time ({advice}), or too much memory"
    if status < 0:
        return f"was stopped by signal {-status} before its picture was finished"
    return f"ended with exit status {status} before its picture was finished"


def _printable(text: str) -> str:
    """Return a script's output without control characters."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:600])


def _converse(name: str, request: bytes, limits: Limits) -> tuple[bytes, int | _Stopped]:
    """Return the process's answer and exit status, or why it was stopped; raises RenderError if there is no process."""
    try:
        try:
            return _asked(request, limits)
        except ServerEndedError:
            # No fault of the script: the next one has a new server.
            return _asked(request, limits)
    except ServerEndedError as error:
        raise RenderError(
            f"The figure script {name} could not be run: {error.strerror}.",
            hint="Often the system ends a process because memory is short: close other programs.",
        ) from error
    except OSError as error:
        raise RenderError(f"The figure script {name} could not be run: {error.strerror}.") from error


def _asked(request: bytes, limits: Limits) -> tuple[bytes, int | _Stopped]:
    with script_process([*python_command(), *_RUNNER], _environment) as process:
        return _exchange(process, request, limits)


def _exchange(process: ScriptProcess, request: bytes, limits: Limits) -> tuple[bytes, int | _Stopped]:
    """Send the request and collect the answer until it ends, grows too long or the time is over."""
    deadline = time.monotonic() + limits.wall_seconds
    chunks: list[bytes] = []
    complete, too_long = threading.Event(), threading.Event()

    def collect() -> None:
        received = 0
        with contextlib.suppress(OSError, ValueError):
            with contextlib.suppress(BrokenPipeError), process.question:
                process.question.write(request)
            while chunk := process.answer.read1(1 << 16):
                chunks.append(chunk)
                received += len(chunk)
                if received > limits.picture_bytes:
                    too_long.set()
                    return
            complete.set()

    reader = threading.Thread(target=collect, daemon=True)
    reader.start()
    reader.join(limits.wall_seconds)
    if not complete.is_set():
        return b"", _Stopped.LONG if too_long.is_set() else _Stopped.LATE
    status = process.wait(max(0.0, deadline - time.monotonic()))
    return (b"", _Stopped.LATE) if status is None else (b"".join(chunks), status)


def python_command() -> list[str]:
    """Return the command for Python without user packages, the working directory and bytecode caches."""
    return [sys.executable, "-s", "-P", "-B", "-X", "utf8", "-W", "ignore"]


def _environment(settings: Path) -> dict[str, str]:
    """Return the environment of scripts, and write what matplotlib needs into the folder of its settings."""
    _write_font_list(settings)
    return child_environment(settings)


def child_environment(settings: Path) -> dict[str, str]:
    """Return an environment without variables of the caller, except those that Windows requires."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return {
        **kept,
        **_numeric_settings(),
        **_MEMORY_SETTINGS,
        "LC_ALL": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(settings),
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(Path(__file__).parent.parent.parent),
        "TZ": "UTC",
    }


def _numeric_settings() -> dict[str, str]:
    """Return settings for one thread and, if possible, a fixed kernel, so that sums have a fixed order."""
    settings = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
    )
    if platform.machine().lower() in {"x86_64", "amd64"}:
        settings["OPENBLAS_CORETYPE"] = "Haswell"
    return settings


@functools.cache
def _font_list() -> tuple[str, bytes]:
    """Return matplotlib's list of fonts with its own fonts only, so that children need not search the system."""
    from matplotlib import font_manager

    from cardpipe.figures.style import shared_style

    with shared_style(), tempfile.TemporaryDirectory() as folder:
        manager = font_manager.fontManager
        file = Path(folder, f"fontlist-v{manager.__version__}.json")
        font_manager.json_dump(manager, file)
        return file.name, file.read_bytes()


def _write_font_list(folder: Path) -> None:
    name, data = _font_list()
    (folder / name).write_bytes(data)


def layers() -> dict[str, str]:
    """Return each layer of the sandbox by name, with what it blocks; empty if it is not available.

    They are tested in a process that drops its rights and ends, so the result is what a script would get. No layers are
    returned if that process cannot be started.
    """
    limits = [str(DEFAULT_LIMITS.cpu_seconds), str(DEFAULT_LIMITS.memory_bytes)]
    try:
        with tempfile.TemporaryDirectory(prefix="cardpipe-figure-") as folder:
            told = subprocess.run(  # noqa: S603 - ours
                [*python_command(), "-c", _TRY, *limits],
                capture_output=True,
                timeout=_WAIT,
                check=True,
                cwd=folder,
                env=child_environment(Path(folder)),
            )
        return {str(name): str(held) for name, held in json.loads(told.stdout).items()}
    except (OSError, subprocess.SubprocessError, ValueError, AttributeError):
        return {}
