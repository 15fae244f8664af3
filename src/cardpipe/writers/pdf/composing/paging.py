"""Documents with their own page numbers.

The engine does not know the page numbers of targets. So documents with page numbers are laid out twice: first to
determine the page of each anchor, then with these numbers. Those at the end, such as an index, are laid out when the
pages before them are known. A long text is divided into chunks, each a document with its own pages, so that they can be
laid out in parallel and cached separately.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from cardpipe.errors import RenderError
from cardpipe.writers.pdf.composing.printing import LayoutJob
from cardpipe.writers.pdf.engine import Placed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.composing.paper import Paper
    from cardpipe.writers.pdf.composing.printing import DocumentPrinter, LaidOut

_ROUNDS: Final = 5
"""Page numbers are as wide as their placeholder, so two rounds are usually enough."""
_HEADS: Final = 100
"""The number of pages whose heads are laid out together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A document with its own pages."""

    document: Callable[[Mapping[str, str]], str]
    """Creates it from the page numbers by anchor."""
    numbered: bool = True
    """Whether it contains page numbers."""
    last: bool = False
    """Whether it contains only numbers of the pages before it, and follows all pieces of which this is not true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """Laid-out chunks."""

    pieces: list[LaidOut]
    heads: list[LaidOut]
    """Head and foot of each page, to be drawn over it, in chunks of pages."""
    places: Mapping[str, Place]
    """The position of each linked anchor, with consecutive page numbers."""

    @property
    def page_count(self) -> int:
        """Return the number of pages."""
        return sum(piece.page_count for piece in self.pieces)

    def sheets(self, page: Paper, scale: float) -> Iterator[list[Placed]]:
        """Yield each page with its head and foot over it, scaled by a factor, once.

        A chunk is released when its pages are taken, to save memory.
        """
        size = (page.width * scale, page.height * scale)
        over = _leaves(self.heads)
        for piece in _leaves(self.pieces):
            yield [Placed(book, number, 0, 0, *size) for book, number in (piece, next(over))]


def _leaves(books: list[LaidOut]) -> Iterator[tuple[LaidOut, int]]:
    while books:
        book = books.pop(0)
        for number in range(book.page_count):
            yield book, number


def paged(
    printer: DocumentPrinter,
    page: Paper,
    pieces: Sequence[Piece],
    *,
    heads: Callable[[Mapping[str, Place], range, int], str],
    scale: float = 1.0,
    step: Callable[[int], None] = lambda _number: None,
) -> Paged:
    """Lay out chunks until their page numbers are correct; raises RenderError if they do not converge.

    `heads` returns the document of running heads from the anchors' positions, a range of pages and the number of all;
    `step` is called after each round. Everything is scaled.
    """

    def job(document: str, *, measured: bool = False) -> LayoutJob:
        return LayoutJob(page=page, document=document, scale=scale, measured=measured)

    first = [piece for piece in pieces if not piece.last]
    printed = printer.print(job(piece.document({}), measured=piece.numbered) for piece in first)
    after: list[LaidOut] = []
    before: dict[str, str] | None = None
    for number in range(1, _ROUNDS):
        numbers = _numbers(_counted_through(printed))
        if numbers != before:
            before = numbers
            after = printer.print([job(piece.document(before)) for piece in pieces[len(first) :]])
        step(number - 1)
        places = _counted_through([*printed, *after])
        numbers = _numbers(places)
        again = [place for place, piece in enumerate(first) if piece.numbered]
        made = printer.print([job(first[place].document(numbers)) for place in again])
        for place, one in zip(again, made, strict=True):
            printed[place] = one
        if _pages(_counted_through([*printed, *after])) == _pages(places):
            printed += after
            step(number)
            pages = sum(piece.page_count for piece in printed)
            runs = [range(start, min(start + _HEADS, pages)) for start in range(0, pages, _HEADS)]
            over = printer.print(
                [LayoutJob(page=page, document=heads(places, run, pages), scale=scale) for run in runs]
            )
            return Paged(pieces=printed, heads=over, places=_counted_through(printed))
    raise RenderError("The page numbers of the document do not converge.")


def _counted_through(printed: Sequence[LaidOut]) -> dict[str, Place]:
    starts = accumulate((piece.page_count for piece in printed), initial=0)
    return {
        anchor: replace(place, page=start + place.page)
        for start, piece in zip(starts, printed, strict=False)
        for anchor, place in piece.anchors.items()
    }


def _numbers(places: Mapping[str, Place]) -> dict[str, str]:
    return {anchor: str(place.page + 1) for anchor, place in places.items()}


def _pages(places: Mapping[str, Place]) -> dict[str, int]:
    return {anchor: place.page for anchor, place in places.items()}
