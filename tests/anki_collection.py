"""Fixtures around the real `anki` package: new collections, imports, and facts for assertions."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest, ImportCsvRequest

if TYPE_CHECKING:
    from collections.abc import Iterator


class Learner:
    """A learner's collection."""

    def __init__(self, col: Collection, folder: Path) -> None:
        self.col = col
        self.folder = folder

    def import_package(self, data: bytes) -> Any:
        """Import an .apkg with the desktop's default options; gives Anki's log."""
        path = self.folder / "import.apkg"
        path.write_bytes(data)
        options = ImportAnkiPackageOptions(
            merge_notetypes=False,
            update_notes=0,  # type: ignore[arg-type]  # protobuf enums are numbers: 0 is "if newer"
            update_notetypes=0,  # type: ignore[arg-type]  # the same
            with_scheduling=False,
            with_deck_configs=False,
        )
        log = self.col.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=options)).log
        self.col.models._clear_cache()  # otherwise Python shows the fields and style from before
        return log

    def import_csv(self, data: bytes) -> Any:
        """Import a text file as it says itself; gives Anki's log."""
        path = self.folder / "import.csv"
        path.write_bytes(data)
        metadata = self.col.get_csv_metadata(str(path), None)
        return self.col.import_csv(ImportCsvRequest(path=str(path), metadata=metadata)).log

    def rows(self, sql: str) -> list[list[Any]]:
        """Return the rows of a query."""
        assert self.col.db is not None
        return [list(row) for row in self.col.db.all(sql)]

    def state(self) -> list[list[list[Any]]]:
        """Everything that a second import must not change."""
        return [
            self.rows("select * from notes order by id"),
            self.rows("select * from cards order by id"),
            self.rows("select id, name, common from decks order by id"),
            self.rows("select id, name, mtime_secs, config from notetypes order by id"),
            self.rows("select ntid, ord, name, config from fields order by ntid, ord"),
            self.rows("select ntid, ord, name, mtime_secs, config from templates order by ntid, ord"),
        ]

    def fields(self, card_id: str) -> dict[str, str]:
        """The fields of the note with a card ID."""
        [number] = self.col.find_notes(f"ID:{card_id}")
        return dict(self.col.get_note(number).items())

    def decks(self) -> dict[str, int]:
        """The decks by full name, with the number of their own cards."""
        return {
            deck.name: self.col.decks.card_count(deck.id, include_subdecks=False)  # type: ignore[arg-type]  # a DeckId is an int
            for deck in self.col.decks.all_names_and_ids()
            if deck.name != "Default"
        }

    def media(self) -> dict[str, bytes]:
        """The files in the media folder."""
        return {path.name: path.read_bytes() for path in Path(self.col.media.dir()).iterdir()}

    def review(self, card_id: str) -> list[Any]:
        """Answer a card's only card as good; gives its new row."""
        [number] = self.col.find_cards(f"ID:{card_id}")
        card = self.col.get_card(number)
        card.start_timer()
        self.col.sched.answerCard(card, 4)
        return self.scheduling(card_id)

    def scheduling(self, card_id: str) -> list[Any]:
        """What Anki knows of a learner's progress with a card."""
        [number] = self.col.find_cards(f"ID:{card_id}")
        columns = "id, nid, did, type, queue, due, ivl, factor, reps, lapses"
        [row] = [row for row in self.rows(f"select {columns} from cards") if row[0] == number]  # noqa: S608  # constant
        return row


@contextlib.contextmanager
def collection(folder: Path) -> Iterator[Learner]:
    """A new, empty collection in a folder, closed in the end."""
    folder.mkdir(parents=True, exist_ok=True)
    col = Collection(str(folder / "collection.anki2"))
    try:
        yield Learner(col, folder)
    finally:
        col.close()
