"""Draws curves over x, with points and asymptotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from cardpipe.figures import style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cardpipe.figures.expression import Expression, Samples

SAMPLES: Final = 1201
LARGEST: Final = 1e9
"""Larger values are taken for none where no range of y is given."""
_FINER: Final = 64
"""Into how many parts a suspicious step is divided, to tell a jump from a steep slope."""
_POLE: Final = 8.0
"""By how much the whole range may exceed the middle 90 per cent of values before it is taken for a pole."""
_HEIGHT: Final = 320.0
_LEGEND_ROW: Final = 22.0
_DOTS: Final = (0, (2, 2))
_PLATE: Final = {"facecolor": style.BACKGROUND, "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
"""A ground behind a label, so that no line runs through it."""
_Place: TypeAlias = "tuple[float, float, str, str]"
"""Where a label may stand: its offset in pixels, and which of its sides lie there."""
_AROUND: Final[tuple[_Place, ...]] = (
    (10, 9, "left", "bottom"),
    (-10, 9, "right", "bottom"),
    (10, -9, "left", "top"),
    (-10, -9, "right", "top"),
    (0, 12, "center", "bottom"),
    (0, -12, "center", "top"),
    (12, 0, "left", "center"),
    (-12, 0, "right", "center"),
    (0, 34, "center", "bottom"),
    (0, -34, "center", "top"),
)


@dataclass(frozen=True, slots=True)
class Curve:
    """An expression to plot and its words in the legend, empty for none."""

    expression: Expression
    label: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A marked point."""

    x: float
    y: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Asymptote:
    """A line that a curve approaches: vertical where `x` is given, else horizontal."""

    x: float | None
    y: float | None
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
    asymptotes: tuple[Asymptote, ...] = ()


