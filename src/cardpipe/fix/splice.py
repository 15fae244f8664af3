"""Apply edits to the text of a file, and verify that nothing else changed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from cardpipe.source.splicing import written
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceFile, SourceText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cardpipe.model.diagnostics import Edit
    from cardpipe.text.nodes import Node


class Splice(NamedTuple):
    """An edit by offsets in a file's text."""

    start: int
    end: int
    new: str


def splices(file: SourceFile, edits: Sequence[Edit]) -> list[Splice]:
    """Return edits by offset, sorted."""
    starts = file.line_starts

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    return sorted(
        Splice(
            offset(edit.span.line, edit.span.column), offset(edit.span.end_line, edit.span.end_column), edit.replacement
        )
        for edit in edits
    )


class Spans:
    """A sorted set of spans that do not overlap, to find those that another span touches."""

    def __init__(self, places: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in places:
            self._starts.append(start)
            self._ends.append(end)

    def touched_by(self, start: int, end: int) -> range:
        """Return the indexes of the spans that a span touches, including at the ends."""
        return range(bisect_left(self._ends, start), bisect_right(self._starts, end))

    def overlapped_by(self, start: int, end: int) -> range:
        """Return the indexes of the spans that a span overlaps."""
        return self.touched_by(start + 1, end - 1)

    def add(self, start: int, end: int) -> None:
        """Add a span that touches no other."""
        number = bisect_left(self._starts, start)
        self._starts.insert(number, start)
        self._ends.insert(number, end)


def spliced(text: str, edits: Sequence[Splice]) -> str:
    """Return the text with the edits applied, which must be sorted and must not overlap."""
    pieces, position = [], 0
    for edit in edits:
        pieces += [text[position : edit.start], edit.new]
        position = edit.end
    return "".join([*pieces, text[position:]])


def is_faithful(file: SourceFile, edits: Sequence[Splice]) -> bool:
    """Return whether an edited file is YAML with the same keys and values except at the edits.

    Within an edited value, the text before and after the edit must be unchanged too.
    """
    after = SourceFile(file.path, spliced(file.text, edits))
    faults: list[object] = []
    before_node, after_node = read_yaml(file, []), read_yaml(after, faults)  # type: ignore[arg-type] # only counted
    if before_node is None or after_node is None or faults:
        return False
    places = Spans((edit.start, edit.end) for edit in edits)
    old, old_touched = _divided(before_node, places)
    new, new_touched = _divided(after_node, Spans(_places_after(edits)))
    if old != new:
        return False
    if len(old_touched) != len(new_touched):
        return not any(_partly(scalar, edits, places) for scalar in old_touched)
    return all(
        _keeps_its_ends(one, other, _partly(one, edits, places))
        for one, other in zip(old_touched, new_touched, strict=True)
    )


def _places_after(edits: Sequence[Splice]) -> list[tuple[int, int]]:
    places, shift = [], 0
    for edit in edits:
        start = edit.start + shift
        places.append((start, start + len(edit.new)))
        shift += len(edit.new) - (edit.end - edit.start)
    return places


def _divided(node: Node, places: Spans) -> tuple[list[tuple[int, str, str]], list[SourceText]]:
    """Return the scalars that no edit touches, with their roles and depths, and the others."""
    untouched, touched = [], []
    for depth, role, scalar in _scalars(node, 0):
        if places.touched_by(scalar.start, scalar.end):
            touched.append(scalar)
        else:
            untouched.append((depth, role, scalar.text))
    return untouched, touched


def _scalars(node: Node, depth: int) -> Iterator[tuple[int, str, SourceText]]:
    if isinstance(node, MapNode):
        for key, value in node.entries:
            yield depth, "key", key
            yield from _scalars(value, depth + 1)
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from _scalars(item, depth + 1)
    else:
        yield depth, "value", node


def _partly(scalar: SourceText, edits: Sequence[Splice], places: Spans) -> list[Splice]:
    """Return the edits that change only a part of a scalar."""
    touching = [edits[number] for number in places.touched_by(scalar.start, scalar.end)]
    inside = [edit for edit in touching if scalar.start <= edit.start and edit.end <= scalar.end]
    return [edit for edit in inside if (edit.start, edit.end) != (scalar.start, scalar.end)]


def _keeps_its_ends(before: SourceText, after: SourceText, inside: Sequence[Splice]) -> bool:
    if not inside:
        return True
    offsets = before.offsets()
    head = sum(offset < inside[0].start for offset in offsets[:-1])
    tail = sum(offset >= inside[-1].end for offset in offsets[:-1])
    ending = before.text[len(before.text) - tail :] if tail else ""
    if not after.text.startswith(before.text[:head]) or not after.text.endswith(ending):
        return False
    middle = after.text[head : len(after.text) - tail]
    return len(inside) > 1 or (len(after.text) >= head + tail and written(middle, after.style) == inside[0].new)
