"""The study sheet in two columns: pages as wide as a column, two of them next to each other on each sheet.

CSS columns are not usable: PlutoPrint breaks the first column over all pages before it begins the second, and cuts
lines at the end of a page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final, Self

from cardpipe.errors import UsageError
from cardpipe.model.languages import direction
from cardpipe.writers.api import WriterOption
from cardpipe.writers.pdf.composing.paper import MILLIMETRE, Paper, length_of, size_of
from cardpipe.writers.pdf.composing.running_heads import heads_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.composing.paging import Paged
    from cardpipe.writers.pdf.engine import Placed
    from cardpipe.writers.pdf.layout import PrintJob

COLUMNS_OPTION: Final = WriterOption(
    name="columns",
    flag="columns",
    choices=("1", "2"),
    default="1",
    help="The number of columns of the layout sheet.",
)
SMALLER: Final = 0.9
"""The text size relative to one column: shorter lines have smaller text."""
_MARGIN: Final = 15.0
_TOP: Final = 20.0
"""Millimetres above the columns; below, two less."""
_GAP: Final = 8.0
"""The gap between the columns in millimetres."""
_RIM: Final = 2.0
"""Side margins of each column's page, because the engine clips what leaves a page."""
_LEAST: Final = 50.0
"""The minimum width of a column in millimetres, before scaling."""
_HEAD_ROOM: Final = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The positions of columns on a sheet; lengths in points."""

    size: tuple[float, float]
    """The size of the sheet."""
    column: Paper
    """The page of a column, before scaling."""
    lefts: tuple[float, float]
    """The left edges of the first and the second column."""
    scale: float

    @classmethod
    def of(cls, job: PrintJob, scale: float) -> Self:
        """Return two columns on the paper of a job; raises UsageError if no text fits."""
        width, height = size_of(job.paper)
        auto = job.margin == "auto"
        side = _MARGIN if auto else length_of(job.margin)
        top, bottom = (_TOP, _TOP - 2) if auto else (side, side)
        wide = (width - 2 * side - _GAP) / 2
        if wide / scale < _LEAST or (height - top - bottom) / scale < _LEAST or top < _HEAD_ROOM:
            raise UsageError(
                f"Two columns do not fit on paper of {width:g} by {height:g} mm.",
                hint="Choose larger paper, smaller text or a smaller margin of at least 12 mm; or --columns 1.",
            )
        column = Paper(
            (wide + 2 * _RIM) / scale * MILLIMETRE,
            height / scale * MILLIMETRE,
            top / scale,
            _RIM / scale,
            bottom / scale,
            _RIM / scale,
            head=max(4.0, top - 9) / scale,
            foot=max(4.0, bottom - 9) / scale,
        )
        lefts = ((side - _RIM) * MILLIMETRE, (side + wide + _GAP - _RIM) * MILLIMETRE)
        if direction(job.deck.settings.language.text) == "rtl":
            lefts = lefts[::-1]
        return cls(size=(width * MILLIMETRE, height * MILLIMETRE), column=column, lefts=lefts, scale=scale)

    def sheets(self, columns: Paged) -> Iterator[list[Placed]]:
        """Yield the columns on each sheet."""
        pages = columns.sheets(self.column, self.scale)
        while pair := list(islice(pages, 2)):
            yield [
                replace(placed, left=left) for left, layers in zip(self.lefts, pair, strict=False) for placed in layers
            ]

    def places(self, columns: Paged) -> Mapping[str, Place]:
        """Return the position of each anchor on the sheets."""
        return {
            name: replace(place, page=place.page // 2, left=place.left + self.lefts[place.page % 2])
            for name, place in columns.places.items()
        }


def column_heads(deck: RenderedDeck, titles: Sequence[str], run: range, page: Paper, style: str) -> str:
    """Return heads and feet of columns: the deck and the page number with the first, the part with the second."""
    return heads_document("pdf/column_heads.html", deck, titles, run, page, style)