def height(plot: Plot) -> float:
    """Height of the picture in CSS pixels: a legend stands above the plot and needs room."""
    labelled = sum(bool(curve.label) for curve in plot.curves)
    return _HEIGHT + _LEGEND_ROW * -(-labelled // _columns(plot)) if labelled else _HEIGHT


def draw(figure: Figure, plot: Plot) -> None:
    """Draw the plot on an empty figure in the shared look."""
    import numpy as np

    axes = figure.add_subplot(xlabel=plot.x_label, ylabel=plot.y_label)
    x = np.linspace(plot.left, plot.right, SAMPLES)
    sampled = [(curve, curve.expression(x)) for curve in plot.curves]
    bottom, top = _window(plot, [values for _, values in sampled])
    axes.set_xlim(plot.left, plot.right)
    axes.set_ylim(bottom, top)
    axes.grid(visible=True)
    if bottom < 0 < top:
        axes.axhline(0, color=style.MUTED, linewidth=1)
    if plot.left < 0 < plot.right:
        axes.axvline(0, color=style.MUTED, linewidth=1)
    axes.locator_params(axis="x", nbins=8)
    axes.locator_params(axis="y", nbins=7)
    lines = []
    for number, (curve, values) in enumerate(sampled):
        colour = style.PALETTE[number % len(style.PALETTE)]
        dash = style.DASHES[number % len(style.DASHES)]
        shown = _broken(curve.expression, x, values, top - bottom)
        # What lies far outside is cut off by the axes anyway, and coordinates of any size are not drawn well.
        shown = np.clip(shown, bottom - 20 * (top - bottom), top + 20 * (top - bottom))
        axes.plot(x, shown, color=colour, linestyle=dash, label=curve.label or "_nolegend_")
        lines.append((x, shown))
    _asymptotes(axes, plot)
    _points(axes, plot)
    if any(curve.label for curve in plot.curves):
        figure.legend(loc="outside upper center", ncols=_columns(plot), columnspacing=1.4)
    _labels(figure, axes, plot, lines)


def _columns(plot: Plot) -> int:
    """As many columns of the legend as fit beside each other."""
    from cardpipe.figures.labels import approximate_width

    labels = [curve.label for curve in plot.curves if curve.label]
    widest = max((approximate_width(label) for label in labels), default=0.0) + 65
    return max(1, min(len(labels), int(style.WIDTH // widest)))


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


def _asymptotes(axes: Axes, plot: Plot) -> None:
    for line in plot.asymptotes:
        if line.x is not None:
            axes.axvline(line.x, color=style.INK, linewidth=1.5, linestyle=_DOTS)
        elif line.y is not None:
            axes.axhline(line.y, color=style.INK, linewidth=1.5, linestyle=_DOTS)


def _points(axes: Axes, plot: Plot) -> None:
    for point in plot.points:
        axes.plot([point.x], [point.y], "o", color=style.INK, markersize=8, zorder=5, clip_on=False)


def _labels(figure: Figure, axes: Axes, plot: Plot, curves: list[tuple[Samples, Samples]]) -> None:
    """Put each label where it covers least: other labels, marked points, curves, and nothing beyond the axes."""
    import numpy as np
    from matplotlib.transforms import Bbox

    if not any(label for label in [*(mark.label for mark in plot.points), *(mark.label for mark in plot.asymptotes)]):
        return
    # The layout engine moves the axes once more; only then can a label be measured against them.
    figure.draw_without_rendering()
    drawn = np.concatenate([axes.transData.transform(np.column_stack(curve)) for curve in curves])
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    marks = [axes.transData.transform((point.x, point.y)) for point in plot.points]
    taken = [Bbox.from_bounds(x - 6, y - 6, 12, 12) for x, y in marks]
    window = axes.get_window_extent()

    def cost(box: Bbox) -> float:
        inside = Bbox.intersection(box, window)
        cut = box.width * box.height - (inside.width * inside.height if inside is not None else 0.0)
        covered = sum(1.0 for other in taken if box.overlaps(other))
        over = (drawn > (box.x0, box.y0)) & (drawn < (box.x1, box.y1))
        touched = np.count_nonzero(over.all(axis=1))
        return 1000 * covered + 10 * cut + float(touched)

    for text, x, y, places in _wanted_labels(axes, plot):
        best: tuple[float, Bbox] | None = None
        label = axes.text(0, 0, text, bbox=_PLATE, zorder=6, transform=None)
        label.set_in_layout(False)
        chosen = places[0]
        for place in places:
            dx, dy, ha, va = place
            label.set(position=(x + dx, y + dy), ha=ha, va=va)
            box = label.get_window_extent()
            price = cost(box)
            if best is None or price < best[0] - 1e-9:
                best, chosen = (price, box), place
        dx, dy, ha, va = chosen
        label.remove()
        if best is not None:
            taken.append(best[1])
        final = axes.annotate(
            text,
            tuple(axes.transAxes.inverted().transform((x, y))),
            xycoords="axes fraction",
            xytext=(dx, dy),
            textcoords="offset points",
            ha=ha,
            va=va,
            bbox=_PLATE,
            zorder=6,
        )
        final.set_in_layout(False)


def _wanted_labels(axes: Axes, plot: Plot) -> Iterator[tuple[str, float, float, tuple[_Place, ...]]]:
    """Each label with the place that it belongs to, in pixels, and where it may stand around that."""
    for point in plot.points:
        if point.label:
            x, y = axes.transData.transform((point.x, point.y))
            yield point.label, float(x), float(y), _AROUND
    window = axes.get_window_extent()
    for line in plot.asymptotes:
        x, y = axes.transData.transform((line.x or 0.0, line.y or 0.0))
        if line.label and line.x is not None:
            heights = [window.y0 + part * window.height for part in (0.03, 0.97, 0.5, 0.25, 0.75)]
            yield (
                line.label,
                float(x),
                float(window.y0),
                tuple(
                    (dx, at - window.y0, ha, va)
                    for at, va in zip(heights, ("bottom", "top", "center", "center", "center"), strict=True)
                    for dx, ha in ((7.0, "left"), (-7.0, "right"))
                ),
            )
        elif line.label:
            yield (
                line.label,
                float(window.x0),
                float(y),
                tuple(
                    (part * window.width, dy, ha, va)
                    for part, ha in (
                        (0.02, "left"),
                        (0.98, "right"),
                        (0.5, "center"),
                        (0.25, "center"),
                        (0.75, "center"),
                    )
                    for dy, va in ((6.0, "bottom"), (-6.0, "top"))
                ),
            )
