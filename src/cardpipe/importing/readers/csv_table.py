"""Tables with named columns: CSV and TSV with a header, or with the names that the user gives."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import ImportedDeck, Match, Reader, UsageError
from cardpipe.importing.readers.note_files import NoteMedia
from cardpipe.importing.readers.tables import SPECIAL, form_of, note_of, note_type_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.importing.api import ImportedNote, ReadOptions, Source

_SUFFIXES: Final = frozenset({".csv", ".tsv", ".tab"})
_DELIMITERS: Final = ("\t", ";", ",", "|")
_SAMPLE: Final = 20_000
_FRONT: Final = frozenset(
    [
        "front",
        "question",
        "term",
        "word",
        "prompt",
        "text",
        "expression",
        "q",
        "frage",
        "begriff",
        "vorderseite",
        "recto",
        "mot",
        "anverso",
        "palabra",
    ]
)
_BACK: Final = frozenset(
    ["answer", "back", "definition", "meaning", "translation", "antwort", "rückseite", "verso", "reverso"]
)

_ID: Final = re.compile(
    r"(?:\w{0,12}[ _-]?(?:id|key|uuid)|no|nr|num|number|index|idx|rank|order|lfd|#|№|)\.?", re.IGNORECASE
)
"""Names of columns that number the rows; they are not asked."""


class TableReader:
    """Reads tables; the first text column is the question."""

    name = "table"
    summary = "CSV and TSV with a header, or with --columns"

    def recognises(self, source: Source) -> Match:
        """Return whether it is a table by its name."""
        return Match.NAME if not source.is_folder and source.suffix in _SUFFIXES else Match.NO

    @contextlib.contextmanager
    def open(self, source: Source, options: ReadOptions) -> Iterator[ImportedDeck]:
        """Open a table; raises UsageError if it has no usable columns."""
        text = source.text()
        delimiter = "\t" if source.suffix in {".tsv", ".tab"} else delimiter_of(text)
        rows = rows_of(text, delimiter, str(source.path))
        if not rows:
            raise UsageError(f"{source.path} has no rows.")
        columns = list(options.columns) or [cell.strip() for cell in rows.pop(0)]
        if not options.columns:
            _check_header(columns, rows, source)
        columns = [column or "" for column in columns]
        fields = [index for index, name in enumerate(columns) if name and name.lower() not in SPECIAL]
        if not fields:
            raise UsageError(f"{source.path} has no column of texts.", hint="Name them: --columns front,back,tags.")
        asks = [index for index in fields if _ID.fullmatch(columns[index]) is None] or fields
        asked = next((index for index in asks if columns[index].lower() in _FRONT), asks[0])
        answer = next((index for index in asks if columns[index].lower() in _BACK), None)
        fields.sort(key=lambda index: (0 if index == asked else 1 if index == answer else 2, index not in asks))
        names = [columns[index] for index in fields]
        if len({name.lower() for name in names}) < len(names):
            raise UsageError(f"{source.path} has two columns of one name.", hint="Name them: --columns front,back.")
        form = form_of(cell for row in rows for index, cell in enumerate(row) if index in fields)

        def notes() -> Iterator[ImportedNote]:
            for number, row in enumerate(rows, 1 if options.columns else 2):
                if any(row[index].strip() for index in fields if index < len(row)):
                    yield note_of(row, columns, fields, f"row {number}", ("basic", "cloze"))

        media = NoteMedia(source)
        media.take(cell for row in rows for cell in row)
        yield ImportedDeck(
            name=source.stem,
            note_types=(
                note_type_of("basic", "Rows", names, form, cloze=False),
                note_type_of("cloze", "Rows with cloze deletions", names, form, cloze=True),
            ),
            notes=notes,
            media=media.files,
        )


def delimiter_of(text: str) -> str:
    """Return the delimiter that divides the first rows into the same number of cells, of several the most frequent."""
    lines = [line for line in text[:_SAMPLE].split("\n") if line.strip()][:20]
    if not lines:
        return _DELIMITERS[0]

    def fit(delimiter: str) -> tuple[bool, int]:
        counts = [line.count(delimiter) for line in lines]
        return min(counts) > 0, counts[0]

    return max(_DELIMITERS, key=fit)


def _check_header(columns: list[str], rows: list[list[str]], source: Source) -> None:
    """Refuse a first row that does not look like a header, which would be lost as a note."""
    known = {column.lower() for column in columns}
    names = _FRONT | SPECIAL | {"back", "answer", "definition", "meaning", "translation", "extra", "details", "notes"}
    if known & names or (rows and len(columns) > 2 and all(column and len(column) < 40 for column in columns)):
        return
    raise UsageError(
        f"{source.path}: the first row is not a header.",
        hint=f"Name the columns, for example: --columns {','.join(['front', 'back', 'tags'][: max(2, len(columns))])}",
    )


READER: Reader = TableReader()
