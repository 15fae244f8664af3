"""The figure kind `scatter`: points of classes, and the boundaries between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.charts import expression
from cardpipe.figures.charts.coordinates import (
    PAIR,
    POINT,
    X_LABEL,
    Y_LABEL,
    expression_findings,
    mark_findings,
    points,
    range_findings,
    unlabelled,
)
from cardpipe.figures.charts.frame import plot_frame
from cardpipe.figures.charts.marks import label_marks
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.labels import Label, words, wrong
from cardpipe.source.fields import Field, ListOf, Record, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from cardpipe.figures.charts.expression import Samples
    from cardpipe.figures.charts.frame import AxesFrame
    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_MOST: Final = 300
_SAMPLES: Final = 801
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")
_CLASS: Final = Record(
    (
        Field("points", ListOf(PAIR, min=1, max=_MOST), "The points, each as `[x, y]`.", required=True),
        Field("label", Label(40), "The legend label.", example="cats"),
    ),
    name="class",
)
_BOUNDARY: Final = Record(
    (
        Field("expression", Text(any_scalar=True), "Its y coordinate, as an expression of x.", example="2*x - 1"),
        Field("points", ListOf(PAIR, min=2, max=_MOST), "Alternatively, points on the line, each as `[x, y]`."),
        Field("label", Label(40), "The legend label.", example="boundary"),
    ),
    name="line",
)
FIELDS: Final = (
    Field("classes", ListOf(_CLASS, min=1, max=6), "The classes of points.", required=True),
    Field("boundaries", ListOf(_BOUNDARY, max=4), "Boundaries between classes: each has an expression, or points."),
    Field("marks", ListOf(POINT, max=12), "Points to draw a ring around, such as support vectors."),
    Field("x", PAIR, "The x range. Default: the range of the points.", example=[0, 1]),
    Field("y", PAIR, "The y range. Default: the range of the points.", example=[0, 1]),
    X_LABEL,
    Y_LABEL,
)


def _findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    findings = [*range_findings(figure, values)]
    findings += plot_frame(values, width, "classes", "boundaries").findings(figure, values, "classes", "boundaries")
    findings += unlabelled(figure, values, "classes")
    for place in range(len(values["classes"])):
        findings += _outside(figure, values, place)
    for place, line in enumerate(values.get("boundaries", ())):
        if ("expression" in line) == ("points" in line):
            findings.append(
                wrong(
                    figure,
                    ("boundaries", place),
                    "A boundary must have either `expression` or `points`.",
                    "Keep one of them.",
                )
            )
        elif "expression" in line:
            findings += expression_findings(line["expression"])
    yield from findings
    yield from mark_findings(figure, values, "marks")
    if not findings:
        yield from _unseen(figure, values)


def _outside(figure: Figure, values: Mapping[str, Any], place: int) -> Iterator[Finding]:
    for number, pair in enumerate(values["classes"][place]["points"]):
        for axis, at in zip(("x", "y"), pair, strict=True):
            ends = values.get(axis)
            if ends is not None and len(ends) == 2 and not ends[0] <= at <= ends[1]:
                yield wrong(
                    figure,
                    ("classes", place, "points", number),
                    f"This point is outside the {axis} range.",
                    f"Widen {axis}.",
                )
                return


def _unseen(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    """Find boundaries outside of the picture."""
    window = _window(values)
    for place, line in enumerate(values.get("boundaries", ())):
        if "points" in line:
            continue
        _, y = _boundary(line, window)
        if ((y >= window[2]) & (y <= window[3])).sum() < 2:
            yield wrong(
                figure, ("boundaries", place), "This boundary is outside the picture.", "Widen x or y, or move it."
            )


def _window(values: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """Return the ranges of x and y: as given, otherwise those of the points."""
    ends: list[float] = []
    for axis, key in enumerate(("x", "y")):
        if key in values:
            ends += values[key]
            continue
        numbers = [pair[axis] for one in values["classes"] for pair in one["points"]]
        numbers += [pair[axis] for line in values.get("boundaries", ()) for pair in line.get("points", ())]
        numbers += [mark[key] for mark in values.get("marks", ())]
        margin = 0.08 * (max(numbers) - min(numbers))
        # Equal or almost equal numbers need some space too.
        margin = margin if margin > 1e-9 * max(1.0, *map(abs, numbers)) else max(1.0, 0.1 * abs(numbers[0]))
        ends += [min(numbers) - margin, max(numbers) + margin]
    return ends[0], ends[1], ends[2], ends[3]


def _boundary(line: Mapping[str, Any], window: tuple[float, float, float, float]) -> tuple[Samples, Samples]:
    import numpy as np

    if "points" in line:
        x, y = np.array(line["points"]).T
        return x, y
    x = np.linspace(window[0], window[1], _SAMPLES)
    y = expression.parse(line["expression"].text)(x)
    height = window[3] - window[2]
    # Points far outside are clipped by the axes anyway, and very large coordinates are drawn badly.
    y = np.clip(np.where(np.isfinite(y), y, np.nan), window[2] - 20 * height, window[3] + 20 * height)
    return x, y


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    frame = plot_frame(values, width, "classes", "boundaries")
    return Scene(width, frame.height, lambda canvas: _draw(canvas, frame, values))


def _draw(canvas: Canvas, frame: AxesFrame, values: Mapping[str, Any]) -> None:
    import numpy as np

    axes = frame.axes(canvas)
    window = _window(values)
    axes.set(xlim=window[:2], ylim=window[2:])
    frame.ticks(axes)
    drawn = []
    for number, one in enumerate(values["classes"]):
        x, y = np.array(one["points"]).T
        axes.plot(
            x,
            y,
            _MARKERS[number % len(_MARKERS)],
            color=style.PALETTE[number % len(style.PALETTE)],
            markeredgecolor=style.BACKGROUND,
            markeredgewidth=0.8,
            markersize=8,
            label=words(one) or "_nolegend_",
            zorder=3,
            clip_on=False,
        )
        # Weighted as much as a line that crosses there.
        drawn.append((np.repeat(x, 8), np.repeat(y, 8)))
    for number, line in enumerate(values.get("boundaries", ())):
        drawn.append(_draw_boundary(axes, number, line, window))
    marks = points(values, "marks")
    for mark in marks:
        axes.plot(mark.x, mark.y, "o", color=style.INK, markersize=15, fillstyle="none", clip_on=False, zorder=4)
    frame.legend(canvas)
    label_marks(canvas, axes, marks, (), drawn)


def _draw_boundary(
    axes: Axes, number: int, line: Mapping[str, Any], window: tuple[float, float, float, float]
) -> tuple[Samples, Samples]:
    x, y = _boundary(line, window)
    dash = style.DASHES[number % len(style.DASHES)]
    axes.plot(x, y, color=style.INK, linestyle=dash, linewidth=2, label=words(line) or "_nolegend_", zorder=2)
    return x, y


KIND: Final = DeclaredKind(
    name="scatter",
    summary="Points of one or more classes, with boundaries between them.",
    synonyms=("points", "scatter-plot", "scatterplot", "decision-boundary"),
    fields=FIELDS,
    example=example_of("scatter"),
    findings=_findings,
    scene=_scene,
)
