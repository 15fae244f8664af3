"""The service worker in a browser: what is kept comes from one release, whatever the network answers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser_session import BROWSER, Browser, Page
from site_server import PLACE, SiteServer
from test_site_browser import exported, project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Run
    from site_server import Answer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed; nothing else needs one"),
]

ACTIVE = "navigator.serviceWorker.getRegistration().then(one => one?.active?.state === 'activated')"
UPDATE = "navigator.serviceWorker.getRegistration().then(one => one.update()).then(() => true, () => true)"
WAITING = "navigator.serviceWorker.getRegistration().then(one => Boolean(one?.waiting))"
SETTLED = "navigator.serviceWorker.getRegistration().then(one => !one?.installing)"
CACHES = "caches.keys().then(keys => keys.length)"
TITLE = "document.getElementById('title').textContent"
KEPT = """caches.keys().then(async keys => {
  const found = {};
  for (const key of keys) for (const one of await (await caches.open(key)).keys()) {
    found[decodeURI(new URL(one.url).pathname)] = await (await (await caches.open(key)).match(one)).text();
  }
  return found;
})"""


@pytest.fixture(scope="module")
def releases(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A release, and the next one, in which a card is changed and another one removed."""
    root = project(tmp_path_factory.mktemp("releases") / "p")
    first = Path(shutil.copytree(exported(run, root), root / "first"))
    cards = root / "source" / "cards" / "a.yaml"
    text = cards.read_text("utf-8").replace("Café au lait", "Café crème")
    cards.write_text(text[: text.index("- id: EX0005")], encoding="utf-8")
    return first, Path(shutil.copytree(exported(run, root), root / "second"))


@pytest.fixture
def server(releases: tuple[Path, Path]) -> Iterator[SiteServer]:
    made = SiteServer(releases[0])
    yield made
    made.close()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with Browser(tmp_path / "profile") as browser:
        yield browser.page()


def visit(page: Page, server: SiteServer, path: str = "") -> None:
    page.open(f"{server.address}{PLACE}{path}")
    page.wait("document.body?.childElementCount")


def installed(page: Page, server: SiteServer) -> None:
    visit(page, server)
    page.wait(ACTIVE)


def portal(_: str) -> Answer:
    return 200, b"<!doctype html><h1 id=title>Log in to the network</h1>"


