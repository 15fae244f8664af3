"""Positions of findings in a figure's YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.figures.labels import CODE
from cardpipe.model.diagnostics import Finding
from cardpipe.text.nodes import ListNode, MapNode

if TYPE_CHECKING:
    from cardpipe.model.deck import Figure
    from cardpipe.text.nodes import Node


def node_at(figure: Figure, *path: str | int) -> Node:
    """Return the node at a path of keys and list indices; the last existing one if the path does not exist."""
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
    """Return a finding at a path in the figure's fields, or at the figure itself if it does not exist."""
    node = node_at(figure, *path)
    return Finding(CODE, figure.span if node is figure.parameters else node.span(), message, help_)
