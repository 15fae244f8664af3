"""Draw rows and columns of shaded cells with names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.figures import style
from cardpipe.figures.cells.blocks import draw_block
from cardpipe.figures.label_lines import (
    BOLD_SIZE,
    LINE,
    approximate_width,
    broken,
    canvas_axes,
    line_height,
    lines_height,
    widest_word,
    write_lines,
)
from cardpipe.figures.labels import wrong
from cardpipe.figures.number_format import printed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cardpipe.model.deck import Figure as FigureModel
    from cardpipe.model.diagnostics import Finding

DEEPEST: Final = ("#93bee2", "#f2af86")
"""The shades of the largest positive and negative number; text on them is legible, in dark mode too."""
_MARGIN: Final = 10.0
_GAP: Final = 7.0
_ABOVE: Final = 3.0
"""Space between a name and the cells below it."""
_INDENT: Final = 4.0
"""The minimum padding at the sides of a cell's text."""
_SMALLEST: Final = 20.0
_LARGEST: Final = 56.0
_WIDE: Final = 96.0
"""The maximum width of a cell, which avoids line breaks in the name above it."""
_LOW: Final = 34.0
"""Height of a cell with one line."""
_BESIDE: Final = (0.36, 0.25, 0.15)
"""The fractions of the width that row names may take; the first that leaves enough space for the cells is used."""
_TALLEST_NAME: Final = 200.0
_SCALE_WIDTH: Final = 200.0
_SCALE_STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """Lines of text on a shade; `second_rank` is for padding, `hatched` for a negative number that is not shown."""

    lines: tuple[str, ...]
    tint: str
    second_rank: bool = False
    hatched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Rows of equal length; missing names are left out."""

    rows: tuple[tuple[Cell, ...], ...]
    row_names: tuple[str, ...] = ()
    column_names: tuple[str, ...] = ()
    title: str = ""
    across: str = ""
    """The title above the column names."""
    down: str = ""
    """The title next to the row names, rotated."""
    blocks: Sequence[Mapping[str, int]] = ()
    scale: tuple[float, float] | None = None
    """The numbers of the lightest and darkest shade, if cells do not show theirs."""
    width: float = style.WIDTH
    """The available size in CSS pixels."""


class CellPlan:
    """The layout, in CSS pixels from the upper left corner."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        columns = len(cells.rows[0])
        texts = [line for row in cells.rows for cell in row for line in cell.lines]
        self.needed = max((approximate_width(text) + _INDENT for text in texts), default=0.0)
        # Row names are broken if the cells would not fit next to them.
        for part in _BESIDE:
            self.row_names = [broken(name, part * cells.width) for name in cells.row_names]
            widest = max((approximate_width(line) for lines in self.row_names for line in lines), default=0.0)
            self.left = _MARGIN + (LINE if cells.down else 0.0) + (widest + _GAP if cells.row_names else 0.0)
            room = (cells.width - self.left - _MARGIN) / columns
            if room >= self.needed:
                break
        word = max((widest_word(name) + 6 for name in cells.column_names), default=0.0)
        # Column names are rotated if not even their words fit.
        self.upright = word > room
        names = max((approximate_width(name) + 6 for name in cells.column_names), default=0.0)
        wanted = max(_LARGEST, self.needed, 0.0 if self.upright else max(word, min(names, _WIDE)))
        self.cell = min(room, wanted)
        highest = max(lines_height(cell.lines) for row in cells.rows for cell in row)
        beside = max((lines_height(name) for name in self.row_names), default=LINE)
        self.row = max(_LOW if highest <= LINE else highest + 10, beside + 6)
        if not any(cell.lines for row in cells.rows for cell in row):
            self.row = max(_SMALLEST, beside, min(self.cell, _LOW))
        self.column_names = [[name] if self.upright else broken(name, self.cell - 4) for name in cells.column_names]
        self.names_height = self._names_height()
        self.title = broken(cells.title, cells.width - 2 * _MARGIN, BOLD_SIZE) if cells.title else []
        across = line_height(cells.across) if cells.across else 0.0
        self.top = _MARGIN + lines_height(self.title) + across + self.names_height
        self.right = self.left + columns * self.cell
        self.bottom = self.top + len(cells.rows) * self.row
        titles = max((approximate_width(line, BOLD_SIZE) for line in self.title), default=0.0)
        middle = (self.left + self.right) / 2
        half = max(titles, approximate_width(cells.across), _SCALE_WIDTH if cells.scale else 0.0) / 2
        # A title that is wider than the cells below it may extend over the row names.
        self.shift = max(0.0, half - (middle - _MARGIN))
        self.width = max(self.right, middle + half) + _MARGIN + self.shift
        self.height = self.bottom + _MARGIN + (2 * LINE + 6 if cells.scale else 0.0)

    def too_wide(self) -> int | None:
        """Return the index of the first row name with a word that does not fit."""
        for place, name in enumerate(self.cells.row_names):
            if widest_word(name) > _BESIDE[0] * self.cells.width:
                return place
        return None

    def cramped(self) -> bool:
        """Return whether the cells are too narrow for their content."""
        return self.cell < max(self.needed, _SMALLEST) - 0.01

    def too_long(self) -> int | None:
        """Return the index of the first column name that is rotated and makes the picture too high."""
        if not self.upright:
            return None
        for place, name in enumerate(self.cells.column_names):
            if approximate_width(name) > _TALLEST_NAME:
                return place
        return None

    def _names_height(self) -> float:
        if not self.column_names:
            return 0.0
        if self.upright:
            return max(approximate_width(name) for name in self.cells.column_names) + _GAP
        return max(lines_height(name) for name in self.column_names) + 4


