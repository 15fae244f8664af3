"""Figure kinds of shapes and lines: findings and their positions, and that nothing overlaps."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardpipe.figures.diagrams import graph_layout
from cardpipe.figures.diagrams.boxes import Box, bent_line, box_size
from cardpipe.figures.diagrams.graph_layout import CIRCLE, DOWN, RIGHT, Graph, GraphEdge, Node
from figure_sample import drawn, found

LONG = "m" * 40
CHAIN = "nodes: [a, b]\nedges: [{from: a, to: b}, {from: b, to: a}]\ndirected: true\n"
WORDS = "word " * 15
LEAVES = ", ".join("abcdefgh")


@pytest.mark.parametrize(
    ("name", "yaml", "line", "column", "message"),
    [
        # graph
        ("graph", "nodes: [a, a]", 1, 12, "Another node has the same ID."),
        ("graph", "nodes: [{id: a, at: [0, 0]}, b]", 1, 30, "This node has no `at`, but others have."),
        ("graph", "nodes: [a, b]\nedges: [{from: a, to: c}]", 2, 23, "Unknown node “c”."),
        (
            "graph",
            "nodes: [a, b]\nedges: [{from: a, to: b}, {from: b, to: a}]",
            2,
            27,
            "Duplicate edge.",
        ),
        ("graph", f"{CHAIN}layout: down", 4, 9, "The edges have a cycle, so there are no ranks."),
        ("graph", "nodes: [{id: a, at: [0, 0]}, {id: b, at: [0, 0]}]", 1, 30, "There is no room for this node."),
        ("graph", f"nodes: [{', '.join(f'{LONG[:30]}{n}' for n in range(9))}]", 1, 174, "There is no room"),
        # tree
        (
            "tree",
            f"root: {{label: r, children: [{', '.join([f'{{label: a, children: [{LEAVES}]}}'] * 5)}]}}",
            1,
            7,
            "The tree has 46 nodes, more than 40.",
        ),
        ("tree", f"root: {{label: r, children: [{LONG}]}}", 1, 7, "The tree is too wide for one picture."),
        (
            "tree",
            f"root: {{label: r, children: [{', '.join([f'{{label: a, children: [{LEAVES}]}}'] * 4)}]}}\n"
            "direction: right",
            1,
            7,
            "The tree is too high for one picture.",
        ),
        # timeline
        ("timeline", f"steps: [{{label: a}}, {{label: a, when: {LONG}}}]", 1, 21, "A word of this step is too wide"),
        ("timeline", f"steps: [{', '.join(['{label: word}'] * 12)}]\ndirection: right", 1, 8, "There is no room for"),
        (
            "timeline",
            f"steps: [{', '.join([f'{{label: {WORDS}, text: {WORDS}, when: {WORDS[:35]}}}'] * 12)}]",
            1,
            8,
            "The steps are too high",
        ),
        # venn
        ("venn", "sets: [a, b]\nregions: [{in: [3]}]", 2, 16, "There are 2 sets."),
        ("venn", "sets: [a, b]\nregions: [{in: [1, 1]}]", 2, 16, "A set is listed twice."),
        ("venn", "sets: [a, b]\nregions: [{in: [1, 2]}, {in: [2, 1]}]", 2, 30, "Duplicate region."),
        ("venn", f"sets: [{LONG}, b]", 1, 7, "There is no room for these names."),
        (
            "venn",
            "sets: [a, b]\nregions: [{in: [1, 2], label: incomprehensibilities}]",
            2,
            31,
            "This label does not fit in its region.",
        ),
    ],
)
def test_findings_have_their_places(name: str, yaml: str, line: int, column: int, message: str) -> None:
    findings = found(name, yaml)
    assert [(line, column) for line, column, _ in findings] == [(line, column)]
    assert findings[0][2].startswith(message)


@pytest.mark.parametrize(
    ("name", "yaml"),
    [
        ("graph", "nodes: [a]\nedges: [{from: a, to: a, label: loop}]\ndirected: true"),
        ("graph", "nodes: [{id: a, at: [0, -1000]}, {id: b, at: [1.0e-300, 1000]}]"),
        (
            "graph",
            f"nodes: [{', '.join(f'n{n}' for n in range(24))}]\ndirected: true\nedges:\n"
            + "".join(f"- {{from: n{n}, to: n{(n + k) % 24}, label: w}}\n" for n in range(24) for k in (0, 5)),
        ),
        ("tree", "root: {label: r}"),
        ("timeline", "steps: [{label: a}]"),
        ("timeline", "steps: [{label: a}]\ndirection: right"),
        ("venn", "sets: [a, b]"),
    ],
)
def test_diagrams_at_the_bounds_are_drawn_at_once(name: str, yaml: str) -> None:
    drawn("tree", "root: {label: r}")  # imports matplotlib
    begin = time.process_time()
    drawing = drawn(name, yaml)
    assert time.process_time() - begin < 3
    assert len(drawing.data) < 500_000
    assert drawing.width == 480


GRAPHS = st.builds(
    lambda labels, pairs, layout, directed: Graph(
        nodes=tuple(Node(str(number), label) for number, label in enumerate(labels)),
        edges=tuple(
            GraphEdge(start % len(labels), end % len(labels), "w")
            for start, end in dict.fromkeys(pairs)
            if layout == CIRCLE or start % len(labels) < end % len(labels)
        ),
        directed=directed,
        layout=layout,
    ),
    st.lists(st.sampled_from(["a", "bb", "word", "two words", "some more words in it"]), min_size=1, max_size=24),
    st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)), max_size=60),
    st.sampled_from([CIRCLE, DOWN, RIGHT]),
    st.booleans(),
)


@given(GRAPHS)
@settings(max_examples=settings().max_examples // 10)
def test_a_graph_fits_its_picture_or_has_a_finding(graph: Graph) -> None:
    plan = graph_layout.plan(graph)
    assert len(plan.lines) == len(plan.words) == len(graph.edges)
    if plan.crowded() is None:
        for box in plan.boxes:
            assert box.x - box.width / 2 >= 0
            assert box.x + box.width / 2 <= plan.width
            assert box.y - box.height / 2 >= 0
            assert box.y + box.height / 2 <= plan.height + 0.01
        assert not any(one.meets(other) for one, other in itertools.combinations(plan.boxes, 2))


def test_an_edge_runs_around_a_node_in_its_way() -> None:
    nodes = tuple(Node(name, name, (x, y)) for name, x, y in (("a", 0, 0), ("b", 1, 0), ("c", 2, 0), ("d", 1, 1)))
    graph = Graph(nodes=nodes, edges=(GraphEdge(0, 2),), directed=False, layout=CIRCLE)
    plan = graph_layout.plan(graph)
    assert not any(plan.boxes[1].holds(place) for place in plan.lines[0])


def test_lines_begin_and_end_outside_of_their_boxes() -> None:
    one, other = Box(0, 0, 40, 40, (), round=True), Box(200, 0, 60, 30, ())
    line = bent_line(one, other, 0.0)
    assert 20 < line[0][0] < 25
    assert 165 < line[-1][0] < 170
    assert bent_line(one, one, 0.0) == []


def test_a_box_is_as_wide_as_its_longest_line() -> None:
    narrow, wide = box_size("some words in a box", 60), box_size("some words in a box", 600)
    assert narrow.width < wide.width
    assert len(narrow.lines) > len(wide.lines) == 1
