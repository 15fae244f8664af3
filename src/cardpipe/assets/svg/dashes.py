"""How many dashes a drawing has at most: an engine makes all of them, those outside of the page too."""

from __future__ import annotations

import re
from typing import Final

_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_UNIT: Final = re.compile(r"[0-9.](?:%|em|rem|ex|ch|cm|mm|in|pt|pc|q|vw|vh|vmin|vmax)", re.IGNORECASE)
_LARGEST_UNIT: Final = 100.0
"""An inch is 96 units of a drawing; a share is one of a size that is not known here."""
_STRAIGHT: Final = 3.0
"""A straight segment is not longer than so many times the largest of its coordinates (the square root of eight)."""
_CURVED: Final = 10.0
"""Nor one of a curve or a circle than so many times (2π and some more)."""
_LINES: Final = re.compile(r"[MLHVZmlhvz\s,.0-9+-]*")


def longest(numbers: str) -> float:
    """What the outline of a shape with these numbers is long at most, in units of the drawing."""
    found = _numbers(numbers)
    if not found:
        return 0.0
    factor = _STRAIGHT if len(found) > 2 and _LINES.fullmatch(numbers) else _CURVED
    return factor * len(found) * max(found) * _unit(numbers)


def largest(lengths: str) -> float:
    """The largest number of a length or of several, in units of the drawing."""
    return max(_numbers(lengths), default=0.0) * _unit(lengths)


def period(dashes: str) -> float:
    """The length of a dash and the gap behind it, or of several; 0 where the line is whole."""
    # A function or a share may become anything.
    return 1e-9 if "(" in dashes else sum(_numbers(dashes)) / (_LARGEST_UNIT if "%" in dashes else 1.0)


def _numbers(text: str) -> list[float]:
    return [abs(float(number)) for number in _NUMBER.findall(text)]


def _unit(lengths: str) -> float:
    """How many units of the drawing one unit of these lengths is at most."""
    return _LARGEST_UNIT if _UNIT.search(lengths) else 1.0
