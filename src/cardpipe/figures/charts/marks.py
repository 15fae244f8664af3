"""Marked points and reference lines of a plot, and the placement of their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from cardpipe.figures import style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cardpipe.figures.charts.expression import Samples

_DOTS: Final = (0, (2, 2))
_PLATE: Final = {"facecolor": style.BACKGROUND, "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
"""A background behind a label, so that no line crosses it."""
_Place: TypeAlias = "tuple[float, float, str, str]"
"""The possible positions of a label: its offset in pixels, and its horizontal and vertical alignment."""
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
class Point:
    """A marked point."""

    x: float
    y: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """A line through the whole plot: vertical if `x` is given, otherwise horizontal."""

    x: float | None
    y: float | None
    label: str = ""


def draw_guides(axes: Axes, guides: Sequence[Guide]) -> None:
    """Draw lines from side to side, or from bottom to top."""
    for guide in guides:
        if guide.x is not None:
            axes.axvline(guide.x, color=style.INK, linewidth=1.5, linestyle=_DOTS)
        elif guide.y is not None:
            axes.axhline(guide.y, color=style.INK, linewidth=1.5, linestyle=_DOTS)


def draw_points(axes: Axes, points: Sequence[Point]) -> None:
    """Draw dots, unclipped at the edge of the plot."""
    for point in points:
        axes.plot([point.x], [point.y], "o", color=style.INK, markersize=8, zorder=5, clip_on=False)


def label_marks(
    figure: Figure,
    axes: Axes,
    points: Sequence[Point],
    guides: Sequence[Guide],
    drawn_there: Sequence[tuple[Samples, Samples]],
) -> None:
    """Place each label where it covers least of other labels, points and lines, inside the axes.

    `drawn_there` are the x and y of curves and dots, dense enough that no label fits in between.
    """
    import numpy as np
    from matplotlib.transforms import Bbox

    if not any(point.label for point in points) and not any(guide.label for guide in guides):
        return
    # The layout engine moves the axes; label positions can only be computed afterwards.
    style.settle(figure)
    there = [axes.transData.transform(np.column_stack(each)) for each in drawn_there]
    there += [_on_guide(axes, guide) for guide in guides]
    drawn = np.concatenate(there or [np.empty((0, 2))])
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    marks = [axes.transData.transform((point.x, point.y)) for point in points]
    taken = [Bbox.from_bounds(x - 6, y - 6, 12, 12) for x, y in marks]
    window = axes.get_window_extent()

    def cost(box: Bbox) -> float:
        inside = Bbox.intersection(box, window)
        cut = box.width * box.height - (inside.width * inside.height if inside is not None else 0.0)
        covered = sum(1.0 for other in taken if box.overlaps(other))
        over = (drawn > (box.x0, box.y0)) & (drawn < (box.x1, box.y1))
        touched = np.count_nonzero(over.all(axis=1))
        return 1000 * covered + 10 * cut + float(touched)

    for text, x, y, places in _wanted_labels(axes, points, guides):
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


def _on_guide(axes: Axes, guide: Guide) -> Samples:
    """Points on a line from side to side, at every other pixel."""
    import numpy as np

    window = axes.get_window_extent()
    across = guide.x is None
    low, high = (window.x0, window.x1) if across else (window.y0, window.y1)
    along = np.arange(low, high, 2.0)
    # Axes coordinates are valid on any scale; zero is not on a logarithmic one.
    left, bottom = axes.get_xlim()[0], axes.get_ylim()[0]
    x, y = axes.transData.transform((left if guide.x is None else guide.x, bottom if guide.y is None else guide.y))
    fixed = np.full_like(along, y if across else x)
    return np.column_stack((along, fixed) if across else (fixed, along))


def _wanted_labels(
    axes: Axes, points: Sequence[Point], guides: Sequence[Guide]
) -> Iterator[tuple[str, float, float, tuple[_Place, ...]]]:
    """Yield each label with the point that it belongs to, in pixels, and its possible positions."""
    for point in points:
        if point.label:
            x, y = axes.transData.transform((point.x, point.y))
            yield point.label, float(x), float(y), _AROUND
    window = axes.get_window_extent()
    for line in guides:
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
