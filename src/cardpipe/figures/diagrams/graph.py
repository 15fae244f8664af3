"""The figure kind `graph`: nodes and the edges between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.diagrams import graph_layout
from cardpipe.figures.diagrams.boxes import PLAIN, STRONG, draw_box, draw_line, draw_text
from cardpipe.figures.diagrams.graph_layout import CIRCLE, DOWN, RIGHT, Graph, GraphEdge, GraphPlan, Node
from cardpipe.figures.label_lines import canvas_axes
from cardpipe.figures.labels import Label, words, wrong
from cardpipe.source.fields import Boolean, Choice, Field, ListOf, Number, OneOf, Record, Text
from cardpipe.text.escaping import shortened
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure as Canvas

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_MOST_NODES: Final = 24
_MOST_EDGES: Final = 60
_FAR: Final = 1000
_NAME: Final = Text(single_line=True, any_scalar=True)
_NODE: Final = Record(
    (
        Field("id", Label(40), "The ID by which edges refer to it.", required=True, example="h"),
        Field("label", Label(40), "The label. Default: the ID.", example="$h_t$"),
        Field("at", ListOf(Number(-_FAR, _FAR), min=2, max=2), "The position, as `[x, y]`; y goes up."),
        Field("highlight", Boolean(), "Whether to highlight it.", default=False),
    ),
    name="node",
)
_EDGE: Final = Record(
    (
        Field("from", _NAME, "The node where it starts.", required=True, example="x"),
        Field("to", _NAME, "The node where it ends.", required=True, example="h"),
        Field("label", Label(24), "The label, such as a weight.", example="0.5"),
        Field("highlight", Boolean(), "Whether to highlight it.", default=False),
    ),
    name="edge",
)
FIELDS: Final = (
    Field(
        "nodes",
        ListOf(OneOf(_NAME, _NODE, lambda text: {"id": text, "highlight": False}), min=1, max=_MOST_NODES),
        "The nodes, each as an ID or with more keys.",
        required=True,
        example=["a", "b"],
    ),
    Field("edges", ListOf(_EDGE, max=_MOST_EDGES), "The edges.", example=[{"from": "a", "to": "b"}]),
    Field("directed", Boolean(), "Whether edges are arrows.", default=False),
    Field(
        "layout",
        Choice((CIRCLE, DOWN, RIGHT)),
        "Nodes in a circle, or in ranks along the edges; ignored if every node has `at`.",
        default=CIRCLE,
    ),
)


def _findings(figure: Figure, values: Mapping[str, Any], _width: float) -> Iterator[Finding]:
    yield from _node_findings(figure, values)
    yield from _edge_findings(figure, values)


def _node_findings(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    seen: set[str] = set()
    placed = sum("at" in node for node in values["nodes"])
    for place, node in enumerate(values["nodes"]):
        if node["id"].text in seen:
            yield wrong(figure, ("nodes", place), "Another node has the same ID.", "Rename one.")
        seen.add(node["id"].text)
        if placed and "at" not in node:
            yield wrong(
                figure, ("nodes", place), "This node has no `at`, but others have.", "Set `at` for all nodes or none."
            )


def _edge_findings(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    names = {node["id"].text: None for node in values["nodes"]}
    pairs: set[tuple[str, str]] = set()
    for place, edge in enumerate(values.get("edges", ())):
        for key in ("from", "to"):
            name = edge[key].text
            if name not in names:
                near = nearest(name, names)
                help_ = f"Did you mean {near}?" if near else "Add it to `nodes`."
                yield wrong(figure, ("edges", place, key), f"Unknown node “{shortened(name, 40)}”.", help_)
        pair = (edge["from"].text, edge["to"].text)
        again = pair in pairs or (not values["directed"] and pair[::-1] in pairs)
        if again:
            yield wrong(figure, ("edges", place), "Duplicate edge.", "Merge them, with one label.")
        pairs.add(pair)


def _layout_findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    graph = _graph(values, width)
    placed = all(node.at is not None for node in graph.nodes)
    if graph.layout != CIRCLE and not placed and graph_layout.is_cyclic(graph):
        yield wrong(
            figure,
            ("layout",),
            "The edges have a cycle, so there are no ranks.",
            "Use `layout: circle`, or `at`.",
        )
        return
    plan = graph_layout.plan(graph)
    crowded = plan.crowded()
    if crowded is not None:
        help_ = "Move it." if placed else "Use fewer nodes, shorter labels, or another layout."
        yield wrong(figure, ("nodes", crowded), "There is no room for this node.", help_)
    elif graph_layout.too_high(plan):
        yield wrong(figure, ("layout",), "The graph is too high for one picture.", "Use another layout.")


def _graph(values: Mapping[str, Any], width: float) -> Graph:
    names = [node["id"].text for node in values["nodes"]]
    return Graph(
        nodes=tuple(
            Node(
                node["id"].text,
                words(node) or node["id"].text,
                tuple(node["at"]) if "at" in node else None,
                node["highlight"],
            )
            for node in values["nodes"]
        ),
        edges=tuple(
            GraphEdge(names.index(edge["from"].text), names.index(edge["to"].text), words(edge), edge["highlight"])
            for edge in values.get("edges", ())
        ),
        directed=values["directed"],
        layout=values["layout"],
        width=width,
    )


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    graph = _graph(values, width)
    plan = graph_layout.plan(graph)
    return Scene(plan.width, plan.height, lambda canvas: _draw(canvas, graph, plan))


def _draw(canvas: Canvas, graph: Graph, plan: GraphPlan) -> None:
    axes = canvas_axes(canvas, plan.width, plan.height)
    for edge, line in zip(graph.edges, plan.lines, strict=True):
        draw_line(axes, line, directed=graph.directed, strong=edge.highlight)
    for node, box in zip(graph.nodes, plan.boxes, strict=True):
        draw_box(axes, box, STRONG if node.highlight else PLAIN, strong=node.highlight)
    for edge, place in zip(graph.edges, plan.words, strict=True):
        if place is not None:
            draw_text(axes, place, edge.label)


KIND: Final = DeclaredKind(
    name="graph",
    summary="Nodes and edges, with directions, weights and highlights.",
    synonyms=("nodes", "digraph", "flowchart", "automaton", "state-machine", "markov-chain"),
    fields=FIELDS,
    example=example_of("graph"),
    findings=_findings,
    room=_layout_findings,
    scene=_scene,
)
