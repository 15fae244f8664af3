"""Find and run Chromium, Chrome or Edge to print a page without access to anything else.

It runs with a new profile in a temporary folder, without network, and is killed with all its children if it takes
too long.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.errors import RenderError, UsageError
from cardpipe.parallel.interruption import ending_with_us

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM: Final = "CARDPIPE_CHROMIUM"
"""The environment variable that names the program."""
WITHOUT_SANDBOX: Final = "CARDPIPE_CHROMIUM_NO_SANDBOX"
"""The environment variable that allows running it without its sandbox."""
_NAMES: Final = (
    *("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge-stable"),
    *("microsoft-edge", "msedge"),
)
_MAC: Final = tuple(f"{name}.app/Contents/MacOS/{name}" for name in ("Chromium", "Google Chrome", "Microsoft Edge"))
_WINDOWS: Final = (
    "Chromium/Application/chrome.exe",
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
_SECONDS: Final = 60.0
_SECONDS_PER_MEGABYTE: Final = 10.0
_VERSION: Final = re.compile(r"\d+(?:\.\d+){3}")
_NEEDED: Final = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "WINDIR", "PATHEXT", "PROGRAMFILES", "PROGRAMDATA")
_WAYS: Final = (
    "--headless",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pdf-header-footer",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-pdf-tagging",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    # Three layers: the document's policy allows no requests, no host name resolves, no proxy answers.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
)


def program() -> Path:
    """Return the browser's path; raises UsageError if there is none, or if it cannot run."""
    found = _found()
    if found is None:
        named = os.environ.get(PROGRAM)
        raise UsageError(
            f"{PROGRAM} is “{named}”, which is not a program." if named else "Chromium, Chrome or Edge was not found.",
            hint=f"Install one of them, or set the environment variable {PROGRAM} to the program.",
        )
    if hasattr(os, "geteuid") and os.geteuid() == 0 and not _unsafe():
        raise UsageError(
            "Chromium's sandbox does not work for root.",
            hint=f"Export as another user; or, in a container without sensitive data, set {WITHOUT_SANDBOX}=1.",
        )
    return found


@functools.cache
def version(path: Path) -> str:
    """Return the version that a browser reports; `unknown` if it does not."""
    if sys.platform == "win32":  # where it opens a window instead of answering
        versions = [folder.name for folder in path.parent.iterdir() if _VERSION.fullmatch(folder.name)]
        return max(versions, default="unknown")
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - the browser
        if found := _VERSION.search(told.stdout):
            return found[0]
    return "unknown"


def printed(document: str) -> bytes:
    """Print a document as PDF, on the pages of its style; raises RenderError if the browser fails."""
    path = program()
    with tempfile.TemporaryDirectory(prefix="cardpipe-", ignore_cleanup_errors=True) as folder:
        page, out = Path(folder, "page.html"), Path(folder, "page.pdf")
        page.write_text(document, encoding="utf-8")
        command = [
            str(path),
            *_WAYS,
            *(["--no-sandbox"] if _unsafe() else []),
            f"--user-data-dir={Path(folder, 'profile')}",
            f"--print-to-pdf={out}",
            page.as_uri(),
        ]
        said = _run(command, folder, _SECONDS + _SECONDS_PER_MEGABYTE * len(document) / 1_000_000)
        if not out.is_file():
            lines = [line for line in said.splitlines() if "sandbox" in line or "ERROR" not in line]
            raise RenderError(
                f"{path.name} wrote no PDF: {' '.join(lines[-1:]) or 'no reason given'}",
                hint=f"If its sandbox is not available, and no sensitive data is reachable, set {WITHOUT_SANDBOX}=1."
                if "sandbox" in said
                else None,
            )
        return out.read_bytes()


def _run(command: list[str], folder: str, seconds: float) -> str:
    """Run a command and return its output; raises RenderError if it exceeds the time limit."""
    environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    environment |= dict.fromkeys(("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), folder)
    environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
    environment["TZ"] = "UTC"
    try:
        process = subprocess.Popen(  # noqa: S603 - the browser
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise RenderError(f"{command[0]} cannot be run: {error}.") from error
    with process, ending_with_us(process):
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise RenderError(f"{Path(command[0]).name} was stopped: it took over {seconds:.0f} seconds.") from error
        finally:
            _end(process)
    return said.decode(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all its children."""
    if sys.platform == "win32":
        if process.poll() is None:
            command = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - the system's own
    else:
        # Its children outlive it where it was killed from outside; they share its group.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _unsafe() -> bool:
    return os.environ.get(WITHOUT_SANDBOX, "") not in {"", "0"}


def _found() -> Path | None:
    if named := os.environ.get(PROGRAM):
        path = shutil.which(named)
        return Path(path) if path else None
    for name in _NAMES:
        if path := shutil.which(name):
            return Path(path)
    return next((path for path in _places() if path.is_file()), None)


def _places() -> Iterator[Path]:
    """Yield the install locations that are not in PATH."""
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            yield from (folder / name for name in _MAC)
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if folder_name := os.environ.get(variable):
            yield from (Path(folder_name, name) for name in _WINDOWS)
