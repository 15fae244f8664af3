"""The events that open pages receive: which cards changed."""

from __future__ import annotations

import json
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

_MOST_LISTENERS: Final = 64
_MOST_WAITING: Final = 32
"""Events that wait for a slow page; beyond, it gets one that stands for all."""
_HEARTBEAT: Final = 10.0
"""Seconds without an event after which a comment shows whether the page is still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of the deck."""

    revision: int
    cards: tuple[str, ...] = ()
    """IDs of cards whose views may differ."""
    everything: bool = False
    """Whether the list of cards and all views may differ."""

    def as_event(self) -> bytes:
        """Return the change as a server-sent event (HTML standard, 9.2)."""
        content = {"revision": self.revision, "cards": self.cards, "everything": self.everything}
        return f"event: change\ndata: {json.dumps(content)}\n\n".encode()


class Events:
    """Distributes changes to listeners; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[queue.Queue[Change | None]] = set()
        self._revision = 0

    @property
    def revision(self) -> int:
        """The number of changes so far."""
        return self._revision

    def send(self, cards: Iterable[str] = (), *, everything: bool = False) -> None:
        """Send a change to all listeners."""
        with self._lock:
            self._revision += 1
            change = Change(revision=self._revision, cards=tuple(sorted(cards)), everything=everything)
            for listener in self._listeners:
                if listener.qsize() < _MOST_WAITING:
                    listener.put(change)
                else:
                    _empty(listener)
                    listener.put(Change(revision=self._revision, everything=True))

    def close(self) -> None:
        """End all streams."""
        with self._lock:
            for listener in self._listeners:
                listener.put(None)

    def stream(self, seen: int) -> Generator[bytes, None, None] | None:
        """Return the events for a page that shows a revision; None if there are too many pages."""
        own: queue.Queue[Change | None] = queue.Queue()
        with self._lock:
            if len(self._listeners) >= _MOST_LISTENERS:
                return None
            self._listeners.add(own)
            if seen != self._revision:
                own.put(Change(revision=self._revision, everything=True))
        return self._stream(own)

    def _stream(self, own: queue.Queue[Change | None]) -> Generator[bytes, None, None]:
        try:
            yield b"retry: 500\n\n"
            while True:
                try:
                    change = own.get(timeout=_HEARTBEAT)
                except queue.Empty:
                    yield b": still here\n\n"
                    continue
                if change is None:
                    return
                yield change.as_event()
        finally:
            with self._lock:
                self._listeners.discard(own)


def _empty(listener: queue.Queue[Change | None]) -> None:
    while True:
        try:
            listener.get_nowait()
        except queue.Empty:
            return
