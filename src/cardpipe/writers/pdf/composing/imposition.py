"""The geometry of cards on sheets, in millimetres: fronts, backs, and marks for cutting and folding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.writers.api import Asset, WriterOption

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NOTHING: Final = 1e-6
_PIXELS: Final = 96 / 25.4
"""CSS pixels per millimetre."""
_TICK, _GAP = 5.0, 1.5
"""Length of a cut mark, and its distance from the card's corner."""
_CROSS: Final = 1.5
"""Half the size of a cross where four cards meet."""

DUPLEX_OPTION: Final = WriterOption(
    name="duplex",
    flag="duplex",
    choices=("auto", "long", "short"),
    default="auto",
    help="The edge over which the printer flips the paper; auto: the short one for a booklet, the long one for cards.",
)
OFFSET_OPTION: Final = WriterOption(
    name="offset",
    flag="offset",
    choices=("0,0",),
    form=r"-?\d{1,2}(?:\.\d{1,2})?,-?\d{1,2}(?:\.\d{1,2})?",
    form_name="RIGHT,DOWN",
    default="0,0",
    help="Move every back by millimetres, to correct duplex misalignment.",
)


def offset_of(value: str) -> tuple[float, float]:
    """Return how far backs are moved to the right and down, in millimetres."""
    right, _, down = value.partition(",")
    return float(right), float(down)


def sideways(sheet: tuple[float, float], duplex: str) -> bool:
    """Return whether a sheet flipped over that edge turns like the page of a book, not of a wall calendar."""
    return (duplex == "long") == (sheet[0] <= sheet[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """Cards of one size in a grid on a sheet, without gaps and centred."""

    sheet: tuple[float, float]
    """Width and height."""
    card: tuple[float, float]
    columns: int
    rows: int

    @property
    def count(self) -> int:
        """Return the number of cards on a sheet."""
        return self.columns * self.rows

    @property
    def corner(self) -> tuple[float, float]:
        """Return the upper left corner of the first card."""
        return (
            (self.sheet[0] - self.columns * self.card[0]) / 2,
            (self.sheet[1] - self.rows * self.card[1]) / 2,
        )

    def front(self, slot: int) -> tuple[float, float]:
        """Return the upper left corner of a card, counted from 0 along the rows."""
        row, column = divmod(slot, self.columns)
        left, top = self.corner
        return left + column * self.card[0], top + row * self.card[1]

    def sideways(self, duplex: str) -> bool:
        """Return whether the printer turns the sheet like the page of a book, not of a wall calendar."""
        return sideways(self.sheet, duplex)

    def back(self, slot: int, duplex: str) -> tuple[float, float]:
        """Return the upper left corner of a card's back on the other side of the sheet."""
        left, top = self.front(slot)
        if self.sideways(duplex):
            return self.sheet[0] - left - self.card[0], top
        return left, self.sheet[1] - top - self.card[1]


def arranged(card: tuple[float, float], paper: tuple[float, float], margins: Sequence[float]) -> Arrangement:
    """Fit as many cards of a size on a sheet as possible, in either orientation, with the first margin that allows it.

    Raises UsageError if none fits.
    """
    found = []
    for margin in margins:
        for sheet in (paper, paper[::-1]):
            columns, rows = (
                int((side - 2 * margin) / length + _NOTHING) for side, length in zip(sheet, card, strict=True)
            )
            found.append(Arrangement(sheet=sheet, card=card, columns=max(0, columns), rows=max(0, rows)))
    best = max(found, key=lambda arrangement: arrangement.count)  # the first of two equally good ones
    if not best.count:
        raise UsageError(
            f"A card of {card[0]:g} by {card[1]:g} mm does not fit on paper of {paper[0]:g} by {paper[1]:g} mm.",
            hint="Choose larger paper (--paper), smaller cards (--card-size) or a smaller margin (--margin).",
        )
    return best


def marks(arrangement: Arrangement, *, fold: bool = False, rounded: bool = False) -> Asset:
    """Return a drawing of the sheet's size: where to cut, and where to fold each card in its middle."""
    lines = [*_crop_marks(arrangement), *(_fold_lines(arrangement) if fold else ())]
    lines += _rounded_corners(arrangement, fold) if rounded else []
    return sheet_lines(arrangement.sheet, f'<g fill="none" stroke="#000" stroke-width="0.1">{"".join(lines)}</g>')


def drawing_size(sheet: tuple[float, float]) -> tuple[int, int]:
    """Return width and height in CSS pixels of a drawing that covers a sheet in millimetres.

    Whole pixels: the engine rounds the box of a picture to them and stretches the picture, which would displace the
    marks on the far side of A4 paper by a tenth of a millimetre.
    """
    width, height = (math.ceil(side * _PIXELS) for side in sheet)
    return width, height


def sheet_lines(sheet: tuple[float, float], lines: str) -> Asset:
    """Return a drawing that covers a sheet, from SVG in millimetres."""
    width, height = drawing_size(sheet)
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width / _PIXELS:.6f} {height / _PIXELS:.6f}">{lines}</svg>'
    )
    return Asset("lines.svg", "image/svg+xml", drawing.encode())


def _crop_marks(arrangement: Arrangement) -> Iterator[str]:
    """Draw ticks outside the cards, and crosses where four of them meet; all are on lines to cut."""
    left, top = arrangement.corner
    width, height = arrangement.sheet
    xs = [left + column * arrangement.card[0] for column in range(arrangement.columns + 1)]
    ys = [top + row * arrangement.card[1] for row in range(arrangement.rows + 1)]
    start, end = _tick(top)
    for x in _inside(xs, width):
        yield _line(x, start, x, end) + _line(x, height - start, x, height - end)
    start, end = _tick(left)
    for y in _inside(ys, height):
        yield _line(start, y, end, y) + _line(width - start, y, width - end, y)
    for x in xs[1:-1]:
        for y in ys[1:-1]:
            yield _line(x - _CROSS, y, x + _CROSS, y) + _line(x, y - _CROSS, x, y + _CROSS)


def _inside(lines: Sequence[float], side: float) -> list[float]:
    """Return the lines to cut, without those at the edge of the paper."""
    return [line for line in lines if _NOTHING < line < side - _NOTHING]


def _tick(margin: float) -> tuple[float, float]:
    """Return start and end of a mark, measured from the edge of the sheet; without a margin it is between two cards."""
    return (max(0.0, margin - _GAP - _TICK), margin - _GAP) if margin > 2 * _GAP else (0.0, margin + _TICK)


def _fold_lines(arrangement: Arrangement) -> Iterator[str]:
    for slot in range(arrangement.count):
        left, top = arrangement.front(slot)
        middle = left + arrangement.card[0] / 2
        line = _line(middle, top + _GAP, middle, top + arrangement.card[1] - _GAP)
        yield line.replace("<path", '<path stroke="#888" stroke-dasharray="1.5 1.5"')


def _rounded_corners(arrangement: Arrangement, fold: bool) -> list[str]:
    width, height = arrangement.card
    rectangles = []
    for slot in range(arrangement.count):
        left, top = arrangement.front(slot)
        parts = ((left, width / 2), (left + width / 2, width / 2)) if fold else ((left, width),)
        rectangles += [
            f'<rect x="{x:.3f}" y="{top:.3f}" width="{wide:.3f}" height="{height:.3f}" rx="3" stroke="#bbb"/>'
            for x, wide in parts
        ]
    return rectangles


def _line(left: float, top: float, right: float, bottom: float) -> str:
    return f'<path d="M{left:.3f} {top:.3f}L{right:.3f} {bottom:.3f}"/>'
