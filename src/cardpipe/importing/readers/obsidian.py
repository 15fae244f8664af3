"""Notes of Obsidian's spaced repetition.

`question::answer`, `term:::meaning` for both ways, lines around `?` or `??`, `==deletion==`.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import PurePosixPath
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
from cardpipe.importing.readers.markdown_notes import is_markdown, lines_of, plain_links, texts_of, used_media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.importing.api import ReadOptions, Source

_INLINE: Final = re.compile(r"^(?P<front>.*?[^\s:])\s*(?P<mark>:::?)\s*(?P<back>[^\s:].*)$")
_MARKED: Final = re.compile(r"(?<!=)==(?P<text>[^=\n]+)==(?!=)")
_CURLY: Final = re.compile(r"(?<!\{)\{\{(?!c[0-9]+::)(?P<text>[^{}\n]+)\}\}(?!\})")
_HISTORY: Final = re.compile(r"\s*<!--SR:.*?-->")
_TAG: Final = re.compile(r"(?:(?<=\s)|^)#(?P<tag>[^\W\d][\w/-]*)")
_DECK_TAG: Final = "flashcards"
_SEPARATORS: Final = {"?": False, "??": True}


class ObsidianReader:
    """Reads one note or a folder of them."""

    name = "obsidian"
    summary = "notes of Obsidian's spaced repetition: ::, :::, ?, ??, ==deletion=="

    def recognises(self, source: Source) -> Match:
        """Return whether a Markdown file has one of these forms."""
        if not is_markdown(source):
            return Match.NO
        text = source.head_text() if not source.is_folder else "\n".join(text for _, text in texts_of(source))[:50_000]
        lines = [line for _, line, in_code in lines_of(text) if not in_code]
        has_forms = f"#{_DECK_TAG}" in text or any(
            line.strip() in _SEPARATORS or _INLINE.match(_without_code(line)) is not None or _MARKED.search(line)
            for line in lines
        )
        return Match.CONTENT if has_forms else Match.NO

    @contextlib.contextmanager
    def open(self, source: Source, options: ReadOptions) -> Iterator[ImportedDeck]:  # noqa: ARG002 - the interface
        """Open the notes; raises UsageError if there are none."""
        read = []
        whole = []
        for name, text in texts_of(source):
            whole.append(text)
            deck = f"{source.stem}::{PurePosixPath(name).stem}" if source.is_folder else ""
            read += list(_notes(plain_links(_HISTORY.sub("", text)), name, deck))
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
            media=used_media(source, whole),
        )


def _notes(text: str, name: str, deck: str) -> Iterator[ImportedNote]:
    tags = tuple(
        found.replace("/", "::") for found in dict.fromkeys(_TAG.findall(text)) if found.partition("/")[0] != _DECK_TAG
    )
    for number, lines in _paragraphs(text):
        place = f"{name}, line {number}"
        separator = next((index for index, line in enumerate(lines) if line.strip() in _SEPARATORS), None)
        if separator is not None and 0 < separator < len(lines) - 1:
            kind = "reversed" if _SEPARATORS[lines[separator].strip()] else "basic"
            fields = ("\n".join(lines[:separator]), "\n".join(lines[separator + 1 :]))
            yield ImportedNote(note_type=kind, fields=fields, place=place, tags=tags, deck=deck)
            continue
        for offset, line in enumerate(lines):
            match = _INLINE.match(_without_code(line))
            if match is not None and not line.startswith(("    ", "|", "#")):
                front, back = line[: match.end("front")], line[match.start("back") :]
                kind = "reversed" if match["mark"] == ":::" else "basic"
                front = re.sub(r"^\s*[-*+] ", "", front)
                yield ImportedNote(
                    note_type=kind, fields=(front, back), place=f"{name}, line {number + offset}", tags=tags, deck=deck
                )
        block = "\n".join(lines)
        if _MARKED.search(block) or _CURLY.search(block):
            yield ImportedNote(
                note_type="cloze", fields=(_with_deletions(block), ""), place=place, tags=tags, deck=deck
            )


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
        if not lines and re.match(r"#{1,6} |\s*#[\w/-]+\s*$", line):
            continue
        begun = begun if lines else number
        lines.append(line)
    if lines:
        yield begun, lines


def _without_code(line: str) -> str:
    """Return a line of the same length in which code and addresses have no colons."""
    return re.sub(r"`[^`]*`|\S+://\S+|\$[^$]*\$", lambda match: match[0].replace(":", "."), line)


def _with_deletions(text: str) -> str:
    number = 0

    def numbered(match: re.Match[str]) -> str:
        nonlocal number
        number += 1
        return f"{{{{c{number}::{match['text']}}}}}"

    return _CURLY.sub(numbered, _MARKED.sub(numbered, text))


READER: Reader = ObsidianReader()
