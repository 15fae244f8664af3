"""The result of a scan: segments that cover the text, links, images and problems.

Every index counts code points of the scanned text; an end is exclusive.
"""

from __future__ import annotations

import enum
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from cardpipe.markup.addresses import without_addresses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIGURE_SCHEME = "figure:"
CARD_SCHEME = "card:"
ORIGINAL: Final = "html original"
"""The language of a fence around HTML that an imported card keeps."""
NOT_PROSE: Final = "\0"
"""What stands for a character that is not prose."""


class SegmentKind(enum.Enum):
    """The kind of a segment."""

    PROSE = "prose"
    CODE_SPAN = "code span"
    CODE_BLOCK = "code block"
    INLINE_MATH = "inline math"
    DISPLAY_MATH = "display math"
    IMAGE = "image"
    FOOTNOTE = "footnote"
    """A reference to a footnote that is defined, or the mark that begins a definition."""


@dataclass(frozen=True)
class Segment:
    """A segment of the text; the content is between its delimiters.

    `prefixes` are the stretches of the content that belong to containers around it: the `> ` of a block quote and
    the indentation of a list item, at the start of each further line. Indented code has one for each of its lines,
    which ends with the four columns that make it code.
    """

    kind: SegmentKind
    start: int
    end: int
    content_start: int
    content_end: int
    source: str = field(repr=False, compare=False)
    prefixes: tuple[tuple[int, int], ...] = ()

    @property
    def text(self) -> str:
        """The whole segment, with its delimiters."""
        return self.source[self.start : self.end]

    @property
    def content(self) -> str:
        """The text between the delimiters, as written."""
        return self.source[self.content_start : self.content_end]

    @property
    def is_math(self) -> bool:
        """Whether it is a formula."""
        return self.kind is SegmentKind.INLINE_MATH or self.kind is SegmentKind.DISPLAY_MATH

    @property
    def is_fenced(self) -> bool:
        """Whether it is a block of code or of the language `math` between fences."""
        is_block = self.kind is SegmentKind.CODE_BLOCK or self.kind is SegmentKind.DISPLAY_MATH
        return is_block and self.content_start > self.start and self.source[self.start] in "`~"

    @property
    def is_original(self) -> bool:
        """Whether it is a block of original HTML: a code fence of the language `html original`."""
        if self.kind is not SegmentKind.CODE_BLOCK or not self.is_fenced:
            return False
        return self.source[self.start : self.content_start].strip("`~ \t\n") == ORIGINAL

    @property
    def is_code(self) -> bool:
        """Whether it is a code span or a code block."""
        return self.kind is SegmentKind.CODE_SPAN or self.kind is SegmentKind.CODE_BLOCK

    @cached_property
    def tex(self) -> str:
        """The content without the prefixes of its containers."""
        return "".join(self.source[start:end] for start, end in self._pieces())

    def text_index(self, tex_index: int) -> int:
        """The index in the scanned text of a character of `tex`; the end of `tex` is the end of the content."""
        starts, indices = self._piece_starts
        if tex_index >= len(self.tex):
            return self.content_end
        piece = max(0, bisect_right(starts, tex_index) - 1)
        return indices[piece] + tex_index - starts[piece]

    @cached_property
    def _piece_starts(self) -> tuple[list[int], list[int]]:
        starts: list[int] = []
        indices: list[int] = []
        length = 0
        for start, end in self._pieces():
            starts.append(length)
            indices.append(start)
            length += end - start
        return starts, indices

    def _pieces(self) -> Iterator[tuple[int, int]]:
        position = self.content_start
        for start, end in self.prefixes:
            yield position, start
            position = end
        yield position, self.content_end


@dataclass(frozen=True, slots=True)
class Image:
    """An image, `![alt](target "title")`, with the positions of its parts."""

    segment: Segment
    alt_start: int
    alt_end: int
    target: str
    target_start: int
    target_end: int
    title: str = ""
    """As written, without its quotes; one such as `width=50%` is no text but a width (`markup.picture_width`)."""

    @property
    def alt(self) -> str:
        """The alternative text as written."""
        return self.segment.source[self.alt_start : self.alt_end]

    @property
    def figure_id(self) -> str | None:
        """The figure ID, if it is a figure reference."""
        return self.target[len(FIGURE_SCHEME) :] if self.target.startswith(FIGURE_SCHEME) else None


class LinkForm(enum.Enum):
    """The syntax of a link."""

    INLINE = "[text](target)"
    AUTOMATIC = "<target>"
    DEFINITION = "[label]: target"