def tint(value: float, low: float, high: float) -> str:
    """Return the tint of a number between two others: white at zero or at the minimum, darkest at the extremes."""
    if low < 0 < high:
        part = value / max(-low, high)
    elif high <= 0 and low < 0:
        part = (value - high) / (high - low) if high > low else -1.0
    else:
        part = (value - low) / (high - low) if high > low else 0.5
    part = max(-1.0, min(1.0, part))
    deep = DEEPEST[0] if part >= 0 else DEEPEST[1]
    channels = [
        round(255 + abs(part) * (int(deep[place : place + 2], 16) - 255)) for place in (1, 3, 5)
    ]  # white is 255 in each component
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def draw(figure: Figure, plan: CellPlan) -> None:
    """Draw the cells on an empty figure in the shared style, of the plan's width and height."""
    axes = canvas_axes(figure, plan.width, plan.height, left=-plan.shift)
    for number, row in enumerate(plan.cells.rows):
        for column, cell in enumerate(row):
            _draw_cell(axes, plan, plan.left + column * plan.cell, plan.top + number * plan.row, cell)
    for block in plan.cells.blocks:
        corner = (plan.left + (block["column"] - 1) * plan.cell, plan.top + (block["row"] - 1) * plan.row)
        draw_block(axes, corner, (block["columns"] * plan.cell, block["rows"] * plan.row))
    _draw_names(axes, plan)
    _draw_words(axes, plan)
    if plan.cells.scale is not None:
        _draw_scale(axes, plan, *plan.cells.scale)


def _draw_cell(axes: Axes, plan: CellPlan, x: float, y: float, cell: Cell) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x, y), plan.cell, plan.row, facecolor=cell.tint, edgecolor=style.LINE, linewidth=1))
    if cell.hatched:
        _hatch(axes, (x, y), (plan.cell, plan.row))
    colour = style.MUTED if cell.second_rank else style.INK
    write_lines(axes, x + plan.cell / 2, y + plan.row / 2, cell.lines, ha="center", color=colour, zorder=5)


