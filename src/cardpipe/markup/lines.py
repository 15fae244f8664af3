"""The block structure that determines where inline text begins and ends: quotations, lists, code, headings.

Lines are parsed as on GitHub (CommonMark 0.31 with tables), as far as the scan needs it.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.markup.html import BLOCK_START

if TYPE_CHECKING:
    from collections.abc import Sequence

MAXIMUM_DEPTH = 24
"""The maximum nesting depth of quotes and list items; deeper ones are read as text and reported."""

FOOTNOTE_LABEL: Final = r"[^\s\[\]`$\\<|{}]{1,100}+"
"""What names a footnote. GitHub takes everything but whitespace and a closing bracket; here a label holds no sign that
begins a formula, a cloze deletion, code, HTML or a table cell."""

_FENCE = re.compile(r"(`{3,}(?=[^`\n]*$)|~{3,})[^\n]*", re.MULTILINE)
_BULLET = re.compile(r"[-*+](?=[ \t\n]|\Z)")
_ORDINAL = re.compile(r"([0-9]{1,9})[.)](?=[ \t\n]|\Z)")
_HEADING = re.compile(r"#{1,6}(?=[ \t\n]|\Z)")
_FOOTNOTE_WIDTH: Final = 4
"""Columns by which the further lines of a footnote are indented."""
_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*(?=\n|\Z)")
_FOOTNOTE = re.compile(rf"\[\^({FOOTNOTE_LABEL})\]:[ \t]*+")
_MARKS = frozenset(["", *" \t\n><#=-*+_`~[0123456789"])
"""What a line may begin with that is more than text."""
_CONTAINER_MARKS = frozenset(">-*+0123456789")
"""What a quote or a list item begins with."""
_BAR = re.compile(r"(?<!\\)\|")
_DELIMITER_CELL = re.compile(r"[ \t]*:?-+:?[ \t]*")


class LineKind(enum.Enum):
    """The kind of a line, inside its containers."""

    BLANK = "blank"
    FENCE = "fence"
    INDENTED = "indented code"
    HEADING = "heading"
    RULE = "rule or underline"
    HTML = "start of an HTML block"
    TEXT = "text"


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """A block quote, or a list item or footnote whose content is indented by `width` columns; equal only to itself."""

    width: int
    """0 for a block quote."""
    label: str = ""
    """The label of a footnote; empty for other containers."""

    @property
    def is_quote(self) -> bool:
        """Return whether it is a block quotation."""
        return self.width == 0


class Line(NamedTuple):
    """A line inside its containers; `content` is the index of its first character that is not whitespace."""

    kind: LineKind
    start: int
    content: int
    end: int
    indent: int
    """Columns of whitespace before the content, inside the containers."""
    continues: bool
    """Whether it goes on with the paragraph before it."""
    in_item: bool
    item_start: bool = False

    @property
    def next(self) -> int:
        """Return the start of the next line."""
        return self.end + 1


class LineReader:
    """Reads lines one after another, keeping the containers and whether a paragraph is open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.containers: tuple[Container, ...] = ()
        self.in_paragraph = False
        self.deepest = 0
        self.too_deep_at: int | None = None
        self._position = 0
        self._column = 0
        self._has_footnotes = "[^" in text

    def read(self, start: int) -> Line:
        """Read the line that starts at an index, and update the containers."""
        end = self.line_end(start)
        width = _items_width(self.containers)
        if width is not None:
            # Most lines, which need no look at what they may begin.
            if start == end:
                self.in_paragraph = False
                return Line(LineKind.BLANK, start, start, end, 0, continues=False, in_item=width > 0)
            content = start + width
            if self.text[content : content + 1] not in _MARKS and self.text.startswith(" " * width, start):
                continues, self.in_paragraph = self.in_paragraph, True
                return Line(LineKind.TEXT, start, content, end, 0, continues, in_item=width > 0)
        self._position, self._column = start, 0
        matched = self._match(end)
        all_matched = matched == len(self.containers)
        kept = self.containers[:matched]
        opened: list[Container] = []
        lazy = self.in_paragraph and not all_matched
        while len(kept) + len(opened) < MAXIMUM_DEPTH:
            container = self._open_footnote(end) if not kept and not opened else None
            container = container or self._open(end, restricted=self.in_paragraph and all_matched and not opened)
            if container is None:
                break
            opened.append(container)
        else:
            if self.too_deep_at is None and self._open(end, restricted=False) is not None:
                self.too_deep_at = start
        indent = self._skip_white(end)
        fresh = bool(opened) or not (all_matched or lazy)
        kind = self._kind(end, indent, in_paragraph=self.in_paragraph and not opened, lazy=lazy)
        continues = kind is LineKind.TEXT and self.in_paragraph and not opened
        if not (continues and lazy):
            self.containers = kept + tuple(opened)
        self.in_paragraph = kind is LineKind.TEXT or kind is LineKind.HTML
        return Line(
            kind,
            start,
            self._position,
            end,
            indent,
            continues and not fresh,
            _has_item(self.containers),
            _has_item(opened),
        )

    def line_end(self, start: int) -> int:
        """Return the end of the line, without its line feed."""
        end = self.text.find("\n", start)
        return len(self.text) if end < 0 else end

    def inside(self, start: int, *, lazy: bool = False) -> int | None:
        """Return the start of the text of a further line; None if it leaves the containers or begins a fence.

        With `lazy`, as within a formula, a list item's line may be indented less than the item, unless a new item
        begins there.
        """
        end = self.line_end(start)
        self._position, self._column = start, 0
        left = False
        for container in self.containers:
            if container.is_quote:
                mark = self._position
                column = self._column
                if self._skip_white(end) > 3 or not self.text.startswith(">", self._position, end):
                    self._position, self._column = mark, column
                    return None
                self._advance_marker(1, end)
            else:
                left = self._skip_white(end, container.width) < container.width or left
        inner = self._position
        self._skip_white(end)
        item = _BULLET.match(self.text, self._position) or _ORDINAL.match(self.text, self._position)
        if left and self._position < end and (item or not lazy):
            return None
        return None if self._is_fence(self._position, end) else inner

    def is_delimiter_row(self, start: int, header: str) -> bool:
        """Return whether the rest of a line from an index is the second row of a table with that header."""
        row = self.text[start : self.line_end(start)]
        if not row or not set(row) <= set("|:- \t") or "-" not in row or _BULLET.match(row.lstrip(" \t")):
            return False
        if "|" not in header + row or not header.strip(" \t|"):
            return False
        cells = table_cells(row)
        return len(cells) == len(table_cells(header)) and all(
            _DELIMITER_CELL.fullmatch(row, first, last) for first, last in cells
        )

    def _match(self, end: int) -> int:
        for index, container in enumerate(self.containers):
            position, column = self._position, self._column
            if container.is_quote:
                if self._skip_white(end) > 3 or not self.text.startswith(">", self._position, end):
                    self._position, self._column = position, column
                    return index
                self._advance_marker(1, end)
                continue
            white = self._skip_white(end, container.width)
            if white < container.width and self._position < end:
                self._position, self._column = position, column
                return index
        return len(self.containers)

    def _open(self, end: int, *, restricted: bool) -> Container | None:
        """Open a quote or a list item at the current position, if one begins there."""
        position, column = self._position, self._column
        indent = self._skip_white(end)
        if indent <= 3 and self._position < end and self.text[self._position] in _CONTAINER_MARKS:
            if self.text[self._position] == ">":
                self._advance_marker(1, end)
                return Container(0)
            length = self._marker_length(end, restricted=restricted)
            if length:
                return Container(self._advance_item(length, indent, end))
        self._position, self._column = position, column
        return None

    def _open_footnote(self, end: int) -> Container | None:
        """Open a footnote at the beginning of a line, outside of quotes and lists, if one is defined there."""
        if not self._has_footnotes:
            return None
        position, column = self._position, self._column
        match = _FOOTNOTE.match(self.text, self._position, end) if self._skip_white(end) <= 3 else None
        if match is None:
            self._position, self._column = position, column
            return None
        self._column += match.end() - self._position
        self._position = match.end()
        return Container(_FOOTNOTE_WIDTH, match[1])

    def _marker_length(self, end: int, *, restricted: bool) -> int:
        """The length of a list marker here; in a paragraph only a bullet or a 1 with text after it counts."""
        if is_rule(self.text, self._position, end):
            return 0
        bullet = _BULLET.match(self.text, self._position)
        ordinal = None if bullet else _ORDINAL.match(self.text, self._position)
        match = bullet or ordinal
        if match is None:
            return 0
        empty = not self.text[match.end() : end].strip(" \t") if restricted else False
        if restricted and (empty or (ordinal is not None and int(ordinal.group(1)) != 1)):
            return 0
        return len(match.group())

    def _advance_item(self, length: int, indent: int, end: int) -> int:
        self._position += length
        self._column += length
        position, column = self._position, self._column
        white = self._skip_white(end)
        if self._position < end and 1 <= white <= 4:
            return indent + length + white
        # Five columns or more: the item starts with indented code; none: it starts with an empty line.
        self._position, self._column = position, column
        if self._position < end:
            self._skip_white(end, 1)
        return indent + length + 1

    def _advance_marker(self, length: int, end: int) -> None:
        self._position += length
        self._column += length
        self._skip_white(end, 1)

    def _skip_white(self, end: int, limit: int | None = None) -> int:
        """Skip whitespace, at most `limit` columns of it; a tab goes to the next multiple of four."""
        text, first = self.text, self._column
        if text[self._position : self._position + 1] not in {" ", "\t"}:
            return 0
        while self._position < end and (limit is None or self._column - first < limit):
            character = text[self._position]
            if character == " ":
                self._column += 1
            elif character == "\t":
                self._column += 4 - self._column % 4
            else:
                break
            self._position += 1
        return self._column - first

    def _kind(self, end: int, indent: int, *, in_paragraph: bool, lazy: bool) -> LineKind:
        position = self._position
        if position >= end:
            return LineKind.BLANK
        if indent >= 4:
            return LineKind.TEXT if in_paragraph else LineKind.INDENTED
        if self._is_fence(position, end):
            return LineKind.FENCE
        if _HEADING.match(self.text, position):
            return LineKind.HEADING
        underlines = in_paragraph and not lazy and _UNDERLINE.match(self.text, position)
        if underlines or is_rule(self.text, position, end):
            return LineKind.RULE
        return LineKind.HTML if BLOCK_START.match(self.text, position, end) else LineKind.TEXT

    def _is_fence(self, position: int, end: int) -> bool:
        return self.text.startswith(("```", "~~~"), position, end) and bool(_FENCE.match(self.text, position))


