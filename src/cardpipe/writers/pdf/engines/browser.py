"""Chromium, Chrome or Edge as a program: where it is, and how it prints a page without reaching for anything else.

It runs with a fresh profile in a folder of its own, without network, and is ended with all its children when it takes
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
"""The environment variable that allows to run it without its sandbox."""
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
    # Three bolts on the same door: the document itself may ask for nothing, no name has an address, no proxy answers.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
)


def program() -> Path:
    """The browser; raises UsageError where there is none, or where it may not run."""
    found = _found()
    if found is None:
        named = os.environ.get(PROGRAM)
        raise UsageError(
            f"{PROGRAM} names “{named}”, which is no program." if named else "No Chromium, Chrome or Edge was found.",
            hint=f"Install one of them, or name the program in the environment variable {PROGRAM}.",
        )
    if hasattr(os, "geteuid") and os.geteuid() == 0 and not _unsafe():
        raise UsageError(
            "Chromium keeps pages in its sandbox only for users other than root.",
            hint=f"Export as another user; or, in a container that holds nothing of value, set {WITHOUT_SANDBOX}=1.",
        )
    return found


@functools.cache
def version(path: Path) -> str:
    """Of a browser, as it says itself; `unknown` where it does not."""
    if sys.platform == "win32":  # where it opens a window instead of answering
        versions = [folder.name for folder in path.parent.iterdir() if _VERSION.fullmatch(folder.name)]
        return max(versions, default="unknown")
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - the browser
        if found := _VERSION.search(told.stdout):
            return found[0]
    return "unknown"


def printed(document: str) -> bytes:
    """A document as PDF, on the pages that its style asks for; raises RenderError where the browser fails."""
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
                f"{path.name} made no PDF: {' '.join(lines[-1:]) or 'it does not say why'}",
                hint=f"Where it misses its sandbox, and nothing of value can be reached, set {WITHOUT_SANDBOX}=1."
                if "sandbox" in said
                else None,
            )
        return out.read_bytes()


def _run(command: list[str], folder: str, seconds: float) -> str:
    """Run a command to its end and return what it said; raises RenderError where it takes longer than so many."""
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
    """End a process and all that it began."""
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
    """Where installers put it without telling the PATH."""
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            yield from (folder / name for name in _MAC)
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if folder_name := os.environ.get(variable):
            yield from (Path(folder_name, name) for name in _WINDOWS)