FAULTS: dict[str, Callable[[str], Answer]] = {
    "an error of the server": lambda _: (503, b"<h1 id=title>Unavailable</h1>"),
    "an error of a gateway": lambda _: (502, b""),
    "not found": lambda _: (404, b"<h1 id=title>Not here</h1>"),
    "forbidden": lambda _: (403, b"<h1 id=title>No</h1>"),
    "a portal": portal,
    "nothing": lambda _: (200, b""),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_wrong_answer_never_replaces_a_kept_page(
    server: SiteServer, page: Page, fault: Callable[[str], Answer]
) -> None:
    installed(page, server)
    before = page.value(KEPT)
    server.fault = fault
    for path in ("", "card/EX0001/", "card/EX0001/index.html", "card/EX0001", "search/?q=letters", "study/"):
        visit(page, server, path)
        assert page.value("document.querySelector('h1').textContent") not in {"Log in to the network", "No", "Not here"}
    visit(page, server, "card/EX0001/")
    assert "au lait" in page.value(TITLE)
    page.wait("document.images[0].naturalWidth === 700")
    page.value(UPDATE)
    page.wait(SETTLED)
    assert page.value(KEPT) == before
    server.fault = lambda _: None
    assert page.value(ACTIVE)


WRONG: dict[str, Callable[[str], bool]] = {
    "an asset": lambda path: path.startswith("assets/SourceSerif"),
    "the data": lambda path: path.startswith("data/search"),
    "the list": lambda path: path.startswith("data/offline"),
    "a page": lambda path: path == "card/EX0002/",
    "the manifest": lambda path: path == "manifest.webmanifest",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_release_that_is_not_there_as_a_whole_is_not_installed(
    releases: tuple[Path, Path], server: SiteServer, page: Page, wrong: Callable[[str], bool]
) -> None:
    server.fault = lambda path: portal(path) if wrong(path) else None
    visit(page, server)
    page.wait("navigator.serviceWorker.getRegistration().then(one => !one || !one.installing)")
    assert not page.value(ACTIVE)
    assert not any("Log in" in text for text in page.value(KEPT).values())
    server.fault = lambda _: None
    visit(page, server, "card/EX0002/")
    page.wait(ACTIVE)
    # The same for the next release, beside which the first one stays.
    server.fault = lambda path: (503, b"") if path == "card/EX0001/" else None
    server.folder = releases[1]
    page.value(UPDATE)
    page.wait(SETTLED)
    assert not page.value(WAITING)
    server.fault = lambda _: None
    server.is_off = True
    visit(page, server, "card/EX0001/")
    assert "au lait" in page.value(TITLE)


def test_the_next_page_is_of_the_new_release_and_only_changes_are_fetched(
    releases: tuple[Path, Path], server: SiteServer, page: Page
) -> None:
    installed(page, server)
    server.folder = releases[1]
    server.requests.clear()
    page.value(UPDATE)
    page.wait(WAITING)
    fetched = {path.partition("?")[0] for path in server.requests}
    assert "card/EX0001/" in fetched
    assert "licences/" not in fetched
    assert not any(path.endswith((".woff2", ".png")) for path in fetched)
    # No other page is open, so that the new release answers from now on.
    visit(page, server, "card/EX0001/")
    page.wait(f"document.getElementById('title') && {TITLE}.includes('crème')")
    page.wait(f"{CACHES}.then(count => count === 1)")
    assert f"{PLACE}card/EX0005/" not in page.value(KEPT)
    visit(page, server, "card/EX0005/")
    assert "EX0005" not in page.value("document.body.textContent")
    server.is_off = True
    visit(page, server, "card/EX0005/")
    assert page.value("document.title").startswith("Page not found")
    visit(page, server, "card/EX0003")
    assert page.value("location.pathname") == f"{PLACE}card/EX0003/"


def test_all_windows_change_to_a_release_together(releases: tuple[Path, Path], server: SiteServer, page: Page) -> None:
    installed(page, server)
    second = page.browser.page()
    visit(page, server, "card/EX0001/")
    visit(second, server, "card/EX0001/")
    server.folder = releases[1]
    page.value(UPDATE)
    page.wait("!document.getElementById('update').hidden")
    # With another window open, the first release goes on answering.
    visit(second, server, "card/EX0001/")
    assert "au lait" in second.value(TITLE)
    page.value("document.querySelector('#update button').click()")
    for one in (page, second):
        one.wait(f"document.getElementById('title') && {TITLE}.includes('crème')")


def test_without_space_the_site_works_online(server: SiteServer, page: Page) -> None:
    page.command("Storage.overrideQuotaForOrigin", origin=server.address, quotaSize=20_000)
    visit(page, server, "card/EX0001/")
    page.wait("navigator.serviceWorker.getRegistration().then(one => !one || !one.installing)")
    assert not page.value(ACTIVE)
    visit(page, server, "card/EX0002/")
    assert page.value(TITLE).startswith("EX0002")
    visit(page, server, "study/")
    page.wait("document.querySelector('.study-today button')")


def test_a_large_site_says_when_it_cannot_be_kept(server: SiteServer, page: Page, tmp_path: Path) -> None:
    large = Path(shutil.copytree(server.folder, tmp_path / "large"))
    worker = large / "sw.js"
    worker.write_text(worker.read_text("utf-8").replace('"small":true', '"small":false'), encoding="utf-8")
    server.folder = large
    visit(page, server, "study/")
    page.wait(ACTIVE)
    server.fault = lambda path: portal(path) if path.startswith("card/EX0002") else None
    visit(page, server, "study/")
    page.wait("!document.getElementById('keep').hidden")
    page.value("document.getElementById('keep').click()")
    page.wait("document.getElementById('kept').textContent.startsWith('The deck could not be kept.')")
    assert not any("Log in" in text for text in page.value(KEPT).values())
    server.fault = lambda _: None
    page.value("document.getElementById('keep').click()")
    page.wait("document.getElementById('keep').textContent.startsWith('The whole deck is available')")
    server.is_off = True
    visit(page, server, "card/EX0002/")
    assert page.value(TITLE).startswith("EX0002")
    assert page.problems() == [] or all("EX0002" in one or "ERR_" in one for one in page.problems())


def test_a_part_of_a_kept_file_is_answered(server: SiteServer, page: Page) -> None:
    installed(page, server)
    visit(page, server, "card/EX0001/")
    server.is_off = True
    script = """fetch(document.images[0].src, {headers: {range: "bytes=1-3"}}).then(async answer =>
      [answer.status, answer.headers.get("content-range").split("/")[0], await answer.text()])"""
    assert page.value(script) == [206, "bytes 1-3", "PNG"]
