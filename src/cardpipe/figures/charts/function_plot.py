"""Draw curves over x, with points and asymptotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.figures import style
from cardpipe.figures.charts.frame import AxesFrame
from cardpipe.figures.charts.marks import Guide, Point, draw_guides, draw_points, label_marks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cardpipe.figures.charts.expression import Expression, Samples

SAMPLES: Final = 1201
LARGEST: Final = 1e15
"""Larger values are ignored if no y range is given."""
_FINER: Final = 64
"""Into how many parts a suspicious step is divided, to tell a jump from a steep slope."""
_POLE: Final = 8.0
"""By how much the whole range may exceed the middle 90 per cent of values before it is taken for a pole."""


@dataclass(frozen=True, slots=True)
class Curve:
    """An expression to plot and its words in the legend, empty for none."""

    expression: Expression
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What to plot; `bottom` and `top` bound y where given."""

    curves: tuple[Curve, ...]
    left: float
    right: float
    bottom: float | None = None
    top: float | None = None
    x_label: str = ""
    y_label: str = ""
    points: tuple[Point, ...] = ()
    asymptotes: tuple[Guide, ...] = ()
    width: float = style.WIDTH


def frame(plot: Plot) -> AxesFrame:
    """The axes around the plot."""
    return AxesFrame(plot.width, plot.x_label, plot.y_label, tuple(curve.label for curve in plot.curves))


def draw(figure: Figure, plot: Plot) -> None:
    """Draw the plot on an empty figure in the shared style."""
    import numpy as np

    axes = frame(plot).axes(figure)
    x = np.linspace(plot.left, plot.right, SAMPLES)
    sampled = [(curve, curve.expression(x)) for curve in plot.curves]
    bottom, top = _window(plot, [values for _, values in sampled])
    axes.set_xlim(plot.left, plot.right)
    axes.set_ylim(bottom, top)
    if bottom < 0 < top:
        axes.axhline(0, color=style.MUTED, linewidth=1)
    if plot.left < 0 < plot.right:
        axes.axvline(0, color=style.MUTED, linewidth=1)
    frame(plot).ticks(axes)
    lines = []
    for number, (curve, values) in enumerate(sampled):
        colour = style.PALETTE[number % len(style.PALETTE)]
        dash = style.DASHES[number % len(style.DASHES)]
        shown = _broken(curve.expression, x, values, top - bottom)
        # What lies far outside is cut off by the axes anyway, and coordinates of any size are not drawn well.
        shown = np.clip(shown, bottom - 20 * (top - bottom), top + 20 * (top - bottom))
        axes.plot(x, shown, color=colour, linestyle=dash, label=curve.label or "_nolegend_")
        lines.append((x, shown))
    draw_guides(axes, plot.asymptotes)
    draw_points(axes, plot.points)
    frame(plot).legend(figure)
    label_marks(figure, axes, plot.points, plot.asymptotes, lines)


def _window(plot: Plot, all_values: list[Samples]) -> tuple[float, float]:
    """The range of y: all finite values and points, poles cut off."""
    import numpy as np

    if plot.bottom is not None and plot.top is not None:
        return plot.bottom, plot.top
    values = np.concatenate([values[np.abs(values) <= LARGEST] for values in all_values])
    marks = [point.y for point in plot.points] + [line.y for line in plot.asymptotes if line.y is not None]
    low, high = float(values.min()), float(values.max())
    inner_low, inner_high = (float(end) for end in np.quantile(values, (0.05, 0.95)))
    if high - low > _POLE * (inner_high - inner_low) > 0:
        low, high = inner_low, inner_high
    low, high = min([low, *marks]), max([high, *marks])
    margin = 0.06 * (high - low) or max(1.0, abs(high) * 0.1)
    bottom = low - margin if plot.bottom is None else plot.bottom
    top = high + margin if plot.top is None else plot.top
    return (bottom, top) if bottom < top else (bottom, bottom + 1.0)


def _broken(expression: Expression, x: Samples, values: Samples, window: float) -> Samples:
    """The values with a gap wherever the function jumps, so that no line joins the two sides.

    A step of more than a twentieth of the window is looked at more finely: at a jump, one of the finer steps is
    still more than half as high; on a slope, however steep, they are all small.
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
