"""The figure kind `table`: text in rows and columns, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.cells.blocks import HIGHLIGHT, MOST, block_findings, draw_block, unequal_rows
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.label_lines import (
    BOLD_SIZE,
    approximate_width,
    broken,
    canvas_axes,
    lines_height,
    widest_word,
    write_lines,
)
from cardpipe.figures.labels import Label, words, wrong
from cardpipe.source.fields import Boolean, Choice, Field, ListOf
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_MOST_COLUMNS: Final = 8
_NARROWEST: Final = 40.0
_TALLEST: Final = 1200.0
_MARGIN: Final = 8.0
_INDENT: Final = 8.0
"""Padding of a cell."""
_PADDING: Final = 12.0
_TITLE_GAP: Final = 6.0
_SIDES: Final = ("left", "center", "right")
FIELDS: Final = (
    Field(
        "rows",
        ListOf(ListOf(Label(80), min=1, max=_MOST_COLUMNS), min=1, max=MOST),
        "The text of the cells, row by row; all rows have the same length.",
        required=True,
        example=[["SGD", "0.1"], ["Adam", "0.001"]],
    ),
    Field("header", ListOf(Label(80), min=1, max=_MOST_COLUMNS), "The header row.", example=["optimiser", "rate"]),
    Field("first_column", Boolean(), "Whether the first column is a bold row header.", default=False),
    Field("align", ListOf(Choice(_SIDES), max=_MOST_COLUMNS), "The alignment of each column."),
    Field("title", Label(60), "The title; `$…$` is typeset.", example="Optimisers"),
    HIGHLIGHT,
)


class _TablePlan:
    """The layout, in CSS pixels from the upper left corner."""

    def __init__(self, values: Mapping[str, Any], room: float) -> None:
        header = [label.text for label in values.get("header", ())]
        rows = [[label.text for label in row] for row in values["rows"]]
        self.rows = [header, *rows] if header else rows
        self.bold_rows = int(bool(header))
        self.bold_columns = int(values["first_column"])
        self.sides = values.get("align") or [_side(column) for column in zip(*rows, strict=True)]
        self.room = room - 2 * _MARGIN
        self.columns = self._columns()
        self.cells = [
            [
                broken(text, self.columns[column] - 2 * _INDENT + 0.5, self._size_at(number, column))
                for column, text in enumerate(row)
            ]
            for number, row in enumerate(self.rows)
        ]
        self.heights = [max(lines_height(lines) for lines in row) + _PADDING for row in self.cells]
        inner = sum(self.columns)
        self.title = broken(words(values, "title"), self.room, BOLD_SIZE) if "title" in values else []
        widest = max((approximate_width(line, BOLD_SIZE) for line in self.title), default=0.0)
        self.left = _MARGIN + max(0.0, (widest - inner) / 2, (_NARROWEST - inner) / 2)
        self.top = _MARGIN + (lines_height(self.title) + _TITLE_GAP if self.title else 0.0)
        self.width = inner + 2 * self.left
        self.height = self.top + sum(self.heights) + _MARGIN

    def x(self, column: int) -> float:
        """Return the left edge of a column."""
        return self.left + sum(self.columns[:column])

    def y(self, row: int) -> float:
        """Return the upper edge of a row."""
        return self.top + sum(self.heights[:row])

    def narrow(self) -> bool:
        """Return whether a word does not fit in a column."""
        return any(width < self._width_of(column, widest_word) - 0.01 for column, width in enumerate(self.columns))

    def is_bold(self, row: int, column: int) -> bool:
        """Return whether a cell is a column or row header."""
        return row < self.bold_rows or column < self.bold_columns

    def _size_at(self, row: int, column: int) -> float:
        """Return text of normal size that is as wide as a cell's."""
        return BOLD_SIZE if self.is_bold(row, column) else style.TEXT_SIZE

    def _width_of(self, column: int, measure: Callable[[str, float], float]) -> float:
        widths = [measure(row[column], self._size_at(number, column)) for number, row in enumerate(self.rows)]
        return max(widths) + 2 * _INDENT

    def _columns(self) -> list[float]:
        """Return the column widths: natural widths, or if these are too wide, with the widest reduced to a word."""
        places = range(len(self.rows[0]))
        wanted = [self._width_of(column, approximate_width) for column in places]
        least = [self._width_of(column, widest_word) for column in places]
        if sum(wanted) <= self.room:
            return wanted
        spare = self.room - sum(least)
        if spare < 0:
            return [width * self.room / sum(least) for width in least]
        more = [want - need for want, need in zip(wanted, least, strict=True)]
        return [need + spare * extra / sum(more) for need, extra in zip(least, more, strict=True)]


