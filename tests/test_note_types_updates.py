"""Updates of note types of a deck: each change in the real Anki, and whether the release guard allows it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from anki_collection import collection
from cardpipe.model.anki_identity import FIRST_RELEASE
from cardpipe.model.release_lock import dump, parse
from cardpipe.release.advance import advance
from cardpipe.release.changes import compare
from cardpipe.release.refusals import refusals
from cardpipe.release.snapshots import of_lock, of_shipment
from cardpipe.writers.anki.package import package_bytes
from cardpipe.writers.anki.shipment import shipment
from test_note_types import DECK, FRANCE, WORDS, written
from test_note_types_anki import forced
from update_world import DAY, Student

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cardpipe.model.release_lock import ReleaseLock

pytestmark = pytest.mark.slow
BASIC = "id: GE0002\ntitle: A card\nquestion: Old?\nanswer: Yes.\ntags: [x]\n"


class World:
    """A deck with a card of each kind, and its releases."""

    def __init__(self, root: Path) -> None:
        self.root = written(root, GE0002=BASIC)
        self.lock: ReleaseLock | None = None
        self.texts = {"deck": DECK, "GE0001": FRANCE, "words": WORDS, "GE0002": BASIC}

    def change(self, name: str, old: str, new: str) -> None:
        """Replace words of a file."""
        assert old in self.texts[name]
        self.texts[name] = self.texts[name].replace(old, new)
        written(self.root, **self.texts)

    def release(self, day: int) -> tuple[bytes, tuple[str, ...], Any]:
        """The package of a release, why the guard refuses it, and the changes."""
        rendered = forced(self.root)
        deck = dataclasses.replace(rendered, settings=dataclasses.replace(rendered.settings, lock=self.lock))
        shipped = shipment(deck)
        changes = compare(of_lock(self.lock), of_shipment(shipped, self.lock))
        refused = refusals(self.lock, shipped, changes, f"1.{day}")
        self.lock = parse(dump(advance(self.lock, shipped, f"1.{day}", FIRST_RELEASE + day * DAY, mark=False)))
        deck = dataclasses.replace(deck, settings=dataclasses.replace(deck.settings, lock=self.lock))
        return package_bytes(deck, lambda _done, _all: None), tuple(one.reason for one in refused), changes


def names(student: Student, part: str, kind: str = "country") -> list[str]:
    """The fields (`flds`) or templates (`tmpls`) of a note type."""
    [model] = [model for model in student.col.models.all() if model["name"].startswith(f"cardpipe {kind} ")]
    return [each["name"] for each in model[part]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A change between two releases, and what is expected of the import and of the guard."""

    name: str
    change: Callable[[World], object]
    looked_at: Callable[[Student], bool]
    """How it is seen that the change landed; only asked if the guard allows it."""
    refused: str = ""
    """Words of the guard's reason; empty if it allows the release."""
    empty: int = 0
    """Cards that are empty afterwards."""
    new: int = 0
    """New cards."""


def both(*changes: tuple[str, str, str]) -> Callable[[World], None]:
    def change(world: World) -> None:
        for one in changes:
            world.change(*one)

    return change


def styled(world: World) -> None:
    (world.root / "source/styles").mkdir()
    (world.root / "source/styles/a.css").write_text(".front { color: red }", encoding="utf-8")
    world.change("deck", "    show: record\n", "    show: record\n    style: a.css\n")


def renamed_type(world: World) -> None:
    world.change("deck", "  country:\n    fields", "  state:\n    was: country\n    fields")
    world.change("GE0001", "type: country", "type: state")


def renamed_all(world: World) -> None:
    renamed_type(world)
    world.change("deck", "      hint: line\n", "      clue: {kind: line, was: hint}\n")
    world.change("deck", "{?hint}*{hint}*{/hint}", "{?clue}*{clue}*{/clue}")
    world.change("deck", "hint: hint", "hint: clue")
    world.change("deck", "      flag:\n        front", "      banner:\n        was: flag\n        front")
    world.change("GE0001", "  hint: On the Seine", "  clue: On the river")


LAST_FACE = 'back: "{country}"\n'
ADDED = LAST_FACE + '      number:\n        front: "How many live in {country}?"\n        back: "{population}"\n'
FIRST_FACE = "    faces:\n      capital:\n"
BEFORE = FIRST_FACE.replace("      capital", ADDED.removeprefix(LAST_FACE) + "      capital")
CAPITAL = DECK[DECK.index("      capital:\n        front") : DECK.index("      flag:\n        front")]
FLAG = DECK[DECK.index("      flag:\n        front") : DECK.index("  word:\n")]

