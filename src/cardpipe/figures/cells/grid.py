"""The figure kind `grid`: numbers in cells, such as an image, a kernel and their convolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.cells.blocks import HIGHLIGHT, MOST, block_findings, unequal_rows
from cardpipe.figures.cells.number_grids import NONE, GridPlan, draw
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.label_lines import BOLD_SIZE, widest_word
from cardpipe.figures.labels import Label, wrong
from cardpipe.source.fields import Choice, Field, Integer, ListOf, Number, Record
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_TALLEST: Final = 1200.0
_OPERATORS: Final = ("*", "=", "+", "-", "·", "\N{MULTIPLICATION SIGN}", "⊙", "→", "≈", NONE)
_GRID_FIELDS: Final = (
    Field(
        "values",
        ListOf(ListOf(Number(), min=1, max=MOST), min=1, max=MOST),
        "The numbers, row by row; all rows have the same length.",
        example=[[0, 0, 0], [0, 5, 0], [0, 0, 0]],
    ),
    Field("title", Label(60), "The title; `$…$` is typeset.", example="Padded image"),
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


def _findings(figure: Figure, values: Mapping[str, Any], _width: float) -> Iterator[Finding]:
    """Find rows of unequal length, blocks outside their grid, too many operators, and excessive sizes."""
    if ("values" in values) == ("grids" in values):
        yield wrong(figure, ("grids",), "A grid must have either `values` or `grids`.", "Keep one of them.")
        return
    several = "grids" in values
    for place, grid in enumerate(values["grids"] if several else [values]):
        path = ("grids", place) if several else ()
        yield from _grid_findings(figure, grid, path)
    for key in ("title", "highlight"):
        if several and key in values:
            yield wrong(figure, (key,), "This key belongs to a single grid.", "Move it into `grids`.")
    gaps = len(values["grids"]) - 1 if several else 0
    if len(values.get("operators", ())) not in ({0, gaps}):
        message = f"Found {counted(len(values['operators']), 'operator')} for {counted(gaps, 'gap')} between grids."
        yield wrong(figure, ("operators",), message, f"Write one for each gap, {NONE} for no operator.")


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    plan = GridPlan(values, width)
    return Scene(plan.width, plan.height, lambda canvas: draw(canvas, plan))


def _grid_findings(figure: Figure, grid: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Finding]:
    if "values" not in grid:
        yield wrong(figure, path, "This grid has no values.", "Add `values: [[…], […]]`.")
        return
    rows = grid["values"]
    columns = len(rows[0]) if rows else 0
    yield from unequal_rows(figure, rows, (*path, "values"), "number")
    if 2 * grid.get("padding", 0) >= min(len(rows), columns) and grid.get("padding", 0):
        yield wrong(figure, (*path, "padding"), "The padding leaves no inner cell.", "Write a smaller number.")
    yield from block_findings(figure, grid, path, "grid", (len(rows), columns))


def _size_findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    plan = GridPlan(values, width)
    for place, grid in enumerate(plan.grids):
        path = ("grids", place, "values") if len(plan.grids) > 1 else ("values",)
        if grid.inner > plan.room:
            fits = int(plan.room / plan.cell)
            yield wrong(
                figure,
                path,
                f"The grid is too wide: with these numbers, {counted(fits, 'column')} fit.",
                "Split it, or round the numbers.",
            )
            return
        if widest_word(grid.title, BOLD_SIZE) > plan.room:
            yield wrong(figure, path, "A word of the grid's title is wider than the figure.", "Shorten it.")
            return
    if plan.height > _TALLEST:
        yield wrong(figure, ("grids",), "The grids are too high for one figure.", "Split them into several figures.")


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
