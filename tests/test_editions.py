"""Editions: their cards and parts, and that learners can switch between them without losing history."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from anki_collection import Learner, collection
from cardpipe.build.pipeline import check
from cardpipe.model.anki_identity import FIRST_RELEASE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Run

EDITIONS = """
editions:
  short: {title: Short answers, parts: [answer], link: "https://example.org/{id}?a=1&b=2"}
  hard: {difficulty: [hard]}
  one: {ids: [EX0002]}
  other: {tags: [example], without: [growth]}
"""
CARDS = {
    "EX0003": "id: EX0003\ntitle: Hard\nquestion: Why?\nanswer: So.\ntags: [example]\ndifficulty: hard\n",
    "EX0004": "id: EX0004\ntitle: Cloze\nkind: cloze\nquestion: A {{c1::b}}.\ndetails: More.\ntags: [example]\n",
}


@pytest.fixture
def deck(project: Path) -> Path:
    source = project / "source"
    with (source / "deck.yaml").open("a", encoding="utf-8") as file:
        file.write(EDITIONS)
    for name, text in CARDS.items():
        (source / "cards" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return project


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    with collection(tmp_path) as found:
        yield found


def replace(project: Path, card: str, old: str, new: str) -> None:
    path = project / "source" / "cards" / f"{card}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def at(day: int) -> dict[str, str]:
    return {"SOURCE_DATE_EPOCH": str(FIRST_RELEASE + day * 86_400)}


def test_editions_are_listed_with_their_counts(deck: Path, run: Run) -> None:
    found = {item["name"]: item for item in json.loads(run("-C", deck, "editions", "--json").stdout)}
    assert {name: item["cards"] for name, item in found.items()} == {"short": 4, "hard": 1, "one": 1, "other": 2}
    assert found["short"]["parts"] == ["question", "answer"]
    text = run("-C", deck, "editions").stdout
    assert "short  4 cards  Short answers: question, answer" in text
    assert "hard    1 card  hard: whole cards" in text


def test_a_deck_without_editions_says_so(project: Path, run: Run) -> None:
    result = run("-C", project, "editions")
    assert (result.returncode, result.stdout.startswith("The deck has no editions")) == (0, True)


@pytest.mark.slow
def test_an_edition_has_its_own_files_beside_the_whole_deck(deck: Path, run: Run) -> None:
    assert run("-C", deck, "export").returncode == 0
    output = deck / "output"
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file() and not path.name.startswith(".")}
    result = run("-C", deck, "export", "--edition", "short")
    assert result.returncode == 0, result.stderr
    for name in ("sample-short.apkg", "sample-short.csv", "sample-short.html", "sample-short.pdf"):
        assert (output / name).is_file()
    assert (output / "markdown-short" / "README.md").is_file()
    assert {path: path.read_bytes() for path in before} == before
    # Another export of the whole deck leaves the edition alone, too.
    assert run("-C", deck, "export").returncode == 0
    assert (output / "sample-short.pdf").is_file()
    assert run("-C", deck, "export", "--edition", "short").returncode == 0
    replace(deck, "EX0003", "tags", "status: draft\ntags")
    assert run("-C", deck, "export", "--edition", "short").returncode == 0
    assert not (output / "markdown-short" / "cards" / "EX0003.md").exists()
    assert (output / "markdown" / "cards" / "EX0003.md").exists()


def test_parts_that_are_left_out_are_nowhere(deck: Path, run: Run) -> None:
    assert run("-C", deck, "export", "--edition", "short", "--format", "markdown", "--format", "html").returncode == 0
    output = deck / "output"
    page = (output / "sample-short.html").read_text(encoding="utf-8")
    card = (output / "markdown-short" / "cards" / "EX0001.md").read_text(encoding="utf-8")
    for text in (page, card):
        assert "about 70 divided by the rate" in text
        assert "follows an exponential" not in text
        assert "each ten years double" not in text
    assert "Short answers" in page
    assert not (output / "markdown-short" / "assets").exists()
    assert "(https://example.org/EX0001?a=1&b=2)" in card
    assert 'href="https://example.org/EX0001?a=1&amp;b=2"' in page


@pytest.mark.slow
def test_a_selection_narrows_an_edition(deck: Path, run: Run) -> None:
    result = run("-C", deck, "export", "--edition", "other", "--format", "csv", "--id", "EX0003")
    assert " 1 card" in result.stdout
    listed = json.loads(run("-C", deck, "list", "--edition", "other", "--json").stdout)
    assert [card["id"] for card in listed] == ["EX0003", "EX0004"]


def test_an_unknown_edition_is_named_with_the_nearest(deck: Path, run: Run) -> None:
    result = run("-C", deck, "export", "--edition", "shrot")
    assert result.returncode == 2
    assert "Did you mean short?" in result.stderr


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("  a: {tags: [exampel]}", "EDN001", 14),
        ("  a: {without: [x]}", "EDN001", 17),
        ("  a: {ids: [EX0009]}", "EDN001", 13),
        ("  a: {tags: [example], without: [example]}", "EDN002", 3),
        ("  a: {parts: [answr]}", "SCH004", 15),
        ("  a: {link: javascript:alert(1)}", "SCH004", 13),
        ("  A b: {ids: [EX0001]}", "SCH004", 3),
        ("  a: {title: 3 : 4}", "YML", 16),
        ("  a: {titel: x}", "SCH001", 7),
        ("  ../x: {}", "SCH004", 3),
    ],
)
def test_a_mistake_in_an_edition_is_found_at_its_place(project: Path, line: str, code: str, column: int) -> None:
    path = project / "source" / "deck.yaml"
    text = path.read_text(encoding="utf-8") + f"editions:\n{line}\n"
    path.write_text(text, encoding="utf-8")
    found = [
        (item.code, item.span.line, item.span.column)
        for item in check(project).diagnostics
        if item.span.path == "source/deck.yaml"
    ]
    if code == "YML":
        assert [item[0][:3] for item in found] == ["YML"]
    else:
        assert found == [(code, len(text.splitlines()), column)]


def build(run: Run, deck: Path, edition: str | None = None) -> bytes:
    chosen = ("--edition", edition) if edition is not None else ()
    result = run("-C", deck, "export", "--format", "anki", *chosen)
    assert result.returncode == 0, result.stderr
    name = f"sample-{edition}.apkg" if edition is not None else "sample.apkg"
    return (deck / "output" / name).read_bytes()


@pytest.mark.quick_cases("unreleased")
@pytest.mark.parametrize("released", [False, True], ids=["unreleased", "released"])
def test_from_the_short_edition_to_the_whole_deck_and_back(
    deck: Path, run: Run, learner: Learner, released: bool
) -> None:
    if released:
        assert run("-C", deck, "release", env=at(1)).returncode == 0
    short, whole = build(run, deck, "short"), build(run, deck)
    learner.import_package(short)
    assert learner.fields("EX0001")["Details"] == ""
    before = learner.review("EX0001")
    notes = learner.rows("select id, guid, mid from notes order by id")
    decks = learner.decks()
    learner.import_package(whole)
    assert "follows an exponential" in learner.fields("EX0001")["Details"]
    assert "More." in learner.fields("EX0004")["Details"]
    assert learner.scheduling("EX0001") == before
    assert learner.rows("select id, guid, mid from notes order by id") == notes
    assert learner.decks() == decks
    learner.import_package(short)
    assert "follows an exponential" in learner.fields("EX0001")["Details"]
    assert learner.scheduling("EX0001") == before
    assert len(learner.rows("select id from notes")) == 4


@pytest.mark.slow
def test_each_release_of_an_edition_lands_and_spares_what_did_not_change(
    deck: Path, run: Run, learner: Learner
) -> None:
    assert run("-C", deck, "release", env=at(1)).returncode == 0
    learner.import_package(build(run, deck, "short"))
    before = learner.review("EX0001")
    replace(deck, "EX0001", "The natural logarithm", "The natural log")
    assert run("-C", deck, "release", env=at(2)).returncode == 0
    note = learner.col.get_note(learner.col.find_notes("ID:EX0003")[0])
    note["Answer"] = "my own words"
    learner.col.update_note(note)
    learner.import_package(build(run, deck, "short"))
    assert "natural log " in learner.fields("EX0001")["Answer"]
    assert learner.scheduling("EX0001") == before
    assert learner.fields("EX0003")["Answer"] == "my own words"
    # A change that is not released yet lands as well, and so does the next release after it.
    replace(deck, "EX0001", "The natural log", "The log")
    learner.import_package(build(run, deck, "short"))
    assert "The log " in learner.fields("EX0001")["Answer"]
    replace(deck, "EX0001", "The log", "A log")
    assert run("-C", deck, "release", env=at(3)).returncode == 0
    learner.import_package(build(run, deck, "short"))
    assert "A log " in learner.fields("EX0001")["Answer"]


@pytest.mark.slow
def test_an_edition_that_only_chooses_cards_ships_them_as_they_are(deck: Path, run: Run, learner: Learner) -> None:
    assert run("-C", deck, "release", env=at(1)).returncode == 0
    learner.import_package(build(run, deck, "one"))
    log = learner.import_package(build(run, deck))
    assert [len(log.new), len(log.updated), len(log.conflicting)] == [3, 0, 0]
