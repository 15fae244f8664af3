r"""Cloze deletions of a text: `{{c1::hidden::hint}}`, as in Anki.

A deletion is within one paragraph, heading or table cell and can contain math, code and emphasis; or it is within
one formula. Marks within code, or across the edge of math, are ignored. In a formula braces are counted,
so that `{{c1::\frac{a}{b}}}` ends where it should, though Anki would end it a brace too early.
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cardpipe.markup.late_patterns import compiled
from cardpipe.markup.ruby import PATTERN as RUBY
from cardpipe.markup.segments import SegmentKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.markup.segments import Scan, Segment

LARGEST_NUMBER: Final = 500
"""Anki makes no card for a higher number (its source, `rslib/src/cloze.rs`, bounds them)."""

_MARK: Final = (
    rf"(?s:\\.|{RUBY}|"
    r"\{\{c(?P<number>[0-9]{1,9})::|\}\}|::|(?P<odd>(?<!\{)\{{1,2}\s?[cC]\s?[0-9][0-9, ]{0,40}:{1,2}))"
)
_ORIGINAL_MARK: Final = re.compile(r"\{\{c(?P<number>[0-9]{1,9})::|\}\}|::")
_MATH_MARK: Final = re.compile(r"\\.|\{\{c(?P<number>[0-9]{1,9})::|\{|\}|::", re.DOTALL)


class ClozeTrouble(enum.Enum):
    """A kind of fault of a cloze deletion."""

    UNCLOSED = "unclosed"
    NESTED = "nested"
    NUMBER = "number"
    EMPTY = "empty"
    CROSSES = "crosses"
    MISWRITTEN = "miswritten"


@dataclass(frozen=True, slots=True)
class Deletion:
    """A cloze deletion and its parts, as indices of the text; the hint is empty if there is none."""

    start: int
    end: int
    number: int
    text_start: int
    text_end: int
    hint_start: int
    hint_end: int
    in_math: bool = False
    in_original: bool = False
    """Whether it is in a block of original HTML, where it can contain elements and other deletions."""

    @property
    def is_within(self) -> bool:
        """Whether it is a part of a formula or block, which is rendered as a whole."""
        return self.in_math or self.in_original


@dataclass(frozen=True, slots=True)
class ClozeFault:
    """The position and kind of a malformed cloze deletion."""

    trouble: ClozeTrouble
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Clozes:
    """The cloze deletions of a text in order, and its faults."""

    deletions: tuple[Deletion, ...]
    faults: tuple[ClozeFault, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The distinct numbers, sorted: Anki makes one card for each."""
        return tuple(sorted({deletion.number for deletion in self.deletions}))


def clozes(scanned: Scan) -> Clozes:
    """Return the cloze deletions of a scanned text, without malformed ones."""
    reader = _Reader(scanned)
    for segment in scanned.segments:
        if segment.kind is SegmentKind.PROSE:
            reader.prose(segment)
        elif segment.is_math:
            reader.math(segment)
        elif segment.is_original:
            reader.deletions += original_deletions(segment)
    reader.finish()
    deletions = sorted(reader.deletions, key=lambda deletion: deletion.start)
    faults = sorted(reader.faults, key=lambda fault: fault.start)
    return Clozes(tuple(deletions), tuple(faults))


def original_deletions(block: Segment) -> tuple[Deletion, ...]:
    """Return the cloze deletions of a block of original HTML, as Anki reads them; inner ones follow their outer one."""
    found: list[Deletion] = []
    opened: list[_Open] = []
    for match in _ORIGINAL_MARK.finditer(block.source, block.content_start, block.content_end):
        if match["number"]:
            opened.append(_Open(match.start(), int(match["number"]), match.end()))
        elif match.group() == "}}" and opened:
            made = _made(block.source, opened.pop(), match.start())
            if isinstance(made, Deletion):
                found.append(replace(made, in_original=True))
        elif match.group() == "::" and opened and opened[-1].hint_start is None:
            opened[-1].hint_start = match.end()
    return tuple(sorted(found, key=lambda deletion: deletion.start))


def math_deletions(tex: str) -> tuple[Deletion, ...]:
    """Return the cloze deletions within one formula."""
    return tuple(found for found in _math_marks(tex) if isinstance(found, Deletion))


@dataclass(slots=True)
class _Open:
    start: int
    number: int
    text_start: int
    hint_start: int | None = None
    inner: int = 0
    """The number of open deletions within it."""


