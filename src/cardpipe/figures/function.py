"""The figure kind `function`: curves of expressions in x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.diagnostics import Finding
from cardpipe.fields import Field, ListOf, Number, OneOf, Record, Text
from cardpipe.figures import expression, function_plot
from cardpipe.figures.expression import CONSTANTS, FUNCTIONS, ExpressionFault
from cardpipe.figures.labels import CODE, label_findings
from cardpipe.figures.places import wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.figure_kind import Drawing
    from cardpipe.model import Deck, Figure
    from cardpipe.rendered import FigureForm

_LABEL: Final = Text(single_line=True, any_scalar=True)
_FAR: Final = 1_000_000
_COORDINATE: Final = Number(-_FAR, _FAR)
_EXPRESSION_DOC: Final = (
    f"Of x, with numbers, {', '.join(CONSTANTS)}, `+ - * / **` and the functions {', '.join(FUNCTIONS)}; "
    "`where(x < 0, a, b)` chooses."
)
_CURVE: Final = Record(
    (
        Field("expression", Text(any_scalar=True), _EXPRESSION_DOC, required=True, example="1/(1 + exp(-x))"),
        Field("label", _LABEL, "Its words in the legend.", example="sigmoid"),
    ),
    name="curve",
)
_POINT: Final = Record(
    (
        Field("x", _COORDINATE, "Where it lies.", required=True, example=0),
        Field("y", _COORDINATE, "How high it lies.", required=True, example=0.5),
        Field("label", _LABEL, "Words beside it.", example="$(0, 0.5)$"),
    ),
    name="point",
)
_ASYMPTOTE: Final = Record(
    (
        Field("x", _COORDINATE, "Of a vertical line.", example=1),
        Field("y", _COORDINATE, "Of a horizontal line.", example=1),
        Field("label", _LABEL, "Words beside it.", example="$y = 1$"),
    ),
    name="line",
)
FIELDS: Final = (
    Field(
        "curves",
        ListOf(OneOf(Text(any_scalar=True), _CURVE, lambda text: {"expression": text}), min=1, max=6),
        "One to six expressions to plot, each by itself or with words for the legend.",
        required=True,
        example=[{"expression": "tanh(x)", "label": "tanh"}],
    ),
    Field("x", ListOf(_COORDINATE, min=2, max=2), "From where to where x goes.", required=True, example=[-4, 4]),
    Field(
        "y",
        ListOf(_COORDINATE, min=2, max=2),
        "From where to where y goes; else what the curves need.",
        example=[-1.2, 1.2],
    ),
    Field("x_label", _LABEL, "Words at the x axis; `$…$` is typeset.", example="$x$"),
    Field("y_label", _LABEL, "Words at the y axis; `$…$` is typeset.", example="activation"),
    Field("points", ListOf(_POINT, max=12), "Points to mark.", example=[{"x": 0, "y": 0}]),
    Field(
        "asymptotes", ListOf(_ASYMPTOTE, max=8), "Lines that a curve approaches: each has x or y.", example=[{"y": 1}]
    ),
)


class FunctionKind:
    """Plots expressions of x; an allow-list of syntax decides what an expression is."""

    name = "function"
    summary = "Curves of expressions in x, with points and asymptotes."
    fields = FIELDS

    def check(self, figure: Figure, values: Mapping[str, Any], deck: Deck) -> Sequence[Finding]:  # noqa: ARG002 - the interface
        """Find expressions that are none or have no value to show, empty ranges, and marks outside of them."""
        if "curves" not in values or "x" not in values:
            # The field table has said so already.
            return ()
        findings = [*_range_findings(figure, values)]
        for place, curve in enumerate(values.get("curves", ())):
            text = curve["expression"]
            try:
                expression.parse(text.text)
            except ExpressionFault as fault:
                findings.append(Finding(CODE, text.span(fault.start, fault.end), fault.message, fault.help))
            findings += _labels(curve)
            if not findings and not _visible(text.text, values):
                findings.append(
                    wrong(figure, ("curves", place), "This curve has no value within the range.", "Widen x or y.")
                )
        findings += _mark_findings(figure, values)
        for key in ("x_label", "y_label"):
            if key in values:
                findings += label_findings(values[key], 50)
        return findings

    def inputs(self, values: Mapping[str, Any], deck: Deck) -> Sequence[bytes]:  # noqa: ARG002 - the interface
        """Nothing beside the values."""
        return ()

    def draw(self, values: Mapping[str, Any], deck: Deck, form: FigureForm) -> Drawing:  # noqa: ARG002 - the interface
        """Plot; the values have passed `check`."""
        from cardpipe.figures.style import paint

        plot = _plot(values)
        return paint(lambda figure: function_plot.draw(figure, plot), form, height=function_plot.height(plot))


def _labels(record: Mapping[str, Any]) -> Iterator[Finding]:
    if "label" in record:
        yield from label_findings(record["label"], 50)


def _range_findings(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    for key in ("x", "y"):
        ends = values.get(key)
        if ends is not None and len(ends) == 2 and not ends[1] - ends[0] > 1e-9 * max(1.0, abs(ends[0]), abs(ends[1])):
            yield wrong(
                figure, (key,), f"This range of {key} is empty.", f"Write the smaller end first: {key}: [0, 1]."
            )


def _mark_findings(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    for key in ("points", "asymptotes"):
        for place, mark in enumerate(values.get(key, ())):
            given = [axis for axis in ("x", "y") if axis in mark]
            if key == "asymptotes" and len(given) != 1:
                yield wrong(figure, (key, place), "An asymptote has x or y, one of them.", "As in {y: 1} or {x: 0}.")
            for axis in given:
                ends = values.get(axis)
                if ends is not None and len(ends) == 2 and not ends[0] <= mark[axis] <= ends[1]:
                    yield wrong(figure, (key, place, axis), f"This lies outside the range of {axis}.")
            yield from _labels(mark)


def _visible(text: str, values: Mapping[str, Any]) -> bool:
    """Whether a curve shows anything: two values within the ranges."""
    import numpy as np

    left, right = values["x"]
    sampled = expression.parse(text)(np.linspace(left, right, function_plot.SAMPLES))
    bottom, top = values.get("y", (-function_plot.LARGEST, function_plot.LARGEST))
    with np.errstate(all="ignore"):
        return bool(np.count_nonzero((sampled >= bottom) & (sampled <= top)) > 1)


def _plot(values: Mapping[str, Any]) -> function_plot.Plot:
    def words(record: Mapping[str, Any], key: str = "label") -> str:
        return record[key].text if key in record else ""

    bottom, top = values.get("y", (None, None))
    return function_plot.Plot(
        curves=tuple(
            function_plot.Curve(expression.parse(curve["expression"].text), words(curve)) for curve in values["curves"]
        ),
        left=values["x"][0],
        right=values["x"][1],
        bottom=bottom,
        top=top,
        x_label=words(values, "x_label"),
        y_label=words(values, "y_label"),
        points=tuple(function_plot.Point(point["x"], point["y"], words(point)) for point in values.get("points", ())),
        asymptotes=tuple(
            function_plot.Asymptote(line.get("x"), line.get("y"), words(line)) for line in values.get("asymptotes", ())
        ),
    )


KIND: Final = FunctionKind()
