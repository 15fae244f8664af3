"""Sides of cards, and slides: each a page of its own, set as large as it fits, and continued where it never would.

Each side is laid out alone, in a document whose pages have the size of a card. One that takes more than a page is
tried in the next smaller size, down to a floor; what is still too long there runs on over several pages, in the
largest size that takes no more of them. Nothing is ever cut off, and the engine alone says what fits.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cardpipe.errors import RenderError
from cardpipe.languages import direction
from cardpipe.writers.page.breaking import breakable
from cardpipe.writers.pdf.paper import MILLIMETRE, Paper
from cardpipe.writers.pdf.style import fonts, page_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.rendered import RenderedDeck
    from cardpipe.writers.pdf.engine import Book, Engine, Resources
    from cardpipe.writers.pdf.finish import Place

_LETTER: Final = 0.476
"""Width of a letter of the text in em: 86 of them at 8.28 points fill the 130 mm of the sheet's text."""
_WIDEST: Final = 0.96
"""Width of a W in em."""
_TABLE: Final = 0.9
"""Size of a table's text in em."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """The page that a side is set on; lengths in millimetres, sizes of the text in points."""

    width: float
    height: float
    safe: float
    """What no text comes nearer to the edge than."""
    strip: float
    """Height of the foot, which stands between the text and the safe margin."""
    sizes: tuple[float, ...]
    """From the usual size down to the floor."""

    @property
    def page(self) -> Paper:
        """As paper."""
        below = self.safe + self.strip
        return Paper(self.width * MILLIMETRE, self.height * MILLIMETRE, self.safe, self.safe, below, self.safe)

    @property
    def room(self) -> tuple[float, float]:
        """Width and height of the text."""
        return self.width - 2 * self.safe, self.height - 2 * self.safe - self.strip

    @property
    def letters(self) -> float:
        """How many letters of a table's size stand side by side."""
        return self.room[0] / (_LETTER * _TABLE * self.sizes[0] / MILLIMETRE)

    def longest(self, largest: float) -> int:
        """How many letters surely fit on a line, in text of so many em."""
        return max(9, int(self.room[0] / (_WIDEST * largest * self.sizes[0] / MILLIMETRE)))

    @property
    def rule(self) -> str:
        """The face as CSS."""
        width, height = self.room
        sizes = "".join(f".size{number} {{ font-size: {size:g}pt; }}\n" for number, size in enumerate(self.sizes))
        largest = f"max-width: {width:g}mm; max-height: {max(10.0, height - 9):g}mm; width: auto"
        foot = (
            f".leaf {{ height: {self.height - 1:g}mm; }} .foot {{ left: {self.safe:g}mm; right: {self.safe:g}mm; "
            f"top: {self.height - self.safe - self.strip * 0.75:g}mm; font-size: {self.strip * 1.55:g}pt; }}\n"
        )
        filler = f".filler {{ padding-top: {max(0.0, height / 2 - 3):g}mm; }}\n"
        formulas = f".side img.math {{ max-height: {max(10.0, height - 8):g}mm; }}\n"
        return f"{sizes}.side .figure img, .side img.media {{ {largest}; }}\n{formulas}{foot}{filler}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What stands on one side: HTML, and the classes of the element around it."""

    content: str
    classes: str = ""
    filler: str = ""
    """What stands on the pages that it has only because the other side of its card has them, as HTML."""
    label: str = ""
    """The left of the foot."""
    parts: str = "{number} of {count}"
    """The right of the foot of a side that has several pages."""
    largest: float = 1.2
    """Size of its largest text in em, as the style sheets have it."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a side fits: its size by number, its pages, and how far down the page it reaches, in millimetres."""

    size: int
    pages: int
    height: float


@dataclass(frozen=True, slots=True)
class SetSides:
    """Sides as pages of a book, each with its foot on the same page of another."""

    book: Book
    feet: Book
    pages: tuple[range, ...]
    """Of each side."""


