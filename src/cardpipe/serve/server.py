"""The web server of the preview: pages and their parts, documents in frames, events, and the one action."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from cardpipe.errors import CardpipeError, UsageError
from cardpipe.serve import access
from cardpipe.serve.address import Address
from cardpipe.serve.documents import own_file
from cardpipe.serve.editor import open_in_editor
from cardpipe.serve.work import Urgency
from cardpipe.writers.site.content_names import own_file as icon

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from cardpipe.serve.preview import Preview

_MOST_CONNECTIONS: Final = 200
_PATIENCE: Final = 20.0
"""Seconds that a client may take to send a whole request, or to receive something."""
_LONGEST_WAIT: Final = 120.0
"""Seconds for the work of one answer."""
_MOST_SENT: Final = 4096
"""Bytes of a request's body."""
_MOST_PARAMETERS: Final = 20
_ASSETS: Final = {
    "serve.css": "text/css; charset=utf-8",
    "serve.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_HTML: Final = "text/html; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"


class PreviewServer(ThreadingHTTPServer):
    """Listens on one address; raises OSError if that is not possible."""

    daemon_threads = True
    block_on_close = False
    # Elsewhere it only allows a port of connections that have ended; on Windows it would take the port of another.
    allow_reuse_address = not hasattr(socket, "SO_EXCLUSIVEADDRUSE")
    request_queue_size = 64

    def __init__(self, host: str, port: int, preview: Preview) -> None:
        self.preview = preview
        self.bound = host
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._connections = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        """The address of the first page."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.bound, self.bound)  # noqa: S104 - only compared
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.server_port}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, or not at all if there are too many."""
        if not self._connections.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Count the connection until it ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that went away."""


class _Incoming(socket.SocketIO):
    """What a client sends; each request has an end in time, since a byte now and then would hold its thread."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection, "r")
        self._connection = connection
        self.begin()

    def begin(self) -> None:
        """Start the time of the next request."""
        self._end = time.monotonic() + _PATIENCE

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read what has arrived; raises TimeoutError at the end of the time."""
        self._connection.settimeout(max(self._end - time.monotonic(), 0.001))
        try:
            return super().readinto(buffer)
        finally:
            self._connection.settimeout(_PATIENCE)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE
    server: PreviewServer

    def setup(self) -> None:
        """Read from the connection with an end in time."""
        super().setup()
        self._incoming = _Incoming(self.connection)
        self.rfile = io.BufferedReader(self._incoming)

    def handle_one_request(self) -> None:
        """Give each request its time."""
        self._incoming.begin()
        super().handle_one_request()

    # --- Requests ---

    def do_GET(self) -> None:
        """Answer a request for a page, a document or events."""
        if not self._is_welcome():
            return
        try:
            parts = urlsplit(self.path)
        except ValueError:
            self._answer(400, _TEXT, b"This is no address.\n")
            return
        path = parts.path
        if Address.is_page(path):
            self._page(Address.of(path, parts.query), _parameter(parts.query, "part"))
        elif path == "/events":
            self._events(_parameter(parts.query, "revision"))
        elif path.startswith("/view/"):
            self._document(unquote(path.removeprefix("/view/")))
        elif path.startswith("/assets/") and path.removeprefix("/assets/") in _ASSETS:
            name = path.removeprefix("/assets/")
            self._answer(200, _ASSETS[name], icon(name).encode() if name == "icon.svg" else own_file(name))
        else:
            self._answer(404, _TEXT, b"There is nothing at this address.\n")

    def do_HEAD(self) -> None:
        """Answer like GET, without the content."""
        self.do_GET()

    def do_POST(self) -> None:
        """Open a card in the editor of this machine's user."""
        # The body of a refused request is not read, so the connection cannot be used again.
        self.close_connection = True
        if not self._is_welcome():
            return
        if self.path != "/open":
            self._answer(404, _TEXT, b"There is nothing at this address.\n")
        elif not self._is_local or not access.may_act(self.headers, self.server.preview.token):
            self._answer(403, _TEXT, b"Only the page itself may do this, on the machine of the server.\n")
        else:
            self._open()

    # --- Answers ---

    def _page(self, address: Address, part: str) -> None:
        preview = self.server.preview
        make = partial(preview.page, address, part, is_local=self._is_local)
        try:
            page = preview.work.submit(Urgency.VIEW, make).result(_LONGEST_WAIT)
        except (CardpipeError, TimeoutError, MemoryError) as error:
            self._answer(500, _TEXT, f"{str(error) or type(error).__name__}\n".encode("utf-8", "replace"))
            return
        self._answer(200, _HTML, page.encode("utf-8", "replace"))

    def _document(self, path: str) -> None:
        key, _, name = path.partition("/")
        found = self.server.preview.documents.get(key, name)
        if found is None:
            self._answer(404, _TEXT, b"This state of the card is no longer kept.\n", access.DOCUMENT_POLICY)
            return
        is_pdf = found.media_type == "application/pdf"
        policy = access.PDF_POLICY if is_pdf else access.DOCUMENT_POLICY
        self._answer(200, found.media_type, found.data, policy, "private, max-age=86400, immutable")

    def _events(self, seen: str) -> None:
        stream = self.server.preview.events.stream(
            int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 16 else -1
        )
        if stream is None:
            self._answer(503, _TEXT, b"Too many pages are open.\n")
            return
        self.close_connection = True
        with contextlib.closing(stream):
            # The stream ends with its listener only once it has begun, whatever happens to the connection.
            first = next(stream)
            self.send_response(200)
            self._headers("text/event-stream", "no-cache", access.PAGE_POLICY)
            self.end_headers()
            self.wfile.write(first)
            for event in stream:
                self.wfile.write(event)

    def _open(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal() and len(length) < 8 and int(length) <= _MOST_SENT):
            self._answer(400, _TEXT, b"The request is too long.\n")
            return
        try:
            content = json.loads(self.rfile.read(int(length)))
            card_id, line, column = content["card"], content["line"], content["column"]
        except (ValueError, TypeError, KeyError, RecursionError):
            self._answer(400, _TEXT, b"The request is invalid.\n")
            return
        preview = self.server.preview
        entry = preview.deck.entries.get(card_id) if isinstance(card_id, str) else None
        if entry is None or type(line) is not int or type(column) is not int or line < 1 or column < 1:
            self._answer(400, _TEXT, b"There is no such card or line.\n")
            return
        try:
            open_in_editor(preview.deck.root / entry.path, line, column)
        except UsageError as error:
            self._answer(409, _TEXT, f"{error.message} {error.hint or ''}".strip().encode())
            return
        self._answer(200, _TEXT, b"")

    # --- What all have in common ---

    @property
    def _is_local(self) -> bool:
        return access.is_loopback(self.client_address[0])

    def _is_welcome(self) -> bool:
        server = self.server
        if not access.is_own_host(self.headers.get("Host"), server.bound, server.server_port):
            self._answer(421, _TEXT, b"This server does not answer for this name.\n")
            return False
        if access.is_from_elsewhere(self.headers):
            self._answer(403, _TEXT, b"Other sites may not use this server.\n")
            return False
        return True

    def _answer(
        self,
        status: int,
        media_type: str,
        data: bytes,
        policy: str = access.PAGE_POLICY,
        caching: str = "no-cache",
    ) -> None:
        self.send_response(status)
        self._headers(media_type, caching, policy)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _headers(self, media_type: str, caching: str, policy: str) -> None:
        self.send_header("Content-Type", media_type)
        self.send_header("Cache-Control", caching)
        self.send_header("Content-Security-Policy", policy)
        for name, value in access.common_headers():
            self.send_header(name, value)

    def version_string(self) -> str:
        """Tell nothing about the machine."""
        return "cardpipe"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing: the terminal is for messages on the deck."""


def _parameter(query: str, name: str) -> str:
    """Return the last value of a parameter; empty if there is none, or if there are too many parameters."""
    try:
        return dict(parse_qsl(query, max_num_fields=_MOST_PARAMETERS)).get(name, "")
    except ValueError:
        return ""
