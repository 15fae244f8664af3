"""Hostile cards have no effect in the preview: not in its own pages, and not in the documents that it shows.

The payloads are those of the texts and of the site, in every text of a card and in the deck's name. A payload for the
preview alone is a line below.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
from typing import TYPE_CHECKING

import pytest
from selectolax.lexbor import LexborHTMLParser

from browser_session import BROWSER, Browser
from preview_server import DECK, PATIENCE, Client, preview_of
from test_hostile_site import PAYLOADS as OF_SITES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAYLOADS = [
    *OF_SITES[-20:],
    *OF_SITES[:-20:4],
    "<script>evil()</script>",
    "<img src=x onerror=evil()>",
    "<svg onload=evil()><script>evil()</script></svg>",
    "<iframe srcdoc='<script>evil()</script>'></iframe>",
    "</iframe></main><script src=/assets/serve.js></script>",
    "[a link](javascript:evil())",
    "[a link](vscode://file/etc/passwd)",
    "![](https://evil.test/x.png)",
    "<meta http-equiv=refresh content='0;url=https://evil.test'>",
    "<base href=https://evil.test/>",
    "<form action=/open method=post><button>x</button></form>",
    "<style>*{background:url(https://evil.test/x)}</style>",
    '" autofocus onfocus=evil() x="',
    "{{FrontSide}}{{#Answer}}{{/Answer}}{{cloze:Question}}{{type:Answer}}",
    '[sound:"><script>evil()</script>.mp3] [sound:x.mp3]',
    r"\(x<script>evil()</script>\) \[<img src=x onerror=evil()>\]",
    r"$\href{javascript:evil()}{x} \style{x}{y} \text{<img src=x onerror=evil()>}$",
    "%(count)s {0} {% include 'serve/page.html' %}",
]
VIEWS = ("anki", "anki&number=2&phone=1&night=1", "html", "markdown", "csv", "source")
OWN_SCRIPTS = [{"src": "/assets/serve.js", "defer": None}]
IN_SANDBOX = "Blocked script execution"
"""What Chromium says of the site's own scripts, which do not run in the preview."""
_FORBIDDEN = ("on", "srcdoc", "formaction", "ping")
_ADDRESS = re.compile(r"/[^/\\].*|/|#.*|\?.*|vscode://file/.*|data:(?:image|audio|font)/.*", re.DOTALL)


def hostile_project(folder: Path, payloads: list[str]) -> Path:
    """A deck with a card for each payload."""
    (folder / "source/cards").mkdir(parents=True)
    (folder / "source/deck.yaml").write_text(
        DECK.replace("A deck", json.dumps(f"A deck {payloads[0]}")), encoding="utf-8"
    )
    for number, payload in enumerate(payloads, 1):
        kind = ("basic", "cloze", "typed", "reversed")[number % 4]
        text = json.dumps(payload)
        lines = [
            f"id: EX{number:04}",
            f"title: {text}",
            f"kind: {kind}",
            f"question: {json.dumps(payload + (' {{c1::x}} {{c2::y}}' if kind == 'cloze' else ''))}",
            f"answer: {text}",
            f"details: {text}",
            f"tags: [{text}, NN]",
            f"references: [{text}]",
            f"{text}: {text}",
        ]
        # The bytes of a lone surrogate are no UTF-8, and a finding.
        data = "\n".join(lines).encode("utf-8", "surrogatepass")
        (folder / f"source/cards/EX{number:04}.yaml").write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with preview_of(hostile_project(tmp_path_factory.mktemp("hostile") / "project", PAYLOADS)) as made:
        yield made


def live(page: str, *, own: bool) -> Iterator[str]:
    """What a browser would act on beside what the templates write."""
    tree = LexborHTMLParser(page)
    scripts = [dict(node.attributes) for node in tree.css("script")]
    if scripts != (OWN_SCRIPTS if own else []):
        yield f"scripts: {scripts}"
    for node in tree.css("*"):
        if node.tag in {"object", "embed", "base", "frame", "applet"} or (node.tag in {"iframe", "form"} and not own):
            yield f"<{node.tag}>"
        if node.tag == "iframe" and node.attributes.get("sandbox") != "allow-same-origin":
            yield f"a frame without a sandbox: {node.attributes}"
        if (
            node.tag == "meta"
            and "http-equiv" in node.attributes
            and node.attributes["http-equiv"] != ("Content-Security-Policy")
        ):
            yield f"{node.attributes}"
        for name, value in node.attributes.items():
            if name.startswith(_FORBIDDEN):
                yield f"{node.tag} {name}={value}"
            if own and name in {"href", "src", "action"} and not _ADDRESS.fullmatch(value or ""):
                yield f"{node.tag} {name}={value}"


