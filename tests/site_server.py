"""A server of static files, and a page beside them in which a script acts on the site: for tests of the site."""

from __future__ import annotations

import contextlib
import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from browser_session import BROWSER, Browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["BROWSER", "PLACE", "SiteServer", "served"]

PLACE = "/some/folder/"
"""Where the site is on its host."""
_PROBE = """<!doctype html><meta charset="utf-8"><title>Probe</title>
<iframe id="frame" style="border:0" width="WIDTH" height="900"></iframe>
<script>
const site = "PLACE";
const frame = document.getElementById("frame");
const sleep = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
const until = async (test, what = String(test)) => {
  for (let count = 0; count < 400; count++) {
    const found = await test();
    if (found) return found;
    await sleep(25);
  }
  throw new Error(`never: ${what}`);
};
const visit = path => new Promise(resolve => {
  frame.onload = () => {
    // A page that only asks for the next release is loaded again at once.
    if (frame.contentDocument.body.childElementCount || !frame.contentDocument.location.pathname.startsWith(site)) {
      resolve(frame.contentDocument);
    }
  };
  frame.src = site + path;
});
const ask = path => fetch(path, {method: "POST"});
const worker = async () => (await navigator.serviceWorker.getRegistration(site));
const key = (target, name, more = {}) => target.dispatchEvent(
  new frame.contentWindow.KeyboardEvent("keydown", {key: name, bubbles: true, cancelable: true, ...more}));
const type = (box, text) => {
  box.value = text;
  box.dispatchEvent(new frame.contentWindow.Event("input", {bubbles: true}));
};
</script>
"""

Answer = tuple[int, bytes]
"""A status and a body."""


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, owner: SiteServer, *args: Any) -> None:
        self.owner = owner
        super().__init__(*args)

    def do_GET(self) -> None:
        owner = self.owner
        if self.path == "/probe":
            self._say(200, owner.page, "text/html; charset=utf-8")
            return
        if self.path in owner.more:
            self._say(200, owner.more[self.path], "text/javascript")
            return
        if owner.is_off:
            self.close_connection = True
            return
        if not self.path.startswith(owner.place):
            self.send_error(404)
            return
        path = self.path.removeprefix(owner.place)
        owner.requests.append(path)
        answer = owner.fault(path)
        if answer is not None:
            self._say(*answer, "text/html; charset=utf-8")
        else:
            # Two releases that a test makes within a second have files of one age, and would be taken for the same.
            del self.headers["if-modified-since"]
            super().do_GET()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        owner = self.owner
        if self.path == "/off":
            owner.is_off = True
        elif self.path == "/on":
            owner.is_off = False
        elif self.path == "/next":
            owner.folder = owner.others.pop(0)
        elif self.path.startswith("/fault/"):
            owner.fault = owner.faults[self.path.removeprefix("/fault/")]
        self._say(200, b"{}", "application/json")

    def translate_path(self, path: str) -> str:
        self.directory = str(self.owner.folder)
        return super().translate_path("/" + path.removeprefix(self.owner.place))

    def end_headers(self) -> None:
        self.send_header("cache-control", "no-cache")
        super().end_headers()

    def _say(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class SiteServer:
    """Serves a folder at a place of a host; it can be switched off, to another folder, or to wrong answers."""

    def __init__(self, folder: Path, place: str = PLACE, port: int = 0) -> None:
        self.folder = folder
        self.place = place
        self.others: list[Path] = []
        self.more: dict[str, bytes] = {}
        """Scripts of tests, by path."""
        self.page = b""
        self.is_off = False
        self.requests: list[str] = []
        """The paths of the site that were asked for."""
        self.fault: Callable[[str], Answer | None] = lambda _: None
        """What is answered to a path instead of the file."""
        self.faults: dict[str, Callable[[str], Answer | None]] = {"none": lambda _: None}
        """Faults that a script can choose by name."""
        self._server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, self))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def probe(self, script: str, profile: Path, *, width: int = 390, dark: bool = False) -> tuple[Any, str]:
        """Run a script in a browser; returns what it returns, and what the browser's console said."""
        self.page = _PROBE.replace("WIDTH", str(width)).replace("PLACE", self.place).encode()
        with Browser(profile) as browser:
            page = browser.page()
            page.resize(1400, 1000, dark=dark)
            page.open(f"{self.address}/probe")
            page.start(script)
            page.wait("globalThis.found !== undefined")
            found = page.value("globalThis.found")
            assert "error" not in (found or {}), found
            return json.loads(json.dumps(found)), "\n".join(page.problems())


@contextlib.contextmanager
def served(folder: Path, port: int = 0) -> Iterator[str]:
    """The address of a server for the files in a folder."""
    server = SiteServer(folder, "/", port)
    try:
        yield f"{server.address}/"
    finally:
        server.close()
