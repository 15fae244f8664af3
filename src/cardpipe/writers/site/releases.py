"""The releases of a deck, as far as the release lock records them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cardpipe.model.release_lock import version_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.model.release_lock import ReleaseLock


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release, with the cards that have not changed since."""

    version: str
    """Empty if the lock does not record it."""
    time: int | None
    """In epoch seconds; None if the lock does not record it."""
    cards: Sequence[tuple[str, str]]
    """ID and title of the cards that were new or changed in it, and have not changed since."""
    removed: Sequence[str]
    """The IDs of the cards that it removed."""

    @property
    def name(self) -> str:
        """Return the version, or else the day."""
        return self.version or self.day

    @property
    def anchor(self) -> str:
        """Return its anchor on the page of releases."""
        return f"release-{self.name}"

    @property
    def day(self) -> str:
        """Return the day of the release as in 2026-01-31; empty if it is not recorded."""
        return moment(self.time)[:10] if self.time is not None else ""

    @property
    def moment(self) -> str:
        """Return the time of the release as in 2026-01-31T12:00:00Z; empty if it is not recorded."""
        return moment(self.time) if self.time is not None else ""


def releases(lock: ReleaseLock | None) -> tuple[Release, ...]:
    """Return the recorded releases, the last one first."""
    if lock is None:
        return ()
    times = {**lock.history, lock.version: lock.time}
    versions = {time: version for version, time in times.items()}
    found: dict[int, list[tuple[str, str]]] = {lock.time: []}
    for card_id, card in lock.cards.items():
        found.setdefault(card.mod, []).append((card_id, card.title))
        if card.mark:
            versions.setdefault(card.mod, card.mark)
    removed: dict[str, list[str]] = {}
    for card_id, version in lock.gone.items():
        removed.setdefault(version, []).append(card_id)
        if version in times:
            found.setdefault(times[version], [])
    dated = [
        Release(
            version=versions.get(time, ""),
            time=time,
            cards=tuple(sorted(cards)),
            removed=tuple(sorted(removed.pop(versions.get(time, ""), ()))),
        )
        for time, cards in sorted(found.items(), reverse=True)
    ]
    undated = [
        Release(version=version, time=None, cards=(), removed=tuple(sorted(removed[version])))
        for version in sorted(removed, key=version_key, reverse=True)
    ]
    return (*dated, *undated)


def moment(time: int) -> str:
    """Return a time as in 2026-01-31T12:00:00Z."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
