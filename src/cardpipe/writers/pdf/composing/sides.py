"""Sides of cards, and slides: each a page of its own, set as large as it fits, and continued where it never would.

Each side is laid out alone, in a document whose pages have the size of a card. One that takes more than a page is
tried in the next smaller size, down to a floor; what is still too long there runs on over several pages, in the
largest size that takes no more of them. Nothing is ever cut off, and the engine alone says what fits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.errors import RenderError
from cardpipe.model.languages import direction, opposite
from cardpipe.writers.pdf.composing.paper import MILLIMETRE, Paper, code_letters
from cardpipe.writers.pdf.composing.printing import Order
from cardpipe.writers.pdf.composing.style import layout_document, page_rule
from cardpipe.writers.templating import finished

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from markupsafe import Markup

    from cardpipe.writers.api import RenderedDeck
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.composing.printing import DocumentPrinter, Printed

_SEPARATOR: Final = " · "
"""Stands between the parts of a label, each of which may run the other way than the page."""
_LETTER: Final = 0.476
"""Width of a letter of the text in em: 86 of them at 8.28 points fill the 130 mm of the sheet's text."""
_TOUCH: Final = 0.5
"""Points below the head of a page: less than the rule below a table, which can go over by itself."""
_WIDEST: Final = 0.96
"""Width of a W in em."""
_FOOT_SIZE: Final = 1.55
"""Points of the foot's text for a millimetre of its strip."""
_FOOT_LETTER: Final = 0.56
"""Width of a letter of the foot in em."""
_PART_LETTERS: Final = 10
"""Of “1 of 2”, and the space before it."""
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

    @property
    def code(self) -> float:
        """How many letters of code stand on a line."""
        return code_letters(self.room[0], self.sizes[0])

    @property
    def foot_letters(self) -> int:
        """How many letters surely fit on the left of the foot, beside the number of a part."""
        return int(self.room[0] * MILLIMETRE / (_FOOT_LETTER * self.strip * _FOOT_SIZE)) - _PART_LETTERS

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
            f"top: {self.height - self.safe - self.strip * 0.75:g}mm; font-size: {self.strip * _FOOT_SIZE:g}pt; }}\n"
        )
        filler = f".filler {{ padding-top: {max(0.0, height / 2 - 3):g}mm; }}\n"
        formulas = f".side img.math, .side svg.math {{ max-height: {max(10.0, height - 8):g}mm; }}\n"
        return f"{sizes}.side .figure img, .side img.media {{ {largest}; }}\n{formulas}{foot}{filler}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What stands on one side: HTML, and the classes of the element around it."""

    content: Markup
    classes: str = ""
    filler: str = ""
    """What the pages say that it has only because the other side of its card has them."""
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
    marked: int
    """Its pages with the mark of its end, which may go over to another page."""


@dataclass(frozen=True, slots=True)
class _Section:
    """A side in a size, so far below the head of its page, and pages that it has only to fill up."""

    side: Side
    number: int
    size: int
    above: float = 0.0
    fillers: int = 0


class _Foot(NamedTuple):
    """What the foot of a page says."""

    label: tuple[tuple[str, str | None], ...]
    """Words, each with its own direction where it runs the other way than the page."""
    part: str


@dataclass(frozen=True, slots=True)
class SetSides:
    """Sides as pages of a book, and their feet as those of another."""

    book: Printed
    feet: Printed
    pages: tuple[range, ...]
    """Of each side."""
    foot: tuple[int, ...]
    """By page of the one book, the page of the other: many have the same foot, as a card's front and back."""

    @property
    def is_settled(self) -> bool:
        """Whether the book has as many pages as its sides were measured to need."""
        return not self.pages or self.book.page_count == self.pages[-1].stop

    def layers(self, page: int) -> tuple[tuple[Printed, int], tuple[Printed, int]]:
        """A page and its foot, each with the book that it is in."""
        return (self.book, page), (self.feet, self.foot[page])


