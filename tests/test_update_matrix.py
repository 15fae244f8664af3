"""Effects of updates on learners: each case in the real Anki; the table in the docs is generated from the results."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from anki_collection import collection
from cardpipe.writers.anki import note_type
from update_world import OWN, Author, Student, line_svg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cardpipe.model.deck import DeckSettings

BEGIN, END = "<!-- made by tests/test_update_matrix.py: begin -->", "<!-- end -->"
REWRITE = "CARDPIPE_REWRITE_DOCS"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the author and the learner do between two releases, and what is expected of the import."""

    name: str
    card: str = "EX0003"
    """Which card is looked at."""
    author: Callable[[Author, pytest.MonkeyPatch], object] = lambda _author, _patch: None
    learner: Callable[[Student], object] = lambda _student: None
    steps: str = "1 2"
    """Releases that the learner imports, in order; the learner acts before the last one. `csv` is the text import."""
    looked_at: Callable[[Student, Author], bool] | None = None
    """How it is seen that the change landed; by default the card's fields and tags are compared."""
    lands: str
    history: str = "kept"
    edit: str = "—"


def edited(author: Author, _patch: pytest.MonkeyPatch) -> None:
    author.change("EX0003", "Old words", "New words")


def changed_text(card_id: str) -> Callable[[Author, pytest.MonkeyPatch], object]:
    return lambda author, _patch: author.change(card_id, "Old", "New")


def another_picture(author: Author, _patch: pytest.MonkeyPatch) -> None:
    (author.source / "media" / "line.svg").write_text(line_svg(30), encoding="utf-8")


def another_style(_author: Author, patch: pytest.MonkeyPatch) -> None:
    style = note_type.style() + "\n.new-style { color: red }"
    patch.setattr(note_type, "style", lambda: style)


def another_template(_author: Author, patch: pytest.MonkeyPatch) -> None:
    formerly = note_type.templates

    def templates(kind: str, settings: DeckSettings) -> tuple[note_type.Template, ...]:
        return tuple(dataclasses.replace(made, front=f"{made.front}<!-- new -->") for made in formerly(kind, settings))

    patch.setattr("cardpipe.writers.anki.shape.templates", templates)


def with_fields(patch: pytest.MonkeyPatch, index: int, name: str) -> None:
    fields = list(note_type.FIELDS)
    fields[index] = dataclasses.replace(fields[index], name=name)
    patch.setattr("cardpipe.writers.anki.note_type.FIELDS", tuple(fields))


def a_spare_field_used(_author: Author, patch: pytest.MonkeyPatch) -> None:
    with_fields(patch, len(note_type.FIELDS) - 1, "Mnemonic")


def a_field_renamed(_author: Author, patch: pytest.MonkeyPatch) -> None:
    with_fields(patch, 4, "Explanation")


def models(student: Student) -> list[dict[str, Any]]:
    return [model for model in student.col.models.all() if model["name"].startswith("cardpipe")]


def has_field(name: str) -> Callable[[Student, Author], bool]:
    return lambda student, _author: all(name in [field["name"] for field in m["flds"]] for m in models(student))


def renamed_subdeck(author: Author, _patch: pytest.MonkeyPatch) -> None:
    path = author.source / "deck.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("EX: Examples", "EX: Elsewhere"), encoding="utf-8")


def in_deck(name: str) -> Callable[[Student, Author], bool]:
    return lambda student, _author: student.col.decks.name(student.note("EX0003").cards()[0].did) == name


def moved(student: Student) -> None:
    student.col.set_deck(student.note("EX0003").card_ids(), student.col.decks.id("My own deck"))


