"""A deck with all kinds of cards and forms of YAML, and packages of it as a learner exports them."""

from __future__ import annotations

import functools
import io
import sqlite3
import subprocess
import zipfile
from typing import TYPE_CHECKING

from cardpipe.build.pipeline import prepare
from cardpipe.feedback.comparison import Feedback, feedback_of
from cardpipe.model.trust import NOBODY
from cardpipe.writers.anki.package import package_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cardpipe.feedback.comparison import LearnerChange

DECK = """\
uid: feedback-sample
slug: sample
name: Sample
language: en
authors: [Ada]
description: A deck that learners correct.
tags: {T: "A tag."}
subdecks: {EX: Examples, GE: Countries}
macros: {half: '\\frac{1}{2}'}
note_types:
  country:
    fields:
      country: {kind: line, required: true}
      capital: line
      population: number
      neighbours: list
      info: text
    faces:
      capital: {front: "What is the capital of **{country}**?", back: "{capital}", needs: [country, capital]}
"""
FILES = {
    "source/deck.yaml": DECK,
    "source/media/map.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 2" width="30" height="20"/>',
    "source/cards/EX0001.yaml": """\
# A comment that stays.
id: EX0001
title: Growth
# It is asked often.
question: What does *growth* mean?
answer: |
  It means that a population gets
  larger, by the rate $r = \\half$ in each
  season, until the food runs out.
details: |
  The law is

  $$
  N_{t+1} = r N_t
  $$

  where $N_t$ is the number.

  - **First** comes the spring with `rain_fall`.
  - Second comes the _summer_.

  ![A map of the field](map.svg)

  | Season | Rate |
  |---|---|
  | spring | high |
  | autumn | low |
tags: [T]
""",
    "source/cards/EX0002.yaml": """\
id: EX0002
title: "Water: the basics"
kind: cloze
question: >-
  Water boils at {{c1::100 °C::temperature}} and
  freezes at {{c2::0 °C}} where the {{c1::pressure}} is normal.
answer: 'It''s the same "water" in both.'
tags: [T]
""",
    "source/cards/several.yaml": """\
- id: EX0003
  title: Term
  kind: reversed
  question: "A \\"quoted\\" term with a backslash \\\\ in it"
  answer: plain words, with a comma
  tags: [T]
- id: EX0004
  title: Typed
  kind: typed
  question: Which metal is liquid at room temperature?
  answer: mercury
  tags: [T]
""",
    "source/cards/GE0004.yaml": """\
id: GE0004
type: country
fields:
  country: Yemen
  capital: Sanaa
  neighbours:
    # From north to south.
    - Saudi *Arabia*
    - Oman
tags: [T]
""",
    "source/tables/countries.yaml": """\
type: country
tags: [T]
defaults: {info: "The same for many."}
records:
  - {id: GE0001, country: France, capital: Paris, population: 68000000, neighbours: [Spain, "Belgium, north"]}
  - {id: GE0002, country: Malta, capital: Valletta, info: An island in the sea.}
  - {id: GE0003, country: Peru, capital: Lima}
""",
}
Edit = tuple[str, str, str, str]
"""The ID of a card, the name of a field, and what is replaced in its HTML by what."""


def write(root: Path, files: dict[str, str] | None = None) -> Path:
    """Write the deck, or other files of it."""
    for name, text in (FILES if files is None else files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return root


def git(folder: Path, *args: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", "-c", "gc.auto=0"]
    return subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def committed(root: Path, message: str = "x") -> None:
    """Commit everything in the deck."""
    if not (root / ".git").exists():
        git(root, "init", "-q")
    git(root, "add", "-A", "source")
    git(root, "commit", "-q", "-m", message)


def exported(root: Path) -> bytes:
    """Return the deck's package."""
    prepared = prepare(root, "anki", lambda _step, _done, _all: None, trust=NOBODY)
    assert prepared.rendered is not None, [str(one) for one in prepared.checked.diagnostics]
    return package_bytes(prepared.rendered, lambda _done, _all: None)


def changed(package: bytes, change: Callable[[sqlite3.Connection], object]) -> bytes:
    """Return a package whose collection is changed."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    connection = sqlite3.connect(":memory:")
    connection.deserialize(entries["collection.anki2"])
    change(connection)
    connection.commit()
    entries["collection.anki2"] = connection.serialize()
    connection.close()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return stream.getvalue()


FIELDS = ("ID", "Title", "Question", "Answer", "Details", "Figures", "References")
OWN_FIELDS = ("ID", "Country", "Capital", "Population", "Neighbours", "Info", "References")


def edited(package: bytes, edits: Sequence[Edit]) -> bytes:
    """Return a package in which a learner has edited fields; an empty old text stands for the whole field."""

    def change(connection: sqlite3.Connection) -> None:
        for card_id, name, old, new in edits:
            edit(connection, card_id, name, functools.partial(replaced, old=old, new=new))

    return changed(package, change)


def replaced(text: str, old: str, new: str) -> str:
    assert old in text, (old, text)
    return text.replace(old, new, 1) if old else new


def edit(connection: sqlite3.Connection, card_id: str, name: str, change: Callable[[str], str]) -> None:
    """Change a field of the note of a card."""
    [(row, values)] = connection.execute("SELECT id, flds FROM notes WHERE flds LIKE ?", (f"{card_id}\x1f%",))
    fields = values.split("\x1f")
    place = (OWN_FIELDS if card_id.startswith("GE") else FIELDS).index(name)
    fields[place] = change(fields[place])
    connection.execute("UPDATE notes SET flds = ? WHERE id = ?", ("\x1f".join(fields), row))


def compared(root: Path, package: bytes, *bases: str) -> Feedback:
    """Compare a package with a deck."""
    path = root / "learner.apkg"
    path.write_bytes(package)
    return feedback_of(root, path, bases, lambda _step, _done, _all: None)


def listed(found: Feedback) -> list[tuple[str, str, str]]:
    """Return the changes: card, part and outcome."""
    return [(change.card.id.text, change.part.key, change.outcome.value) for change in found.changes]


def taken(found: Feedback) -> list[LearnerChange]:
    return [change for change in found.changes if change.after]
