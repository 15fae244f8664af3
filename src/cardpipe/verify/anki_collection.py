"""Adapter for Anki's `anki` package: a temporary collection, imports, and their results.

Requires the optional extra `cardpipe[verify]`; no other module imports `anki`.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cardpipe.errors import UsageError
from cardpipe.plugins.extras import install_command
from cardpipe.text.escaping import shortened
from cardpipe.verify.package_check import refusal
from cardpipe.writers.anki.origin import IMPORTED, KEY
from cardpipe.writers.csv.html_to_text import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIELD: Final = re.compile(r"\{\{([^{}#^/][^{}]*)\}\}")
_LABEL: Final = 40
_BEGINNING: Final = 2000
"""Characters of a field that are read for a label."""


@dataclass(frozen=True, slots=True, eq=False)
class CollectionNote:
    """A note in a collection."""

    id: int
    note_type: str
    note_type_id: int
    mod: int
    names: tuple[str, ...]
    values: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def fields(self) -> dict[str, str]:
        """The texts of its fields by name."""
        return dict(zip(self.names, self.values, strict=False))

    @property
    def name(self) -> str:
        """Its label: the first words of its first field with text."""
        for value in self.values:
            line = " ".join(plain_text(value[:_BEGINNING]).split())
            if line:
                shown = "".join(character if character.isprintable() else "\ufffd" for character in line)
                return shortened(shown, _LABEL)
        return f"note {self.id}"


@dataclass(frozen=True, slots=True)
class Progress:
    """A learner's progress with a card, which an update must not change."""

    deck: str
    type: int
    queue: int
    due: int
    interval: int
    ease: int
    repetitions: int
    lapses: int
    steps_left: int
    flags: int
    own_due: int
    """The due date in its own deck while it is in a filtered one."""
    own_deck: int
    data: str
    """JSON with the memory state of FSRS, and other scheduling data."""
    log: tuple[int, ...]
    """The number of entries in the review log, and sums of their columns."""


@dataclass(frozen=True, slots=True)
class CollectionCard:
    """A card in a collection."""

    guid: str
    """The GUID of its note."""
    number: int
    progress: Progress
    asked: frozenset[str | int]
    """The fields in its question, by name and by position."""


