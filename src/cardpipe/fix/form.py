"""The canonical format of a card file: fixed order of keys, one style for each value, comments kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.fix.comments import Comments, comments_of
from cardpipe.fix.scalar_form import WIDTH, block_lines, folded_lines, on_one_line
from cardpipe.source.card_fields import CARD_FIELDS, FIGURE_FIELDS, REFERENCE_FIELDS
from cardpipe.source.tables import is_table_path, table_fields
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.text.nodes import Node
    from cardpipe.text.positions import SourceFile

_OF_TYPE: Final = ("type", "fields")
_CARD: Final = tuple(
    name for field in CARD_FIELDS for name in (field.name, *(_OF_TYPE if field.name == "kind" else ()))
)
_TABLE: Final = tuple(field.name for field in table_fields(None))
_OTHERS: Final = "*"
"""The position of keys that are not in an order."""
_FIGURE: Final = tuple(field.name for field in FIGURE_FIELDS)
_ITEMS: Final = {
    # The kind's keys come between the figure's ID and its texts.
    "figures": (*_FIGURE[:2], _OTHERS, *_FIGURE[2:]),
    "references": tuple(field.name for field in REFERENCE_FIELDS),
}
_STEP: Final = "  "


class NotFormattable(Exception):  # noqa: N818 - no error: the file stays as it is
    """A part of the file cannot be reformatted without loss."""


def canonical(root: Node, file: SourceFile) -> str:
    """Return a document in canonical format; raises NotFormattable if that is impossible."""
    comments = comments_of(root, file)
    if comments.inside:
        raise NotFormattable
    is_table = is_table_path(file.path)
    writer = _Writer(file, comments, _kept_ends(root, file), is_table)
    head = writer.head(root)
    if isinstance(root, ListNode):
        lines = writer.items(root, "", _CARD)
    elif isinstance(root, MapNode):
        lines = writer.entries(root, "", _TABLE if is_table else _CARD)
    else:
        raise NotFormattable
    lines = [*head, *lines, *comments.last]
    return "\n".join(lines).strip("\n") + "\n"


@dataclass(slots=True)
class _Writer:
    file: SourceFile
    comments: Comments
    kept_ends: list[tuple[int, int]]
    """The line ranges of texts whose trailing empty lines belong to them."""
    is_table: bool = False
    """Whether each record stays on its line, however long."""

    def head(self, root: Node) -> list[str]:
        """Return the comments at the top, separated by an empty line, which belong to the file."""
        first = _first_part(root)
        above = self.comments.before.get(first, [])
        text = self.file.text[:first]
        parted = text.replace("\r\n", "\n").rstrip(" -").split("\n\n")
        if len(parted) < 2 or not above:
            return []
        count = sum(line.lstrip().startswith("#") for line in "\n\n".join(parted[:-1]).split("\n"))
        self.comments.before[first] = above[count:]
        return [*above[:count], ""] if count else []

    def entries(self, node: MapNode, indent: str, order: Sequence[str]) -> list[str]:
        """Return a mapping in block style, with ordered keys."""
        lines: list[str] = []
        ranks = {name: rank for rank, name in enumerate(order)}
        first_key = node.entries[0][0] if node.entries else None
        entries = sorted(node.entries, key=lambda entry: _rank(entry[0].text, ranks))
        for key, value in entries:
            if lines and key is not first_key and self._has_gap(key.start):
                lines.append("")
            lines += [f"{indent}{comment}" for comment in self.comments.before.get(key.start, [])]
            lines += self._entry(key, value, indent)
        return lines

    def items(self, node: ListNode, indent: str, order: Sequence[str]) -> list[str]:
        """Return a list in block style."""
        lines: list[str] = []
        for item in node.items:
            if lines and self._has_gap(item.start):
                lines.append("")
            # In libyaml a mapping begins with its first key, so a comment above could belong to either.
            lines += [f"{indent}{comment}" for comment in self._take(item)]
            lines += _behind_dash(self._item(item, indent, order), indent)
        return lines

    def _take(self, item: Node) -> list[str]:
        found = self.comments.before.pop(item.start, [])
        if isinstance(item, MapNode) and item.entries:
            found += self.comments.before.pop(item.entries[0][0].start, [])
        return found

    def _item(self, item: Node, indent: str, order: Sequence[str]) -> list[str]:
        inner = indent + _STEP
        short = self._flow(item, len(inner))
        if short is not None:
            return [f"{inner}{short}{self._behind(item.end)}"]
        if isinstance(item, MapNode):
            return self.entries(item, inner, order)
        if isinstance(item, ListNode):
            return self.items(item, inner, ())
        head, *body = self._lines(item, inner)
        return [f"{inner}{head}", *body]

    def _entry(self, key: SourceText, value: Node, indent: str) -> list[str]:
        name = on_one_line(key, flow=False)
        if name is None:
            raise NotFormattable
        head = f"{indent}{name}:"
        if isinstance(value, SourceText) and not value.text and not value.style:
            return [head + self._behind(key.end)]
        short = self._flow(value, len(head) + 1)
        if short is not None:
            return [f"{head} {short}{self._behind(value.end)}"]
        inner = indent + _STEP
        if isinstance(value, MapNode):
            return [head + self._behind(key.end), *self.entries(value, inner, ())]
        if isinstance(value, ListNode):
            return [head + self._behind(key.end), *self.items(value, inner, _order_of_items(key.text))]
        first, *body = self._lines(value, inner)
        return [f"{head} {first}{self._behind(value.start)}", *body]

    def _lines(self, scalar: SourceText, inner: str) -> list[str]:
        """Return a block scalar, with its indicator first."""
        if scalar.style not in {"|", ">"} and "\n" not in scalar.text:
            lines = folded_lines(scalar.text, inner)
        else:
            lines = block_lines(scalar, inner)
        if lines is None:
            raise NotFormattable
        return lines

    def _flow(self, node: Node, column: int) -> str | None:
        """Return a node in flow style, if that is allowed and fits on the line."""
        if isinstance(node, SourceText):
            if node.style in {"|", ">"}:
                return None
            written = on_one_line(node, flow=False)
            # A word that is too long for any line stays on its own.
            is_long = written is not None and column + len(written) > WIDTH and " " in node.text
            return None if is_long and folded_lines(node.text, "") is not None else written
        is_flow = self.file.text[node.start : node.start + 1] in {"[", "{"}
        if not is_flow and not (isinstance(node, ListNode) and all(_is_word(item) for item in node.items)):
            return None
        if not is_flow and self._has_comments(node):
            return None
        is_record = self.is_table and is_flow and isinstance(node, MapNode)
        written = _between_brackets(node, empty=is_record)
        return None if written is None or (column + len(written) > WIDTH and not is_record) else written

    def _has_comments(self, node: Node) -> bool:
        first, last = self.file.position(node.start)[0], self.file.position(node.end)[0]
        lines = self.comments.behind.keys() & set(range(first, last + 1))
        return bool(lines) or any(node.start <= start <= node.end for start in self.comments.before)

    def _behind(self, offset: int) -> str:
        """Return the comment at the end of a node's last line."""
        comment = self.comments.behind.pop(self.file.position(offset)[0], None)
        return f"  {comment}" if comment is not None else ""

    def _has_gap(self, start: int) -> bool:
        """Return whether an empty line precedes a node or its comments."""
        line = self.file.position(start)[0] - 1
        while line in self.comments.lines:
            line -= 1
        is_text = any(first <= line <= last for first, last in self.kept_ends)
        return line > 0 and not is_text and not self.file.line(line).strip()


