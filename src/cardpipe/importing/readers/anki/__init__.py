"""Anki's packages: `.apkg` (decks) and `.colpkg` (a whole collection)."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import ImportedDeck, Match, Reader, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from cardpipe.importing.api import ImportedNote, ReadOptions, Source
    from cardpipe.importing.readers.anki.container import Container

_SUFFIXES: Final = frozenset({".apkg", ".colpkg"})


class AnkiReader:
    """Reads packages of all three container forms."""

    name = "anki"
    summary = "Anki's packages (.apkg, .colpkg)"

    def recognises(self, source: Source) -> Match:
        """Return whether it is a package by its name, or by its content."""
        if source.is_folder:
            return Match.NO
        if source.suffix in _SUFFIXES:
            return Match.CONTENT
        return Match.NAME if source.head().startswith(b"PK\x03\x04") else Match.NO

    @contextlib.contextmanager
    def open(self, source: Source, options: ReadOptions) -> Iterator[ImportedDeck]:  # noqa: ARG002 - the interface
        """Open a package; its collection is unpacked into a temporary file."""
        import tempfile
        import zipfile

        from cardpipe.files.reading import open_named
        from cardpipe.importing.readers.anki.collection import Collection
        from cardpipe.importing.readers.anki.container import Container, refusing

        with contextlib.ExitStack() as stack:
            with refusing(source.path):
                file = stack.enter_context(open_named(source.path))
                container = Container(stack.enter_context(zipfile.ZipFile(file)))
                folder = stack.enter_context(
                    tempfile.TemporaryDirectory(prefix="cardpipe-", ignore_cleanup_errors=True)
                )
                unpacked = Path(folder) / "collection.anki"
                container.write_collection(unpacked)
                collection = Collection(unpacked)
                stack.callback(collection.close)
                note_types = collection.note_types()
                decks = collection.decks()
                media = container.media_names()
            names = {name for name, _ in decks.values() if name != "Default"}

            def notes() -> Iterator[ImportedNote]:
                with refusing(source.path):
                    yield from collection.notes(decks)

            yield ImportedDeck(
                name=_common(names) or source.stem,
                note_types=note_types,
                notes=notes,
                media={
                    name: functools.partial(_opened, container, source, entry)
                    for name, entry in sorted(media.items())
                    if is_plain_name(name)
                },
                description=next((text for name, text in decks.values() if name == _common(names)), ""),
                remarks=tuple(
                    Remark(name[:80], "A media name with path parts is not taken over.")
                    for name in sorted(media)
                    if not is_plain_name(name)
                ),
            )


def _opened(container: Container, source: Source, entry: str) -> BinaryIO:
    from cardpipe.importing.readers.anki.container import refusing

    with refusing(source.path):
        return container.open_media(entry)


def is_plain_name(name: str) -> bool:
    """Return whether a name of a media file has no parts of a path."""
    return bool(name.strip(". ")) and not any(sign in name for sign in "/\\\0") and ":" not in name[:2]


def _common(names: set[str]) -> str:
    """Return the deck that contains all others; empty if there is none."""
    top = {name.partition("::")[0] for name in names}
    return top.pop() if len(top) == 1 else ""


READER: Reader = AnkiReader()
