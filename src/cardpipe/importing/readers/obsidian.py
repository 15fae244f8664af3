"""Notes of Obsidian's spaced repetition.

`question::answer`, `term:::meaning` for both ways, lines around `?` or `??`, `==deletion==`.
"""

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

_INLINE: Final = re.compile(r"(?<=[^\s:])[ \t]*(?P<mark>:{2,3})[ \t]*(?=[^\s:])")
_MARKED: Final = re.compile(r"(?<!=)==(?P<text>[^=\n]+)==(?!=)")
_CURLY: Final = re.compile(r"(?<!\{)\{\{(?!c[0-9]+::)(?P<text>[^{}\n]+)\}\}(?!\})")
_HISTORY: Final = re.compile(r"(?<![ \t])[ \t]*<!--SR:(?:(?!<!--)[^\n])*?-->")
_BLOCK_ID: Final = re.compile(r"(?m)(?<![ \t])[ \t]+\^[A-Za-z0-9-]{1,40}$")
_TAG: Final = re.compile(r"(?:(?<=\s)|^)#(?P<tag>[^\W\d][\w/-]*)")
_DECK_TAG: Final = "flashcards"
_DECK_TAGS: Final = re.compile(rf"(?:(?<=\s)|^)#{_DECK_TAG}[\w/-]*[ \t]*")
_OTHER: Final = re.compile(r"`[^`\n]*`|[A-Za-z][A-Za-z0-9+.-]{0,20}://\S+|\$[^$\n]*\$")
_SEPARATORS: Final = {"?": False, "??": True}


class ObsidianReader:
    """Reads one note or a folder of them."""

    name = "obsidian"
    summary = "notes of Obsidian's spaced repetition: ::, :::, ?, ??, ==deletion=="

    def recognises(self, source: Source) -> Match:
        """Return whether a Markdown file has one of these forms."""
        if not is_markdown(source):
            return Match.NO
        text = first_texts(source)
        lines = [line for _, line, in_code in lines_of(text) if not in_code]
        has_forms = f"#{_DECK_TAG}" in text or any(
            line.strip() in _SEPARATORS or _INLINE.search(_without_signs(line)) is not None or _MARKED.search(line)
            for line in lines
        )
        return Match.CONTENT if has_forms else Match.NO

    @contextlib.contextmanager
    def open(self, source: Source, options: ReadOptions) -> Iterator[ImportedDeck]:  # noqa: ARG002 - the interface
        """Open the notes; raises UsageError if there are none."""
        read: list[ImportedNote] = []
        media = NoteMedia(source)
        for name, text in texts_of(source):
            texts = NoteTexts(text, name, media)
            for note in _notes(_BLOCK_ID.sub("", _HISTORY.sub("", text)), name, source):
                is_cloze = note.note_type == "cloze"
                fields = (texts.prepared(value if is_cloze else _highlighted(value)) for value in note.fields)
                read.append(replace(note, fields=tuple(fields)))
        if not read:
            raise UsageError(f"{source.path} has no cards.")
        form = FieldForm.MARKDOWN
        yield ImportedDeck(
            name=source.stem,
            note_types=(
                basic_note_type("basic", form=form),
                basic_note_type("reversed", form=form, name="Basic (and reversed card)", reverse=True),
                cloze_note_type("cloze", form=form),
            ),
            notes=lambda: iter(read),
            media=media.files,
        )


def _notes(text: str, name: str, source: Source) -> Iterator[ImportedNote]:
    """Yield the cards of a note; a tag below `#flashcards` names the deck of those that follow it."""
    tags = tuple(
        found.replace("/", "::") for found in dict.fromkeys(_TAG.findall(text)) if found.partition("/")[0] != _DECK_TAG
    )
    deck = deck_of(source, name)
    for number, lines in _paragraphs(text):
        place = f"{name}, line {number}"
        named = [found for line in lines for found in _TAG.findall(line) if found.startswith(f"{_DECK_TAG}/")]
        if named:
            deck = "::".join([source.stem, *named[-1].split("/")[1:]])
            lines[:] = [_DECK_TAGS.sub("", line) for line in lines]
        separator = next((index for index, line in enumerate(lines) if line.strip() in _SEPARATORS), None)
        if separator is not None and 0 < separator < len(lines) - 1:
            kind = "reversed" if _SEPARATORS[lines[separator].strip()] else "basic"
            fields = ("\n".join(lines[:separator]), "\n".join(lines[separator + 1 :]))
            yield ImportedNote(note_type=kind, fields=fields, place=place, tags=tags, deck=deck)
            continue
        rest = []
        for offset, line in enumerate(lines):
            match = _INLINE.search(_without_signs(line)) if "::" in line else None
            if match is None or line.startswith(("    ", "|", "#")):
                rest.append(line)
                continue
            front, back = line[: match.start()], line[match.end() :]
            kind = "reversed" if match["mark"] == ":::" else "basic"
            front = re.sub(r"^\s*[-*+] ", "", front)
            yield ImportedNote(
                note_type=kind, fields=(front, back), place=f"{name}, line {number + offset}", tags=tags, deck=deck
            )
        block = "\n".join(rest)
        plain = _without_signs(block)
        if _MARKED.search(plain) or _CURLY.search(plain):
            deletions = outside_code(block, _with_deletions)
            yield ImportedNote(note_type="cloze", fields=(deletions, ""), place=place, tags=tags, deck=deck)


def _paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the paragraphs of a text outside of code, with the numbers of their first lines."""
    lines: list[str] = []
    begun = 0
    for number, line, in_code in lines_of(text):
        if not line.strip() and not in_code:
            if lines:
                yield begun, lines
            lines = []
            continue
        if not lines and re.match(r"#{1,6} ", line):
            continue
        begun = begun if lines else number
        lines.append(line)
    if lines:
        yield begun, lines


def _without_signs(line: str) -> str:
    """Return a text of the same length in which code, formulas and addresses have none of the signs of cards."""
    return _OTHER.sub(lambda match: re.sub("[:={}]", ".", match[0]), line)


def _highlighted(text: str) -> str:
    if "==" not in text:
        return text
    return outside_code(text, lambda plain: _MARKED.sub(r"<mark>\g<text></mark>", plain))


def _with_deletions(text: str) -> str:
    number = 0

    def numbered(match: re.Match[str]) -> str:
        nonlocal number
        number += 1
        return f"{{{{c{number}::{match['text']}}}}}"

    return _CURLY.sub(numbered, _MARKED.sub(numbered, text))


READER: Reader = ObsidianReader()