def _kept_ends(node: Node, file: SourceFile) -> list[tuple[int, int]]:
    if isinstance(node, MapNode):
        return [ends for _, value in node.entries for ends in _kept_ends(value, file)]
    if isinstance(node, ListNode):
        return [ends for item in node.items for ends in _kept_ends(item, file)]
    if node.style not in {"|", ">"}:
        return []
    sign = file.text[node.start : node.end].partition("\n")[0]
    if "+" not in sign.partition("#")[0]:
        # A last line with only spaces is not a gap either.
        first = file.position(node.start)[0]
        return [(first, first + node.text.rstrip("\n").count("\n") + 1)] if node.style == "|" else []
    return [(file.position(node.start)[0], file.position(max(node.start, node.end - 1))[0])]


def _first_part(root: Node) -> int:
    if isinstance(root, MapNode) and root.entries:
        return root.entries[0][0].start
    if isinstance(root, ListNode) and root.items:
        return root.items[0].start
    return root.start


def _rank(name: str, ranks: dict[str, int]) -> int:
    return ranks.get(name, ranks.get(_OTHERS, len(ranks)))


def _order_of_items(key: str) -> Sequence[str]:
    return _ITEMS.get(key, ())


def _is_word(node: Node) -> bool:
    """Return whether a node is a short text that can share a line with others."""
    return isinstance(node, SourceText) and "\n" not in node.text and " " not in node.text


def _between_brackets(node: Node, *, empty: bool = False) -> str | None:
    if isinstance(node, SourceText):
        if not node.text and not node.style:
            return "" if empty else None
        return on_one_line(node, flow=True)
    if isinstance(node, ListNode):
        items = [_between_brackets(item) for item in node.items]
        return f"[{', '.join(item for item in items if item is not None)}]" if None not in items else None
    entries = []
    for key, value in node.entries:
        name, written = on_one_line(key, flow=True), _between_brackets(value, empty=empty)
        if name is None or written is None:
            return None
        entries.append(f"{name}: {written}")
    return f"{{{', '.join(entries)}}}"


def _behind_dash(lines: list[str], indent: str) -> list[str]:
    """Return the lines of an item with a dash in the first line's indentation; comments go above the dash."""
    return [f"{indent}- {lines[0][len(indent) + len(_STEP) :]}", *lines[1:]]
