"""The figure kind `function`: curves of expressions in x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.charts import expression, function_plot
from cardpipe.figures.charts.coordinates import (
    COORDINATE,
    POINT,
    expression_findings,
    guides,
    mark_findings,
    points,
    range_findings,
)
from cardpipe.figures.charts.expression import CONSTANTS, FUNCTIONS
from cardpipe.figures.charts.frame import AxesFrame
from cardpipe.figures.declared import DeclaredKind, Scene
from cardpipe.figures.field_spans import wrong
from cardpipe.figures.labels import LABEL, field_findings, words
from cardpipe.source.fields import Field, ListOf, OneOf, Record, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_EXPRESSION_DOC: Final = (
    f"An expression of x, with numbers, {', '.join(CONSTANTS)}, `+ - * / **` and the functions {', '.join(FUNCTIONS)}; "
    "`where(x < 0, a, b)` is a condition."
)
_CURVE: Final = Record(
    (
        Field("expression", Text(any_scalar=True), _EXPRESSION_DOC, required=True, example="1/(1 + exp(-x))"),
        Field("label", LABEL, "The legend label.", example="sigmoid"),
    ),
    name="curve",
)
_ASYMPTOTE: Final = Record(
    (
        Field("x", COORDINATE, "The position of a vertical line.", example=1),
        Field("y", COORDINATE, "The position of a horizontal line.", example=1),
        Field("label", LABEL, "The label.", example="$y = 1$"),
    ),
    name="line",
)
FIELDS: Final = (
    Field(
        "curves",
        ListOf(OneOf(Text(any_scalar=True), _CURVE, lambda text: {"expression": text}), min=1, max=6),
        "One to six expressions to plot, each alone or with a legend label.",
        required=True,
        example=[{"expression": "tanh(x)", "label": "tanh"}],
    ),
    Field("x", ListOf(COORDINATE, min=2, max=2), "The x range.", required=True, example=[-4, 4]),
    Field(
        "y",
        ListOf(COORDINATE, min=2, max=2),
        "The y range. Default: the range of the curves.",
        example=[-1.2, 1.2],
    ),
    Field("x_label", LABEL, "The label of the x axis; `$…$` is typeset.", example="$x$"),
    Field("y_label", LABEL, "The label of the y axis; `$…$` is typeset.", example="activation"),
    Field("points", ListOf(POINT, max=12), "Points to mark.", example=[{"x": 0, "y": 0}]),
    Field("asymptotes", ListOf(_ASYMPTOTE, max=8), "Asymptotes: each has x or y.", example=[{"y": 1}]),
)


_EXAMPLE: Final = """\
curves:
  - {expression: 1/(1 + exp(-x)), label: sigmoid}
  - {expression: tanh(x), label: tanh}
  - {expression: "max(0, x)", label: ReLU}
x: [-4, 4]
y: [-1.3, 2]
x_label: weighted sum $z$
y_label: activation
points: [{x: 0, y: 0.5, label: "$(0, 0.5)$"}]
asymptotes: [{y: 1}, {y: -1}]
"""


def _findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    """Find invalid expressions, curves without visible values, empty ranges, and marks outside of them."""
    findings = [*range_findings(figure, values)]
    for place, curve in enumerate(values["curves"]):
        text = curve["expression"]
        findings += expression_findings(text)
        findings += field_findings(curve, 50)
        if not findings and not _visible(text.text, values):
            findings.append(
                wrong(figure, ("curves", place), "The curve has no value within the range.", "Widen x or y.")
            )
    yield from findings
    yield from mark_findings(figure, values, "points", "asymptotes")
    yield from field_findings(values, 50, "x_label", "y_label")
    labels = tuple(words(curve) for curve in values["curves"])
    frame = AxesFrame(width, words(values, "x_label"), words(values, "y_label"), labels)
    yield from frame.findings(figure, values, "curves")


def _visible(text: str, values: Mapping[str, Any]) -> bool:
    """Whether a curve shows anything: two values within the ranges."""
    import numpy as np

    left, right = values["x"]
    sampled = expression.parse(text)(np.linspace(left, right, function_plot.SAMPLES))
    bottom, top = values.get("y", (-function_plot.LARGEST, function_plot.LARGEST))
    with np.errstate(all="ignore"):
        return bool(np.count_nonzero((sampled >= bottom) & (sampled <= top)) > 1)


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    bottom, top = values.get("y", (None, None))
    plot = function_plot.Plot(
        curves=tuple(
            function_plot.Curve(expression.parse(curve["expression"].text), words(curve)) for curve in values["curves"]
        ),
        left=values["x"][0],
        right=values["x"][1],
        bottom=bottom,
        top=top,
        x_label=words(values, "x_label"),
        y_label=words(values, "y_label"),
        points=points(values, "points"),
        asymptotes=guides(values, "asymptotes"),
        width=width,
    )
    return Scene(width, function_plot.frame(plot).height, lambda canvas: function_plot.draw(canvas, plot))


KIND: Final = DeclaredKind(
    name="function",
    summary="Curves of expressions in x, with points and asymptotes.",
    synonyms=(
        "plot",
        "curve",
        "curves",
        "functions",
        "graph-of-function",
    ),
    fields=FIELDS,
    example=_EXAMPLE,
    findings=_findings,
    scene=_scene,
)
