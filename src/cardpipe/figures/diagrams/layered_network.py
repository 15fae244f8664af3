"""Draw a network of fully connected layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from cardpipe.figures import style
from cardpipe.figures.label_lines import (
    BOLD_SIZE,
    approximate_width,
    broken,
    lines_height,
    standing,
    write_lines,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SHOWN: Final = 16
"""A layer with more units shows its first and last, and dots between."""
_HEAD, _TAIL = 5, 3
"""How many units stand before and after the dots."""
_PITCH: Final = 46.0
_CLOSE_PITCH: Final = 32.0
_MANY: Final = 9
"""From so many rows on, units stand closer."""
_RADIUS: Final = 17.0
_CLOSE_RADIUS: Final = 12.5
_LARGEST_RADIUS: Final = 30.0
_MARGIN: Final = 10.0
_ARROW: Final = 30.0
_BEYOND: Final = 8.0
"""Space between a unit and its label beside it."""
_EDGE: Final = 4.0
_HALF_NAME: Final = 56.0
"""A name at the side makes room for itself up to this half of its width, and is broken beyond."""
_MANY_EDGES: Final = 120
"""From so many edges on they are drawn finer."""
_Segment: TypeAlias = "tuple[tuple[float, float], tuple[float, float]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer: its number of units, its name, and labels of its first units."""

    units: int
    label: str = ""
    unit_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by layer and index, counted from 1; index 0 is the layer's bias."""

    layer: int
    unit: int


@dataclass(frozen=True, slots=True)
class NetworkEdge:
    """An edge from a unit to one of the next layer, with its label."""

    source: Unit
    target: int
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Layers from left to right; `outputs` are labels of arrows that leave the last layer."""

    layers: tuple[Layer, ...]
    biases: bool = False
    units: tuple[Unit, ...] = ()
    edges: tuple[NetworkEdge, ...] = ()
    outputs: tuple[str, ...] = ()


def shown_units(layer: Layer) -> tuple[int, ...]:
    """The units that are drawn, by their place, and 0 where the dots stand."""
    if layer.units <= MOST_SHOWN:
        return tuple(range(1, layer.units + 1))
    return (*range(1, _HEAD + 1), 0, *range(layer.units - _TAIL + 1, layer.units + 1))


class NetworkPlan:
    """The layout, in CSS pixels from the upper left corner."""

    def __init__(self, network: Network, width: float = style.WIDTH) -> None:
        self.network = network
        self.width = width
        rows = [len(shown_units(layer)) for layer in network.layers]
        bias = [int(network.biases and place < len(rows) - 1) for place in range(len(rows))]
        most = max(row + extra for row, extra in zip(rows, bias, strict=True))
        close = most >= _MANY
        self.pitch = _CLOSE_PITCH if close else _PITCH
        self.radius = _CLOSE_RADIUS if close else self._fitting_radius()
        self.pitch = max(self.pitch, 2 * self.radius + 8)
        left, right = self._sides()
        count = len(network.layers)
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

    def _name(self, layer: Layer) -> str:
        """The words above a layer; where units are left out, their number as well."""
        if layer.units <= MOST_SHOWN:
            return layer.label
        number = f"{layer.units}\N{NO-BREAK SPACE}units"
        return f"{layer.label} ({number})" if layer.label else number

    def _names(self, *, short: bool) -> list[list[str]]:
        """The lines above each layer; in short, numbers of units are numbers alone."""
        names = [self._name(layer) for layer in self.network.layers]
        if short:
            names = [name.replace("\N{NO-BREAK SPACE}units", "") for name in names]
        pairs = zip(names, self.columns, strict=True)
        return [[line for line in broken(name, room, BOLD_SIZE) if line] for name, room in pairs]

    def crowded(self) -> int | None:
        """The place, from 0, of the first layer whose name has a word wider than its column."""
        for place, lines in enumerate(self.names):
            if any(_bold_width(line) > self.columns[place] for line in lines):
                return place
        return None

    def cramped(self) -> bool:
        """Whether the layers stand so close that their units touch or no edge can be seen."""
        return self.x[1] - self.x[0] < 2 * self.radius + 16

    def inside(self, place: int) -> bool:
        """Return whether the labels of a layer's units are inside; in the outer layers, long ones are next to them."""
        middle = 0 < place < len(self.network.layers) - 1
        labels = self.network.layers[place].unit_labels
        return middle or all(approximate_width(label) <= 2 * self.radius - 4 for label in labels)

    def unit(self, unit: Unit) -> tuple[float, float] | None:
        """The centre of a unit, None where it is left out."""
        layer = self.network.layers[unit.layer - 1]
        shown = shown_units(layer)
        if unit.unit == 0:
            row = len(shown)
        elif unit.unit in shown:
            row = shown.index(unit.unit)
        else:
            return None
        return self.x[unit.layer - 1], self.y[unit.layer - 1] + row * self.pitch

    def _fitting_radius(self) -> float:
        middle = [label for layer in self.network.layers[1:-1] for label in layer.unit_labels]
        if len(self.network.layers) <= 3:
            # There is room for a word in the unit of a small network, as in a diagram of one neuron.
            middle += [label for label in self.network.layers[-1].unit_labels if approximate_width(label) <= 50]
        widest = max((approximate_width(label) for label in middle), default=0.0)
        return min(_LARGEST_RADIUS, max(_RADIUS, widest / 2 + 6))

    def _sides(self) -> tuple[float, float]:
        """From the picture's edges to the centres of the first and the last layer."""
        network = self.network
        last = len(network.layers) - 1
        beside = [0.0, 0.0]
        for side, place in ((0, 0), (1, last)):
            if not self.inside(place):
                labels = network.layers[place].unit_labels
                beside[side] = max(approximate_width(label) for label in labels) + _BEYOND
        if network.outputs:
            beside[1] += _ARROW + _BEYOND + max(approximate_width(label) for label in network.outputs)
        # A name takes half its column at the side, and half of it may be as wide as half a name of one line.
        names = [min(_bold_width(self._name(network.layers[place])) / 2, _HALF_NAME) + _EDGE for place in (0, last)]
        least = _MARGIN + self.radius
        return max(least + beside[0], names[0]), max(least + beside[1], names[1])


