"""Sides of cards, and slides: each a page, as large as it fits, and continued on others if it never does.

Each side is laid out alone, in a document whose pages have the size of a card. One that takes more than a page is tried
in the next smaller size, down to a minimum; what is still too long there continues on several pages, in the largest
size with the fewest pages. Nothing is cut off, and only the engine decides what fits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.errors import RenderError
from cardpipe.model.languages import direction, opposite
from cardpipe.writers.pdf.composing.paper import MILLIMETRE, Paper, code_letters
from cardpipe.writers.pdf.composing.printing import LayoutJob
from cardpipe.writers.pdf.composing.style import layout_document, page_rule
from cardpipe.writers.templating import finished

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from markupsafe import Markup

    from cardpipe.writers.api import RenderedDeck
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.composing.printing import DocumentPrinter, LaidOut

_SEPARATOR: Final = " · "
"""Separates the parts of a label, each of which may have its own direction."""
_LETTER: Final = 0.476
"""Average width of a letter of the text in em: 86 of them at 8.28 points fill the 130 mm of the sheet's text."""
_TOUCH: Final = 0.5
"""Points below the top of a page: less than the rule below a table, which can overflow alone."""
_WIDEST: Final = 0.96
"""Width of a W in em."""
_FOOT_SIZE: Final = 1.55
"""Text size of the foot in points per millimetre of its height."""
_FOOT_LETTER: Final = 0.56
"""Average width of a letter of the foot in em."""
_PART_LETTERS: Final = 10
"""Width of “1 of 2”, and the space before it."""
_TABLE: Final = 0.9
"""Text size of a table in em."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """The page of a side; lengths in millimetres, text sizes in points."""

    width: float
    height: float
    safe: float
    """The minimum distance of text from the edge."""
    strip: float
    """Height of the foot, between the text and the safe margin."""
    sizes: tuple[float, ...]
    """From the usual size down to the minimum."""

    @property
    def page(self) -> Paper:
        """Return the page as paper."""
        below = self.safe + self.strip
        return Paper(self.width * MILLIMETRE, self.height * MILLIMETRE, self.safe, self.safe, below, self.safe)

    @property
    def room(self) -> tuple[float, float]:
        """Return width and height of the text area."""
        return self.width - 2 * self.safe, self.height - 2 * self.safe - self.strip

    @property
    def letters(self) -> float:
        """Return how many letters of a table's size fit on a line."""
        return self.room[0] / (_LETTER * _TABLE * self.sizes[0] / MILLIMETRE)

    @property
    def code(self) -> float:
        """Return how many letters of code fit on a line."""
        return code_letters(self.room[0], self.sizes[0])

    @property
    def foot_letters(self) -> int:
        """Return how many letters always fit on the left of the foot, next to the number of a part."""
        return int(self.room[0] * MILLIMETRE / (_FOOT_LETTER * self.strip * _FOOT_SIZE)) - _PART_LETTERS

    def longest(self, largest: float) -> int:
        """Return how many letters always fit on a line, in text of a size in em."""
        return max(9, int(self.room[0] / (_WIDEST * largest * self.sizes[0] / MILLIMETRE)))

    @property
    def rule(self) -> str:
        """Return the CSS of the page."""
        width, height = self.room
        sizes = "".join(f".size{number} {{ font-size: {size:g}pt; }}\n" for number, size in enumerate(self.sizes))
        tallest = max(10.0, height - 9)
        largest = f"max-width: {width:g}mm; max-height: {tallest:g}mm; width: auto"
        # Smaller text has smaller pictures beside it, so that a question stays on the side of its picture.
        steps = len(self.sizes) - 1
        pictures = "".join(
            f".size{number} img.media {{ max-height: {max(10.0, tallest * (1 - 0.5 * number / steps)):g}mm; }}\n"
            for number in range(1, steps + 1)
        )
        foot = (
            f".leaf {{ height: {self.height - 1:g}mm; }} .foot {{ left: {self.safe:g}mm; right: {self.safe:g}mm; "
            f"top: {self.height - self.safe - self.strip * 0.75:g}mm; font-size: {self.strip * _FOOT_SIZE:g}pt; }}\n"
        )
        filler = f".filler {{ padding-top: {max(0.0, height / 2 - 3):g}mm; }}\n"
        formulas = f".side img.math, .side svg.math {{ max-height: {max(10.0, height - 8):g}mm; }}\n"
        return f"{sizes}.side .figure img, .side img.media {{ {largest}; }}\n{pictures}{formulas}{foot}{filler}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The content of one side: HTML, and the classes of the element around it."""

    content: Markup
    classes: str = ""
    filler: str = ""
    """The text of its extra pages, which it has because the other side of its card needs them."""
    label: str = ""
    """The left part of the foot."""
    parts: str = ""
    """The right part of the foot of a side with several pages."""
    largest: float = 1.2
    """Size of its largest text in em, as in the style sheets."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a side fits: index of its size, its pages, and the end of its text on the page, in millimetres."""

    size: int
    pages: int
    height: float
    marked: int
    """Its pages including the mark of its end, which may move to another page."""


