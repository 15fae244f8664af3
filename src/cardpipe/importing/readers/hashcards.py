"""Decks of hashcards: Markdown with `Q:` and `A:` for a question, `C:` for a text with deletions in brackets."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import (
    FieldForm,
    ImportedDeck,
    ImportedNote,
    Match,
    Reader,
    UsageError,
    basic_note_type,
    cloze_note_type,
)
from cardpipe.importing.readers.markdown_notes import NoteTexts, lines_of, outside_code
from cardpipe.importing.readers.note_files import NoteMedia, deck_of, first_texts, is_markdown, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.importing.api import ReadOptions, Source

_MARK: Final = re.compile(r"(Q|A|C):(?:\s|$)")
_DELETION: Final = re.compile(r"(?<![\\!\]])\[((?:[^\[\]\\\n]|\\.)+)\](?![(\[:])")


class HashcardsReader:
    """Reads one file or a folder of them."""

    name = "hashcards"
    summary = "Markdown of hashcards: Q: and A:, or C: with deletions in brackets"

    def recognises(self, source: Source) -> Match:
        """Return whether a Markdown file has a line that begins with `Q:` and one with `A:`, or one with `C:`."""
        if not is_markdown(source):
            return Match.NO
        lines = [line for _, line, in_code in lines_of(first_texts(source)) if not in_code]
        marks = {match[1] for line in lines if (match := _MARK.match(line)) is not None}
        return Match.CONTENT if {"Q", "A"} <= marks or "C" in marks else Match.NO

    @contextlib.contextmanager
    def open(self, source: Source, options: ReadOptions) -> Iterator[ImportedDeck]:  # noqa: ARG002 - the interface
        """Open the notes; raises UsageError if there are none."""
        read: list[ImportedNote] = []
        media = NoteMedia(source)
        for name, text in texts_of(source):
            texts = NoteTexts(text, name, media)
            for line, parts in _cards(text):
                note = _note(parts, f"{name}, line {line}", deck_of(source, name))
                read.append(replace(note, fields=tuple(texts.prepared(value).strip() for value in note.fields)))
        if not read:
            raise UsageError(f"{source.path} has no cards.")
        form = FieldForm.MARKDOWN
        yield ImportedDeck(
            name=source.stem,
            note_types=(basic_note_type("basic", form=form), cloze_note_type("cloze", form=form)),
            notes=lambda: iter(read),
            media=media.files,
        )


def _cards(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the parts of each card by their letter, and its first line."""
    parts: dict[str, str] = {}
    current, begun = "", 0
    for number, line, in_code in lines_of(text):
        match = None if in_code else _MARK.match(line)
        ends = not in_code and line.strip() in {"---", "***"}
        if parts and (ends or (match is not None and match[1] != "A")):
            yield begun, parts
            parts, current = {}, ""
        if ends:
            continue
        if match is not None:
            if match[1] == "A" and "Q" not in parts:
                continue
            current = match[1]
            begun = begun if current == "A" else number
            parts[current] = line[match.end() :]
        elif current:
            parts[current] += f"\n{line}"
    if parts:
        yield begun, parts


def _note(parts: dict[str, str], place: str, deck: str) -> ImportedNote:
    if "C" in parts:
        return ImportedNote(
            note_type="cloze", fields=(outside_code(parts["C"].strip(), with_deletions), ""), place=place, deck=deck
        )
    fields = (parts.get("Q", "").strip(), parts.get("A", "").strip())
    return ImportedNote(note_type="basic", fields=fields, place=place, deck=deck)


def with_deletions(text: str) -> str:
    """Return a text with the deletions of hashcards in Anki's form, each with a number of its own."""
    number = 0

    def numbered(match: re.Match[str]) -> str:
        nonlocal number
        number += 1
        return f"{{{{c{number}::{match[1]}}}}}"

    return _DELETION.sub(numbered, text)


READER: Reader = HashcardsReader()
