"""Limits that a Markdown text must keep so that Python-Markdown can read it in sensible time and without recursing."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from cardpipe.markup.lines import MAXIMUM_DEPTH, LineReader
from cardpipe.markup.plain import REMEMBERED

MAXIMUM_LENGTH = 100_000
"""Characters of one text; the longest card anybody reads has a few thousand."""
MAXIMUM_OPEN_BRACKETS = 50
"""Opening brackets in a paragraph that no closing bracket answers; each makes Python-Markdown look at all the rest."""
MAXIMUM_MARKS = 2_000
"""Marks of one kind in a paragraph."""

_OPENING = re.compile(r"^[ \t]*([>*+\-0-9][ \t>*+\-0-9.)]*)", re.MULTILINE)
"""How a line begins that may open quotes and lists."""
_PARAGRAPH = re.compile(r"(?:[^\n]+\n?)+")
_BRACKET = re.compile(r"\\.|[\[\]]")
_MARKS = re.compile(r"[*_`!<&~]")


class Excess(NamedTuple):
    """Where a text goes beyond a limit, and which."""

    start: int
    message: str


@functools.lru_cache(REMEMBERED)
def excess(text: str) -> Excess | None:
    """The first place where a text goes beyond a limit, or None if it may be given to Python-Markdown."""
    if len(text) > MAXIMUM_LENGTH:
        return Excess(MAXIMUM_LENGTH, f"This text is longer than {MAXIMUM_LENGTH:,} characters.")
    return _depth(text) or _brackets(text) or _marks(text)


def _depth(text: str) -> Excess | None:
    # Each quote and each item needs a mark at the beginning of a line.
    if sum(map(len, _OPENING.findall(text))) <= MAXIMUM_DEPTH:
        return None
    reader = LineReader(text)
    position = 0
    while position < len(text):
        line = reader.read(position)
        if reader.too_deep_at is not None:
            return Excess(line.content, "Quotes and lists are nested too deeply here.")
        position = line.next
    return None


def _brackets(text: str) -> Excess | None:
    if text.count("[") <= MAXIMUM_OPEN_BRACKETS:
        return None
    for paragraph in _PARAGRAPH.finditer(text):
        unanswered: list[int] = []
        for match in _BRACKET.finditer(text, *paragraph.span()):
            if match.group() == "[":
                unanswered.append(match.start())
                if len(unanswered) > MAXIMUM_OPEN_BRACKETS:
                    return Excess(unanswered[0], f"More than {MAXIMUM_OPEN_BRACKETS} brackets are open at once here.")
            elif match.group() == "]" and unanswered:
                unanswered.pop()
    return None


def _marks(text: str) -> Excess | None:
    if len(text) <= MAXIMUM_MARKS:
        return None
    for paragraph in _PARAGRAPH.finditer(text):
        counts: dict[str, int] = {}
        for match in _MARKS.finditer(text, *paragraph.span()):
            mark = match.group()
            counts[mark] = counts.get(mark, 0) + 1
            if counts[mark] > MAXIMUM_MARKS:
                return Excess(match.start(), f"This paragraph has more than {MAXIMUM_MARKS:,} of “{mark}”.")
    return None
