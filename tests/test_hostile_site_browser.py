"""Hostile cards, addresses and files of progress in a real browser: no script runs and no other host is asked.

A payload for texts is a line of `PAYLOADS`, one for addresses a line of `QUERIES`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from browser_session import BROWSER, Browser, Page
from cardpipe.writers.site import WRITER
from hostile_sample import HostileDeck
from page_sample import silent
from progress_sample import DAY, as_bytes, mark, progress, review
from site_server import served
from test_hostile_progress import FILES
from test_hostile_site import released
from test_hostile_texts import with_good_ids
from test_site_browser import exported, project
from test_study_page import READY, import_file, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed; nothing else needs one"),
]

PAYLOADS = [
    "<img src=x onerror=evil()><svg onload=evil()><script>evil()</script>",
    '</script></title></main>"><script>evil()</script><a href=javascript:evil()>x</a>',
    "<link rel=stylesheet href=https://evil.test/x.css><img src=//evil.test/x.png><iframe src=https://evil.test/>",
    "[x](javascript:evil()) ![x](https://evil.test/x.png) <https://evil.test/> $\\href{javascript:evil()}{x}$",
    '<article class="card" data-guid="evil"><main id="study" data-cards="//evil.test"><form action=//evil.test>',
]
QUERIES = [
    "<img src=x onerror=evil()>",
    '"><script>evil()</script>',
    "javascript:evil()",
    "__proto__ constructor hasOwnProperty",
    "((((*+?[\\",
    "\x00\u202e\ud83d",
    "é" * 5_000,
    "a " * 3_000,
    "神" * 1_000,
]
RAW = ["%", "%E0%A4%A", "%00", "?q=a&q=%3Cimg%20src=x%20onerror=evil()%3E", "+" * 5_000]
TRAP = """globalThis.isEvil = false; globalThis.evil = () => { globalThis.isEvil = true; };
for (const name of ["alert", "confirm", "prompt", "open"]) globalThis[name] = globalThis.evil;"""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with Browser(tmp_path / "profile") as browser:
        browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        made = browser.page()
        made.command("Page.addScriptToEvaluateOnNewDocument", source=TRAP)
        yield made


@pytest.fixture(scope="module")
def site(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(run, project(tmp_path_factory.mktemp("plain") / "p"))


def harmless(page: Page, address: str, what: object) -> None:
    """No script of the payload ran, no policy was broken, and nothing was asked of another host."""
    assert page.value("globalThis.isEvil") is False, what
    assert page.value("location.href").startswith(address), what
    assert page.problems() == [], what
    asked = {
        event["params"]["request"]["url"]
        for event in page.browser.events
        if event.get("method") == "Network.requestWillBeSent"
    }
    assert {one for one in asked if not one.startswith((address, "data:", "blob:"))} == set(), what


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_hostile_texts_do_nothing(payload: str, page: Page, tmp_path: Path) -> None:
    (tmp_path / "deck").mkdir()
    deck = HostileDeck(payload, tmp_path / "deck")
    rendered = released(with_good_ids(deck.rendered(WRITER.capabilities, edition=False)), payload)
    for one in WRITER.write(rendered, {}, silent):
        path = tmp_path / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.data)
    root = next(path for path in tmp_path.iterdir() if (path / "sw.js").is_file())
    with served(root) as address:
        for path in sorted(root.rglob("*.html")):
            page.open(address + quote(path.relative_to(root).as_posix()))
            page.value("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            harmless(page, address, path)
        opened(page, address)
        page.value("document.querySelector('.study-today button').click()")
        for _ in range(12):
            page.wait("document.querySelector('.study-controls button.primary')")
            if page.value("document.querySelector('.study-controls button.primary').textContent") == "Overview":
                break
            page.value("document.querySelector('.study-controls button.primary').click()")
            page.wait("document.querySelector('.study-grades')")
            page.press("4")
            page.wait("!document.querySelector('.study-grades')")
        harmless(page, address, "study")


def test_hostile_addresses_do_nothing(site: Path, page: Page) -> None:
    values = [*(quote(one, safe="", errors="surrogatepass") for one in QUERIES), *RAW]
    with served(site) as address:
        for value in values:
            page.open(f"{address}search/?q={value}#{value}")
            page.wait("document.getElementById('found').textContent || !document.getElementById('words').value.trim()")
            assert page.value("document.getElementById('words').value.length") <= 200
            harmless(page, address, value)
            page.open(f"{address}study/?{value}#{value}")
            page.wait(READY)
            harmless(page, address, value)


def test_hostile_progress_is_refused_and_does_nothing(site: Path, page: Page, tmp_path: Path) -> None:
    [data] = site.glob("data/study-*.json")
    uid = json.loads(data.read_bytes())["uid"]
    path = tmp_path / "x.json"
    markup = "<img src=x onerror=evil()>"
    refused = [*FILES.values(), as_bytes({**progress(uid, 20_000, []), "marks": [{**mark("a"), "buried": markup}]})]
    names = ("__proto__", "constructor", "toString", "<img/src=x/onerror=evil()>")
    good = progress(
        uid,
        20_000,
        [review(name, 20_000 * DAY + number, 1) for name in names for number in range(3)],
        [mark(name, suspended=True, leech=True) for name in names],
    )
    good["settings"] = {"tags": [markup], "decks": ["__proto__"], "newPerDay": 7, "__proto__": {"shortcuts": False}}
    good["release"] = markup
    with served(site) as address:
        opened(page, address)
        for content in refused:
            path.write_bytes(content)
            assert import_file(page, path).endswith("Nothing was imported."), content[:80]
        harmless(page, address, "refused")
        path.write_bytes(as_bytes(good))
        assert import_file(page, path).endswith("New reviews: 12.")
        page.wait(READY)
        opened(page, address)
        assert page.value("({}).shortcuts") is None
        harmless(page, address, "good")