class SideSetter:
    """Sets sides on one face; raises RenderError where the engine fails."""

    def __init__(self, engine: Engine, deck: RenderedDeck, face: Face, style: str, files: Resources) -> None:
        self._engine = engine
        self._language = deck.deck.language.text
        self._face = face
        self._files = files
        own = f"{fonts(deck)}{deck.math_style}{deck.code_style}{style}{face.rule}"
        self._style = own + page_rule(face.page.margins)
        self._feet_style = own + page_rule("0")

    def set(self, sides: Sequence[Side], together: int = 1) -> SetSides:
        """Lay the sides out; of so many together, each gets as many pages as the longest of them needs."""
        fits = self._fits(sides)
        parts: list[str] = []
        pages: list[range] = []
        feet: list[str] = []
        for number, (side, fit) in enumerate(zip(sides, fits, strict=True)):
            first = number - number % together
            count = max(other.pages for other in fits[first : first + together])
            room = self._face.room[1]
            above = max(0.0, (room - fit.height) / 2 - 0.3) if fit.pages == 1 else 0.0
            parts.append(self._section(side, number, fit.size, above=above))
            parts += [self._filler(side)] * (count - fit.pages)
            start = pages[-1].stop if pages else 0
            pages.append(range(start, start + count))
            feet += [_foot(side, part, count) for part in range(count)]
        book = self._engine.lay_out(self._face.page, self._document(parts, self._style), self._files)
        if book.page_count != (pages[-1].stop if pages else book.page_count):
            raise RenderError("The sides of the cards do not settle on their pages.")
        over = self._engine.lay_out(self._face.page, self._document(feet, self._feet_style, "heads"), self._files)
        return SetSides(book, over, tuple(pages))

    def _fits(self, sides: Sequence[Side]) -> list[_Fit]:
        fits: dict[int, _Fit] = {}
        for size in range(len(self._face.sizes)):
            left = [number for number in range(len(sides)) if number not in fits or fits[number].pages > 1]
            measured = self._measured([sides[number] for number in left], size)
            for number, fit in zip(left, measured, strict=True):
                if number not in fits or fit.pages < fits[number].pages:
                    fits[number] = fit
        return [fits[number] for number in range(len(sides))]

    def _measured(self, sides: Sequence[Side], size: int) -> list[_Fit]:
        if not sides:
            return []
        parts = [self._section(side, number, size, edges=True) for number, side in enumerate(sides)]
        # A side begins a page even where the one before it ends with the last line, so that only starts count pages.
        parts.append(self._section(Side(content="end"), len(sides), size, edges=True))
        book = self._engine.lay_out(self._face.page, self._document(parts, self._style), self._files, outlines=True)
        places = book.places()
        starts = [places[f"start-{number}"] for number in range(len(sides) + 1)]
        return [
            self._fit(size, start, places.get(f"end-{number}"), following.page)
            for number, (start, following) in enumerate(pairwise(starts))
        ]

    def _fit(self, size: int, start: Place, end: Place | None, following: int) -> _Fit:
        pages = following - start.page
        if end is not None and end.page > start.page and end.top > start.top - 1:
            pages = end.page - start.page  # the text fills its last page, and only the mark of its end went over
        inside = end is not None and end.page == start.page
        height = (start.top - end.top) / MILLIMETRE if end is not None and inside else self._face.room[1]
        return _Fit(size, pages, height)

    def _section(self, side: Side, number: int, size: int, *, above: float = 0, edges: bool = False) -> str:
        padding = f' style="padding-top: {above:.2f}mm"' if above else ""
        mark, end = (f' id="start-{number}"', _end(number)) if edges else ("", "")
        content = breakable(side.content, self._face.longest(side.largest))
        return (
            f'<section class="side size{size} {side.classes}"{mark}{padding}>'
            f'<div class="content">{content}</div>{end}</section>\n'
        )

    def _filler(self, side: Side) -> str:
        return f'<section class="side size{len(self._face.sizes) - 1} filler">{side.filler}</section>\n'

    def _document(self, parts: Sequence[str], style: str, kind: str = "sides") -> str:
        language = html.escape(self._language)
        return (
            f'<!DOCTYPE html><html lang="{language}" dir="{direction(self._language)}"><head><style>{style}</style>'
            f'</head><body class="{kind}">{"".join(parts)}</body></html>'
        )


def _end(number: int) -> str:
    # Only what is linked to becomes a destination. The start has no element of its own, which a table that is kept
    # whole would leave behind on a page.
    return f'<a class="end" id="end-{number}" href="#end-{number}"></a><a class="end" href="#start-{number}"></a>'


def _foot(side: Side, part: int, count: int) -> str:
    mark = side.parts.format(number=part + 1, count=count) if count > 1 else ""
    return (
        f'<div class="leaf"><div class="foot"><span>{html.escape(side.label)}</span>'
        f"<span>{html.escape(mark)}</span></div></div>"
    )
