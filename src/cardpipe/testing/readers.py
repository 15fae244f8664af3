"""Contract tests for readers of existing decks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.errors import UsageError
from cardpipe.importing.api import ImportedDeck, ImportedNoteType, Match, Reader, ReadOptions, Source
from cardpipe.testing.declared import check_attributes, check_name, expect
from cardpipe.testing.processes import check_light

if TYPE_CHECKING:
    from pathlib import Path

_PIECE = 65536


def check_reader(reader: Reader, sample: Path, *, other: Path) -> None:
    """Check that a reader fulfils its contract; raises AssertionError otherwise.

    `sample` is a file or folder of its format, `other` a file that is not, which it must not recognise and must refuse
    with a UsageError.
    """
    called = check_name(reader, "reader")
    check_attributes(reader, "reader", "recognises", "open")
    check_light(called, reader)
    expect(_match(called, reader, sample) > Match.NO, f"{called} does not recognise {sample.name}.")
    expect(_match(called, reader, other) is Match.NO, f"{called} recognises {other.name}, which has another format.")
    with reader.open(Source(sample), ReadOptions()) as deck:
        _check_deck(called, deck)
    try:
        with reader.open(Source(other), ReadOptions()) as deck:
            list(deck.notes())
    except UsageError as error:
        expect(error.message.strip(), f"{called} raises a UsageError without a message.")
    except Exception as error:
        raise AssertionError(f"{called} raises {type(error).__name__} for {other.name}, not a UsageError.") from error


def _match(called: str, reader: Reader, path: Path) -> Match:
    found: object = reader.recognises(Source(path))
    expect(isinstance(found, Match), f"{called} has recognises() return {found!r}, which is not a Match.")
    return Match(reader.recognises(Source(path)))


def _check_deck(called: str, deck: ImportedDeck) -> None:
    made: object = deck
    expect(isinstance(made, ImportedDeck), f"{called} opens {type(made).__name__}, which is not an ImportedDeck.")
    expect(deck.name.strip(), f"{called} returns a deck without a name.")
    types: dict[str, ImportedNoteType] = {}
    for note_type in deck.note_types:
        expect(note_type.key not in types, f"{called} returns two note types with the key “{note_type.key}”.")
        expect(note_type.fields, f"{called} returns the note type “{note_type.name}” without fields.")
        expect(note_type.templates, f"{called} returns the note type “{note_type.name}” without templates.")
        types[note_type.key] = note_type
    notes = list(deck.notes())
    expect(notes, f"{called} returns no notes for its sample.")
    expect(notes == list(deck.notes()), f"{called} returns other notes the second time.")
    for note in notes:
        expect(note.note_type in types, f"{called} returns a note of the unknown note type “{note.note_type}”.")
        most = len(types[note.note_type].fields)
        expect(len(note.fields) <= most, f"{called} returns a note with {len(note.fields)} fields, not {most}.")
        expect(note.place.strip(), f"{called} returns a note without its place.")
    for name, opener in deck.media.items():
        with opener() as file:
            expect(isinstance(file.read(_PIECE), bytes), f"{called} does not return bytes for the media file “{name}”.")
