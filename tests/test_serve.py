"""`cardpipe serve`: the pages that the server answers with, and what changes of the source do to them."""

from __future__ import annotations

import json
import re
import shutil
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from cardpipe.cli.main import cli
from cardpipe.errors import UsageError
from cardpipe.figures.api import FigureForm
from cardpipe.figures.script import KIND
from cardpipe.files import programs
from cardpipe.model.trust import EVERYBODY, NOBODY
from cardpipe.serve import access, editor
from cardpipe.serve.address import Address
from cardpipe.serve.documents import Documents, own_file
from cardpipe.serve.events import Events
from cardpipe.serve.views import VIEWS
from cardpipe.source import watching
from cardpipe.text.positions import SourceText
from preview_server import CARDS, DECK, PATIENCE, Client, card_text, preview_of, sample_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cardpipe.model.trust import Trust
    from cardpipe.serve.live_deck import CheckedDeck, LiveDeck


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_project(tmp_path_factory.mktemp("serve") / "project")


@pytest.fixture(scope="module")
def shared(root: Path) -> Iterator[Client]:
    with preview_of(root) as client:
        yield client


@pytest.fixture
def client(shared: Client, root: Path) -> Iterator[Client]:
    """The preview of the sample, which is as it was at the beginning."""
    yield shared
    files = {f"cards/{card_id}.yaml": card_text(card_id) for card_id in CARDS} | {"deck.yaml": DECK}
    for path in (root / "source").rglob("*.yaml"):
        if path.relative_to(root / "source").as_posix() not in files:
            path.unlink()
    changed = {name: text for name, text in files.items() if not is_same(root / "source" / name, text)}
    if changed:
        for name, text in changed.items():
            (root / "source" / name).write_text(text, "utf-8")
        # Changes are noticed in order, so that this one is the last.
        last = root / "source/cards/EX0008.yaml"
        last.write_text(card_text("EX0003").replace("EX0003", "EX0008"), "utf-8")
        shared.until("/?part=list", "5 cards")
        last.unlink()
        shared.until("/?part=list", "4 cards")


def is_same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


def documents(client: Client, page: str) -> list[str]:
    """What the frames of a page show."""
    return [client.page(address) for address in re.findall(r'<iframe src="([^"#]+)', page)]


# --- Pages ---


def test_a_page_shows_the_list_and_a_card(client: Client) -> None:
    page = client.page("/card/EX0001")
    assert re.findall(r'data-id="(\w+)"', page)[:4] == list(CARDS)
    front, back = documents(client, page)
    assert "What is" in front
    assert "A square of" not in front
    assert "A square of" in back
    assert "<svg" in front
    assert "\\(" not in back


def test_each_view_shows_the_card(client: Client) -> None:
    views = {
        view: client.page(f"/card/EX0003?view={view}&part=card") for view in VIEWS if view not in {"sheet", "site"}
    }
    assert "Paris" in documents(client, views["anki"])[1]
    assert "Paris" in documents(client, views["html"])[0]
    assert "# Third" in views["markdown"]
    assert '<th scope="row">Answer</th>' in views["csv"]
    assert "answer: Paris" in views["source"]


def test_anki_is_shown_on_a_phone_and_at_night(client: Client) -> None:
    plain, other = (
        documents(client, client.page(f"/card/EX0001?part=card{more}"))[0] for more in ("", "&phone=1&night=1")
    )
    assert '<body class="card card1">' in plain
    assert '<body class="card card1 nightMode night_mode mobile">' in other


def test_each_card_of_a_note_is_shown(client: Client) -> None:
    page = client.page("/card/EX0002?number=2&part=card")
    front, back = documents(client, page)
    assert '<span class="cloze" data-ordinal="2">[a hint]</span>' in front
    assert '<span class="cloze-inactive" data-ordinal="1">One</span>' in front
    assert '<span class="cloze" data-ordinal="2">two</span>' in back
    assert "number=2" in page


