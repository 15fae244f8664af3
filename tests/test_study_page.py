"""The study page in a real browser: a learner studies for a month, and nothing is lost.

Each test has a browser with a new profile; the clock of the page is moved, not the machine's.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from anki_collection import collection
from browser_session import BROWSER, Browser, Page
from cardpipe.model.anki_identity import FIRST_RELEASE, note_guid
from progress_sample import as_bytes, progress, review
from site_server import served
from test_progress_anki import imported, rows_of
from test_untitled_cards import CARDS, make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed; nothing else needs one"),
]

DAY = 86_400
CARD = "id: {0}\ntitle: Card {1}\nquestion: What is {0}?\nanswer: It is {0}.\ntags: [example]\ndifficulty: hard\n"
PRIMARY = "document.querySelector('.study-controls button.primary')"
GRADES = "document.querySelector('.study-grades')"
READY = (
    "document.querySelector('.study-view > details:last-child') && document.querySelector('.study-statistics table')"
)

ACTIVITY = """(() => {
  const chart = document.querySelector(".study-activity"), around = chart.getBoundingClientRect();
  const shown = [...chart.querySelectorAll("rect, text")].filter((one) => one.getBoundingClientRect().width);
  const isCut = (one) => {
    const { left, right } = one.getBoundingClientRect();
    return left < around.left - 0.5 || right > around.right + 0.5;
  };
  const days = [...chart.querySelectorAll("rect")].map((one) => one.getBoundingClientRect().left);
  return [
    shown.filter(isCut).map((one) => one.textContent),
    new Set(shown.filter((one) => one.tagName === "rect").map((one) => one.parentNode)).size,
    days.at(-1) < days.at(-8) ? "left" : "right",
  ];
})()"""
"""What is cut off in the activity, how many weeks are shown, and on which side the last week is."""


def at(day: int) -> dict[str, str]:
    return {"SOURCE_DATE_EPOCH": str(FIRST_RELEASE + day * DAY)}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """A new project with a card of each kind and ten more, exported."""
    folder = tmp_path_factory.mktemp("study") / "sample"
    assert run("init", folder).returncode == 0
    deck = folder / "source" / "deck.yaml"
    deck.write_text(deck.read_text(encoding="utf-8").replace("front: [id]", "front: [id, title]"), encoding="utf-8")
    for number in range(10, 20):
        path = folder / "source" / "cards" / f"EX00{number}.yaml"
        path.write_text(CARD.format(f"EX00{number}", number), encoding="utf-8")
    assert run("-C", folder, "release", env=at(1)).returncode == 0
    exported(folder, run)
    return folder


def exported(project: Path, run: Run) -> Path:
    result = run("-C", project, "export", "--format", "site", "--format", "anki")
    assert result.returncode == 0, result.stderr
    return project / "output" / "site"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with Browser(tmp_path / "profile") as browser:
        browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        yield browser.page()


def opened(page: Page, address: str, day: int = 0) -> None:
    """The overview, on a day from today."""
    page.set_clock(day * DAY)
    page.open(f"{address}study/")
    page.wait(READY)


@pytest.mark.parametrize("language", ["en", "fa", "ja"])
def test_narrow_pages_show_whole_weeks_and_whole_names_of_months(
    project: Path, page: Page, run: Run, tmp_path: Path, language: str
) -> None:
    folder = Path(shutil.copytree(project, tmp_path / "p"))
    deck = folder / "source" / "deck.yaml"
    deck.write_text(deck.read_text("utf-8").replace("language: en", f"language: {language}"), encoding="utf-8")
    with served(exported(folder, run)) as address:
        for width in (320, 360, 1200):
            page.resize(width)
            opened(page, address)
            page.wait("document.querySelector('.study-activity text')")
            page.value(
                "new Promise(requestAnimationFrame).then(() => new Promise(requestAnimationFrame)).then(() => 1)"
            )
            cut, weeks, newest = page.value(ACTIVITY)
            assert cut == []
            assert weeks == min(53, (width - 32) // 13) if width < 600 else 53
            assert newest == ("left" if language == "fa" else "right")


def begin(page: Page) -> bool:
    """Start reviews by keyboard; whether there are any."""
    if page.value("document.querySelector('.study-today button').disabled"):
        return False
    page.value("document.querySelector('.study-today button').focus()")
    page.press("Enter")
    page.wait(PRIMARY)
    return True


def is_finished(page: Page) -> bool:
    return bool(page.value(f"{PRIMARY}.textContent === 'Overview'"))


def answer(page: Page) -> None:
    """Show the answer of the card."""
    if page.value("document.activeElement.tagName") == "INPUT":
        page.type("something")
        page.press("Enter")
    else:
        page.press(" ")
    page.wait(GRADES)


def grade(page: Page, number: int) -> None:
    page.press(str(number))
    page.wait(f"!{GRADES} && {PRIMARY}")


def study(page: Page, address: str, day: int, lapse: int = 7) -> int:
    """Study all cards of a day; every so many answers is “Again”. Returns the number of reviews."""
    opened(page, address, day)
    if not begin(page):
        return 0
    done = 0
    while not is_finished(page):
        answer(page)
        done += 1
        grade(page, 1 if done % lapse == 0 else 3)
        assert done < 300
    return done


def export(page: Page, folder: Path) -> dict[str, Any]:
    """The file that the page exports from its overview."""
    click(page, "Export progress")
    end = time.monotonic() + 60
    while True:
        assert time.monotonic() < end
        page.value("0")
        for path in folder.glob("progress-*.json"):
            with contextlib.suppress(ValueError):  # not written to its end yet
                content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                path.unlink()
                return content


def import_file(page: Page, path: Path) -> str:
    """The message after a file was chosen."""
    page.value("document.querySelector('.study-notice').replaceChildren()")
    page.command("DOM.enable")
    root = page.command("DOM.getDocument")["root"]["nodeId"]
    field = page.command("DOM.querySelector", nodeId=root, selector="input[type=file]")["nodeId"]
    page.command("DOM.setFileInputFiles", nodeId=field, files=[str(path)])
    page.wait("document.querySelector('.study-notice p')")
    return str(page.value("document.querySelector('.study-notice p').textContent"))


def click(page: Page, text: str) -> None:
    page.value(f"[...document.querySelectorAll('button')].find(one => one.textContent === {json.dumps(text)}).click()")


def totals(page: Page) -> list[int]:
    """New, learning and due cards on the overview."""
    return [
        int(one) for one in page.value("[...document.querySelectorAll('.study-totals dd')].map(d => d.textContent)")
    ]


def uid_of(project: Path) -> str:
    settings = (project / "source" / "deck.yaml").read_text(encoding="utf-8")
    return next(line.split(":")[1].strip() for line in settings.splitlines() if line.startswith("uid:"))


def test_a_month_with_a_release_and_a_new_device_loses_nothing(
    project: Path, page: Page, tmp_path: Path, run: Run
) -> None:
    uid, cards = uid_of(project), project / "source" / "cards"
    done = 0
    with served(project / "output" / "site") as address:
        for day in range(12):
            done += study(page, address, day)
        changed, retired = cards / "EX0010.yaml", cards / "EX0011.yaml"
        changed.write_text(changed.read_text(encoding="utf-8").replace("It is", "It was"), encoding="utf-8")
        retired.write_text(retired.read_text(encoding="utf-8") + "status: retired\n", encoding="utf-8")
        (cards / "EX0030.yaml").write_text(CARD.format("EX0030", 30), encoding="utf-8")
        assert run("-C", project, "release", env=at(2)).returncode == 0
        exported(project, run)
        # A learner is slower than this test: the browser has fetched the release before the next day.
        page.value("navigator.serviceWorker.getRegistration().then(one => one.update()).then(() => true)")
        page.wait("navigator.serviceWorker.getRegistration().then(one => one.waiting)")
        for day in range(12, 30):
            done += study(page, address, day)
        opened(page, address, 30)
        before = totals(page)
        file = export(page, tmp_path)
        log = Counter(one["guid"] for one in file["reviews"])
        assert len(file["reviews"]) == done
        assert (file["uid"], file["release"]) == (uid, "1.1")
        # Changed, retired and new cards: all have their reviews, and the changed one more than before the release.
        release_day = file["day"] - 18
        for card in ("EX0010", "EX0011", "EX0030"):
            assert log[note_guid(uid, card)] > 1, card
        days = {
            card: [r["day"] for r in file["reviews"] if r["guid"] == note_guid(uid, card)]
            for card in ("EX0010", "EX0011")
        }
        assert min(days["EX0010"]) < release_day <= max(days["EX0010"])
        assert max(days["EX0011"]) < release_day
        assert page.value("document.body.textContent.includes('that the deck no longer has: 1')")
        assert page.problems() == []

        path = tmp_path / "mine.json"
        path.write_text(json.dumps(file), encoding="utf-8")
        with Browser(tmp_path / "other") as other:
            other.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
            fresh = other.page()
            opened(fresh, address, 30)
            assert import_file(fresh, path).endswith(f"New reviews: {done}.")
            fresh.wait(READY)
            assert totals(fresh) == before
            assert import_file(fresh, path).endswith("New reviews: 0.")
            fresh.wait(READY)
            again = export(fresh, tmp_path)
        assert again["reviews"] == file["reviews"]
        assert again["settings"] == file["settings"]
    target = tmp_path / "mine.apkg"
    result = run("progress", path, "--to-anki", project / "output" / "sample.apkg", "-o", target)
    assert result.returncode == 0, result.stderr
    with collection(tmp_path) as learner:
        imported(learner.col, target)
        assert rows_of(learner.col, "select count() from revlog") == [[done]]


def sides(page: Page) -> tuple[str, str]:
    """The texts of the card's question and answer, without formulas."""
    script = """(selector => {
      const copy = document.querySelector(selector).cloneNode(true);
      copy.querySelectorAll('math, var, .study-only-heard').forEach(one => one.remove());
      return copy.textContent.replace(/\\s+/g, ' ').trim();
    })"""
    question = str(page.value(f"{script}('.study-front')"))
    answer(page)
    return question, str(page.value(f"{script}('.study-back')"))