def _bold_width(text: str) -> float:
    return approximate_width(text, BOLD_SIZE)


def draw(figure: Figure, plan: NetworkPlan) -> None:
    """Draw the network on an empty figure in the shared style, of the plan's width and height."""
    network = plan.network
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, plan.width), ylim=(plan.height, 0))
    axes.set_axis_off()
    _draw_edges(axes, plan)
    for place in range(len(network.layers)):
        _draw_layer(axes, plan, place)
    _draw_outputs(axes, plan)


def _draw_edges(axes: Axes, plan: NetworkPlan) -> None:
    from matplotlib.collections import LineCollection

    network = plan.network
    plain: list[_Segment] = []
    dashed: list[_Segment] = []
    for number, (layer, following) in enumerate(zip(network.layers, network.layers[1:], strict=False), start=1):
        targets = [plan.unit(Unit(number + 1, unit)) for unit in shown_units(following) if unit]
        for unit in (*shown_units(layer), *((-1,) if network.biases else ())):
            if unit == 0:
                continue
            start = plan.unit(Unit(number, max(unit, 0)))
            if start is not None:
                (dashed if unit == -1 else plain).extend([(start, target) for target in targets if target is not None])
    width = 0.9 if len(plain) < _MANY_EDGES else 0.5
    axes.add_collection(LineCollection(plain, colors=style.LINE, linewidths=width, zorder=1))
    axes.add_collection(LineCollection(dashed, colors=style.LINE, linewidths=width, linestyles=[(0, (4, 3))], zorder=1))
    for edge in network.edges:
        ends = plan.unit(edge.source), plan.unit(Unit(edge.source.layer + 1, edge.target))
        if ends[0] is None or ends[1] is None:
            continue
        (x0, y0), (x1, y1) = ends[0], ends[1]
        axes.plot([x0, x1], [y0, y1], color=style.PALETTE[1], linewidth=2.5, zorder=2)
        if edge.label:
            part = 0.38
            axes.text(
                x0 + part * (x1 - x0),
                y0 + part * (y1 - y0),
                edge.label,
                ha="center",
                va=standing(edge.label),
                zorder=3,
                bbox={"facecolor": style.BACKGROUND, "edgecolor": "none", "pad": 1.5},
            )


def _draw_layer(axes: Axes, plan: NetworkPlan, place: int) -> None:
    network = plan.network
    layer = network.layers[place]
    last = len(network.layers) - 1
    colour = 5 if place == 0 else 2 if place == last else 0
    highlighted = {unit.unit for unit in network.units if unit.layer == place + 1}
    for row, unit in enumerate(shown_units(layer)):
        x, y = plan.x[place], plan.y[place] + row * plan.pitch
        if unit == 0:
            for offset in (-0.22, 0.0, 0.22):
                axes.plot([x], [y + offset * plan.pitch], "o", color=style.MUTED, markersize=3.5)
            continue
        label = layer.unit_labels[unit - 1] if unit <= len(layer.unit_labels) else ""
        _draw_unit(axes, plan, (x, y), 1 if unit in highlighted else colour, strong=unit in highlighted)
        _draw_unit_label(axes, plan, place, (x, y), label)
    if network.biases and place < last:
        centre = (plan.x[place], plan.y[place] + len(shown_units(layer)) * plan.pitch)
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
        axes.text(x, y, label, ha="center", va=standing(label), zorder=5)
        return
    side = -1 if place == 0 else 1
    axes.text(
        x + side * (plan.radius + _BEYOND), y, label, ha="right" if side < 0 else "left", va=standing(label), zorder=5
    )


def _draw_outputs(axes: Axes, plan: NetworkPlan) -> None:
    network = plan.network
    place = len(network.layers)
    layer = network.layers[-1]
    beside = () if plan.inside(place - 1) else layer.unit_labels
    lead = max((approximate_width(label) for label in beside), default=0.0) + (_BEYOND if beside else 0.0)
    units = [unit for unit in shown_units(layer) if unit]
    for unit, label in zip(units, network.outputs, strict=False):
        centre = plan.unit(Unit(place, unit))
        if centre is None:
            continue
        start = centre[0] + plan.radius + lead
        axes.annotate(
            "",
            (start + _ARROW, centre[1]),
            (start + 2, centre[1]),
            arrowprops={"arrowstyle": "-|>", "color": style.INK, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0},
        )
        axes.text(start + _ARROW + _BEYOND / 2, centre[1], label, ha="left", va=standing(label))
