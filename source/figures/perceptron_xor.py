"""Draw a perceptron, what it learns of OR, and why it cannot learn XOR."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = np.array([0, 1, 1, 0])
OR = np.array([0, 1, 1, 1])
PASSES = 1000
LABELS = (5.05, 3.62, 2.62)
"""How high the weights' names stand in the diagram, clear of the arrows."""


def predict(weights: Array, bias: float, points: Array) -> NDArray[np.int64]:
    """The step function of the weighted sum: 1 where it is zero or more, else 0."""
    return (points @ weights + bias >= 0).astype(np.int64)


def train(targets: NDArray[np.int64]) -> tuple[Array, float, list[int]]:
    """Rosenblatt's rule with a rate of 1 on the four points in turn, starting from weights of zero.

    The bias starts at a half, so that no line ever runs through a point. Returns weights, bias, and how many points
    are right after each pass.
    """
    weights, bias, right = np.zeros(2), 0.5, []
    for _ in range(PASSES):
        for point, target in zip(POINTS, targets, strict=True):
            error = int(target) - int(predict(weights, bias, point[None])[0])
            weights = weights + error * point
            bias += error
        right.append(int(np.count_nonzero(predict(weights, bias, POINTS) == targets)))
    return weights, bias, right


def representable() -> dict[tuple[int, ...], tuple[Array, float]]:
    """All functions of two bits that a perceptron can represent, with weights and bias for each.

    Weights of -1, 0 and 1 with a bias between whole numbers are enough: they cut off each corner of the square, each
    side and nothing, from both sides, and a line can cut the four corners in no other way.
    """
    found: dict[tuple[int, ...], tuple[Array, float]] = {}
    for first in (-1.0, 0.0, 1.0):
        for second in (-1.0, 0.0, 1.0):
            for bias in (-1.5, -0.5, 0.5, 1.5):
                weights = np.array([first, second])
                found.setdefault(tuple(predict(weights, bias, POINTS).tolist()), (weights, bias))
    return found


def nearest_lines() -> list[tuple[Array, float]]:
    """The lines that get the most points of XOR right, which is three."""
    lines = representable()
    right = {values: int(np.count_nonzero(np.array(values) == XOR)) for values in lines}
    return [lines[values] for values, count in right.items() if count == max(right.values())]


def _diagram(axes: Axes) -> None:
    """Inputs and bias, weights on the arrows, the sum, the step and the output."""
    from matplotlib.patches import Circle, Rectangle

    axes.set(xlim=(0, 10), ylim=(0, 6.4), aspect="equal")
    axes.set_axis_off()
    arrow = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0}
    middle = np.array([5.0, 3.2])
    for place, (name, weight) in enumerate((("$x_1$", "$w_1$"), ("$x_2$", "$w_2$"), ("1", "$b$"))):
        start = np.array([0.9, 5.3 - 2.1 * place])
        colour = "C5" if name == "1" else "C0"
        axes.add_patch(Circle((start[0], start[1]), 0.7, facecolor="white", edgecolor=colour, linewidth=2))
        axes.text(start[0], start[1], name, ha="center", va="center_baseline")
        way = (middle - start) / np.linalg.norm(middle - start)
        axes.annotate("", tuple(middle - 0.95 * way), tuple(start + 0.7 * way), arrowprops=arrow)
        axes.text(2.75, LABELS[place], weight, ha="center", va="center_baseline")
    axes.add_patch(Circle((middle[0], middle[1]), 0.95, facecolor="white", edgecolor="C1", linewidth=2))
    axes.text(middle[0], middle[1], r"$\Sigma$", ha="center", va="center_baseline", fontsize=20)
    axes.annotate("", (6.9, 3.2), (5.95, 3.2), arrowprops=arrow)
    axes.add_patch(Rectangle((6.9, 2.3), 1.8, 1.8, facecolor="white", edgecolor="C1", linewidth=2))
    axes.plot([7.15, 7.8, 7.8, 8.45], [2.75, 2.75, 3.65, 3.65], color="C1")
    axes.annotate("", (9.5, 3.2), (8.7, 3.2), arrowprops=arrow)
    axes.text(9.62, 3.2, r"$\hat{y}$", ha="left", va="center_baseline")
    axes.text(5.0, 1.7, "sum", ha="center", va="center_baseline")
    axes.text(7.8, 1.7, "step $f$", ha="center", va="center_baseline")


def _plane(axes: Axes, title: str, targets: NDArray[np.int64], lines: list[tuple[Array, float]]) -> None:
    """The four points in their classes, and lines across."""
    x = np.array([-0.6, 1.6])
    for weights, bias in lines:
        axes.plot(x, -(weights[0] * x + bias) / weights[1], color="0.45", linewidth=2, linestyle=(0, (4, 2)))
    for value, colour, marker in ((0, "C0", "o"), (1, "C1", "s")):
        chosen = POINTS[targets == value]
        axes.plot(*chosen.T, marker, color=colour, markersize=13, label=f"$y={value}$", zorder=3)
    axes.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), xticks=[0, 1], yticks=[0, 1], aspect="equal")
    axes.set_xlabel("$x_1$", labelpad=0)
    axes.set_ylabel("$x_2$", labelpad=0)
    axes.set_title(title)


def draw(figure: Figure) -> None:
    """The unit as a diagram above; below, OR with the line that it learnt, and XOR with the lines that come nearest."""
    figure.set_size_inches(480 / 72, 480 / 72)
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[1, 1.1]).ravel()
    _diagram(above.subplots())
    left, right = below.subplots(1, 2)
    weights, bias, _ = train(OR)
    _plane(left, "OR: one line does", OR, [(weights, bias)])
    _plane(right, "XOR: no line does", XOR, nearest_lines())