def test_each_face_asks_what_it_is_about(project: Path, page: Page) -> None:
    asked: dict[str, list[tuple[str, str]]] = {}
    with served(project / "output" / "site") as address:
        for day in range(3):
            opened(page, address, day)
            begin(page)
            for _ in range(5):
                question, back = sides(page)
                title = question.partition(" ")[0]
                asked.setdefault(title, []).append((question, back))
                grade(page, 4)
    # A cloze each day, since the others are buried: each asks for one deletion and shows the others.
    first, second, third = asked["Exponential"]
    assert "[add or multiply?]" in first[0]
    assert "[…]" not in first[0]
    assert "a constant factor" in second[0]
    assert "[" not in second[0]
    assert "[…]" in third[0]
    assert all("a constant factor" in back for _, back in (first, second, third))
    assert "[" not in "".join(back for _, back in (first, second, third))
    # A reversed card asks for the answer, and on the next day for the question.
    [(_, meaning)] = asked["Half-lifeHalf-life"]
    assert meaning.startswith("The time in which a decaying quantity halves")
    [(reverse, half_life)] = asked["Which"]
    assert reverse == "Which question has this answer?The time in which a decaying quantity halves"
    assert half_life.startswith("Half-life")
    [(typed, compared)] = asked["Rule"]
    assert typed.endswith("Your answer")
    assert compared.startswith("Not quite.")


