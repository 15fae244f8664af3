"""Adapter for Anki's `anki` package: a temporary collection, imports, and their results.

Requires the optional extra `cardpipe[verify]`; no other module imports `anki`.
"""

from __future__ import annotations

import contextlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cardpipe.errors import UsageError
from cardpipe.files.archives import TooManyFilesError, opened_archive
from cardpipe.files.reading import open_named
from cardpipe.plugins.extras import install_command
from cardpipe.text.escaping import shortened
from cardpipe.writers.anki.container import MOST_FILES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LARGEST_PACKAGE: Final = 4 * 1024**3
"""The maximum unpacked size of a package, in bytes."""
_COLLECTIONS: Final = ("collection.anki21b", "collection.anki21", "collection.anki2")


class Unreadable(Exception):  # noqa: N818 - it says what the package is
    """The reason why Anki cannot import a file."""


@dataclass(frozen=True, slots=True)
class CollectionNote:
    """A note in a collection."""

    name: str
    """Its label: the first words of its first field."""
    note_type: str
    mod: int
    fields: Mapping[str, str]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CollectionCard:
    """A learner's progress with a card, which an update must not change."""

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
    """The number of entries in the review log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Anki's report on an import."""

    found: int
    new: int
    updated: int
    unchanged: int
    conflicting: int
    refused: int
    """Notes with an empty first field, or without their note type or deck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The results of Anki's own checks of a collection."""

    missing_media: tuple[str, ...]
    unused_media: tuple[str, ...]
    media: int
    empty_cards: int
    integrity: str
    """Empty if the database needed no repair."""


class AnkiCollection:
    """A temporary Anki collection for one check."""

    def __init__(self, folder: Path) -> None:
        from anki.collection import Collection

        self._folder = folder
        self.col: Any = Collection(str(folder / "collection.anki2"))

    def import_package(self, path: Path) -> Import:
        """Import with the defaults of Anki's desktop app; raises Unreadable if Anki rejects the file."""
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
            raise Unreadable(f"Anki rejects it: {words or type(error).__name__}") from error
        # Otherwise Python would return outdated fields and styles.
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
        """Return the rows of a query."""
        return [list(row) for row in self.col.db.all(sql, *values)]

    def notes(self) -> dict[str, CollectionNote]:
        """Return all notes by GUID."""
        names = {model["id"]: (model["name"], [field["name"] for field in model["flds"]]) for model in self._models()}
        found = {}
        for guid, model, mod, fields, tags in self.rows("select guid, mid, mod, flds, tags from notes order by guid"):
            name, keys = names[model]
            values = str(fields).split("\x1f")
            found[str(guid)] = CollectionNote(
                _shortened(values[0]),
                name,
                mod,
                dict(zip(keys, values, strict=False)),
                tuple(sorted(str(tags).split())),
            )
        return found

    def cards(self) -> dict[tuple[str, int], CollectionCard]:
        """Return all cards by their note's GUID and their number."""
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
        """Return the names of the note types that have notes."""
        used = {model for (model,) in self.rows("select distinct mid from notes")}
        return sorted(model["name"] for model in self._models() if model["id"] in used)

    def decks(self) -> list[str]:
        """Return the names of all decks except the default one."""
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
        """Close the collection."""
        self.col.close()

    def _models(self) -> list[Any]:
        return list(self.col.models.all())


def require_anki() -> None:
    """Raise UsageError if the `anki` package is not installed."""
    try:
        import anki  # noqa: F401 - only its presence matters
    except ImportError as error:
        raise UsageError(
            "`cardpipe verify` needs Anki's Python package, which is not installed.",
            hint=f"Install it with: {install_command('verify')}",
        ) from error


@contextlib.contextmanager
def fresh_collection() -> Iterator[AnkiCollection]:
    """Yield an empty collection in a temporary folder; raises UsageError if the `anki` package is not installed."""
    require_anki()
    # Windows can still lock files of a database that was just closed.
    with TemporaryDirectory(prefix="cardpipe-verify-", ignore_cleanup_errors=True) as folder:
        made = AnkiCollection(Path(folder))
        try:
            yield made
        finally:
            made.close()


def check_package(path: Path) -> None:
    """Check a file before Anki reads it; raises Unreadable if it is not a package or too large, else UsageError."""
    try:
        with open_named(path) as file, opened_archive(file, MOST_FILES) as package:
            entries = package.infolist()
    except TooManyFilesError as error:
        raise Unreadable(f"it lists more than {MOST_FILES:,} files") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise Unreadable("it is damaged or not a package") from error
    if not {entry.filename for entry in entries} & set(_COLLECTIONS):
        raise Unreadable("it has no collection in it")
    if sum(entry.file_size for entry in entries) > _LARGEST_PACKAGE:
        raise Unreadable(f"it unpacks to more than {_LARGEST_PACKAGE // 1024**3} GiB")


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    shown = "".join(character if character.isprintable() else "\ufffd" for character in line)
    return shortened(shown, 40)
