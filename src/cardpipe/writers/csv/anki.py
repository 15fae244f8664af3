"""The table for Anki's text import, with GUID, note type, deck and tags of each note.

The form is Anki's (https://docs.ankiweb.net/importing/text-files.html): directives first, of which `#separator` must
come before `#columns`, then the rows with every cell quoted, since an unquoted row that starts with `#` is dropped.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from cardpipe.writers.anki.decks import decks_of, with_ancestors
from cardpipe.writers.anki.note_type import FILLED_FIELDS
from cardpipe.writers.anki.notes import notes
from cardpipe.writers.anki.own_types import OwnNoteType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.writers.anki.notes import NoteContent
    from cardpipe.writers.api import RenderedDeck

_OWN_COLUMNS = ("GUID", "Note type", "Deck", "Tags")
_SEPARATORS = {"Comma": ",", "Tab": "\t"}
_DIRECTIVES = (
    "#html:true",
    "#guid column:1",
    "#notetype column:2",
    "#deck column:3",
    "#tags column:4",
    "#if matches:update current",
)


def notes_by_type(deck: RenderedDeck) -> dict[str, list[NoteContent]]:
    """Return the notes for each table, by the end of its file's name: empty for the built-in kinds."""
    found: dict[str, list[NoteContent]] = {}
    for note in notes(deck, decks_of(deck.settings)):
        kind = note.note_type
        name = kind.key if isinstance(kind, OwnNoteType) else kind.kind
        found.setdefault("" if kind.filled == FILLED_FIELDS else f".{name}", []).append(note)
    return dict(sorted(found.items())) or {"": []}


def anki_table(contents: Sequence[NoteContent], separator: str = "Comma") -> bytes:
    """Return the table of notes whose types have the same fields, in UTF-8 with line feeds.

    Note types are given by id, so that learners can rename them. The spare fields have no column: Anki does not change
    fields that a table does not have.
    """
    out = io.StringIO(newline="")
    out.writelines(f"{directive}\n" for directive in (f"#separator:{separator}", *_DIRECTIVES))
    rows = csv.writer(out, delimiter=_SEPARATORS[separator], quoting=csv.QUOTE_ALL, lineterminator="\n")
    out.write("#columns:")
    named = contents[0].note_type.filled if contents else FILLED_FIELDS
    rows.writerow([*_OWN_COLUMNS, *(field.name for field in named)])
    for note in parents_first(contents):
        rows.writerow([note.guid, note.note_type.id, deck_cell(note.deck), " ".join(note.tags), *note.fields])
    return out.getvalue().encode("utf-8")


def deck_cell(name: str) -> str:
    """Return a deck's name for the table; Anki reads a number as an id, and strips spaces."""
    return f" {name} " if name.lstrip("+-").isdecimal() else name


def parents_first(contents: Sequence[NoteContent]) -> Sequence[NoteContent]:
    """Return the notes in source order, or by deck with parents first if a parent would come after its subdeck.

    Anki creates decks while reading; it would create a parent again as `Name+` after its subdeck.
    """
    used = {content.deck: None for content in contents}
    order = list(dict.fromkeys(level for deck in used for level in with_ancestors(deck) if level in used))
    if order == list(used):
        return contents
    rank = {deck: number for number, deck in enumerate(order)}
    return sorted(contents, key=lambda content: rank[content.deck])
