"""Read the collection of a package: note types, decks and notes, in schema 11 and in schema 18.

The database is a stranger's: it is opened read-only, only plain tables are read, nothing in its schema may run, and
sizes and steps are bounded.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any, Final

from cardpipe.files.untrusted_database import open_untrusted
from cardpipe.importing.api import (
    ImportedCard,
    ImportedField,
    ImportedNote,
    ImportedNoteType,
    ImportedTemplate,
    NoteTypeKind,
)
from cardpipe.importing.readers.anki.container import UnusableError
from cardpipe.importing.readers.anki.protobuf import fields, integer, text
from cardpipe.writers.anki.origin import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LARGEST_VALUE: Final = 32 * 1024 * 1024
"""Maximum bytes of a value; schema 11 keeps all note types in one, with their scripts."""
LARGEST_NOTE: Final = 8 * 1024 * 1024
"""Maximum characters of a note, which can contain pictures as `data:` addresses."""
_MOST_STEPS: Final = 500_000
"""Limit in units of 10,000 instructions for a whole import: about a minute."""
_MOST_NOTE_TYPES: Final = 5_000
_MOST_FIELDS: Final = 200
_OCCLUSION: Final = 6
"""Anki's number for the note type of image occlusion (`notetypes.proto`, `OriginalStockKind`)."""
_OTHERS: Final = 255
"""The number under which Anki keeps the keys of a note type that it does not know, as JSON."""
_TABLES: Final = frozenset({"col", "notes", "cards", "notetypes", "fields", "templates", "decks"})
_READING: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})
_SUSPENDED: Final = -1


class Collection:
    """An opened collection."""

    def __init__(self, path: Path) -> None:
        self._connection = open_untrusted(path, largest_value=LARGEST_VALUE, most_steps=_MOST_STEPS)
        try:
            self._check_tables()
            self.is_new = "notetypes" in self._tables
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def _check_tables(self) -> None:
        """Refuse views, virtual tables and triggers in place of Anki's tables."""
        self._tables = set()
        sql = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
        for kind, name, definition in self._connection.execute(sql):
            known = str(name).lower()
            if known in _TABLES:
                if kind != "table" or "create table" not in " ".join(str(definition).lower().split()):
                    raise UnusableError(f"“{known}” in its collection is not a table")
                self._tables.add(known)
        if not {"col", "notes", "cards"} <= self._tables:
            raise UnusableError("its collection does not have Anki's tables")
        self._connection.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
        )

    # --- Note types --------------------------------------------------------------------------------------------------

    def note_types(self) -> tuple[ImportedNoteType, ...]:
        """Return the note types that notes use, sorted by id."""
        used = {int(row[0]) for row in self._connection.execute("SELECT DISTINCT mid FROM notes")}
        if len(used) > _MOST_NOTE_TYPES:
            raise UnusableError(f"it has more than {_MOST_NOTE_TYPES:,} note types")
        found = self._new_note_types(used) if self.is_new else self._old_note_types(used)
        missing = used - found.keys()
        if missing:
            raise UnusableError("a note has a note type that is missing")
        return tuple(found[key] for key in sorted(found))

    def _old_note_types(self, used: set[int]) -> dict[int, ImportedNoteType]:
        models = self._column("models")
        return {int(key): _old_note_type(int(key), model) for key, model in models.items() if int(key) in used}

    def _new_note_types(self, used: set[int]) -> dict[int, ImportedNoteType]:
        known: dict[int, list[ImportedField]] = {}
        for key, name, config in self._connection.execute("SELECT ntid, name, config FROM fields ORDER BY ntid, ord"):
            if key in used:
                message = dict(fields(bytes(config)))
                field = ImportedField(name=str(name), id=integer(message, 9), right_to_left=bool(integer(message, 2)))
                known.setdefault(key, []).append(field)
        templates: dict[int, list[ImportedTemplate]] = {}
        for key, name, config in self._connection.execute(
            "SELECT ntid, name, config FROM templates ORDER BY ntid, ord"
        ):
            if key in used:
                message = dict(fields(bytes(config)))
                template = ImportedTemplate(
                    name=str(name), front=text(message, 1), back=text(message, 2), id=integer(message, 8)
                )
                templates.setdefault(key, []).append(template)
        found = {}
        for key, name, modified, config in self._connection.execute(
            "SELECT id, name, mtime_secs, config FROM notetypes"
        ):
            if key in used:
                message = dict(fields(bytes(config)))
                kind = _kind(bool(integer(message, 1)), integer(message, 9))
                found[key] = _checked(
                    ImportedNoteType(
                        key=str(key),
                        id=key,
                        name=str(name),
                        fields=tuple(known.get(key, ())),
                        templates=tuple(templates.get(key, ())),
                        css=text(message, 3),
                        kind=kind,
                        modified=int(modified),
                        origin=_origin(message.get(_OTHERS)),
                    )
                )
        return found

    # --- Decks -------------------------------------------------------------------------------------------------------

    def decks(self) -> Mapping[int, tuple[str, str]]:
        """Return the full names and descriptions of decks, by id."""
        if self.is_new and "decks" in self._tables:
            rows = self._connection.execute("SELECT id, name, kind FROM decks")
            return {int(key): (str(name).replace("\x1f", "::"), _description(bytes(kind))) for key, name, kind in rows}
        decks = self._column("decks")
        return {int(key): (str(deck["name"]), str(deck.get("desc", ""))) for key, deck in decks.items()}

    def _column(self, name: str) -> dict[str, Any]:
        """Return a JSON object of the only row of `col`."""
        row = self._connection.execute(f"SELECT {name} FROM col").fetchone()  # noqa: S608 - one of two literals
        content = json.loads(row[0]) if row is not None else None
        if not isinstance(content, dict):
            raise UnusableError("its collection does not list note types and decks")
        return content

    # --- Notes -------------------------------------------------------------------------------------------------------

    def notes(self, decks: Mapping[int, tuple[str, str]]) -> Iterator[ImportedNote]:
        """Yield the notes by id, each with its cards."""
        cards = self._cards(decks)
        waiting = next(cards, None)
        rows = self._connection.execute("SELECT id, guid, mid, mod, tags, flds FROM notes ORDER BY id")
        for number, guid, note_type, modified, tags, values in rows:
            while waiting is not None and waiting[0] < number:
                waiting = next(cards, None)
            own = []
            while waiting is not None and waiting[0] == number:
                own.append(waiting[1])
                waiting = next(cards, None)
            if not all(isinstance(value, str) for value in (guid, tags, values)):
                raise UnusableError(f"the note {number} does not consist of texts")
            if len(values) > LARGEST_NOTE:
                raise UnusableError(f"the note {number} has more than {LARGEST_NOTE:,} characters")
            yield ImportedNote(
                note_type=str(int(note_type)),
                fields=tuple(values.split("\x1f", _MOST_FIELDS)),
                place=f"note {number}",
                guid=guid,
                tags=tuple(tags.split()),
                cards=tuple(own),
                deck=own[0].deck if own else "",
                modified=int(modified),
            )

    def _cards(self, decks: Mapping[int, tuple[str, str]]) -> Iterator[tuple[int, ImportedCard]]:
        rows = self._connection.execute("SELECT nid, ord, did, odid, queue, flags FROM cards ORDER BY nid, ord")
        for note, index, deck, home, queue, flags in rows:
            # A card in a filtered deck belongs to its home deck.
            name, _ = decks.get(int(home) or int(deck), ("", ""))
            yield (
                int(note),
                ImportedCard(index=int(index), deck=name, suspended=queue == _SUSPENDED, flag=int(flags) & 7),
            )

    def count(self) -> int:
        """Return the number of notes."""
        return sum(1 for _ in self._connection.execute("SELECT id FROM notes"))