@pytest.mark.quick_cases(every=9)
@pytest.mark.parametrize("number", range(1, len(PAYLOADS) + 1), ids=lambda number: f"payload-{number}")
def test_no_text_acts_in_a_page(client: Client, number: int) -> None:
    for view in VIEWS:
        page = client.page(f"/card/EX{number:04}?view={view}")
        assert list(live(page, own=True)) == [], view
        for address in re.findall(r'<iframe src="([^"#]+)', page):
            status, headers, data = client.ask(address)
            assert status == 200
            assert "sandbox allow-same-origin" in headers["Content-Security-Policy"]
            assert list(live(data.decode(), own=False)) == [], view


@pytest.mark.parametrize("payload", PAYLOADS[::6])
def test_no_address_acts_in_a_page(client: Client, payload: str) -> None:
    from urllib.parse import quote

    text = quote(payload.encode("utf-8", "replace"))
    page = client.page(f"/card/{text.replace('/', '%2F')}?text={text}&tag={text}&kind={text}&view={text}&number={text}")
    assert list(live(page, own=True)) == []


REQUESTS = [
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET /assets/%2e%2e/server.py HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET /view/../../source/deck.yaml HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET //evil.test/ HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET http://evil.test/source/deck.yaml HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET /card/%00%ff%fe HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET /?" + b"a=b&" * 15000 + b" HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET /events?revision=" + b"9" * 70000 + b" HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: HOST\r\nHost: evil.test\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET /\r\n\r\n",
    b"POST /open HTTP/1.1\r\nHost: HOST\r\nContent-Length: -1\r\n\r\n",
    b"POST /open HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"\x16\x03\x01\x02\x00" * 100 + b"\r\n\r\n",
    b"GET //[ HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET /events?revision=" + b"9" * 5000 + b" HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:" + b"8" * 5000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \r\n\r\n",
    b"POST /open HTTP/1.1\r\nHost: HOST\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 300 + b"\r\n",
]


@pytest.mark.parametrize("request_", REQUESTS, ids=range(len(REQUESTS)))
def test_a_hostile_request_gets_no_file_and_stops_nothing(client: Client, request_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", client.port), timeout=PATIENCE) as connection:
        connection.sendall(request_.replace(b"HOST", f"127.0.0.1:{client.port}".encode()))
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        # A stream of events does not end.
        while b"text/event-stream" not in answer and (part := connection.recv(65536)):
            answer += part
    assert b"root:" not in answer
    assert b"uid: 0000" not in answer
    assert b"Traceback" not in answer
    if b"\r\nHost: " in request_:
        assert answer.startswith((b"HTTP/1.1 ", b"HTTP/1.0 ")), answer
    assert client.ask("/")[0] == 200


def test_a_slow_client_is_not_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, but the request does not."""
    monkeypatch.setattr("cardpipe.serve.server._PATIENCE", 0.6)
    with socket.create_connection(("127.0.0.1", client.port), timeout=0.2) as connection:
        for _ in range(100):
            with contextlib.suppress(TimeoutError):
                connection.sendall(b"G")
                if not connection.recv(4096):
                    return
    pytest.fail("the server waits for a request of one byte now and then")


@pytest.mark.slow
def test_many_connections_leave_room_for_the_next_ones(client: Client) -> None:
    open_ones = [socket.create_connection(("127.0.0.1", client.port)) for _ in range(230)]
    for one in open_ones:
        one.close()
    end = 50
    while True:
        try:
            assert client.ask("/")[0] == 200
            break
        except (OSError, http.client.HTTPException):
            end -= 1
            assert end


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed; nothing else needs one")
def test_no_text_acts_in_a_browser(client: Client, tmp_path: Path) -> None:
    with Browser(tmp_path / "profile") as browser:
        page = browser.page()
        for number in range(1, len(PAYLOADS) + 1):
            page.open(f"http://127.0.0.1:{client.port}/card/EX{number:04}")
            # The PDF and the site take seconds each.
            for view in "1234567" if number % 8 == 1 else "147":
                page.press(view)
                page.wait(f'document.querySelector(`.tabs a[aria-current][data-view="{view}"]`)')
            assert page.value("location.pathname") == f"/card/EX{number:04}"
        assert [problem for problem in page.problems() if IN_SANDBOX not in problem] == []
        asked = [
            event["params"]["request"]["url"]
            for event in browser.events
            if event["method"] == "Network.requestWillBeSent"
        ]
        assert [url for url in asked if not url.startswith((f"http://127.0.0.1:{client.port}/", "data:"))] == []
