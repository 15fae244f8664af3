"""Two packages as other tools make them, the second one with a change, for tests of updates with the real Anki."""

from __future__ import annotations

import copy
import json
import sqlite3
import warnings
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import genanki

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = 1_700_000_000, 1_700_001_000
NOTES, CLOZES = 12, 4
_CAPITALS = genanki.Model(
    1_607_392_319,
    "Capitals",
    fields=[{"name": "ID"}, {"name": "Country"}, {"name": "Capital"}],
    templates=[
        {"name": "Capital", "qfmt": "{{Country}}", "afmt": "{{Capital}}"},
        {"name": "Country", "qfmt": "{{Capital}}", "afmt": "{{Country}}"},
    ],
)
_CLOZES = genanki.Model(
    1_607_392_320,
    "Blanks",
    fields=[{"name": "Text"}, {"name": "Extra"}],
    templates=[{"name": "Cloze", "qfmt": "{{cloze:Text}}", "afmt": "{{cloze:Text}}{{Extra}}"}],
    model_type=genanki.Model.CLOZE,
)

Change = Callable[["Package"], object]


class Package:
    """The database of a package while it is changed."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as package:
            self.files = {name: package.read(name) for name in package.namelist()}
        self.db = sqlite3.connect(":memory:")
        self.db.deserialize(self.files["collection.anki2"])
        [[models, decks]] = self.db.execute("select models, decks from col").fetchall()
        self.models: dict[str, Any] = json.loads(models)
        self.decks: dict[str, Any] = json.loads(decks)

    @property
    def model(self) -> Any:
        """The note type with two templates."""
        return next(model for model in self.models.values() if model["name"].startswith("Capitals"))

    def fields(self, guid: str) -> list[str]:
        """Return a note's fields."""
        [[fields]] = self.db.execute("select flds from notes where guid = ?", (guid,)).fetchall()
        return str(fields).split("\x1f")

    def set_fields(self, guid: str, fields: list[str]) -> None:
        """Change a note's fields."""
        self.db.execute("update notes set flds = ? where guid = ?", ("\x1f".join(fields), guid))

    def save(self, path: Path) -> Path:
        """Write the package."""
        self.db.execute("update col set models = ?, decks = ?", (json.dumps(self.models), json.dumps(self.decks)))
        self.db.commit()
        self.files["collection.anki2"] = self.db.serialize()
        self.db.close()
        with zipfile.ZipFile(path, "w") as package:
            for name, data in self.files.items():
                package.writestr(name, data)
        return path


