"""Break lines of code that are too long for paper at suitable places, and mark each break.

The mark is a shape of the style sheet and not a character, so it is not copied with the code.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

_PART: Final = re.compile(r'<(?P<close>/?)(?P<name>[A-Za-z0-9!]+)(?:[^<>"]++|"[^"]*+")*+>|[^<]+|<')
_UNIT: Final = re.compile(r"&[#\w]{1,32};|.", re.DOTALL)
_INDENTS: Final = {"li": 3.1, "blockquote": 2.6, "dd": 6.1}
"""What an element subtracts from the width of code in it, in letters of code."""
_TAB: Final = 8
_WIDE: Final = 1.7
"""Width of a Chinese, Japanese or Korean character in letters of code."""
_MARK: Final = '<span class="wrap"></span>\n'
_MARK_WIDTH: Final = 2.0
_LEAST: Final = 12.0
"""The minimum length of a line, however deep the code is indented."""
_NEAR: Final = 0.6
"""A line breaks at a space or after a punctuation mark if it stays at least this long, relative to the full width."""
_SIGNS: Final = frozenset(",;:.=+-*/|&)]}>")


def wrapped_code(fragment: str, letters: float) -> str:
    """Return the fragment with all lines of its `<pre>` elements at most this many letters long."""
    if "<pre" not in fragment:
        return fragment
    parts: list[str] = []
    line: list[str] = []
    indent, inside = 0.0, False
    for part in _PART.finditer(fragment):
        name = (part["name"] or "").lower()
        if name == "pre":
            parts += _broken(line, letters - indent)
            line, inside = [], not part["close"]
            parts.append(part[0])
        elif not inside:
            indent += _INDENTS.get(name, 0.0) * (-1 if part["close"] else 1)
            parts.append(part[0])
        elif name:
            line.append(part[0])
        else:
            for unit in _UNIT.findall(part[0]):
                line.append(unit)
                if unit == "\n":
                    parts += _broken(line, letters - indent)
                    line = []
    return "".join([*parts, *line])


def _broken(line: list[str], room: float) -> list[str]:
    """Return the units of a line, including tags, with marks at its breaks."""
    widths = [_width(unit) for unit in line]
    room = max(_LEAST, room)
    if sum(widths) <= room:
        return line
    room -= _MARK_WIDTH
    made: list[str] = []
    start, used, good = 0, 0.0, 0
    number = 0
    while number < len(line):
        width = widths[number]
        if width and used + width > room and number > start:
            stop = good if good > start else number
            made += [*line[start:stop], _MARK]
            start = number = stop
            used, good = 0.0, 0
            continue
        used += width
        if (line[number] in _SIGNS or line[number] == " ") and used >= _NEAR * room:
            good = number + 1
        number += 1
    return [*made, *line[start:]]


def _width(unit: str) -> float:
    if unit == "\n" or (len(unit) > 1 and unit[0] == "<"):
        return 0.0
    if unit == "\t":
        return _TAB
    character = html.unescape(unit)[0]
    return 1.0 if character.isascii() else _WIDE if unicodedata.east_asian_width(character) in "WF" else 1.0