def _kind(is_cloze: bool, stock_kind: int | None) -> NoteTypeKind:
    if stock_kind == _OCCLUSION:
        return NoteTypeKind.OCCLUSION
    return NoteTypeKind.CLOZE if is_cloze else NoteTypeKind.STANDARD


def _old_note_type(key: int, model: Any) -> ImportedNoteType:
    return _checked(old_note_type(key, model))


def old_note_type(key: int, model: Any) -> ImportedNoteType:
    """Return a note type from the JSON of schema 11, which CrowdAnki writes too."""
    return ImportedNoteType(
        key=str(key),
        id=key,
        name=str(model["name"]),
        fields=tuple(
            ImportedField(name=str(field["name"]), id=field.get("id"), right_to_left=bool(field.get("rtl")))
            for field in _in_order(model["flds"])
        ),
        templates=tuple(
            ImportedTemplate(
                name=str(template["name"]),
                front=str(template["qfmt"]),
                back=str(template["afmt"]),
                id=template.get("id"),
            )
            for template in _in_order(model["tmpls"])
        ),
        css=str(model.get("css", "")),
        kind=_kind(model.get("type") == 1, model.get("originalStockKind")),
        modified=int(model.get("mod") or 0),
        origin=_origin_of(model),
    )


def _origin_of(model: Any) -> dict[str, Any]:
    """Return what cardpipe wrote into a note type; empty if it is not one of cardpipe's."""
    origin = model.get(KEY) if isinstance(model, dict) else None
    return origin if isinstance(origin, dict) else {}


def _origin(others: int | bytes | None) -> dict[str, Any]:
    """Return the same from the JSON of a protobuf field."""
    if not isinstance(others, bytes) or KEY.encode() not in others:
        return {}
    try:
        return _origin_of(json.loads(others))
    except (ValueError, RecursionError):
        return {}


def _in_order(items: list[Any]) -> list[Any]:
    return sorted(items, key=lambda item: int(item.get("ord") or 0))


def _checked(note_type: ImportedNoteType) -> ImportedNoteType:
    if not note_type.fields or not note_type.templates:
        raise UnusableError(f"its note type “{note_type.name[:60]}” has no fields or no templates")
    if len(note_type.fields) > _MOST_FIELDS or len(note_type.templates) > _MOST_FIELDS:
        raise UnusableError(f"its note type “{note_type.name[:60]}” has more than {_MOST_FIELDS} fields or templates")
    return note_type


def _description(kind: bytes) -> str:
    """Return a deck's description from its protobuf: `Deck.KindContainer`, with a normal deck in field 1."""
    normal = dict(fields(kind)).get(1)
    return text(dict(fields(normal)), 4) if isinstance(normal, bytes) else ""
