"""`cardpipe ci comment` as a command, with event files, against a code host on this machine."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from cardpipe.cli.main import cli
from cardpipe.errors import CardpipeError
from cardpipe.forge import api as forge_api
from cardpipe.review.comment import MARKER
from cardpipe.review.data import AddedData, ReviewData, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT, OTHER = "a" * 40, "b" * 40
BOT = "github-actions[bot]"
DATA = ReviewData(
    version=1,
    deck="Deck",
    against="main",
    commit=OTHER,
    summary="1 added",
    added=(AddedData(id="EX0001", title="A card", question="<p>What?</p>", answer="<p>This.</p>"),),
    changed=(),
    retired=(),
    removed=(),
    more=0,
    renamed=(),
    risks=(),
    findings=(),
    findings_count=0,
    errors=0,
    release=None,
    remarks=(),
)
NOTHING = ReviewData(**{**{name: getattr(DATA, name) for name in ReviewData.__slots__}, "added": (), "summary": "No"})


def archive(data: bytes, name: str = "review.json") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(name, data)
    return made.getvalue()


def pull(number: int, sha: str = COMMIT, head: str | None = "fork/repo", base: str = "owner/repo") -> dict[str, Any]:
    return {
        "number": number,
        "head": {"sha": sha, "repo": {"full_name": head} if head else None},
        "base": {"repo": {"full_name": base}},
    }


@dataclass
class Host:
    """What the code host has, and what it was sent."""

    address: str = ""
    storage: str = ""
    pulls: list[dict[str, Any]] = field(default_factory=lambda: [pull(7)])
    comments: list[dict[str, Any]] = field(default_factory=list)
    artefacts: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": 3, "name": "cardpipe-review", "size_in_bytes": 900, "expired": False},
            {"id": 4, "name": "deck", "size_in_bytes": 900, "expired": False},
            {"id": 5, "name": "[click](https://evil.example)", "size_in_bytes": 900, "expired": False},
        ]
    )
    archive: bytes = archive(to_json(DATA))
    busy: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Answers to give first, before the usual ones."""
    fails_once: bool = False
    sent: list[tuple[str, str, str]] = field(default_factory=list)
    stored_headers: dict[str, str] = field(default_factory=dict)
    queries: list[dict[str, list[str]]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    host: Host

    def answer(self, status: int, content: Any, **headers: str) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        host, parts = self.host, urlsplit(self.path)
        query = parse_qs(parts.query)
        host.queries.append(query)
        if host.busy:
            status, headers = host.busy.pop(0)
            self.answer(status, {"message": "wait"}, **headers)
        elif parts.path == "/storage":
            host.stored_headers = dict(self.headers.items())
            self.answer(200, host.archive)
        elif parts.path.endswith("/zip"):
            self.answer(302, b"", Location=f"{host.storage}/storage")
        elif parts.path.endswith("/artifacts"):
            self.answer(200, {"artifacts": host.artefacts})
        elif parts.path.endswith("/pulls"):
            self.answer(200, host.pulls)
        elif parts.path.endswith(("/comments", "/notes")):
            start = (int(query["page"][0]) - 1) * 100
            self.answer(200, host.comments[start : start + 100])
        elif parts.path == "/user":
            self.answer(200, {"id": 11})
        elif "/merge_requests/" in parts.path:
            self.answer(200, {"sha": COMMIT})
        else:
            self.answer(404, {"message": "Not Found"})

    def change(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]
        if self.host.busy:
            status, headers = self.host.busy.pop(0)
            self.answer(status, {"message": "wait"}, **headers)
            return
        self.host.sent.append((self.command, self.path, body))
        if self.host.fails_once:
            self.host.fails_once = False
            self.host.comments.append({"id": 99, "body": body, "user": {"login": BOT}})
            self.answer(502, {})
        else:
            self.answer(201, {"id": 99})

    do_POST = do_PATCH = do_PUT = change  # noqa: N815 - the names that the base class calls

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A code host, and a second one that stores files, with the environment of a workflow."""
    made = Host()
    handler = type("OwnHandler", (Handler,), {"host": made})
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    made.address, made.storage = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    for name, value in {
        "GITHUB_ACTIONS": "",
        "GITLAB_CI": "",
        "GITHUB_API_URL": made.address,
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "owner/repo",
        "GITHUB_RUN_ID": "21",
        "GITHUB_TOKEN": "secret-token",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_EVENT_PATH", raising=False)
    # Waiting is counted, not done.
    monkeypatch.setattr(forge_api.Api.__init__, "__kwdefaults__", {"pause": lambda _seconds: None})
    yield made
    for server in servers:
        server.shutdown()
        server.server_close()


def run_event(**more: Any) -> dict[str, Any]:
    run = {
        "id": 21,
        "event": "pull_request",
        "head_sha": COMMIT,
        "head_branch": "change&x=y",
        "head_repository": {"full_name": "fork/repo"},
        "repository": {"full_name": "owner/repo"},
    }
    return {"action": "completed", "workflow_run": {**run, **more}}


def commented(tmp_path: Path, event: Any, *args: str) -> tuple[int | None, str]:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event))
    done = CliRunner().invoke(cli, ["ci", "comment", "--event", str(path), *args], standalone_mode=False)
    if isinstance(done.exception, CardpipeError):
        return 2, done.exception.message
    assert done.exception is None, done.exception
    return done.return_value, done.output


def test_a_forks_pull_request_gets_a_comment(host: Host, tmp_path: Path) -> None:
    code, output = commented(tmp_path, run_event())
    assert (code, output) == (0, "Comment on #7: created.\n")
    [(method, path, body)] = host.sent
    assert (method, path) == ("POST", "/repos/owner/repo/issues/7/comments")
    assert body.startswith(MARKER)
    assert "What?" in body
    assert 'href="https://github.example/owner/repo/actions/runs/21/artifacts/4"' in body
    assert "evil" not in body
    assert {"head": ["fork:change&x=y"], "state": ["open"], "per_page": ["100"], "page": ["1"]} in host.queries


def test_the_token_stays_with_its_host(host: Host, tmp_path: Path) -> None:
    commented(tmp_path, run_event())
    assert "Host" in host.stored_headers
    assert "Authorization" not in host.stored_headers


def test_its_own_comment_is_updated_and_no_other(host: Host, tmp_path: Path) -> None:
    host.comments = [
        {"id": 1, "body": f"{MARKER}\nI am the bot", "user": {"login": "stranger"}},
        *({"id": number, "body": "talk", "user": {"login": BOT}} for number in range(2, 150)),
        {"id": 200, "body": f"{MARKER}\r\n\r\nolder", "user": {"login": BOT}},
    ]
    assert commented(tmp_path, run_event())[1] == "Comment on #7: updated.\n"
    [(method, path, body)] = host.sent
    assert (method, path) == ("PATCH", "/repos/owner/repo/issues/comments/200")
    host.comments[-1]["body"] = body.replace("\n", "\r\n")
    host.sent.clear()
    assert commented(tmp_path, run_event())[1] == "Comment on #7: unchanged.\n"
    assert not host.sent


@pytest.mark.parametrize(
    "pulls",
    [
        [],
        [pull(7, sha=OTHER)],
        [pull(7, head="other/repo")],
        [pull(7, head=None)],
        [pull(7, base="other/repo")],
        [{"number": 7}],
    ],
    ids=["none", "newer commit", "other fork", "deleted fork", "other base", "strange"],
)
def test_only_a_pull_request_with_the_built_commit_gets_it(
    pulls: list[dict[str, Any]], host: Host, tmp_path: Path
) -> None:
    host.pulls = pulls
    code, output = commented(tmp_path, run_event())
    assert code == 0
    assert "No open pull request" in output
    assert not host.sent


@pytest.mark.parametrize(
    "event",
    [
        run_event(event="push"),
        run_event(repository={"full_name": "fork/repo"}),
        run_event(head_sha="a; rm -rf"),
        run_event(head_sha=None),
        run_event(id="1/../2"),
        run_event(id=True),
        run_event(head_repository=None),
        run_event(head_repository={"full_name": "../../x"}),
        {},
        [],
        {"workflow_run": "x"},
        {"pull_request": {"number": "7"}},
        {"pull_request": {"number": -1}},
    ],
)
def test_an_event_of_another_form_is_refused(event: Any, host: Host, tmp_path: Path) -> None:
    code, _ = commented(tmp_path, event)
    assert code == 2
    assert not host.sent


@pytest.mark.parametrize("left", [[], [{"id": 3, "name": "cardpipe-review", "size_in_bytes": 9, "expired": True}]])
def test_a_run_without_a_review_writes_nothing(left: list[dict[str, Any]], host: Host, tmp_path: Path) -> None:
    host.artefacts = left
    assert commented(tmp_path, run_event()) == (0, "The run has no review: nothing was written.\n")
    assert not host.sent


@pytest.mark.parametrize("data", [b"{}", b"junk", to_json(DATA).replace(b'"version": 1', b'"version": 2')])
def test_data_of_another_form_write_nothing(data: bytes, host: Host, tmp_path: Path) -> None:
    host.archive = archive(data)
    assert commented(tmp_path, run_event())[0] == 2
    assert not host.sent


def test_an_artefact_that_is_too_large_is_not_downloaded(host: Host, tmp_path: Path) -> None:
    host.artefacts[0]["size_in_bytes"] = 10**9
    assert "larger than 64 MiB" in commented(tmp_path, run_event())[1]
    assert not host.stored_headers


def test_a_change_without_effect_on_cards_needs_no_comment(host: Host, tmp_path: Path) -> None:
    host.archive = archive(to_json(NOTHING))
    assert commented(tmp_path, run_event())[1] == "Comment on #7: not needed.\n"
    host.comments = [{"id": 2, "body": MARKER, "user": {"login": BOT}}]
    assert commented(tmp_path, run_event())[1] == "Comment on #7: updated.\n"


@pytest.mark.parametrize(
    "busy",
    [
        [(500, {})],
        [(502, {}), (429, {"Retry-After": "2"}), (403, {"x-ratelimit-remaining": "0"})],
        [(503, {"Retry-After": "never"})],
    ],
)
def test_a_busy_host_is_asked_again(busy: list[tuple[int, dict[str, str]]], host: Host, tmp_path: Path) -> None:
    host.busy = busy
    assert commented(tmp_path, run_event()) == (0, "Comment on #7: created.\n")


def test_a_comment_is_looked_for_again_before_it_is_sent_again(host: Host, tmp_path: Path) -> None:
    data = tmp_path / "review.json"
    data.write_bytes(to_json(DATA))
    # The host carries the first request out, but says that it failed.
    host.fails_once = True
    assert commented(tmp_path, {"pull_request": {"number": 7}}, "--data", str(data))[1] == "Comment on #7: unchanged.\n"
    assert len(host.sent) == 1


@pytest.mark.parametrize(("status", "words"), [(401, "401"), (403, "403"), (404, "404"), (422, "422")])
def test_a_refusal_is_one_message(status: int, words: str, host: Host, tmp_path: Path) -> None:
    host.busy = [(status, {})]
    code, message = commented(tmp_path, run_event())
    assert code == 2
    assert words in message
    assert "secret-token" not in message


def test_a_host_that_does_not_answer_is_one_message(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    assert "could not be reached" in commented(tmp_path, run_event())[1]
    assert not host.sent


@pytest.mark.parametrize("address", ["http://evil.example", "file:///etc/passwd", "ftp://x", ""])
def test_a_token_is_sent_by_https_only(
    address: str, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", address)
    assert commented(tmp_path, run_event())[0] == 2
    assert not host.sent


def test_a_dry_run_sends_nothing(host: Host, tmp_path: Path) -> None:
    code, output = commented(tmp_path, run_event(), "--dry-run")
    assert code == 0
    assert output.startswith(MARKER)
    assert not host.sent


def test_a_dry_run_of_given_data_needs_no_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    data = tmp_path / "review.json"
    data.write_bytes(to_json(DATA))
    done = CliRunner().invoke(cli, ["ci", "comment", "--data", str(data), "--dry-run"], standalone_mode=False)
    assert done.output.startswith(MARKER)


@pytest.fixture
def merge_request(host: Host, monkeypatch: pytest.MonkeyPatch) -> Host:
    """The environment of a merge request pipeline."""
    for name, value in {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": host.address,
        "CI_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_IID": "6",
        "CI_COMMIT_SHA": COMMIT,
        "CI_JOB_URL": "https://gitlab.example/group/deck/-/jobs/8",
        "CARDPIPE_GITLAB_TOKEN": "secret-token",
    }.items():
        monkeypatch.setenv(name, value)
    return host


def noted(tmp_path: Path) -> str:
    data = tmp_path / "review.json"
    data.write_bytes(to_json(DATA))
    done = CliRunner().invoke(cli, ["ci", "comment", "--data", str(data)], standalone_mode=False)
    assert done.exception is None, done.exception
    return done.output


def test_a_merge_request_gets_a_note(merge_request: Host, tmp_path: Path) -> None:
    assert noted(tmp_path) == "Note on the merge request: created.\n"
    [(method, path, body)] = merge_request.sent
    assert (method, path) == ("POST", "/projects/5/merge_requests/6/notes")
    assert 'href="https://gitlab.example/group/deck/-/jobs/8/artifacts/browse"' in body
    merge_request.comments = [
        {"id": 1, "body": MARKER, "author": {"id": 3}},
        {"id": 2, "body": MARKER, "author": {"id": 11}},
    ]
    merge_request.sent.clear()
    assert noted(tmp_path) == "Note on the merge request: updated.\n"
    assert merge_request.sent[0][:2] == ("PUT", "/projects/5/merge_requests/6/notes/2")


def test_without_a_token_there_is_no_note(merge_request: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARDPIPE_GITLAB_TOKEN")
    assert "CARDPIPE_GITLAB_TOKEN is not set" in noted(tmp_path)
    assert not merge_request.sent


def test_a_newer_commit_of_a_merge_request_gets_its_own_note(
    merge_request: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_COMMIT_SHA", OTHER)
    assert "newer commit" in noted(tmp_path)
    assert not merge_request.sent
