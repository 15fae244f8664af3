"""Draw grids of numbers, side by side if they fit, otherwise below each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.cells.blocks import draw_block
from cardpipe.figures.label_lines import BOLD_SIZE, approximate_width, broken, canvas_axes, lines_height, write_lines
from cardpipe.figures.labels import words
from cardpipe.figures.number_format import printed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NONE: Final = "none"
"""The word for no operator between two grids."""
_MARGIN: Final = 10.0
_GAP: Final = 16.0
_OPERATOR_WIDTH: Final = 38.0
_ROW_GAP: Final = 18.0
_NARROWEST: Final = 120.0
_ABOVE: Final = 3.0
"""Space between a title and its grid."""
SMALLEST_CELL: Final = 25.5
LARGEST_CELL: Final = 40.0
_DIGIT: Final = 0.64 * style.TEXT_SIZE
"""Width of a digit of DejaVu Sans in CSS pixels."""


class Grid:
    """A grid of numbers: lines of its title, size in cells, and position in CSS pixels."""

    def __init__(self, values: Mapping[str, Any], operator: str, cell: float) -> None:
        self.values = values["values"]
        self.rows, self.columns = len(self.values), len(self.values[0])
        self.padding: int = values.get("padding", 0)
        self.highlight: Sequence[Mapping[str, int]] = values.get("highlight", ())
        self.operator = operator
        """The operator before it; empty if there is none."""
        self.inner = self.columns * cell
        self.title = words(values, "title")
        # Broken between words so that it is not wider than its grid if possible.
        self.lines = [line for line in broken(self.title, max(self.inner + 12, 90.0), BOLD_SIZE) if line]
        self.width = max([self.inner, *(approximate_width(line, BOLD_SIZE) for line in self.lines)])
        self.x = self.y = 0.0
        """The upper left corner of its first cell."""


class GridPlan:
    """Grids in reading order in a width in CSS pixels; a new row begins where the next grid does not fit."""

    def __init__(self, values: Mapping[str, Any], width: float) -> None:
        given = values.get("grids", (values,))
        shown = {NONE: "", "-": "\N{MINUS SIGN}"}
        operators = ["", *(shown.get(sign, sign) for sign in values.get("operators") or (NONE,) * (len(given) - 1))]
        self.room = width - 2 * _MARGIN
        self.cell = self._cell_size([grid["values"] for grid in given], operators[1:])
        self.grids = [Grid(grid, operator, self.cell) for grid, operator in zip(given, operators, strict=True)]
        rows: list[list[Grid]] = []
        widths: list[float] = []
        for grid in self.grids:
            lead = _between(grid.operator)
            if rows and widths[-1] + lead + grid.width <= self.room:
                rows[-1].append(grid)
                widths[-1] += lead + grid.width
            else:
                rows.append([grid])
                widths.append(grid.width + (_OPERATOR_WIDTH if grid.operator else 0.0))
        self.width = max(_NARROWEST, max(widths) + 2 * _MARGIN)
        y = _MARGIN
        for row, taken in zip(rows, widths, strict=True):
            titles = max(lines_height(grid.lines) for grid in row)
            tallest = max(grid.rows for grid in row) * self.cell
            x = (self.width - taken) / 2
            for place, grid in enumerate(row):
                x += _between(grid.operator) if place or grid.operator else 0.0
                grid.x = x + (grid.width - grid.inner) / 2
                grid.y = y + titles + (tallest - grid.rows * self.cell) / 2
                x += grid.width
            y += titles + tallest + _ROW_GAP
        self.height = y - _ROW_GAP + _MARGIN

    def _cell_size(self, grids: Sequence[Sequence[Sequence[float]]], operators: Sequence[str]) -> float:
        """Return the side of a cell: as large as the width allows, never so small that a number does not fit."""
        longest = max(len(printed(value)) for grid in grids for row in grid for value in row)
        needed = max(SMALLEST_CELL, longest * _DIGIT + 8)
        room = self.room - sum(map(_between, operators))
        return max(needed, min(LARGEST_CELL, room / sum(len(grid[0]) for grid in grids)))


def is_padding(rings: int, size: tuple[int, int], row: int, column: int) -> bool:
    """Return whether a cell, counted from 0, is in the outer rings of a size in rows and columns."""
    return min(row, column, size[0] - 1 - row, size[1] - 1 - column) < rings


def _between(operator: str) -> float:
    return _OPERATOR_WIDTH if operator else _GAP


def draw(figure: Figure, plan: GridPlan) -> None:
    """Draw the grids on an empty figure in the shared style, of the plan's width and height."""
    axes = canvas_axes(figure, plan.width, plan.height)
    for grid in plan.grids:
        _draw_grid(axes, grid, plan.cell)


def _draw_grid(axes: Axes, grid: Grid, cell: float) -> None:
    from matplotlib.patches import Rectangle

    for row, values in enumerate(grid.values):
        for column, value in enumerate(values):
            x, y = grid.x + column * cell, grid.y + row * cell
            padding = is_padding(grid.padding, (grid.rows, grid.columns), row, column)
            ground, colour = (style.TINTS[5], style.MUTED) if padding else (style.BACKGROUND, style.INK)
            axes.add_patch(Rectangle((x, y), cell, cell, facecolor=ground, edgecolor=style.LINE, linewidth=1))
            place = (x + cell / 2, y + cell / 2)
            axes.text(*place, printed(value), ha="center", va="center_baseline", color=colour)
    for block in grid.highlight:
        corner = (grid.x + (block["column"] - 1) * cell, grid.y + (block["row"] - 1) * cell)
        draw_block(axes, corner, (block["columns"] * cell, block["rows"] * cell), filled=True)
    middle = grid.y - _ABOVE - lines_height(grid.lines) / 2
    write_lines(axes, grid.x + grid.inner / 2, middle, grid.lines, ha="center", weight="bold")
    if grid.operator:
        x, y = grid.x - (grid.width - grid.inner) / 2 - _OPERATOR_WIDTH / 2, grid.y + grid.rows * cell / 2
        size = 1.5 * style.TEXT_SIZE
        axes.text(x, y, grid.operator, ha="center", va="center_baseline", fontsize=size)
