"""What a learner does is stored as a whole or not at all, whatever fails, and in however many windows."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from browser_session import BROWSER
from progress_sample import DAY, as_bytes, mark, progress, review
from site_server import served
from test_study_page import (
    GRADES,
    READY,
    answer,
    begin,
    click,
    export,
    grade,
    import_file,
    opened,
    page,
    project,
    uid_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from browser_session import Page

__all__ = ["page", "project"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed; nothing else needs one"),
]

NOTICE = "document.querySelector('.study-notice').textContent"
TITLE = "document.querySelector('.study-title').textContent"
FULL = """(() => {
  globalThis.real = {put: IDBObjectStore.prototype.put, add: IDBObjectStore.prototype.add,
                     delete: IDBObjectStore.prototype.delete};
  for (const name of Object.keys(real)) {
    IDBObjectStore.prototype[name] = () => { throw new DOMException("full", "QuotaExceededError"); };
  }
})()"""
EMPTY = "Object.assign(IDBObjectStore.prototype, globalThis.real); 0"


def test_without_space_nothing_is_lost(project: Path, page: Page, tmp_path: Path) -> None:
    with served(project / "output" / "site") as address:
        opened(page, address)
        begin(page)
        answer(page)
        grade(page, 4)
        title = page.value(TITLE)
        page.value(FULL)
        for key in ("b", "s", "u"):
            page.value("document.querySelector('.study-notice').replaceChildren()")
            page.press(key)
            page.wait(f"{NOTICE}.includes('no space left')")
            assert page.value(TITLE) == title
        answer(page)
        page.press("3")
        page.wait(f"{NOTICE}.includes('no space left')")
        assert page.value(f"Boolean({GRADES})")
        page.value(EMPTY)
        # The same card is graded, and both reviews can still be undone.
        grade(page, 3)
        for _ in range(2):
            page.press("u")
            page.wait("document.querySelector('.study-only-heard[role=status]').textContent === 'Undone.'")
            page.value("document.querySelector('.study-only-heard[role=status]').textContent = ''")
        page.press("Escape")
        page.wait(READY)
        file = export(page, tmp_path)
        assert (file["reviews"], file["marks"]) == ([], [])


def test_a_card_is_answered_once_in_two_windows(project: Path, page: Page, tmp_path: Path) -> None:
    with served(project / "output" / "site") as address:
        opened(page, address)
        second = page.browser.page()
        opened(second, address)
        for one in (page, second):
            begin(one)
            answer(one)
            # No word from the other window comes in time.
            one.value("BroadcastChannel.prototype.postMessage = () => {}; 0")
        assert page.value(TITLE) == second.value(TITLE)
        grade(page, 4)
        second.press("1")
        second.wait(f"{NOTICE}.includes('changed in another window')")
        second.wait(f"{TITLE} === {json.dumps(page.value(TITLE))}")
        page.press("Escape")
        page.wait(READY)
        assert len(export(page, tmp_path)["reviews"]) == 1


@pytest.mark.parametrize("step", [1, -1], ids=["oldest first", "newest first"])
def test_the_newest_mark_counts_and_a_known_review_stays(project: Path, page: Page, tmp_path: Path, step: int) -> None:
    uid, path = uid_of(project), tmp_path / "x.json"
    marks = [{**mark("a", suspended=number == 3), "changed": number} for number in (1, 2, 3)]
    last = 253_402_300_799_999
    log = [review("a", 20_000 * DAY, 4), review("b", last, 3)]
    with served(project / "output" / "site") as address:
        opened(page, address)
        path.write_bytes(as_bytes(progress(uid, 20_000, log, marks[::step])))
        assert import_file(page, path).endswith("New reviews: 2.")
        page.wait(READY)
        path.write_bytes(as_bytes(progress(uid, 20_000, [{**log[0], "grade": 1}], [{**marks[0]}])))
        assert import_file(page, path).endswith("New reviews: 0.")
        page.wait(READY)
        file = export(page, tmp_path)
        assert [one["suspended"] for one in file["marks"]] == [True]
        assert [one["grade"] for one in file["reviews"]] == [4, 3]
        # What is exported can be imported.
        path.write_bytes(as_bytes(file))
        assert import_file(page, path).endswith("New reviews: 0.")


def test_a_wrong_clock_stores_nothing(project: Path, page: Page, tmp_path: Path) -> None:
    with served(project / "output" / "site") as address:
        opened(page, address, day=9_000 * 365)
        begin(page)
        answer(page)
        page.press("3")
        page.wait(f"{NOTICE}.includes('clock of this device is wrong')")
        opened(page, address)
        assert export(page, tmp_path)["reviews"] == []


def test_all_of_many_suspended_cards_can_be_resumed(project: Path, page: Page, tmp_path: Path) -> None:
    uid, path = uid_of(project), tmp_path / "x.json"
    [data] = (project / "output" / "site" / "data").glob("study-*.json")
    first = json.loads(data.read_bytes())["cards"][0]["guid"]
    now = int(time.time() * 1000)
    marks = [mark(first, face=face, suspended=True) for face in range(250)]
    path.write_bytes(as_bytes(progress(uid, now // DAY, [], marks)))
    count = "document.querySelectorAll('.study-list li').length"
    with served(project / "output" / "site") as address:
        opened(page, address)
        import_file(page, path)
        page.wait(READY)
        page.value("document.querySelector('.study-list').closest('details').open = true")
        for shown in (100, 200, 250):
            assert page.value(count) == shown
            if shown < 250:
                click(page, "Show more")
        click(page, "Resume")
        page.wait(f"{count} === 249")
        assert page.value("document.activeElement.textContent") == "Resume"
