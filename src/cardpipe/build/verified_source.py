"""The files of the cards to render, in the state in which they were linted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.errors import ProjectError
from cardpipe.lint.file_cache import digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.lint.project import SourceFiles
    from cardpipe.model.selection import CardEntry


def card_files(
    cards: Sequence[CardEntry], files: SourceFiles, contents: Mapping[str, str]
) -> list[tuple[str, bytes, list[int]]]:
    """Return path, content and requested positions for each file of some cards.

    Raises ProjectError if a file differs from the linted one.
    """
    numbers: dict[str, list[int]] = {}
    for card in cards:
        numbers.setdefault(card.path, []).append(card.number)
    return [(path, _data(path, files, contents), of_file) for path, of_file in numbers.items()]


def _data(path: str, files: SourceFiles, contents: Mapping[str, str]) -> bytes:
    found = files.data(path)
    if found is None or digest(found) != contents.get(path):
        # A file that changes during the build must not bring unchecked cards into it.
        raise ProjectError(f"{path} changed while the deck was being built.", hint="Run the command again.")
    return found
