"""Draw a network of fully connected layers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from cardpipe.figures import style
from cardpipe.figures.diagrams.boxes import draw_text
from cardpipe.figures.label_lines import (
    BOLD_SIZE,
    approximate_width,
    broken,
    canvas_axes,
    lines_height,
    vertical_alignment,
    write_lines,
)
from cardpipe.figures.labels import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SHOWN: Final = 16
"""A layer with more units shows the first and last ones, and dots in between."""
_HEAD, _TAIL = 5, 3
"""The number of units before and after the dots."""
_PITCH: Final = 46.0
_CLOSE_PITCH: Final = 32.0
_MANY: Final = 9
"""From this number of rows on, units are closer together."""
_RADIUS: Final = 17.0
_CLOSE_RADIUS: Final = 12.5
_LARGEST_RADIUS: Final = 30.0
_MARGIN: Final = 10.0
_ARROW: Final = 30.0
_BEYOND: Final = 8.0
"""Space between a unit and the label next to it."""
_EDGE: Final = 4.0
_HALF_NAME: Final = 56.0
"""Half the maximum width of an unbroken name at the side."""
_MANY_EDGES: Final = 120
"""From this number of edges on, they are thinner."""
_Segment: TypeAlias = "tuple[tuple[float, float], tuple[float, float]]"


def shown_units(units: int) -> tuple[int, ...]:
    """Return the indices of the units of a layer that are drawn, and 0 for the dots."""
    if units <= MOST_SHOWN:
        return tuple(range(1, units + 1))
    return (*range(1, _HEAD + 1), 0, *range(units - _TAIL + 1, units + 1))


def unit_labels(layer: Mapping[str, Any]) -> list[str]:
    """Return the labels in or next to a layer's first units."""
    return [label.text for label in layer.get("unit_labels", ())]


