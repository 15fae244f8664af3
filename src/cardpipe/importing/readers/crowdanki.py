"""Folders of CrowdAnki: `deck.json` with note types, notes and subdecks, and a folder of media."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
from typing import TYPE_CHECKING, Any, Final

from cardpipe.files.reading import read_below
from cardpipe.importing.api import ImportedDeck, ImportedNote, Match, Reader, Remark, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from cardpipe.importing.api import ImportedNoteType, ReadOptions, Source

_LARGEST_MEDIA: Final = 20 * 1024 * 1024
_DEEPEST: Final = 20


class CrowdAnkiReader:
    """Reads folders of CrowdAnki."""

    name = "crowdanki"
    summary = "folders of CrowdAnki (deck.json)"

    def recognises(self, source: Source) -> Match:
        """Return whether a folder has a `deck.json` of its own name or of this name."""
        return Match.CONTENT if source.is_folder and _file_of(source) is not None else Match.NO

    @contextlib.contextmanager
    def open(self, source: Source, options: ReadOptions) -> Iterator[ImportedDeck]:  # noqa: ARG002 - the interface
        """Open a folder; raises UsageError if its deck cannot be read."""
        from cardpipe.importing.readers.anki import is_plain_name
        from cardpipe.importing.readers.anki.collection import old_note_type

        name = _file_of(source)
        if name is None:
            raise UsageError(f"{source.path} has no deck.json.")
        try:
            deck = _json(source, name)
            types: dict[str, ImportedNoteType] = {}
            for number, model in enumerate(_all(deck, "note_models")):
                key = str(model["crowdanki_uuid"])
                made = old_note_type(number, model)
                types[key] = _keyed(made, key)
            read = list(_notes(deck, ""))
            media = sorted({str(file) for file in _all(deck, "media_files")})
            title, description = str(deck["name"]), str(deck.get("desc", ""))
        except UsageError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UsageError(f"{source.path / name} is not a deck of CrowdAnki.") from None
        if any(note.note_type not in types for note in read):
            raise UsageError(f"{source.path / name}: a note has a note type that is missing.")
        plain = [file for file in media if is_plain_name(file)]
        there = _names_in(source.path / "media").intersection(plain)
        yield ImportedDeck(
            name=title,
            note_types=tuple(types.values()),
            notes=lambda: iter(read),
            media=media_of(source.path, {file: f"media/{file}" for file in sorted(there)}),
            description=description,
            remarks=tuple(
                Remark(file[:80], "The media file is missing, or its name has path parts.")
                for file in media
                if file not in there
            ),
        )


def _json(source: Source, name: str) -> Any:
    try:
        return json.loads(source.inner_text(name))
    except json.JSONDecodeError as error:
        raise UsageError(f"{source.path / name}, line {error.lineno}: not valid JSON ({error.msg}).") from None


def _names_in(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file()}
    except OSError:
        return set()


def media_of(root: Path, files: Mapping[str, str]) -> dict[str, Callable[[], BinaryIO]]:
    """Return openers of files below a folder, by the names that notes use; no link is followed."""
    return {name: functools.partial(_opened, root, path) for name, path in files.items()}


def _opened(root: Path, path: str) -> BinaryIO:
    return io.BytesIO(read_below(root, path, _LARGEST_MEDIA))


def _file_of(source: Source) -> str | None:
    names = ("deck.json", f"{source.stem}.json")
    return next((name for name in names if (source.path / name).is_file()), None)


def _keyed(note_type: ImportedNoteType, key: str) -> ImportedNoteType:
    from dataclasses import replace

    return replace(note_type, key=key, id=None)


def _all(deck: Any, key: str, depth: int = 0) -> Iterator[Any]:
    """Yield the items of a key in a deck and its subdecks."""
    if depth > _DEEPEST:
        raise ValueError
    yield from deck.get(key) or ()
    for child in deck.get("children") or ():
        yield from _all(child, key, depth + 1)


def _notes(deck: Any, above: str, depth: int = 0) -> Iterator[ImportedNote]:
    if depth > _DEEPEST:
        raise ValueError
    own = str(deck["name"])
    name = own if not above or own.startswith(f"{above}::") else f"{above}::{own}"
    for number, note in enumerate(deck.get("notes") or (), 1):
        fields = note["fields"]
        if not isinstance(fields, list) or not all(isinstance(value, str) for value in fields):
            raise TypeError
        yield ImportedNote(
            note_type=str(note["note_model_uuid"]),
            fields=tuple(fields),
            place=f"{name}, note {number}",
            guid=str(note.get("guid", "")),
            tags=tuple(str(tag) for tag in note.get("tags") or ()),
            deck=name,
        )
    for child in deck.get("children") or ():
        yield from _notes(child, name, depth + 1)


READER: Reader = CrowdAnkiReader()
