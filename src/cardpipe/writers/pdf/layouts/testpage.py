"""The test page: a sheet, printed on both sides, that shows the `offset` for a printer with duplex misalignment.

The front has a cross in the middle. The back has a horizontal and a vertical scale, centred on its middle. Held against
the light, with the back's text upright, the front's cross is visible through the paper; its arms point to the offsets
that align backs with fronts. Rulers along the edges show the unprintable margins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.errors import UsageError
from cardpipe.writers.pdf.composing.finish import finish
from cardpipe.writers.pdf.composing.fonts import SANS
from cardpipe.writers.pdf.composing.imposition import offset_of, sheet_lines, sideways
from cardpipe.writers.pdf.composing.paper import MILLIMETRE, in_inches
from cardpipe.writers.pdf.composing.style import fonts, style
from cardpipe.writers.pdf.engine import Resources
from cardpipe.writers.pdf.layout import TwoSided
from cardpipe.writers.pdf.layouts.cards import sheet_drawing
from cardpipe.writers.templating import macros

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from cardpipe.writers.pdf.engine import Placed
    from cardpipe.writers.pdf.layout import Layout, PrintJob

_LEAST: Final = (140.0, 200.0)
"""The minimum sides of a sheet on which the text fits."""
_REACH: Final = 10
"""Millimetres that the scales extend to either side; no printer is further off."""
_ASIDE: Final = 18.0
"""Distance of a scale from the middle, where it does not overlap the cross."""
_ARM: Final = 24.0
_ARROW: Final = (28.0, 38.0)
"""The ends of the front's arrow, measured upwards from the middle."""
_RULER: Final = 20
"""Length of the rulers at the edges in millimetres."""
_CORNER: Final = 15.0
"""Distance of the crosses in the corners from both edges."""
_INCH: Final = 25.4
_MINUS: Final = "\N{MINUS SIGN}"
_STYLE: Final = (
    ".n { position: absolute; width: 20mm; text-align: center; font: 600 6pt/3mm var(--sans); } "
    ".w { position: absolute; font-size: 8.5pt; line-height: 1.35; } .w p { margin: 0 0 1.5mm; } "
    ".w b { white-space: nowrap; }"
)


class _Number(NamedTuple):
    """A text centred at a position."""

    x: float
    y: float
    label: str


def test_page(layout: Layout, job: PrintJob) -> bytes:
    """Return the sheet as a PDF of two pages; raises UsageError for a single-sided layout, and for small paper."""
    if not isinstance(layout, TwoSided):
        raise UsageError(
            f"The layout {layout.name} is single-sided and needs no test page.",
            hint="Use --test-page with --layout cards or --layout booklet.",
        )
    sheet, edge = layout.sheet(job), layout.edge(job)
    if min(sheet) < _LEAST[0] or max(sheet) < _LEAST[1]:
        raise UsageError(
            "The paper is too small for a test page.", hint=f"It needs {_LEAST[0]:g} by {_LEAST[1]:g} mm, as A5 has."
        )
    drawn = _TestPage(job, sheet, edge)
    width, height = (side * MILLIMETRE for side in sheet)
    return finish(job.engine.compose(width, height, ([drawn.front()], [drawn.back()])), job.deck, (), duplex=edge)


