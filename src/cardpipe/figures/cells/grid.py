"""The figure kind `grid`: numbers in cells, such as an image, a kernel and their convolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.cells import number_grids
from cardpipe.figures.cells.blocks import HIGHLIGHT, MOST, block_findings, blocks, unequal_rows
from cardpipe.figures.declared import DeclaredKind, Scene
from cardpipe.figures.field_spans import wrong
from cardpipe.figures.label_lines import BOLD_SIZE, approximate_width
from cardpipe.figures.labels import LABEL, label_findings
from cardpipe.source.fields import Choice, Field, Integer, ListOf, Number, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_TALLEST: Final = 1200.0
_NONE: Final = "none"
_OPERATORS: Final = ("*", "=", "+", "-", "·", "\N{MULTIPLICATION SIGN}", "⊙", "→", "≈", _NONE)
_GRID_FIELDS: Final = (
    Field(
        "values",
        ListOf(ListOf(Number(), min=1, max=MOST), min=1, max=MOST),
        "The numbers, row by row; all rows have the same length.",
        example=[[0, 0, 0], [0, 5, 0], [0, 0, 0]],
    ),
    Field("title", LABEL, "The title; `$…$` is typeset.", example="Padded image"),
    Field("padding", Integer(0, 8), "Number of outer rings of padding cells, which are shaded.", example=1, default=0),
    HIGHLIGHT,
)
FIELDS: Final = (
    *_GRID_FIELDS,
    Field(
        "grids",
        ListOf(Record(_GRID_FIELDS, name="grid"), min=1, max=6),
        "Several grids in reading order, each with the four keys above, which then are not allowed next to it.",
        example=[{"title": "Input", "values": [[1, 2]]}, {"title": "Output", "values": [[2, 4]]}],
    ),
    Field("operators", ListOf(Choice(_OPERATORS), max=5), "The operators between the grids.", example=["*", "="]),
)


_EXAMPLE: Final = """\
grids:
  - title: Image
    values: [[1, 2, 0, 1], [0, 3, 1, 2], [2, 1, 0, 0], [1, 0, 2, 3]]
    highlight: [{row: 1, column: 1, rows: 2, columns: 2}]
  - {title: Kernel, values: [[1, 0], [0, -1]]}
  - title: Result
    values: [[-2, 1, -2], [-1, 3, 1], [2, -1, -3]]
    highlight: [{row: 1, column: 1}]
operators: ["*", "="]
"""


def _findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    """Find rows of unequal length, blocks outside their grid, too many operators, and excessive sizes."""
    if ("values" in values) == ("grids" in values):
        yield wrong(figure, ("grids",), "A grid must have either `values` or `grids`.")
        return
    findings: list[Finding] = []
    several = "grids" in values
    for place, grid in enumerate(values["grids"] if several else [values]):
        path = ("grids", place) if several else ()
        findings += _grid_findings(figure, grid, path)
    if several:
        findings += [
            wrong(figure, (key,), "This key belongs to a single grid.", "Move it into `grids`.")
            for key in ("title", "highlight")
            if key in values
        ]
    gaps = len(values["grids"]) - 1 if several else 0
    if len(values.get("operators", ())) not in ({0, gaps}):
        findings.append(
            wrong(
                figure,
                ("operators",),
                f"There are {len(values['operators'])} operators for {gaps} gaps between grids.",
                f"Write one for each gap, {_NONE} for no operator.",
            )
        )
    yield from findings or _size_findings(figure, _grids(values, width))


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    grids = _grids(values, width)
    return Scene(*number_grids.size(grids), lambda canvas: number_grids.draw(canvas, grids))


def _grid_findings(figure: Figure, grid: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Finding]:
    if "values" not in grid:
        yield wrong(figure, path, "This grid has no values.", "Add `values: [[…], […]]`.")
        return
    rows = grid["values"]
    columns = len(rows[0]) if rows else 0
    yield from unequal_rows(figure, rows, (*path, "values"), "numbers")
    if 2 * grid.get("padding", 0) >= min(len(rows), columns) and grid.get("padding", 0):
        yield wrong(figure, (*path, "padding"), "The padding leaves no inner cell.")
    yield from block_findings(figure, grid, path, "grid", (len(rows), columns))
    if "title" in grid:
        yield from label_findings(grid["title"], 60)


def _size_findings(figure: Figure, grids: number_grids.Grids) -> list[Finding]:
    several = len(grids.grids) > 1
    for place, grid in enumerate(grids.grids):
        path = ("grids", place, "values") if several else ("values",)
        if number_grids.too_wide(grid, grids):
            cell = number_grids.cell_size(grids)
            fits = int((grids.width - 20) / cell)
            return [wrong(figure, path, f"The grid is too wide: with these numbers, {fits} columns fit.")]
        longest = max(grid.title.split(), key=len, default="")
        if approximate_width(longest, BOLD_SIZE) > grids.width - 20:
            return [wrong(figure, path, "A word of the grid's title is wider than the figure.")]
    if number_grids.size(grids)[1] > _TALLEST:
        return [wrong(figure, ("grids",), "The grids are too high for one figure.", "Split them into several figures.")]
    return []


def _grids(values: Mapping[str, Any], width: float) -> number_grids.Grids:
    grids = tuple(_grid(grid) for grid in values.get("grids", (values,)))
    operators = values.get("operators") or (_NONE,) * (len(grids) - 1)
    shown = {_NONE: "", "-": "\N{MINUS SIGN}"}
    return number_grids.Grids(
        grids=grids, operators=tuple(shown.get(operator, operator) for operator in operators), width=width
    )


def _grid(grid: Mapping[str, Any]) -> number_grids.Grid:
    return number_grids.Grid(
        values=tuple(tuple(row) for row in grid["values"]),
        title=grid["title"].text if "title" in grid else "",
        padding=grid.get("padding", 0),
        highlight=blocks(grid),
    )


KIND: Final = DeclaredKind(
    name="grid",
    summary="One or several grids of numbers, with highlighted and padding cells.",
    synonyms=(
        "array",
        "convolution",
        "pixels",
        "cells",
    ),
    fields=FIELDS,
    example=_EXAMPLE,
    findings=_findings,
    scene=_scene,
)
