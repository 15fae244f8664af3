"""With 10,000 cards, study and search never keep a reader waiting: no task of 50 milliseconds."""

from __future__ import annotations

import json
import random
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser_session import BROWSER, Browser, Page
from progress_sample import DAY, as_bytes, mark, progress, review
from site_server import served
from test_site_browser import exported, project
from test_study_page import READY, answer, begin, grade, import_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed; nothing else needs one"),
]

COUNT = 10_000
LONGEST = 50.0
"""Milliseconds: what the Long Tasks API of browsers reports takes longer."""
ATTEMPTS = 3
"""Other programs that use the same processor make a task longer, never shorter."""
WORDS = [
    *("weight", "layer", "loss", "gradient", "network", "training", "data", "class", "input", "output"),
    *("naïve", "Größe", "神经网络", "of", "the", "and"),
]


@pytest.fixture(scope="module")
def large(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site with the data of 10,000 cards."""
    folder = tmp_path_factory.mktemp("large")
    site = Path(shutil.copytree(exported(run, project(folder / "p")), folder / "site"))
    (site / "sw.js").unlink()
    chance = random.Random(7)  # noqa: S311 - the same texts in each run

    def text(count: int) -> str:
        return " ".join(chance.choices(WORDS, k=count))

    [study], [search] = site.glob("data/study-*.json"), site.glob("data/search-*.json")
    content = json.loads(study.read_bytes())
    first = content["cards"][0]
    content["cards"] += [
        {**first, "guid": f"g{number}", "title": text(4), "tags": [f"t{number % 60}"], "deck": f"d{number % 9}"}
        for number in range(COUNT)
    ]
    study.write_text(json.dumps(content), encoding="utf-8")
    cards = [[f"EX{number}", text(4), f"t{number % 60}", text(12), text(40)] for number in range(COUNT)]
    search.write_text(json.dumps({"format": 1, "cards": cards}), encoding="utf-8")
    return site


def shortest(folder: Path, act: Callable[[Page], float]) -> float:
    """The longest task of several attempts in new browsers, where it was shortest."""
    found = []
    for attempt in range(ATTEMPTS):
        with Browser(folder / str(attempt)) as browser:
            found.append(act(browser.page()))
        if found[-1] < LONGEST:
            break
    return min(found)


def test_no_task_of_the_search_is_long(large: Path, tmp_path: Path) -> None:
    def search(page: Page) -> float:
        def act() -> None:
            page.open(f"{address}search/")
            page.wait("document.activeElement?.id === 'words'")
            for letter in "gradient 神经 grö":
                page.type(letter)
                page.value("new Promise(resolve => setTimeout(resolve, 30))")
            page.wait("document.querySelectorAll('#results li').length === 50")

        return page.longest_task(act)

    with served(large) as address:
        assert shortest(tmp_path, search) < LONGEST


def test_no_task_of_a_visit_to_study_is_long(large: Path, tmp_path: Path) -> None:
    uid = json.loads(next(large.glob("data/study-*.json")).read_bytes())["uid"]
    now = int(time.time() * 1000)
    log = [review(f"g{number}", now - days * DAY - number, 4) for number in range(0, COUNT, 2) for days in (1, 30, 90)]
    marks = [mark(f"g{number}", suspended=True) for number in range(1, COUNT, 5)]
    path = tmp_path / "log.json"
    path.write_bytes(as_bytes(progress(uid, now // DAY, log, marks)))

    def visit(page: Page) -> float:
        def act() -> None:
            page.open(f"{address}study/")
            page.wait(READY)

        def study() -> None:
            act()
            begin(page)
            for _ in range(3):
                answer(page)
                grade(page, 3)

        first = page.longest_task(act)
        assert import_file(page, path).endswith(f"New reviews: {len(log):,}.")
        page.wait(READY)
        return max(first, page.longest_task(study))

    with served(large) as address:
        assert shortest(tmp_path, visit) < LONGEST
