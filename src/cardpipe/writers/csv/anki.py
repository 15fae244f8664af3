"""The table that Anki's text import reads by itself: it says of each row which note it is and where it goes.

The form is Anki's (https://docs.ankiweb.net/importing/text-files.html): directives first, of which `#separator` must
come before `#columns`, then the rows with every cell quoted, since an unquoted row that starts with `#` is dropped.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from cardpipe.writers.anki.decks import decks_of, with_ancestors
from cardpipe.writers.anki.note_type import FILLED_FIELDS
from cardpipe.writers.anki.notes import NoteContent, notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.writers.api import RenderedDeck

_OWN_COLUMNS = ("GUID", "Note type", "Deck", "Tags")
_DIRECTIVES = (
    "#separator:Comma",
    "#html:true",
    "#guid column:1",
    "#notetype column:2",
    "#deck column:3",
    "#tags column:4",
    "#if matches:update current",
)


def anki_table(deck: RenderedDeck) -> bytes:
    """The table's bytes in UTF-8 with line feeds.

    Note types are named by id, so that a learner may rename ours. The spare fields have no column: Anki leaves fields
    alone that a table does not have.
    """
    out = io.StringIO(newline="")
    out.writelines(f"{directive}\n" for directive in _DIRECTIVES)
    rows = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    out.write("#columns:")
    rows.writerow([*_OWN_COLUMNS, *(field.name for field in FILLED_FIELDS)])
    for note in parents_first(tuple(notes(deck, decks_of(deck.deck)))):
        rows.writerow([note.guid, note.note_type.id, deck_cell(note.deck), " ".join(note.tags), *note.fields])
    return out.getvalue().encode("utf-8")


def deck_cell(name: str) -> str:
    """A deck's name as the table writes it; Anki reads a bare number as an id, and drops spaces around a name."""
    return f" {name} " if name.lstrip("+-").isdecimal() else name


def parents_first(contents: Sequence[NoteContent]) -> Sequence[NoteContent]:
    """The notes in source order, unless a deck would come after one below it: then deck by deck, parents first.

    Anki makes the decks as it reads; a deck that it made only on the way to its subdeck it would make again as `Name+`.
    """
    used = {content.deck: None for content in contents}
    order = list(dict.fromkeys(level for deck in used for level in with_ancestors(deck) if level in used))
    if order == list(used):
        return contents
    rank = {deck: number for number, deck in enumerate(order)}
    return sorted(contents, key=lambda content: rank[content.deck])