def test_a_note_of_a_note_type_is_shown_by_its_faces(tmp_path: Path) -> None:
    root = sample_project(tmp_path / "project")
    words = "note_types:\n  word:\n    fields: {word: line, meaning: line}\n    faces:\n"
    words += "      forward: {front: '{word}', back: '{meaning}'}\n      back: {front: '{meaning}', back: '{word}'}\n"
    (root / "source/deck.yaml").write_text(DECK + words)
    (root / "source/cards/EX0005.yaml").write_text("id: EX0005\ntype: word\nfields: {word: Maus, meaning: mouse}\n")
    with preview_of(root) as client:
        page = client.page("/card/EX0005?part=card")
        assert '<span class="label">word</span>' in page
        assert ">Forward</a>" in page
        assert ">Back</a>" in page
        assert re.findall(r'data-id="(\w+)"', client.page("/?part=list&kind=word")) == ["EX0005"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("text=ex0003", ["EX0003"]),
        ("text=four", ["EX0004"]),
        ("tag=geo", ["EX0003", "EX0004"]),
        ("kind=cloze", ["EX0002"]),
        ("difficulty=easy", ["EX0001"]),
        ("findings=1", []),
        ("tag=geo&kind=typed", ["EX0003"]),
    ],
)
def test_the_list_is_filtered(shared: Client, query: str, found: list[str]) -> None:
    assert re.findall(r'data-id="(\w+)"', shared.page(f"/?part=list&{query}")) == found


@pytest.mark.parametrize("path", ["/card/XX0001", "/card/%3Cscript%3E", "/card/EX0001?view=none&number=x&rows=-1"])
def test_an_unknown_card_is_a_page_too(shared: Client, path: str) -> None:
    assert "<script>" not in shared.page(path).replace('<script src="/assets/serve.js" defer></script>', "")


@pytest.mark.parametrize(
    "path", ["/view/x/y", "/assets/../server.py", "/assets/x.js", "/card/a//b", "/source/deck.yaml"]
)
def test_nothing_else_is_served(shared: Client, path: str) -> None:
    assert shared.ask(path)[0] == 404


def test_an_address_is_read_as_it_is_written() -> None:
    address = Address(card="EX0001", view="html", phone=True, number=3, tag="a&b")
    path, _, query = address.url().partition("?")
    assert Address.of(path, query) == address
    assert Address().url() == "/"


# --- Changes ---


def test_a_save_is_reported_and_shown(client: Client, root: Path) -> None:
    with client.events() as events:
        (root / "source/cards/EX0001.yaml").write_text(card_text("EX0001", question="Something new?"), "utf-8")
        # A check of the whole deck that was due can come first, or together with the save.
        while True:
            event = events.get(timeout=PATIENCE)
            page = client.page("/card/EX0001?part=card")
            if "Something new?" in documents(client, page)[0]:
                break
        assert event["everything"] or event["cards"] == ["EX0001"]


@pytest.mark.parametrize("fault", ["answer: [\n", "kind: nothing\n", "answer: $\\frac$\n", "\x00"])
def test_a_broken_card_is_shown_as_it_was(client: Client, root: Path, fault: str) -> None:
    path = root / "source/cards/EX0001.yaml"
    before = client.page("/card/EX0001?part=card")
    good = card_text("EX0001", answer="").replace("answer: \n", "")
    path.write_text(good + fault, "utf-8")
    page = client.until("/card/EX0001?part=card", '<li class="finding error">')
    assert "The card has errors." in page
    assert documents(client, page) == documents(client, before)
    assert f"vscode://file{path.as_posix()}:" in page
    assert 'class="count error"' in client.page("/card/EX0001?part=list")
    path.write_text(card_text("EX0001", answer="Good again."), "utf-8")
    page = client.until("/card/EX0001?part=card", "The card has errors.", absent=True)
    assert "Good again." in documents(client, page)[1]


def test_a_broken_deck_file_leaves_the_cards(client: Client, root: Path) -> None:
    (root / "source/deck.yaml").write_text("name: [\n", "utf-8")
    page = client.until("/card/EX0001", "deck.yaml has errors.")
    assert "A square of" in documents(client, page)[1]
    assert "source/deck.yaml:" in page
    (root / "source/cards/EX0001.yaml").write_text(card_text("EX0001", answer="New meanwhile."), "utf-8")
    client.until("/card/EX0001?view=csv&part=card", "New meanwhile.")
    (root / "source/deck.yaml").write_text(DECK.replace("A deck", "Another deck"), "utf-8")
    assert "Another deck" in client.until("/card/EX0001", "deck.yaml has errors.", absent=True)