def _items_width(containers: Sequence[Container]) -> int | None:
    """Return by how many columns lines in list items and footnotes are indented; None in a block quote."""
    width = 0
    for container in containers:
        if container.is_quote:
            return None
        width += container.width
    return width


def _has_item(containers: Sequence[Container]) -> bool:
    return any(not container.is_quote for container in containers) if containers else False


def is_rule(text: str, position: int, end: int) -> bool:
    """Return whether a line is a thematic break: three or more of one of `-*_`, and whitespace."""
    mark = text[position : position + 1]
    if not mark or mark not in "-*_":
        return False
    line = text[position:end]
    return line.count(mark) >= 3 and not line.strip(f"{mark} \t") and set(line) <= {mark, " ", "\t"}


def fence_length(text: str, position: int) -> tuple[str, int]:
    """The character of a fence and how many of it there are."""
    mark = text[position]
    end = position
    while end < len(text) and text[end] == mark:
        end += 1
    return mark, end - position


def table_cells(row: str) -> list[tuple[int, int]]:
    r"""The cells of a table row as stretches between bars; a bar after a backslash is part of its cell."""
    bars = [match.start() for match in _BAR.finditer(row)]
    first = len(row) - len(row.lstrip(" \t"))
    last = len(row.rstrip(" \t"))
    edges = [first - 1, *bars, last]
    if bars and bars[0] == first:
        edges.pop(0)
    if bars and bars[-1] == last - 1 and len(edges) > 2:
        edges.pop()
    return [(edges[index] + 1, edges[index + 1]) for index in range(len(edges) - 1)]
