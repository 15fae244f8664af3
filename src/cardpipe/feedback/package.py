"""Read a learner's package: the notes of one deck, and of all others only their number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.importing.api import ReadOptions, Source
from cardpipe.importing.readers.anki import READER

if TYPE_CHECKING:
    from collections.abc import Set
    from pathlib import Path

    from cardpipe.importing.api import ImportedDeck, ImportedNote, ImportedNoteType

_MOST_CHARACTERS: Final = 128 * 1024 * 1024
"""Maximum characters of the notes that are kept; a deck of 10,000 long cards has a tenth."""
_QUOTED: Final = re.compile("“[^”]*”")


@dataclass(slots=True)
class LearnerNotes:
    """The notes of a package; of those of other decks nothing is kept."""

    ours: dict[str, tuple[ImportedNote, ImportedNoteType]] = field(default_factory=dict)
    """The notes that were asked for, by GUID."""
    others: int = 0
    """The number of notes that are not of the deck."""
    doubled: set[str] = field(default_factory=set)
    """GUIDs of the deck that several notes have."""
    count: int = 0
    """The number of notes of the deck."""


def notes_of(path: Path, guids: Set[str]) -> LearnerNotes:
    """Read the notes with these GUIDs; raises UsageError if the package cannot be used."""
    try:
        with READER.open(Source(path), ReadOptions()) as deck:
            return _read(deck, guids)
    except UsageError as error:
        # A message can name a note type or a deck, which is nobody's business but the learner's.
        message = _QUOTED.sub("“…”", error.message).replace("cannot be imported", "cannot be compared")
        raise UsageError(message, hint=error.hint) from None


def _read(deck: ImportedDeck, guids: Set[str]) -> LearnerNotes:
    found = LearnerNotes()
    note_types = {note_type.key: note_type for note_type in deck.note_types}
    seen: set[str] = set()
    size = 0
    for note in deck.notes():
        if note.guid not in guids:
            found.others += 1
            continue
        found.count += 1
        if note.guid in seen:
            found.doubled.add(note.guid)
            continue
        seen.add(note.guid)
        size += sum(map(len, note.fields))
        if size > _MOST_CHARACTERS:
            raise UsageError("The package cannot be compared: its notes have too many characters.")
        found.ours[note.guid] = (note, note_types[note.note_type])
    return found
