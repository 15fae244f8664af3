"""The layout `booklet`: the study sheet on pages of half the size, two per side, to be folded and stapled."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cardpipe.model.languages import direction
from cardpipe.writers.pdf.composing.assembly import assembled
from cardpipe.writers.pdf.composing.destinations import Place
from cardpipe.writers.pdf.composing.finish import finish
from cardpipe.writers.pdf.composing.imposition import DUPLEX_OPTION, OFFSET_OPTION, offset_of
from cardpipe.writers.pdf.composing.paper import MILLIMETRE, size_of, text_paper
from cardpipe.writers.pdf.layouts.sheet import CONTENTS_OPTION, TEXT, outline, study_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.writers.api import WriterOption
    from cardpipe.writers.pdf.composing.paging import Paged
    from cardpipe.writers.pdf.composing.paper import Paper
    from cardpipe.writers.pdf.engine import Placed
    from cardpipe.writers.pdf.layout import PrintJob

_POCKET: Final = 0.9
"""The text size relative to the study sheet's: smaller pages are held closer."""


@dataclass(frozen=True, slots=True)
class Half:
    """The position of a page of the booklet: sheet, side, half, and whether it is rotated by 180°."""

    side: int
    """Counted from 0, fronts and backs in turn."""
    right: bool
    turned: bool


def imposed(pages: int, *, turned_backs: bool = False, from_right: bool = False) -> list[Half]:
    """Return the position of each page, including empty ones that complete the last of the nested sheets.

    With `turned_backs` every back is rotated by 180°, for a printer that flips paper over the edge across the fold;
    `from_right` is for right-to-left languages, whose books open on the other side.
    """
    count = -(-max(1, pages) // 4) * 4
    halves: dict[int, Half] = {}
    for sheet in range(count // 4):
        front = (count - 1 - 2 * sheet, 2 * sheet)
        back = (2 * sheet + 1, count - 2 - 2 * sheet)
        for side, pair in enumerate((front, back)):
            turned = turned_backs and side == 1
            for half, page in enumerate(pair):
                # Rotating a side by 180° swaps its halves; so does a book that opens on the other side.
                halves[page] = Half(2 * sheet + side, right=(half == 1) ^ turned ^ from_right, turned=turned)
    return [halves[page] for page in range(count)]


def side_labels(halves: Sequence[Half], pages: int) -> list[str]:
    """Return the label of each side: its page numbers in reading order, without empty pages."""
    shown: list[list[int]] = [[] for _ in range(len(halves) // 2)]
    for page, half in enumerate(halves[:pages]):
        shown[half.side].append(page + 1)
    # The front of a sheet has the later of its two pages first, whichever way the book opens.
    return [", ".join(map(str, numbers[::-1] if side % 2 == 0 else numbers)) for side, numbers in enumerate(shown)]


class BookletLayout:
    """The study sheet as a booklet."""

    name = "booklet"
    summary = "a study sheet of half the size, two pages per side, to be folded and stapled"
    options: Sequence[WriterOption] = (CONTENTS_OPTION, DUPLEX_OPTION, OFFSET_OPTION)

    def make(self, job: PrintJob) -> bytes:
        """Return the finished PDF; raises RenderError if page numbers do not converge, UsageError if no text fits."""
        width, height = self.sheet(job)
        scale = job.scaled(TEXT * _POCKET) * _POCKET
        page = text_paper(f"{width / 2:.3f}x{height:.3f}mm", job.margin, scale)
        booklet = study_sheet(job, page, scale=scale)
        duplex = self.edge(job)
        halves = imposed(
            booklet.page_count,
            turned_backs=duplex == "long",
            from_right=direction(job.deck.settings.language.text) == "rtl",
        )
        labels = side_labels(halves, booklet.page_count)
        stripper = _Imposition(booklet, page, scale, halves, offset_of(job.options["offset"]))
        places = stripper.places()
        finished = finish(
            assembled(width * MILLIMETRE, height * MILLIMETRE, stripper.sides()),
            job.deck,
            outline(job, places),
            duplex=duplex,
            links=places,
            labels=labels,
        )
        job.progress(4, 4)
        return finished

    def sheet(self, job: PrintJob) -> tuple[float, float]:
        """Return width and height of the paper in millimetres: landscape, so that the fold is in its middle."""
        width, height = size_of(job.paper)
        return max(width, height), min(width, height)

    def edge(self, job: PrintJob) -> str:
        """Return the edge over which the printer flips the paper."""
        return "short" if job.options["duplex"] == "auto" else job.options["duplex"]


LAYOUT: Final = BookletLayout()


class _Imposition:
    """Places the pages of a document on sheets."""

    def __init__(
        self, booklet: Paged, page: Paper, scale: float, halves: Sequence[Half], offset: tuple[float, float]
    ) -> None:
        self._booklet = booklet
        self._page = page
        self._scale = scale
        self._halves = halves
        self._offset = tuple(length * MILLIMETRE for length in offset)

    def sides(self) -> Iterator[list[Placed]]:
        """Yield the pages on each side of each sheet once; each book is released when its pages are taken."""
        sides: deque[list[Placed]] = deque([] for _ in range(len(self._halves) // 2))
        pages = self._booklet.sheets(self._page, self._scale)
        for half, layers in zip(self._halves, pages, strict=False):
            left, top = self._corner(half)
            sides[half.side] += [replace(placed, left=left, top=top, turned=half.turned) for placed in layers]
        while sides:
            yield sides.popleft()

    def places(self) -> Mapping[str, Place]:
        """Return the position of each anchor of the document on the sheets."""
        return {name: self._moved(place) for name, place in self._booklet.places.items()}

    def _moved(self, place: Place) -> Place:
        half = self._halves[place.page]
        left, top = self._corner(half)
        width, height = self._page.width * self._scale, self._page.height * self._scale
        if half.turned:
            return Place(half.side, left + width - place.left, height - place.top - top)
        return replace(place, page=half.side, left=left + place.left, top=place.top - top)

    def _corner(self, half: Half) -> tuple[float, float]:
        right, down = self._offset if half.side % 2 else (0.0, 0.0)
        return right + (self._page.width * self._scale if half.right else 0.0), down
