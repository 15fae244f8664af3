"""The figure kind `function`: curves of expressions in x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.charts import expression
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
from cardpipe.figures.charts.frame import plot_frame
from cardpipe.figures.charts.marks import draw_guides, draw_points, label_marks
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.labels import Label, words, wrong
from cardpipe.source.fields import Field, ListOf, OneOf, Record, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure as Canvas

    from cardpipe.figures.charts.expression import Expression, Samples
    from cardpipe.figures.charts.frame import AxesFrame
    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_SAMPLES: Final = 1201
_LARGEST: Final = 1e15
"""Larger values are ignored if no range of y is given."""
_FINER: Final = 64
"""The number of parts into which a suspicious step is divided, to distinguish a jump from a steep slope."""
_POLE: Final = 8.0
"""The factor by which the whole range may exceed the middle 90 per cent of values before it is treated as a pole."""
_EXPRESSION_DOC: Final = (
    f"An expression of x, with numbers, {', '.join(CONSTANTS)}, `+ - * / **` and the functions {', '.join(FUNCTIONS)}; "
    "`where(x < 0, a, b)` is a condition."
)
_CURVE: Final = Record(
    (
        Field("expression", Text(any_scalar=True), _EXPRESSION_DOC, required=True, example="1/(1 + exp(-x))"),
        Field("label", Label(50), "The legend label.", example="sigmoid"),
    ),
    name="curve",
)
_ASYMPTOTE: Final = Record(
    (
        Field("x", COORDINATE, "The position of a vertical line.", example=1),
        Field("y", COORDINATE, "The position of a horizontal line.", example=1),
        Field("label", Label(50), "The label.", example="$y = 1$"),
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
    Field("x_label", Label(50), "The label of the x axis; `$…$` is typeset.", example="$x$"),
    Field("y_label", Label(50), "The label of the y axis; `$…$` is typeset.", example="activation"),
    Field("points", ListOf(POINT, max=12), "Points to mark.", example=[{"x": 0, "y": 0}]),
    Field("asymptotes", ListOf(_ASYMPTOTE, max=8), "Asymptotes: each has x or y.", example=[{"y": 1}]),
)


def _findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    """Find invalid expressions, curves without visible values, empty ranges, and marks outside of them."""
    findings = [*range_findings(figure, values)]
    for place, curve in enumerate(values["curves"]):
        text = curve["expression"]
        findings += expression_findings(text)
        if not findings and not _visible(text.text, values):
            findings.append(
                wrong(figure, ("curves", place), "The curve has no value within the range.", "Widen x or y.")
            )
    yield from findings
    yield from mark_findings(figure, values, "points", "asymptotes")
    yield from plot_frame(values, width, "curves").findings(figure, values, "curves")


def _visible(text: str, values: Mapping[str, Any]) -> bool:
    """Return whether a curve is visible: two values within the ranges."""
    import numpy as np

    left, right = values["x"]
    sampled = expression.parse(text)(np.linspace(left, right, _SAMPLES))
    bottom, top = values.get("y", (-_LARGEST, _LARGEST))
    with np.errstate(all="ignore"):
        return bool(np.count_nonzero((sampled >= bottom) & (sampled <= top)) > 1)


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    frame = plot_frame(values, width, "curves")
    return Scene(width, frame.height, lambda canvas: _draw(canvas, frame, values))


def _draw(canvas: Canvas, frame: AxesFrame, values: Mapping[str, Any]) -> None:
    import numpy as np

    axes = frame.axes(canvas)
    left, right = values["x"]
    x = np.linspace(left, right, _SAMPLES)
    curves = [expression.parse(curve["expression"].text) for curve in values["curves"]]
    sampled = [curve(x) for curve in curves]
    marks, asymptotes = points(values, "points"), guides(values, "asymptotes")
    heights = [point.y for point in marks] + [line.y for line in asymptotes if line.y is not None]
    bottom, top = values["y"] if "y" in values else _window(sampled, heights)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    if bottom < 0 < top:
        axes.axhline(0, color=style.MUTED, linewidth=1)
    if left < 0 < right:
        axes.axvline(0, color=style.MUTED, linewidth=1)
    frame.ticks(axes)
    lines = []
    for number, curve in enumerate(curves):
        colour = style.PALETTE[number % len(style.PALETTE)]
        dash = style.DASHES[number % len(style.DASHES)]
        shown = _broken(curve, x, sampled[number], top - bottom)
        # Values far outside are clipped by the axes anyway, and very large coordinates are drawn badly.
        shown = np.clip(shown, bottom - 20 * (top - bottom), top + 20 * (top - bottom))
        axes.plot(x, shown, color=colour, linestyle=dash, label=words(values["curves"][number]) or "_nolegend_")
        lines.append((x, shown))
    draw_guides(axes, asymptotes)
    draw_points(axes, marks)
    frame.legend(canvas)
    label_marks(canvas, axes, marks, asymptotes, lines)


def _window(sampled: list[Samples], marks: list[float]) -> tuple[float, float]:
    """Return the range of y: all finite values and marks, without poles."""
    import numpy as np

    values = np.concatenate([values[np.abs(values) <= _LARGEST] for values in sampled])
    low, high = float(values.min()), float(values.max())
    inner_low, inner_high = (float(end) for end in np.quantile(values, (0.05, 0.95)))
    if high - low > _POLE * (inner_high - inner_low) > 0:
        low, high = inner_low, inner_high
    low, high = min([low, *marks]), max([high, *marks])
    margin = 0.06 * (high - low) or max(1.0, abs(high) * 0.1)
    return (low - margin, high + margin)


def _broken(expression: Expression, x: Samples, values: Samples, window: float) -> Samples:
    """Return the values with a gap at each jump of the function, so that no line connects the two sides.

    A step of more than a twentieth of the window is sampled more finely: at a jump, one of the finer steps is still
    more than half as high; on a slope, however steep, they are all small.
    """
    import numpy as np

    shown = np.where(np.isfinite(values), values, np.nan)
    with np.errstate(all="ignore"):
        steps = np.abs(np.diff(shown))
    for place in np.flatnonzero(steps > 0.05 * window):
        finer = expression(np.linspace(x[place], x[place + 1], _FINER + 1))
        with np.errstate(all="ignore"):
            largest = np.max(np.abs(np.diff(finer)))
        if not largest <= 0.5 * steps[place]:
            shown[place] = np.nan
    return shown


KIND: Final = DeclaredKind(
    name="function",
    summary="Curves of expressions in x, with points and asymptotes.",
    synonyms=("plot", "curve", "curves", "functions", "graph-of-function"),
    fields=FIELDS,
    example=example_of("function"),
    findings=_findings,
    scene=_scene,
)
