"""`cardpipe progress`: what a learner did on the site is there in Anki."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

from anki_collection import collection
from cardpipe.progress.anki import with_progress
from cardpipe.progress.progress_file import Review, read_progress
from cardpipe.progress.schedule import histories
from progress_sample import DAY, as_bytes, history, mark, progress, review

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

Faces = list[tuple[str, int]]


def today() -> int:
    """The day as Anki counts it on this machine."""
    now = time.localtime(time.time() - 4 * 3600)
    return (int(time.mktime((now.tm_year, now.tm_mon, now.tm_mday, 12, 0, 0, 0, 0, -1))) + now.tm_gmtoff) // 86_400


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """The package of a new project: a card of each kind."""
    folder = tmp_path_factory.mktemp("progress") / "sample"
    assert run("init", folder).returncode == 0
    assert run("-C", folder, "export", "--format", "anki").returncode == 0
    return folder / "output" / "sample.apkg"


@pytest.fixture(scope="module")
def deck(package: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Faces]:
    """The deck's uid, and its cards as GUID and face."""
    with collection(tmp_path_factory.mktemp("plain")) as learner:
        learner.import_package(package.read_bytes())
        rows = rows_of(learner.col, "select n.guid, c.ord from cards c join notes n on n.id = c.nid order by c.id")
    settings = (package.parents[1] / "source" / "deck.yaml").read_text(encoding="utf-8")
    [uid] = [line.split(":")[1].strip() for line in settings.splitlines() if line.startswith("uid:")]
    return uid, [(guid, face) for guid, face in rows]


def imported(col: Collection, path: Path) -> None:
    options = ImportAnkiPackageOptions(merge_notetypes=False, with_scheduling=True, with_deck_configs=False)
    col.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=options))


def rows_of(col: Collection, query: str, *values: int) -> list[Any]:
    assert col.db is not None
    return col.db.all(query, *values)


def cards(col: Collection) -> dict[tuple[str, int], Any]:
    rows = rows_of(col, "select n.guid, c.ord, c.id from cards c join notes n on n.id = c.nid")
    return {(guid, face): col.get_card(card) for guid, face, card in rows}


def written(folder: Path, content: object) -> Path:
    path = folder / "progress.json"
    path.write_bytes(as_bytes(content))
    return path


