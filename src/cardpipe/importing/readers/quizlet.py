"""Text as Quizlet exports it: a term, a tab and its definition on each line."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cardpipe.importing.api import FieldForm, ImportedDeck, ImportedNote, Match, Reader, UsageError, basic_note_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.importing.api import ReadOptions, Source


class QuizletReader:
    """Reads terms with their definitions; a line without a tab continues the definition above."""

    name = "quizlet"
    summary = "text from Quizlet: term, tab, definition (.txt)"

    def recognises(self, source: Source) -> Match:
        """Return whether most lines of a text file have one tab."""
        if source.is_folder or source.suffix not in {".txt", ""}:
            return Match.NO
        lines = [line for line in source.head_text().split("\n")[:-1] if line.strip()] or [source.head_text()]
        has_tabs = sum(line.count("\t") == 1 for line in lines) * 2 > len(lines)
        return Match.NAME if has_tabs else Match.NO

    @contextlib.contextmanager
    def open(self, source: Source, options: ReadOptions) -> Iterator[ImportedDeck]:  # noqa: ARG002 - the interface
        """Open a text; raises UsageError if no line has a tab."""
        read: list[ImportedNote] = []
        for number, line in enumerate(source.text().split("\n"), 1):
            term, tab, definition = line.partition("\t")
            if tab:
                read.append(ImportedNote(note_type="basic", fields=(term, definition), place=f"line {number}"))
            elif line.strip() and read:
                last = read[-1]
                fields = (last.fields[0], f"{last.fields[1]}\n{line}")
                read[-1] = ImportedNote(note_type="basic", fields=fields, place=last.place)
        if not read:
            raise UsageError(f"{source.path} has no line with a tab between a term and its definition.")
        yield ImportedDeck(
            name=source.stem,
            note_types=(basic_note_type("basic", form=FieldForm.PLAIN, name="Terms"),),
            notes=lambda: iter(read),
        )


READER: Reader = QuizletReader()
