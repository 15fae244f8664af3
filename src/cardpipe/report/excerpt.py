"""The source line of a finding with a mark on the span; long lines are shortened."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cardpipe.report.terminal import TerminalCell, cells

if TYPE_CHECKING:
    from cardpipe.text.positions import SourceFile, Span

WIDTH = 100
"""The maximum number of source columns; a longer line is shortened around the span."""

_LEAD = 30
"""Columns before the span in a shortened line."""

_LOOKED_AT = 200
"""Characters on either side of the span that are processed: a line can have megabytes."""

_CUT = "…"
_AROUND = 120
"""Characters before and after a span that a marked line shows."""
_LONGEST_MARK = 240


class Excerpt(NamedTuple):
    """A line and the carets under it, as shown on a terminal."""

    line: str
    marks: str


def excerpt(file: SourceFile, span: Span) -> Excerpt:
    """Return the first line of a span with carets under it."""
    text = file.line(span.line)
    first = min(span.column - 1, len(text))
    last = min(span.end_column - 1, len(text)) if span.end_line == span.line else len(text)
    last = max(last, first)
    offset = max(0, first - _LOOKED_AT)
    shown = cells(text[offset : first + _LOOKED_AT])
    return _window(shown, first - offset, min(last - offset, len(shown)), cut=offset > 0)


class MarkedLine(NamedTuple):
    """A line whose middle part is to be marked, for pages that break lines."""

    before: str
    marked: str
    after: str


def marked_line(file: SourceFile, span: Span) -> MarkedLine:
    """Return the first line of a span, without control characters; it is cut before and after, and in long spans."""
    text = file.line(span.line)
    first = min(span.column - 1, len(text))
    last = max(first, min(span.end_column - 1, len(text)) if span.end_line == span.line else len(text))
    start, stop, end = max(0, first - _AROUND), min(last, first + _LONGEST_MARK), last + _AROUND
    before = (_CUT if start else "") + _shown(text[start:first]).lstrip()
    marked = _shown(text[first:stop]) + (_CUT if stop < last else "")
    return MarkedLine(before, marked, _shown(text[last:end]) + (_CUT if end < len(text) else ""))


def _shown(text: str) -> str:
    return "".join(cell.shown for cell in cells(text))


def _window(shown: list[TerminalCell], first: int, last: int, *, cut: bool) -> Excerpt:
    before = sum(cell.width for cell in shown[:first])
    total = before + sum(cell.width for cell in shown[first:])
    start = 0
    if total > WIDTH or cut:
        # A long span has less before it, so that it is not cut.
        room = WIDTH - 2 - sum(cell.width for cell in shown[first:last])
        skipped = max(0, min(before - max(0, min(_LEAD, room)), total - WIDTH + 1))
        while start < first and skipped > 0:
            skipped -= shown[start].width
            start += 1
    # A combining mark whose base character is cut off would combine with the ellipsis.
    while 0 < start < first and shown[start].width == 0:
        start += 1
    lead = _CUT if start or cut else ""
    line, width, end = [lead], len(lead), start
    while end < len(shown) and width + shown[end].width <= WIDTH:
        line.append(shown[end].shown)
        width += shown[end].width
        end += 1
    if end < len(shown):
        line.append(_CUT)
    indent = len(lead) + sum(cell.width for cell in shown[start:first])
    length = sum(cell.width for cell in shown[first : min(last, end)])
    return Excerpt("".join(line).rstrip(), " " * indent + "^" * max(1, length))
