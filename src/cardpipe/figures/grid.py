"""The figure kind `grid`: numbers in cells, such as an image, a kernel and what a convolution makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.fields import Choice, Field, Integer, ListOf, Number, Record, Text
from cardpipe.figures import number_grids
from cardpipe.figures.labels import approximate_width, label_findings
from cardpipe.figures.places import wrong
from cardpipe.figures.style import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.diagnostics import Finding
    from cardpipe.figure_kind import Drawing
    from cardpipe.model import Deck, Figure
    from cardpipe.rendered import FigureForm

_MOST: Final = 18
_TALLEST: Final = 1200.0
_NONE: Final = "none"
_OPERATORS: Final = ("*", "=", "+", "-", "·", "\N{MULTIPLICATION SIGN}", "⊙", "→", "≈", _NONE)
_BLOCK: Final = Record(
    (
        Field("row", Integer(1, _MOST), "First row, counted from 1.", required=True, example=1),
        Field("column", Integer(1, _MOST), "First column, counted from 1.", required=True, example=1),
        Field("rows", Integer(1, _MOST), "How many rows.", example=3, default=1),
        Field("columns", Integer(1, _MOST), "How many columns.", example=3, default=1),
    ),
    name="block of cells",
)
_GRID_FIELDS: Final = (
    Field(
        "values",
        ListOf(ListOf(Number(), min=1, max=_MOST), min=1, max=_MOST),
        "The numbers, row by row; all rows have the same length.",
        example=[[0, 0, 0], [0, 5, 0], [0, 0, 0]],
    ),
    Field(
        "title", Text(single_line=True, any_scalar=True), "Words above it; `$…$` is typeset.", example="Padded image"
    ),
    Field("padding", Integer(0, 8), "How many outer rings of cells are padding, and shaded.", example=1, default=0),
    Field("highlight", ListOf(_BLOCK, max=8), "Blocks of cells to frame.", example=[{"row": 1, "column": 1}]),
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


class GridKind:
    """Draws one grid of numbers or several."""

    name = "grid"
    summary = "One or several grids of numbers, with highlighted and padding cells."
    fields = FIELDS

    def check(self, figure: Figure, values: Mapping[str, Any], deck: Deck) -> Sequence[Finding]:  # noqa: ARG002 - the interface
        """Find rows of unequal length, blocks outside their grid, operators too many, and what is too large to draw."""
        if ("values" in values) == ("grids" in values):
            return [wrong(figure, ("grids",), "A grid has `values`, or `grids` for several: one of the two.")]
        findings: list[Finding] = []
        several = "grids" in values
        for place, grid in enumerate(values["grids"] if several else [values]):
            path = ("grids", place) if several else ()
            findings += _grid_findings(figure, grid, path)
        if several:
            findings += [
                wrong(figure, (key,), "This key belongs to one grid.", "Move it into `grids`.")
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
                    f"Write one for each gap, {_NONE} where there is none.",
                )
            )
        return findings or _size_findings(figure, _grids(values))

    def inputs(self, values: Mapping[str, Any], deck: Deck) -> Sequence[bytes]:  # noqa: ARG002 - the interface
        """Nothing beside the values."""
        return ()

    def draw(self, values: Mapping[str, Any], deck: Deck, form: FigureForm) -> Drawing:  # noqa: ARG002 - the interface
        """Draw; the values have passed `check`."""
        from cardpipe.figures.style import paint

        grids = _grids(values)
        width, height = number_grids.size(grids)
        return paint(lambda figure: number_grids.draw(figure, grids), form, width=width, height=height)


def _grid_findings(figure: Figure, grid: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Finding]:
    if "values" not in grid:
        yield wrong(figure, path, "This grid has no values.", "Add `values: [[…], […]]`.")
        return
    rows = grid["values"]
    columns = len(rows[0]) if rows else 0
    for place, row in enumerate(rows):
        if len(row) != columns:
            yield wrong(
                figure, (*path, "values", place), f"This row has {len(row)} numbers, and the first has {columns}."
            )
    if 2 * grid.get("padding", 0) >= min(len(rows), columns) and grid.get("padding", 0):
        yield wrong(figure, (*path, "padding"), "So much padding leaves no cell inside it.")
    for place, block in enumerate(grid.get("highlight", ())):
        if block["row"] + block["rows"] - 1 > len(rows) or block["column"] + block["columns"] - 1 > columns:
            yield wrong(
                figure,
                (*path, "highlight", place),
                f"This block reaches out of the grid, which has {len(rows)} rows and {columns} columns.",
            )
    if "title" in grid:
        yield from label_findings(grid["title"], 60)


def _size_findings(figure: Figure, grids: number_grids.Grids) -> list[Finding]:
    several = len(grids.grids) > 1
    for place, grid in enumerate(grids.grids):
        path = ("grids", place, "values") if several else ("values",)
        if number_grids.too_wide(grid, grids):
            cell = number_grids.cell_size(grids)
            fits = int((WIDTH - 20) / cell)
            return [wrong(figure, path, f"This grid is too wide: with such numbers, {fits} columns fit.")]
        longest = max(grid.title.split(), key=len, default="")
        if approximate_width(longest) > WIDTH - 30:
            return [wrong(figure, path, "A word of this grid's title is wider than the figure.")]
    if number_grids.size(grids)[1] > _TALLEST:
        return [wrong(figure, ("grids",), "These grids are too high for one figure.", "Divide them among figures.")]
    return []


def _grids(values: Mapping[str, Any]) -> number_grids.Grids:
    grids = tuple(_grid(grid) for grid in values.get("grids", (values,)))
    operators = values.get("operators") or (_NONE,) * (len(grids) - 1)
    shown = {_NONE: "", "-": "\N{MINUS SIGN}"}
    return number_grids.Grids(grids=grids, operators=tuple(shown.get(operator, operator) for operator in operators))


def _grid(grid: Mapping[str, Any]) -> number_grids.Grid:
    return number_grids.Grid(
        values=tuple(tuple(row) for row in grid["values"]),
        title=grid["title"].text if "title" in grid else "",
        padding=grid.get("padding", 0),
        highlight=tuple(
            number_grids.Block(block["row"], block["column"], block["rows"], block["columns"])
            for block in grid.get("highlight", ())
        ),
    )


KIND: Final = GridKind()
