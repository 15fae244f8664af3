"""The scan: one walk over a text, blocks by lines, each block's inline text by tokens, all in linear time."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

from cardpipe.markup.dollars import Dollars
from cardpipe.markup.inline import Found, InlineScanner
from cardpipe.markup.lines import Line, LineKind, LineReader, fence_length, table_cells
from cardpipe.markup.original import images_of
from cardpipe.markup.plain import REMEMBERED, plain_paragraphs
from cardpipe.markup.segments import Footnote, FootnoteReference, Scan, ScanProblem, Segment, SegmentKind, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cardpipe.markup.lines import Container


def scan(text: str) -> Scan:
    r"""Divide a Markdown text into prose, code, math and images, and find its links and raw HTML.

    Blocks are read as CommonMark 0.31 with GitHub's tables. Dollars follow pandoc's rules (`tex_math_dollars`), but
    `$$…$$` may hold blank lines and lines that look like Markdown; it ends at the latest with the block quote or the
    list item in which it began, and it never reaches into a code fence. A bar that ends a table cell ends math too.
    Takes linear time on any text and never raises.
    """
    paragraphs = plain_paragraphs(text)
    if paragraphs is not None:
        return Scan(text, tuple(_with_prose(text, ())), (), (), (), (), (), paragraphs)
    return read_as_markdown(text)


@functools.lru_cache(REMEMBERED)
def read_as_markdown(text: str) -> Scan:
    """The scan of a text that may hold anything."""
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found = Found()
        self.tables: list[tuple[int, int]] = []
        self.footnotes: list[Footnote] = []
        self.footnote: Container | None = None
        """The footnote that the last line belongs to."""
        self.reader = LineReader(text)
        self.inline = InlineScanner(text, Dollars(text), self.found, self._reaches)
        self.inline.prefixes = self._prefixes
        self.resumes = False
        self.has_bars = "|" in text

    def run(self) -> Scan:
        position = 0
        while position < len(self.text):
            line = self._rest_of_line(position) if self.resumes else self.reader.read(position)
            self._follow_footnote(line)
            position = self._block(line)
        self._end_footnote(len(self.text))
        found = self.found
        references = _numbered(found.footnote_references, self.footnotes)
        loose = {reference.start for reference in references if reference.number is None}
        segments = [segment for segment in found.segments if segment.start not in loose] if loose else found.segments
        return Scan(
            self.text,
            tuple(_with_prose(self.text, segments)),
            tuple(found.problems),
            tuple(found.html),
            tuple(found.images),
            tuple(found.links),
            tuple(self.tables),
            tuple(found.blocks),
            tuple(self.footnotes),
            references,
        )

    def _follow_footnote(self, line: Line) -> None:
        """Record the footnote that a line begins, and the end of the one that it leaves."""
        outermost = self.reader.containers[0] if self.reader.containers else None
        if outermost is self.footnote:
            return
        self._end_footnote(line.start)
        if outermost is None or not outermost.label:
            return
        self.footnote = outermost
        start = self.text.index("[", line.start)
        mark_end = start + len(f"[^{outermost.label}]:")
        rest = self.text[mark_end : line.end]
        content = line.end - len(rest.lstrip(" \t"))
        self.footnotes.append(Footnote(outermost.label, start, content, content))
        self.found.segments.append(Segment(SegmentKind.FOOTNOTE, start, mark_end, start + 2, mark_end - 2, self.text))

    def _end_footnote(self, end: int) -> None:
        if self.footnote is not None:
            self.footnotes[-1] = dataclasses.replace(self.footnotes[-1], end=end)
            self.footnote = None

    def _block(self, line: Line) -> int:
        if line.kind is LineKind.FENCE:
            return self._fence(line)
        if line.kind is LineKind.INDENTED:
            return self._indented(line)
        if line.kind is LineKind.HEADING:
            return self._after(self.inline.scan(line.content, line.end), line.end)
        if line.kind is LineKind.TEXT or line.kind is LineKind.HTML:
            return self._paragraph(line)
        return line.next

    def _paragraph(self, line: Line) -> int:
        """Scan a paragraph, or a table with its rows; returns where the next line starts."""
        start, end = line.content, line.end
        header = start if line.kind is LineKind.TEXT and self._starts_table(start, end) else None
        while header is None and end + 1 < len(self.text):
            containers = self.reader.containers
            following = self.reader.read(end + 1)
            if not following.continues:
                self.reader.containers, self.reader.in_paragraph = containers, True
                break
            if self._starts_table(following.content, following.end):
                header = following.content
                break
            end = following.end
        if header is None:
            return self._after(self.inline.scan(start, end), end)
        if header > start:
            stop = self.inline.scan(start, end)
            if stop > end:
                return self._after(stop, end)
        return self._table(header)

    def _after(self, stop: int, end: int) -> int:
        """Return where to continue after inline text up to `end`: at `stop` if display math extends that far."""
        self.resumes = stop > end
        return stop if self.resumes else end + 1

    def _rest_of_line(self, position: int) -> Line:
        self.resumes = False
        self.reader.in_paragraph = True
        end = self.reader.line_end(position)
        return Line(LineKind.TEXT, position, position, end, 0, continues=True, in_item=False)

    def _starts_table(self, start: int, end: int) -> bool:
        if not self.has_bars or end >= len(self.text) or self.text[end + 1 : end + 2] in {"", "\n"}:
            return False
        inside = self.reader.inside(end + 1)
        return inside is not None and self.reader.is_delimiter_row(inside, self.text[start:end])

    def _table(self, header: int) -> int:
        end = self.reader.line_end(header)
        self._row(header, end)
        self.reader.in_paragraph = False
        end = self.reader.line_end(end + 1)
        while end + 1 < len(self.text):
            containers = self.reader.containers
            line = self.reader.read(end + 1)
            self.reader.in_paragraph = False
            if line.kind is not LineKind.TEXT or self.reader.containers != containers or line.item_start:
                self.reader.containers = containers
                break
            self._row(line.content, line.end)
            end = line.end
        self.tables.append((header, end))
        return end + 1

    def _row(self, start: int, end: int) -> None:
        for first, last in table_cells(self.text[start:end]):
            self.inline.scan(start + first, start + last, in_cell=True)

    def _fence(self, line: Line) -> int:
        mark, length = fence_length(self.text, line.content)
        containers = self.reader.containers
        content_start = position = min(line.next, len(self.text))
        while position < len(self.text):
            self.reader.in_paragraph = False
            following = self.reader.read(position)
            kept = self.reader.containers[: len(containers)]
            self.reader.containers = containers
            if kept != containers and following.kind is not LineKind.BLANK:
                return self._code_block(line, content_start, position, position)
            if following.indent <= 3 and self._closes_fence(following, mark, length):
                return self._code_block(line, content_start, position, following.end)
            position = following.next
        self.found.problems.append(ScanProblem(Trouble.UNCLOSED_FENCE, line.content, line.end))
        return self._code_block(line, content_start, len(self.text), len(self.text))

    def _closes_fence(self, line: Line, mark: str, length: int) -> bool:
        text = self.text
        if not text.startswith(mark * 3, line.content):
            return False
        run = fence_length(text, line.content)[1]
        return run >= length and not text[line.content + run : line.end].strip(" \t")

    def _code_block(self, line: Line, content_start: int, content_end: int, end: int) -> int:
        # GitHub, GitLab and others set such a block as a formula.
        is_math = self.text[line.content : line.end].lstrip("`~").split(maxsplit=1)[:1] == ["math"]
        kind = SegmentKind.DISPLAY_MATH if is_math else SegmentKind.CODE_BLOCK
        prefixes = self._prefixes(content_start - 1, content_end) if is_math else ()
        segment = Segment(kind, line.content, end, content_start, content_end, self.text, prefixes)
        self.found.segments.append(segment)
        if segment.is_original:
            self.found.images += images_of(segment)
        self.reader.in_paragraph = False
        return end + 1 if end > content_end or end >= len(self.text) else end

    def _indented(self, line: Line) -> int:
        containers = self.reader.containers
        end = line.end
        position = line.next
        prefixes = [self._indentation(line)]
        gap: list[tuple[int, int]] = []
        while position < len(self.text):
            following = self.reader.read(position)
            if (
                following.kind is LineKind.INDENTED
                and self.reader.containers == containers
                and not following.item_start
            ):
                end = following.end
                prefixes += [*gap, self._indentation(following)]
                gap = []
            elif following.kind is LineKind.BLANK:
                gap.append((following.start, following.end))
            else:
                break
            position = following.next
        self.reader.containers, self.reader.in_paragraph = containers, False
        self.found.segments.append(
            Segment(SegmentKind.CODE_BLOCK, line.content, end, line.content, end, self.text, tuple(prefixes))
        )
        return end + 1

    def _indentation(self, line: Line) -> tuple[int, int]:
        """Return the text before the code on a line of indented code, including the four columns of indentation."""
        deeper = line.content - (line.indent - 4)
        spaces = not self.text[deeper : line.content].strip(" ")
        return line.start, deeper if spaces else line.content

    def _reaches(self, start: int, end: int) -> bool:
        return all(self.reader.inside(first, lazy=True) is not None for first in self._line_starts(start, end))

    def _prefixes(self, start: int, end: int) -> tuple[tuple[int, int], ...]:
        if not self.reader.containers:
            return ()
        prefixes = []
        for first in self._line_starts(start, end):
            inner = self.reader.inside(first, lazy=True)
            if inner is not None and inner > first:
                prefixes.append((first, min(inner, end)))
        return tuple(prefixes)

    def _line_starts(self, start: int, end: int) -> Iterator[int]:
        position = self.text.find("\n", start, end) + 1
        while position:
            yield position
            position = self.text.find("\n", position, end) + 1


def _numbered(references: Iterable[FootnoteReference], footnotes: Iterable[Footnote]) -> tuple[FootnoteReference, ...]:
    """The references with the numbers of what they refer to, by the order of first references, as GitHub counts."""
    numbers: dict[str, int] = {}
    defined = {footnote.key for footnote in footnotes}
    return tuple(
        dataclasses.replace(reference, number=numbers.setdefault(reference.key, len(numbers) + 1))
        if reference.key in defined
        else reference
        for reference in references
    )


def _with_prose(text: str, segments: Iterable[Segment]) -> Iterator[Segment]:
    position = 0
    for segment in segments:
        if segment.start > position:
            yield Segment(SegmentKind.PROSE, position, segment.start, position, segment.start, text)
        yield segment
        position = segment.end
    if position < len(text):
        yield Segment(SegmentKind.PROSE, position, len(text), position, len(text), text)
