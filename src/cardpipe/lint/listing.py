"""The lists of a text, by CommonMark's rules (0.31, section 5.3)."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.markup import Scan

_LINE: Final = re.compile(r"[^\n]*")
_QUOTE: Final = re.compile(r"(?: {0,3}> ?)*")
_ITEM: Final = re.compile(r"(?P<indent>[ \t]{0,40})(?P<mark>[-*+]|\d{1,9}[.)])(?:[ \t]+|$)")
_ENDS: Final = re.compile(r"#{1,6}(?: |$)|```|~~~|(?:[-*_][ \t]*){3,}$|\|")
"""What ends a list without an empty line: a heading, a code block, a thematic break, a table."""


@dataclass(slots=True)
class List:
    """A list and where its items begin; nested items belong to their own lists."""

    indent: int
    content: int
    kind: str
    items: list[int] = field(default_factory=list)


def lists(scanned: Scan) -> Sequence[List]:
    """Return all lists of a text, in order of their first items."""
    found: list[List] = []
    open_lists: list[List] = []
    code = [(segment.start, segment.end) for segment in scanned.code()]
    code_starts = [start for start, _ in code]
    after_blank = False
    position = 0
    while position < len(scanned.text):
        match = _LINE.match(scanned.text, position)
        end = match.end() if match is not None else len(scanned.text)
        before = bisect_left(code_starts, position) - 1
        if before < 0 or position >= code[before][1]:
            after_blank = _read(scanned.text[position:end], position, after_blank, open_lists, found)
        position = end + 1
    return found


def _read(line: str, position: int, after_blank: bool, open_lists: list[List], found: list[List]) -> bool:
    """Process one line; return whether it is empty."""
    quote = _QUOTE.match(line)
    skipped = quote.end() if quote is not None else 0
    rest = line[skipped:]
    if not rest.strip():
        return True
    item = _ITEM.match(rest)
    indent = len((item["indent"] if item else rest[: len(rest) - len(rest.lstrip())]).expandtabs(4))
    if item is None:
        if after_blank or _ENDS.match(rest.lstrip()):
            while open_lists and indent < open_lists[-1].content:
                open_lists.pop()
        return False
    kind = item["mark"][-1]
    while (
        open_lists
        and indent < open_lists[-1].content
        and (indent < open_lists[-1].indent or kind != open_lists[-1].kind)
    ):
        open_lists.pop()
    if not open_lists or indent >= open_lists[-1].content:
        open_lists.append(List(indent, 0, kind))
        found.append(open_lists[-1])
    current = open_lists[-1]
    current.content = max(indent, len(item[0].expandtabs(4)) if item[0].strip() else indent + 2)
    current.items.append(position + skipped + item.start("mark"))
    return False
