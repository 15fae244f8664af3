"""Estimate the maximum number of dashes in a drawing: engines draw all of them, even outside the page."""

from __future__ import annotations

import re
from typing import Final

_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_UNIT: Final = re.compile(r"[0-9.](?:%|em|rem|ex|ch|cm|mm|in|pt|pc|q|vw|vh|vmin|vmax)", re.IGNORECASE)
_LARGEST_UNIT: Final = 100.0
"""Units of length in drawing units; an inch is 96. The size for percentages is unknown here."""
_STRAIGHT: Final = 3.0
"""The maximum length of a straight segment relative to its largest coordinate (the square root of eight)."""
_CURVED: Final = 10.0
"""The same for a segment of a curve or a circle (2π and a margin)."""
_LINES: Final = re.compile(r"[MLHVZmlhvz\s,.0-9+-]*")


def longest(numbers: str) -> float:
    """Return the maximum outline length of a shape with these numbers, in drawing units."""
    found = _numbers(numbers)
    if not found:
        return 0.0
    factor = _STRAIGHT if len(found) > 2 and _LINES.fullmatch(numbers) else _CURVED
    return factor * len(found) * max(found) * _unit(numbers)


def largest(lengths: str) -> float:
    """Return the largest of several lengths, in drawing units."""
    return max(_numbers(lengths), default=0.0) * _unit(lengths)


def period(dashes: str) -> float:
    """Return the total length of a dash pattern; 0 for a solid line."""
    # A function or a percentage can have any value.
    return 1e-9 if "(" in dashes else sum(_numbers(dashes)) / (_LARGEST_UNIT if "%" in dashes else 1.0)


def _numbers(text: str) -> list[float]:
    return [abs(float(number)) for number in _NUMBER.findall(text)]


def _unit(lengths: str) -> float:
    """Return the maximum drawing units per unit of these lengths."""
    return _LARGEST_UNIT if _UNIT.search(lengths) else 1.0
