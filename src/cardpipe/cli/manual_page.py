"""Render a manual page (Markdown) for a terminal: wrapped text, tables as lists, code unchanged."""

from __future__ import annotations

import re
import shutil
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDEST: Final = 100
_NARROWEST: Final = 40
_INDENT: Final = "    "
_ITEM: Final = re.compile(r"(?:[-*]|\d+\.) +")
_CELLS: Final = re.compile(r"(?<!\\)\|")
_RULE: Final = re.compile(r"[|: -]+")


def for_terminal(page: str) -> str:
    """Return the page wrapped to the terminal's width, at most 100 columns; long words and code are not wrapped."""
    width = max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size().columns))
    return "\n".join(_lines(page, width))


def _lines(page: str, width: int) -> Iterator[str]:
    for kind, block in _blocks(page):
        if kind == "table":
            yield from _table(block, width)
        elif kind == "code" or not block[0].strip():
            yield from block
        else:
            yield from _paragraph(block, width)


def _blocks(page: str) -> Iterator[tuple[str, list[str]]]:
    """Yield blocks of lines: code, tables, empty lines and text."""
    in_fence = False
    kinds = []
    for line in page.splitlines():
        is_fence = line.lstrip().startswith("```")
        if in_fence or is_fence or line.startswith(_INDENT):
            kinds.append("code")
        elif line.startswith("|"):
            kinds.append("table")
        else:
            kinds.append("text" if line.strip() else "empty")
        in_fence ^= is_fence
    for kind, pairs in groupby(zip(kinds, page.splitlines(), strict=True), key=lambda pair: pair[0]):
        yield kind, [line for _, line in pairs]


def _paragraph(lines: Sequence[str], width: int) -> Iterator[str]:
    """Render paragraphs or list items that can span several lines."""
    current: list[str] = []
    for line in lines:
        if current and (_ITEM.match(line) or line.startswith("#")):
            yield from _filled(" ".join(current), width)
            current = []
        current.append(line.strip())
    yield from _filled(" ".join(current), width)


def _filled(text: str, width: int, first: str = "") -> list[str]:
    item = _ITEM.match(text)
    rest = first + " " * (item.end() if item is not None else 0)
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _table(rows: Sequence[str], width: int) -> Iterator[str]:
    """Render each row as its first cell, with the other cells below it."""
    head, *cells = [[cell.strip().replace(r"\|", "|") for cell in _CELLS.split(row.strip())[1:-1]] for row in rows]
    body = [row for row in cells if not all(_RULE.fullmatch(cell) or not cell for cell in row)]
    if all(sum(map(len, row)) + 3 * len(row) + 1 <= width for row in (head, *body)):
        yield from rows
        return
    for row in body:
        yield from _filled(row[0], width)
        for name, cell in zip(head[1:], row[1:], strict=False):
            if cell:
                yield from _filled(f"{name}: {cell}" if name else cell, width, _INDENT)
