"""The file of progress that the study page exports; it is untrusted, so every value is checked.

The format is described in docs/study.md; `writers/site/assets/transfer.js` writes it, with the same limits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from cardpipe.errors import UsageError
from cardpipe.files.reading import TooLargeError, read_named
from cardpipe.model.anki_identity import GUID
from cardpipe.text.escaping import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT: Final = "cardpipe-progress"
VERSION: Final = 1
LARGEST: Final = 64 * 1024 * 1024
"""Maximum bytes: about 600,000 reviews, or eight years of 200 a day."""
_DAY: Final = 86_400_000
_LAST_TIME: Final = 253_402_300_799_999
"""The end of the year 9999 in epoch milliseconds."""
_MOST_FACES: Final = 500

CardFace = tuple[str, int]
"""A note's GUID, and the number of a template, or of a cloze minus one: Anki's `ord`."""


@dataclass(frozen=True, slots=True)
class Review:
    """A review: time in epoch milliseconds, the learner's day counted from 1970-01-01, grade 1 to 4, milliseconds."""

    time: int
    day: int
    grade: int
    duration: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What a learner has set for a card; `buried` is the day on which it comes again."""

    suspended: bool
    buried: int | None
    leech: bool
    changed: int
    """In epoch milliseconds; of several marks of a card the newest one counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressFile:
    """The content of a file of progress."""

    uid: str
    day: int
    """The learner's day of the export."""
    reviews: Mapping[CardFace, tuple[Review, ...]]
    """In the order of their times."""
    marks: Mapping[CardFace, Mark]


def read_progress(path: Path) -> ProgressFile:
    """Return the content of a file; raises UsageError if it cannot be read or anything in it is wrong."""
    try:
        data = read_named(path, LARGEST)
    except TooLargeError as error:
        raise UsageError(error.message) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        return _progress(json.loads(data.decode("utf-8"), parse_constant=_refuse_constant))
    except _WrongError as error:
        reason = str(error)
    except (ValueError, RecursionError):
        reason = "it is not JSON"
    except MemoryError:
        reason = "it needs more memory than is available"
    raise UsageError(
        f"{path} cannot be used: {reason}.", hint="Use a file that “Export progress” on the study page wrote."
    )


class _WrongError(Exception):
    """What is wrong with the file."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _progress(content: Any) -> ProgressFile:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _WrongError("it is not progress of a site of cardpipe")
    if content.get("version") != VERSION or isinstance(content["version"], bool):
        raise _WrongError("another version of cardpipe wrote it")
    uid = content.get("uid")
    if not isinstance(uid, str):
        raise _WrongError("its deck is missing")
    day = _whole(content, "day", 0, _LAST_TIME // _DAY, "the file")
    reviews: dict[CardFace, dict[int, Review]] = {}
    for number, record in enumerate(_list(content, "reviews")):
        face, review = _review(record, f"reviews[{number}]")
        reviews.setdefault(face, {}).setdefault(review.time, review)
    marks: dict[CardFace, Mark] = {}
    for number, record in enumerate(_list(content, "marks")):
        face, mark = _mark(record, f"marks[{number}]")
        if face not in marks or mark.changed > marks[face].changed:
            marks[face] = mark
    ordered = {face: tuple(log[time] for time in sorted(log)) for face, log in sorted(reviews.items())}
    return ProgressFile(uid=uid, day=day, reviews=ordered, marks=marks)


def _list(content: dict[str, Any], name: str) -> list[Any]:
    value = content.get(name, [])
    if not isinstance(value, list):
        raise _WrongError(f"{name} is not a list")
    return value


def _review(record: Any, place: str) -> tuple[CardFace, Review]:
    face = _face(record, place)
    time = _whole(record, "time", 0, _LAST_TIME, place)
    day = _whole(record, "day", 0, _LAST_TIME // _DAY, place)
    # Time zones, and days that begin at 4 a.m., move the day of a time by less than two.
    if abs(day + 0.5 - time / _DAY) >= 2:
        raise _WrongError(f"day and time of {place} differ")
    grade = _whole(record, "grade", 1, 4, place)
    return face, Review(time, day, grade, _whole(record, "duration", 0, _DAY, place))


def _mark(record: Any, place: str) -> tuple[CardFace, Mark]:
    face = _face(record, place)
    changed = _whole(record, "changed", 0, _LAST_TIME, place)
    suspended, leech = record.get("suspended"), record.get("leech")
    if not isinstance(suspended, bool) or not isinstance(leech, bool):
        raise _WrongError(f"suspended or leech of {place} is not true or false")
    buried = record.get("buried")
    if buried is not None:
        buried = _whole(record, "buried", 0, _LAST_TIME // _DAY, place)
    return face, Mark(suspended, buried, leech, changed)


def _face(record: Any, place: str) -> CardFace:
    guid = record.get("guid") if isinstance(record, dict) else None
    if not isinstance(guid, str) or GUID.fullmatch(guid) is None:
        raise _WrongError(f"{place} has no GUID")
    return guid, _whole(record, "face", 0, _MOST_FACES - 1, place)


def _whole(record: dict[str, Any], name: str, least: int, most: int, place: str) -> int:
    value = record.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise _WrongError(f"{name} of {place} is {_shown(value)}, not a whole number from {least} to {most}")


def _shown(value: object) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return shortened(json.dumps(value), 40)