def test_the_deck_file_may_be_removed_for_a_while(client: Client, root: Path) -> None:
    (root / "source/deck.yaml").unlink()
    assert 'data-id="EX0001"' in client.until("/card/EX0001", "You see the last state")
    (root / "source/deck.yaml").write_text(DECK, "utf-8")
    client.until("/card/EX0001", "You see the last state", absent=True)


def test_cards_come_and_go(client: Client, root: Path) -> None:
    added = root / "source/cards/EX0005.yaml"
    added.write_text(card_text("EX0001", title="Fifth").replace("EX0001", "EX0005"), "utf-8")
    client.until("/?part=list", "EX0005")
    added.unlink()
    client.until("/?part=list", "EX0005", absent=True)
    assert "no card with this ID" in client.page("/card/EX0005")


def test_a_folder_is_renamed(client: Client, root: Path) -> None:
    folder = root / "source/cards/some"
    folder.mkdir()
    (root / "source/cards/EX0001.yaml").rename(folder / "EX0001.yaml")
    client.until("/card/EX0001?part=card", "source/cards/some/EX0001.yaml")
    folder.rename(root / "source/cards/other")
    client.until("/card/EX0001?part=card", "source/cards/other/EX0001.yaml")
    (root / "source/cards/other/EX0001.yaml").write_text(card_text("EX0001", answer="From there."), "utf-8")
    client.until("/card/EX0001?view=csv&part=card", "From there.")


def test_a_save_by_renaming_is_shown(client: Client, root: Path) -> None:
    beside = root / "source/cards/.EX0001.yaml.tmp"
    beside.write_text(card_text("EX0001", answer="Renamed into place."), "utf-8")
    beside.replace(root / "source/cards/EX0001.yaml")
    client.until("/card/EX0001?view=csv&part=card", "Renamed into place.")


def test_of_many_saves_the_last_counts(client: Client, root: Path) -> None:
    with client.events() as events:
        for number in range(50):
            text = card_text("EX0001", answer=f"Save {number}.")
            (root / "source/cards/EX0001.yaml").write_text(text, "utf-8")
            time.sleep(0.005)
        client.until("/card/EX0001?view=csv&part=card", "Save 49.")
        while not events.get(timeout=PATIENCE)["everything"]:
            pass
    assert "Save 49." in client.page("/card/EX0001?view=csv&part=card")


def test_a_card_gets_another_id(client: Client, root: Path) -> None:
    path = root / "source/cards/EX0001.yaml"
    path.write_text(card_text("EX0001").replace("EX0001", "EX0009"), "utf-8")
    page = client.until("/?part=list", "EX0009")
    assert 'data-id="EX0001"' not in page


def test_a_quick_look_at_a_file_finds_what_the_check_finds(client: Client, root: Path) -> None:
    """The entries after a save are those that a check of the whole deck gives."""
    states = []
    server = client.server.preview
    original = server.deck.take

    def recording(deck: LiveDeck) -> tuple[object, ...]:
        return (dict(deck.entries), [(one.entry.id, one.is_readable) for one in deck.listed()])

    def take(checked: CheckedDeck) -> None:
        before = recording(server.deck)
        original(checked)
        states.append((before, recording(server.deck)))

    server.deck.take = take  # type: ignore[method-assign]
    try:
        for text in (
            card_text("EX0001", title="New"),
            card_text("EX0001", tags="[geo]"),
            card_text("EX0001") + "nothing: x\n",
            "[",
            card_text("EX0001").replace("EX0001", "EX0006"),
            f"- {card_text('EX0001').strip().replace(chr(10), chr(10) + '  ')}\n- [x]\n",
        ):
            count = len(states)
            (root / "source/cards/EX0001.yaml").write_text(text, "utf-8")
            end = time.monotonic() + PATIENCE
            while len(states) == count:
                assert time.monotonic() < end
                time.sleep(0.01)
    finally:
        server.deck.take = original  # type: ignore[method-assign]
    for before, after in states:
        assert before == after


