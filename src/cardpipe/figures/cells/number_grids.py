"""Draw grids of numbers, side by side if they fit, otherwise below each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.figures import style
from cardpipe.figures.label_lines import BOLD_SIZE, approximate_width, broken, lines_height, write_lines
from cardpipe.figures.number_format import printed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARGIN: Final = 10.0
_GAP: Final = 16.0
_OPERATOR_WIDTH: Final = 38.0
_ROW_GAP: Final = 18.0
_NARROWEST: Final = 120.0
_ABOVE: Final = 3.0
"""Between a title and its grid."""
SMALLEST_CELL: Final = 25.5
LARGEST_CELL: Final = 40.0
_DIGIT: Final = 0.64 * style.TEXT_SIZE
"""Width of a digit of DejaVu Sans in CSS pixels."""


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of cells to highlight: its first row and column, counted from 1, and its size in cells."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Numbers in rows of equal length, with a title, highlighted blocks, and rings of padding."""

    values: tuple[tuple[float, ...], ...]
    title: str = ""
    padding: int = 0
    highlight: tuple[Block, ...] = ()

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.values)

    @property
    def columns(self) -> int:
        """The number of columns."""
        return len(self.values[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Grids:
    """Grids in reading order, and the operators between them (empty for none)."""

    grids: tuple[Grid, ...]
    operators: tuple[str, ...]
    width: float = style.WIDTH
    """The width of a row of grids in CSS pixels."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A grid with its operator and the upper left corner of its first cell."""

    grid: Grid
    operator: str
    x: float
    y: float


def is_padding(rings: int, size: tuple[int, int], row: int, column: int) -> bool:
    """Return whether a cell, counted from 0, is in the outer rings of a size in rows and columns."""
    return min(row, column, size[0] - 1 - row, size[1] - 1 - column) < rings


def cell_size(grids: Grids) -> float:
    """Return the side of a cell in CSS pixels: as large as the width allows, at least as wide as its number."""
    longest = max(len(printed(value)) for grid in grids.grids for row in grid.values for value in row)
    needed = max(SMALLEST_CELL, longest * _DIGIT + 8)
    columns = sum(grid.columns for grid in grids.grids)
    room = grids.width - 2 * _MARGIN - sum(_between(operator) for operator in grids.operators)
    return max(needed, min(LARGEST_CELL, room / columns))


def too_wide(grid: Grid, grids: Grids) -> bool:
    """Return whether a grid is wider than a figure."""
    return grid.columns * cell_size(grids) > grids.width - 2 * _MARGIN


def _between(operator: str) -> float:
    return _OPERATOR_WIDTH if operator else _GAP


def _title_lines(grid: Grid, cell: float) -> list[str]:
    """The title, broken between words so that it stays above its grid where it can."""
    return [line for line in broken(grid.title, max(grid.columns * cell + 12, 90.0), BOLD_SIZE) if line]


def _width(grid: Grid, cell: float) -> float:
    title = max((approximate_width(line, BOLD_SIZE) for line in _title_lines(grid, cell)), default=0.0)
    return max(grid.columns * cell, title)


def _arranged(grids: Grids) -> tuple[list[_Placed], float, float]:
    """Each grid's place, and the picture's width and height; a row is broken where the next grid would leave it."""
    cell = cell_size(grids)
    rows: list[list[tuple[Grid, str]]] = []
    widths: list[float] = []
    for grid, operator in zip(grids.grids, ("", *grids.operators), strict=True):
        lead = _between(operator)
        width = _width(grid, cell)
        if rows and widths[-1] + lead + width <= grids.width - 2 * _MARGIN:
            rows[-1].append((grid, operator))
            widths[-1] += lead + width
        else:
            rows.append([(grid, operator)])
            widths.append(width + (_OPERATOR_WIDTH if operator else 0.0))
    placed: list[_Placed] = []
    y = _MARGIN
    total = max(_NARROWEST, max(widths) + 2 * _MARGIN)
    for row, width in zip(rows, widths, strict=True):
        titles = max(lines_height(_title_lines(grid, cell)) for grid, _ in row)
        tallest = max(grid.rows for grid, _ in row) * cell
        x = (total - width) / 2
        for place, (grid, operator) in enumerate(row):
            if operator:
                x += _OPERATOR_WIDTH
            elif place:
                x += _GAP
            own = _width(grid, cell)
            placed.append(
                _Placed(
                    grid, operator, x + (own - grid.columns * cell) / 2, y + titles + (tallest - grid.rows * cell) / 2
                )
            )
            x += own
        y += titles + tallest + _ROW_GAP
    return placed, total, y - _ROW_GAP + _MARGIN


def size(grids: Grids) -> tuple[float, float]:
    """Return the width and height of the picture in CSS pixels."""
    return _arranged(grids)[1:]


def draw(figure: Figure, grids: Grids) -> None:
    """Draw the grids on an empty figure in the shared style, of the size `size(grids)`."""
    placed, width, total = _arranged(grids)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(total, 0))
    axes.set_axis_off()
    cell = cell_size(grids)
    for each in placed:
        _draw_grid(axes, each, cell)


def _draw_grid(axes: Axes, placed: _Placed, cell: float) -> None:
    from matplotlib.patches import Rectangle

    grid = placed.grid
    for row, values in enumerate(grid.values):
        for column, value in enumerate(values):
            x, y = placed.x + column * cell, placed.y + row * cell
            padding = is_padding(grid.padding, (grid.rows, grid.columns), row, column)
            axes.add_patch(
                Rectangle(
                    (x, y),
                    cell,
                    cell,
                    facecolor=style.TINTS[5] if padding else style.BACKGROUND,
                    edgecolor=style.LINE,
                    linewidth=1,
                )
            )
            axes.text(
                x + cell / 2,
                y + cell / 2,
                printed(value),
                ha="center",
                va="center_baseline",
                color=style.MUTED if padding else style.INK,
            )
    for block in grid.highlight:
        corner = (placed.x + (block.column - 1) * cell, placed.y + (block.row - 1) * cell)
        size = (block.columns * cell, block.rows * cell)
        axes.add_patch(Rectangle(corner, *size, facecolor=style.PALETTE[1], alpha=0.14, linewidth=0, zorder=1.5))
        axes.add_patch(Rectangle(corner, *size, facecolor="none", edgecolor=style.PALETTE[1], linewidth=3, zorder=4))
    _draw_words(axes, placed, cell)


def _draw_words(axes: Axes, placed: _Placed, cell: float) -> None:
    grid = placed.grid
    lines = _title_lines(grid, cell)
    middle = placed.y - _ABOVE - lines_height(lines) / 2
    write_lines(axes, placed.x + grid.columns * cell / 2, middle, lines, ha="center", weight="bold")
    if placed.operator:
        own = (_width(grid, cell) - grid.columns * cell) / 2
        axes.text(
            placed.x - own - _OPERATOR_WIDTH / 2,
            placed.y + grid.rows * cell / 2,
            placed.operator,
            ha="center",
            va="center_baseline",
            fontsize=1.5 * style.TEXT_SIZE,
        )
