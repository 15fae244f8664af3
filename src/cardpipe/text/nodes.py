"""A YAML document as a tree of untyped texts with positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.text.positions import SourceFile, SourceText, Span

ALIAS_STYLE: Final = "*"
"""The style of a text that replaces an alias, which the reader has already reported."""


@dataclass(frozen=True, slots=True)
class ListNode:
    """A sequence; `start` and `end` are offsets in the file."""

    items: tuple[Node, ...]
    file: SourceFile
    start: int
    end: int

    def span(self) -> Span:
        """The span of the sequence."""
        return self.file.span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping in source order; keys are distinct, since a duplicate is reported and dropped by the reader."""

    entries: tuple[tuple[SourceText, Node], ...]
    file: SourceFile
    start: int
    end: int

    def span(self) -> Span:
        """The span of the mapping."""
        return self.file.span(self.start, self.end)

    def get(self, key: str) -> Node | None:
        """Return the value of a key, if it exists."""
        return next((value for name, value in self.entries if name.text == key), None)


Node: TypeAlias = "SourceText | ListNode | MapNode"


def scalars(node: Node, *, keys: bool = False) -> Iterator[SourceText]:
    """The texts within a node in source order: values, and on request the keys of mappings."""
    if isinstance(node, MapNode):
        for key, value in node.entries:
            if keys:
                yield key
            yield from scalars(value, keys=keys)
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from scalars(item, keys=keys)
    else:
        yield node
