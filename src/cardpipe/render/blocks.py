"""Parse the block structure of a Markdown text into an element tree, by CommonMark's rules.

Python-Markdown's own rules require four spaces of indentation and an empty line before a list, and do not recognise
code fences in lists. Here blocks are parsed line by line with the scanner's reader, so that both agree and the result
is as on a code host; Python-Markdown then parses their inline content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from cardpipe.markup.lines import Container, Line, LineKind, LineReader, is_rule, table_cells
from cardpipe.render.placeholders import TOKEN, Placeholders
from cardpipe.writers.api import ALERTS

if TYPE_CHECKING:
    from collections.abc import Callable

_MARKER = re.compile(r">|[-*+]|([0-9]{1,9})([.)])")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)(.*?)(?:[ \t]+#+)?[ \t]*$", re.DOTALL)
_FENCE_TOKEN = re.compile(r"(?:`{3,}|~{3,})" + TOKEN.pattern)
_DEFINITION = re.compile(
    r"\[((?:[^\[\]\\]|\\.){1,500}+)\]:[ \t]{0,100}+\n?[ \t]{0,100}+(?:<([^<>\n]*+)>|([^\s<]\S*+))"
    r"""(?:(?:[ \t]{1,100}+|[ \t]{0,100}+\n[ \t]{0,100}+)("[^"]{0,500}+"|'[^']{0,500}+'|\([^()]{0,500}+\)))?+"""
    r"[ \t]*+(?:\n|\Z)"
)
_ALERT = re.compile(rf"\[!({'|'.join(ALERTS)})\][ \t]*(?:\n|\Z)", re.IGNORECASE)
TIGHT = "data-tight"
"""The attribute of paragraphs of a tight list, until `settling` removes them."""


@dataclass(slots=True)
class _List:
    """An open list: its element, the marker of its items, and whether there is an empty line in it."""

    element: ElementTree.Element
    mark: str
    loose: bool = False


@dataclass(slots=True)
class _Holder:
    """An open container: the document, a quotation or a list item."""

    element: ElementTree.Element
    container: Container | None
    own_list: _List | None
    """The list that an item belongs to."""
    last_list: _List | None = None
    """The list that a further item may continue: the last block in this container."""
    items: list[ElementTree.Element] = field(default_factory=list)


