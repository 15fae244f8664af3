"""The figure kind `table`: text in rows and columns, as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.cells.blocks import HIGHLIGHT, MOST, block_findings, blocks, unequal_rows
from cardpipe.figures.declared import DeclaredKind, Scene
from cardpipe.figures.field_spans import wrong
from cardpipe.figures.label_lines import BOLD_SIZE, approximate_width, broken, lines_height, widest_word, write_lines
from cardpipe.figures.labels import LABEL, field_findings, label_findings, words
from cardpipe.source.fields import Boolean, Choice, Field, ListOf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from cardpipe.figures.cells.number_grids import Block
    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_MOST_COLUMNS: Final = 8
_NARROWEST: Final = 40.0
_TALLEST: Final = 1200.0
_MARGIN: Final = 8.0
_INDENT: Final = 8.0
"""Between a cell's edges and its words."""
_PADDING: Final = 12.0
_TITLE_GAP: Final = 6.0
_SIDES: Final = ("left", "center", "right")
FIELDS: Final = (
    Field(
        "rows",
        ListOf(ListOf(LABEL, min=1, max=_MOST_COLUMNS), min=1, max=MOST),
        "The text of the cells, row by row; all rows have the same length.",
        required=True,
        example=[["SGD", "0.1"], ["Adam", "0.001"]],
    ),
    Field("header", ListOf(LABEL, min=1, max=_MOST_COLUMNS), "The header row.", example=["optimiser", "rate"]),
    Field("first_column", Boolean(), "Whether the first column is a bold row header.", default=False),
    Field("align", ListOf(Choice(_SIDES), max=_MOST_COLUMNS), "The alignment of each column."),
    Field("title", LABEL, "The title; `$…$` is typeset.", example="Optimisers"),
    HIGHLIGHT,
)
_EXAMPLE: Final = """\
header: [optimiser, step, needs]
rows:
  - [SGD, $-\\eta g$, a learning rate that falls]
  - [momentum, $-\\eta v$, one more number per weight]
  - [Adam, '$-\\eta m / \\sqrt{s}$', two more numbers per weight]
first_column: true
highlight: [{row: 3, column: 1, columns: 3}]
"""


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows of words; `bold` rows and columns stand first."""

    rows: tuple[tuple[str, ...], ...]
    bold_rows: int
    bold_columns: int
    sides: tuple[str, ...]
    title: str
    blocks: tuple[Block, ...]
    width: float

    def size_at(self, row: int, column: int) -> float:
        """The size of text that is as wide as a cell's."""
        return BOLD_SIZE if row < self.bold_rows or column < self.bold_columns else style.TEXT_SIZE


class _TablePlan:
    """The layout, in CSS pixels from the upper left corner."""

    def __init__(self, table: _Table) -> None:
        self.table = table
        self.columns = self._columns()
        self.cells = [
            [
                broken(text, self.columns[column] - 2 * _INDENT + 0.5, table.size_at(number, column))
                for column, text in enumerate(row)
            ]
            for number, row in enumerate(table.rows)
        ]
        self.heights = [max(lines_height(lines) for lines in row) + _PADDING for row in self.cells]
        self.left = _MARGIN
        inner = sum(self.columns)
        self.title = broken(table.title, table.width - 2 * _MARGIN, BOLD_SIZE) if table.title else []
        widest = max((approximate_width(line, BOLD_SIZE) for line in self.title), default=0.0)
        self.left = _MARGIN + max(0.0, (widest - inner) / 2, (_NARROWEST - inner) / 2)
        self.top = _MARGIN + (lines_height(self.title) + _TITLE_GAP if self.title else 0.0)
        self.width = inner + 2 * self.left
        self.height = self.top + sum(self.heights) + _MARGIN

    def x(self, column: int) -> float:
        """Where a column begins."""
        return self.left + sum(self.columns[:column])

    def y(self, row: int) -> float:
        """Where a row begins."""
        return self.top + sum(self.heights[:row])

    def narrow(self) -> int | None:
        """The first column, from 0, that has a word wider than its room, if there is one."""
        for column, width in enumerate(self.columns):
            if width < self._least(column) - 0.01:
                return column
        return None

    def _least(self, column: int) -> float:
        table = self.table
        widths = [widest_word(row[column], table.size_at(number, column)) for number, row in enumerate(table.rows)]
        return max(widths) + 2 * _INDENT

    def _wanted(self, column: int) -> float:
        table = self.table
        widths = [
            approximate_width(row[column], table.size_at(number, column)) for number, row in enumerate(table.rows)
        ]
        return max(widths) + 2 * _INDENT

    def _columns(self) -> list[float]:
        """Return the column widths: natural widths, or if these are too wide, with the widest reduced to a word."""
        table = self.table
        places = range(len(table.rows[0]))
        room = table.width - 2 * _MARGIN
        wanted = [self._wanted(column) for column in places]
        least = [self._least(column) for column in places]
        if sum(wanted) <= room:
            return wanted
        spare = room - sum(least)
        if spare < 0:
            return [width * room / sum(least) for width in least]
        more = [want - need for want, need in zip(wanted, least, strict=True)]
        return [need + spare * extra / sum(more) for need, extra in zip(least, more, strict=True)]


