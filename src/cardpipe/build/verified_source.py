"""The cards of a project that has been linted, and of no other state of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.errors import ProjectError
from cardpipe.lint.file_cache import digest
from cardpipe.source.load import read_cards

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.lint.project import SourceFiles
    from cardpipe.model.deck import Card
    from cardpipe.render.deck import Wanted


class CheckedSource:
    """Reads a card when somebody asks for it, since an export that knows most of them asks for few."""

    def __init__(self, files: SourceFiles, contents: Mapping[str, str]) -> None:
        self._files = files
        self._contents = contents
        self._cards: dict[str, list[Card]] = {}

    def content(self, path: str) -> str:
        """What tells this content of a file from any other."""
        return self._contents.get(path, "")

    def data(self, path: str) -> bytes:
        """A file's bytes; raises ProjectError where they are not those that were checked."""
        found = self._files.data(path)
        if found is None or digest(found) != self._contents.get(path):
            # Whoever writes into the project while it is built must not get unchecked cards into it.
            raise ProjectError(f"{path} changed while the deck was being built.", hint="Run the command again.")
        return found

    def card(self, wanted: Wanted) -> Card:
        """A card; raises ProjectError where its file is not the one that was checked."""
        if wanted.path not in self._cards:
            self._cards[wanted.path] = read_cards(wanted.path, self.data(wanted.path)).cards
        return self._cards[wanted.path][wanted.number]
