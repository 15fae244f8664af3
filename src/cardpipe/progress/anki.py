"""Write a learner's progress into a package: scheduling of the cards, FSRS memory states and the review log.

Meanings of the columns: Anki's source, `rslib/src/storage/card` and `rslib/src/revlog`; tests/test_progress_anki.py
compares with what Anki itself reads.
"""

from __future__ import annotations

import json
import math
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.errors import UsageError
from cardpipe.model import anki_identity as identity
from cardpipe.model.deck import CardKind
from cardpipe.progress.schedule import CardState, histories
from cardpipe.writers.anki.container import (
    LARGEST_FILE,
    LARGEST_MAP,
    LARGEST_MEDIA,
    UnusableError,
    archive,
    bounded,
    database,
    opened,
    serialised,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from cardpipe.progress.progress_file import CardFace, Mark, ProgressFile, Review

_COLLECTION: Final = "collection.anki2"
_CREATED: Final = 1_411_099_200
"""The creation time of the collection in the package: 2014-09-19T04:00Z, from which Anki counts days."""
_FIRST_DAY: Final = _CREATED // 86_400
_LATEST_DUE: Final = 2**31 - 1
"""Anki reads the due date as an integer of 32 bits; as seconds, it is in January 2038."""
_TYPES: Final = {"learning": 1, "review": 2, "relearning": 3}
_SUSPENDED, _BURIED, _LEARNING, _REVIEW = -1, -3, 1, 2
_STEPS: Final = {"learning": 2, "relearning": 1}
"""The number of steps of `fsrs.js`; Anki stores how many are left."""
_EASE: Final = 2500
"""Anki's initial ease in thousandths, which only a collection without FSRS uses."""
_RETENTION: Final = 0.9
_DECAY: Final = 0.154
"""The decay of FSRS-6 as Anki rounds it."""
_LEECH_TAG: Final = "leech"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The package with progress, and what it holds."""

    cards: int
    """Cards with reviews."""
    reviews: int
    suspended: int
    buried: int
    unknown: tuple[str, ...]
    """GUIDs of the file that the package does not have, or not with that face."""
    data: bytes = b""


class _Row(NamedTuple):
    """A card in the package."""

    card: int
    note: int
    position: int


def with_progress(package: Path, progress: ProgressFile) -> Outcome:
    """Return a package that `cardpipe export` wrote with a learner's progress; raises UsageError for anything else."""
    with opened(package, lambda reason: _refusal(package, reason)) as content, database(content) as collection:
        files = _other_files(content)
        _check_tables(collection)
        rows = _rows(collection, progress)
        outcome = _apply(collection, progress, rows)
        data = archive([(_COLLECTION, serialised(collection), True), *files])
    return replace(outcome, data=data)


def _refusal(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"{path} cannot be used: {reason}.", hint="Use a package that `cardpipe export --format anki` wrote."
    )


def _other_files(package: zipfile.ZipFile) -> list[tuple[str, bytes, bool]]:
    """Return the list of media and the media of a package."""
    found = []
    left = LARGEST_MEDIA
    for entry in package.infolist():
        if entry.filename == _COLLECTION:
            continue
        if entry.filename != "media" and not entry.filename.isdecimal():
            raise UnusableError("it has files that cardpipe does not write")
        data = bounded(package, entry.filename, LARGEST_MAP if entry.filename == "media" else LARGEST_FILE)
        left -= len(data)
        if left < 0:
            raise UnusableError("its media are larger than 2 GiB")
        found.append((entry.filename, data, entry.compress_type != zipfile.ZIP_STORED))
    if len({name for name, _, _ in found}) != len(found):
        raise UnusableError("it has two files of the same name")
    return found


def _check_tables(collection: sqlite3.Connection) -> None:
    """Refuse tables of others: triggers, views and expressions in them would run while the collection is changed."""
    from cardpipe.writers.anki.package import is_own_schema

    if not is_own_schema(collection):
        raise UnusableError("its collection has other tables than those of cardpipe")
    # Now a query takes no longer than its rows do, and progress can have many.
    collection.set_progress_handler(None, 0)
    if collection.execute("SELECT count(*) FROM revlog").fetchone()[0]:
        raise UnusableError("it holds reviews already")


def _rows(collection: sqlite3.Connection, progress: ProgressFile) -> dict[CardFace, _Row]:
    """Return the cards of a deck by GUID and face."""
    # Their names contain the keys of the deck's own note types (`identity.note_type_name`).
    names = collection.execute("SELECT json_extract(value, '$.name') FROM col, json_each(col.models)")
    kinds = [kind.value for kind in CardKind] + [word for (name,) in names for word in str(name).split()[1:2]]
    ours = {identity.note_type_id(progress.uid, kind) for kind in kinds}
    # Notes in adopted note types are ours by their GUIDs.
    studied = {guid for guid, _ in (*progress.reviews, *progress.marks)}
    sql = "SELECT n.guid, c.ord, c.id, n.id, c.due, n.mid FROM cards c JOIN notes n ON n.id = c.nid ORDER BY c.id"
    found = {}
    for guid, face, card, note, position, note_type in collection.execute(sql):
        if note_type in ours or guid in studied:
            found[str(guid), int(face)] = _Row(int(card), int(note), int(position))
    if not found:
        raise UnusableError("it has no cards of the deck that was studied")
    return found


def _apply(collection: sqlite3.Connection, progress: ProgressFile, rows: Mapping[CardFace, _Row]) -> Outcome:
    known = [(face, log) for face, log in progress.reviews.items() if face in rows]
    marks = {face: mark for face, mark in progress.marks.items() if face in rows}
    unknown = sorted({face[0] for face in (*progress.reviews, *progress.marks) if face not in rows})
    collection.execute("BEGIN")
    log: list[_Entry] = []
    for (face, reviews), states in zip(known, histories(log for _, log in known), strict=True):
        _schedule(collection, rows[face], reviews, states)
        log += _log(rows[face].card, reviews, states)
    queues = {face: _held(mark, progress.day) for face, mark in marks.items()}
    for face, queue in queues.items():
        if queue is not None:
            collection.execute("UPDATE cards SET queue = ? WHERE id = ?", (queue, rows[face].card))
        if marks[face].leech:
            _tag(collection, rows[face].note)
    collection.executemany("INSERT INTO revlog VALUES (?, ?, -1, ?, ?, ?, ?, ?, ?)", _with_ids(log))
    _set_days(collection)
    collection.execute("COMMIT")
    return Outcome(
        cards=len(known),
        reviews=len(log),
        suspended=sum(queue == _SUSPENDED for queue in queues.values()),
        buried=sum(queue == _BURIED for queue in queues.values()),
        unknown=tuple(unknown),
    )


def _held(mark: Mark, day: int) -> int | None:
    if mark.suspended:
        return _SUSPENDED
    return _BURIED if mark.buried is not None and mark.buried > day else None


def _schedule(
    collection: sqlite3.Connection, row: _Row, reviews: Sequence[Review], states: Sequence[CardState]
) -> None:
    state, last = states[-1], reviews[-1]
    in_review = state.due_day is not None
    due = state.due_day - _FIRST_DAY if state.due_day is not None else math.ceil((state.due_time or 0) / 1000)
    due = min(due, _LATEST_DUE)
    memory = {
        "pos": row.position,
        "s": round(state.stability, 4),
        "d": round(state.difficulty, 3),
        "dr": _RETENTION,
        "decay": _DECAY,
        "lrt": last.time // 1000,
    }
    values = (
        _TYPES[state.phase],
        _REVIEW if in_review else _LEARNING,
        due,
        0 if state.phase == "learning" else state.interval,
        _EASE,
        len(reviews),
        state.lapses,
        0 if in_review else _STEPS[state.phase] - state.step,
        json.dumps(memory, separators=(",", ":")),
        last.time // 1000,
        row.card,
    )
    collection.execute(
        "UPDATE cards SET type = ?, queue = ?, due = ?, ivl = ?, factor = ?, reps = ?, lapses = ?, left = ?, data = ?, "
        "mod = max(mod, ?) WHERE id = ?",
        values,
    )


class _Entry(NamedTuple):
    """A row of the review log, without its id; intervals are days, or negative seconds."""

    time: int
    card: int
    grade: int
    interval: int
    former: int
    difficulty: int
    duration: int
    kind: int


def _log(card: int, reviews: Sequence[Review], states: Sequence[CardState]) -> Iterator[_Entry]:
    former, kind = 0, 0
    for review, state in zip(reviews, states, strict=True):
        interval = state.interval if state.due_time is None else -((state.due_time - review.time) // 1000)
        # Anki shows the difficulty in place of the ease: from 100 to 1100 thousandths.
        difficulty = round(((state.difficulty - 1) / 9 + 0.1) * 1000)
        yield _Entry(review.time, card, review.grade, interval, former, difficulty, review.duration, kind)
        # Anki's kinds: a review while learning, in review, while learning again.
        former, kind = interval, {"learning": 0, "review": 1, "relearning": 2}[state.phase]


def _with_ids(log: list[_Entry]) -> Iterator[tuple[int, ...]]:
    """Yield the log with its times as ids, each of which Anki allows once: reviews of one moment follow each other."""
    last = 0
    for time, *rest in sorted(log):
        last = max(time, last + 1)
        yield last, *rest


def _tag(collection: sqlite3.Connection, note: int) -> None:
    [(tags,)] = collection.execute("SELECT tags FROM notes WHERE id = ?", (note,)).fetchall()
    named = sorted({*str(tags).split(), _LEECH_TAG})
    collection.execute("UPDATE notes SET tags = ? WHERE id = ?", (f" {' '.join(named)} ", note))


def _set_days(collection: sqlite3.Connection) -> None:
    """Let Anki count days from a day that does not depend on time zones."""
    [(settings,)] = collection.execute("SELECT conf FROM col").fetchall()
    changed = {**json.loads(settings), "schedVer": 2, "sched2021": True, "creationOffset": 0, "rollover": 4}
    collection.execute("UPDATE col SET crt = ?, conf = ?", (_CREATED, json.dumps(changed)))