def package(path: Path, time: int, *changes: Change, ids: bool = False) -> Path:
    """Write a package whose notes and note types have a timestamp; fields and templates can have constant ids."""
    deck, below = genanki.Deck(2_059_400_110, "Geo"), genanki.Deck(2_059_400_111, "Geo::Clozes")
    for number in range(NOTES):
        fields = [f"G{number:02}", f"Country {number}", f"Capital {number}"]
        deck.add_note(genanki.Note(_CAPITALS, fields, guid=f"guid{number:02}", tags=["world"]))
    for number in range(CLOZES):
        text = f"Number {number} has {{{{c1::one {number}}}}} and {{{{c2::two {number}}}}}."
        below.add_note(genanki.Note(_CLOZES, [text, "more"], guid=f"cloze{number}"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        genanki.Package([deck, below]).write_to_file(path, timestamp=OLD)
    made = Package(path)
    made.db.execute("update notes set mod = ?", (time,))
    for model in made.models.values():
        model["mod"] = time
        for key, first in (("flds", 1000), ("tmpls", 5000)):
            for number, part in enumerate(model[key] if ids else ()):
                part["id"] = first + number + int(model["id"])
    for change in changes:
        change(made)
    return made.save(path)


# --- Changes ---------------------------------------------------------------------------------------------------------


def texts(made: Package) -> None:
    """Change the last field of three notes."""
    for number in range(3):
        guid = made.db.execute("select guid from notes order by id limit 1 offset ?", (number,)).fetchone()[0]
        *others, last = made.fields(guid)
        made.set_fields(guid, [*others, f"{last}, corrected"])


def other_guids(made: Package) -> None:
    """Give all notes other GUIDs."""
    made.db.execute("update notes set guid = 'other' || guid")


def exchanged_guids(made: Package) -> None:
    """Let the first three notes exchange their GUIDs."""
    numbers = [number for (number,) in made.db.execute("select id from notes order by id limit 3")]
    guids = [made.db.execute("select guid from notes where id = ?", (number,)).fetchone()[0] for number in numbers]
    for number, guid in zip(numbers, [*guids[1:], guids[0]], strict=True):
        made.db.execute("update notes set guid = ? where id = ?", (guid, number))


def other_first_texts(made: Package) -> None:
    """Change the first field of all notes."""
    made.db.execute("update notes set flds = 'The ' || flds")


def other_texts(made: Package) -> None:
    """Replace all fields of all notes."""
    for [guid] in made.db.execute("select guid from notes").fetchall():
        text = f"{{{{c1::words}}}} and {{{{c2::others}}}} of {guid}"
        made.set_fields(guid, [f"{text} in field {number}" for number, _ in enumerate(made.fields(guid))])


def other_note_type_id(made: Package) -> None:
    """Give a note type another id."""
    former = made.model["id"]
    model = made.models.pop(str(former))
    model["id"] = int(former) + 55
    made.models[str(model["id"])] = model
    made.db.execute("update notes set mid = ? where mid = ?", (model["id"], int(former)))


def other_note_type_name(made: Package) -> None:
    """Rename a note type."""
    made.model["name"] = "Capitals of the world"


def _append(made: Package, key: str, **values: object) -> Any:
    part = copy.deepcopy(made.model[key][-1])
    part.update(values, ord=len(made.model[key]))
    if "id" in part:
        part["id"] += 1
    made.model[key].append(part)
    return part


def added_field(made: Package) -> None:
    """Add a field."""
    _append(made, "flds", name="More")
    made.db.execute("update notes set flds = flds || char(31) || 'more' where mid = ?", (int(made.model["id"]),))


def removed_field(made: Package) -> None:
    """Remove the first field, which no template asks for."""
    made.model["flds"].pop(0)
    for number, field in enumerate(made.model["flds"]):
        field["ord"] = number
    for [guid] in made.db.execute("select guid from notes where mid = ?", (int(made.model["id"]),)).fetchall():
        made.set_fields(guid, made.fields(guid)[1:])


def renamed_field(made: Package) -> None:
    """Rename the last field."""
    made.model["flds"][-1]["name"] = "City"
    made.model["tmpls"][0]["afmt"] = made.model["tmpls"][1]["qfmt"] = "{{City}}"


def added_template(made: Package) -> None:
    """Add a template, with its cards."""
    _append(made, "tmpls", name="Number", qfmt="{{ID}}")
    columns = "mod, usn, type, queue, due, ivl, factor, reps, lapses, left, odue, odid, flags, data"
    made.db.execute(
        f"insert into cards select id + 100000, nid, did, 2, {columns} from cards "  # noqa: S608 - a constant
        "where ord = 0 and nid in (select id from notes where mid = ?)",
        (int(made.model["id"]),),
    )


def removed_template(made: Package) -> None:
    """Remove a template, with its cards."""
    made.model["tmpls"].pop()
    sql = "delete from cards where ord = 1 and nid in (select id from notes where mid = ?)"
    made.db.execute(sql, (int(made.model["id"]),))


def renamed_template(made: Package) -> None:
    """Rename a template."""
    made.model["tmpls"][0]["name"] = "Forward"


def swapped_templates(made: Package) -> None:
    """Change the order of the templates."""
    first, second = made.model["tmpls"]
    first["ord"], second["ord"] = 1, 0
    made.model["tmpls"] = [second, first]
    sql = "update cards set ord = 1 - ord where nid in (select id from notes where mid = ?)"
    made.db.execute(sql, (int(made.model["id"]),))


def swapped_questions(made: Package) -> None:
    """Swap what the templates ask, but not their names."""
    first, second = made.model["tmpls"]
    first["qfmt"], second["qfmt"] = second["qfmt"], first["qfmt"]


def other_style(made: Package) -> None:
    """Change the style sheet of a note type."""
    made.model["css"] = ".card { color: red }"


def renamed_deck(made: Package) -> None:
    """Rename the deck with its subdeck."""
    for deck in made.decks.values():
        deck["name"] = deck["name"].replace("Geo", "World")


def dropped_cloze(made: Package) -> None:
    """Remove a cloze deletion and its card."""
    made.set_fields("cloze0", ["Number 0 has {{c1::one 0}} and two.", "more"])
    made.db.execute("delete from cards where ord = 1 and nid = (select id from notes where guid = 'cloze0')")


def removed_notes(made: Package) -> None:
    """Remove two notes with their cards."""
    made.db.execute("delete from notes where guid in ('guid05', 'guid06')")
    made.db.execute("delete from cards where nid not in (select id from notes)")


def moved_note(made: Package) -> None:
    """Move a note's cards to the subdeck."""
    sql = "update cards set did = 2059400111 where nid = (select id from notes where guid = 'guid07')"
    made.db.execute(sql)
