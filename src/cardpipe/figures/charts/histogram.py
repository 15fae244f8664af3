"""The figure kind `histogram`: the distribution of numbers."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.charts.bars import area
from cardpipe.figures.charts.coordinates import DATUM, GUIDES, X_LABEL, Y_LABEL, guides, mark_findings
from cardpipe.figures.charts.frame import plot_frame
from cardpipe.figures.charts.marks import draw_guides, label_marks
from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.labels import wrong
from cardpipe.source.fields import Field, Integer, ListOf, Number
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure as Canvas

    from cardpipe.figures.charts.expression import Samples
    from cardpipe.figures.charts.frame import AxesFrame
    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_MOST_VALUES: Final = 2000
_MOST_BINS: Final = 60
_MOST_COUNTED: Final = 1_000_000_000
FIELDS: Final = (
    Field("values", ListOf(DATUM, min=1, max=_MOST_VALUES), "The numbers to count.", example=[1.2, 1.9, 2.1, 2.4, 3]),
    Field("bins", Integer(1, _MOST_BINS), "The number of bins.", default=10),
    Field(
        "counts",
        ListOf(Number(0, _MOST_COUNTED), min=1, max=_MOST_BINS),
        "The counts per bin, instead of `values`.",
        example=[3, 8, 5],
    ),
    Field(
        "edges",
        ListOf(DATUM, min=2, max=_MOST_BINS + 1),
        "The edges of the bins for `counts`: increasing, one more than counts.",
        example=[0, 1, 2, 3],
    ),
    X_LABEL,
    Y_LABEL,
    GUIDES,
)


def _findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    yield from plot_frame(values, width).findings(figure, values)
    if ("values" in values) == ("counts" in values):
        yield wrong(figure, ("counts",), "A histogram must have either `values`, or `counts` with `edges`.")
        return
    found = [*_edge_findings(figure, values)] if "counts" in values else [*_spread_findings(figure, values)]
    yield from found
    if not found:
        numbers = values.get("edges", values.get("values"))
        # Around equal numbers, the histogram has half a unit on both sides.
        spare = 0.5 if min(numbers) == max(numbers) else 0.0
        yield from mark_findings(figure, {**values, "x": (min(numbers) - spare, max(numbers) + spare)}, "guides")


def _edge_findings(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    edges, counts = values.get("edges", ()), values["counts"]
    if len(edges) != len(counts) + 1:
        yield wrong(
            figure,
            ("edges",),
            f"Found {counted(len(edges), 'edge')} for {counted(len(counts), 'count')}.",
            "Write one more than counts.",
        )
    if any(not _apart(first, second) for first, second in itertools.pairwise(edges)):
        yield wrong(figure, ("edges",), "These numbers are not increasing.")


def _spread_findings(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    if "edges" in values:
        yield wrong(figure, ("edges",), "`edges` requires `counts`.", "Set the number of bins with `bins`.")
    low, high = min(values["values"]), max(values["values"])
    if low < high and not _apart(low, high):
        yield wrong(figure, ("values",), "These numbers are too close together to be distinguished.")


def _apart(low: float, high: float) -> bool:
    """Return whether float64 has enough values between the numbers for edges of bins and for ticks."""
    return high - low > max(1e-9 * abs(low), 1e-9 * abs(high), 1e-30)


def _counted(values: Mapping[str, Any]) -> tuple[Samples, Samples]:
    """Return the number of values per bin, and the edges of the bins."""
    import numpy as np

    if "counts" in values:
        return np.array(values["counts"]), np.array(values["edges"])
    counts, edges = np.histogram(np.array(values["values"]), bins=values["bins"])
    return counts.astype(np.float64), edges


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    frame = plot_frame(values, width)
    return Scene(width, frame.height, lambda canvas: _draw(canvas, frame, values))


def _draw(canvas: Canvas, frame: AxesFrame, values: Mapping[str, Any]) -> None:
    import numpy as np

    axes = frame.axes(canvas)
    counts, edges = _counted(values)
    axes.xaxis.grid(visible=False)
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", **area(0))
    axes.margins(x=0.03)
    axes.set_ylim(0, max(float(counts.max()), 1.0) * 1.08)
    frame.ticks(axes)
    if bool(np.all(counts == np.round(counts))):
        axes.locator_params(axis="y", integer=True)
    lines = guides(values, "guides")
    draw_guides(axes, lines)
    # A label may be on the bars, but not on their upper edges.
    steps = np.linspace(edges[0], edges[-1], 600)
    tops = counts[np.clip(np.searchsorted(edges, steps, side="right") - 1, 0, len(counts) - 1)]
    label_marks(canvas, axes, (), lines, [(steps, tops)])


KIND: Final = DeclaredKind(
    name="histogram",
    summary="The distribution of numbers over bins.",
    synonyms=("hist", "distribution"),
    fields=FIELDS,
    example=example_of("histogram"),
    findings=_findings,
    scene=_scene,
)
