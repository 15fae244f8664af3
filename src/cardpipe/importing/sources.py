"""Find the reader of a source, and open sources."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from cardpipe import plugins
from cardpipe.errors import UsageError
from cardpipe.importing.api import Match, Reader, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cardpipe.importing.api import ImportedDeck, ReadOptions


_SPREADSHEETS: Final = frozenset({".xlsx", ".xls", ".xlsm", ".ods", ".numbers"})


def reader_of(source: Source, name: str | None) -> Reader:
    """Return the reader with a name, or the one that a source fits best, built-in ones first.

    Raises UsageError if there is none, and PluginError if the named one cannot be used.
    """
    if name is not None:
        return _checked(name, plugins.load(plugins.READERS, name))
    if source.path.suffix.lower() in _SPREADSHEETS:
        raise UsageError(f"{source.path} is a spreadsheet.", hint="Save its table as CSV, and import that.")
    head = source.head()
    if not source.is_folder and not head:
        raise UsageError(f"{source.path} is empty.")
    best: Reader | None = None
    closest = Match.NO
    for known, found in plugins.load_all(plugins.READERS, ours_first=True):
        reader = _checked(known, found)
        with plugins.named_where_they_fail((plugins.READERS, known)):
            match = reader.recognises(source)
        if match > closest:
            best, closest = reader, match
    if best is not None:
        return best
    names = ", ".join(plugins.names(plugins.READERS))
    raise UsageError(f"{source.path} has no format that cardpipe recognises.", hint=f"Name it with --format: {names}.")


def _checked(name: str, found: object) -> Reader:
    if not isinstance(found, Reader):
        raise plugins.refuse(plugins.READERS, name, f"is a {type(found).__name__}, which is not a reader")
    return found


@contextlib.contextmanager
def opened(paths: Sequence[Path], name: str | None, options: ReadOptions) -> Iterator[list[ImportedDeck]]:
    """Open all sources; raises UsageError if one does not exist or cannot be read."""
    with contextlib.ExitStack() as stack:
        decks = []
        for path in paths:
            if not path.exists():
                raise UsageError(f"{path} does not exist.")
            source = Source(path)
            reader = reader_of(source, name)
            with plugins.named_where_they_fail((plugins.READERS, reader.name)):
                decks.append(stack.enter_context(reader.open(source, options)))
        yield decks