class _TestPage:
    def __init__(self, job: PrintJob, sheet: tuple[float, float], edge: str) -> None:
        self._engine = job.engine
        self._sheet = sheet
        self._edge = edge
        self._sideways = sideways(sheet, edge)
        self._inches = in_inches(job.paper)
        self._offset = offset_of(job.options["offset"])
        self._template = macros("pdf/testpage.html", job.deck.settings.language.text)
        self._style = fonts(job.deck) + style(job.deck, "sides") + _STYLE.replace("var(--sans)", SANS)

    def front(self) -> Placed:
        """Return the cross, and instructions."""
        x, y = (side / 2 for side in self._sheet)
        near, far = _ARROW
        marks = [_line(x - _ARM, y, x + _ARM, y), _line(x, y - _ARM, x, y + _ARM), _arrow(x, y - near, y - far)]
        words = self._template.front(self._edge, self._inches)
        return self._side(marks, [], words, above=False)

    def back(self) -> Placed:
        """Return the scales, and how to read them."""
        x, y = (side / 2 for side in self._sheet)
        marks = [_line(x - _REACH, y + _ASIDE, x + _REACH, y + _ASIDE)]
        marks.append(_line(x + _ASIDE, y - _REACH, x + _ASIDE, y + _REACH))
        numbers = [_Number(x - _REACH - 8, y + _ASIDE - 1, "RIGHT"), _Number(x + _ASIDE, y - _REACH - 3, "DOWN")]
        for half in range(-2 * _REACH, 2 * _REACH + 1):
            at = half / 2
            length = 5.0 if half % 10 == 0 else 3.0 if half % 2 == 0 else 1.6
            marks.append(_line(x + at, y + _ASIDE - length, x + at, y + _ASIDE))
            marks.append(_line(x + _ASIDE - length, y + at, x + _ASIDE, y + at))
            if half % 10 == 0:
                numbers.append(_Number(x + at, y + _ASIDE + 2, _signed(at)))
                numbers.append(_Number(x + _ASIDE + 3, y + at, _signed(at)))
        # Seen from the back, the front's arrow is in the same place, or upside down on the other side of the middle.
        near, far = (-along if self._sideways else along for along in _ARROW)
        marks.append(_arrow(x, y + near, y + far, wide=1.0))
        words = self._template.back(self._edge, self._offset)
        return self._side(marks, numbers, words, above=not self._sideways, moved=self._offset)

    def _side(
        self,
        marks: list[str],
        numbers: list[_Number],
        words: Markup,
        *,
        above: bool,
        moved: tuple[float, float] = (0.0, 0.0),
    ) -> Placed:
        width, height = self._sheet
        right, down = moved
        rulers, labels = _rulers(self._sheet, inches=self._inches)
        corners = "".join(
            _line(x - 3, y, x + 3, y) + _line(x, y - 3, x, y + 3)
            for x in (_CORNER, width - _CORNER)
            for y in (_CORNER, height - _CORNER)
        )
        asset = sheet_lines(
            self._sheet,
            f'<g fill="none" stroke="#000" stroke-width="0.12" transform="translate({right:g} {down:g})">'
            f"{''.join(marks)}{rulers}{corners}</g>",
        )
        if width > height:
            box = (_RULER + 6.0, _RULER + 8.0, width / 2 - _RULER - 6 - _ARM - 6)
        else:
            wide = min(width - 30, 130.0)
            box = (width / 2 - wide / 2, _RULER + 6.0 if above else height / 2 + _ARM + 4, wide)
        content = self._template.side([*numbers, *labels], words, box, moved)
        return sheet_drawing(self._engine, self._sheet, Resources({asset.name: asset}), content, self._style)


def _rulers(sheet: tuple[float, float], *, inches: bool) -> tuple[str, list[_Number]]:
    """Draw rulers from the middle of each edge inwards, labelled with distances from the edge."""
    width, height = sheet
    x, y = width / 2, height / 2
    marks = [_line(0, y, _RULER, y), _line(width - _RULER, y, width, y)]
    marks += [_line(x, 0, x, _RULER), _line(x, height - _RULER, x, height)]
    numbers: list[_Number] = []
    for at, size, label in _ticks(inches=inches):
        for edge, inwards in ((0.0, 1), (width, -1)):
            marks.append(_line(edge + inwards * at, y, edge + inwards * at, y + size))
            numbers += [_Number(edge + inwards * at, y + size * 1.6, label)] if label else []
        for edge, inwards in ((0.0, 1), (height, -1)):
            marks.append(_line(x, edge + inwards * at, x + size, edge + inwards * at))
            numbers += [_Number(x + size * 1.7, edge + inwards * at, label)] if label else []
    return "".join(marks), numbers


def _ticks(*, inches: bool) -> Iterator[tuple[float, float, str]]:
    """Return distance from the edge, length and label of each tick: millimetres on one side, inches on the other."""
    for at in range(_RULER + 1):
        yield at, -(3.0 if at % 5 == 0 else 1.6), str(at) if at and at % 5 == 0 else ""
    if inches:
        for sixteenth in range(int(_RULER / _INCH * 16) + 1):
            long = sixteenth % 4 == 0
            yield sixteenth * _INCH / 16, 3.0 if long else 1.6, f"{sixteenth / 16:g}″" if sixteenth and long else ""


def _line(left: float, top: float, right: float, bottom: float) -> str:
    return f'<path d="M{left:.3f} {top:.3f}L{right:.3f} {bottom:.3f}"/>'


def _arrow(x: float, foot: float, tip: float, wide: float = 0.0) -> str:
    """Draw an arrow up or down; with a width, its outline, that much larger."""
    along = 1 if tip > foot else -1
    neck = tip - 5 * along
    if not wide:
        return _line(x, foot, x, tip) + f'<path d="M{x - 2:.3f} {neck:.3f}L{x:.3f} {tip:.3f}L{x + 2:.3f} {neck:.3f}"/>'
    half, head = 1.5 * wide, 4.0 * wide
    points = ((half, foot - along), (half, neck), (head, neck), (0, tip + 3 * along))
    outline = [*points, *((-side, at) for side, at in reversed(points))]
    return f'<path stroke-width="0.3" d="M{"L".join(f"{x + side:.3f} {at:.3f}" for side, at in outline)}Z"/>'


def _signed(at: float) -> str:
    return f"{at:g}".replace("-", _MINUS)