@dataclass(frozen=True, slots=True)
class _Section:
    """A side in a size, with its distance from the top of the page, and its extra pages."""

    side: Side
    number: int
    size: int
    above: float = 0.0
    fillers: int = 0


class _Foot(NamedTuple):
    """The content of a page's foot."""

    label: tuple[tuple[str, str | None], ...]
    """Texts, each with its own direction if it differs from the page's."""
    part: str


@dataclass(frozen=True, slots=True)
class SetSides:
    """Laid-out sides as pages of a book, and their feet as pages of another."""

    book: LaidOut
    feet: LaidOut
    pages: tuple[range, ...]
    """For each side."""
    foot: tuple[int, ...]
    """By page of the first book, the page of the second: many share a foot, as a card's front and back."""

    @property
    def is_settled(self) -> bool:
        """Return whether the book has as many pages as its sides were measured to need."""
        return not self.pages or self.book.page_count == self.pages[-1].stop

    def layers(self, page: int) -> tuple[tuple[LaidOut, int], tuple[LaidOut, int]]:
        """Return a page and its foot, each with its book."""
        return (self.book, page), (self.feet, self.foot[page])


class SideSetter:
    """Lays out sides on pages of one size, scaled by a factor; raises RenderError if the engine fails."""

    def __init__(
        self, printer: DocumentPrinter, deck: RenderedDeck, face: Face, style: str, scale: float = 1.0
    ) -> None:
        self._printer = printer
        self._deck = deck
        self._face = face
        self._scale = scale
        own = f"{printer.fonts}{deck.math_style}{deck.code_style}{deck.note_style}{style}{face.rule}"
        self._style = own + page_rule(face.page.margins)
        self._feet_style = own + page_rule("0")

    def set(
        self,
        portions: Sequence[Sequence[Side]],
        together: int = 1,
        step: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> list[SetSides]:
        """Lay out sides, in groups each of which is a document.

        Sides of a group all get as many pages as the longest needs. `step` is called with the number of finished rounds
        and their total.
        """
        rounds = len(self._face.sizes) + 1
        fits: list[dict[int, _Fit]] = [{} for _ in portions]
        for size in range(len(self._face.sizes)):
            self._try(portions, fits, size)
            step(size + 1, rounds)
        done = self._printed(portions, fits, together)
        for settle in (self._with_marks, self._at_the_top):
            unsettled = [number for number, one in enumerate(done) if not one.is_settled]
            if not unsettled:
                break
            chosen = [portions[number] for number in unsettled]
            changed = settle(chosen, [fits[number] for number in unsettled], together)
            for number, fit, one in zip(
                unsettled, changed, self._printed(chosen, changed, together, edges=True), strict=True
            ):
                fits[number], done[number] = fit, one
        if not all(one.is_settled for one in done):
            raise RenderError(
                "The pages of the cards do not have the places that were measured.",
                hint="Choose another text size, or another layout; and please report it with the deck.",
            )
        step(rounds, rounds)
        return done

    def _with_marks(
        self, _portions: Sequence[Sequence[Side]], fits: Sequence[dict[int, _Fit]], _together: int
    ) -> list[dict[int, _Fit]]:
        """Return fits with the pages that sides need with the mark of their end.

        Without it, a side can take a page more than was measured: then the mark stays.
        """
        return [{number: replace(fit, pages=fit.marked) for number, fit in of_portion.items()} for of_portion in fits]

    def _at_the_top(
        self, portions: Sequence[Sequence[Side]], fits: Sequence[dict[int, _Fit]], together: int
    ) -> list[dict[int, _Fit]]:
        """Return fits in which sides begin at the top that need another number of pages in the middle of a page.

        At the top of a page, the margin above a text is lost, so that it can need less room there.
        """
        counts = _counts(fits, together)
        jobs = [
            self._job(self._sections([*self._placed(*portion), _last(len(portion[0]))], edges=True), measured=True)
            for portion in zip(portions, fits, counts, strict=True)
        ]
        found = []
        for fit, count, printed in zip(fits, counts, self._printer.print(jobs), strict=True):
            starts = [printed.anchors[f"start-{number}"].page for number in range(len(count) + 1)]
            found.append(
                {
                    number: one if after - start == count[number] else replace(one, height=self._face.room[1])
                    for (number, one), (start, after) in zip(sorted(fit.items()), pairwise(starts), strict=True)
                }
            )
        return found

    def _printed(
        self,
        portions: Sequence[Sequence[Side]],
        fits: Sequence[dict[int, _Fit]],
        together: int,
        *,
        edges: bool = False,
    ) -> list[SetSides]:
        """Return the sides as they fit, and their feet."""
        counts = _counts(fits, together)
        feet = [
            [
                _foot(side, part, of_side, self._deck)
                for side, of_side in zip(sides, count, strict=True)
                for part in range(of_side)
            ]
            for sides, count in zip(portions, counts, strict=True)
        ]
        printed = iter(self._printer.print(self._jobs(portions, fits, counts, feet, edges=edges)))
        return [
            SetSides(book, feet_book, tuple(_following(count)), tuple(_pages_by_content(of_portion)))
            for count, of_portion, book, feet_book in zip(counts, feet, printed, printed, strict=True)
        ]

    def _jobs(
        self,
        portions: Sequence[Sequence[Side]],
        fits: Sequence[dict[int, _Fit]],
        counts: Sequence[Sequence[int]],
        feet: Sequence[Sequence[_Foot]],
        *,
        edges: bool,
    ) -> Iterator[LayoutJob]:
        """Return the sides of each group, and their feet."""
        for sides, fit, count, of_portion in zip(portions, fits, counts, feet, strict=True):
            yield self._job(self._sections(self._placed(sides, fit, count), edges=edges))
            own = list(dict.fromkeys(of_portion))
            yield self._job(
                layout_document(
                    "pdf/feet.html", self._deck, self._feet_style, kind="heads", feet=own, separator=_SEPARATOR
                )
            )

    def _placed(self, sides: Sequence[Side], fit: Mapping[int, _Fit], count: Sequence[int]) -> list[_Section]:
        """Return sides as they fit, those of one page in its middle."""
        room = self._face.room[1]
        sections = []
        for number, side in enumerate(sides):
            above = max(0.0, (room - fit[number].height) / 2 - 0.3) if fit[number].pages == 1 else 0.0
            sections.append(_Section(side, number, fit[number].size, above, count[number] - fit[number].pages))
        return sections

    def _job(self, document: str, *, measured: bool = False) -> LayoutJob:
        scale = 1.0 if measured else self._scale
        return LayoutJob(page=self._face.page, document=document, scale=scale, measured=measured)

    def _try(self, portions: Sequence[Sequence[Side]], fits: Sequence[dict[int, _Fit]], size: int) -> None:
        """Measure, in a size, the sides that fit no larger one, and record where they need fewer pages in it."""
        left = [
            [number for number in range(len(sides)) if number not in fit or fit[number].pages > 1]
            for sides, fit in zip(portions, fits, strict=True)
        ]
        some = [(sides, fit, numbers) for sides, fit, numbers in zip(portions, fits, left, strict=True) if numbers]
        jobs = (self._measuring([sides[number] for number in numbers], size) for sides, _, numbers in some)
        for (_, fit, numbers), printed in zip(some, self._printer.print(jobs), strict=True):
            for number, found in zip(numbers, self._measured(printed, len(numbers), size), strict=True):
                if number not in fit or found.pages < fit[number].pages:
                    fit[number] = found

    def _measuring(self, sides: Sequence[Side], size: int) -> LayoutJob:
        # A side begins a page even if the previous one ends with the last line, so only starts determine the number of
        # pages.
        sections = [*(_Section(side, number, size) for number, side in enumerate(sides)), _last(len(sides))]
        return self._job(self._sections(sections, edges=True), measured=True)

    def _measured(self, printed: LaidOut, count: int, size: int) -> list[_Fit]:
        places = printed.anchors
        starts = [places[f"start-{number}"] for number in range(count + 1)]
        return [
            self._fit(size, start, places.get(f"end-{number}"), following.page)
            for number, (start, following) in enumerate(pairwise(starts))
        ]

    def _fit(self, size: int, start: Place, end: Place | None, following: int) -> _Fit:
        pages = following - start.page
        if end is not None and end.page > start.page and end.top > start.top - _TOUCH:
            pages = end.page - start.page  # only the mark of its end moved to the next page
        inside = end is not None and end.page == start.page
        height = (start.top - end.top) / MILLIMETRE if end is not None and inside else self._face.room[1]
        return _Fit(size, pages, height, following - start.page)

    def _sections(self, sections: Sequence[_Section], *, edges: bool) -> str:
        return layout_document(
            "pdf/sides.html", self._deck, self._style, kind="sides", sides=sections, edges=edges, face=self._face
        )


def _last(number: int) -> _Section:
    """Return what begins where the last side ends."""
    return _Section(Side(content=finished("end")), number, 0)


def _counts(fits: Sequence[Mapping[int, _Fit]], together: int) -> list[list[int]]:
    """Return the pages of each side: as many as the longest of its group needs."""
    return [
        [max(fit[number - number % together + other].pages for other in range(together)) for number in sorted(fit)]
        for fit in fits
    ]


def _following(counts: Sequence[int]) -> Iterator[range]:
    """Return a number of pages for each side, consecutively."""
    start = 0
    for count in counts:
        yield range(start, start + count)
        start += count


def _pages_by_content(contents: Sequence[Hashable]) -> Iterator[int]:
    """Return the page of each, where identical ones are laid out once, in the order of their first occurrence."""
    pages: dict[Hashable, int] = {}
    for content in contents:
        yield pages.setdefault(content, len(pages))


def _foot(side: Side, part: int, count: int, deck: RenderedDeck) -> _Foot:
    page = direction(deck.settings.language.text)
    parts = side.parts or deck.settings.catalogue.gettext("{number} of {count}")
    label = tuple((words, opposite(words, page)) for words in side.label.split(_SEPARATOR))
    return _Foot(label, parts.format(number=part + 1, count=count) if count > 1 else "")
