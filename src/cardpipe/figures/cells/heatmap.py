"""The figure kind `heatmap`: numbers as shades of cells, with row and column names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.cells import tinted_cells
from cardpipe.figures.cells.blocks import HIGHLIGHT, MOST, block_findings, unequal_rows
from cardpipe.figures.cells.number_grids import is_padding
from cardpipe.figures.cells.tinted_cells import Cell, CellPlan, Cells, room_findings, tint
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.labels import Label, words, wrong
from cardpipe.figures.number_format import alike
from cardpipe.source.fields import Boolean, Field, Integer, ListOf, Number
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_LARGEST: Final = 1_000_000_000
_NUMBER: Final = Number(-_LARGEST, _LARGEST)
_NAMES: Final = ListOf(Label(40), min=1, max=MOST)
FIELDS: Final = (
    Field(
        "values",
        ListOf(ListOf(_NUMBER, min=1, max=MOST), min=1, max=MOST),
        "The numbers, row by row; all rows have the same length.",
        required=True,
        example=[[0.9, 0.1], [0.3, 0.7]],
    ),
    Field("rows", _NAMES, "A name for each row.", example=["the", "cat"]),
    Field("columns", _NAMES, "A name for each column.", example=["the", "cat"]),
    Field("x_label", Label(60), "The label of the columns; `$…$` is typeset.", example="key"),
    Field("y_label", Label(60), "The label of the rows; `$…$` is typeset.", example="query"),
    Field("title", Label(60), "The title; `$…$` is typeset.", example="Attention"),
    Field(
        "show_values", Boolean(), "Whether cells show their numbers; otherwise a colour scale is shown.", default=True
    ),
    Field(
        "scale",
        ListOf(_NUMBER, min=2, max=2),
        "The numbers of the lightest and the darkest shade. Default: minimum and maximum.",
        example=[0, 1],
    ),
    Field("padding", Integer(0, 8), "Number of outer rings of padding cells, which are grey.", example=1, default=0),
    HIGHLIGHT,
)
_KEYS: Final = {"rows": "rows", "columns": "columns", "cells": "values", "across": "x_label", "down": "y_label"}


def _findings(figure: Figure, values: Mapping[str, Any], _width: float) -> Iterator[Finding]:
    rows = values["values"]
    size = len(rows), len(rows[0]) if rows else 0
    yield from unequal_rows(figure, rows, ("values",), "number")
    yield from block_findings(figure, values, (), "heatmap", size)
    for key, count in zip(("rows", "columns"), size, strict=True):
        if key in values and len(values[key]) != count:
            yield wrong(
                figure,
                (key,),
                f"Found {counted(len(values[key]), 'name')} for {counted(count, key[:-1])}.",
                "Write a name for each.",
            )
    scale = values.get("scale")
    if scale is not None and not scale[0] < scale[1]:
        yield wrong(figure, ("scale",), "The scale is empty.", "Write the smaller number first.")
    if values["padding"] and 2 * values["padding"] >= min(size):
        yield wrong(figure, ("padding",), "The padding leaves no inner cell.", "Write a smaller number.")


def _room_findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    yield from room_findings(figure, CellPlan(_cells(values, width)), **_KEYS)


def _cells(values: Mapping[str, Any], width: float) -> Cells:
    rows = values["values"]
    inner = [
        value
        for number, row in enumerate(rows)
        for column, value in enumerate(row)
        if not is_padding(values["padding"], (len(rows), len(row)), number, column)
    ]
    low, high = values.get("scale", (min(inner), max(inner)))
    shown = values["show_values"]
    printed = alike(value for row in rows for value in row)

    def cell(number: int, column: int, value: float) -> Cell:
        padding = is_padding(values["padding"], (len(rows), len(rows[0])), number, column)
        colour = style.TINTS[5] if padding else tint(value, low, high)
        hatched = not shown and not padding and low < 0 < high and value < 0
        return Cell((printed(value),) if shown else (), colour, second_rank=padding, hatched=hatched)

    return Cells(
        rows=tuple(
            tuple(cell(number, column, value) for column, value in enumerate(row)) for number, row in enumerate(rows)
        ),
        row_names=tuple(name.text for name in values.get("rows", ())),
        column_names=tuple(name.text for name in values.get("columns", ())),
        title=words(values, "title"),
        across=words(values, "x_label"),
        down=words(values, "y_label"),
        blocks=values.get("highlight", ()),
        scale=None if shown else (low, high),
        width=width,
    )


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    plan = CellPlan(_cells(values, width))
    return Scene(plan.width, plan.height, lambda canvas: tinted_cells.draw(canvas, plan))


KIND: Final = DeclaredKind(
    name="heatmap",
    summary="Numbers as shades of cells, with row and column names.",
    synonyms=("matrix", "heat-map", "attention", "correlation-matrix"),
    fields=FIELDS,
    example=example_of("heatmap"),
    findings=_findings,
    room=_room_findings,
    scene=_scene,
)
