"""The one room around the real `anki` package: a collection in a folder of its own, imports, and what came of them.

Needs the optional extra `cardpipe[verify]`; nothing else of cardpipe imports `anki`.
"""

from __future__ import annotations

import contextlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cardpipe.errors import UsageError
from cardpipe.files.reading import open_named
from cardpipe.text.escaping import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LARGEST_PACKAGE: Final = 4 * 1024**3
"""Bytes that a package may unpack to."""
_MOST_ENTRIES: Final = 500_000
_COLLECTIONS: Final = ("collection.anki21b", "collection.anki21", "collection.anki2")


class Unreadable(Exception):  # noqa: N818 - it says what the package is
    """Why a file is no package that Anki takes."""


@dataclass(frozen=True, slots=True)
class CollectionNote:
    """A note as it stands in a collection."""

    name: str
    """What its author calls it: its first field in few words."""
    note_type: str
    mod: int
    fields: Mapping[str, str]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CollectionCard:
    """A learner's progress with a card: everything that an update must leave alone."""

    deck: str
    type: int
    queue: int
    due: int
    interval: int
    ease: int
    repetitions: int
    lapses: int
    flags: int
    reviews: int
    """Entries of the review log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What Anki says of an import."""

    found: int
    new: int
    updated: int
    unchanged: int
    conflicting: int
    refused: int
    """Notes with an empty first field, or without their note type or deck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What Anki's own checks say of a collection."""

    missing_media: tuple[str, ...]
    unused_media: tuple[str, ...]
    media: int
    empty_cards: int
    integrity: str
    """Empty where the database needed no mending."""


class AnkiCollection:
    """A collection of the real Anki, made for one check and gone with it."""

    def __init__(self, folder: Path) -> None:
        from anki.collection import Collection

        self._folder = folder
        self.col: Any = Collection(str(folder / "collection.anki2"))

    def import_package(self, path: Path) -> Import:
        """Import as the desktop does by default; raises Unreadable where Anki refuses the file."""
        from anki.collection import ImportAnkiPackageOptions, ImportAnkiPackageRequest
        from anki.errors import AnkiException

        options = ImportAnkiPackageOptions(
            merge_notetypes=False,
            update_notes=0,  # type: ignore[arg-type]  # protobuf enums are numbers: 0 is "if newer"
            update_notetypes=0,  # type: ignore[arg-type]  # the same
            with_scheduling=False,
            with_deck_configs=False,
        )
        try:
            log = self.col.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=options)).log
        except AnkiException as error:
            words = " ".join(str(error).split())[:200]
            raise Unreadable(f"Anki refuses it: {words or type(error).__name__}") from error
        # Python would go on showing the fields and styles from before.
        self.col.models._clear_cache()
        return Import(
            found=log.found_notes,
            new=len(log.new),
            updated=len(log.updated),
            unchanged=len(log.duplicate),
            conflicting=len(log.conflicting),
            refused=len(log.missing_notetype) + len(log.missing_deck) + len(log.empty_first_field),
        )

    def rows(self, sql: str, *values: object) -> list[list[Any]]:
        """The rows of a query."""
        return [list(row) for row in self.col.db.all(sql, *values)]

    def notes(self) -> dict[str, CollectionNote]:
        """All notes by GUID."""
        names = {model["id"]: (model["name"], [field["name"] for field in model["flds"]]) for model in self._models()}
        found = {}
        for guid, model, mod, fields, tags in self.rows("select guid, mid, mod, flds, tags from notes order by guid"):
            name, keys = names[model]
            values = str(fields).split("\x1f")
            found[str(guid)] = CollectionNote(
                _in_few_words(values[0]),
                name,
                mod,
                dict(zip(keys, values, strict=False)),
                tuple(sorted(str(tags).split())),
            )
        return found

    def cards(self) -> dict[tuple[str, int], CollectionCard]:
        """All cards by their note's GUID and their number."""
        decks = {deck.id: deck.name for deck in self.col.decks.all_names_and_ids()}
        reviews = dict(self.rows("select cid, count() from revlog group by cid"))
        sql = (
            "select c.id, n.guid, c.ord, c.did, c.type, c.queue, c.due, c.ivl, c.factor, c.reps, c.lapses, c.flags "
            "from cards c join notes n on n.id = c.nid"
        )
        return {
            (str(guid), number): CollectionCard(*(decks.get(deck, "?"), *numbers, reviews.get(card, 0)))
            for card, guid, number, deck, *numbers in self.rows(sql)
        }

    def note_types(self) -> list[str]:
        """The names of the note types that have notes."""
        used = {model for (model,) in self.rows("select distinct mid from notes")}
        return sorted(model["name"] for model in self._models() if model["id"] in used)

    def decks(self) -> list[str]:
        """The names of all decks but the one that every collection has."""
        return sorted(deck.name for deck in self.col.decks.all_names_and_ids() if deck.id != 1)

    def check(self) -> Check:
        """Run Anki's own checks."""
        media = self.col.media.check()
        empty = self.col.get_empty_cards()
        text, sound = self.col.fix_integrity()
        return Check(
            missing_media=tuple(sorted(media.missing)),
            unused_media=tuple(sorted(media.unused)),
            media=sum(1 for _ in Path(self.col.media.dir()).iterdir()),
            empty_cards=sum(len(note.card_ids) for note in empty.notes),
            integrity="" if sound else " ".join(str(text).split())[:400],
        )

    def close(self) -> None:
        """Let go of the collection."""
        self.col.close()

    def _models(self) -> list[Any]:
        return list(self.col.models.all())


def require_anki() -> None:
    """Raises UsageError where the `anki` package is not installed."""
    try:
        import anki  # noqa: F401 - whether it is there is the question
    except ImportError as error:
        raise UsageError(
            "`cardpipe verify` asks the real Anki, whose Python package is not installed here.",
            hint="Install it beside cardpipe: pip install 'cardpipe[verify]'",
        ) from error


@contextlib.contextmanager
def fresh_collection() -> Iterator[AnkiCollection]:
    """A new, empty collection in a temporary folder; raises UsageError where the `anki` package is not installed."""
    require_anki()
    # Windows keeps files of a database that was closed a moment ago.
    with TemporaryDirectory(prefix="cardpipe-verify-", ignore_cleanup_errors=True) as folder:
        made = AnkiCollection(Path(folder))
        try:
            yield made
        finally:
            made.close()


def refuse_what_is_no_package(path: Path) -> None:
    """Look at a file before Anki does; raises Unreadable for what is no package or too large, UsageError if unread."""
    try:
        with open_named(path) as file, zipfile.ZipFile(file) as package:
            entries = package.infolist()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise Unreadable("it is damaged, or no package at all") from error
    if not {entry.filename for entry in entries} & set(_COLLECTIONS):
        raise Unreadable("it has no collection in it")
    if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _LARGEST_PACKAGE:
        raise Unreadable(f"it unpacks to more than {_LARGEST_PACKAGE // 1024**3} GiB or {_MOST_ENTRIES:,} files")


def _in_few_words(text: str) -> str:
    line = " ".join(text.split())
    shown = "".join(character if character.isprintable() else "\ufffd" for character in line)
    return shortened(shown, 40)
