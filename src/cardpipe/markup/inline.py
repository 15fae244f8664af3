"""One pass over the inline text of a block: code spans, math, images, links and raw HTML."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cardpipe.markup.html import BLOCK_START, TAG
from cardpipe.markup.lines import FOOTNOTE_LABEL
from cardpipe.markup.segments import (
    FootnoteReference,
    HtmlTag,
    Image,
    Link,
    LinkForm,
    ScanProblem,
    Segment,
    SegmentKind,
    Trouble,
)
from cardpipe.markup.targets import read_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from cardpipe.markup.dollars import Dollars
    from cardpipe.markup.targets import LinkTarget

_TOKEN = re.compile(r"\\.|`+|\$+|!\[|\[|\]|<")
_FOOTNOTE = re.compile(rf"\^({FOOTNOTE_LABEL})")
_BACKTICKS = re.compile(r"`+")
_AUTOMATIC = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*+|[\w.!#$%&'*+/=?^`{|}~-]++@[A-Za-z0-9.-]++)>")
# A definition's target; all parts are possessive, so that no text can make it look twice at much.
_DEFINITION = re.compile(r":[ \t]*+\n?[ \t]*+(?:<(?P<angled>[^<>\n]*+)>|(?P<bare>[^\s<]\S*+))")
_DEFINITION_END = re.compile(
    r"""(?:[ \t]++|[ \t]*+\n[ \t]*+)(?:"[^"]{0,2000}+"|'[^']{0,2000}+'|\([^()]{0,2000}+\))[ \t]*+(?:\n|\Z)"""
    r"|[ \t]*+(?:\n|\Z)"
)
"""A title, and the end of the line: with other words behind it, it is no definition (CommonMark 0.31, section 4.7)."""
_ADDRESS = re.compile(r"\s{0,100}+<?(?:[A-Za-z][A-Za-z0-9+.-]{1,30}:|/|#|www\.)")
_DECLARED = re.compile(r"[^<>]*+>")
_WHITE = " \t\n"
_INDENTED = 1_000
"""The maximum number of characters before an HTML block on its line, for the deepest quotations and lists."""
_PLAIN_MATH = re.compile(
    r"\\[A-Za-z]{2,}|\\[{}|,;:!]|(?<![A-Za-z0-9])[A-Za-z0-9)}\]][_^](?:[A-Za-z0-9*+](?![A-Za-z0-9])|[\\{])|[)}\]][_^]"
)
_SPACED_MATH = re.compile(r"[ \t\n][A-Za-z][0-9']{0,2}(?: ?[-=<>+*/^_] ?[A-Za-z0-9.]{1,9}){0,9}[ \t\n]")
"""A symbol, or simple terms with operators, between spaces."""
_LOOKED_AT = 200
"""The distance from an unclosed dollar within which TeX code counts."""


@dataclass(slots=True)
class Found:
    """The results of the scan so far."""

    segments: list[Segment] = field(default_factory=list)
    problems: list[ScanProblem] = field(default_factory=list)
    html: list[HtmlTag] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    footnote_references: list[FootnoteReference] = field(default_factory=list)
    blocks: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Bracket:
    start: int
    is_image: bool


