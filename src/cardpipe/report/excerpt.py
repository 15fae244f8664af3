"""The source line of a finding with marks under the place; long lines are cut around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cardpipe.report.terminal import TerminalCell, cells

if TYPE_CHECKING:
    from cardpipe.text.positions import SourceFile, Span

WIDTH = 100
"""Columns of source that are shown; a longer line is cut around the place."""

_LEAD = 30
"""Columns kept before the place when a line is cut."""

_LOOKED_AT = 200
"""Characters of a line on either side of the place that are looked at: a line may have megabytes."""

_CUT = "…"


class Excerpt(NamedTuple):
    """A line and the marks under it, both as they stand on a terminal."""

    line: str
    marks: str


def excerpt(file: SourceFile, span: Span) -> Excerpt:
    """The first line of a span with carets under what belongs to it."""
    text = file.line(span.line)
    first = min(span.column - 1, len(text))
    last = min(span.end_column - 1, len(text)) if span.end_line == span.line else len(text)
    last = max(last, first)
    offset = max(0, first - _LOOKED_AT)
    shown = cells(text[offset : first + _LOOKED_AT])
    return _window(shown, first - offset, min(last - offset, len(shown)), cut=offset > 0)


def _window(shown: list[TerminalCell], first: int, last: int, *, cut: bool) -> Excerpt:
    before = sum(cell.width for cell in shown[:first])
    total = before + sum(cell.width for cell in shown[first:])
    start = 0
    if total > WIDTH or cut:
        skipped = max(0, min(before - _LEAD, total - WIDTH))
        while start < first and skipped > 0:
            skipped -= shown[start].width
            start += 1
    # A mark that combines with what is cut away would sit on the ellipsis.
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
