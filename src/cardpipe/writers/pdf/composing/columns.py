"""The study sheet in two columns: pages as wide as a column, two of them side by side on each sheet.

The engines cannot do it in one piece: PlutoPrint breaks the first column over all pages before it begins the second,
and cuts lines through where a page ends.
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
    help="How many columns the layout sheet has.",
)
SMALLER: Final = 0.9
"""How large the text is, as a share of that in one column: shorter lines are read in smaller letters."""
_MARGIN: Final = 15.0
_TOP: Final = 20.0
"""Millimetres above the columns, and as much below less two."""
_GAP: Final = 8.0
"""Between the columns in millimetres."""
_RIM: Final = 2.0
"""What each column's page has on either side, because the engine clips what leaves a page."""
_LEAST: Final = 50.0
"""The least width of a column in millimetres, before it is enlarged."""
_HEAD_ROOM: Final = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Where columns stand on a sheet; lengths in points."""

    size: tuple[float, float]
    """Of the sheet."""
    column: Paper
    """The page of a column, before it is enlarged."""
    lefts: tuple[float, float]
    """Where the first and the second column begin."""
    scale: float

    @classmethod
    def of(cls, job: PrintJob, scale: float) -> Self:
        """Two columns on the paper of a job; raises UsageError where they have no room for a text."""
        width, height = size_of(job.paper)
        auto = job.margin == "auto"
        side = _MARGIN if auto else length_of(job.margin)
        top, bottom = (_TOP, _TOP - 2) if auto else (side, side)
        wide = (width - 2 * side - _GAP) / 2
        if wide / scale < _LEAST or (height - top - bottom) / scale < _LEAST or top < _HEAD_ROOM:
            raise UsageError(
                f"On paper of {width:g} by {height:g} mm there is no room for two columns.",
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
        """What stands on each sheet."""
        pages = columns.sheets(self.column, self.scale)
        while pair := list(islice(pages, 2)):
            yield [
                replace(placed, left=left) for left, layers in zip(self.lefts, pair, strict=False) for placed in layers
            ]

    def places(self, columns: Paged) -> Mapping[str, Place]:
        """Where each anchor stands on the sheets."""
        return {
            name: replace(place, page=place.page // 2, left=place.left + self.lefts[place.page % 2])
            for name, place in columns.places.items()
        }


def column_heads(deck: RenderedDeck, titles: Sequence[str], run: range, page: Paper, style: str) -> str:
    """Head and foot of some columns: the deck and the page's number with the first, the part with the second."""
    return heads_document("pdf/column_heads.html", deck, titles, run, page, style)
