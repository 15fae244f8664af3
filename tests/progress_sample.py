"""Progress files for tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

DAY = 86_400_000
MINUTE = 60_000


def review(guid: str, time: int, grade: int = 3, *, face: int = 0, day: int | None = None) -> dict[str, Any]:
    on = time // DAY if day is None else day
    return {"guid": guid, "face": face, "time": time, "day": on, "grade": grade, "duration": 4_000}


def mark(guid: str, *, face: int = 0, suspended: bool = False, buried: int | None = None, leech: bool = False) -> Any:
    return {
        "guid": guid,
        "face": face,
        "suspended": suspended,
        "buried": buried,
        "leech": leech,
        "changed": 1_790_000_000_000,
    }


def progress(uid: str, day: int, reviews: list[Any], marks: list[Any] | None = None) -> dict[str, Any]:
    return {
        "format": "cardpipe-progress",
        "version": 1,
        "uid": uid,
        "release": None,
        "exported": day * DAY + DAY // 2,
        "day": day,
        "settings": {},
        "marks": marks or [],
        "reviews": reviews,
    }


def as_bytes(content: object) -> bytes:
    return json.dumps(content).encode()


def history(chance: random.Random, guid: str, face: int, today: int) -> list[dict[str, Any]]:
    """Reviews of a card on days up to today, at noon and some minutes later."""
    day = today - chance.randrange(60)
    found = []
    minute = chance.randrange(1, 200)
    for _ in range(chance.randrange(1, 9)):
        grade = chance.choice((1, 2, 3, 3, 3, 4))
        found.append(review(guid, day * DAY + DAY // 2 + minute * MINUTE, grade, face=face))
        step = chance.choice((0, 0, 1, 3, 10))
        minute += 11
        if day + step > today:
            break
        day += step
    return found
