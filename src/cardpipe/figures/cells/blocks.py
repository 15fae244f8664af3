"""Blocks of cells to highlight: their field, what can be wrong with them, and how they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.labels import wrong
from cardpipe.source.fields import Field, Integer, ListOf, Record
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.axes import Axes

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

MOST: Final = 18
"""The maximum number of rows and columns of a figure."""
HIGHLIGHT: Final = Field(
    "highlight",
    ListOf(
        Record(
            (
                Field("row", Integer(1, MOST), "First row, counted from 1.", required=True, example=1),
                Field("column", Integer(1, MOST), "First column, counted from 1.", required=True, example=1),
                Field("rows", Integer(1, MOST), "Number of rows.", example=3, default=1),
                Field("columns", Integer(1, MOST), "Number of columns.", example=3, default=1),
            ),
            name="block of cells",
        ),
        max=8,
    ),
    "Blocks of cells to highlight with a frame.",
    example=[{"row": 1, "column": 1}],
)


def block_findings(
    figure: Figure, values: Mapping[str, Any], path: tuple[str | int, ...], what: str, size: tuple[int, int]
) -> Iterator[Finding]:
    """Find blocks outside of a size in rows and columns; `what` names it in the message."""
    rows, columns = size
    whole = f"{counted(rows, 'row')} and {counted(columns, 'column')}"
    for place, block in enumerate(values.get("highlight", ())):
        if block["row"] + block["rows"] - 1 > rows or block["column"] + block["columns"] - 1 > columns:
            yield wrong(
                figure,
                (*path, "highlight", place),
                f"This block is partly outside of the {what}, which has {whole}.",
                "Move it, or make it smaller.",
            )


def unequal_rows(
    figure: Figure, rows: tuple[tuple[Any, ...], ...], path: tuple[str | int, ...], what: str
) -> Iterator[Finding]:
    """Find rows that are not as long as the first; `what` names one item in the message."""
    columns = len(rows[0]) if rows else 0
    for place, row in enumerate(rows):
        if len(row) != columns:
            yield wrong(
                figure,
                (*path, place),
                f"This row has {counted(len(row), what)}, but the first has {columns}.",
                "Write as many in each row.",
            )


def draw_block(axes: Axes, corner: tuple[float, float], size: tuple[float, float], *, filled: bool = False) -> None:
    """Frame a block of cells, given by its upper left corner and its size in the axes' units."""
    from matplotlib.patches import Rectangle

    if filled:
        axes.add_patch(Rectangle(corner, *size, facecolor=style.PALETTE[1], alpha=0.14, linewidth=0, zorder=1.5))
    axes.add_patch(Rectangle(corner, *size, facecolor="none", edgecolor=style.PALETTE[1], linewidth=3, zorder=4))
