"""Highlighted blocks of cells: field, checks and decoded values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.cells.number_grids import Block
from cardpipe.figures.field_spans import wrong
from cardpipe.source.fields import Field, Integer, ListOf, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    for place, block in enumerate(values.get("highlight", ())):
        if block["row"] + block["rows"] - 1 > rows or block["column"] + block["columns"] - 1 > columns:
            yield wrong(
                figure,
                (*path, "highlight", place),
                f"This block is partly outside of the {what}, which has {rows} rows and {columns} columns.",
            )


def unequal_rows(
    figure: Figure, rows: tuple[tuple[Any, ...], ...], path: tuple[str | int, ...], what: str
) -> Iterator[Finding]:
    """Find rows that are not as long as the first; `what` names their items in the message."""
    columns = len(rows[0]) if rows else 0
    for place, row in enumerate(rows):
        if len(row) != columns:
            yield wrong(figure, (*path, place), f"This row has {len(row)} {what}, but the first has {columns}.")


def blocks(values: Mapping[str, Any]) -> tuple[Block, ...]:
    """Build blocks from decoded values."""
    return tuple(
        Block(block["row"], block["column"], block["rows"], block["columns"]) for block in values.get("highlight", ())
    )
