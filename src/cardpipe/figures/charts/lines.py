"""The figure kind `lines`: series of measured numbers, such as a loss over epochs."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures import style
from cardpipe.figures.charts.coordinates import (
    DATUM,
    GUIDES,
    PAIR,
    X_LABEL,
    Y_LABEL,
    guides,
    mark_findings,
    range_findings,
    unlabelled,
)
from cardpipe.figures.charts.frame import plot_frame
from cardpipe.figures.charts.marks import draw_guides, label_marks
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.labels import Label, words, wrong
from cardpipe.source.fields import Boolean, Choice, Field, ListOf, Record
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from cardpipe.figures.charts.expression import Samples
    from cardpipe.figures.charts.frame import AxesFrame
    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_MOST: Final = 500
_FEW: Final = 25
"""The maximum number of values of a line for markers."""
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")
_LOG: Final = "log"
_BETWEEN: Final = 24
"""The number of parts into which a step is divided to check whether a label covers a line."""
_NUMBERS: Final = ListOf(DATUM, min=2, max=_MOST)
_SERIES: Final = Record(
    (
        Field("values", _NUMBERS, "The values, one for each x.", required=True, example=[0.9, 0.5, 0.3]),
        Field("label", Label(40), "The legend label.", example="training"),
        Field("low", _NUMBERS, "The lower edge of a band around the line.", example=[0.8, 0.4, 0.2]),
        Field("high", _NUMBERS, "The upper edge of a band around the line.", example=[1, 0.6, 0.4]),
    ),
    name="series",
)
FIELDS: Final = (
    Field("series", ListOf(_SERIES, min=1, max=6), "One line or several.", required=True),
    Field("x", _NUMBERS, "The x values, increasing. Default: 1, 2, 3 …", example=[1, 2, 4]),
    Field("markers", Boolean(), f"Whether values have markers. Default: up to {_FEW} values have."),
    Field("scale", Choice(("linear", _LOG)), "The scale of the y axis.", default="linear"),
    Field("y", PAIR, "The y range. Default: the range of the values.", example=[0, 1]),
    X_LABEL,
    Y_LABEL,
    GUIDES,
)


def _findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    yield from range_findings(figure, values, "y")
    x = values.get("x")
    if x is not None and any(not second > first for first, second in itertools.pairwise(x)):
        yield wrong(figure, ("x",), "These numbers are not increasing.", "Sort them, and write each once.")
    wanted = len(x) if x is not None else len(values["series"][0]["values"]) if values["series"] else 0
    yield from unlabelled(figure, values, "series")
    for place in range(len(values["series"])):
        yield from _series_findings(figure, values, place, wanted)
    # A line's own x values are its ends, so only these limit the position of a reference line.
    bounds = {"x": (x[0], x[-1]) if x is not None else (1, wanted)} | ({"y": values["y"]} if "y" in values else {})
    yield from mark_findings(figure, {**values, **bounds}, "guides")
    yield from plot_frame(values, width, "series").findings(figure, values, "series")
    if values["scale"] == _LOG:
        yield from _log_findings(figure, values)


def _series_findings(figure: Figure, values: Mapping[str, Any], place: int, wanted: int) -> Iterator[Finding]:
    series = values["series"][place]
    for key in ("values", "low", "high"):
        if key in series and len(series[key]) != wanted:
            there = "x" if "x" in values else "the first series"
            yield wrong(
                figure,
                ("series", place, key),
                f"Found {counted(len(series[key]), 'number')}, but {there} has {wanted}.",
                "Write as many as there.",
            )
            return
    if ("low" in series) != ("high" in series):
        yield wrong(
            figure, ("series", place), "A band needs both `low` and `high`.", "Add the other one, or remove this one."
        )
    elif "low" in series and any(low > high for low, high in zip(series["low"], series["high"], strict=True)):
        yield wrong(
            figure,
            ("series", place, "low"),
            "This edge of the band is above the other one in some place.",
            "Write the smaller number under `low`.",
        )


def _log_findings(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    """Find values at or below zero on a logarithmic scale."""
    numbers: list[tuple[tuple[str | int, ...], Sequence[float]]] = [
        (("series", place, key), series[key])
        for place, series in enumerate(values["series"])
        for key in ("values", "low", "high")
        if key in series
    ]
    numbers += [
        (("guides", place, "y"), (line["y"],)) for place, line in enumerate(values.get("guides", ())) if "y" in line
    ]
    numbers += [(("y",), values["y"])] if "y" in values else []
    for path, there in numbers:
        if min(there) <= 0:
            yield wrong(figure, path, "A logarithmic scale needs numbers above zero.", "Use `scale: linear`.")


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    frame = plot_frame(values, width, "series")
    return Scene(width, frame.height, lambda canvas: _draw(canvas, frame, values))


def _draw(canvas: Canvas, frame: AxesFrame, values: Mapping[str, Any]) -> None:
    import numpy as np

    axes = frame.axes(canvas)
    count = len(values["series"][0]["values"])
    x = np.array(values.get("x", range(1, count + 1)), dtype=np.float64)
    marked = values.get("markers", count <= _FEW)
    drawn = []
    if values["scale"] == _LOG:
        axes.set_yscale("log")
    for number, series in enumerate(values["series"]):
        y = np.array(series["values"])
        _draw_series(axes, number, x, series, marked=marked)
        steps = np.linspace(0, count - 1, (count - 1) * _BETWEEN + 1)
        drawn.append((np.interp(steps, np.arange(count), x), np.interp(steps, np.arange(count), y)))
    axes.margins(x=0.03)
    if "y" in values:
        axes.set_ylim(values["y"])
    if values["scale"] != _LOG:
        frame.ticks(axes)
    if "x" not in values:
        axes.locator_params(axis="x", integer=True)
    lines = guides(values, "guides")
    draw_guides(axes, lines)
    frame.legend(canvas)
    label_marks(canvas, axes, (), lines, drawn)


def _draw_series(axes: Axes, number: int, x: Samples, series: Mapping[str, Any], *, marked: bool) -> None:
    colour = style.PALETTE[number % len(style.PALETTE)]
    axes.plot(
        x,
        series["values"],
        color=colour,
        linestyle=style.DASHES[number % len(style.DASHES)],
        marker=_MARKERS[number % len(_MARKERS)] if marked else "",
        label=words(series) or "_nolegend_",
        zorder=3,
    )
    if "low" in series:
        axes.fill_between(x, series["low"], series["high"], color=colour, alpha=0.18, linewidth=0, zorder=2)


KIND: Final = DeclaredKind(
    name="lines",
    summary="Lines through measured numbers, with optional bands.",
    synonyms=("line", "line-chart", "linechart", "learning-curve"),
    fields=FIELDS,
    example=example_of("lines"),
    findings=_findings,
    scene=_scene,
)
