"""Fields shared by several plots: declarations, checks and decoded values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.charts import expression
from cardpipe.figures.charts.expression import ExpressionFault
from cardpipe.figures.charts.marks import Guide, Point
from cardpipe.figures.labels import CODE, Label, words, wrong
from cardpipe.model.diagnostics import Finding
from cardpipe.source.fields import Field, ListOf, Number, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.deck import Figure
    from cardpipe.text.positions import SourceText

_FAR: Final = 1_000_000
COORDINATE: Final = Number(-_FAR, _FAR)
_LARGEST: Final = 1_000_000_000
DATUM: Final = Number(-_LARGEST, _LARGEST)
"""A data value."""
PAIR: Final = ListOf(DATUM, min=2, max=2)
"""A point as `[x, y]`, or the two ends of a range."""
POINT: Final = Record(
    (
        Field("x", COORDINATE, "The x coordinate.", required=True, example=0),
        Field("y", COORDINATE, "The y coordinate.", required=True, example=0.5),
        Field("label", Label(50), "The label.", example="$(0, 0.5)$"),
    ),
    name="point",
)
GUIDES: Final = Field(
    "guides",
    ListOf(
        Record(
            (
                Field("x", DATUM, "The position of a vertical line.", example=1),
                Field("y", DATUM, "The position of a horizontal line.", example=1),
                Field("label", Label(50), "The label.", example="chance"),
            ),
            name="line",
        ),
        max=8,
    ),
    "Reference lines: each has x or y.",
    example=[{"y": 0.5, "label": "chance"}],
)
X_LABEL: Final = Field("x_label", Label(50), "The label of the x axis; `$…$` is typeset.", example="epoch")
Y_LABEL: Final = Field("y_label", Label(50), "The label of the y axis; `$…$` is typeset.", example="loss")


def range_findings(figure: Figure, values: Mapping[str, Any], *keys: str) -> Iterator[Finding]:
    """Find empty ranges; by default of x and y."""
    for key in keys or ("x", "y"):
        ends = values.get(key)
        if ends is not None and len(ends) == 2 and not ends[1] - ends[0] > 1e-9 * max(1.0, abs(ends[0]), abs(ends[1])):
            yield wrong(figure, (key,), f"The {key} range is empty.", f"Write the smaller number first: {key}: [0, 1].")


def unlabelled(figure: Figure, values: Mapping[str, Any], key: str) -> Iterator[Finding]:
    """Find series or classes in a list without a label, if there are several."""
    for place, one in enumerate(values[key]):
        if len(values[key]) > 1 and "label" not in one:
            yield wrong(figure, (key, place), f"One of several {key} needs a label.", "Add `label: …` to it.")


def mark_findings(figure: Figure, values: Mapping[str, Any], *keys: str) -> Iterator[Finding]:
    """Find points and lines outside of the ranges `x` and `y`, and lines without a length; below some keys."""
    for key in keys:
        for place, mark in enumerate(values.get(key, ())):
            given = [axis for axis in ("x", "y") if axis in mark]
            if key in {"asymptotes", "guides"} and len(given) != 1:
                word = "An asymptote" if key == "asymptotes" else "A line"
                yield wrong(figure, (key, place), f"{word} must have either x or y.", "For example {y: 1} or {x: 0}.")
            for axis in given:
                ends = values.get(axis)
                if ends is not None and len(ends) == 2 and not ends[0] <= mark[axis] <= ends[1]:
                    yield wrong(figure, (key, place, axis), f"This is outside the {axis} range.", f"Widen {axis}.")


def expression_findings(text: SourceText) -> Iterator[Finding]:
    """Find invalid or excessive expressions."""
    try:
        expression.parse(text.text)
    except ExpressionFault as fault:
        yield Finding(CODE, text.span(fault.start, fault.end), fault.message, fault.help)


def points(values: Mapping[str, Any], key: str) -> tuple[Point, ...]:
    """Return points from decoded values."""
    return tuple(Point(point["x"], point["y"], words(point)) for point in values.get(key, ()))


def guides(values: Mapping[str, Any], key: str) -> tuple[Guide, ...]:
    """Return lines from decoded values."""
    return tuple(Guide(line.get("x"), line.get("y"), words(line)) for line in values.get(key, ()))
