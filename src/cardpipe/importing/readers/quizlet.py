"""Text as Quizlet exports it: a term, a tab and its definition on each line.

Users can choose other separators, which are recognised if they divide most lines.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import FieldForm, ImportedDeck, ImportedNote, Match, Reader, UsageError, basic_note_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.importing.api import ReadOptions, Source

_SEPARATORS: Final = ("\t", "/////", "::::", "::", ";;", "||", " - ", " – ", " — ", " = ")


class QuizletReader:
    """Reads terms with their definitions; a line without a tab continues the definition above."""

    name = "quizlet"
    summary = "text from Quizlet: term, tab, definition (.txt)"

    def recognises(self, source: Source) -> Match:
        """Return whether most lines of a text file have one tab."""
        if source.is_folder or source.suffix not in {".txt", ""}:
            return Match.NO
        lines = [line for line in source.head_text().split("\n")[:-1] if line.strip()] or [source.head_text()]
        return Match.NAME if _separator(lines) else Match.NO

    @contextlib.contextmanager
    def open(self, source: Source, options: ReadOptions) -> Iterator[ImportedDeck]:  # noqa: ARG002 - the interface
        """Open a text; raises UsageError if no line has a tab."""
        read: list[ImportedNote] = []
        more: dict[int, list[str]] = defaultdict(list)
        lines = source.text().split("\n")
        separator = _separator([line for line in lines if line.strip()]) or "\t"
        for number, line in enumerate(lines, 1):
            term, tab, definition = line.partition(separator)
            if tab:
                fields = (term.strip(" "), definition.strip(" "))
                read.append(ImportedNote(note_type="basic", fields=fields, place=f"line {number}"))
            elif line.strip() and read:
                more[len(read) - 1].append(line)
        for index, lines in more.items():
            front, back = read[index].fields
            read[index] = replace(read[index], fields=(front, "\n".join([back, *lines])))
        if not read:
            raise UsageError(f"{source.path} has no line with a tab between a term and its definition.")
        yield ImportedDeck(
            name=source.stem,
            note_types=(basic_note_type("basic", form=FieldForm.PLAIN, name="Terms"),),
            notes=lambda: iter(read),
        )


def _separator(lines: list[str]) -> str:
    """Return what divides most lines into a term and its definition; empty if nothing does."""
    for separator in _SEPARATORS:
        if sum(separator in line.strip() for line in lines) * 2 > len(lines):
            return separator
    return ""


READER: Reader = QuizletReader()
