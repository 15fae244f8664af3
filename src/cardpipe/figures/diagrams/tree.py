"""The figure kind `tree`: a root and its descendants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.diagrams.boxes import (
    PLAIN,
    STRONG,
    Box,
    Size,
    box_size,
    draw_box,
    draw_line,
    draw_text,
    fits,
)
from cardpipe.figures.label_lines import approximate_width, canvas_axes
from cardpipe.figures.labels import Label, words, wrong
from cardpipe.source.fields import Boolean, Choice, Field, ListOf, OneOf, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_DEEPEST: Final = 7
_MOST: Final = 40
_MOST_CHILDREN: Final = 8
_MARGIN: Final = 10.0
_BETWEEN: Final = (14.0, 8.0)
"""Gaps between neighbours on one level: the usual one, and one for wide trees."""
_BESIDE_WORDS: Final = (26.0, 12.0)
"""Gaps between a line and the text to its right, likewise."""
_WRAPS: Final = (150.0, 110.0, 84.0, 62.0, 44.0)
_LEVEL: Final = 34.0
_LEVEL_WITH_WORDS: Final = 56.0
_WORDS_AT: Final = 0.72
"""The relative position of text on the way down to a child: near it, where lines from one parent are farther apart."""
_TALLEST: Final = 1000.0
_LEAF: Final = 2
"""The colour of leaves."""
_DOWN, _RIGHT = "down", "right"


def _node(level: int) -> Record:
    """Return the fields of a node with a remaining number of levels below it."""
    fields = [
        Field("label", Label(60), "The label.", required=True, example="age < 30?"),
        Field("branch", Label(24), "The label of the line to it.", example="yes"),
        Field("highlight", Boolean(), "Whether to highlight it and the line to it.", default=False),
    ]
    if level < _DEEPEST:
        below = OneOf(Label(60), _node(level + 1), lambda text: {"label": text, "highlight": False})
        fields.append(
            Field(
                "children", ListOf(below, max=_MOST_CHILDREN), "The child nodes, each like this one, or only a label."
            )
        )
    return Record(tuple(fields), name="node")


FIELDS: Final = (
    Field("root", _node(1), "The root node, with its descendants.", required=True),
    Field("direction", Choice((_DOWN, _RIGHT)), "The direction from parents to children.", default=_DOWN),
)


@dataclass(slots=True)
class _Node:
    """A node and its position: the middle across its level is known after its children's."""

    label: str
    branch: str
    highlight: bool
    level: int
    children: list[_Node]
    size: Size = Size(0.0, 0.0, ())  # noqa: RUF009 - nothing can change it
    middle: float = 0.0
    box: Box | None = field(default=None, repr=False)


class _TreePlan:
    """A tree in a width in CSS pixels, with as few line breaks in labels as possible."""

    def __init__(self, root: _Node, *, down: bool, width: float) -> None:
        self.down = down
        self.width = width
        self.nodes = list(_all(root))
        self.height = 0.0
        self.needed = 0.0
        for tight in (0, 1):
            for wrap in _WRAPS:
                if self.needed and not all(fits(node.label, wrap) for node in self.nodes):
                    break
                self._lay_out(root, wrap, tight)
                if self.needed <= width:
                    return

    def _lay_out(self, root: _Node, wrap: float, tight: int) -> None:
        for node in self.nodes:
            node.size = box_size(node.label, wrap)
        across = _span(root, _MARGIN, _BETWEEN[tight], down=self.down)
        levels = max(node.level for node in self.nodes) + 1
        thick = [
            max((node.size.height if self.down else node.size.width) for node in self.nodes if node.level == level)
            for level in range(levels)
        ]
        gaps = [self._gap(level, tight) for level in range(1, levels)]
        starts = [_MARGIN + sum(thick[:level]) + sum(gaps[:level]) for level in range(levels)]
        along = sum(thick) + sum(gaps) + 2 * _MARGIN
        self.needed, self.height = (across + _MARGIN, along) if self.down else (along, across + _MARGIN)
        # The remaining space is distributed to both sides.
        aside = max(0.0, (self.width - self.needed) / 2)
        for node in self.nodes:
            if self.down:
                node.box = Box(node.middle + aside, starts[node.level] + thick[node.level] / 2, *node.size)
            else:
                # Boxes of a level are aligned.
                node.box = Box(aside + starts[node.level] + node.size[0] / 2, node.middle, *node.size)

    def _gap(self, level: int, tight: int) -> float:
        branches = [node.branch for node in self.nodes if node.level == level and node.branch]
        if not branches:
            return _LEVEL
        if self.down:
            return _LEVEL_WITH_WORDS
        return max(approximate_width(branch) for branch in branches) + _BESIDE_WORDS[tight]


