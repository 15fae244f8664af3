"""Compare two drawings in SVG, ignoring differences between versions of matplotlib.

Versions differ in the outlines of glyphs, in the names of clip paths and glyphs, and in the last digits of
coordinates. A change of a figure kind differs in elements, styles, labels or larger distances.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET  # drawings of our own

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBER: Final = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")
_TOLERANCE: Final = 1.0
"""The largest difference of a coordinate, in pixels of a picture that is hundreds of pixels wide."""
_NAMES: Final = frozenset({"id", "clip-path", "{http://www.w3.org/1999/xlink}href", "href"})
"""Attributes whose values are names that a version of matplotlib chooses."""


def is_same_picture(one: bytes, other: bytes) -> bool:
    """Return whether two drawings show the same, except for what differs between versions of matplotlib."""
    if one == other:
        return True
    try:
        first, second = (list(_parts(ET.fromstring(data), {})) for data in (one, other))  # noqa: S314 - drawn by us
    except ET.ParseError:
        return False
    return len(first) == len(second) and all(map(_is_same, first, second))


def _parts(root: ET.Element, names: dict[str, int]) -> Iterator[str]:
    """Yield the elements, attributes and texts that show something; definitions of glyphs and of clips are left out.

    Names are replaced by their numbers in the order of first use, so that another letter in a label is a difference.
    """
    yield root.tag
    if root.tag.endswith("}defs"):
        return
    for name, value in sorted(root.attrib.items()):
        yield f"{name}={names.setdefault(value, len(names))}." if name in _NAMES else f"{name}={value}"
    yield (root.text or "").strip()
    for child in root:
        yield from _parts(child, names)


def _is_same(one: str, other: str) -> bool:
    if one == other:
        return True
    if one.partition("=")[0] in _NAMES:
        return False
    first, second = _NUMBER.findall(one), _NUMBER.findall(other)
    return (
        len(first) == len(second)
        and _NUMBER.sub("#", one).split() == _NUMBER.sub("#", other).split()
        and all(abs(float(a) - float(b)) <= _TOLERANCE for a, b in zip(first, second, strict=True))
    )
