"""Edits of a source file in place, escaped for YAML, which leave everything else unchanged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.model.diagnostics import Edit, Fix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.text.positions import SourceText

_BLOCK: Final = frozenset("|>")
_UNSAFE_IN_PLAIN: Final = re.compile(r":(?:\s|$)|\s#|[\n\r]|^[\s\-?:,\[\]{}#&*!|>'\"%@`]|\s$")
_NEEDS_ESCAPE: Final = re.compile(r'[\x00-\x1f"\\\x7f-\x9f\u2028\u2029\ufeff]')
_DEEPEST_COLUMN: Final = 200
"""The maximum indentation of a block-style list item; a line in brackets can have a million columns."""
_ONLY_A_COMMA: Final = re.compile(r"\s*,\s*")


def fix(description: str, *edits: Edit | None, safe: bool = True) -> Fix | None:
    """Return a fix with these edits; None if one of them is impossible."""
    made = tuple(edit for edit in edits if edit is not None)
    return Fix(description, made, safe=safe) if made and len(made) == len(edits) else None


def replacing(text: SourceText, start: int, end: int, new: str) -> Edit | None:
    """Return the edit that replaces `text[start:end]`; None if the scalar style cannot represent the result."""
    inserted = written(new, text.style)
    if inserted is None or (not text.style and not _stays_plain(text.text, start, end, new)):
        return None
    return Edit(text.span(start, end), inserted)


def rewriting(text: SourceText, new: str) -> Edit | None:
    """Return the edit that replaces a whole scalar, keeping its quotes."""
    return replacing(text, 0, len(text.text), new) if text.text else None


def suggestion(text: SourceText, new: str | None, start: int = 0, end: int | None = None) -> Fix | None:
    """Return the unsafe fix that replaces a text with a guess; None if there is no guess."""
    if new is None:
        return None
    stop = len(text.text) if end is None else end
    return fix(f"Write {new}.", replacing(text, start, stop, new), safe=False)


def suggested_item(items: Sequence[SourceText], index: int, new: str | None) -> Fix | None:
    """Return the unsafe fix of a text in a list: like `suggestion`, or its removal if the list has the guess already.

    Texts that differ only in case count as the same.
    """
    if new is not None and is_listed(items, index, new):
        return fix(f"Remove it, since {new} is listed already.", without_item(items, index), safe=False)
    return suggestion(items[index], new)


def is_listed(items: Sequence[SourceText], index: int, new: str) -> bool:
    """Return whether another item of a list is this text, ignoring case."""
    folded = new.casefold()
    return any(item.text.casefold() == folded for number, item in enumerate(items) if number != index)


def without_item(items: Sequence[SourceText], index: int) -> Edit | None:
    """Return the edit that removes one of several texts from their list; None if that is ambiguous."""
    item = items[index]
    file = item.file
    line, column = file.position(item.start)
    if len(items) == 1:
        return None
    if column <= _DEEPEST_COLUMN and file.text[item.start - column + 1 : item.start].strip() == "-":
        first = file.line_starts[line - 1]
        after = file.position(max(item.start, item.end - 1))[0]
        last = file.line_starts[after] if after < len(file.line_starts) else len(file.text)
        return Edit(file.span(first, last), "")
    first, last = (items[index - 1].end, item.end) if index else (item.start, items[1].start)
    between = file.text[first : item.start] if index else file.text[item.end : last]
    return Edit(file.span(first, last), "") if _ONLY_A_COMMA.fullmatch(between) else None


def written(new: str, style: str) -> str | None:
    """Return a text escaped for a scalar style; None if the style cannot represent it."""
    if style == '"':
        return _NEEDS_ESCAPE.sub(_escape, new)
    if "\n" in new or "\r" in new:
        return None
    return new.replace("'", "''") if style == "'" else new


def _escape(match: re.Match[str]) -> str:
    known = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    return known.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _stays_plain(text: str, start: int, end: int, new: str) -> bool:
    """Return whether a plain scalar stays plain when `text[start:end]` is replaced.

    Only the characters next to the edit are checked: the rest is already plain.
    """
    if "\n" in text or "\r" in text:
        return False
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    inside = before + new + after
    # A letter represents distant text, so that only the real end counts as the end.
    near = ("x" if start > 1 else "") + inside + ("x" if end + 1 < len(text) else "")
    return bool(inside) and _UNSAFE_IN_PLAIN.search(near) is None