CASES = (
    Case(
        name="a value is changed",
        change=both(("GE0001", "Paris", "Paris!")),
        looked_at=lambda s: s.note("GE0001")["Capital"] == "Paris!",
    ),
    Case(
        name="a field is added and filled",
        change=both(
            ("deck", "      info: text\n", "      info: text\n      anthem: line\n"),
            ("GE0001", "  flag:", "  anthem: La\n  flag:"),
        ),
        looked_at=lambda s: s.note("GE0001")["Anthem"] == "La" and "Spare 1" not in names(s, "flds"),
    ),
    Case(
        name="a field is added in between",
        change=both(
            ("deck", "      capital: line\n", "      anthem: line\n      capital: line\n"),
            ("GE0001", "  flag:", "  anthem: La\n  flag:"),
        ),
        looked_at=lambda s: s.note("GE0001")["Anthem"] == "La" and s.note("GE0001")["Capital"] == "Paris",
    ),
    Case(
        name="a field gets another label",
        change=both(("deck", "label: Country", "label: Land")),
        looked_at=lambda s: s.note("GE0001")["Land"] == "France" and "Country" not in names(s, "flds"),
    ),
    Case(
        name="a field is renamed with `was`",
        change=both(
            ("deck", "      hint: line\n", "      clue: {kind: line, was: hint}\n"),
            ("deck", "{?hint}*{hint}*{/hint}", "{?clue}*{clue}*{/clue}"),
            ("deck", "hint: hint", "hint: clue"),
            ("GE0001", "  hint:", "  clue:"),
        ),
        looked_at=lambda s: s.note("GE0001")["Clue"] == "On the Seine" and "Hint" not in names(s, "flds"),
    ),
    Case(
        name="a field is renamed without `was`",
        change=both(
            ("deck", "      hint: line\n", "      clue: line\n"),
            ("deck", "{?hint}*{hint}*{/hint}", "{?clue}*{clue}*{/clue}"),
            ("deck", "hint: hint", "hint: clue"),
            ("GE0001", "  hint:", "  clue:"),
        ),
        looked_at=lambda s: s.note("GE0001")["Clue"] == "On the Seine" and s.note("GE0001")["Hint"] == "",
    ),
    Case(
        name="fields are moved",
        change=both(
            ("deck", "      population: number\n", ""),
            ("deck", "      capital: line\n", "      population: number\n      capital: line\n"),
        ),
        looked_at=lambda s: s.note("GE0001")["Population"] == "68000000" and s.note("GE0001")["Capital"] == "Paris",
    ),
    Case(
        name="a field is removed",
        change=both(("deck", "      population: number\n", ""), ("GE0001", "  population: 68000000\n", "")),
        looked_at=lambda s: s.note("GE0001")["Population"] == "",
    ),
    Case(
        name="more fields are added than are spare",
        change=both(
            ("deck", "      info: text\n", "      info: text\n" + "".join(f"      x{n}: line\n" for n in range(7)))
        ),
        looked_at=lambda _: True,
        refused="no spare place",
    ),
    Case(
        name="a face is added at the end",
        change=both(("deck", LAST_FACE, ADDED)),
        looked_at=lambda s: "Number" in names(s, "tmpls"),
        new=1,
    ),
    Case(
        name="a face is added in between",
        change=both(("deck", FIRST_FACE, BEFORE)),
        looked_at=lambda s: names(s, "tmpls")[:3] == ["Capital", "Flag", "Number"],
        new=1,
    ),
    Case(
        name="faces are moved",
        change=both(("deck", CAPITAL + FLAG, FLAG + CAPITAL)),
        looked_at=lambda s: names(s, "tmpls")[:2] == ["Capital", "Flag"],
    ),
    Case(
        name="a face is renamed with `was`",
        change=both(("deck", "      flag:\n        front", "      banner:\n        was: flag\n        front")),
        looked_at=lambda s: names(s, "tmpls")[:2] == ["Capital", "Banner"],
    ),
    Case(
        name="a note type is renamed with `was`",
        change=renamed_type,
        looked_at=lambda s: s.note("GE0001")["Capital"] == "Paris" and names(s, "tmpls")[:2] == ["Capital", "Flag"],
    ),
    Case(
        name="a note type, its fields and its faces are renamed with `was`, and a note is changed",
        change=renamed_all,
        looked_at=lambda s: (
            s.note("GE0001")["Clue"] == "On the river" and names(s, "tmpls")[:2] == ["Capital", "Banner"]
        ),
    ),
    Case(
        name="a note type is renamed without `was`",
        change=both(
            ("deck", "  country:\n    fields", "  state:\n    fields"), ("GE0001", "type: country", "type: state")
        ),
        looked_at=lambda _: True,
        refused="its kind was country and is now state",
    ),
    Case(
        name="a face is removed",
        change=both(("deck", FLAG, "")),
        looked_at=lambda _: True,
        refused="is now missing",
        empty=1,
    ),
    Case(
        name="more faces are added than are spare",
        change=both(
            (
                "deck",
                LAST_FACE,
                LAST_FACE
                + "".join(
                    f'      x{n}:\n        front: "{n} {{country}}"\n        back: "{{capital}}"\n' for n in range(5)
                ),
            )
        ),
        looked_at=lambda _: True,
        refused="no spare place",
    ),
    Case(
        name="a face needs more than a note has",
        change=both(
            ("deck", "needs: [country, capital]", "needs: [country, capital, anthem]"),
            ("deck", "      info: text\n", "      info: text\n      anthem: line\n"),
        ),
        looked_at=lambda _: True,
        empty=1,
    ),
    Case(
        name="a face needs less, so that more cards are made",
        change=both(
            ("deck", '{meaning}**?", back: "{word}"}', '{meaning}**?", back: "{word}", needs: [meaning]}'),
            ("words", "records:\n", "records:\n  - {id: VO0003, meaning: cat}\n"),
        ),
        looked_at=lambda s: len(s.note("VO0003").cards()) == 1,
        new=1,
    ),
    Case(
        name="a card changes from a built-in kind to a note type",
        change=both(
            (
                "GE0002",
                "title: A card\nquestion: Old?\nanswer: Yes.\n",
                "type: country\nfields: {country: Spain, capital: Madrid}\n",
            )
        ),
        looked_at=lambda _: True,
        refused="gets no further updates",
    ),
    Case(
        name="a note type of the deck is added beside the built-in kinds",
        change=both(
            (
                "deck",
                "    show: record\n",
                "    show: record\n  city:\n    fields: {city: line, river: line}\n"
                '    faces: {river: {front: "{city}?", back: "{river}"}}\n',
            )
        ),
        looked_at=lambda s: s.note("GE0001")["Capital"] == "Paris",
    ),
    Case(
        name="the style is changed",
        change=styled,
        looked_at=lambda s: any(".front { color: red }" in model["css"] for model in s.col.models.all()),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_guard_refuses_what_the_real_anki_would_not_take(case: Case, tmp_path: Path) -> None:
    world = World(tmp_path / "deck")
    with collection(tmp_path / "learner") as learner:
        student = Student(learner)
        learner.import_package(world.release(1)[0])
        student.review()
        history, cards = student.history(), learner.col.card_count()
        case.change(world)
        package, refused, _ = world.release(2)
        if case.refused:
            assert any(case.refused in reason for reason in refused), refused
        else:
            assert refused == ()
        log = learner.import_package(package)
        second = [one.name for one in student.col.models.all_names_and_ids() if one.name.endswith("+")]
        if case.refused and not case.empty:
            # What the guard prevents: the notes are never updated again.
            assert second or log.conflicting
            return
        assert second == []
        assert len(log.conflicting) == 0
        assert case.looked_at(student)
        after = student.history()
        assert all(after[card] == row for card, row in history.items())
        assert learner.col.card_count() == cards + case.new
        assert sum(len(note.card_ids) for note in student.col.get_empty_cards().notes) == case.empty
        text, sound = student.col.fix_integrity()
        assert sound, text
        # The next release finds everything in its place.
        package, refused, changes = world.release(3)
        assert refused == ()
        assert not changes
        assert len(learner.import_package(package).updated) == 0


def test_words_of_a_learner_survive_until_the_note_changes(tmp_path: Path) -> None:
    """A field for the learner cannot be promised: an import replaces all fields of a note that changed."""
    world = World(tmp_path / "deck")
    with collection(tmp_path / "learner") as learner:
        student = Student(learner)
        learner.import_package(world.release(1)[0])
        for card_id in ("GE0001", "VO0001"):
            note = student.note(card_id)
            note["Spare 6"] = "my own words"
            student.save(note, 1.5)
        world.change("GE0001", "Paris", "Paris!")
        learner.import_package(world.release(2)[0])
        assert student.note("VO0001")["Spare 6"] == "my own words"
        assert student.note("GE0001")["Spare 6"] == ""


def test_history_and_words_survive_two_renamings(tmp_path: Path) -> None:
    """Nothing of a note is replaced where only keys changed, whatever the learner wrote into it."""
    world = World(tmp_path / "deck")
    with collection(tmp_path / "learner") as learner:
        student = Student(learner)
        learner.import_package(world.release(1)[0])
        student.review()
        note = student.note("GE0001")
        note["Spare 6"], note["Info"] = "my own words", "mine too"
        student.save(note, 1.5)
        history, words = student.history(), learner.fields("GE0001")
        renamed_type(world)
        assert len(learner.import_package(world.release(2)[0]).updated) == 0
        world.change("deck", "      hint: line\n", "      clue: {kind: line, was: hint}\n")
        world.change("deck", "{?hint}*{hint}*{/hint}", "{?clue}*{clue}*{/clue}")
        world.change("deck", "hint: hint", "hint: clue")
        world.change("GE0001", "  hint:", "  clue:")
        assert len(learner.import_package(world.release(3)[0]).updated) == 0
        world.change("deck", "clue: {kind: line, was: hint}", "tip: {kind: line, was: clue}")
        world.change("deck", "{?clue}*{clue}*{/clue}", "{?tip}*{tip}*{/tip}")
        world.change("deck", "hint: clue", "hint: tip")
        world.change("GE0001", "  clue:", "  tip:")
        package, refused, changes = world.release(4)
        assert (refused, changes.changed) == ((), ())
        assert len(learner.import_package(package).updated) == 0
        assert student.history() == history
        assert list(learner.fields("GE0001").values()) == list(words.values())
        assert learner.fields("GE0001")["Tip"] == words["Hint"]
        assert len([one for one in student.col.models.all_names_and_ids() if one.name.startswith("cardpipe ")]) == 3