def _hatch(axes: Axes, corner: tuple[float, float], size: tuple[float, float]) -> None:
    """Draw hatching for negative numbers: in greyscale their tint equals that of positive ones."""
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle(corner, *size, facecolor="none", edgecolor=style.PALETTE[1], linewidth=0, hatch="//", zorder=1.2)
    )


def _draw_names(axes: Axes, plan: CellPlan) -> None:
    for number, lines in enumerate(plan.row_names):
        middle = plan.top + (number + 0.5) * plan.row
        write_lines(axes, plan.left - _GAP, middle, lines, ha="right", zorder=5)
    for number, lines in enumerate(plan.column_names):
        x = plan.left + (number + 0.5) * plan.cell
        if plan.upright:
            axes.text(x, plan.top - _GAP, lines[0], ha="center", va="bottom", rotation=90)
            continue
        write_lines(axes, x, plan.top - _ABOVE - lines_height(lines) / 2, lines, ha="center")


def _draw_words(axes: Axes, plan: CellPlan) -> None:
    middle = (plan.left + plan.right) / 2
    titles = lines_height(plan.title)
    write_lines(axes, middle, _MARGIN - _ABOVE + titles / 2, plan.title, ha="center", weight="bold")
    if plan.cells.across:
        y = _MARGIN - _ABOVE + titles + line_height(plan.cells.across) / 2
        write_lines(axes, middle, y, [plan.cells.across], ha="center", color=style.MUTED)
    if plan.cells.down:
        y = (plan.top + plan.bottom) / 2
        axes.text(_MARGIN + 8, y, plan.cells.down, ha="center", va="center", rotation=90, color=style.MUTED)


def _draw_scale(axes: Axes, plan: CellPlan, low: float, high: float) -> None:
    """Draw a colour scale below the cells, with the numbers at its ends."""
    from matplotlib.patches import Rectangle

    left = (plan.left + plan.right - _SCALE_WIDTH) / 2
    top = plan.bottom + 12
    step = _SCALE_WIDTH / _SCALE_STEPS
    for number in range(_SCALE_STEPS):
        colour = tint(low + (number + 0.5) / _SCALE_STEPS * (high - low), low, high)
        axes.add_patch(
            Rectangle((left + number * step, top), step, 12, facecolor=colour, edgecolor=colour, linewidth=0.5)
        )
    if low < 0 < high:
        _hatch(axes, (left, top), (_SCALE_WIDTH * -low / (high - low), 12))
    axes.add_patch(Rectangle((left, top), _SCALE_WIDTH, 12, facecolor="none", edgecolor=style.LINE, linewidth=1))
    for x, side, value in ((left, "left", low), (left + _SCALE_WIDTH, "right", high)):
        axes.text(x, top + 28, printed(value), ha=side, va="baseline")


def room_findings(
    figure: FigureModel, plan: CellPlan, *, rows: str, columns: str, cells: str, across: str, down: str
) -> Iterator[Finding]:
    """Find names, numbers and words that do not fit; the keys are those of the field in YAML."""
    wide, long = plan.too_wide(), plan.too_long()
    if wide is not None:
        yield wrong(figure, (rows, wide), "A word of this name is too wide.")
    elif long is not None:
        yield wrong(figure, (columns, long), "This name is too long for a vertical column name.")
    elif plan.cramped():
        yield wrong(
            figure,
            (cells,),
            "The cells are too narrow for their content.",
            "Use fewer columns, fewer digits or shorter names.",
        )
    elif approximate_width(plan.cells.across) > plan.cells.width - 2 * _MARGIN:
        yield wrong(figure, (across,), "There is no room for these words above the columns.", "Shorten it.")
    elif approximate_width(plan.cells.down) > plan.height:
        yield wrong(figure, (down,), "There is no room for these words beside the rows.", "Shorten it.")
    elif widest_word(plan.cells.title, BOLD_SIZE) > plan.cells.width - 2 * _MARGIN:
        yield wrong(figure, ("title",), "A word of the title is wider than the figure.", "Shorten it.")
