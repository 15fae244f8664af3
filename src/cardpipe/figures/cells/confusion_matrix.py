"""The figure kind `confusion-matrix`: counts of predicted classes for each actual class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.cells import tinted_cells
from cardpipe.figures.cells.blocks import HIGHLIGHT, block_findings
from cardpipe.figures.cells.tinted_cells import Cell, CellPlan, Cells, room_findings, tint
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.labels import Label, words, wrong
from cardpipe.figures.number_format import printed
from cardpipe.source.fields import Choice, Field, ListOf, Number
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_MOST: Final = 10
_MOST_COUNTED: Final = 1_000_000_000
_ROWS, _COLUMNS, _NONE = "rows", "columns", "none"
FIELDS: Final = (
    Field("classes", ListOf(Label(40), min=2, max=_MOST), "The names of the classes.", required=True),
    Field(
        "counts",
        ListOf(ListOf(Number(0, _MOST_COUNTED), min=2, max=_MOST), min=2, max=_MOST),
        "One row per actual class, with the count for each predicted class.",
        required=True,
    ),
    Field(
        "shares",
        Choice((_NONE, _ROWS, _COLUMNS)),
        "Whether cells also show their percentage of the row (recall) or of the column (precision).",
        default=_NONE,
    ),
    Field(
        "cells",
        ListOf(ListOf(Label(40), min=2, max=_MOST), min=2, max=_MOST),
        "Labels in the cells, row by row.",
        example=[["TP", "FN"], ["FP", "TN"]],
    ),
    Field("actual", Label(40), "The label of the rows.", default=None, example="actual"),
    Field("predicted", Label(40), "The label of the columns.", default=None, example="predicted"),
    HIGHLIGHT,
)
_KEYS: Final = {"rows": "classes", "columns": "classes", "cells": "counts", "across": "predicted", "down": "actual"}


def _findings(figure: Figure, values: Mapping[str, Any], _width: float) -> Iterator[Finding]:
    count = len(values["classes"])
    yield from block_findings(figure, values, (), "matrix", (count, count))
    for key in ("counts", "cells"):
        rows = values.get(key)
        if rows is None:
            continue
        if len(rows) != count:
            yield wrong(
                figure, (key,), f"Found {counted(len(rows), 'row')} for {count} classes.", "Write a row for each class."
            )
        for place, row in enumerate(rows):
            if len(row) != count:
                message = f"This row has {counted(len(row), 'item')} for {count} classes."
                yield wrong(figure, (key, place), message, "Write an item for each class.")


def _room_findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    yield from room_findings(figure, CellPlan(_cells(values, width)), **_KEYS)


def _cells(values: Mapping[str, Any], width: float) -> Cells:
    counts = values["counts"]
    columns = list(zip(*counts, strict=True))

    def cell(row: int, column: int) -> Cell:
        count = counts[row][column]
        lines = [values["cells"][row][column].text] if "cells" in values else []
        lines.append(f"{count:.0f}" if count == round(count) else printed(count))
        whole = sum(counts[row])
        # Correct predictions are blue, errors red, darker the larger their share of the actual class.
        share = count / whole if whole else 0.0
        if values["shares"] != _NONE:
            told = sum(columns[column]) if values["shares"] == _COLUMNS else whole
            lines.append(f"{100 * count / told:.0f}%" if told else "\N{EN DASH}")
        return Cell(tuple(lines), tint(share if row == column else -share, -1, 1))

    places = range(len(counts))
    names = tuple(name.text for name in values["classes"])
    return Cells(
        rows=tuple(tuple(cell(row, column) for column in places) for row in places),
        row_names=names,
        column_names=names,
        across=words(values, "predicted"),
        down=words(values, "actual"),
        blocks=values.get("highlight", ()),
        width=width,
    )


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    plan = CellPlan(_cells(values, width))
    return Scene(plan.width, plan.height, lambda canvas: tinted_cells.draw(canvas, plan))


KIND: Final = DeclaredKind(
    name="confusion-matrix",
    summary="Counts of predicted classes for each actual class.",
    synonyms=("confusion", "contingency-table"),
    fields=FIELDS,
    example=example_of("confusion-matrix"),
    findings=_findings,
    room=_room_findings,
    scene=_scene,
)
