"""The booklet: the study sheet on pages of half the size, two on each side of the paper, to be folded and stapled."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cardpipe.model.languages import direction
from cardpipe.writers.page.grouping import group_cards
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
"""How large the text is, as a share of the sheet's: a page of half the size is held nearer to the eye."""


@dataclass(frozen=True, slots=True)
class Half:
    """Where a page of the booklet stands: on which side of which sheet, in which half, and whether on its head."""

    side: int
    """Counted from 0, fronts and backs in turn."""
    right: bool
    turned: bool


def imposed(pages: int, *, turned_backs: bool = False, from_right: bool = False) -> list[Half]:
    """The place of each page, and of the empty ones that fill the last sheet up, of sheets that lie in one another.

    With `turned_backs` every back stands on its head, for a printer that turns paper over the edge that is not folded
    along; `from_right` is for a language that is read from the right, whose books open from there.
    """
    count = -(-max(1, pages) // 4) * 4
    halves: dict[int, Half] = {}
    for sheet in range(count // 4):
        front = (count - 1 - 2 * sheet, 2 * sheet)
        back = (2 * sheet + 1, count - 2 - 2 * sheet)
        for side, pair in enumerate((front, back)):
            turned = turned_backs and side == 1
            for half, page in enumerate(pair):
                # Turning a side about its middle changes its halves; so does a book that opens from the right.
                halves[page] = Half(2 * sheet + side, right=(half == 1) ^ turned ^ from_right, turned=turned)
    return [halves[page] for page in range(count)]


def side_labels(halves: Sequence[Half], pages: int) -> list[str]:
    """What each side is called: the numbers of its pages in the order in which they are read, without empty ones."""
    shown: list[list[int]] = [[] for _ in range(len(halves) // 2)]
    for page, half in enumerate(halves[:pages]):
        shown[half.side].append(page + 1)
    # The front of a sheet has the later of its two pages first, whichever way the book opens.
    return [", ".join(map(str, numbers[::-1] if side % 2 == 0 else numbers)) for side, numbers in enumerate(shown)]


class BookletLayout:
    """The study sheet as a booklet."""

    name = "booklet"
    summary = "a study sheet of half the size, two pages a side, to be folded and stapled"
    options: Sequence[WriterOption] = (CONTENTS_OPTION, DUPLEX_OPTION, OFFSET_OPTION)

    def make(self, job: PrintJob) -> bytes:
        """The finished PDF; raises RenderError where page numbers do not settle, UsageError where no text fits."""
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
        stripper = _Stripper(booklet, page, scale, halves, offset_of(job.options["offset"]))
        places = stripper.places()
        finished = finish(
            assembled(width * MILLIMETRE, height * MILLIMETRE, stripper.sides()),
            job.deck,
            outline(group_cards(job.deck, job.group), places),
            duplex=duplex,
            links=places,
            labels=labels,
        )
        job.progress(4, 4)
        return finished

    def sheet(self, job: PrintJob) -> tuple[float, float]:
        """Width and height of the paper in millimetres: across, so that it is folded in its middle."""
        width, height = size_of(job.paper)
        return max(width, height), min(width, height)

    def edge(self, job: PrintJob) -> str:
        """Over which edge the printer turns the paper."""
        return "short" if job.options["duplex"] == "auto" else job.options["duplex"]


LAYOUT: Final = BookletLayout()


class _Stripper:
    """Puts the pages of a document onto sheets."""

    def __init__(
        self, booklet: Paged, page: Paper, scale: float, halves: Sequence[Half], offset: tuple[float, float]
    ) -> None:
        self._booklet = booklet
        self._page = page
        self._scale = scale
        self._halves = halves
        self._offset = tuple(length * MILLIMETRE for length in offset)

    def sides(self) -> Iterator[list[Placed]]:
        """What stands on each side of each sheet, once only: what holds its pages is let go of when it is taken."""
        sides: deque[list[Placed]] = deque([] for _ in range(len(self._halves) // 2))
        pages = self._booklet.sheets(self._page, self._scale)
        for half, layers in zip(self._halves, pages, strict=False):
            left, top = self._corner(half)
            sides[half.side] += [replace(placed, left=left, top=top, turned=half.turned) for placed in layers]
        while sides:
            yield sides.popleft()

    def places(self) -> Mapping[str, Place]:
        """Where each anchor of the document stands on the sheets."""
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