class NetworkPlan:
    """The layout, in CSS pixels from the upper left corner.

    A unit is identified by the number of its layer and its own, both counted from 1; 0 is the layer's bias.
    """

    def __init__(self, values: Mapping[str, Any], width: float) -> None:
        self.values = values
        self.layers: Sequence[Mapping[str, Any]] = values["layers"]
        self.biases = bool(values.get("biases"))
        self.outputs = [label.text for label in values.get("outputs", ())]
        self.labels = [unit_labels(layer) for layer in self.layers]
        self.shown = [shown_units(layer["units"]) for layer in self.layers]
        self.width = width
        rows = [len(shown) for shown in self.shown]
        bias = [int(self.biases and place < len(rows) - 1) for place in range(len(rows))]
        most = max(row + extra for row, extra in zip(rows, bias, strict=True))
        close = most >= _MANY
        self.pitch = _CLOSE_PITCH if close else _PITCH
        self.radius = _CLOSE_RADIUS if close else self._fitting_radius()
        self.pitch = max(self.pitch, 2 * self.radius + 8)
        left, right = self._sides()
        count = len(self.layers)
        step = (width - left - right) / (count - 1)
        self.x = [left + place * step for place in range(count)]
        # A name may be as wide as its column: half way to the neighbours, and to the edge at the sides.
        self.columns = [step - 6.0] * count
        self.columns[0] = min(step - 6.0, 2 * (left - _EDGE))
        self.columns[-1] = min(step - 6.0, 2 * (right - _EDGE))
        self.names = self._names(short=False)
        if self.crowded() is not None:
            self.names = self._names(short=True)
        lines = max(lines_height(name) for name in self.names)
        self.top = _MARGIN + lines + (6 if lines else 0)
        self.height = self.top + most * self.pitch + _MARGIN
        self.y = [
            self.top + (most - row - extra) * self.pitch / 2 + self.pitch / 2
            for row, extra in zip(rows, bias, strict=True)
        ]

    def _name(self, layer: Mapping[str, Any]) -> str:
        """Return the text above a layer; if units are left out, with their number."""
        label = words(layer)
        if layer["units"] <= MOST_SHOWN:
            return label
        number = f"{layer['units']}\N{NO-BREAK SPACE}units"
        return f"{label} ({number})" if label else number

    def _names(self, *, short: bool) -> list[list[str]]:
        """Return the lines above each layer; in the short form, numbers of units have no word."""
        names = [self._name(layer) for layer in self.layers]
        if short:
            names = [name.replace("\N{NO-BREAK SPACE}units", "") for name in names]
        pairs = zip(names, self.columns, strict=True)
        return [[line for line in broken(name, room, BOLD_SIZE) if line] for name, room in pairs]

    def crowded(self) -> int | None:
        """Return the index of the first layer whose name has a word wider than its column."""
        for place, lines in enumerate(self.names):
            if any(_bold_width(line) > self.columns[place] for line in lines):
                return place
        return None

    def cramped(self) -> bool:
        """Return whether the layers are so close that their units touch or edges are not visible."""
        return self.x[1] - self.x[0] < 2 * self.radius + 16

    def inside(self, place: int) -> bool:
        """Return whether the labels of a layer's units are inside; in the outer layers, long ones are next to them."""
        middle = 0 < place < len(self.layers) - 1
        return middle or all(approximate_width(label) <= 2 * self.radius - 4 for label in self.labels[place])

    def unit(self, layer: int, unit: int) -> tuple[float, float] | None:
        """Return the centre of a unit; None if it is left out."""
        shown = self.shown[layer - 1]
        if unit and unit not in shown:
            return None
        row = shown.index(unit) if unit else len(shown)
        return self.x[layer - 1], self.y[layer - 1] + row * self.pitch

    def _fitting_radius(self) -> float:
        middle = [label for labels in self.labels[1:-1] for label in labels]
        if len(self.layers) <= 3:
            # A word fits into the unit of a small network, as in a diagram of one neuron.
            middle += [label for label in self.labels[-1] if approximate_width(label) <= 50]
        widest = max((approximate_width(label) for label in middle), default=0.0)
        return min(_LARGEST_RADIUS, max(_RADIUS, widest / 2 + 6))

    def _sides(self) -> tuple[float, float]:
        """Return the distances from the picture's edges to the centres of the first and the last layer."""
        beside = [0.0, 0.0]
        for place in (0, -1):
            if not self.inside(place % len(self.layers)):
                beside[place] = max(map(approximate_width, self.labels[place])) + _BEYOND
        if self.outputs:
            beside[1] += _ARROW + _BEYOND + max(map(approximate_width, self.outputs))
        # A name at the side takes half its column, and may extend by half the width of a name of one line.
        names = [min(_bold_width(self._name(self.layers[place])) / 2, _HALF_NAME) + _EDGE for place in (0, -1)]
        least = _MARGIN + self.radius
        return max(least + beside[0], names[0]), max(least + beside[1], names[1])


def _bold_width(text: str) -> float:
    return approximate_width(text, BOLD_SIZE)


def draw(figure: Figure, plan: NetworkPlan) -> None:
    """Draw the network on an empty figure in the shared style, of the plan's width and height."""
    axes = canvas_axes(figure, plan.width, plan.height)
    _draw_edges(axes, plan)
    for place in range(len(plan.layers)):
        _draw_layer(axes, plan, place)
    _draw_outputs(axes, plan)


def _draw_edges(axes: Axes, plan: NetworkPlan) -> None:
    from matplotlib.collections import LineCollection

    plain: list[_Segment] = []
    dashed: list[_Segment] = []
    for number, (shown, following) in enumerate(pairwise(plan.shown), start=1):
        targets = [plan.unit(number + 1, unit) for unit in following if unit]
        for unit in (*filter(None, shown), *((0,) if plan.biases else ())):
            start = plan.unit(number, unit)
            if start is not None:
                (plain if unit else dashed).extend([(start, target) for target in targets if target is not None])
    width = 0.9 if len(plain) < _MANY_EDGES else 0.5
    axes.add_collection(LineCollection(plain, colors=style.LINE, linewidths=width, zorder=1))
    axes.add_collection(LineCollection(dashed, colors=style.LINE, linewidths=width, linestyles=[(0, (4, 3))], zorder=1))
    for edge in plan.values.get("highlight_edges", ()):
        ends = plan.unit(edge["layer"], edge["from"]), plan.unit(edge["layer"] + 1, edge["to"])
        if ends[0] is None or ends[1] is None:
            continue
        (x0, y0), (x1, y1) = ends[0], ends[1]
        axes.plot([x0, x1], [y0, y1], color=style.PALETTE[1], linewidth=2.5, zorder=2)
        if "label" in edge:
            draw_text(axes, (x0 + 0.38 * (x1 - x0), y0 + 0.38 * (y1 - y0)), words(edge), zorder=3)


