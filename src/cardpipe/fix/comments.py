"""The comments of a YAML file and the nodes that they belong to, so that they move together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.text.nodes import ListNode, MapNode, scalars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.text.nodes import Node
    from cardpipe.text.positions import SourceFile

_COMMENT: Final = re.compile(r"(?:(?<=[\s])|\A)#[^\r\n]*")


class CommentPart(NamedTuple):
    """A key or list item: where it begins, and where its value ends."""

    start: int
    end: int


@dataclass(slots=True)
class Comments:
    """Comments by the node that they belong to."""

    before: dict[int, list[str]] = field(default_factory=dict)
    """Comments on their own lines, by the offset of the node below them."""
    behind: dict[int, str] = field(default_factory=dict)
    """Comments at the end of a line, by line number."""
    last: list[str] = field(default_factory=list)
    """Comments at the end of the file."""
    lines: set[int] = field(default_factory=set)
    """The numbers of the lines that contain only a comment."""
    inside: list[int] = field(default_factory=list)
    """Offsets of comments within brackets or at other positions where they cannot move."""

    def all(self) -> list[str]:
        """All comments, sorted."""
        found = [line for lines in self.before.values() for line in lines]
        return sorted([*found, *self.behind.values(), *self.last])


def comments_of(root: Node, file: SourceFile) -> Comments:
    """Return the comments of a file by node."""
    text = file.text
    scalars = sorted(_taken(root, file))
    starts = sorted(part.start for part in _parts(root))
    flows = list(_flows(root, file))
    found = Comments()
    index = 0
    for match in _COMMENT.finditer(text):
        place = match.start()
        while index < len(scalars) and scalars[index][1] <= place:
            index += 1
        if index < len(scalars) and scalars[index][0] <= place:
            continue
        words = match[0].rstrip()
        line, column = file.position(place)
        if any(start < place < end for start, end in flows):
            found.inside.append(place)
        elif text[place - column + 1 : place].strip():
            found.behind[line] = words
        else:
            found.lines.add(line)
            below = next((start for start in starts if start > place), None)
            if below is None:
                found.last.append(words)
            else:
                found.before.setdefault(below, []).append(words)
    return found


def _taken(node: Node, file: SourceFile) -> Iterator[tuple[int, int]]:
    """Return the spans in which a `#` is text."""
    for scalar in scalars(node, keys=True):
        start = scalar.start
        if scalar.style in {"|", ">"}:
            # A comment can follow the block indicator.
            line_end = file.text.find("\n", scalar.start, scalar.end)
            start = scalar.end if line_end < 0 else line_end
        yield start, scalar.end


def _parts(node: Node) -> Iterator[CommentPart]:
    if isinstance(node, MapNode):
        for key, value in node.entries:
            yield CommentPart(key.start, value.end)
            yield from _parts(value)
    elif isinstance(node, ListNode):
        for item in node.items:
            yield CommentPart(item.start, item.end)
            yield from _parts(item)


def _flows(node: Node, file: SourceFile) -> Iterator[tuple[int, int]]:
    if isinstance(node, (MapNode, ListNode)) and file.text[node.start : node.start + 1] in {"[", "{"}:
        yield node.start, node.end
    elif isinstance(node, MapNode):
        for _, value in node.entries:
            yield from _flows(value, file)
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from _flows(item, file)
