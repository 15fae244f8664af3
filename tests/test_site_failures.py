"""The site in a browser that lacks something, on a host that answers wrongly, or with a clock that was set back.

Every page says what does not work, and everything else goes on. A fault is a line of one of the lists.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from browser_session import BROWSER, Browser, Page
from progress_sample import as_bytes
from site_server import PLACE, SiteServer, served
from test_site_browser import exported
from test_site_browser import project as sample
from test_study_page import GRADES, PRIMARY, READY, answer, begin, export, grade, import_file, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Run
    from site_server import Answer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed; nothing else needs one"),
]

FAILURE = "document.querySelector('.study-failure')?.textContent ?? ''"
HTML = b"<!doctype html><title>x</title><h1 id=title>Welcome</h1>"


@pytest.fixture(scope="module")
def site(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(run, sample(tmp_path_factory.mktemp("failures") / "p"))


@pytest.fixture
def server(site: Path) -> Iterator[SiteServer]:
    made = SiteServer(site)
    yield made
    made.close()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with Browser(tmp_path / "profile") as browser:
        browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        yield browser.page()


def address_of(server: SiteServer) -> str:
    return f"{server.address}{PLACE}"


def uncaught(page: Page) -> list[str]:
    """Errors of scripts, without those that the browser reports of the network."""
    return [one for one in page.problems() if '"source": "network"' not in one]


NO_DATABASE = {
    "none": "Object.defineProperty(globalThis, 'indexedDB', {value: undefined})",
    "refused": "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); }",
    "failing": """{
      const open = IDBFactory.prototype.open;
      IDBFactory.prototype.open = function (name) { return open.call(this, name, 2 ** 53); };
    }""",
}
MISSING = {
    "no storage": "Object.defineProperty(globalThis, 'localStorage', {get() { throw new DOMException('no'); }})",
    "no locks": "Object.defineProperty(Navigator.prototype, 'locks', {value: undefined})",
    "no persistence": "Object.defineProperty(Navigator.prototype, 'storage', {value: undefined})",
    "no workers": "delete Navigator.prototype.serviceWorker",
    "refused workers": "ServiceWorkerContainer.prototype.register = () => Promise.reject(new DOMException('no'))",
    "no caches": "delete globalThis.caches",
}


@pytest.mark.parametrize("fault", NO_DATABASE.values(), ids=NO_DATABASE)
def test_a_window_that_cannot_store_says_so(server: SiteServer, page: Page, fault: str) -> None:
    page.command("Page.addScriptToEvaluateOnNewDocument", source=fault)
    page.open(f"{address_of(server)}study/")
    page.wait(f"({FAILURE}).startsWith('Progress cannot be stored')")
    page.open(f"{address_of(server)}card/EX0001/")
    assert "au lait" in page.value("document.querySelector('h1').textContent")
    assert uncaught(page) == []


@pytest.mark.parametrize("fault", MISSING.values(), ids=MISSING)
def test_what_a_browser_lacks_is_not_needed(server: SiteServer, page: Page, tmp_path: Path, fault: str) -> None:
    page.command("Page.addScriptToEvaluateOnNewDocument", source=fault)
    opened(page, address_of(server))
    begin(page)
    answer(page)
    grade(page, 3)
    page.press("Escape")
    page.wait(READY)
    assert len(export(page, tmp_path)["reviews"]) == 1
    page.value("document.getElementById('theme').click()")
    assert uncaught(page) == []


def _half(server: SiteServer, path: str) -> Answer:
    data = (server.folder / path).read_bytes()
    return 200, data[: len(data) // 2]


DATA: dict[str, Callable[[SiteServer, str], Answer]] = {
    "a page": lambda *_: (200, HTML),
    "an error": lambda *_: (503, HTML),
    "truncated": _half,
    "empty": lambda *_: (200, b""),
    "null": lambda *_: (200, b"null"),
    "a list": lambda *_: (200, b"[]"),
    "without cards": lambda *_: (200, b'{"format": 1}'),
    "another format": lambda *_: (200, b'{"format": 2, "cards": []}'),
}


@pytest.mark.parametrize("fault", DATA.values(), ids=DATA)
def test_data_that_is_none_is_reported(
    server: SiteServer, page: Page, fault: Callable[[SiteServer, str], Answer]
) -> None:
    server.fault = lambda path: fault(server, path) if path.startswith("data/") else None
    page.open(f"{address_of(server)}study/")
    page.wait(f"({FAILURE}).startsWith('The cards could not be loaded')")
    page.open(f"{address_of(server)}search/?q=letter")
    page.wait("document.getElementById('found').textContent.startsWith('The cards could not be loaded')")
    assert uncaught(page) == []


@pytest.mark.parametrize("status", [200, 404, 503])
def test_a_page_without_its_scripts_says_so(server: SiteServer, page: Page, status: int) -> None:
    # An old page of the browser's cache asks for scripts that the host no longer has.
    server.fault = lambda path: (status, HTML) if path.endswith(".js") else None
    visible = "document.querySelector('.late').checkVisibility({visibilityProperty: true})"
    for path in ("study/", "search/?q=letter"):
        page.open(f"{address_of(server)}{path}")
        assert not page.value(visible)
        page.value("document.getAnimations().forEach(one => one.finish())")  # what appears after some seconds
        assert page.value(visible)
        assert "could not be loaded" in page.value("document.querySelector('.late').textContent")
    page.open(f"{address_of(server)}card/EX0001/")
    page.value("document.querySelector('summary').click()")
    assert page.value("document.querySelector('.answer').checkVisibility()")


def _cards_answered(found: Answer, path: str) -> Answer | None:
    return found if path.startswith("card/") else None


def test_a_card_that_cannot_be_fetched_is_shown_later(server: SiteServer, page: Page) -> None:
    page.command("Network.setBypassServiceWorker", bypass=True)
    opened(page, address_of(server))
    for answered in ((200, HTML), (503, HTML), (200, b"")):
        server.fault = partial(_cards_answered, answered)
        page.value("document.querySelector('.study-today button').click()")
        page.wait("document.querySelector('.study-view').textContent.includes('cannot be loaded')")
        page.press("3")
        page.press("Escape")
        page.wait(READY)
    server.fault = lambda _: None
    begin(page)
    answer(page)
    assert page.value(f"Boolean({GRADES})")
    assert uncaught(page) == []


def test_a_clock_that_was_set_back_loses_nothing(site: Path, page: Page, tmp_path: Path) -> None:
    with served(site) as address:
        for day in (40, 45, 3, -400, 46):
            opened(page, address, day)
            for number in (1, 3):
                if begin(page) and page.value(f"{PRIMARY}.textContent") != "Overview":
                    answer(page)
                    grade(page, number)
                    page.press("Escape")
                    page.wait(READY)
        file = export(page, tmp_path)
        times: dict[tuple[str, int], list[int]] = {}
        for one in file["reviews"]:
            times.setdefault((one["guid"], one["face"]), []).append(one["time"])
        assert len(file["reviews"]) >= 6
        assert all(found == sorted(set(found)) for found in times.values())
        path = tmp_path / "back.json"
        path.write_bytes(as_bytes(file))
        assert import_file(page, path).endswith("New reviews: 0.")
        assert json.loads(path.read_bytes())["reviews"] == file["reviews"]
        assert uncaught(page) == []
