"""Path data of SVG in few characters: relative coordinates in thousandths, without what can be left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

UNITS: Final = 1000
"""Steps per unit to which coordinates are rounded."""
_SEGMENT: Final = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
_POINTS: Final = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 0}

_Point = tuple[int, int]


class UnknownPathError(Exception):
    """The path has other commands than M, L, Q, C and Z, or is not valid."""


def number(steps: int) -> str:
    """Return a number of thousandths as decimal."""
    sign = "-" if steps < 0 else ""
    whole, rest = divmod(abs(steps), UNITS)
    decimals = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{sign}{whole or ('' if decimals else '0')}{decimals}"


def short_path(data: str) -> str:
    """Return path data in absolute commands in fewer characters; raises UnknownPathError.

    Each point is rounded for itself, so errors do not add up. Points on a straight line between their neighbours are
    left out.
    """
    return _joined(_relative(_segments(data)))


def _segments(data: str) -> Iterator[tuple[str, list[_Point]]]:
    """Yield each command with its points in steps."""
    if _SEGMENT.sub("", data).strip():
        raise UnknownPathError
    for found in _SEGMENT.finditer(data):
        command = found[1] if found[1] != "z" else "Z"
        values = [round(float(value) * UNITS) for value in _NUMBER.findall(found[2])]
        if _NUMBER.sub("", found[2]).strip(" \t\r\n,") or _POINTS.get(command, -1) * 2 != len(values):
            raise UnknownPathError
        yield command, list(zip(values[::2], values[1::2], strict=True))


def _relative(segments: Iterator[tuple[str, list[_Point]]]) -> list[tuple[str, list[int]]]:
    """Return relative commands with their numbers."""
    made: list[tuple[str, list[int]]] = []
    here = start = (0, 0)
    for command, points in segments:
        if command == "Z":
            made.append(("z", []))
            here = start
            continue
        if not made and command != "M":
            raise UnknownPathError
        from_here = [(x - here[0], y - here[1]) for x, y in points]
        end = from_here[-1]
        if command == "M":
            made.append(("m", [*end]))
            start = points[0]
        elif command == "L":
            _add_line(made, end)
        else:
            made.append((command.lower(), [step for point in from_here for step in point]))
        here = points[-1]
    return made


def _add_line(made: list[tuple[str, list[int]]], step: _Point) -> None:
    """Add a line; one that goes on in the direction of the line before it makes that longer."""
    command, before = made[-1]
    x, y = step
    if command == "l" and before[0] * y == before[1] * x and before[0] * x + before[1] * y >= 0:
        made[-1] = "l", [before[0] + x, before[1] + y]
    else:
        made.append(("l", [x, y]))


def _joined(commands: Sequence[tuple[str, list[int]]]) -> str:
    text: list[str] = []
    before = ""
    for command, steps in commands:
        name, values = command, steps
        if command == "l" and 0 in steps:
            name, values = ("h", steps[:1]) if steps[1] == 0 else ("v", steps[1:])
        # Lines may follow a move without their letter, and other commands one of their kind.
        if (name != before and (before, name) != ("m", "l")) or name in {"m", "z"}:
            text.append(name)
        before = name
        for value in values:
            digits = number(value)
            last = text[-1]
            if last.isalpha() or digits[0] == "-" or (digits[0] == "." and "." in last):
                text.append(digits)
            else:
                text.append(f" {digits}")
    return "".join(text)