def test_a_deck_without_cards_has_a_page(tmp_path: Path) -> None:
    root = sample_project(tmp_path / "p", cards={})
    with preview_of(root) as client:
        assert "The deck has no cards yet." in client.page("/")
        (root / "source/cards/EX0001.yaml").write_text(card_text("EX0001"), "utf-8")
        client.until("/", 'data-id="EX0001"')


def test_a_deck_that_is_broken_from_the_start_is_repaired(tmp_path: Path) -> None:
    root = sample_project(tmp_path / "p", cards={"EX0001": "id: ["})
    (root / "source/deck.yaml").write_text("name: 1\nname: 2\n", "utf-8")
    with preview_of(root, poll=True) as client:
        client.page("/card/EX0001?view=html")
        (root / "source/deck.yaml").write_text(DECK, "utf-8")
        assert "finding error" in client.until("/card/EX0001", "cannot be shown until")
        (root / "source/cards/EX0001.yaml").write_text(card_text("EX0001"), "utf-8")
        client.until("/card/EX0001", "<iframe")


@pytest.mark.slow_cases("True")
@pytest.mark.parametrize("poll", [False, True])
def test_changes_are_noticed(tmp_path: Path, poll: bool) -> None:
    root = sample_project(tmp_path / "p")
    stop = threading.Event()
    found: list[frozenset[str]] = []

    def watch() -> None:
        found.extend(watching.changes(root, stop, poll=poll))

    def wait(path: str, change: Callable[[], object] = lambda: None) -> None:
        end = time.monotonic() + PATIENCE
        while not any(name.startswith(path) for batch in found for name in batch):
            assert time.monotonic() < end, (path, found)
            change()
            time.sleep(0.01)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        # Again until a watch is set up.
        wait(
            "source/cards/EX0001.yaml", lambda: (root / "source/cards/EX0001.yaml").write_text("id: EX0001\n", "utf-8")
        )
        (root / "source/cards/.hidden.yaml").write_text("x", "utf-8")
        (root / "source/cards/new").mkdir()
        (root / "source/cards/new/EX0009.yaml").write_text("x", "utf-8")
        wait("source/cards/new")  # what is in a new folder may not be named
        (root / "source").rename(root / "gone")
        (root / "gone").rename(root / "source")
        (root / "source/deck.yaml").write_text("x", "utf-8")
        wait("source/deck.yaml")
        assert not any(".hidden" in path for batch in found for path in batch)
    finally:
        stop.set()
        thread.join()


# --- Who may ask ---


@pytest.mark.parametrize(
    ("host", "bound", "is_own"),
    [
        ("127.0.0.1:8417", "127.0.0.1", True),
        ("localhost:8417", "127.0.0.1", True),
        ("LOCALHOST:8417", "127.0.0.1", True),
        ("[::1]:8417", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", False),
        ("127.0.0.1:80", "127.0.0.1", False),
        ("example.org:8417", "127.0.0.1", False),
        ("localhost.example.org:8417", "127.0.0.1", False),
        ("127.0.0.1.example.org:8417", "127.0.0.1", False),
        ("192.168.1.5:8417", "127.0.0.1", False),
        ("192.168.1.5:8417", "0.0.0.0", True),  # noqa: S104 - a value, not a server
        ("example.org:8417", "0.0.0.0", False),  # noqa: S104 - the same
        ("mine.local:8417", "mine.local", True),
        ("other.local:8417", "mine.local", False),
        ("", "127.0.0.1", False),
        (":8417", "127.0.0.1", False),
        ("127.0.0.1:8417:8417", "127.0.0.1", False),
        ("127.0.0.1:٨٤١٧", "127.0.0.1", False),
        ("user@127.0.0.1:8417", "127.0.0.1", False),
    ],
)
def test_only_our_own_name_is_answered(host: str, bound: str, is_own: bool) -> None:
    assert access.is_own_host(host, bound, 8417) is is_own
    assert not access.is_own_host(None, bound, 8417)


@pytest.mark.parametrize("host", ["example.org", "example.org:80", "", "127.0.0.1.nip.io"])
def test_a_name_that_leads_here_is_not_answered(shared: Client, host: str) -> None:
    for path in ("/", "/events", "/card/EX0001?part=card", "/assets/serve.js"):
        status, _, data = shared.ask(path, Host=host)
        assert status in {400, 421}
        assert b"EX0001" not in data


@pytest.mark.parametrize(
    ("site", "mode", "dest", "status"),
    [
        ("cross-site", "no-cors", "script", 403),
        ("cross-site", "cors", "empty", 403),
        ("same-site", "no-cors", "image", 403),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "navigate", "document", 200),
        ("same-origin", "cors", "empty", 200),
        ("none", "navigate", "document", 200),
    ],
)
def test_other_sites_may_only_link_here(shared: Client, site: str, mode: str, dest: str, status: int) -> None:
    assert shared.ask("/", Sec_Fetch_Site=site, Sec_Fetch_Mode=mode, Sec_Fetch_Dest=dest)[0] == status


