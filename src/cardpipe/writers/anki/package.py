"""The `.apkg` file: subclasses of genanki's classes with our timestamps, ids and reproducible bytes.

This is the only module that imports genanki; import it only to write a package.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import genanki
import genanki.apkg_schema

from cardpipe.model import anki_identity as identity
from cardpipe.writers.anki.adopted import AdoptedNoteType
from cardpipe.writers.anki.container import archive, serialised
from cardpipe.writers.anki.decks import Decks, decks_of, description, with_ancestors
from cardpipe.writers.anki.notes import NoteContent, notes
from cardpipe.writers.anki.options import deck_options
from cardpipe.writers.anki.origin import KEY
from cardpipe.writers.anki.shape import NoteTypeShapes
from cardpipe.writers.anki.shipment import marked, shipment
from cardpipe.writers.anki.shipment import stamps as stamps_by_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cardpipe.model.anki_identity import Stamps
    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.writers.anki.shape import NoteTypeShape
    from cardpipe.writers.api import Asset, RenderedDeck

_STORED = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/mpeg", "audio/ogg", "audio/mp4", "audio/flac")
"""Compressed already."""


class Model(genanki.Model):  # type: ignore[misc]  # genanki ships no types
    """A note type with constant ids for fields and templates and its own timestamp."""

    def __init__(self, shape: NoteTypeShape, mod: int) -> None:
        note_type = shape.note_type
        fields = [
            {
                "name": field.name,
                "id": note_type.field_id(number),
                "description": field.description,
                "collapsed": field.spare,
                "font": "Arial",
                **({"rtl": True} if field.right_to_left else {}),
            }
            for number, field in enumerate(note_type.fields)
        ]
        templates = [
            {"name": made.name, "id": template_id, "qfmt": made.front, "afmt": made.back}
            for template_id, made in zip(shape.template_ids, shape.templates, strict=True)
        ]
        super().__init__(
            note_type.id,
            note_type.name,
            fields=[_without_none(field) for field in fields],
            templates=[_without_none(template) for template in templates],
            css=shape.style,
            model_type=self.CLOZE if note_type.is_cloze else self.FRONT_BACK,
        )
        self.mod = mod
        self.origin = shape.origin
        self._is_adopted = isinstance(note_type, AdoptedNoteType)

    @functools.cached_property
    def _req(self) -> Any:
        """Return which fields each card needs; Anki itself finds it out, and genanki cannot for all templates."""
        return [] if self._is_adopted else genanki.Model._req.func(self)

    def to_json(self, timestamp: float, deck_id: int) -> dict[str, Any]:
        """Return genanki's JSON with our timestamp instead of the build time, and what it was made of."""
        del timestamp
        content: dict[str, Any] = super().to_json(self.mod, deck_id)
        return {**content, KEY: self.origin}


def _without_none(item: dict[str, Any]) -> dict[str, Any]:
    """Return a field or template without the id that it lacks."""
    return {key: value for key, value in item.items() if value is not None}


class Note(genanki.Note):  # type: ignore[misc]  # genanki ships no types
    """A note with its own timestamp; genanki's slow HTML check is skipped, since the HTML is sanitised."""

    def __init__(self, content: NoteContent, model: Model, mod: int, due: int) -> None:
        spare = [""] * (len(content.note_type.fields) - len(content.fields))
        super().__init__(model, [*content.fields, *spare], tags=content.tags, guid=content.guid, due=due)
        self.mod = mod
        self._made = [genanki.Card(number) for number in content.cards]

    @property
    def cards(self) -> list[genanki.Card]:
        """The cards that Anki itself would make; genanki differs for clozes."""
        return self._made

    def write_to_db(self, cursor: sqlite3.Cursor, timestamp: float, deck_id: int, id_gen: Iterator[int]) -> None:
        """Write the note and its cards; Anki itself fills in the checksum (0 here) at the import."""
        del timestamp
        number = next(id_gen)
        cursor.execute(
            "INSERT INTO notes (id, guid, mid, mod, usn, tags, flds, sfld, csum, flags, data)"
            " VALUES (?, ?, ?, ?, -1, ?, ?, ?, 0, 0, '')",
            (
                number,
                self.guid,
                self.model.model_id,
                self.mod,
                f" {' '.join(self.tags)} " if self.tags else "",
                "\x1f".join(self.fields),
                self.sort_field,
            ),
        )
        for card in self.cards:
            card.write_to_db(cursor, self.mod, deck_id, number, id_gen, self.due)


