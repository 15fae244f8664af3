"""A server of static files and a browser that runs a script in a page beside them: for tests of the site."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PLACE = "/some/folder/"
"""Where the site is on its host."""
_PROBE = """<!doctype html><meta charset="utf-8"><title>Probe</title>
<iframe id="frame" style="border:0" width="WIDTH" height="900"></iframe>
<script type="module">
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
  frame.onload = () => resolve(frame.contentDocument);
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
let found;
try {
  found = await (async () => { SCRIPT })();
} catch (error) {
  found = {error: String(error?.stack ?? error)};
}
await fetch("/found", {method: "POST", body: JSON.stringify(found)});
</script>
"""


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, owner: SiteServer, *args: Any) -> None:
        self.owner = owner
        super().__init__(*args)

    def do_GET(self) -> None:
        owner = self.owner
        if self.path == "/probe":
            self._say(owner.page, "text/html; charset=utf-8")
        elif self.path in owner.more:
            self._say(owner.more[self.path], "text/javascript")
        elif owner.is_off:
            self.close_connection = True
        elif self.path.startswith(PLACE):
            super().do_GET()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        owner = self.owner
        if self.path == "/found":
            owner.found = json.loads(body)
            owner.done.set()
        elif self.path == "/off":
            owner.is_off = True
        elif self.path == "/next":
            owner.folder = owner.others.pop(0)
        self._say(b"{}", "application/json")

    def translate_path(self, path: str) -> str:
        plain = path.partition("?")[0].removeprefix(PLACE)
        return str(self.owner.folder / plain) + ("/" if plain.endswith("/") else "")

    def end_headers(self) -> None:
        self.send_header("cache-control", "no-cache")
        super().end_headers()

    def _say(self, data: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class SiteServer:
    """Serves a folder at `PLACE`; it can be switched off, or to another folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.others: list[Path] = []
        self.more: dict[str, bytes] = {}
        """Scripts of tests, by path."""
        self.page = b""
        self.found: Any = None
        self.done = threading.Event()
        self.is_off = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def probe(self, script: str, profile: Path, *, width: int = 390, dark: bool = False) -> tuple[Any, str]:
        """Run a script in a browser; returns what it returns, and what the browser's console said."""
        assert BROWSER is not None
        page = _PROBE.replace("WIDTH", str(width)).replace("PLACE", PLACE).replace("SCRIPT", script)
        self.page = page.encode()
        self.done.clear()
        log = profile.with_suffix(".log")
        with log.open("wb") as said:
            process = subprocess.Popen(
                [
                    BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    "--disable-dev-shm-usage", "--enable-logging=stderr", "--remote-debugging-port=0",
                    f"--blink-settings=preferredColorScheme={0 if dark else 1}",
                    f"--user-data-dir={profile}", "--window-size=1400,1000", f"{self.address}/probe",
                ],
                stdout=subprocess.DEVNULL, stderr=said,
            )  # fmt: skip
            try:
                assert self.done.wait(90), log.read_text(errors="replace")[-3000:]
            finally:
                process.terminate()
                process.wait(20)
        assert "error" not in (self.found or {}), self.found
        lines = [line for line in log.read_text(errors="replace").splitlines() if "CONSOLE" in line]
        return self.found, "\n".join(lines)
