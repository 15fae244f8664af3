"""The tools that somebody would pick instead of cardpipe, each with the same cards in its own form.

Each is installed into a virtual environment of its own. What is written for it leaves out nothing that it could read:
Markdown and formulas stand as in the source, and only what a tool has no word for (figures) is left away.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_HERE = Path(__file__).parent
_MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)


class Note(NamedTuple):
    """A card as every tool can take it: texts in Markdown."""

    id: str
    front: str
    back: str
    tags: Sequence[str]
    has_figure: bool = False
    """Whether the card has a figure, which no other tool can draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A tool, and how it is given a deck."""

    name: str
    requirement: str
    """For pip."""
    write: Callable[[Sequence[Note], Path], None]
    """Puts the deck into an empty folder in the tool's own form."""
    command: Callable[[Path], list[str]]
    """From the folder with the tool's programs, a command to be run in the deck's folder."""
    pythons: tuple[str, ...] = ("python3",)
    """Of these interpreters the first that is there; the tool needs one of them."""


def notes_of(deck: Path) -> list[Note]:
    """The cards of a deck of the generator."""
    found = []
    for path in sorted((deck / "source/cards").rglob("*.yaml")):
        card = yaml.load(path.read_bytes(), yaml.CSafeLoader)
        details = card["details"].replace("![](figure:curve)", "").rstrip()
        back = f"{card['answer'].rstrip()}\n\n{details}"
        found.append(Note(card["id"], card["question"], back, card["tags"], "figures" in card))
    return found


def _anki_delimiters(text: str) -> str:
    """Formulas between the marks that Anki knows."""
    return _MATH.sub(lambda math: rf"\[{math[1]}\]" if math[1] is not None else rf"\({math[2]}\)", text)


def _write_bare(notes: Sequence[Note], folder: Path) -> None:
    (folder / "notes.json").write_text(json.dumps(notes))
    shutil.copy(_HERE / "bare_genanki.py", folder)


def _write_anki_yaml_tool(notes: Sequence[Note], folder: Path) -> None:
    config = {
        "name": "Basic",
        "deck-name": "Bench",
        "css": "",
        "fields": ["Front", "Back"],
        "templates": [{"name": "Card 1", "qfmt": "{{Front}}", "afmt": "{{FrontSide}}<hr id=answer>{{Back}}"}],
    }
    data = [
        {"front": _anki_delimiters(note.front), "back": _anki_delimiters(note.back), "tags": list(note.tags)}
        for note in notes
    ]
    (folder / "deck.yaml").write_text(yaml.safe_dump({"config": config, "data": data}, sort_keys=False))


def _write_yaml2anki(notes: Sequence[Note], folder: Path) -> None:
    cards = [
        {"front": _anki_delimiters(note.front), "back": _anki_delimiters(note.back), "tags": list(note.tags)}
        for note in notes
    ]
    (folder / "deck.yaml").write_text(yaml.safe_dump({"deck_name": "Bench", "cards": cards}, sort_keys=False))


def _write_ankdown(notes: Sequence[Note], folder: Path) -> None:
    (folder / "cards").mkdir()
    texts = (
        f"{_anki_delimiters(note.front)}\n\n%\n\n{_anki_delimiters(note.back)}\n\n%\n\n{', '.join(note.tags)}\n"
        for note in notes
    )
    (folder / "cards/bench.md").write_text("\n---\n\n".join(texts))


def _write_ankcompiler(notes: Sequence[Note], folder: Path) -> None:
    (folder / "out").mkdir()
    blocks = (
        f"---\n\n{note.front}\n\n:::\n\n{note.back}\n\n---\n[^uid]: {note.id:0<10}\n"
        + "".join(f"[^tag]: {tag}\n" for tag in note.tags)
        for note in notes
    )
    (folder / "deck.md").write_text("---\ndeck: Bench\n---\n\n" + "\n".join(blocks))


RIVALS = (
    Rival(
        name="bare genanki",
        requirement="genanki",
        write=_write_bare,
        command=lambda programs: [str(programs / "python"), "bare_genanki.py", "notes.json", "deck.apkg"],
    ),
    Rival(
        name="ankdown",
        requirement="ankdown",
        write=_write_ankdown,
        command=lambda programs: [str(programs / "ankdown"), "-r", "cards", "-p", "deck.apkg", "--highlight"],
    ),
    Rival(
        name="anki-yaml-tool",
        requirement="anki-yaml-tool",
        write=_write_anki_yaml_tool,
        command=lambda programs: [
            str(programs / "anki-yaml-tool"),
            *("build", "--file", "deck.yaml", "--output", "deck.apkg"),
        ],
    ),
    Rival(
        name="yaml2anki",
        requirement="yaml2anki",
        write=_write_yaml2anki,
        command=lambda programs: [str(programs / "yaml2anki"), "deck.yaml", "-o", "deck.apkg"],
        pythons=("python3.13", "python3.14"),
    ),
    Rival(
        name="AnkCompiler",
        requirement="ankcompiler",
        write=_write_ankcompiler,
        command=lambda programs: [str(programs / "ankc"), "build", "--all", "--path", ".", "--output", "out"],
    ),
)


def installed(rival: Rival, folder: Path) -> tuple[Path | None, str]:
    """The folder with the tool's programs and its version, installed there if need be; else None, and why not."""
    home = folder / rival.requirement
    programs = home / ("Scripts" if sys.platform == "win32" else "bin")
    python = programs / "python"
    if not python.exists():
        interpreter = next((found for name in rival.pythons if (found := shutil.which(name))), None)
        if interpreter is None:
            return None, f"needs {' or '.join(rival.pythons)}"
        made = _said(interpreter, "-m", "venv", str(home))
        if made is None:
            return None, f"{rival.pythons[0]} makes no environment"
    if _said(str(python), "-m", "pip", "install", "--quiet", rival.requirement) is None:
        shutil.rmtree(home, ignore_errors=True)
        return None, "pip does not find it"
    version = _said(str(python), "-c", f"from importlib.metadata import version; print(version({rival.requirement!r}))")
    return programs, (version or "").strip()


def _said(*command: str) -> str | None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    return done.stdout if done.returncode == 0 else None


def lost(package: Path, card: Note) -> list[str]:
    """What of a rich card is not in the note that a package has of it, as a learner would see it."""
    back = _back(package, card)
    wanted = {
        "tables": "<table" in back,
        "formulas": (r"\(" in back and r"\[" in back) or "[$]" in back,
        "code": "`" not in card.back or "<pre" in back or "<code" in back,
        "colours in code": "```" not in card.back or re.search(r"<span (class|style)=", back) is not None,
        "figures": not card.has_figure or "<img" in back,
    }
    return [name for name, there in wanted.items() if not there]


def _back(package: Path, card: Note) -> str:
    with zipfile.ZipFile(package) as archive, tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "notes")
        database.write_bytes(io.BytesIO(archive.read("collection.anki2")).getvalue())
        connection = sqlite3.connect(database)
        notes = [row[0] for row in connection.execute("SELECT flds FROM notes")]
        connection.close()
    [found] = [note for note in notes if card.front.rstrip("?") in note]
    return str(found)