def _findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    rows = values["rows"]
    columns = len(rows[0]) if rows else 0
    findings = [
        *unequal_rows(figure, rows, ("rows",), "cells"),
        *block_findings(figure, values, (), "table", (len(rows), columns)),
        *field_findings(values, 60, "title"),
    ]
    for row in (*rows, values.get("header", ())):
        for label in row:
            findings += label_findings(label, 80)
    for key in ("header", "align"):
        if key in values and len(values[key]) != columns:
            findings.append(wrong(figure, (key,), f"There are {len(values[key])} of these for {columns} columns."))
    yield from findings or _room_findings(figure, _TablePlan(_table(values, width)))


def _room_findings(figure: Figure, plan: _TablePlan) -> Iterator[Finding]:
    narrow = plan.narrow()
    if narrow is not None:
        yield wrong(
            figure, ("rows",), "The columns are too wide for one picture.", "Shorten the text, or split the table."
        )
    elif widest_word(plan.table.title, BOLD_SIZE) > plan.table.width - 2 * _MARGIN:
        yield wrong(figure, ("title",), "A word of the title is wider than the figure.", "Shorten it.")
    elif plan.height > _TALLEST:
        yield wrong(figure, ("rows",), "The table is too high for one picture.", "Split it.")


def _table(values: Mapping[str, Any], width: float) -> _Table:
    rows = tuple(tuple(label.text for label in row) for row in values["rows"])
    header = tuple(label.text for label in values.get("header", ()))
    sides = tuple(values.get("align", ())) or tuple(
        _side([row[place] for row in rows]) for place in range(len(rows[0]))
    )
    return _Table(
        rows=(header, *rows) if header else rows,
        bold_rows=int(bool(header)),
        bold_columns=int(values["first_column"]),
        sides=sides,
        title=words(values, "title"),
        blocks=blocks(values),
        width=width,
    )


def _side(column: Sequence[str]) -> str:
    """Return the default alignment: numbers right, text left."""
    return "right" if all(text.strip("-+\N{MINUS SIGN}%")[:1].isdigit() for text in column) else "left"


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    plan = _TablePlan(_table(values, width))
    return Scene(plan.width, plan.height, lambda canvas: _draw(canvas, plan))


def _draw(canvas: Canvas, plan: _TablePlan) -> None:
    from matplotlib.patches import Rectangle

    table = plan.table
    canvas.set_layout_engine("none")
    axes = canvas.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, plan.width), ylim=(plan.height, 0))
    axes.set_axis_off()
    inner = sum(plan.columns)
    if table.bold_rows:
        axes.add_patch(
            Rectangle((plan.left, plan.top), inner, plan.heights[0], facecolor=style.TINTS[5], linewidth=0, zorder=1)
        )
    for row in range(len(table.rows) + 1):
        strong = row in {0, table.bold_rows, len(table.rows)}
        colour, width = (style.INK, 1.2) if strong else (style.FAINT, 1.0)
        axes.plot([plan.left, plan.left + inner], [plan.y(row)] * 2, color=colour, linewidth=width, zorder=2)
    for row, cells in enumerate(plan.cells):
        for column, lines in enumerate(cells):
            _draw_cell(axes, plan, row, column, lines)
    for block in table.blocks:
        first = block.row - 1 + table.bold_rows
        corner = (plan.x(block.column - 1), plan.y(first))
        size = (plan.x(block.column - 1 + block.columns) - corner[0], plan.y(first + block.rows) - corner[1])
        axes.add_patch(Rectangle(corner, *size, facecolor=style.PALETTE[1], alpha=0.14, linewidth=0, zorder=1.5))
        axes.add_patch(Rectangle(corner, *size, facecolor="none", edgecolor=style.PALETTE[1], linewidth=3, zorder=4))
    middle = _MARGIN + lines_height(plan.title) / 2
    write_lines(axes, plan.width / 2, middle, plan.title, ha="center", weight="bold")


def _draw_cell(axes: Axes, plan: _TablePlan, row: int, column: int, lines: Sequence[str]) -> None:
    table = plan.table
    side = table.sides[column]
    x = plan.x(column) + {"left": _INDENT, "center": plan.columns[column] / 2}.get(side, plan.columns[column] - _INDENT)
    middle = plan.y(row) + plan.heights[row] / 2
    weight = "bold" if row < table.bold_rows or column < table.bold_columns else "normal"
    write_lines(axes, x, middle, lines, ha=side, weight=weight, zorder=5)


KIND: Final = DeclaredKind(
    name="table",
    summary="A table of words, numbers and formulas as a picture.",
    synonyms=(
        "comparison",
        "tabular",
    ),
    fields=FIELDS,
    example=_EXAMPLE,
    findings=_findings,
    scene=_scene,
)