@dataclass(frozen=True, slots=True)
class Link:
    """A link's target and the places of its parts; the text of an automatic link is its target."""

    form: LinkForm
    start: int
    end: int
    text_start: int
    text_end: int
    target: str
    target_start: int
    target_end: int

    @property
    def card_id(self) -> str | None:
        """The card ID, if it is a card link."""
        return self.target[len(CARD_SCHEME) :] if self.target.startswith(CARD_SCHEME) else None


@dataclass(frozen=True, slots=True)
class HtmlTag:
    """A raw HTML tag, comment or declaration in prose; `name` is in lower case, and empty where it is no tag."""

    start: int
    end: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Footnote:
    """The definition of a footnote, `[^label]: …`, with its further lines up to `end`."""

    label: str
    start: int
    content_start: int
    end: int

    @property
    def key(self) -> str:
        """The label for comparisons, which ignore case as on GitHub."""
        return self.label.casefold()


@dataclass(frozen=True, slots=True)
class FootnoteReference:
    """A reference to a footnote, `[^label]`."""

    label: str
    start: int
    end: int
    number: int | None = None
    """The number of the footnote, by the order of first references; None where none is defined."""

    @property
    def key(self) -> str:
        """The label for comparisons."""
        return self.label.casefold()


class Trouble(enum.Enum):
    """A kind of problem in a text."""

    UNCLOSED_DISPLAY = "unclosed display math"
    UNCLOSED_INLINE = "unclosed inline math"
    SPACED_INLINE = "whitespace inside the dollars"
    DIGIT_AFTER = "a digit right after the closing dollar"
    CELL_BOUNDARY = "a table cell ends inside the math"
    DOLLAR_RUN = "three or more dollars"
    UNREAD_TARGET = "a link's or image's target cannot be read"
    UNCLOSED_FENCE = "unclosed code block"


@dataclass(frozen=True, slots=True)
class ScanProblem:
    """The position and kind of markup that is malformed."""

    trouble: Trouble
    start: int
    end: int


@dataclass(frozen=True)
class Scan:
    """A scanned text: `segments` cover it completely, in order, without overlap."""

    text: str = field(repr=False)
    segments: tuple[Segment, ...]
    problems: tuple[ScanProblem, ...]
    html: tuple[HtmlTag, ...]
    _images: tuple[Image, ...]
    _links: tuple[Link, ...]
    tables: tuple[tuple[int, int], ...]
    """The spans of tables, from header to last row."""
    blocks: tuple[tuple[int, int], ...] = ()
    """Stretches of inline text: paragraphs, headings, table cells; display math may reach from one into the next."""
    footnotes: tuple[Footnote, ...] = ()
    """The definitions of footnotes, in order."""
    footnote_references: tuple[FootnoteReference, ...] = ()
    """The references to footnotes, in order, those to none among them."""

    def math(self) -> Iterator[Segment]:
        """The formulas, in order."""
        return iter(self._formulas)

    @cached_property
    def _formulas(self) -> tuple[Segment, ...]:
        return tuple(segment for segment in self.segments if segment.is_math)

    @cached_property
    def prose_alone(self) -> str:
        """The text with `NOT_PROSE` in place of all other characters, so that positions stay valid."""
        if len(self.segments) == 1 and self.segments[0].kind is SegmentKind.PROSE:
            return self.text
        return self._masked([segment.text for segment in self.prose()])

    @cached_property
    def sentences(self) -> str:
        """The same with spaces in place of addresses and HTML: for a pattern that does not match `NOT_PROSE`."""
        if without_addresses(self.prose_alone) is self.prose_alone:
            return self.prose_alone
        # An address does not reach across a formula.
        return self._masked([without_addresses(segment.text) for segment in self.prose()])

    def _masked(self, prose: Iterable[str]) -> str:
        texts = iter(prose)
        return "".join(
            next(texts) if segment.kind is SegmentKind.PROSE else NOT_PROSE * (segment.end - segment.start)
            for segment in self.segments
        )

    def code(self) -> Iterator[Segment]:
        """The code spans and code blocks, in order."""
        return (segment for segment in self.segments if segment.is_code)

    def prose(self) -> Iterator[Segment]:
        """The prose segments (neither math, code nor image), in order."""
        return (segment for segment in self.segments if segment.kind is SegmentKind.PROSE)

    def images(self) -> Iterator[Image]:
        """The images and figure references, in order."""
        return iter(self._images)

    def links(self) -> Iterator[Link]:
        """All links, in order."""
        return iter(self._links)

    def card_links(self) -> Iterator[Link]:
        """The links to cards, in order."""
        return (link for link in self._links if link.card_id is not None)
