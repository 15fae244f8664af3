"""Create the lock of the next release, with its version and time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cardpipe.errors import UsageError
from cardpipe.model.anki_identity import FIRST_RELEASE
from cardpipe.model.release_lock import ReleaseLock
from cardpipe.writers.anki.shipment import is_same

if TYPE_CHECKING:
    from cardpipe.model.release_lock import ReleasedCard, ReleasedNoteType
    from cardpipe.writers.anki.shipment import Shipment

FIRST_VERSION = "1.0"


def next_version(lock: ReleaseLock | None) -> str:
    """Return the next version: the last number is incremented."""
    if lock is None:
        return FIRST_VERSION
    head, dot, last = lock.version.rpartition(".")
    return f"{head}{dot}{int(last) + 1}"


def release_time(lock: ReleaseLock | None, now: int, asked: str | None) -> int:
    """Return the time of a release in epoch seconds: now, or SOURCE_DATE_EPOCH.

    It must be later than every timestamp of all earlier packages, including those between releases, and not in the
    future: Anki only imports newer notes, and a time in the future would overwrite all edits of learners.
    Raises UsageError otherwise.
    """
    time = now
    if asked is not None:
        if not (asked.isascii() and asked.isdigit() and len(asked) <= 12):
            raise UsageError(f"SOURCE_DATE_EPOCH is “{asked}”, which is not a number of seconds since 1970.")
        time = int(asked)
    if time > now:
        raise UsageError(
            "The release time is in the future: until then, imports would overwrite all edits of learners.",
            hint="Correct or unset SOURCE_DATE_EPOCH.",
        )
    newest = FIRST_RELEASE if lock is None else lock.newest
    if time <= newest + 1:
        raise UsageError(
            f"The release time {time} is not after {newest + 1}, the newest timestamp that learners can have.",
            hint="Correct the clock (or SOURCE_DATE_EPOCH), or wait two seconds.",
        )
    return time


def advance(lock: ReleaseLock | None, shipped: Shipment, version: str, time: int, *, mark: bool) -> ReleaseLock:
    """Return the lock after a release: changed and new cards get the time of the release, others keep theirs.

    With `mark`, changed cards of the last release have the version's tag until the next release.
    """
    former = lock.cards if lock is not None else {}
    known = lock.note_types if lock is not None else {}
    gone = dict(lock.gone) if lock is not None else {}
    gone.update({card_id: version for card_id in former if card_id not in shipped.cards})
    return ReleaseLock(
        uid=shipped.uid,
        name=shipped.name,
        subdecks=shipped.subdecks,
        version=version,
        time=time,
        cards={
            card_id: _card(former.get(card_id), card.record, time, version if mark else "")
            for card_id, card in shipped.cards.items()
        },
        # A kind that no card has at present keeps its record: learners keep the note type.
        note_types={
            **known,
            **{kind: _note_type(known.get(kind), made, time) for kind, made in shipped.note_types.items()},
        },
        gone=gone,
        front=shipped.front,
        history={**lock.history, lock.version: lock.time} if lock is not None else {},
    )


def _card(former: ReleasedCard | None, now: ReleasedCard, time: int, mark: str) -> ReleasedCard:
    if former is None:
        return replace(now, mod=time)
    if is_same(former, now):
        return replace(now, mod=former.mod)
    return replace(now, mod=time, mark=mark)


def _note_type(former: ReleasedNoteType | None, now: ReleasedNoteType, time: int) -> ReleasedNoteType:
    return replace(now, mod=former.mod if former is not None and former.digest == now.digest else time)