def test_undo_bury_and_suspend(project: Path, page: Page, tmp_path: Path) -> None:
    with served(project / "output" / "site") as address:
        opened(page, address)
        new = totals(page)[0]
        begin(page)
        first = page.value("document.querySelector('.study-title').textContent")
        answer(page)
        grade(page, 4)
        page.press("u")
        page.wait(f"document.querySelector('.study-title').textContent === {json.dumps(first)}")
        for key in ("b", "s"):
            shown = page.value("document.querySelector('.study-front').textContent")
            page.press(key)
            page.wait(f"document.querySelector('.study-front').textContent !== {json.dumps(shown)}")
        page.press("Escape")
        page.wait(READY)
        assert totals(page) == [new - 2, 0, 0]
        file = export(page, tmp_path)
        assert file["reviews"] == []
        assert sorted(Counter(one["guid"] for one in file["marks"] if one["suspended"]).values()) in ([1], [2])
        opened(page, address, 1)
        assert totals(page)[0] == new - 1
        click(page, "Resume")
        page.wait(f"document.querySelector('.study-totals dd').textContent === '{new}'")
        assert page.problems() == []


SLOW = """(() => {
  const real = fetch;
  const open = new Promise(resolve => { globalThis.answerRequests = resolve; });
  globalThis.fetch = (...given) => open.then(() => real(...given));
})()"""


