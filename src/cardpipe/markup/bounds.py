"""Limits for Markdown texts, so that parsing and exporting take little time and memory."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from cardpipe.markup.lines import MAXIMUM_DEPTH, LineReader, table_cells
from cardpipe.markup.plain import REMEMBERED, plain_paragraphs
from cardpipe.markup.scanner import scan

MAXIMUM_LENGTH = 100_000
"""Maximum characters of a text; long cards have a few thousand."""
MAXIMUM_LINES = 2_000
"""Maximum lines of a text, so also paragraphs, items and rows; the PDF engine visits all of them for each page."""
MAXIMUM_OPEN_BRACKETS = 50
"""Maximum unclosed brackets in a paragraph; for each one, Python-Markdown scans the whole rest."""
MAXIMUM_MARKS = 2_000
"""Maximum emphasis marks of one kind in a paragraph."""
MAXIMUM_CELLS = 10_000
"""Maximum table cells of a text: rows times columns, since short rows are filled up."""
MAXIMUM_EXPANSION = 100_000
"""Maximum characters of expanded link references (addresses and titles); cmark has the same limit."""
MAXIMUM_DIRECTIONS = 5_000
"""Maximum changes of the writing direction; PDF line breaking takes quadratic time in their number."""
MAXIMUM_FOOTNOTES = 50
"""Maximum footnotes of a text; hand-written cards have fewer than ten."""
MAXIMUM_FOOTNOTE_REFERENCES = 500
"""Maximum references to footnotes in a text."""

_DEEP = re.compile(rf"\n[ >*+\-0-9.)]{{{MAXIMUM_DEPTH}}}|\n[ >*+\-0-9.)]*+\t|\[\^")
"""A line that may be in so many quotes and lists: each needs a column of its own. A tab is several, and a footnote has
its label."""
_PARAGRAPH = re.compile(r"(?:[^\n]+\n?)+")
_BRACKET = re.compile(r"\\.|[\[\]]")
_EACH_MARK = "*_`!<&~"
_MARKS = re.compile(f"[{_EACH_MARK}]")
_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\.){1,500}+)\]")
_DEFINITION = re.compile(
    _LABEL.pattern + r""":[ \t]*+\n?[ \t>]*+(?P<target><[^<>\n]*+>|\S++)(?P<title>[ \t]*+\n?[ \t>]*+["'(])?+"""
)
"""As deep as the renderer reads it, or deeper, since it can be in a quotation."""
_LONGEST_TITLE = 500
_BETWEEN_WORDS = re.compile(r"[\s>]+")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc"
    "\U00010800-\U00010fff\U0001e800-\U0001efff]+"
)


class Excess(NamedTuple):
    """A limit that a text exceeds, and the position."""

    start: int
    message: str


@functools.lru_cache(REMEMBERED)
def excess(text: str) -> Excess | None:
    """Return the first excess of a text, or None if it is safe for Python-Markdown."""
    if len(text) > MAXIMUM_LENGTH:
        return Excess(MAXIMUM_LENGTH, f"The text is longer than {MAXIMUM_LENGTH:,} characters.")
    if plain_paragraphs(text) is not None:
        return _lines(text) or _marks(text) or _directions(text)
    if "\r" in text:
        # As the renderer reads it, with every character in its place.
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    return (
        _lines(text)
        or _depth(text)
        or _brackets(text)
        or _marks(text)
        or _cells(text)
        or _expansion(text)
        or _directions(text)
        or _footnotes(text)
    )


def _lines(text: str) -> Excess | None:
    if text.count("\n") < MAXIMUM_LINES:
        return None
    start = 0
    for _ in range(MAXIMUM_LINES):
        start = text.find("\n", start) + 1
    return Excess(start, f"The text has more than {MAXIMUM_LINES:,} lines.") if text[start:].strip() else None


def _depth(text: str) -> Excess | None:
    if _DEEP.search(f"\n{text}") is None:
        return None
    reader = LineReader(text)
    position = 0
    while position < len(text):
        line = reader.read(position)
        if reader.too_deep_at is not None:
            return Excess(line.content, "Quotes and lists are nested too deeply.")
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
                    return Excess(unanswered[0], f"More than {MAXIMUM_OPEN_BRACKETS} brackets are open at once.")
            elif match.group() == "]" and unanswered:
                unanswered.pop()
    return None


def _marks(text: str) -> Excess | None:
    if len(text) <= MAXIMUM_MARKS or all(text.count(mark) <= MAXIMUM_MARKS for mark in _EACH_MARK):
        return None
    for paragraph in _PARAGRAPH.finditer(text):
        counts: dict[str, int] = {}
        for match in _MARKS.finditer(text, *paragraph.span()):
            mark = match.group()
            counts[mark] = counts.get(mark, 0) + 1
            if counts[mark] > MAXIMUM_MARKS:
                return Excess(match.start(), f"The paragraph has more than {MAXIMUM_MARKS:,} “{mark}”.")
    return None


def _cells(text: str) -> Excess | None:
    if "|" not in text or _most_cells(text) <= MAXIMUM_CELLS:
        return None
    cells = 0
    for start, end in scan(text).tables:
        columns = len(table_cells(text[start : text.find("\n", start, end)]))
        cells += columns * text.count("\n", start, end)
        if cells > MAXIMUM_CELLS:
            return Excess(start, f"The tables of the text have more than {MAXIMUM_CELLS:,} cells.")
    return None


def _most_cells(text: str) -> int:
    """Return an upper bound for the table cells of a text; fast, since few texts have many."""
    lines = text.split("\n")
    return len(lines) * (max(line.count("|") for line in lines) + 1)


def _expansion(text: str) -> Excess | None:
    if "]:" not in text:
        return None
    lengths: dict[str, int] = {}
    for match in _DEFINITION.finditer(text):
        length = len(match["target"]) + (_LONGEST_TITLE if match["title"] else 0)
        label = _folded(match[1])
        lengths[label] = max(length, lengths.get(label, 0))
    expanded = -sum(lengths.values())  # each definition is found once more as a reference
    for match in _LABEL.finditer(text):
        expanded += lengths.get(_folded(match[1]), 0)
        if expanded > MAXIMUM_EXPANSION:
            message = f"The link references of the text expand to more than {MAXIMUM_EXPANSION:,} characters."
            return Excess(match.start(), message)
    return None


def _folded(label: str) -> str:
    return _BETWEEN_WORDS.sub(" ", label.lower()).strip()


def _directions(text: str) -> Excess | None:
    if text.isascii():
        return None
    for count, match in enumerate(_RIGHT_TO_LEFT.finditer(text), 1):
        if count > MAXIMUM_DIRECTIONS:
            message = f"The text changes its writing direction more than {2 * MAXIMUM_DIRECTIONS:,} times."
            return Excess(match.start(), message)
    return None


def _footnotes(text: str) -> Excess | None:
    if text.count("[^") <= MAXIMUM_FOOTNOTES:
        return None
    scanned = scan(text)
    if len(scanned.footnotes) > MAXIMUM_FOOTNOTES:
        start = scanned.footnotes[MAXIMUM_FOOTNOTES].start
        return Excess(start, f"The text has more than {MAXIMUM_FOOTNOTES} footnotes.")
    references = [reference for reference in scanned.footnote_references if reference.number is not None]
    if len(references) > MAXIMUM_FOOTNOTE_REFERENCES:
        start = references[MAXIMUM_FOOTNOTE_REFERENCES].start
        return Excess(start, f"The text has more than {MAXIMUM_FOOTNOTE_REFERENCES} footnote references.")
    return None