class _Reader:
    def __init__(self, scanned: Scan) -> None:
        self.text = scanned.text
        self.deletions: list[Deletion] = []
        self.faults: list[ClozeFault] = []
        self._blocks = sorted(scanned.blocks)
        self._starts = [start for start, _ in self._blocks]
        self._open: _Open | None = None

    def prose(self, segment: Segment) -> None:
        for match in compiled(_MARK).finditer(self.text, segment.start, segment.end):
            mark = match.group()
            if match["number"]:
                self._opening(match)
            elif match["odd"]:
                self.faults.append(ClozeFault(ClozeTrouble.MISWRITTEN, match.start(), match.end()))
            elif mark == "}}":
                self._closing(match.start())
            elif mark == "::" and self._open is not None and not self._open.inner and self._open.hint_start is None:
                self._open.hint_start = match.end()

    def math(self, segment: Segment) -> None:
        for found in _math_marks(segment.tex):
            start, end = segment.text_index(found.start), segment.text_index(found.end)
            if isinstance(found, ClozeFault):
                self.faults.append(ClozeFault(found.trouble, start, end))
            elif self._open is not None and self._block(self._open.start) == self._block(segment.start):
                self.faults.append(ClozeFault(ClozeTrouble.NESTED, start, end))
            else:
                moved = segment.text_index
                hint = (moved(found.hint_start), moved(found.hint_end))
                hidden = (moved(found.text_start), moved(found.text_end))
                self.deletions.append(Deletion(start, end, found.number, *hidden, *hint, True))

    def finish(self) -> None:
        if self._open is not None:
            self._unclosed(self._open)

    def _opening(self, match: re.Match[str]) -> None:
        number = int(match["number"])
        opened = self._open
        if opened is not None and self._block(opened.start) == self._block(match.start()):
            self.faults.append(ClozeFault(ClozeTrouble.NESTED, match.start(), match.end()))
            opened.inner += 1
            return
        if opened is not None:
            self._unclosed(opened)
        if not 1 <= number <= LARGEST_NUMBER:
            self.faults.append(ClozeFault(ClozeTrouble.NUMBER, match.start(), match.end()))
        self._open = _Open(match.start(), number, match.end())

    def _closing(self, start: int) -> None:
        opened = self._open
        if opened is None:
            return
        if opened.inner:
            opened.inner -= 1
            return
        self._open = None
        if self._block(opened.start) != self._block(start):
            self.faults.append(ClozeFault(ClozeTrouble.CROSSES, opened.start, opened.text_start))
            return
        made = _made(self.text, opened, start)
        if isinstance(made, ClozeFault):
            self.faults.append(made)
        elif made is not None:
            self.deletions.append(made)

    def _unclosed(self, opened: _Open) -> None:
        # Deletions after it are nested only because it is not closed.
        self.faults = [
            fault for fault in self.faults if fault.trouble is not ClozeTrouble.NESTED or fault.start < opened.start
        ]
        self.faults.append(ClozeFault(ClozeTrouble.UNCLOSED, opened.start, opened.text_start))

    def _block(self, position: int) -> int:
        """Return the index of the inline text that contains a position."""
        return bisect_right(self._starts, position)


def _math_marks(tex: str) -> Iterator[Deletion | ClozeFault]:
    """The deletions and faults within one formula."""
    if "{{c" in tex:
        yield from _MathReader(tex).read()


class _MathReader:
    """Reader for one formula, which counts braces within a deletion."""

    def __init__(self, tex: str) -> None:
        self.tex = tex
        self._open: _Open | None = None
        self._depth = 0

    def read(self) -> list[Deletion | ClozeFault]:
        found: list[Deletion | ClozeFault] = []
        position = 0
        while (match := _MATH_MARK.search(self.tex, position)) is not None:
            position = match.end()
            if match["number"]:
                found += self._opening(match)
            elif self._open is None:
                continue
            elif match.group() == "}" and not self._depth and self.tex.startswith("}}", match.start()):
                found += self._deletion(self._open, match.start())
                self._open = None
                position += 1
            else:
                self._within(self._open, match)
        opened = self._open
        if opened is None:
            return found
        # Deletions after it are nested only because it is not closed.
        found = [
            one
            for one in found
            if isinstance(one, Deletion) or one.trouble is not ClozeTrouble.NESTED or one.start < opened.start
        ]
        return [*found, ClozeFault(ClozeTrouble.UNCLOSED, opened.start, opened.text_start)]

    def _opening(self, match: re.Match[str]) -> Iterator[ClozeFault]:
        if self._open is not None:
            yield ClozeFault(ClozeTrouble.NESTED, match.start(), match.end())
            self._depth += 2
            return
        self._open, self._depth = _Open(match.start(), int(match["number"]), match.end()), 0
        if not 1 <= self._open.number <= LARGEST_NUMBER:
            yield ClozeFault(ClozeTrouble.NUMBER, match.start(), match.end())

    def _within(self, opened: _Open, match: re.Match[str]) -> None:
        mark = match.group()
        if mark == "{":
            self._depth += 1
        elif mark == "}":
            self._depth = max(0, self._depth - 1)
        elif mark == "::" and not self._depth and opened.hint_start is None:
            opened.hint_start = match.end()

    def _deletion(self, opened: _Open, close: int) -> Iterator[Deletion | ClozeFault]:
        made = _made(self.tex, opened, close, in_math=True)
        if made is not None:
            yield made


def _made(text: str, opened: _Open, close: int, *, in_math: bool = False) -> Deletion | ClozeFault | None:
    """Return the deletion that closes at an index; None if its number is invalid, which is already reported."""
    text_end, hint_start = close, close
    if opened.hint_start is not None:
        text_end, hint_start = opened.hint_start - 2, opened.hint_start
    if not text[opened.text_start : text_end].strip():
        return ClozeFault(ClozeTrouble.EMPTY, opened.start, close + 2)
    if not 1 <= opened.number <= LARGEST_NUMBER:
        return None
    places = (opened.text_start, text_end, hint_start, close)
    return Deletion(opened.start, close + 2, opened.number, *places, in_math)
