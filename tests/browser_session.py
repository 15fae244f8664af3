"""Chromium for tests that act on pages: its DevTools protocol over pipes."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 60.0
"""Seconds until a page that does not answer fails its test."""
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
    *(
        "--font-render-hinting=none",
        "--remote-debugging-pipe",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ),
)
_LAUNCH = (
    "import fcntl, os, sys\n"
    "given = [fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3]]\n"
    "os.dup2(given[0], 3)\n"
    "os.dup2(given[1], 4)\n"
    "os.execv(sys.argv[3], sys.argv[3:])\n"
)
"""Starts the browser with the pipes where it looks for them: commands at 3, answers at 4."""

_CLOCK = """ahead => {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) { if (given.length) super(...given); else super(Real.now() + ahead); }
    static now() { return Real.now() + ahead; }
  };
}"""
"""Replaces a page's clock by one that is so many milliseconds ahead."""

_TRACED = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
_LEFT_THE_PAGE = (
    "Inspected target navigated or closed",
    "Execution context was destroyed",
    "Cannot find context",
    "Cannot find default execution context",
)
"""What the browser answers where the page that was asked gave way to another one."""
KEYS = {" ": ("Space", 32), "Enter": ("Enter", 13), "Escape": ("Escape", 27), "Tab": ("Tab", 9)}


class LeftPageError(Exception):
    """The page that was asked gave way to another one before it answered."""


class Browser:
    """A browser with a profile of its own."""

    def __init__(self, profile: Path) -> None:
        assert BROWSER is not None
        commands, self._send = os.pipe()
        self._receive, answers = os.pipe()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _LAUNCH,
                str(commands),
                str(answers),
                BROWSER,
                *_FLAGS,
                f"--user-data-dir={profile}",
            ],
            pass_fds=(commands, answers),
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, AssertionError):
            self.command("Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.process.kill()
        self.process.wait()
        os.close(self._send)
        os.close(self._receive)

    def command(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The result of a command; events that come meanwhile are kept."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while True:
            answer = self._message(end)
            if answer.get("id") == number:
                if any(words in answer.get("error", {}).get("message", "") for words in _LEFT_THE_PAGE):
                    raise LeftPageError(method, parameters)
                assert "error" not in answer, (method, answer)
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def _message(self, end: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._receive], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            data = os.read(self._receive, 1 << 16)
            assert data, "the browser ended"
            self._rest += data
        raw, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        return message

    def page(self) -> Page:
        """A new tab."""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session)


class Page:
    """A tab of a browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self.browser = browser
        self._session = session
        self._clock: str | None = None
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.command(method, self._session, **parameters)

    def set_clock(self, ahead: float) -> None:
        """Let pages that are loaded from now on be so many seconds ahead of the time."""
        if self._clock is not None:
            self.command("Page.removeScriptToEvaluateOnNewDocument", identifier=self._clock)
        source = f"({_CLOCK})({ahead * 1000})"
        self._clock = self.command("Page.addScriptToEvaluateOnNewDocument", source=source)["identifier"]

    def open(self, address: str) -> None:
        """Load a page."""
        before = len(self.browser.events)
        self.command("Page.navigate", url=address)
        end = time.monotonic() + PATIENCE
        while not any(event.get("method") == "Page.loadEventFired" for event in self.browser.events[before:]):
            assert time.monotonic() < end, address
            with contextlib.suppress(LeftPageError):
                self.value("0")
            time.sleep(0.01)

    def value(self, expression: str) -> Any:
        """The value of an expression or a promise."""
        answer = self.command("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def start(self, script: str) -> None:
        """Begin the body of an asynchronous function; `globalThis.found` becomes its result, or its error."""
        body = f"(async () => {{ {script} }})()"
        failed = "error => { globalThis.found = {error: String(error?.stack ?? error)}; }"
        self.value(f"{body}.then(found => {{ globalThis.found = found ?? null; }}, {failed}); 0")

    def wait(self, expression: str) -> None:
        """Wait until an expression, or a promise, is true, on this page or on the one that it gives way to."""
        end = time.monotonic() + PATIENCE
        shown = None
        while time.monotonic() < end:
            with contextlib.suppress(LeftPageError):
                if self.value(f"Promise.resolve({expression}).then(Boolean)"):
                    return
                shown = self.value("document.body?.innerText")
            time.sleep(0.01)
        raise AssertionError((expression, shown))

    def longest_task(self, act: Callable[[], None]) -> float:
        """The CPU time, in milliseconds, of the longest task of pages of this machine while something is done.

        A busy machine lets a task take longer by the clock, but hardly by CPU time.
        """
        events = self.browser.events
        begin = len(events)
        self.browser.command("Tracing.start", traceConfig={"includedCategories": _TRACED}, transferMode="ReportEvents")
        act()
        self.browser.command("Tracing.end")
        while not any(event.get("method") == "Tracing.tracingComplete" for event in events[begin:]):
            with contextlib.suppress(LeftPageError):
                self.value("0")
            time.sleep(0.01)
        parts = [event["params"]["value"] for event in events[begin:] if event.get("method") == "Tracing.dataCollected"]
        del events[begin:]
        traced = [event for part in parts for event in part]
        # The browser shows pages of its own in processes like those of the site.
        ours = {one["pid"] for one in traced if one["name"] == "ParseHTML" and "127.0.0.1" in json.dumps(one["args"])}
        threads = {
            (one["pid"], one["tid"])
            for one in traced
            if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain" and one["pid"] in ours
        }
        times = [
            one["tdur"]
            for one in traced
            if one["name"].endswith("RunTask") and (one["pid"], one["tid"]) in threads and "tdur" in one
        ]
        assert times, "no task was traced"
        return float(max(times)) / 1000

    def press(self, key: str) -> None:
        """Press and release a key."""
        code, number = KEYS.get(key, (f"Key{key.upper()}", ord(key.upper()) if len(key) == 1 else 0))
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        named = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.command("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **named)
        self.command("Input.dispatchKeyEvent", type="keyUp", **named)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.command("Input.insertText", text=text)

    def resize(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Set the window's size and colour scheme."""
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])

    def pdf(self, path: Path) -> None:
        """Print the page."""
        data = self.command("Page.printToPDF", printBackground=False)["data"]
        path.write_bytes(base64.b64decode(data))

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Save a picture of the window, or of the whole page."""
        data = self.command("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))

    def problems(self) -> list[str]:
        """Errors that the pages reported so far, such as violations of the policy."""
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self._session:
                continue
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(event["params"]["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                found.append(json.dumps(event["params"]["entry"]))
        return found