def _all(node: _Node) -> Iterator[_Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _span(node: _Node, start: float, between: float, *, down: bool) -> float:
    """Centre a node over its children, which begin at a position; returns their end."""
    # A branch's text needs space next to the next one's, where lines from one parent are closer together.
    branch = (approximate_width(node.branch) + 10) / _WORDS_AT - between if node.branch else 0.0
    own = max(node.size.width, branch) if down else node.size.height
    end = start
    for child in node.children:
        end = _span(child, end, between, down=down) + between
    end = end - between if node.children else start
    if end - start >= own:
        node.middle = (node.children[0].middle + node.children[-1].middle) / 2
        # A parent at the edge of uneven children may extend beyond them.
        least, most = start + own / 2, end - own / 2
        node.middle = min(max(node.middle, least), most)
        return end
    shift = (own - (end - start)) / 2
    for child in node.children:
        for below in _all(child):
            below.middle += shift
    node.middle = start + own / 2
    return start + own


def _built(values: Mapping[str, Any], level: int = 0) -> _Node:
    children = [_built(child, level + 1) for child in values.get("children", ())]
    return _Node(words(values), words(values, "branch"), values["highlight"], level, children)


def _findings(figure: Figure, values: Mapping[str, Any], _width: float) -> Iterator[Finding]:
    count = sum(1 for _ in _all(_built(values["root"])))
    if count > _MOST:
        yield wrong(figure, ("root",), f"The tree has {count} nodes, more than {_MOST}.", "Split it.")


def _room_findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    plan = _TreePlan(_built(values["root"]), down=values["direction"] == _DOWN, width=width)
    if plan.needed > width + 0.01:
        other = _RIGHT if plan.down else _DOWN
        help_ = f"Use `direction: {other}`, shorter labels or fewer nodes."
        yield wrong(figure, ("root",), "The tree is too wide for one picture.", help_)
    elif plan.height > _TALLEST:
        yield wrong(figure, ("root",), "The tree is too high for one picture.", "Split it.")


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    plan = _TreePlan(_built(values["root"]), down=values["direction"] == _DOWN, width=width)
    return Scene(width, plan.height, lambda canvas: _draw(canvas, plan))


def _draw(canvas: Canvas, plan: _TreePlan) -> None:
    axes = canvas_axes(canvas, plan.width, plan.height)
    for node in plan.nodes:
        for child in node.children:
            _draw_branch(axes, plan, node, child)
    for node in plan.nodes:
        if node.box is not None:
            colour = STRONG if node.highlight else PLAIN if node.children else _LEAF
            draw_box(axes, node.box, colour, strong=node.highlight)


def _draw_branch(axes: Axes, plan: _TreePlan, parent: _Node, child: _Node) -> None:
    above, below = parent.box, child.box
    if above is None or below is None:
        return
    if plan.down:
        start = (above.x, above.y + above.height / 2)
        end = (below.x, below.y - below.height / 2)
    else:
        start = (above.x + above.width / 2, above.y)
        end = (below.x - below.width / 2, below.y)
    draw_line(axes, [start, end], directed=False, strong=parent.highlight and child.highlight)
    if child.branch:
        part = _WORDS_AT if plan.down else 0.6
        draw_text(axes, (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])), child.branch)


KIND: Final = DeclaredKind(
    name="tree",
    summary="A root and its descendants, with labels on the branches.",
    synonyms=("decision-tree", "hierarchy", "taxonomy"),
    fields=FIELDS,
    example=example_of("tree"),
    findings=_findings,
    room=_room_findings,
    scene=_scene,
)
