"""Make text safe for a terminal: control characters visible, tabs expanded, widths counted."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

TAB = 4
"""Columns between tab stops."""

_INVISIBLE = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
_JOINERS = frozenset("\u200c\u200d")
_EMOJI_STYLE = "\ufe0f"


class TerminalCell(NamedTuple):
    """The display of a character on a terminal, and its width in columns."""

    shown: str
    width: int


def cell(character: str, column: int = 0) -> TerminalCell:
    """Return the display of a character at a column; control characters are shown as their codes."""
    if " " <= character <= "~":
        return TerminalCell(character, 1)
    if character == "\t":
        width = TAB - column % TAB
        return TerminalCell(" " * width, width)
    category = unicodedata.category(character)
    if character in _JOINERS:
        return TerminalCell(character, 0)
    if category in _INVISIBLE:
        code = f"<U+{ord(character):04X}>"
        return TerminalCell(code, len(code))
    if category in {"Mn", "Me"}:
        return TerminalCell(character, 0)
    return TerminalCell(character, 2 if unicodedata.east_asian_width(character) in "WF" else 1)


def cells(text: str) -> list[TerminalCell]:
    """Return the display of each character of a line."""
    shown: list[TerminalCell] = []
    column = 0
    for index, character in enumerate(text):
        current = cell(character, column)
        if character == _EMOJI_STYLE and index and shown[-1].width == 1:
            # The variation selector requests the wide emoji form of the previous character.
            current = TerminalCell(character, 1)
        shown.append(current)
        column += current.width
    return shown


class _Shown(dict[int, str]):
    """A cache of the display of each character in a multi-line text."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        shown = character if character in "\n\t" else cell(character).shown
        self[code] = shown
        return shown


_SHOWN = _Shown()


def clean(text: str) -> str:
    """Return a multi-line text without control sequences."""
    return text.translate(_SHOWN)


def safe(text: str) -> str:
    """Return a text on one line without control sequences; line ends become spaces."""
    return "".join(cell(character).shown for character in " ".join(text.splitlines()))
