"""The inputs of each figure at its last use, so that a run can say why a figure is drawn again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cardpipe.cache.shards import Shards

if TYPE_CHECKING:
    from cardpipe.cache.store import Cache


class FigureNote(NamedTuple):
    """The inputs and the result of a look-up of a figure."""

    figure: str
    """`CARD/ID`."""
    kind: str
    values: str
    inputs: str
    tools: str
    """Digests of its fields, its files, and the tools that draw it."""
    drawn: bool
    """Whether it had to be drawn."""


class FigureLog:
    """The notes of one form."""

    def __init__(self, cache: Cache, form: str) -> None:
        self._shards = Shards(cache, f"figure-log:{form}", {})

    def reason(self, note: FigureNote) -> str:
        """Return why a figure was drawn."""
        former = self._shards.get(note.figure)
        known = isinstance(former, list) and len(former) == len(note) - 2
        reason = "not in the cache"
        if known:
            changed = [
                words
                for words, now, before in zip(
                    ("its kind", "its fields", "its script or file", "what draws it"), note[1:-1], former, strict=True
                )
                if now != before
            ]
            reason = f"{', '.join(changed)} changed" if changed else "no longer in the cache"
        return reason

    def remember(self, note: FigureNote) -> None:
        """Store a note for the next run."""
        shaped_by = list(note[1:-1])
        if self._shards.get(note.figure) != shaped_by:
            self._shards.put(note.figure, shaped_by)

    def save(self) -> None:
        """Write new notes."""
        self._shards.save()
