"""Documents that print their own page numbers.

The engine cannot look ahead: it knows no page numbers of targets. So a document is laid out twice, first to learn on
which page each anchor falls, then with these numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.errors import RenderError
from cardpipe.writers.pdf.engine import draw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cardpipe.writers.pdf.engine import Book, Engine, Resources
    from cardpipe.writers.pdf.finish import Place
    from cardpipe.writers.pdf.paper import Paper

_ROUNDS: Final = 5
"""Page numbers are as wide as their placeholder, so that two rounds are the rule."""


@dataclass(frozen=True, slots=True)
class Paged:
    """A document on its pages."""

    book: Book
    heads: Book
    """Head and foot of each page, to be drawn over it."""
    data: bytes
    """Both as PDF."""
    places: Mapping[str, Place]
    """Where each anchor that something links to falls."""


def paged(
    engine: Engine,
    page: Paper,
    files: Resources,
    *,
    document: Callable[[Mapping[str, str]], str],
    heads: Callable[[Mapping[str, Place], int], str],
    scale: float = 1.0,
    step: Callable[[int], None] = lambda _number: None,
) -> Paged:
    """Lay a document out until the page numbers in it are true; raises RenderError where they do not settle.

    `document` makes it from the page numbers by anchor, `heads` the document of running heads from the anchors'
    places and the number of pages; `step` is told of each round. All of it is enlarged to the scale.
    """
    places: Mapping[str, Place] = {}
    for number in range(_ROUNDS):
        first = number == 0
        numbers = {anchor: str(place.page + 1) for anchor, place in places.items()}
        book = engine.lay_out(page, document(numbers), files, outlines=first)
        over = None if first else engine.lay_out(page, heads(places, book.page_count), files)
        data = b"" if over is None else draw(engine, page, book, over, scale)
        found = book.places(scale, data)
        step(number)
        if over is not None and _pages(found) == _pages(places):
            return Paged(book, over, data, found)
        places = found
    raise RenderError("The page numbers within the document do not settle.")


def _pages(places: Mapping[str, Place]) -> dict[str, int]:
    return {anchor: place.page for anchor, place in places.items()}
