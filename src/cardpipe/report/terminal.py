"""Text made safe and measurable for a terminal: control characters shown, tabs expanded, widths counted."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

TAB = 4
"""Columns between tab stops."""

_INVISIBLE = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
_JOINERS = frozenset("\u200c\u200d")
_EMOJI_STYLE = "\ufe0f"


class TerminalCell(NamedTuple):
    """What a character looks like on a terminal, and how many columns it takes."""

    shown: str
    width: int


def cell(character: str, column: int = 0) -> TerminalCell:
    """A character as it is shown at a column; whatever could steer a terminal is shown as its code."""
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
    """The characters of a line as they are shown, one for one."""
    shown: list[TerminalCell] = []
    column = 0
    for index, character in enumerate(text):
        current = cell(character, column)
        if character == _EMOJI_STYLE and index and shown[-1].width == 1:
            # The selector asks for the wide picture of the character before it.
            current = TerminalCell(character, 1)
        shown.append(current)
        column += current.width
    return shown


class _Shown(dict[int, str]):
    """What each character of a text of several lines is shown as, looked up once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        shown = character if character in "\n\t" else cell(character).shown
        self[code] = shown
        return shown


_SHOWN = _Shown()


def clean(text: str) -> str:
    """A text in as many lines as it has that cannot steer a terminal."""
    return text.translate(_SHOWN)


def safe(text: str) -> str:
    """A text in one line that cannot steer a terminal; line ends become spaces."""
    return "".join(cell(character).shown for character in " ".join(text.splitlines()))