def test_every_answer_has_its_policy(shared: Client) -> None:
    frame = re.findall(r'<iframe src="([^"]+)"', shared.page("/card/EX0001"))[0]
    for path in ("/", "/events", "/nothing", "/assets/serve.js", frame, "/view/x/y"):
        if path == "/events":
            continue
        _, headers, _ = shared.ask(path)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe-inline" not in policy.replace("style-src 'self' 'unsafe-inline'", "")
        assert ("sandbox allow-same-origin" in policy) is path.startswith("/view/")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Access-Control-Allow-Origin"] is None


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, int, int]]:
    """What the editor was asked to open."""
    found: list[tuple[Path, int, int]] = []
    monkeypatch.setattr("cardpipe.serve.server.open_in_editor", lambda *place: found.append(place))
    return found


def order(client: Client, **changes: str) -> dict[str, Any]:
    headers = {
        "Origin": f"http://127.0.0.1:{client.port}",
        "X_Cardpipe_Token": client.server.preview.token,
        "Content_Type": "application/json",
    }
    return {name: value for name, value in {**headers, **changes}.items() if value}


BODY = json.dumps({"card": "EX0001", "line": 3, "column": 2}).encode()


def test_the_page_opens_the_editor(shared: Client, root: Path, opened: list[tuple[Path, int, int]]) -> None:
    assert shared.ask("/open", method="POST", body=BODY, **order(shared))[0] == 200
    assert opened == [(root / "source/cards/EX0001.yaml", 3, 2)]


@pytest.mark.parametrize(
    "changes",
    [
        {"Origin": ""},
        {"Origin": "null"},
        {"Origin": "http://example.org"},
        {"Origin": "http://localhost:1"},
        {"X_Cardpipe_Token": ""},
        {"X_Cardpipe_Token": "wrong"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Host": "example.org"},
    ],
)
def test_nobody_else_opens_the_editor(
    shared: Client, opened: list[tuple[Path, int, int]], changes: dict[str, str]
) -> None:
    assert shared.ask("/open", method="POST", body=BODY, **order(shared, **changes))[0] in {403, 421}
    assert opened == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"card": "EX0001"}',
        b'{"card": "../deck", "line": 1, "column": 1}',
        b'{"card": ["EX0001"], "line": 1, "column": 1}',
        b'{"card": "EX0001", "line": "1", "column": 1}',
        b'{"card": "EX0001", "line": 0, "column": 1}',
        b'{"card": "EX0001", "line": true, "column": 1}',
        b"[" * 4000,
        b"x" * 5000,
    ],
)
def test_a_wrong_request_opens_nothing(shared: Client, opened: list[tuple[Path, int, int]], body: bytes) -> None:
    assert shared.ask("/open", method="POST", body=body, **order(shared))[0] == 400
    assert opened == []


