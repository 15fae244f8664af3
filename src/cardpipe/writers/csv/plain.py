"""Tables of plain text: RFC 4180, and a variant that is safe for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cardpipe.writers.anki.note_type import FILLED_FIELDS
from cardpipe.writers.anki.own_types import OwnNoteType
from cardpipe.writers.csv.html_to_text import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.writers.anki.notes import NoteContent
    from cardpipe.writers.api import RenderedDeck

_BYTE_ORDER_MARK = "\ufeff"
_FORMULA_STARTS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""The full-width forms too: some spreadsheets take them for the narrow ones."""
_CELL_STARTS = re.compile("(^|[;\t\r\n])(?:[^\\S\t\r\n]|[\"'`\u200b-\u200d\u2060\ufeff])*")
"""Where a cell starts, or would start for a program that divides the row in another way than we do, and what it would
skip there. It matches whether or not a formula follows, so that one pass is enough."""


def plain_table(contents: Sequence[NoteContent]) -> bytes:
    """Return the table of notes whose types have the same fields, by RFC 4180: UTF-8, a header row, CRLF."""
    return _table(list(plain_rows(contents))).encode("utf-8")


def spreadsheet_table(contents: Sequence[NoteContent]) -> bytes:
    """Return the table for spreadsheets: with a byte order mark, to detect UTF-8, and without formulas."""
    rows = [[without_formula(cell) for cell in row] for row in plain_rows(contents)]
    return (_BYTE_ORDER_MARK + _table(rows)).encode("utf-8")


def without_formula(cell: str) -> str:
    """Return the cell with an apostrophe before everything that a spreadsheet could evaluate as a formula.

    A spreadsheet evaluates text after `=`, `+`, `-` or `@` at a cell's start. Quotes do not protect: where the list
    separator is a semicolon, a comma file is divided in other places (https://owasp.org/www-community/attacks/CSV_Injection).
    """

    def defused(match: re.Match[str]) -> str:
        if match.string[match.end() : match.end() + 1] not in _FORMULA_STARTS:
            return match.group()
        return f"{match.group(1)}'{match.group()[len(match.group(1)) :]}"

    safe = _CELL_STARTS.sub(defused, cell)
    return f"'{safe}" if safe.startswith(("\t", "\r")) else safe


def readable(deck: RenderedDeck) -> RenderedDeck:
    """Return a deck for other programs than Anki: its clozes have blanks and answers, and its note types are ours."""
    settings = replace(deck.settings, adopted={}) if deck.settings.adopted else deck.settings
    return replace(deck, settings=settings, cards=tuple(replace(card, cloze=None) for card in deck.cards))


def plain_rows(contents: Sequence[NoteContent]) -> Iterator[list[str]]:
    """Return the names of the columns, then a row of plain text for each note; their types have the same fields."""
    note_type = contents[0].note_type if contents else None
    if isinstance(note_type, OwnNoteType):
        names = [note_type.key_of(field.name).lower() for field in note_type.filled]
    else:
        names = [field.name.lower() for field in FILLED_FIELDS]
    yield [*names, "deck", "tags"]
    for note in contents:
        yield [*map(plain_text, note.fields), note.deck, " ".join(note.tags)]


def _table(rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
