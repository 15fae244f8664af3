"""Positions in source files, and texts with the position of each character.

Every offset, line and column counts Unicode code points. Lines and columns start at 1, the end of a span is
exclusive, and a path is relative to the project with forward slashes.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cardpipe.text.scalars import character_end, source_offsets

_NEAR: Final = 4096
"""Before this offset lines are counted rather than looked up: most files need a single position."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of a source file; the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(slots=True, eq=False)
class SourceFile:
    """A source file: its path in the project and its decoded text with original line ends."""

    path: str
    text: str = field(repr=False)
    _line_starts: list[int] | None = field(default=None, init=False, repr=False)
    _offsets: dict[tuple[int, int, str, str], list[int]] = field(default_factory=dict, init=False, repr=False)

    @property
    def line_starts(self) -> list[int]:
        r"""Offsets at which the lines start; a line ends with LF, CRLF or CR, as in YAML."""
        if self._line_starts is None:
            self._line_starts = _line_starts(self.text)
        return self._line_starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        if self._line_starts is None and offset < _NEAR:
            head = self.text[:offset]
            if "\r" not in head:
                return head.count("\n") + 1, offset - head.rfind("\n")
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets."""
        return Span(self.path, *self.position(start), *self.position(max(start, end)))

    def offsets(self, start: int, end: int, style: str, value: str) -> list[int]:
        """The map of `source_offsets` for a scalar of this file, made once."""
        key = (start, end, style, value)
        found = self._offsets.get(key)
        if found is None:
            found = self._offsets[key] = source_offsets(self.text, start, end, style, value)
        return found

    def line(self, number: int) -> str:
        """Return the text of a line without its line end; empty if there is no such line."""
        starts = self.line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


def _line_starts(text: str) -> list[int]:
    starts = [0]
    position = 0
    for line in text.splitlines(keepends=True):
        position += len(line)
        if line.endswith(("\n", "\r")):
            starts.append(position)
    return starts


class SourceText(NamedTuple):
    """A scalar's value with the position of each of its characters.

    `start` and `end` bound the scalar's token in the file (quotes and block header included); `style` is YAML's:
    an empty string for plain, `'`, `"`, `|` or `>`.
    """

    text: str
    file: SourceFile
    start: int
    end: int
    style: str = ""

    def __str__(self) -> str:
        return self.text

    @classmethod
    def inline(cls, text: str, path: str = "<text>") -> SourceText:
        """Create a text that is a whole file, so that index and offset are the same."""
        return cls(text, SourceFile(path, text), 0, len(text), "inline")

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """The span of `text[start:end]` in the file."""
        stop = len(self.text) if end is None else end
        if start == 0 and end is None and self.style not in {"|", ">"}:
            return self.file.span(self.start, self.end)
        offsets = self.offsets()
        begin = offsets[min(start, len(offsets) - 1)]
        if stop <= start:
            return self.file.span(begin, begin)
        last = offsets[min(stop, len(offsets) - 1) - 1]
        return self.file.span(begin, max(begin, character_end(self.file.text, last, self.style)))

    def offsets(self) -> list[int]:
        """The offset in the file of each character of the text, and one more for the end; not to be changed."""
        return self.file.offsets(self.start, self.end, self.style, self.text)