CASES = (
    Case(name="A text is changed", author=edited, lands="yes"),
    Case(name="A picture is changed under the same name", card="EX0005", author=another_picture, lands="yes"),
    Case(name="A tag is changed", author=lambda a, _: a.change("EX0003", "[one]", "[two]"), lands="yes"),
    Case(
        name="The style is changed",
        author=another_style,
        looked_at=lambda student, _: all(".new-style" in model["css"] for model in models(student)),
        lands="yes",
    ),
    Case(
        name="A template is changed",
        author=another_template,
        looked_at=lambda s, _: all("<!-- new -->" in t["qfmt"] for m in models(s) for t in m["tmpls"]),
        lands="yes",
    ),
    Case(
        name="A spare field is given a name and used",
        author=a_spare_field_used,
        looked_at=has_field("Mnemonic"),
        lands="yes",
    ),
    Case(name="A field is renamed", author=a_field_renamed, looked_at=has_field("Explanation"), lands="yes"),
    Case(
        name="A card is added in the middle",
        card="EX0002",
        author=lambda a, _: a.write("EX0002", "title: New\nquestion: New?\nanswer: Yes.\ntags: [one]\n"),
        lands="yes",
    ),
    Case(
        name="A card is retired",
        author=lambda a, _: a.change("EX0003", "title", "status: retired\nreplaced_by: EX0001\ntitle"),
        looked_at=lambda s, _: "retired" in s.note("EX0003").tags and "EX0001" in s.shown("EX0003")["Notice"],
        lands="yes",
    ),
    Case(
        name="A subdeck is renamed",
        author=renamed_subdeck,
        looked_at=in_deck("Sample::Elsewhere"),
        lands="no: cards stay in their deck",
    ),
    Case(name="A reversed card's text is changed", card="EX0007", author=changed_text("EX0007"), lands="yes"),
    Case(name="A typed card's answer is changed", card="EX0008", author=changed_text("EX0008"), lands="yes"),
    Case(name="A cloze's text is changed", card="EX0006", author=changed_text("EX0006"), lands="yes"),
    Case(
        name="A cloze gains a deletion",
        card="EX0006",
        author=lambda a, _: a.change("EX0006", "Old", "{{c3::Old}}"),
        looked_at=lambda s, _: len(s.note("EX0006").cards()) == 3,
        lands="yes",
    ),
    Case(
        name="A cloze loses a deletion",
        card="EX0006",
        author=lambda a, _: a.change("EX0006", "{{c2::two}}", "two"),
        looked_at=lambda s, a: s.has("EX0006", a.shipped()["EX0006"]) and len(s.col.get_empty_cards().notes) == 1,
        lands="yes; an empty card stays",
    ),
    Case(
        name="The learner edited a card that did not change",
        card="EX0001",
        author=edited,
        learner=lambda s: s.edit("EX0001", 1.5),
        lands="—",
        edit="stays",
    ),
    Case(
        name="The learner edited a card that changed, before the release",
        author=edited,
        learner=lambda s: s.edit("EX0003", 1.5),
        lands="yes",
        edit="is replaced",
    ),
    Case(
        name="The learner edited a card that changed, after the release",
        author=edited,
        learner=lambda s: s.edit("EX0003", 2.5),
        lands="no",
        edit="stays",
    ),
    Case(
        name="The learner tagged a card that did not change",
        card="EX0001",
        author=edited,
        learner=lambda s: s.tag("EX0001", 1.5),
        lands="—",
        edit="stays",
    ),
    Case(
        name="The learner tagged a card that changed",
        author=edited,
        learner=lambda s: s.tag("EX0003", 1.5),
        lands="yes",
        edit="is replaced",
    ),
    Case(
        name="The learner flagged a card that changed",
        author=edited,
        learner=lambda s: s.col.set_user_flag_for_cards(3, s.note("EX0003").card_ids()),
        lands="yes",
    ),
    Case(
        name="The learner suspended a card that changed",
        author=edited,
        learner=lambda s: s.col.sched.suspend_cards(s.note("EX0003").card_ids()),
        lands="yes",
    ),
    Case(name="The learner moved a card that changed to another deck", author=edited, learner=moved, lands="yes"),
    Case(
        name="The learner deleted a card",
        author=edited,
        learner=lambda s: s.col.remove_notes([s.note("EX0003").id]),
        lands="yes: it comes back as new",
    ),
    Case(name="The learner skipped a release", author=edited, steps="1 3", lands="yes"),
    Case(
        name="The learner imports an older release",
        author=edited,
        steps="1 2 1",
        lands="no: nothing is taken back",
    ),
    Case(name="The learner imports the same release twice", author=edited, steps="1 2 2", lands="—"),
    Case(name="The learner updates by the CSV file", author=edited, steps="1 csv", lands="yes"),
    Case(
        name="The learner edited a card that changed, and updates by the CSV file",
        author=edited,
        learner=lambda s: s.edit("EX0003", 2.5),
        steps="1 csv",
        lands="yes",
        edit="is replaced",
    ),
)


