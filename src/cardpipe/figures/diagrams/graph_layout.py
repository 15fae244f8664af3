"""The deterministic layout of a graph's nodes and edges."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Final

from cardpipe.figures import style
from cardpipe.figures.diagrams.boxes import Box, Place, Size, bent_line, box_size, crossed, fits, loop, text_box
from cardpipe.figures.label_lines import approximate_width

if TYPE_CHECKING:
    from collections.abc import Sequence

CIRCLE, DOWN, RIGHT = "circle", "down", "right"
_MARGIN: Final = 10.0
_LOOP: Final = 34.0
"""The height of a loop above a node."""
_WRAPS: Final = (130.0, 96.0, 70.0)
_ROUND: Final = 32.0
"""Nodes are circles if no label is wider than this, in CSS pixels."""
_CIRCLE: Final = 40.0
_APART: Final = 12.0
_RANK: Final = 46.0
_RANK_WITH_WORDS: Final = 58.0
_TALLEST: Final = 900.0
_SWEEPS: Final = 8
_BENDS: Final = (0.0, 0.14, -0.14, 0.24, -0.24, 0.36, -0.36)
_TWO_WAY: Final = 0.1


@dataclass(frozen=True, slots=True)
class Node:
    """A node, with its position if given: y goes up."""

    name: str
    label: str
    at: Place | None = None
    highlight: bool = False


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """An edge between nodes, by their indexes."""

    start: int
    end: int
    label: str = ""
    highlight: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes and edges, and how they are laid out in a width in CSS pixels."""

    nodes: tuple[Node, ...]
    edges: tuple[GraphEdge, ...]
    directed: bool
    layout: str
    width: float = style.WIDTH


@dataclass(slots=True)
class GraphPlan:
    """The layout."""

    boxes: list[Box]
    width: float
    height: float
    lines: list[list[Place]] = field(default_factory=list)
    words: list[Place | None] = field(default_factory=list)

    def crowded(self) -> int | None:
        """Return the position of the first node that overlaps another or leaves the picture."""
        for number, box in enumerate(self.boxes):
            if any(box.meets(other, 3.0) for other in self.boxes[:number]):
                return number
            if box.x - box.width / 2 < 1 or box.x + box.width / 2 > self.width - 1:
                return number
        return None


def plan(graph: Graph) -> GraphPlan:
    """Lay a graph out: with the widest boxes that do not overlap."""
    planned = None
    for wrap in _WRAPS:
        if planned is not None and not all(fits(node.label, wrap) for node in graph.nodes):
            break
        planned = _laid_out(graph, wrap)
        if planned.crowded() is None:
            break
    if planned is None:
        raise ValueError("there is no width to break labels at")
    _run_edges(graph, planned)
    return planned


def is_cyclic(graph: Graph) -> bool:
    """Return whether the edges have a cycle."""
    return _ranks(graph) is None


def _laid_out(graph: Graph, wrap: float) -> GraphPlan:
    sizes = [box_size(node.label, wrap) for node in graph.nodes]
    short = all(approximate_width(node.label) <= _ROUND for node in graph.nodes)
    if short:
        sizes = [Size(_CIRCLE, _CIRCLE, lines) for _, _, lines in sizes]

    ranks = _ranks(graph)
    if all(node.at is not None for node in graph.nodes):
        places, height = _from_positions(graph, sizes)
    elif graph.layout == CIRCLE or ranks is None:
        places, height = _around(graph, sizes)
    else:
        places, height = _in_ranks(graph, sizes, ranks)
    lift = _LOOP if any(edge.start == edge.end for edge in graph.edges) else 0.0
    boxes = [Box(x, y + lift, *size, round=short) for (x, y), size in zip(places, sizes, strict=True)]
    return GraphPlan(boxes, graph.width, height + lift)