class Package(genanki.Package):  # type: ignore[misc]  # genanki ships no types
    """A package whose bytes depend only on its content, built in memory."""

    def __init__(
        self,
        decks: Sequence[genanki.Deck],
        media: Sequence[Asset],
        first_row: int,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(list(decks))
        self.options = options
        """Deck options that the package offers, in Anki's form."""
        self.media = sorted(media, key=lambda asset: asset.name)
        self.first_row = first_row

    def to_bytes(self) -> bytes:
        """Return the bytes of the file."""
        return archive(self._files())

    def _files(self) -> Iterator[tuple[str, bytes, bool]]:
        names = {str(number): asset.name for number, asset in enumerate(self.media)}
        yield "collection.anki2", self._database(), True
        yield "media", json.dumps(names, ensure_ascii=False).encode(), True
        for number, asset in enumerate(self.media):
            yield str(number), asset.data, asset.media_type not in _STORED

    def write_to_db(self, cursor: sqlite3.Cursor, timestamp: float, id_gen: Iterator[int]) -> None:
        """Write like genanki, but each note type only once; genanki repeats it for every deck."""
        super().write_to_db(cursor, timestamp, id_gen)
        [models] = cursor.execute("SELECT models FROM col").fetchone()
        cursor.execute("UPDATE col SET models = ?", (json.dumps(json.loads(models)),))
        if self.options is not None:
            self._offer(cursor, self.options)

    def _offer(self, cursor: sqlite3.Cursor, options: Mapping[str, Any]) -> None:
        """Add deck options and let our decks use them; an import applies them only on request."""
        [(decks, presets)] = cursor.execute("SELECT decks, dconf FROM col").fetchall()
        ours = {deck.deck_id for deck in self.decks}
        changed = {
            key: {**deck, "conf": options["id"]} if deck["id"] in ours else deck
            for key, deck in json.loads(decks).items()
        }
        offered = {**json.loads(presets), str(options["id"]): options}
        cursor.execute("UPDATE col SET decks = ?, dconf = ?", (json.dumps(changed), json.dumps(offered)))

    def _database(self) -> bytes:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        try:
            # Defaults differ between builds of SQLite.
            connection.executescript("PRAGMA page_size=4096; PRAGMA auto_vacuum=0; PRAGMA encoding='UTF-8';")
            cursor = connection.cursor()
            cursor.execute("BEGIN")
            self.write_to_db(cursor, identity.FIRST_RELEASE, itertools.count(self.first_row))
            if connection.in_transaction:
                cursor.execute("COMMIT")
            return serialised(connection)
        finally:
            connection.close()


def is_own_schema(connection: sqlite3.Connection) -> bool:
    """Return whether a collection has exactly the tables and indexes of a package that `package_bytes` makes."""
    listing = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    with contextlib.closing(sqlite3.connect(":memory:")) as own:
        own.executescript(genanki.apkg_schema.APKG_SCHEMA)
        return own.execute(listing).fetchall() == connection.execute(listing).fetchall()


def package_bytes(deck: RenderedDeck, progress: Callable[[int, int], None], stamps: Stamps | None = None) -> bytes:
    """Return the bytes of a deck's package; `stamps` are the modification times, by default from the lock."""
    uid = deck.settings.uid.text
    lock = deck.settings.lock
    decks = decks_of(deck.settings)
    contents = tuple(marked(content, lock) for content in notes(deck, decks))
    progress(0, len(contents))
    anki_decks = _anki_decks(deck, decks, contents)
    _fill(anki_decks, contents, deck, stamps or _stamps(deck, lock))
    names = {name for card in deck.cards for name in card.assets}
    media = [deck.assets[name] for name in names]
    data = Package(
        tuple(anki_decks.values()), media, identity.first_row_id(uid), deck_options(deck.settings)
    ).to_bytes()
    progress(len(contents), len(contents))
    return data


def _anki_decks(deck: RenderedDeck, decks: Decks, contents: Sequence[NoteContent]) -> dict[str, genanki.Deck]:
    """Return the decks with cards and their parents by name, parents first."""
    used = sorted({decks.parent, *(content.deck for content in contents)})
    made: dict[str, genanki.Deck] = {}
    for name in sorted({level for full in used for level in with_ancestors(full)}, key=lambda n: n.split("::")):
        text = description(deck) if name == decks.parent else ""
        made[name] = genanki.Deck(identity.anki_deck_id(deck.settings.uid.text, name), name, text)
    return made


def _stamps(deck: RenderedDeck, lock: ReleaseLock | None) -> Stamps:
    edition = deck.settings.edition
    if lock is None and edition is None:
        return identity.Stamps()
    return stamps_by_lock(lock, shipment(deck), edition)


def _fill(decks: dict[str, genanki.Deck], contents: Sequence[NoteContent], deck: RenderedDeck, stamps: Stamps) -> None:
    models: dict[int, Model] = {}
    shapes = NoteTypeShapes(deck)
    for due, content in enumerate(contents, 1):
        kind = content.note_type
        if kind.id not in models:
            models[kind.id] = Model(shapes.of(kind), stamps.note_type(kind.kind))
        decks[content.deck].add_note(Note(content, models[kind.id], stamps.note(content.card_id), due))
