"""Where paper may break what has no space: long words, and tables whose words are wider than the page.

The print engine's `overflow-wrap` breaks a word in its middle even where the line could break before it, as soon as an
element ends in between; so words get places to break at, and only tables that would not fit are set with it.
"""

from __future__ import annotations

import re
from typing import Final

_LONG: Final = 32
"""Characters that surely fit on a line; a longer run without a space gets a place to break after each `_STEP`."""
_STEP: Final = 8
_PART: Final = re.compile(r'<(?P<close>/?)(?P<name>[A-Za-z0-9!]+)(?:[^>"]|"[^"]*")*>|[^<]+')
_UNIT: Final = re.compile(r"&[#\w]{1,32};|\s|[^\s]")
_INLINE: Final = frozenset({"a", "b", "code", "del", "em", "i", "img", "kbd", "s", "span", "strong", "sub", "sup"})
_TABLE: Final = re.compile(r'<div class="table">(.*?)</div>', re.DOTALL)
_ROW: Final = re.compile(r"<tr\b[^>]*>(.*?)</tr>", re.DOTALL)
_CELL: Final = re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.DOTALL)
_MARKUP: Final = re.compile(r'<(?:[^>"]|"[^"]*")*>')
_PICTURE: Final = re.compile(r'<img\b(?:[^>"]|"[^"]*")*?width:([0-9.]+)em(?:[^>"]|"[^"]*")*>')
_ROOM: Final = 86.0
"""Width of the paper's text in letters of a table's size."""
_PADDING: Final = 3.0
"""Width of a cell's padding in letters."""


def breakable(page: str) -> str:
    """The HTML with a `<wbr>` now and then in runs that no line can be trusted to hold."""
    parts = []
    run = 0
    for part in _PART.finditer(page):
        if part["name"]:
            # An element within a line ends no word; any other ends the line.
            run = run if part["name"].lower() in _INLINE else 0
            parts.append(part[0])
            continue
        words = part[0].split()
        first = 0 if part[0][0].isspace() else run
        if not words:
            run = 0
        elif first + len(words[0]) <= _LONG and all(len(word) <= _LONG for word in words):
            alone = len(words) == 1 and not part[0][-1].isspace()
            run = 0 if part[0][-1].isspace() else len(words[-1]) + (first if alone else 0)
        else:
            text, run = _broken(part[0], run)
            parts.append(text)
            continue
        parts.append(part[0])
    return "".join(parts)


def _broken(text: str, run: int) -> tuple[str, int]:
    """The text with places to break, and how long the run at its end is."""
    units = []
    for unit in _UNIT.findall(text):
        run = 0 if unit.isspace() else run + 1
        units.append(unit)
        if run >= _LONG - _STEP and run % _STEP == 0:
            units.append("<wbr>")
    return "".join(units), run


def fitted_tables(fragment: str) -> str:
    """The fragment with the class `tight` on tables whose longest words side by side are wider than the page."""
    return _TABLE.sub(
        lambda table: (
            table[0].replace('class="table"', 'class="table tight"', 1) if _least(table[1]) > _ROOM else table[0]
        ),
        fragment,
    )


def _least(table: str) -> float:
    """The least width of a table in letters: that of the widest word in each of its columns."""
    widths: list[float] = []
    for row in _ROW.finditer(table):
        for number, cell in enumerate(_CELL.finditer(row[1])):
            if number == len(widths):
                widths.append(0.0)
            widths[number] = max(widths[number], _widest(cell[1]))
    return sum(widths) + _PADDING * len(widths)


def _widest(cell: str) -> float:
    pictures = [2 * float(width) for width in _PICTURE.findall(cell) if width.count(".") < 2]
    words = [float(len(word)) for word in _MARKUP.sub("", cell).split()]
    return max([0.0, *pictures, *words])