def _from_positions(graph: Graph, sizes: Sequence[Size]) -> tuple[list[Place], float]:
    at = [node.at or (0.0, 0.0) for node in graph.nodes]
    left, right = min(x for x, _ in at), max(x for x, _ in at)
    bottom, top = min(y for _, y in at), max(y for _, y in at)
    half = max(width for width, _, _ in sizes) / 2 + _MARGIN
    half_height = max(height for _, height, _ in sizes) / 2 + _MARGIN
    wide = graph.width - 2 * half
    scale_x = wide / (right - left) if right > left else 0.0
    # The same scale in both directions, unless that is too high; a graph in one line keeps its width.
    scale_y = min(scale_x or math.inf, 0.9 * graph.width / (top - bottom)) if top > bottom else 0.0
    places = [
        (half + (x - left) * scale_x if scale_x else graph.width / 2, half_height + (top - y) * scale_y) for x, y in at
    ]
    return places, 2 * half_height + (top - bottom) * scale_y


def _around(graph: Graph, sizes: Sequence[Size]) -> tuple[list[Place], float]:
    count = len(graph.nodes)
    half = max(width for width, _, _ in sizes) / 2 + _MARGIN
    half_height = max(height for _, height, _ in sizes) / 2 + _MARGIN
    tall = min(0.85 * graph.width, 110.0 + 34.0 * count) if count > 1 else 0.0
    wide = min(graph.width - 2 * half, 1.5 * tall)
    # Two are next to each other; with more, the first is at the top.
    first = math.pi if count == 2 else math.pi / 2
    places = [
        (
            graph.width / 2 + wide / 2 * math.cos(first - 2 * math.pi * number / count),
            half_height + tall / 2 - tall / 2 * math.sin(first - 2 * math.pi * number / count),
        )
        for number in range(count)
    ]
    lowest, highest = max(y for _, y in places), min(y for _, y in places)
    return [(x, y - highest + half_height) for x, y in places], lowest - highest + 2 * half_height


def _ranks(graph: Graph) -> list[int] | None:
    """Return the length of the longest path to each node; None if there is a cycle."""
    before: dict[int, set[int]] = {node: set() for node in range(len(graph.nodes))}
    for edge in graph.edges:
        if edge.start != edge.end:
            before[edge.end].add(edge.start)
    ranks = dict.fromkeys(before, 0)
    try:
        for node in TopologicalSorter(before).static_order():
            ranks[node] = max((ranks[other] + 1 for other in before[node]), default=0)
    except CycleError:
        return None
    return list(ranks.values())


def _in_ranks(graph: Graph, sizes: Sequence[Size], ranks: Sequence[int]) -> tuple[list[Place], float]:
    rows = _ordered(graph, ranks)
    down = graph.layout == DOWN
    # Along: from rank to rank; across: within a rank.
    along = [max((sizes[node].height if down else sizes[node].width) for node in row) for row in rows]
    gap = _RANK_WITH_WORDS if any(edge.label for edge in graph.edges) else _RANK
    extents = [sum((sizes[node].width if down else sizes[node].height) + 2 * _APART for node in row) for row in rows]
    if down:
        across_room = graph.width - 2 * _MARGIN
    else:
        across_room = max(extents)
        # From left to right, the gaps between ranks fill the width.
        spare = graph.width - 2 * _MARGIN - sum(along)
        gap = min(110.0, spare / (len(rows) - 1)) if len(rows) > 1 else 0.0
    spread = min(1.5, across_room / max(extents)) if down else 1.0
    places: dict[int, Place] = {}
    total = sum(along) + gap * (len(rows) - 1)
    at = _MARGIN if down else (graph.width - total) / 2
    for row, thickness, extent in zip(rows, along, extents, strict=True):
        start = _MARGIN + (across_room - extent * spread) / 2
        for node in row:
            room = ((sizes[node].width if down else sizes[node].height) + 2 * _APART) * spread
            middle = (start + room / 2, at + thickness / 2)
            places[node] = middle if down else (middle[1], middle[0])
            start += room
        at += thickness + gap
    height = total + 2 * _MARGIN if down else across_room + 2 * _MARGIN
    return [places[node] for node in range(len(graph.nodes))], height