@dataclass(frozen=True, slots=True)
class CollectionState:
    """All notes by GUID, cards by id, and names of note types by id, at one time."""

    notes: Mapping[str, CollectionNote]
    cards: Mapping[int, CollectionCard]
    note_types: Mapping[int, str]
    empty: frozenset[int]
    """The ids of cards that Anki calls empty."""
    orphans: int
    """The number of cards without a note."""
    imported: int
    """When the deck of the note types was imported into cardpipe, in epoch seconds; 0 if it was not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """Options of Anki's import dialogue that learners can change; the defaults are those of the desktop app."""

    merge_note_types: bool = False
    always: bool = False
    """“Update notes: Always” instead of “If newer”."""
    with_history: bool = False


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
        self.path = folder / "collection.anki2"
        self.conflicting: tuple[int, ...] = ()
        """The ids, in the package, of the notes that the last import found in conflict."""
        self.open()

    def open(self) -> None:
        """Open it again after `close`."""
        from anki.collection import Collection

        self.col: Any = Collection(str(self.path))

    def close(self) -> None:
        """Close the collection."""
        self.col.close()

    def import_package(self, path: Path, options: ImportOptions | None = None) -> Import:
        """Import a package; raises UsageError if Anki rejects it."""
        from anki.collection import ImportAnkiPackageOptions, ImportAnkiPackageRequest

        chosen = options or ImportOptions()
        made = ImportAnkiPackageOptions(
            merge_notetypes=chosen.merge_note_types,
            update_notes=int(chosen.always),  # type: ignore[arg-type]  # protobuf enums are numbers: 0 is "if newer"
            update_notetypes=0,  # type: ignore[arg-type]  # the same
            with_scheduling=chosen.with_history,
            with_deck_configs=False,
        )
        with rejecting(path):
            log = self.col.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=made)).log
            # Otherwise Python would return outdated fields and styles.
            self.col.models._clear_cache()
        self.conflicting = tuple(note.id.nid for note in log.conflicting)
        return Import(
            found=log.found_notes,
            new=len(log.new),
            updated=len(log.updated),
            unchanged=len(log.duplicate),
            conflicting=len(log.conflicting),
            refused=len(log.missing_notetype) + len(log.missing_deck) + len(log.empty_first_field),
        )

    def replace_with(self, path: Path) -> None:
        """Replace the collection with that of a `.colpkg`; raises UsageError if Anki rejects it."""
        media = Path(self.col.media.dir())
        self.close()
        with rejecting(path):
            self.col._backend.import_collection_package(
                col_path=str(self.path),
                backup_path=str(path),
                media_folder=str(media),
                media_db=str(self.path.with_suffix(".media.db2")),
            )
        with rejecting(path):
            self.open()
            # Otherwise Anki refuses to show or answer cards until its user agrees to this.
            if self.col.sched_ver() == 1:
                self.col.upgrade_to_v2_scheduler()
            self.col.set_v3_scheduler(True)

    def repair(self) -> str:
        """Repair the collection, as Anki's “Check Database” does; return what is still reported after that.

        Old collections can have cards of missing decks, which Anki reports each time.
        """
        self._integrity()
        return self._integrity()

    def _integrity(self) -> str:
        """Return what Anki's “Check Database” repaired; empty if there was nothing."""
        text, is_sound = self.col.fix_integrity()
        return "" if is_sound else " ".join(str(text).split())[:400]

    def rows(self, sql: str, *values: object) -> list[list[Any]]:
        """Return the rows of a query."""
        return [list(row) for row in self.col.db.all(sql, *values)]

    def has_history(self) -> bool:
        """Return whether a card was ever reviewed."""
        sql = "select exists (select 1 from revlog) or exists (select 1 from cards where type != 0)"
        [[found]] = self.rows(sql)
        return bool(found)

    def state(self) -> CollectionState:
        """Return its notes, cards and note types."""
        [[orphans]] = self.rows("select count() from cards where nid not in (select id from notes)")
        return CollectionState(
            notes=self.notes(),
            cards=self.cards(),
            note_types={model["id"]: model["name"] for model in self._models()},
            empty=frozenset(card for note in self.col.get_empty_cards().notes for card in note.card_ids),
            orphans=orphans,
            imported=max(map(_imported, self._models()), default=0),
        )

    def notes(self) -> dict[str, CollectionNote]:
        """Return all notes by GUID."""
        models = {model["id"]: model for model in self._models()}
        names = {key: tuple(field["name"] for field in model["flds"]) for key, model in models.items()}
        found = {}
        for number, guid, model, mod, fields, tags in self.rows(
            "select id, guid, mid, mod, flds, tags from notes order by guid"
        ):
            found[str(guid)] = CollectionNote(
                number,
                models[model]["name"],
                model,
                mod,
                names[model],
                tuple(str(fields).split("\x1f")),
                tuple(sorted(str(tags).split())),
            )
        return found

    def cards(self) -> dict[int, CollectionCard]:
        """Return all cards by id."""
        decks = {deck.id: deck.name for deck in self.col.decks.all_names_and_ids()}
        logs = {
            card: tuple(sums)
            for card, *sums in self.rows(
                "select cid, count(), sum(id), sum(ease), sum(ivl), sum(lastIvl), sum(factor), sum(time), sum(type) "
                "from revlog group by cid"
            )
        }
        asked = {model["id"]: _asked(model) for model in self._models()}
        sql = (
            "select c.id, n.guid, n.mid, c.ord, c.did, c.type, c.queue, c.due, c.ivl, c.factor, c.reps, c.lapses, "
            "c.left, c.flags, c.odue, c.odid, c.data from cards c join notes n on n.id = c.nid"
        )
        found = {}
        for card, guid, model, number, deck, *rest in self.rows(sql):
            progress = Progress(*(decks.get(deck, "?"), *rest, logs.get(card, ())))
            fronts = asked[model]
            # All cards of a cloze note have the same template.
            front = fronts[min(number, len(fronts) - 1)]
            found[card] = CollectionCard(str(guid), number, progress, front)
        return found

    def used_note_types(self) -> list[str]:
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
        return Check(
            missing_media=tuple(sorted(media.missing)),
            unused_media=tuple(sorted(media.unused)),
            media=sum(1 for _ in Path(self.col.media.dir()).iterdir()),
            empty_cards=sum(len(note.card_ids) for note in empty.notes),
            integrity=self._integrity(),
        )

    def _models(self) -> list[Any]:
        return list(self.col.models.all())


def _imported(model: Any) -> int:
    origin = model.get(KEY)
    found = origin.get(IMPORTED) if isinstance(origin, dict) else None
    return found if isinstance(found, int) else 0


def _asked(model: Any) -> list[frozenset[str | int]]:
    """Return the fields on the front of each template, by name and by position."""
    positions = {field["name"]: number for number, field in enumerate(model["flds"])}
    found = []
    for template in model["tmpls"]:
        names = {match.rpartition(":")[2].strip() for match in _FIELD.findall(template["qfmt"])} & positions.keys()
        found.append(frozenset([*names, *(positions[name] for name in names)]))
    return found


@contextlib.contextmanager
def rejecting(path: Path) -> Iterator[None]:
    """Turn errors about the content of a package into one message."""
    from anki.errors import AnkiException

    try:
        yield
    except AnkiException as error:
        words = " ".join(str(error).split())[:200].rstrip(".")
        raise refusal(path, f"Anki rejects it: {words or type(error).__name__}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise refusal(path, "its collection is damaged") from error


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
def fresh_collection(copied: Path | None = None) -> Iterator[AnkiCollection]:
    """Yield an empty collection in a temporary folder, or a copy of a closed one without its media.

    Raises UsageError if the `anki` package is not installed.
    """
    require_anki()
    # Windows can still lock files of a database that was just closed.
    with TemporaryDirectory(prefix="cardpipe-verify-", ignore_cleanup_errors=True) as folder:
        if copied is not None:
            shutil.copy(copied, Path(folder) / "collection.anki2")
        made = AnkiCollection(Path(folder))
        try:
            yield made
        finally:
            made.close()