@pytest.mark.parametrize("key", [" ", "Enter", "3", "b", "s"])
def test_no_key_acts_on_a_card_that_is_not_shown_yet(project: Path, page: Page, tmp_path: Path, key: str) -> None:
    with served(project / "output" / "site") as address:
        opened(page, address)
        page.value(SLOW)
        page.value("document.querySelector('.study-today button').focus()")
        page.press("Enter")
        page.wait("document.querySelector('.study-bar')")
        for _ in range(3):
            page.press(key)
        page.value("answerRequests()")
        page.wait(PRIMARY)
        assert not page.value(f"Boolean({GRADES})")
        # The key works now.
        answer(page)
        page.press("Escape")
        page.wait(READY)
        content = export(page, tmp_path)
        assert (content["reviews"], content["marks"]) == ([], [])


def test_a_leech_is_suspended_and_listed(project: Path, page: Page, tmp_path: Path) -> None:
    uid = uid_of(project)
    guid = note_guid(uid, "EX0012")
    now = int(time.time() * 1000)
    log = [review(guid, now - 60 * DAY * 1000, 4)]
    for _ in range(7):
        log += [review(guid, log[-1]["time"] + DAY * 1000, 1), review(guid, log[-1]["time"] + DAY * 1000 + 660_000, 4)]
    path = tmp_path / "log.json"
    path.write_bytes(as_bytes(progress(uid, now // (DAY * 1000), log)))
    with served(project / "output" / "site") as address:
        opened(page, address)
        assert import_file(page, path).endswith("New reviews: 15.")
        page.wait(READY)
        begin(page)
        assert page.value("document.querySelector('.study-title').textContent") == "Card 12"
        answer(page)
        grade(page, 1)
        assert "Card 12 is a leech" in page.value("document.querySelector('.study-notice').textContent")
        page.press("Escape")
        page.wait("document.querySelector('.study-list')")
        assert "Card 12" in page.value("document.querySelector('.study-list').textContent")
        [marked] = export(page, tmp_path)["marks"]
        assert (marked["guid"], marked["suspended"], marked["leech"]) == (guid, True, True)


def test_two_windows_share_their_progress(project: Path, page: Page) -> None:
    with served(project / "output" / "site") as address:
        opened(page, address)
        second = page.browser.page()
        opened(second, address)
        begin(page)
        answer(page)
        grade(page, 4)
        second.wait(f"document.querySelector('.study-totals dd').textContent === '{totals(second)[0] - 1}'")


NONSENSE = {
    "not JSON": b"{",
    "another file": b"[]",
    "another deck": as_bytes(progress("other", 20_000, [])),
    "a newer version": as_bytes({**progress("other", 20_000, []), "version": 2}),
}


def test_nonsense_is_refused_and_changes_nothing(project: Path, page: Page, tmp_path: Path) -> None:
    uid = uid_of(project)
    good = review("a", 20_000 * DAY * 1000)
    wrong = [
        {**good, "grade": 5},
        {**good, "time": -1},
        {**good, "face": 1e9},
        {**good, "guid": ""},
        None,
        {**good, "day": 1},
    ]
    files = [*NONSENSE.values(), *(as_bytes(progress(uid, 20_000, [good, one])) for one in wrong)]
    path = tmp_path / "x.json"
    with served(project / "output" / "site") as address:
        opened(page, address)
        for data in files:
            path.write_bytes(data)
            message = import_file(page, path)
            assert message.endswith("Nothing was imported."), data
            assert ("reviews[1]" in message) == (uid.encode() in data)
        assert export(page, tmp_path)["reviews"] == []
        assert page.problems() == []


CHOICE = """[...document.querySelectorAll('.study-chips label')]
  .find(one => one.textContent.startsWith('hard ')).querySelector('input')"""
LIMIT = """(field => { field.value = 3; field.dispatchEvent(new Event('change')); })
  (document.querySelector('input[type=number]'))"""
KEPT = """caches.keys()
  .then(keys => Promise.all(keys.map(key => caches.open(key).then(c => c.match(new URL('../card/EX0013/', location))))))
  .then(found => found.some(Boolean))"""


def test_the_choice_and_the_limits_are_kept(project: Path, page: Page) -> None:
    with served(project / "output" / "site") as address:
        opened(page, address)
        whole = totals(page)[0]
        page.value(f"{CHOICE}.click()")
        page.wait(f"Number(document.querySelector('.study-totals dd').textContent) < {whole}")
        page.value(LIMIT)
        page.wait("document.querySelector('.study-totals dd').textContent === '3'")
        opened(page, address)
        assert totals(page) == [3, 0, 0]
        assert page.value("document.querySelector('.study-choice').open")


def test_the_page_works_without_the_network(project: Path, page: Page) -> None:
    with served(project / "output" / "site") as address:
        opened(page, address)
        page.value("navigator.serviceWorker.ready.then(() => true)")
        page.wait(KEPT)
        port = int(address.rsplit(":", 1)[1].strip("/"))
    opened(page, f"http://127.0.0.1:{port}/")
    done = 0
    begin(page)
    while not is_finished(page) and done < 12:
        answer(page)
        grade(page, 4)
        done += 1
    page.press("Escape")
    page.wait(READY)
    assert page.value("document.querySelector('.study-today .study-note').textContent").endswith(f"New cards: {done}.")


@pytest.mark.parametrize("width", [320, 390, 1100])
def test_everything_fits_and_can_be_reached(project: Path, page: Page, tmp_path: Path, width: int) -> None:
    uid, now = uid_of(project), int(time.time() * 1000)
    log = [
        review(note_guid(uid, f"EX00{number}"), now - day * DAY * 1000 - number, 1 if day % 9 == number % 9 else 3)
        for number in range(10, 20)
        for day in range(1, 150)
    ]
    path = tmp_path / "log.json"
    path.write_bytes(as_bytes(progress(uid, now // (DAY * 1000), log)))
    with served(project / "output" / "site") as address:
        page.resize(width, 740)
        opened(page, address)
        import_file(page, path)
        page.wait(READY)
        page.value("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert page.value("document.documentElement.scrollWidth") <= width
        small = """[...document.querySelectorAll('#study button, #study summary, #study label')].map(one =>
          one.getBoundingClientRect()).filter(box => box.width && (box.height < 24 || box.width < 24)).length"""
        assert page.value(small) == 0
        begin(page)
        for _ in range(5):
            answer(page)
            assert page.value("document.documentElement.scrollWidth") <= width
            grades = page.value(f"JSON.stringify({GRADES}.getBoundingClientRect())")
            assert json.loads(grades)["bottom"] <= 740
            # What is shown last has the focus, and the grades are the next buttons.
            assert page.value("document.activeElement.className") == "study-back"
            grade(page, 4)
        assert page.problems() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_violations(project: Path, page: Page, dark: bool) -> None:
    spec = importlib.util.find_spec("axe_core_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe is not installed")
    axe = Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")
    found = "axe.run(document).then(result => result.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"
    with served(project / "output" / "site") as address:
        page.resize(390, 740, dark=dark)
        opened(page, address)
        page.value(f"{axe}; 0")
        page.value("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert page.value(found) == []
        begin(page)
        for _ in range(6):
            assert page.value(found) == []
            answer(page)
            assert page.value(found) == []
            grade(page, 3)


def test_a_title_that_is_not_shown_above_the_question_stands_with_the_answer(
    tmp_path: Path, page: Page, run: Run
) -> None:
    folder = make(tmp_path / "deck", cards={name: CARDS[name] for name in ("geo/germany", "bio/typed")})
    assert run("-C", folder, "export", "--format", "site").returncode == 0
    with served(folder / "output" / "site") as address:
        opened(page, address)
        begin(page)
        seen = {}
        while not is_finished(page):
            title = "document.querySelector('.study-title')?.textContent ?? ''"
            place = page.value("document.querySelector('.study-front')?.textContent ?? document.body.textContent")
            before = page.value(title)
            answer(page)
            seen["typed" if "What is" in place else "reversed"] = (before, page.value(title))
            page.press("4")
            page.wait(f"!{GRADES} && {PRIMARY}")
        assert seen["typed"] == ("", "")
        assert seen["reversed"] in {
            ("", "A neighbour of France"),
            ("Which question has this answer?", "Which question has this answer?"),
        }
        assert not page.problems()
