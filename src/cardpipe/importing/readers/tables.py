"""Tables in text: rows of cells, and notes from named columns."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import (
    FieldForm,
    ImportedField,
    ImportedNote,
    ImportedNoteType,
    ImportedTemplate,
    NoteTypeKind,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_COLUMNS: Final = 100
LONGEST_CELL: Final = 131_072
"""The maximum number of characters of a cell: the default of `csv`, which other code of the process may have raised."""
_HTML: Final = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>|&(?:[a-z]+|#[0-9]+);")
_CLOZE: Final = re.compile(r"\{\{c[0-9]+::")


def rows_of(text: str, delimiter: str, where: str) -> list[list[str]]:
    """Return the rows of a table that have any text; raises UsageError if it cannot be read."""
    found = []
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False), 1):
            if len(row) > MOST_COLUMNS:
                raise UsageError(f"{where}: row {number} has more than {MOST_COLUMNS} columns.")
            if any(len(cell) > LONGEST_CELL for cell in row):
                raise UsageError(f"{where}: row {number} has a cell of more than {LONGEST_CELL:,} characters.")
            if any(cell.strip() for cell in row):
                found.append(row)
    except csv.Error as error:
        raise UsageError(f"{where} cannot be read as a table: {error}.") from None
    return found


def form_of(cells: Iterator[str]) -> FieldForm:
    """Return whether cells are HTML, which Anki's tables often are, or plain text."""
    return FieldForm.HTML if any(_HTML.search(cell) for cell in cells) else FieldForm.PLAIN


def has_cloze(text: str) -> bool:
    """Return whether a text has a cloze deletion."""
    return _CLOZE.search(text) is not None


def note_type_of(key: str, name: str, columns: Sequence[str], form: FieldForm, *, cloze: bool) -> ImportedNoteType:
    """Return a note type that asks the first column; the back shows the others."""
    front = f"{{{{cloze:{columns[0]}}}}}" if cloze else f"{{{{{columns[0]}}}}}"
    back = "<hr>".join(f"{{{{{column}}}}}" for column in columns[1:])
    template = ImportedTemplate(name="Card 1", front=front, back=f"{front if cloze else '{{FrontSide}}'}<hr>{back}")
    return ImportedNoteType(
        key=key,
        name=name,
        fields=tuple(ImportedField(name=column) for column in columns),
        templates=(template,),
        kind=NoteTypeKind.CLOZE if cloze else NoteTypeKind.STANDARD,
        form=form,
    )


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags of a cell, with commas or spaces between them."""
    return tuple(re.split(r"[,\s]+", text.strip())) if text.strip() else ()


def note_of(
    row: Sequence[str], columns: Sequence[str], fields: Sequence[int], place: str, keys: tuple[str, str]
) -> ImportedNote:
    """Return the note of a row; `fields` are the columns that are texts, `keys` those of its note types.

    The second key is for a row whose first text has a cloze deletion.
    """
    cells = [*row, *[""] * (len(columns) - len(row))]
    special = {column.strip().lower(): cell.strip() for column, cell in zip(columns, cells, strict=False)}
    values = tuple(cells[index] for index in fields)
    return ImportedNote(
        note_type=keys[1] if has_cloze(values[0]) else keys[0],
        fields=values,
        place=place,
        guid=special.get("guid", ""),
        tags=tags_of(special.get("tags", "")),
        deck=special.get("deck", ""),
    )


SPECIAL: Final = frozenset({"tags", "guid", "deck"})
"""Columns that are not texts."""
