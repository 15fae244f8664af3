"""Where in a figure's YAML a finding of its kind points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.figures.labels import CODE
from cardpipe.model.diagnostics import Finding
from cardpipe.text.nodes import ListNode, MapNode

if TYPE_CHECKING:
    from cardpipe.model.deck import Figure
    from cardpipe.text.nodes import Node


def node_at(figure: Figure, *path: str | int) -> Node:
    """The node below keys and list indices; the last one that there is where the path leads on to nothing."""
    node: Node = figure.parameters
    for step in path:
        inner: Node | None = None
        if isinstance(node, MapNode) and isinstance(step, str):
            inner = node.get(step)
        elif isinstance(node, ListNode) and isinstance(step, int) and 0 <= step < len(node.items):
            inner = node.items[step]
        if inner is None:
            break
        node = inner
    return node


def wrong(figure: Figure, path: tuple[str | int, ...], message: str, help_: str | None = None) -> Finding:
    """A finding at a place of the figure's fields, at the figure itself where none of them is there."""
    node = node_at(figure, *path)
    return Finding(CODE, figure.span if node is figure.parameters else node.span(), message, help_)
