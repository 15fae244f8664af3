"""The figure kind `grid`: numbers in cells, such as an image, a kernel and what a convolution makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.cells import number_grids
from cardpipe.figures.cells.blocks import HIGHLIGHT, MOST, block_findings, unequal_rows
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.label_lines import BOLD_SIZE, approximate_width
from cardpipe.figures.labels import Label, wrong
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
    Field("title", Label(60), "Words above it; `$…$` is typeset.", example="Padded image"),
    Field("padding", Integer(0, 8), "How many outer rings of cells are padding, and shaded.", example=1, default=0),
    HIGHLIGHT,
)
FIELDS: Final = (
    *_GRID_FIELDS,
    Field(
        "grids",
        ListOf(Record(_GRID_FIELDS, name="grid"), min=1, max=6),
        "Several grids in reading order, each with the four keys above, which then do not stand beside it.",
        example=[{"title": "Input", "values": [[1, 2]]}, {"title": "Output", "values": [[2, 4]]}],
    ),
    Field("operators", ListOf(Choice(_OPERATORS), max=5), "What stands between the grids.", example=["*", "="]),
)


def _findings(figure: Figure, values: Mapping[str, Any], _width: float) -> Iterator[Finding]:
    """Rows of unequal length, blocks outside their grid, operators too many, and what is too large to draw."""
    if ("values" in values) == ("grids" in values):
        yield wrong(figure, ("grids",), "A grid has `values`, or `grids` for several: one of the two.")
        return
    several = "grids" in values
    for place, grid in enumerate(values["grids"] if several else [values]):
        path = ("grids", place) if several else ()
        yield from _grid_findings(figure, grid, path)
    for key in ("title", "highlight"):
        if several and key in values:
            yield wrong(figure, (key,), "This key belongs to one grid.", "Move it into `grids`.")
    gaps = len(values["grids"]) - 1 if several else 0
    if len(values.get("operators", ())) not in ({0, gaps}):
        message = f"There are {len(values['operators'])} operators for {gaps} gaps between grids."
        yield wrong(figure, ("operators",), message, f"Write one for each gap, {_NONE} where there is none.")


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
        yield wrong(figure, (*path, "padding"), "So much padding leaves no cell inside it.")
    yield from block_findings(figure, grid, path, "grid", (len(rows), columns))


def _size_findings(figure: Figure, values: Mapping[str, Any], width: float) -> list[Finding]:
    grids = _grids(values, width)
    several = len(grids.grids) > 1
    for place, grid in enumerate(grids.grids):
        path = ("grids", place, "values") if several else ("values",)
        if number_grids.too_wide(grid, grids):
            cell = number_grids.cell_size(grids)
            fits = int((grids.width - 20) / cell)
            return [wrong(figure, path, f"This grid is too wide: with such numbers, {fits} columns fit.")]
        longest = max(grid.title.split(), key=len, default="")
        if approximate_width(longest, BOLD_SIZE) > grids.width - 20:
            return [wrong(figure, path, "A word of this grid's title is wider than the figure.")]
    if number_grids.size(grids)[1] > _TALLEST:
        return [wrong(figure, ("grids",), "These grids are too high for one figure.", "Divide them among figures.")]
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
        highlight=grid.get("highlight", ()),
    )


KIND: Final = DeclaredKind(
    name="grid",
    summary="One or several grids of numbers, with highlighted and padding cells.",
    synonyms=("array", "convolution", "pixels", "cells"),
    fields=FIELDS,
    example=example_of("grid"),
    findings=_findings,
    room=_size_findings,
    scene=_scene,
)