def _ordered(graph: Graph, ranks: Sequence[int]) -> list[list[int]]:
    """Return the nodes of each rank, each near the mean position of its neighbours so that few edges cross."""
    rows: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for node, rank in enumerate(ranks):
        rows[rank].append(node)
    for sweep in range(_SWEEPS):
        position = {node: (place + 0.5) / len(row) for row in rows for place, node in enumerate(row)}
        for number in range(len(rows)) if sweep % 2 == 0 else reversed(range(len(rows))):
            wanted = {node: _middle(graph, node, position, ranks, before=sweep % 2 == 0) for node in rows[number]}
            rows[number].sort(key=lambda node, wanted=wanted: (wanted[node], position[node]))  # type: ignore[misc]
            position |= {node: (place + 0.5) / len(rows[number]) for place, node in enumerate(rows[number])}
    return rows


def _middle(graph: Graph, node: int, position: dict[int, float], ranks: Sequence[int], *, before: bool) -> float:
    """Return the mean position of a node's neighbours, on the side where a sweep begins."""
    near = [
        position[other]
        for edge in graph.edges
        for this, other in ((edge.start, edge.end), (edge.end, edge.start))
        if this == node and (ranks[other] < ranks[node] if before else ranks[other] > ranks[node])
    ]
    return round(sum(near) / len(near), 9) if near else position[node]


def _run_edges(graph: Graph, planned: GraphPlan) -> None:
    """Route edges around nodes, and place their labels where they cover least."""
    pairs = {(edge.start, edge.end) for edge in graph.edges}
    for edge in graph.edges:
        if edge.start == edge.end:
            planned.lines.append(loop(planned.boxes[edge.start]))
            continue
        start, end = planned.boxes[edge.start], planned.boxes[edge.end]
        others = [box for number, box in enumerate(planned.boxes) if number not in {edge.start, edge.end}]
        # Each of two opposite edges curves to its own side.
        lean = _TWO_WAY if (edge.end, edge.start) in pairs else 0.0
        lines = [bent_line(start, end, lean + bend) for bend in _BENDS]
        costs = [
            crossed(line, others, 4.0) + 2 * abs(lean + bend) + 20 * _outside(line, planned)
            for line, bend in zip(lines, _BENDS, strict=True)
        ]
        planned.lines.append(lines[costs.index(min(costs))])
    taken = list(planned.boxes)
    for number, edge in enumerate(graph.edges):
        place = _label_position(planned, number, edge.label, taken) if edge.label else None
        if place is not None:
            taken.append(text_box(place, edge.label))
        planned.words.append(place)


def _outside(line: Sequence[Place], planned: GraphPlan) -> int:
    return sum(not (4 < x < planned.width - 4 and 4 < y < planned.height - 4) for x, y in line)


def _label_position(planned: GraphPlan, number: int, text: str, taken: Sequence[Box]) -> Place | None:
    """Return the position on a line where a label covers no box and no other label, and other lines least."""
    line = planned.lines[number]
    if not line:
        return None
    best: tuple[float, Place] | None = None
    for part in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74):
        place = line[min(len(line) - 1, int(part * len(line)))]
        box = text_box(place, text)
        # A label is centred on the line; its ends must be in the picture.
        shift = max(0.0, 3 + box.width / 2 - place[0]) - max(0.0, place[0] + box.width / 2 - planned.width + 3)
        place = (place[0] + shift, place[1])
        box = text_box(place, text)
        over = sum(box.meets(other, -1.0) for other in taken)
        under = sum(
            any(box.holds(point) for point in other) for place_, other in enumerate(planned.lines) if place_ != number
        )
        cost = 100.0 * over + 10.0 * under + abs(part - 0.5)
        if best is None or cost < best[0]:
            best = (cost, place)
    return best[1] if best is not None else None


def too_high(planned: GraphPlan) -> bool:
    """Return whether a layout is too high for a card."""
    return planned.height > _TALLEST