def _draw_layer(axes: Axes, plan: NetworkPlan, place: int) -> None:
    last = len(plan.layers) - 1
    colour = 5 if place == 0 else 2 if place == last else 0
    highlighted = {unit["unit"] for unit in plan.values.get("highlight_units", ()) if unit["layer"] == place + 1}
    labels = plan.labels[place]
    for row, unit in enumerate(plan.shown[place]):
        x, y = plan.x[place], plan.y[place] + row * plan.pitch
        if unit == 0:
            for offset in (-0.22, 0.0, 0.22):
                axes.plot([x], [y + offset * plan.pitch], "o", color=style.MUTED, markersize=3.5)
            continue
        label = labels[unit - 1] if unit <= len(labels) else ""
        _draw_unit(axes, plan, (x, y), 1 if unit in highlighted else colour, strong=unit in highlighted)
        _draw_unit_label(axes, plan, place, (x, y), label)
    centre = plan.unit(place + 1, 0) if plan.biases and place < last else None
    if centre is not None:
        _draw_unit(axes, plan, centre, 1 if 0 in highlighted else None, strong=0 in highlighted)
        axes.text(*centre, "1", ha="center", va="center_baseline", zorder=5)
    name = plan.names[place]
    write_lines(axes, plan.x[place], plan.top - 6 - lines_height(name) / 2, name, ha="center", weight="bold")


def _draw_unit(axes: Axes, plan: NetworkPlan, centre: tuple[float, float], colour: int | None, *, strong: bool) -> None:
    """Draw a circle; without a colour it is a bias, dashed."""
    from matplotlib.patches import Circle

    axes.add_patch(
        Circle(
            centre,
            plan.radius,
            facecolor=style.BACKGROUND if colour is None else style.TINTS[colour],
            edgecolor=style.MUTED if colour is None else style.PALETTE[colour],
            linewidth=3.0 if strong else 1.8,
            linestyle=(0, (3, 2)) if colour is None else "-",
            zorder=4,
        )
    )


def _draw_unit_label(axes: Axes, plan: NetworkPlan, place: int, centre: tuple[float, float], label: str) -> None:
    if not label:
        return
    x, y = centre
    if plan.inside(place):
        axes.text(x, y, label, ha="center", va=vertical_alignment(label), zorder=5)
        return
    side = -1 if place == 0 else 1
    axes.text(
        x + side * (plan.radius + _BEYOND),
        y,
        label,
        ha="right" if side < 0 else "left",
        va=vertical_alignment(label),
        zorder=5,
    )


def _draw_outputs(axes: Axes, plan: NetworkPlan) -> None:
    place = len(plan.layers)
    beside = () if plan.inside(place - 1) else plan.labels[-1]
    lead = max(map(approximate_width, beside), default=0.0) + (_BEYOND if beside else 0.0)
    for unit, label in zip(filter(None, plan.shown[-1]), plan.outputs, strict=False):
        centre = plan.unit(place, unit)
        if centre is None:
            continue
        start = centre[0] + plan.radius + lead
        axes.annotate(
            "",
            (start + _ARROW, centre[1]),
            (start + 2, centre[1]),
            arrowprops={"arrowstyle": "-|>", "color": style.INK, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0},
        )
        axes.text(start + _ARROW + _BEYOND / 2, centre[1], label, ha="left", va=vertical_alignment(label))
