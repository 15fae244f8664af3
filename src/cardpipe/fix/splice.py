"""Puts edits into the text of a file, and makes sure that nothing else of it changed."""

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
    """Edits by offset, sorted."""
    starts = file.line_starts

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    return sorted(
        Splice(
            offset(edit.span.line, edit.span.column), offset(edit.span.end_line, edit.span.end_column), edit.replacement
        )
        for edit in edits
    )


class Places:
    """Stretches of a text that do not overlap, sorted: which of them a stretch touches."""

    def __init__(self, places: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in places:
            self._starts.append(start)
            self._ends.append(end)

    def touched_by(self, start: int, end: int) -> range:
        """The numbers of those that a stretch touches, be it at their ends."""
        return range(bisect_left(self._ends, start), bisect_right(self._starts, end))

    def overlapped_by(self, start: int, end: int) -> range:
        """The numbers of those with which a stretch has characters in common."""
        return self.touched_by(start + 1, end - 1)

    def add(self, start: int, end: int) -> None:
        """Take in another one, which touches none."""
        number = bisect_left(self._starts, start)
        self._starts.insert(number, start)
        self._ends.insert(number, end)


def spliced(text: str, edits: Sequence[Splice]) -> str:
    """The text with the edits, which are sorted and do not overlap."""
    pieces, position = [], 0
    for edit in edits:
        pieces += [text[position : edit.start], edit.new]
        position = edit.end
    return "".join([*pieces, text[position:]])


def is_faithful(file: SourceFile, edits: Sequence[Splice]) -> bool:
    """Whether an edited file is YAML that says the same but at the edits: every other key and value is as it was.

    Within a value that was edited, what stands before and behind the edit must have stayed as well.
    """
    after = SourceFile(file.path, spliced(file.text, edits))
    faults: list[object] = []
    before_node, after_node = read_yaml(file, []), read_yaml(after, faults)  # type: ignore[arg-type] # only counted
    if before_node is None or after_node is None or faults:
        return False
    places = Places((edit.start, edit.end) for edit in edits)
    old, old_touched = _divided(before_node, places)
    new, new_touched = _divided(after_node, Places(_places_after(edits)))
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


def _divided(node: Node, places: Places) -> tuple[list[tuple[int, str, str]], list[SourceText]]:
    """The scalars that no edit touches, with their roles and depths, and those that one does."""
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


def _partly(scalar: SourceText, edits: Sequence[Splice], places: Places) -> list[Splice]:
    """The edits that change a part of a scalar and leave the rest."""
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
