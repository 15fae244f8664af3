"""The preview in a real browser: it follows saves, is used by keyboard, fits, and can be read by everybody."""

from __future__ import annotations

import importlib.util
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser_session import BROWSER, Browser
from cardpipe.serve.views import VIEWS
from preview_server import PATIENCE, Client, card_text, preview_of, sample_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from browser_session import Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed; nothing else needs one"),
]
FIGURE = """figures:
  - id: bars
    kind: bars
    alt: Two bars.
    categories: [one, two]
    series:
      - {label: x, values: [1, 2]}
"""
SHOWN = (
    "[...document.querySelectorAll('#view iframe:not(.waiting)')].map(f => f.contentDocument?.body?.innerText).join()"
)
IN_SANDBOX = "Blocked script execution"
"""What Chromium says of the scripts of the site's pages, which do not run in the preview."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return sample_project(tmp_path / "project")


@pytest.fixture
def client(root: Path) -> Iterator[Client]:
    with preview_of(root) as made:
        yield made


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with Browser(tmp_path / "profile") as browser:
        made = browser.page()
        yield made
        assert [problem for problem in made.problems() if IN_SANDBOX not in problem] == []


def address(client: Client, path: str) -> str:
    return f"http://127.0.0.1:{client.port}{path}"


def test_a_save_is_seen_in_two_pages_where_one_was_reading(client: Client, root: Path, page: Page) -> None:
    other = page.browser.page()
    for one in (page, other):
        one.command("Page.bringToFront")  # a page that is not seen does not listen
        one.resize(1200, 500)
        one.open(address(client, "/card/EX0001"))
        one.wait(f"{SHOWN}.includes('A square of')")
        one.wait("document.getElementById('connection').className === 'live'")
        one.value("document.getElementById('card').scrollTop = 120")
    path = root / "source/cards/EX0001.yaml"
    path.write_text(card_text("EX0001", answer="Something new."), "utf-8")
    for one in (other, page):
        one.command("Page.bringToFront")
        one.wait(f"{SHOWN}.includes('Something new.')")
        assert one.value("document.getElementById('card').scrollTop") == 120
        assert one.value("document.querySelectorAll('#view iframe').length") == 2
    path.write_text(card_text("EX0001", answer="["), "utf-8")
    page.wait("document.querySelector('#findings .finding.error a[href^=\"vscode://\"]')")
    assert page.value(f"{SHOWN}.includes('Something new.')")
    path.unlink()
    page.wait("document.getElementById('head').innerText.includes('no card with this ID')")
    path.write_text(card_text("EX0001", answer="Back again."), "utf-8")
    page.wait(f"{SHOWN}.includes('Back again.')")


def test_a_page_that_was_hidden_catches_up(client: Client, root: Path, page: Page) -> None:
    page.open(address(client, "/card/EX0001"))
    page.value("window.dispatchEvent(new Event('pagehide'))")
    (root / "source/cards/EX0001.yaml").write_text(card_text("EX0001", answer="Meanwhile."), "utf-8")
    client.until("/card/EX0001?view=csv&part=card", "Meanwhile.")
    page.value("window.dispatchEvent(new Event('pageshow'))")
    page.wait(f"{SHOWN}.includes('Meanwhile.')")


def test_the_keyboard_is_enough(client: Client, page: Page) -> None:
    page.open(address(client, "/card/EX0001"))
    current = "document.getElementById('head').dataset.id"
    for key, card in (("j", "EX0002"), ("ArrowDown", "EX0003"), ("k", "EX0002"), ("k", "EX0001"), ("k", "EX0001")):
        page.press(key)
        page.wait(f"{current} === '{card}' && location.pathname === '/card/{card}'")
    for number, view in enumerate(VIEWS, 1):
        page.press(str(number))
        page.wait(f"document.getElementById('view').classList.contains('{view}')")
    page.press("/")
    page.type("third")
    page.wait("[...document.querySelectorAll('.cards a')].map(a => a.dataset.id).join() === 'EX0003'")
    page.press("Escape")
    page.press("j")
    page.wait(f"{current} === 'EX0003'")
    page.value("history.back()")
    page.wait(f"{current} === 'EX0001'")


def test_links_between_cards_lead_to_them(client: Client, page: Page) -> None:
    page.open(address(client, "/card/EX0004?view=source"))
    page.open(address(client, "/card/EX0004?view=html"))
    page.wait(f"{SHOWN}.includes('Fourth')")
    page.value(
        "(() => { const page = document.querySelector('#view iframe').contentDocument;"
        "const link = page.createElement('a'); link.href = '#card-EX0001'; page.body.append(link); link.click(); })()"
    )
    page.wait("document.getElementById('head').dataset.id === 'EX0001'")


def test_slow_views_and_figures_follow(client: Client, root: Path, page: Page) -> None:
    page.open(address(client, "/card/EX0001?view=sheet"))
    page.wait("document.querySelector('#view img.page')?.naturalWidth > 500")
    page.open(address(client, "/card/EX0001?view=site"))
    page.wait(f"{SHOWN}.includes('What is')")
    page.open(address(client, "/card/EX0001"))
    (root / "source/cards/EX0001.yaml").write_text(card_text("EX0001", answer="With a figure.") + FIGURE, "utf-8")
    page.wait(f"{SHOWN}.includes('With a figure.')")
    picture = "document.querySelectorAll('#view iframe')[1]?.contentDocument?.querySelector('figure img')"
    page.wait(f"{picture}?.getAttribute('src')")
    page.wait(f"!document.querySelector('.pending') && {picture}?.naturalWidth !== 480")


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_violations(client: Client, root: Path, page: Page, dark: bool) -> None:
    spec = importlib.util.find_spec("axe_core_python")
    assert spec is not None
    assert spec.origin is not None
    axe = Path(spec.origin).with_name("axe.min.js").read_text("utf-8")
    page.resize(1400, dark=dark)
    (root / "source/cards/EX0003.yaml").write_text(card_text("EX0003", nothing="x", tags="[none]"), "utf-8")
    client.until("/card/EX0003", "finding error")
    for path in (
        "/",
        "/card/EX0003",
        "/card/EX0003?view=source",
        "/card/EX0002",
        "/card/EX0001?view=csv",
        "/card/XX0001",
    ):
        page.open(address(client, path))
        page.wait("document.getElementById('connection').className === 'live'")
        page.value(f"{axe}; 0")
        found = page.value(
            "axe.run(document, {iframes: false})"
            ".then(result => result.violations.map(fault => fault.id + ' ' + fault.nodes[0].html))"
        )
        assert found == [], path


@pytest.mark.parametrize("width", [320, 390, 800, 1400])
def test_nothing_is_wider_than_the_window(client: Client, root: Path, page: Page, width: int) -> None:
    (root / "source/cards/EX0003.yaml").write_text(
        card_text("EX0003", title="Averyveryvery" * 12, nothing="x" * 400), "utf-8"
    )
    client.until("/card/EX0003", "finding error")
    page.resize(width)
    for path in ("/", *(f"/card/EX0003?view={view}" for view in VIEWS), "/card/EX0001?phone=1"):
        page.open(address(client, path))
        assert page.value("document.documentElement.scrollWidth") <= width, path
        wide = page.value("[document.getElementById('card')].filter(e => e.scrollWidth > e.clientWidth + 1).length")
        assert wide == 0, path


@pytest.mark.parametrize("width", [320, 390, 1400])
def test_all_tabs_are_seen(client: Client, page: Page, width: int) -> None:
    page.resize(width)
    page.open(address(client, "/card/EX0001"))
    outside = "e => e.getBoundingClientRect().right > document.querySelector('.tabs').getBoundingClientRect().right + 1"
    assert page.value(f"[...document.querySelectorAll('.tabs a')].filter({outside}).length") == 0
    assert page.value("document.querySelector('.tabs').scrollWidth <= document.querySelector('.tabs').clientWidth")


def test_the_line_before_an_answer_is_shown_only_with_one(client: Client, root: Path, page: Page) -> None:
    (root / "source/cards/EX0008.yaml").write_text(
        "id: EX0008\ntitle: Sixth\nkind: cloze\nquestion: 'A {{c1::word}}.'\ndetails: More.\n", "utf-8"
    )
    client.until("/?part=list", "EX0008")
    line = "[...document.querySelectorAll('#view iframe')].map(f => f.contentDocument?.querySelector('#answer'))"
    for card_id, is_shown in (("EX0001", True), ("EX0002", False), ("EX0008", True)):
        page.open(address(client, f"/card/{card_id}"))
        page.wait(f"{line}.some(Boolean)")
        assert page.value(f"{line}.filter(Boolean).every(e => e.getClientRects().length > 0)") is is_shown, card_id


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_everything(root: Path, name: str) -> None:
    """The server's own processes too, with exit code 0."""
    server = subprocess.Popen(
        [sys.executable, "-m", "cardpipe", "-C", root, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    line = server.stdout.readline()
    found = re.search(r":(\d+)/", line)
    assert found is not None, line

    port = int(found[1])

    class Other:
        server_port = port

    client = Client(Other())  # type: ignore[arg-type] # only its port is asked for
    client.page("/card/EX0001?view=sheet")
    end = time.monotonic() + PATIENCE
    while not (children := children_of(server.pid)):
        assert time.monotonic() < end
        time.sleep(0.02)
    server.send_signal(getattr(signal, name))
    out, err = server.communicate(timeout=PATIENCE)
    assert (server.returncode, out) == (0, "")
    assert "Traceback" not in err
    while any(is_running(child) for child in children):
        assert time.monotonic() < end, children
        time.sleep(0.02)


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False