class SideSetter:
    """Sets sides on one face, enlarged by a factor; raises RenderError where the engine fails."""

    def __init__(
        self, printer: DocumentPrinter, deck: RenderedDeck, face: Face, style: str, scale: float = 1.0
    ) -> None:
        self._printer = printer
        self._deck = deck
        self._face = face
        self._scale = scale
        own = f"{printer.fonts}{deck.math_style}{deck.code_style}{style}{face.rule}"
        self._style = own + page_rule(face.page.margins)
        self._feet_style = own + page_rule("0")

    def set(
        self,
        portions: Sequence[Sequence[Side]],
        together: int = 1,
        step: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> list[SetSides]:
        """Lay out sides, in portions each of which is a document.

        Of so many together, each gets as many pages as the longest of them needs. `step` is told how many rounds are
        done, and how many there are.
        """
        rounds = len(self._face.sizes) + 1
        fits: list[dict[int, _Fit]] = [{} for _ in portions]
        for size in range(len(self._face.sizes)):
            self._try(portions, fits, size)
            step(size + 1, rounds)
        done = self._printed(portions, fits, together)
        unsettled = [number for number, one in enumerate(done) if not one.is_settled]
        if unsettled:
            # Without the mark of its end, a side can take a page more than was measured: then the mark stays.
            chosen = [portions[number] for number in unsettled]
            marked = [
                {side: replace(fit, pages=fit.marked) for side, fit in fits[number].items()} for number in unsettled
            ]
            for number, one in zip(unsettled, self._printed(chosen, marked, together, edges=True), strict=True):
                done[number] = one
        if not all(one.is_settled for one in done):
            raise RenderError("The sides of the cards do not settle on their pages.")
        step(rounds, rounds)
        return done

    def _printed(
        self,
        portions: Sequence[Sequence[Side]],
        fits: Sequence[dict[int, _Fit]],
        together: int,
        *,
        edges: bool = False,
    ) -> list[SetSides]:
        """The sides as they fit, and their feet."""
        counts = [
            [max(fit[number - number % together + other].pages for other in range(together)) for number in sorted(fit)]
            for fit in fits
        ]
        page = direction(self._deck.settings.language.text)
        feet = [
            [
                _foot(side, part, of_side, page)
                for side, of_side in zip(sides, count, strict=True)
                for part in range(of_side)
            ]
            for sides, count in zip(portions, counts, strict=True)
        ]
        printed = iter(self._printer.print(self._orders(portions, fits, counts, feet, edges=edges)))
        return [
            SetSides(book, feet_book, tuple(_following(count)), tuple(_pages_by_content(of_portion)))
            for count, of_portion, book, feet_book in zip(counts, feet, printed, printed, strict=True)
        ]

    def _orders(
        self,
        portions: Sequence[Sequence[Side]],
        fits: Sequence[dict[int, _Fit]],
        counts: Sequence[Sequence[int]],
        feet: Sequence[Sequence[_Foot]],
        *,
        edges: bool,
    ) -> Iterator[Order]:
        """The sides of each portion, and their feet."""
        room = self._face.room[1]
        for sides, fit, count, of_portion in zip(portions, fits, counts, feet, strict=True):
            sections = []
            for number, side in enumerate(sides):
                above = max(0.0, (room - fit[number].height) / 2 - 0.3) if fit[number].pages == 1 else 0.0
                fillers = count[number] - fit[number].pages
                sections.append(_Section(side, number, fit[number].size, above, fillers))
            yield self._order(self._sections(sections, edges=edges))
            own = list(dict.fromkeys(of_portion))
            yield self._order(
                layout_document(
                    "pdf/feet.html", self._deck, self._feet_style, kind="heads", feet=own, separator=_SEPARATOR
                )
            )

    def _order(self, document: str) -> Order:
        return Order(page=self._face.page, document=document, scale=self._scale)

    def _try(self, portions: Sequence[Sequence[Side]], fits: Sequence[dict[int, _Fit]], size: int) -> None:
        """Measure in a size the sides that fit no larger one, and note where they take fewer pages in it."""
        left = [
            [number for number in range(len(sides)) if number not in fit or fit[number].pages > 1]
            for sides, fit in zip(portions, fits, strict=True)
        ]
        some = [(sides, fit, numbers) for sides, fit, numbers in zip(portions, fits, left, strict=True) if numbers]
        orders = (self._measuring([sides[number] for number in numbers], size) for sides, _, numbers in some)
        for (_, fit, numbers), printed in zip(some, self._printer.print(orders), strict=True):
            for number, found in zip(numbers, self._measured(printed, len(numbers), size), strict=True):
                if number not in fit or found.pages < fit[number].pages:
                    fit[number] = found

    def _measuring(self, sides: Sequence[Side], size: int) -> Order:
        # A side begins a page even where the one before it ends with the last line, so that only starts count pages.
        sections = [_Section(side, number, size) for number, side in enumerate([*sides, Side(content=finished("end"))])]
        return Order(page=self._face.page, document=self._sections(sections, edges=True), measured=True)

    def _measured(self, printed: Printed, count: int, size: int) -> list[_Fit]:
        places = printed.anchors
        starts = [places[f"start-{number}"] for number in range(count + 1)]
        return [
            self._fit(size, start, places.get(f"end-{number}"), following.page)
            for number, (start, following) in enumerate(pairwise(starts))
        ]

    def _fit(self, size: int, start: Place, end: Place | None, following: int) -> _Fit:
        pages = following - start.page
        if end is not None and end.page > start.page and end.top > start.top - _TOUCH:
            pages = end.page - start.page  # the text fills its last page, and only the mark of its end went over
        inside = end is not None and end.page == start.page
        height = (start.top - end.top) / MILLIMETRE if end is not None and inside else self._face.room[1]
        return _Fit(size, pages, height, following - start.page)

    def _sections(self, sections: Sequence[_Section], *, edges: bool) -> str:
        return layout_document(
            "pdf/sides.html", self._deck, self._style, kind="sides", sides=sections, edges=edges, face=self._face
        )


def _following(counts: Sequence[int]) -> Iterator[range]:
    """So many pages for each side, one after the other."""
    start = 0
    for count in counts:
        yield range(start, start + count)
        start += count


def _pages_by_content(contents: Sequence[Hashable]) -> Iterator[int]:
    """The page of each, where what is the same is printed once, in the order in which it first comes."""
    pages: dict[Hashable, int] = {}
    for content in contents:
        yield pages.setdefault(content, len(pages))


def _foot(side: Side, part: int, count: int, page: str) -> _Foot:
    label = tuple((words, opposite(words, page)) for words in side.label.split(_SEPARATOR))
    return _Foot(label, side.parts.format(number=part + 1, count=count) if count > 1 else "")
