"""Anki's text export: a table whose first lines, such as `#separator:tab`, say how to read it.

The lines are described in Anki's manual, “Importing Text Files”, “File Headers”.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import FieldForm, ImportedDeck, ImportedNote, Match, Reader, UsageError
from cardpipe.importing.readers.crowdanki import media_of
from cardpipe.importing.readers.note_files import NoteMedia
from cardpipe.importing.readers.tables import has_cloze, note_type_of, rows_of, tags_of
from cardpipe.importing.shipped.tables import kind_of, note_type_of_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from cardpipe.importing.api import ImportedNoteType, ReadOptions, Source

_LINE: Final = re.compile(
    r"#(separator|html|tags|columns|notetype|deck|if matches|notetype column|deck column|tags column|guid column)"
    r":(.*)",
    re.IGNORECASE,
)
_MOST_MEDIA: Final = 100_000
_SEPARATORS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "pipe": "|", "colon": ":"}


class AnkiTextReader:
    """Reads Anki's notes in plain text."""

    name = "anki-text"
    summary = "Anki's notes in plain text (.txt with lines such as #separator:tab)"

    def recognises(self, source: Source) -> Match:
        """Return whether the first line is such a line."""
        is_export = not source.is_folder and _LINE.match(source.head_text()) is not None
        return Match.CONTENT if is_export else Match.NO

    @contextlib.contextmanager
    def open(self, source: Source, options: ReadOptions) -> Iterator[ImportedDeck]:
        """Open an export; raises UsageError if its lines contradict its rows."""
        said, rest, skipped = _directives(source.text())
        delimiter = _separator(said.get("separator", ""), rest)
        if len(delimiter) != 1:
            raise UsageError(f"{source.path}: “#separator:{said.get('separator', '')[:20]}” is not a separator.")
        rows = rows_of(rest, delimiter, str(source.path))
        special = {what: _column(said, f"{what} column", source) for what in ("guid", "notetype", "deck", "tags")}
        width = max((len(row) for row in rows), default=0)
        fields = [index for index in range(width) if index not in special.values()]
        listed = next(iter(rows_of(said.get("columns", ""), delimiter, str(source.path))), [])
        named = options.columns or tuple(listed)
        if not rows or not fields:
            raise UsageError(f"{source.path} has no notes.")
        form = FieldForm.HTML if said.get("html", "").strip().lower() == "true" else FieldForm.PLAIN
        types: dict[str, ImportedNoteType] = {}

        def made(number: int, row: list[str]) -> ImportedNote:
            def cell(what: str) -> str:
                index = special[what]
                return row[index].strip() if index is not None and index < len(row) else ""

            values = tuple(row[index] if index < len(row) else "" for index in fields)
            kind = cell("notetype") or said.get("notetype", "").strip() or "Basic"
            own = kind_of([named[index] for index in fields if index < len(named)], values, form)
            is_cloze = has_cloze(values[0])
            key = f"{kind}\n{own or is_cloze}"
            if key not in types and own:
                types[key] = note_type_of_kind(key, f"{kind} ({own})", own)
            if key not in types:
                types[key] = note_type_of(key, kind, _names(named, fields, cloze=is_cloze), form, cloze=is_cloze)
            return ImportedNote(
                note_type=key,
                fields=values,
                place=f"row {number + skipped}",
                guid=cell("guid"),
                tags=(*tags_of(said.get("tags", "")), *tags_of(cell("tags"))),
                deck=cell("deck") or said.get("deck", "").strip(),
            )

        read = [made(number, row) for number, row in enumerate(rows, 1)]
        media = NoteMedia(source)
        media.take(value for note in read for value in note.fields)
        yield ImportedDeck(
            name=said.get("deck", "").strip() or source.stem,
            note_types=tuple(types.values()),
            notes=lambda: iter(read),
            media={**_media_beside(source), **media.files},
        )


def _media_beside(source: Source) -> dict[str, Callable[[], BinaryIO]]:
    """Return openers of the files in the folder that cardpipe writes beside a table, by name."""
    folder = source.path.with_name(f"{source.path.name.partition('.')[0]}-media")
    if not folder.is_dir():
        return {}
    names = sorted(path.name for path in folder.iterdir() if path.is_file())[:_MOST_MEDIA]
    return media_of(folder, {name: name for name in names})


def _directives(text: str) -> tuple[dict[str, str], str, int]:
    """Return the values of the first lines, the rest, and the number of such lines."""
    said: dict[str, str] = {}
    lines = 0
    while text.startswith("#"):
        line, _, after = text.partition("\n")
        match = _LINE.match(line)
        if match is not None:
            said[match[1].lower()] = match[2]
        text = after
        lines += 1
    return said, text, lines


def _separator(said: str, text: str) -> str:
    word = said.strip().lower()
    if word in _SEPARATORS:
        return _SEPARATORS[word]
    if said:
        return said if len(said) == 1 else word
    return max("\t;,|", key=text.partition("\n")[0].count)


def _column(said: dict[str, str], name: str, source: Source) -> int | None:
    value = said.get(name, "").strip()
    if not value:
        return None
    if not value.isascii() or not value.isdecimal() or not 0 < int(value) <= 100:
        raise UsageError(f"{source.path}: “#{name}:{value[:20]}” is not the number of a column.")
    return int(value) - 1


def _names(named: tuple[str, ...], fields: list[int], *, cloze: bool) -> list[str]:
    usual = ("Text", "Back Extra") if cloze else ("Front", "Back")
    names = [named[index].strip() if index < len(named) and named[index].strip() else "" for index in fields]
    return [
        name or (usual[number] if number < len(usual) else f"Field {number + 1}") for number, name in enumerate(names)
    ]


READER: Reader = AnkiTextReader()
