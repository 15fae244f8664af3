"""A preview of a small deck that runs in this process, and a client for it."""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from cardpipe.build.pipeline import cache_of
from cardpipe.model.trust import EVERYBODY
from cardpipe.serve.preview import Preview
from cardpipe.serve.server import PreviewServer
from cardpipe.serve.session import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cardpipe.model.trust import Trust

PATIENCE = 60.0
DECK = """
uid: 00000000-0000-4000-8000-000000000077
slug: sample
name: A deck
language: en
authors: [An Author]
licence: CC-BY-4.0
description: Questions and answers.
tags: {NN: Networks, geo: Places}
subdecks: {EX: Examples}
formats: {anki: }
"""
CARDS = {
    "EX0001": "title: First\nquestion: What is $a^2$?\nanswer: A square of $a$.\ntags: [NN]\ndifficulty: easy\n",
    "EX0002": "title: Second\nkind: cloze\ntags: [NN]\n"
    "question: '{{c1::One}} and {{c2::two::a hint}}, ${{c2::x}} + y$.'\n",
    "EX0003": "title: Third\nkind: typed\nquestion: Capital of France?\nanswer: Paris\ntags: [geo]\n",
    "EX0004": "title: Fourth\nkind: reversed\nquestion: Chat\nanswer: Cat\ntags: [geo]\n"
    "details: See [the first](card:EX0001).\n",
}


def card_text(card_id: str, **changes: str) -> str:
    """A card of the sample, with some of its lines replaced."""
    lines = f"id: {card_id}\n{CARDS[card_id]}".splitlines()
    for key, value in changes.items():
        lines = [line for line in lines if not line.startswith(f"{key}:")] + [f"{key}: {value}"]
    return "\n".join(lines) + "\n"


def sample_project(folder: Path, cards: dict[str, str] | None = None) -> Path:
    """A project with one file for each card."""
    for part in ("cards", "media", "figures"):
        (folder / "source" / part).mkdir(parents=True)
    (folder / "source/deck.yaml").write_text(DECK, encoding="utf-8")
    for card_id in CARDS if cards is None else cards:
        text = card_text(card_id) if cards is None else cards[card_id]
        (folder / f"source/cards/{card_id}.yaml").write_text(text, encoding="utf-8")
    return folder


class Client:
    """Asks a server, as a browser does."""

    def __init__(self, server: PreviewServer) -> None:
        self.server = server
        self.port = server.server_port

    def ask(
        self, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and content of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def page(self, path: str) -> str:
        """A page, which must be there."""
        status, _, data = self.ask(path)
        assert status == 200, (path, status, data)
        return data.decode()

    def until(self, path: str, text: str, *, absent: bool = False) -> str:
        """A page as soon as it has a text, or no longer has it."""
        end = time.monotonic() + PATIENCE
        while (text in (page := self.page(path))) is absent:
            assert time.monotonic() < end, (path, text, page)
            time.sleep(0.02)
        return page

    @contextlib.contextmanager
    def events(self) -> Iterator[queue.Queue[dict[str, Any]]]:
        """The changes that the server reports."""
        found: queue.Queue[dict[str, Any]] = queue.Queue()
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            revision = self.server.preview.events.revision
            asked = f"GET /events?revision={revision} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n"
            connection.sendall(asked.encode())
            lines = connection.makefile("rb")
            while lines.readline() != b"retry: 500\n":
                pass

            def read() -> None:
                # The server resets a connection whose last events were not read.
                with contextlib.suppress(ConnectionResetError):
                    for line in lines:
                        if line.startswith(b"data:"):
                            found.put(json.loads(line[5:]))

            thread = threading.Thread(target=read)
            thread.start()
            try:
                yield found
            finally:
                connection.shutdown(socket.SHUT_RDWR)
                thread.join()
                lines.close()


@contextlib.contextmanager
def preview_of(root: Path, *, trust: Trust = EVERYBODY, poll: bool = False) -> Iterator[Client]:
    """A client of a preview that runs until the end of the block."""
    started: queue.Queue[PreviewServer] = queue.Queue()

    def work() -> None:
        with cache_of(root) as cache:
            preview = Preview(root, cache, trust)
            preview.start()
            server = PreviewServer("127.0.0.1", 0, preview)
            started.put(server)
            run(preview, server, root, poll=poll)

    thread = threading.Thread(target=work)
    thread.start()
    server = started.get(timeout=PATIENCE)
    try:
        yield Client(server)
    finally:
        server.preview.work.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()