class InlineScanner:
    """A scanner for inline text; it is called for each block."""

    def __init__(self, text: str, dollars: Dollars, found: Found, reaches: Callable[[int, int], bool]) -> None:
        """`reaches(start, end)` says whether display math may go from line to line between two indices."""
        self.text = text
        self.dollars = dollars
        self.found = found
        self._reaches = reaches
        self._ticks: dict[int, list[int]] = {}
        for match in _BACKTICKS.finditer(text):
            self._ticks.setdefault(len(match.group()), []).append(match.start())
        self._brackets: list[_Bracket] = []
        # A link holds no other link, though an image may: below this depth only images can still close.
        self._spent = 0
        self._defined = 0
        """Where the last definition ended."""
        # The end of the stretch that is known to hold no further end of a comment.
        self._no_comment_before = -1
        self.prefixes: Callable[[int, int], tuple[tuple[int, int], ...]] = lambda _start, _end: ()

    def scan(self, start: int, end: int, *, in_cell: bool = False) -> int:
        """Scan a stretch; returns where it stopped, beyond `end` where display math went on into further blocks."""
        self._brackets.clear()
        self._spent = 0
        position = start
        while position < end:
            mark = _TOKEN.search(self.text, position, end)
            if mark is None:
                break
            position = self._token(mark.group(), mark.start(), start, end, in_cell=in_cell)
        stop = max(position, end)
        self.found.blocks.append((start, stop))
        return stop

    def _token(self, mark: str, at: int, start: int, end: int, *, in_cell: bool) -> int:
        first = mark[0]
        if first == "`":
            return self._code_span(at, len(mark), end)
        if first == "$":
            return self._dollars(at, len(mark), end, in_cell=in_cell)
        if first == "<":
            return self._angle(at, end)
        if first == "[" or mark == "![":
            self._brackets.append(_Bracket(at, mark == "!["))
        elif first == "]":
            return self._closing_bracket(at, start, end)
        return at + len(mark)

    def _code_span(self, at: int, length: int, end: int) -> int:
        starts = self._ticks.get(length, [])
        index = bisect_left(starts, at + length)
        if index == len(starts) or starts[index] + length > end:
            return at + length
        close = starts[index]
        self._add(SegmentKind.CODE_SPAN, at, close + length, at + length, close)
        return close + length

    def _dollars(self, at: int, length: int, end: int, *, in_cell: bool) -> int:
        if length >= 3:
            self._problem(Trouble.DOLLAR_RUN, at, at + length)
            return at + length
        return self._display(at, end, in_cell=in_cell) if length == 2 else self._inline(at, end, in_cell=in_cell)

    def _display(self, at: int, end: int, *, in_cell: bool) -> int:
        close = self.dollars.next_pair(at + 2)
        if close is None or (close + 2 > end and (in_cell or not self._reaches(at + 2, close))):
            self._problem(Trouble.UNCLOSED_DISPLAY, at, at + 2)
            return at + 2
        self._add(SegmentKind.DISPLAY_MATH, at, close + 2, at + 2, close, self.prefixes(at + 2, close))
        return close + 2

    def _inline(self, at: int, end: int, *, in_cell: bool) -> int:
        text = self.text
        close = self.dollars.next_closer(at + 1)
        if close is not None and close < end:
            spaced = text[at + 1] in _WHITE or text[close - 1] in _WHITE
            if not spaced and not text[close + 1 : close + 2].isdecimal():
                self._add(SegmentKind.INLINE_MATH, at, close + 1, at + 1, close, self.prefixes(at + 1, close))
                return close + 1
            is_meant = self._means_math(at + 1, close) or _SPACED_MATH.fullmatch(text, at + 1, close) is not None
            if not text[at + 1].isdecimal() and is_meant:
                self._problem(Trouble.SPACED_INLINE if spaced else Trouble.DIGIT_AFTER, at, close + 1)
            return at + 1
        if text[at + 1 : at + 2] not in {"", " ", "\t", "\n"} and self._means_math(at + 1, end):
            crosses = in_cell and close is not None and text.find("\n", at, close) < 0
            self._problem(Trouble.CELL_BOUNDARY if crosses else Trouble.UNCLOSED_INLINE, at, at + 1)
        return at + 1

    def _means_math(self, start: int, end: int) -> bool:
        return _PLAIN_MATH.search(self.text, start, min(end, start + _LOOKED_AT)) is not None

    def _angle(self, at: int, end: int) -> int:
        text = self.text
        automatic = _AUTOMATIC.match(text, at, end)
        if automatic:
            first, last = automatic.span(1)
            target = automatic.group(1)
            self.found.links.append(Link(LinkForm.AUTOMATIC, at, automatic.end(), first, last, target, first, last))
            return automatic.end()
        if text.startswith(("<!", "<?"), at):
            return self._declaration(at, end)
        tag = TAG.match(text, at, end) or (BLOCK_START.match(text, at, end) if self._begins_line(at) else None)
        if tag is None:
            return at + 1
        self._html(at, tag.end(), (tag.group(1) or tag.group(2)).lower() if tag.lastindex else "")
        return tag.end()

    def _begins_line(self, at: int) -> bool:
        """Return whether only markers of quotes and list items precede an index on its line."""
        return not self.text[self.text.rfind("\n", max(0, at - _INDENTED), at) + 1 : at].strip(" \t>*+-.)0123456789")

    def _declaration(self, at: int, end: int) -> int:
        text = self.text
        if text.startswith("<!--", at):
            close = -1 if self._no_comment_before == end else text.find("-->", at + 4, end)
            if close < 0:
                self._no_comment_before = end
            stop = at + 4 if close < 0 else close + 3
        elif text.startswith("<?", at) or text[at + 2 : at + 3].isalpha() or text.startswith("<![CDATA[", at):
            closing = _DECLARED.match(text, at + 2, end)
            stop = closing.end() if closing else at + 2
        else:
            return at + 1
        self._html(at, stop, "")
        return stop

    def _closing_bracket(self, at: int, start: int, end: int) -> int:
        if not self._brackets:
            return at + 1
        bracket = self._brackets.pop()
        spent = not bracket.is_image and len(self._brackets) < self._spent
        self._spent = min(self._spent, len(self._brackets))
        if spent:
            return at + 1
        target = read_target(self.text, at + 1, end)
        if target:
            return self._reference(bracket, at, target)
        if self.text.startswith("(", at + 1, end) and (bracket.is_image or _ADDRESS.match(self.text, at + 2, end)):
            self._problem(Trouble.UNREAD_TARGET, bracket.start, at + 2)
        footnote = None if bracket.is_image else _FOOTNOTE.fullmatch(self.text, bracket.start + 1, at)
        if footnote:
            self._add(SegmentKind.FOOTNOTE, bracket.start, at + 1, bracket.start + 2, at)
            self.found.footnote_references.append(FootnoteReference(footnote[1], bracket.start, at + 1))
            return at + 1
        if not bracket.is_image and self._may_define(bracket.start, max(start, self._defined)):
            definition = _DEFINITION.match(self.text, at + 1, end)
            if definition and _DEFINITION_END.match(self.text, definition.end(), end):
                self._defined = definition.end()
                first, last = definition.span("angled" if definition.group("angled") is not None else "bare")
                self.found.links.append(
                    Link(
                        LinkForm.DEFINITION,
                        bracket.start,
                        last,
                        bracket.start + 1,
                        at,
                        self.text[first:last],
                        first,
                        last,
                    )
                )
                return definition.end()
        return at + 1

    def _may_define(self, at: int, start: int) -> bool:
        """Return whether a bracket can begin a link definition: first in its paragraph, or after another one."""
        before = self.text[max(start, at - _INDENTED) : at]
        return not self.text.startswith("^", at + 1) and not before.strip(" \t\n>")

    def _reference(self, bracket: _Bracket, at: int, found: LinkTarget) -> int:
        first, last, end = found.start, found.stop, found.end
        target = self.text[first:last]
        if bracket.is_image:
            segments = self.found.segments
            while segments and segments[-1].start > bracket.start:
                segments.pop()
            footnotes = self.found.footnote_references
            while footnotes and footnotes[-1].start > bracket.start:
                footnotes.pop()
            images = self.found.images
            while images and images[-1].segment.start > bracket.start:
                images.pop()
            self._add(SegmentKind.IMAGE, bracket.start, end, bracket.start + 2, end)
            images.append(Image(segments[-1], bracket.start + 2, at, target, first, last, found.title))
        else:
            self.found.links.append(
                Link(LinkForm.INLINE, bracket.start, end, bracket.start + 1, at, target, first, last)
            )
            self._spent = len(self._brackets)
        return end

    def _add(
        self,
        kind: SegmentKind,
        start: int,
        end: int,
        content_start: int,
        content_end: int,
        prefixes: tuple[tuple[int, int], ...] = (),
    ) -> None:
        self.found.segments.append(Segment(kind, start, end, content_start, content_end, self.text, prefixes))

    def _problem(self, trouble: Trouble, start: int, end: int) -> None:
        self.found.problems.append(ScanProblem(trouble, start, end))

    def _html(self, start: int, end: int, name: str) -> None:
        self.found.html.append(HtmlTag(start, end, name, self.text[start:end]))