def test_a_reader_elsewhere_sees_no_paths(shared: Client, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    monkeypatch.setattr(access, "is_loopback", lambda address: address == "localhost")
    page = shared.ask("/card/EX0001", Host=f"localhost:{shared.port}")[2].decode()
    assert str(root) not in page
    assert "$EDITOR" not in page
    headers = order(shared, Host=f"localhost:{shared.port}", Origin=f"http://localhost:{shared.port}")
    assert shared.ask("/open", method="POST", body=BODY, **headers)[0] == 403


@pytest.mark.parametrize(
    ("chosen", "command"),
    [
        ("code --wait", ["code", "--wait", "--goto", "FILE:3:2"]),
        ("subl", ["subl", "FILE:3:2"]),
        ("gvim", ["gvim", "+3", "FILE"]),
        ("kate", ["kate", "--line", "3", "FILE"]),
        ("someedit", ["someedit", "FILE"]),
    ],
)
def test_editors_open_the_line(
    chosen: str, command: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name)
    file = tmp_path / "EX0001.yaml"
    made = editor.editor_command({"EDITOR": chosen}, file, 3, 2)
    assert made == [part.replace("FILE", str(file)) for part in command]


@pytest.mark.parametrize("chosen", ["", "vim", "emacs -nw", "nano -w", "'", "no-such-editor-anywhere"])
def test_an_editor_that_cannot_be_started_is_explained(chosen: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        editor.editor_command({"EDITOR": chosen}, tmp_path, 3, 2)


@pytest.mark.parametrize("name", ["a&calc&.yaml", "a%PATH%.yaml", "a^.yaml", 'a".yaml'])
def test_no_name_of_a_file_is_a_command_of_windows(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / name
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "which", lambda name: name)
        patched.setattr("os.name", "nt")
        with pytest.raises(UsageError):
            editor.editor_command({"EDITOR": "code"}, path, 3, 2)
        assert editor.editor_command({"EDITOR": "code"}, tmp_path, 3, 2)


def test_editors_of_windows_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = r"C:\Program Files\Code\code.cmd"
    known = {"code": code, code: code, "idle": "./idle.exe"}
    file = str(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "which", known.get)
        patched.setattr("os.name", "nt")
        for line in ("code --wait", f'"{code}" --wait'):
            words = [code, "--wait"]
            assert programs.command_of(line) == words
        assert programs.command_of(code) == [code]
        # The working folder can be a deck of someone else.
        assert programs.command_of("idle") == []
        assert programs.command_of("nothing here") == []
        assert file in editor.editor_command({"EDITOR": "code"}, tmp_path, 3, 2)[-1]


def test_a_path_in_an_editor_link_is_encoded(tmp_path: Path) -> None:
    address = editor.editor_address(tmp_path / 'a "#?<b>.yaml', 3, 2)
    assert address.endswith("/a%20%22%23%3F%3Cb%3E.yaml:3:2")


# --- Parts ---


SCRIPT = '''"""A line."""


def draw(figure):
    """Draw a line."""
    figure.subplots().plot([0, 1])
'''
SCRIPTED = """figures:
  - {id: line, kind: script, script: line.py, alt: A line.}
"""


@pytest.mark.slow
@pytest.mark.parametrize("trust", [NOBODY, EVERYBODY], ids=["nobody", "everybody"])
def test_a_figure_script_runs_only_if_it_is_trusted(tmp_path: Path, trust: Trust) -> None:
    root = sample_project(tmp_path / "p")
    (root / "source/figures/line.py").write_text(SCRIPT, "utf-8")
    (root / "source/cards/EX0001.yaml").write_text(card_text("EX0001") + SCRIPTED, "utf-8")
    values = {"script": SourceText.inline("line.py")}
    with preview_of(root, trust=trust) as client:
        assert "Figures are being drawn" in client.page("/card/EX0001?part=card")
        page = client.until("/card/EX0001?part=card", "Figures are being drawn", absent=True)
        address = re.findall(r'<iframe src="([^"]+)card.html"', page)[1]
        name = re.findall(r'<img src="([^"]+)"', documents(client, page)[1])[0]
        picture = client.ask(address + name)[2]
        settings = client.server.preview.deck.settings
        assert settings is not None
        placeholder = KIND.placeholder(values, settings, FigureForm.SVG)
        assert (picture == placeholder.data) is (trust is NOBODY)
        assert picture != own_file("drawing.svg")


@pytest.mark.slow
def test_sides_are_those_of_the_real_anki(tmp_path: Path) -> None:
    from anki_collection import collection
    from cardpipe import Project

    root = sample_project(tmp_path / "p")
    package = Project(root).build(["anki"]).artefacts["anki"][0].data
    with collection(tmp_path / "anki") as learner, preview_of(root) as client:
        learner.import_package(package)
        compared = 0
        for number in learner.col.find_cards(""):
            card = learner.col.get_card(number)
            page = client.page(f"/card/{card.note()['ID']}?number={card.ord + 1}")
            for ours, real in zip(documents(client, page), (card.question(), card.answer()), strict=True):
                assert words_of(ours) == words_of(real)
                compared += 1
    assert compared == 2 * 6


def words_of(side: str) -> str:
    """What a side says, without formulas and typed answers."""
    body = side[side.find("<body") :].partition(">")[2] if "<body" in side else side
    body = re.sub(r"(?s)<style.*?</style>|<mjx-container.*?</mjx-container>|\\\(.*?\\\)", " ", body)
    body = re.sub(r'(?s)<code id="typeans">.*?</code>|\[\[type:.*?\]\]', " ", body)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_old_documents_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardpipe.serve.documents._MOST_BYTES", 100)
    kept = Documents()
    keys = [kept.add({"a.html": bytes([number]) * 40}) for number in range(3)]
    assert [kept.get(key, "a.html") is not None for key in keys] == [False, True, True]
    assert kept.add({"a.html": b"\x02" * 40}) == keys[2]


def test_a_page_that_does_not_read_gets_one_event_for_all() -> None:
    events = Events()
    stream = events.stream(0)
    assert stream is not None
    for _ in range(1000):
        events.send(["EX0001"])
    events.close()
    got = [event for event in stream if event.startswith(b"event: change")]
    assert len(got) < 100
    assert b'"revision": 1000' in got[-1]


def test_there_is_an_end_to_open_pages() -> None:
    events = Events()
    streams = [events.stream(0) for _ in range(100)]
    assert sum(stream is not None for stream in streams) == 64


def test_a_client_that_never_reads_does_not_stop_the_others(client: Client, root: Path) -> None:
    with (
        socket.create_connection(("127.0.0.1", client.port)) as silent,
        socket.create_connection(("127.0.0.1", client.port)) as slow,
    ):
        host = f"Host: 127.0.0.1:{client.port}\r\n".encode()
        silent.sendall(b"GET /events?revision=0 HTTP/1.1\r\n" + host + b"\r\n")
        slow.sendall(b"GET / HT")
        (root / "source/cards/EX0001.yaml").write_text(card_text("EX0001", answer="All the same."), "utf-8")
        client.until("/card/EX0001?view=csv&part=card", "All the same.")


def test_a_port_in_use_is_explained_with_a_free_one(root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(cli, ["-C", str(root), "serve", "--port", str(port)])
    assert getattr(result.exception, "message", "") == f"Port {port} is in use."
    assert re.fullmatch(r"Port \d+ is free: --port \d+", getattr(result.exception, "hint", ""))


@pytest.mark.slow
def test_pages_that_close_before_they_get_an_answer_leave_no_stream(client: Client) -> None:
    host = f"Host: 127.0.0.1:{client.port}\r\n\r\n".encode()
    for _ in range(80):
        with socket.create_connection(("127.0.0.1", client.port)) as sent:
            sent.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sent.sendall(b"HEAD /assets/icon.svg HTTP/1.1\r\n" + host + b"GET /events HTTP/1.1\r\n" + host)
    # Streams notice at their next heartbeat that nobody reads.
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with socket.create_connection(("127.0.0.1", client.port)) as tried:
            tried.sendall(b"GET /events HTTP/1.1\r\n" + host)
            if b" 200 " in tried.recv(100):
                return
        time.sleep(1)
    raise AssertionError


def test_a_long_text_and_many_parameters_are_answered(client: Client, root: Path) -> None:
    (root / "source/cards/EX0001.yaml").write_text(card_text("EX0001", answer="long " * 40_000), "utf-8")
    client.until("/card/EX0001?view=csv&part=card", "long long")
    assert client.ask("/?" + "&".join(f"a{number}=1" for number in range(30)))[0] == 200
