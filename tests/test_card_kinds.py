"""Reversed, cloze, typed and retired cards, from the source to every format and to the real Anki."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from anki_collection import collection
from cardpipe.build.pipeline import check
from cardpipe.model.anki_identity import FIRST_RELEASE
from cardpipe.model.release_lock import parse

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

CLOZE = """\
id: EX0003
title: Growth
kind: cloze
question: It grows by {{c1::a factor::add?}} and is $N = {{c2::N_0 e^{r t}}}$.
answer: A remark.
tags: [example]
"""
REVERSED = (
    "id: EX0004\ntitle: A term of decay\nkind: reversed\nquestion: Half-life\nanswer: Time to halve\ntags: [example]\n"
)
TYPED = "id: EX0005\ntitle: Rule\nkind: typed\nquestion: Which?\nanswer: |\n  a < b & c\ntags: [example]\n"
RETIRED = """\
id: EX0006
title: Old
question: What was it?
answer: That.
tags: [example]
status: retired
replaced_by: EX0001
"""
CARDS = {"EX0003": CLOZE, "EX0004": REVERSED, "EX0005": TYPED, "EX0006": RETIRED}


def add(project: Path, **cards: str) -> None:
    for card_id, text in cards.items():
        (project / "source" / "cards" / f"{card_id}.yaml").write_text(text, encoding="utf-8")


def at(day: int) -> dict[str, str]:
    return {"SOURCE_DATE_EPOCH": str(FIRST_RELEASE + day * 86_400)}


@pytest.fixture(scope="session")
def kinds(drawn_project: Path, tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """A project with a card of each kind and a retired one, in every format; not to be changed."""
    import shutil

    folder = tmp_path_factory.mktemp("kinds") / "sample"
    shutil.copytree(drawn_project, folder)
    add(folder, **CARDS)
    result = run("-C", folder, "export")
    assert result.returncode == 0, result.stderr
    return folder


def test_anki_makes_exactly_the_cards_that_were_shipped(kinds: Path, tmp_path: Path) -> None:
    with collection(tmp_path) as learner:
        learner.import_package((kinds / "output" / "sample.apkg").read_bytes())
        col = learner.col
        made = {}
        for nid in col.find_notes(""):
            note = col.get_note(nid)
            made[note["ID"]] = [card.ord for card in note.cards()]
            note.tags.append("touched")
            # Anki makes the cards of a note anew when it is saved.
            col.update_note(note)
            assert [card.ord for card in note.cards()] == made[note["ID"]]
        assert made == {"EX0001": [0], "EX0002": [0], "EX0003": [0, 1], "EX0004": [0, 1], "EX0005": [0], "EX0006": [0]}
        assert not col.get_empty_cards().report
        assert len({col.get_note(nid).mid for nid in col.find_notes("")}) == 4


def test_each_kind_asks_as_it_should_in_anki(kinds: Path, tmp_path: Path) -> None:
    with collection(tmp_path) as learner:
        learner.import_package((kinds / "output" / "sample.apkg").read_bytes())
        col = learner.col

        def sides(card_id: str, number: int = 0) -> tuple[str, str]:
            [nid] = col.find_notes(f"ID:{card_id}")
            card = col.get_note(nid).cards()[number]
            return card.question(), card.answer()

        question, answer = sides("EX0003")
        assert "[add?]" in question
        assert "a factor" not in question.replace('data-cloze="a&#x20;factor"', "")
        assert ">a factor<" in answer
        assert "A remark." in answer
        assert "N_0" in question
        question, _ = sides("EX0003", 1)
        assert "N_0" not in question
        assert "[...]" in question
        question, answer = sides("EX0004", 1)
        assert "Time to halve" in question
        assert "Half-life" not in question
        assert "Half-life" in answer
        question, answer = sides("EX0005")
        assert "[[type:Answer]]" in question
        [nid] = col.find_notes("ID:EX0005")
        assert col.compare_answer(col.get_note(nid)["Answer"], "a < b & c").count("typeBad") == 0
        question, _ = sides("EX0006")
        assert "This card is retired" in question
        assert "EX0001" in question
        assert len(col.find_notes("tag:retired")) == 1


@pytest.mark.parametrize("name", ["sample.html", "markdown/cards/EX0003.md"])
def test_a_cloze_is_shown_as_blank_and_as_answer_and_never_as_braces(kinds: Path, name: str) -> None:
    text = (kinds / "output" / name).read_text(encoding="utf-8")
    assert "{{c" not in text
    for shown in ("[add?]", "a factor", "A remark."):
        assert shown in text


def test_a_pdf_has_the_blank_and_the_answer(kinds: Path) -> None:
    pdfplumber = pytest.importorskip("pdfplumber")
    with pdfplumber.open(kinds / "output" / "sample.pdf") as document:
        text = "\n".join(page.extract_text() for page in document.pages)
    assert "[add?]" in text
    assert "grows by a factor" in text
    assert "{{" not in text
    assert "What was it?" not in text


def test_a_table_for_anki_has_marks_and_one_for_others_has_none(kinds: Path, run: Run, tmp_path: Path) -> None:
    anki = (kinds / "output" / "sample.csv").read_text(encoding="utf-8")
    assert "{{c1::a factor::add?}}" in anki
    result = run("-C", kinds, "export", "--format", "csv", "--csv-dialect", "plain", "--output", tmp_path)
    assert result.returncode == 0, result.stderr
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO((tmp_path / "sample-plain.csv").read_text("utf-8")))}
    assert "{{" not in rows["EX0003"]["question"] + rows["EX0003"]["answer"]
    assert "[add?]" in rows["EX0003"]["question"]
    assert "a factor" in rows["EX0003"]["answer"]
    assert rows["EX0005"]["answer"] == "a < b & c"
    assert rows["EX0006"]["tags"] == "example retired"


def test_a_csv_import_updates_a_cloze_in_place(kinds: Path, tmp_path: Path) -> None:
    with collection(tmp_path) as learner:
        learner.import_package((kinds / "output" / "sample.apkg").read_bytes())
        before = learner.review("EX0001")
        table = (kinds / "output" / "sample.csv").read_bytes().replace(b"It grows by", b"It really grows by")
        learner.import_csv(table)
        assert "really" in learner.fields("EX0003")["Question"]
        assert learner.scheduling("EX0001") == before
        assert not learner.col.get_empty_cards().report


def test_retired_cards_leave_what_learners_never_had(kinds: Path) -> None:
    output = kinds / "output"
    assert not (output / "markdown" / "cards" / "EX0006.md").exists()
    assert "EX0006" not in (output / "sample.html").read_text(encoding="utf-8")
    with zipfile.ZipFile(output / "sample.apkg") as package:
        assert b"EX0006" in package.read("collection.anki2")


@pytest.mark.slow
def test_retiring_a_card_and_removing_a_blank_are_reported_at_the_release(project: Path, run: Run) -> None:
    add(project, EX0003=CLOZE, EX0006=RETIRED.replace("status: retired\nreplaced_by: EX0001\n", ""))
    assert run("-C", project, "release", env=at(1)).returncode == 0
    add(project, EX0006=RETIRED, EX0003=CLOZE.replace("{{c2::N_0 e^{r t}}}", "N_0 e^{r t}"))
    difference = json.loads(run("-C", project, "diff", "--json").stdout)
    assert [card["id"] for card in difference["retired"]] == ["EX0006"]
    assert [(card["id"], card["clozes"]) for card in difference["emptied"]] == [("EX0003", [2])]
    assert [card["id"] for card in difference["changed"]] == ["EX0003"]
    result = run("-C", project, "release", env=at(2))
    assert result.returncode == 0, result.stderr
    assert "warning: EX0003: c2 was removed from the text" in result.stderr
    notes = (project / "output" / "release-notes-1.1.md").read_text(encoding="utf-8")
    assert "## Retired cards" in notes
    assert "`tag:retired -is:suspended`" in notes
    assert "Empty Cards" in notes
    lock = parse((project / "source" / "release.lock").read_text(encoding="utf-8"))
    assert lock.cards["EX0006"].retired
    assert lock.cards["EX0003"].clozes == (1,)


@pytest.mark.slow
def test_another_kind_for_a_shipped_card_is_refused(project: Path, run: Run) -> None:
    add(project, EX0004=REVERSED)
    assert run("-C", project, "release", env=at(1)).returncode == 0
    add(project, EX0004=REVERSED.replace("reversed", "basic"))
    result = run("-C", project, "release", env=at(2))
    assert result.returncode == 1
    assert "its kind was reversed and is now basic" in result.stderr


def test_a_number_that_learners_had_may_be_left_out(project: Path, run: Run) -> None:
    add(project, EX0003=CLOZE)
    assert run("-C", project, "release", env=at(1)).returncode == 0
    add(project, EX0003=CLOZE.replace("{{c1::a factor::add?}}", "a factor"))
    assert not [found for found in check(project).diagnostics if found.code == "KND005"]


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (CLOZE, []),
        (CLOZE.replace("{{c1::a factor::add?}}", "x").replace("{{c2::N_0 e^{r t}}}", "y"), [("KND001", 4, 11)]),
        (CLOZE.replace("{{c2::", "{{c3::"), [("KND005", 4, 58)]),
        (CLOZE.replace("add?}}", "add?"), [("KND002", 4, 23)]),
        (CLOZE.replace("{{c1", "{{C1"), [("KND002", 4, 23)]),
        (CLOZE.replace("kind: cloze\n", ""), [("KND004", 3, 23), ("KND004", 3, 58)]),
        (CLOZE.replace("A remark", "A {{c1::b}}"), [("KND004", 5, 11)]),
        (CLOZE.replace("It grows", "🙂 É grows"), []),
        (CLOZE.replace("It grows by {{", "🙂 É́ by {"), [("KND002", 4, 19)]),
        (TYPED.replace("a < b & c", "the $x$"), [("KND006", 6, 7)]),
        (TYPED.replace("a < b & c", "the *x*"), [("KND006", 6, 7)]),
        (TYPED.replace("  a < b & c", "  a\n  b"), [("KND006", 6, 4)]),
        (TYPED.replace("a < b & c", "snake_case_word 2 * 3"), []),
        (TYPED.replace("a < b & c", "a" * 41), [("KND007", 6, 3)]),
        (REVERSED.replace("Time to halve", "|\n  - a\n  - b"), [("KND008", 6, 3)]),
        (RETIRED, []),
        (RETIRED.replace("EX0001", "EX0010"), [("KND009", 7, 14)]),
        (RETIRED.replace("EX0001", "EX0006"), [("KND009", 7, 14)]),
        (RETIRED.replace("retired", "active"), [("KND009", 7, 14)]),
        (CLOZE + "related: [EX0007]\n", [("KND010", 7, 11)]),
    ],
)
def test_findings_stand_at_their_place(project: Path, card: str, expected: list[tuple[str, int, int]]) -> None:
    name = card[4:10]
    add(project, **{name: card, "EX0007": RETIRED.replace("EX0006", "EX0007")})
    findings = check(project).diagnostics
    found = [(f.code, f.span.line, f.span.column) for f in findings if f.span.path.endswith(f"{name}.yaml")]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("question", "line", "column"),
    [
        ("|\n  first 🙂\n  then {{c0::x}}", 6, 8),
        (">\n  first 🙂\n  then {{c0::x}}", 6, 8),
        ('"first 🙂 \\u00e9 {{c0::x}}"', 4, 27),
        ("'it''s 🙂 {{c0::x}}'", 4, 20),
        ("plain 🙂 {{c0::x}}", 4, 19),
    ],
)
def test_a_place_is_right_in_every_kind_of_scalar(
    project: Path, question: str, line: int, column: int, newline: str
) -> None:
    text = f"id: EX0003\ntitle: Growth\nkind: cloze\nquestion: {question}\ntags: [example]\n"
    path = project / "source" / "cards" / "EX0003.yaml"
    path.write_text(text, encoding="utf-8", newline=newline)
    found = [(f.code, f.span.line, f.span.column) for f in check(project).diagnostics if f.code == "KND002"]
    assert found == [("KND002", line, column)]