@pytest.mark.parametrize("seed", range(3))
def test_anki_continues_where_the_learner_stopped(
    package: Path, deck: tuple[str, Faces], tmp_path: Path, seed: int
) -> None:
    uid, faces = deck
    chance = random.Random(seed)  # noqa: S311 - the same examples in each run
    day = today()
    logs = {face: history(chance, *face, day) for face in faces[:-1]}
    file = written(tmp_path, progress(uid, day, [one for log in logs.values() for one in log]))
    outcome = with_progress(package, read_progress(file))
    target = tmp_path / "mine.apkg"
    target.write_bytes(outcome.data)
    with collection(tmp_path) as learner:
        imported(learner.col, target)
        found = cards(learner.col)
        for face, log in logs.items():
            [states] = histories([[Review(one["time"], one["day"], one["grade"], one["duration"]) for one in log]])
            state, card = states[-1], found[face]
            assert (card.type, card.queue) == {"learning": (1, 1), "review": (2, 2), "relearning": (3, 1)}[state.phase]
            if state.due_day is not None:
                assert card.due - learner.col.sched.today == state.due_day - day
            else:
                assert state.due_time is not None
                assert card.due == -(-state.due_time // 1000)
            assert card.ivl == (0 if state.phase == "learning" else state.interval)
            assert (card.reps, card.lapses) == (len(log), state.lapses)
            assert card.memory_state.stability == pytest.approx(state.stability, abs=1e-3)
            assert card.memory_state.difficulty == pytest.approx(state.difficulty, abs=1e-2)
            rows = rows_of(learner.col, "select id, ease, time, type from revlog where cid = ? order by id", card.id)
            assert [row[:3] for row in rows] == [[one["time"], one["grade"], one["duration"]] for one in log]
            assert rows[0][3] == 0
        untouched = found[faces[-1]]
        assert (untouched.type, untouched.queue, untouched.reps) == (0, 0, 0)
        assert learner.col.fix_integrity()[1]
        # With FSRS, Anki goes on from these states.
        learner.col.set_config("fsrs", True)
        scheduler: Any = learner.col.sched
        learner.col.decks.select(untouched.did)
        queued = scheduler.get_queued_cards().cards
        answered = learner.col.get_card(queued[0].card.id)
        answered.start_timer()
        scheduler.answer_card(scheduler.build_answer(card=answered, states=queued[0].states, rating=2))
        assert learner.col.get_card(answered.id).reps == answered.reps + 1


def test_anki_takes_reviews_that_a_wrong_clock_dated(package: Path, deck: tuple[str, Faces], tmp_path: Path) -> None:
    uid, [(first, _), (second, _), *_] = deck
    last = 253_402_300_799_999  # the end of the year 9999
    for number, grade in ((0, 1), (1, 4)):
        log = [review(first, last - 10, grade), review(second, last - 20, 3)]
        file = written(tmp_path, progress(uid, last // DAY, log))
        target = tmp_path / f"{number}.apkg"
        target.write_bytes(with_progress(package, read_progress(file)).data)
        with collection(tmp_path / str(number)) as learner:
            imported(learner.col, target)
            assert rows_of(learner.col, "select count() from revlog") == [[2]]


def test_of_several_marks_the_newest_counts(tmp_path: Path) -> None:
    older, newer = {**mark("a"), "changed": 1_000}, {**mark("a", suspended=True), "changed": 2_000}
    for marks in ([older, newer], [newer, older]):
        read = read_progress(written(tmp_path, progress("u", 20_000, [], marks)))
        assert read.marks["a", 0].suspended


def test_a_long_log_is_computed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(2)  # noqa: S311 - the same examples in each run
    logs = [
        tuple(Review(one["time"], one["day"], one["grade"], 0) for one in history(chance, "a", 0, 20_000))
        for _ in range(20)
    ]
    whole = list(histories(logs))
    assert [len(states) for states in whole] == [len(log) for log in logs]
    monkeypatch.setattr("cardpipe.progress.schedule._BATCH", 3)
    assert list(histories(logs)) == whole


def test_suspended_buried_and_leeches(package: Path, deck: tuple[str, Faces], tmp_path: Path) -> None:
    uid, faces = deck
    day = today()
    marks = [
        mark(faces[0][0], face=faces[0][1], suspended=True, leech=True),
        mark(faces[1][0], face=faces[1][1], buried=day + 1),
        mark(faces[2][0], face=faces[2][1], buried=day),
        mark("of-another-time", suspended=True),
    ]
    reviews = [review(*faces[1][:1], (day - 3) * DAY + DAY // 2, face=faces[1][1]), review("unknown", day * DAY)]
    outcome = with_progress(package, read_progress(written(tmp_path, progress(uid, day, reviews, marks))))
    assert (outcome.cards, outcome.reviews, outcome.suspended, outcome.buried) == (1, 1, 1, 1)
    assert outcome.unknown == ("of-another-time", "unknown")
    target = tmp_path / "mine.apkg"
    target.write_bytes(outcome.data)
    with collection(tmp_path) as learner:
        imported(learner.col, target)
        found = cards(learner.col)
        assert [found[face].queue for face in faces[:3]] == [-1, -3, 0]
        assert "leech" in found[faces[0]].note().tags
        assert "leech" not in found[faces[1]].note().tags


def test_without_progress_a_package_is_imported_as_before(
    package: Path, deck: tuple[str, Faces], tmp_path: Path
) -> None:
    outcome = with_progress(package, read_progress(written(tmp_path, progress(deck[0], 20_000, []))))
    target = tmp_path / "mine.apkg"
    target.write_bytes(outcome.data)
    with collection(tmp_path) as learner:
        imported(learner.col, target)
        new = {face: (card.type, card.queue, card.due) for face, card in cards(learner.col).items()}
        media = sorted(learner.col.media.check().missing)
    (tmp_path / "other").mkdir()
    with collection(tmp_path / "other") as learner:
        imported(learner.col, package)
        assert {face: (card.type, card.queue, card.due) for face, card in cards(learner.col).items()} == new
        assert media == []


def test_the_command_gives_the_same_bytes_and_says_what_is_left_out(
    package: Path, deck: tuple[str, Faces], tmp_path: Path, run: Run
) -> None:
    uid, faces = deck
    chance = random.Random(1)  # noqa: S311 - the same examples in each run
    reviews = [one for face in faces for one in history(chance, *face, 20_500)]
    file = written(tmp_path, progress(uid, 20_500, [*reviews, review("gone", 20_400 * DAY + 1)]))
    shuffled = tmp_path / "shuffled.json"
    chance.shuffle(reviews)
    shuffled.write_bytes(as_bytes(progress(uid, 20_500, [review("gone", 20_400 * DAY + 1), *reviews, *reviews])))
    first, second = tmp_path / "one.apkg", tmp_path / "two.apkg"
    result = run("progress", file, "--to-anki", package, "-o", first)
    assert result.returncode == 0, result.stderr
    assert f"{len(reviews)} reviews of {len(faces)} cards" in result.stdout
    assert result.stderr == "Not in the package, and left out: gone.\n"
    assert run("progress", shuffled, "--to-anki", package, "-o", second).returncode == 0
    assert first.read_bytes() == second.read_bytes()
    again = run("progress", file, "--to-anki", first, "-o", second)
    assert (again.returncode, "holds reviews already" in again.stderr) == (2, True)
    assert json.loads(file.read_text(encoding="utf-8"))["uid"] == uid