@dataclass(frozen=True)
class Measured:
    """What was seen after the last import."""

    landed: bool
    history: str
    edit: str
    changed: bool
    """Whether anything at all is different from before the last import."""


def played(case: Case, folder: Path) -> Measured:
    """Play a case through with a collection of the real Anki."""
    with pytest.MonkeyPatch.context() as patch, collection(folder / "learner") as learner:
        author, student = Author(folder / "deck"), Student(learner)
        made = {"1": author.release(1)}
        learner.import_package(made["1"])
        student.review()
        case.author(author, patch)
        made["2"] = author.release(2)
        made["3"] = author.release(3)
        *first, last = case.steps.split()
        for step in first[1:]:
            learner.import_package(made[step])
        case.learner(student)
        history, state = student.history(), learner.state()
        there = _is_there(case, student, author)
        if last == "csv":
            learner.import_csv(author.table())
        else:
            learner.import_package(made[last])
        after = student.history()
        landed = _is_there(case, student, author)
        assert last != "2" or "2" in first or not there, f"{case.name}: nothing was to land"
        mine = OWN in str(student.shown(case.card)) or "mine" in student.shown(case.card)["tags"].split()
        assert not [name for name in student.col.models.all_names_and_ids() if name.name.endswith("+")]
        text, sound = student.col.fix_integrity()
        assert sound, text
        return Measured(
            landed=landed,
            history="kept" if all(after.get(card) == row for card, row in history.items()) else "lost",
            edit="stays" if mine else "is replaced",
            changed=learner.state() != state,
        )


def _is_there(case: Case, student: Student, author: Author) -> bool:
    if case.looked_at is None:
        return student.has(case.card, author.shipped()[case.card])
    return bool(student.col.find_notes(f"ID:{case.card}")) and case.looked_at(student, author)


def row(case: Case, measured: Measured) -> tuple[str, str, str, str]:
    """The case's line of the table, from what was measured; only the wording after a colon is the case's own."""
    landed = "yes" if measured.landed else "no"
    if case.lands == "—":
        landed = "—" if case.edit != "—" or not measured.changed else "changed"
    elif measured.landed and "nothing is taken back" in case.lands:
        # The newer text is still there although the older release came after it.
        landed = "changed" if measured.changed else "no"
    note = case.lands[len(case.lands.partition(":")[0].partition(";")[0]) :]
    return case.name, f"{landed}{note}", measured.history, measured.edit if case.edit != "—" else "—"


@pytest.mark.slow
def test_every_case_is_as_the_docs_say(tmp_path: Path, shipped: Path) -> None:
    rows = []
    for number, case in enumerate(CASES):
        found = row(case, played(case, tmp_path / str(number)))
        assert found == (case.name, case.lands, case.history, case.edit)
        rows.append(found)
    lines = ["| What happens | Change imported | History | The learner's own edit |", "|---|---|---|---|"]
    table = "\n".join([*lines, *(f"| {' | '.join(cells)} |" for cells in rows)])
    page = shipped / "docs" / "releases.md"
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    current, _, after = rest.partition(END)
    if os.environ.get(REWRITE):
        page.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8", newline="\n")
    else:
        assert current.strip() == table, f"docs/releases.md is stale: run this test with {REWRITE}=1"