class BlockReader:
    """Parses one text; `code(number, containers)` finishes a code block's item when its containers are known.

    It returns whether the item is a code block: a placeholder in a line of text can make it look like a fence.
    `dropped` is called with each stretch that Markdown does not show.
    """

    def __init__(
        self, text: str, code: Callable[[int, tuple[Container, ...]], bool], dropped: Callable[[str], None]
    ) -> None:
        self.text = text
        self.references: dict[str, tuple[str, str]] = {}
        """Link targets and titles by label in lower case, as in Python-Markdown."""
        self._code = code
        self._dropped = dropped
        self._reader = LineReader(text)
        self._lists: list[_List] = []
        self._paragraph: list[str] = []
        self._blank = False
        self._has_bars = "|" in text

    def read(self) -> ElementTree.Element:
        """Return the tree; its paragraphs, headings and cells contain inline Markdown."""
        root = ElementTree.Element("div")
        self._holders = [_Holder(root, None, None)]
        position = 0
        while position < len(self.text):
            before = self._reader.containers
            line = self._reader.read(position)
            position = self._line(line, before)
        self._end_paragraph()
        for quote in root:
            if quote.tag == "blockquote":
                _give_title(quote)
        for listed in self._lists:
            if not listed.loose:
                _mark_tight(listed.element)
        return root

    def _line(self, line: Line, before: tuple[Container, ...]) -> int:
        if line.continues:
            self._paragraph.append(self.text[line.content : line.end])
            return self._table(line) or line.next
        if line.kind is LineKind.RULE and self._is_underline(line, before):
            self._end_paragraph(f"h{1 if self.text[line.content] == '=' else 2}")
            return line.next
        self._end_paragraph()
        if line.kind is not LineKind.BLANK or line.item_start or len(self._reader.containers) > len(before):
            self._enter(line)
        if line.kind is LineKind.BLANK:
            # A line that only begins a container is not empty.
            self._blank = self._blank or (len(self._reader.containers) <= len(before) and not line.item_start)
            return line.next
        self._note_gap()
        return self._block(line)

    def _is_underline(self, line: Line, before: tuple[Container, ...]) -> bool:
        same = len(before) == len(self._reader.containers) and all(
            one is other for one, other in zip(before, self._reader.containers, strict=True)
        )
        mark = self.text[line.content]
        return (
            bool(self._paragraph)
            and same
            and mark in "=-"
            and not self.text[line.content : line.end].rstrip(" \t").strip(mark)
        )

    def _block(self, line: Line) -> int:
        text = self.text[line.content : line.end]
        if (
            (line.kind is LineKind.FENCE and (match := _FENCE_TOKEN.match(text)))
            or (line.kind is LineKind.INDENTED and (match := TOKEN.fullmatch(text.strip())))
        ) and self._code(int(match.group(1)), self._reader.containers):
            self._add("p").text = Placeholders.block_token(int(match.group(1)))
        elif line.kind is LineKind.HEADING and (match := _HEADING.match(text)):
            self._add(f"h{len(match.group(1))}").text = match.group(2).strip()
        elif line.kind is LineKind.RULE and is_rule(self.text, line.content, line.end):
            self._add("hr")
        else:
            self._paragraph = [text]
            return self._table(line) or line.next
        return line.next

    # --- Containers --------------------------------------------------------------------------------------------------

    def _enter(self, line: Line) -> None:
        """Close the containers that this line leaves, and open those that it begins."""
        containers = self._reader.containers
        kept = 1
        while (
            kept < len(self._holders)
            and kept <= len(containers)
            and self._holders[kept].container is containers[kept - 1]
        ):
            kept += 1
        del self._holders[kept:]
        fresh = containers[kept - 1 :]
        if fresh:
            marks = list(_MARKER.finditer(self.text[line.start : line.content]))[-len(fresh) :]
            for container, mark in zip(fresh, marks, strict=False):
                self._open(container, mark)

    def _open(self, container: Container, mark: re.Match[str]) -> None:
        if container.is_quote:
            self._holders.append(_Holder(self._add("blockquote"), container, None))
            return
        holder = self._holders[-1]
        name = mark.group(2) or mark.group()
        listed = holder.last_list
        if listed is None or listed.mark != name:
            element = self._add("ol" if mark.group(1) else "ul")
            if mark.group(1) and int(mark.group(1)) != 1:
                element.set("start", str(int(mark.group(1))))
            listed = holder.last_list = _List(element, name)
            self._lists.append(listed)
        elif self._blank:
            listed.loose = True
        self._blank = False
        self._holders.append(_Holder(ElementTree.SubElement(listed.element, "li"), container, listed))

    def _add(self, tag: str) -> ElementTree.Element:
        """Add a block to the innermost container."""
        self._note_gap()
        holder = self._holders[-1]
        holder.last_list = None
        return ElementTree.SubElement(holder.element, tag)

    def _note_gap(self) -> None:
        """A list is loose if there is an empty line before a further block of an item."""
        holder = self._holders[-1]
        if self._blank and len(holder.element) and holder.own_list is not None:
            holder.own_list.loose = True
        self._blank = False

    # --- Paragraphs and tables ---------------------------------------------------------------------------------------

    def _end_paragraph(self, tag: str = "p") -> None:
        lines, self._paragraph = self._paragraph, []
        text = self._without_definitions(_joined(lines)) if lines else ""
        if text:
            self._add(tag).text = text

    def _without_definitions(self, text: str) -> str:
        while text.startswith("[") and (match := _DEFINITION.match(text)):
            label, angled, bare, title = match.groups()
            self.references.setdefault(
                " ".join(label.lower().split()), (angled or bare or "", title[1:-1] if title else "")
            )
            self._dropped(match[0])
            text = text[match.end() :]
        return text

    def _table(self, line: Line) -> int | None:
        """Parse a table if the line is its header; returns the start of the next line."""
        if not self._has_bars or line.kind is LineKind.HTML:
            return None
        header = self.text[line.content : line.end]
        if line.next >= len(self.text) or "|" not in header + self.text[line.next : self._reader.line_end(line.next)]:
            return None
        inside = self._reader.inside(line.next)
        if inside is None or not self._reader.is_delimiter_row(inside, header):
            return None
        self._paragraph.pop()
        self._end_paragraph()
        end = self._reader.line_end(line.next)
        aligns = [_align(cell) for cell in _cells(self.text[inside:end])]
        table = self._add("table")
        self._add_row(ElementTree.SubElement(table, "thead"), "th", _cells(header), aligns)
        self._reader.in_paragraph = False
        body = None
        position = end + 1
        while position < len(self.text):
            containers = self._reader.containers
            row = self._reader.read(position)
            self._reader.in_paragraph = False
            if row.kind is not LineKind.TEXT or self._reader.containers != containers or row.item_start:
                self._reader.containers = containers
                break
            body = ElementTree.SubElement(table, "tbody") if body is None else body
            self._add_row(body, "td", _cells(self.text[row.content : row.end]), aligns)
            position = row.next
        return position

    def _add_row(self, parent: ElementTree.Element, tag: str, cells: list[str], aligns: list[str | None]) -> None:
        row = ElementTree.SubElement(parent, "tr")
        for index, align in enumerate(aligns):
            cell = ElementTree.SubElement(row, tag)
            cell.text = cells[index] if index < len(cells) else ""
            if align:
                cell.set("align", align)
        for surplus in cells[len(aligns) :]:
            self._dropped(surplus)


def _joined(lines: list[str]) -> str:
    """Return the lines of a paragraph; a backslash at the end of a line is a hard break, like two spaces."""
    parts = [line[:-1] + "  " if (len(line) - len(line.rstrip("\\"))) % 2 else line for line in lines[:-1]]
    return "\n".join([*parts, lines[-1]]).rstrip()


def _cells(row: str) -> list[str]:
    return [row[first:last].strip().replace(r"\|", "|") for first, last in table_cells(row)]


def _align(cell: str) -> str | None:
    return {(True, True): "center", (True, False): "left", (False, True): "right"}.get(
        (cell.startswith(":"), cell.endswith(":"))
    )


def _give_title(quote: ElementTree.Element) -> None:
    """Write the kind of an alert as the title of its quotation (docs.github.com, "Basic writing", on alerts)."""
    first = quote[0] if len(quote) else None
    match = _ALERT.match(first.text or "") if first is not None and first.tag == "p" else None
    if first is None or match is None or (len(quote) == 1 and match.end() == len(first.text or "")):
        return
    first.text = (first.text or "")[match.end() :]
    if not first.text:
        quote.remove(first)
    title = ElementTree.Element("p")
    ElementTree.SubElement(title, "strong").text = match[1].capitalize()
    quote.insert(0, title)


def _mark_tight(element: ElementTree.Element) -> None:
    for item in element:
        for block in item:
            if block.tag == "p":
                block.set(TIGHT, "")