def _findings(figure: Figure, values: Mapping[str, Any], _width: float) -> Iterator[Finding]:
    rows = values["rows"]
    columns = len(rows[0]) if rows else 0
    yield from unequal_rows(figure, rows, ("rows",), "cell")
    yield from block_findings(figure, values, (), "table", (len(rows), columns))
    for key in ("header", "align"):
        if key in values and len(values[key]) != columns:
            yield wrong(
                figure,
                (key,),
                f"Found {counted(len(values[key]), 'item')} for {counted(columns, 'column')}.",
                "Write one for each.",
            )


def _room_findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    plan = _TablePlan(values, width)
    if plan.narrow():
        yield wrong(
            figure, ("rows",), "The columns are too wide for one picture.", "Shorten the text, or split the table."
        )
    elif widest_word(words(values, "title"), BOLD_SIZE) > plan.room:
        yield wrong(figure, ("title",), "A word of the title is wider than the figure.", "Shorten it.")
    elif plan.height > _TALLEST:
        yield wrong(figure, ("rows",), "The table is too high for one picture.", "Split it.")


def _side(column: Sequence[str]) -> str:
    """Return the default alignment: numbers right, text left."""
    return "right" if all(text.strip("-+\N{MINUS SIGN}%")[:1].isdigit() for text in column) else "left"


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    plan = _TablePlan(values, width)
    return Scene(plan.width, plan.height, lambda canvas: _draw(canvas, plan, values))


def _draw(canvas: Canvas, plan: _TablePlan, values: Mapping[str, Any]) -> None:
    from matplotlib.patches import Rectangle

    axes = canvas_axes(canvas, plan.width, plan.height)
    inner = sum(plan.columns)
    if plan.bold_rows:
        axes.add_patch(
            Rectangle((plan.left, plan.top), inner, plan.heights[0], facecolor=style.TINTS[5], linewidth=0, zorder=1)
        )
    for row in range(len(plan.rows) + 1):
        strong = row in {0, plan.bold_rows, len(plan.rows)}
        colour, width = (style.INK, 1.2) if strong else (style.FAINT, 1.0)
        axes.plot([plan.left, plan.left + inner], [plan.y(row)] * 2, color=colour, linewidth=width, zorder=2)
    for row, cells in enumerate(plan.cells):
        for column, lines in enumerate(cells):
            _draw_cell(axes, plan, row, column, lines)
    for block in values.get("highlight", ()):
        first = block["row"] - 1 + plan.bold_rows
        x, y = plan.x(block["column"] - 1), plan.y(first)
        size = (plan.x(block["column"] - 1 + block["columns"]) - x, plan.y(first + block["rows"]) - y)
        draw_block(axes, (x, y), size, filled=True)
    middle = _MARGIN + lines_height(plan.title) / 2
    write_lines(axes, plan.width / 2, middle, plan.title, ha="center", weight="bold")


def _draw_cell(axes: Axes, plan: _TablePlan, row: int, column: int, lines: Sequence[str]) -> None:
    side = plan.sides[column]
    x = plan.x(column) + {"left": _INDENT, "center": plan.columns[column] / 2}.get(side, plan.columns[column] - _INDENT)
    middle = plan.y(row) + plan.heights[row] / 2
    weight = "bold" if plan.is_bold(row, column) else "normal"
    write_lines(axes, x, middle, lines, ha=side, weight=weight, zorder=5)


KIND: Final = DeclaredKind(
    name="table",
    summary="A table of words, numbers and formulas as a picture.",
    synonyms=("comparison", "tabular"),
    fields=FIELDS,
    example=example_of("table"),
    findings=_findings,
    room=_room_findings,
    scene=_scene,
)
