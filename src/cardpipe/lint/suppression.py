"""Suppression comments: `# cardpipe: ignore[CODE] reason` for a key and its value, `ignore-file` for a file.

A comment at the end of a key's line, or on its own lines above a key, holds for that key and all of its value.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.lint.settings import unknown_rule
from cardpipe.model.diagnostics import MOST_COLLECTED, Diagnostic, Finding
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cardpipe.lint.rule import Context, Rule
    from cardpipe.text.nodes import Node
    from cardpipe.text.positions import SourceFile, Span

_MARK: Final = "cardpipe:"
_COMMENT: Final = re.compile(
    r"#[ \t]{0,20}cardpipe:[ \t]{0,20}ignore(?P<file>-file)?"
    r"(?:\[(?P<codes>[^\]\r\n]{0,400})\])?(?P<reason>[^\r\n]{0,400})"
)
_CODE: Final = re.compile(r"[^\s,]+")
_UNREAD: Final = 0
"""The line of the first comment beyond the limit."""
_BLANK: Final = re.compile(r"[ \t\ufeff]*")


class SuppressedCode(NamedTuple):
    """A rule code in a suppression comment, and its position."""

    text: str
    place: Span


@dataclass(slots=True)
class Suppression:
    """A suppression comment: its codes and the lines that it covers."""

    place: Span
    codes: tuple[SuppressedCode, ...]
    first_line: int
    last_line: int
    reason: str
    used: set[str] = field(default_factory=set)


def suppressions(files: Iterable[SourceFile]) -> list[Suppression]:
    """Return all suppression comments of the files; a file that is not YAML has none."""
    return [found for file in files if _MARK in file.text for found in _of_file(file)]


def _of_file(file: SourceFile) -> Iterator[Suppression]:
    root = read_yaml(file, [])
    if root is None:
        return
    spans: list[tuple[int, int]] = []
    extents: dict[int, int] = {}
    _walk(root, spans, extents, file)
    scalars = _Intervals(spans)
    reader = _Reader(file, extents)
    named = 0
    for match in _COMMENT.finditer(file.text):
        before = file.text[match.start() - 1 : match.start()]
        if (not before or before.isspace()) and not scalars.contains(match.start()):
            comment = reader.suppression(match)
            named += max(1, len(comment.codes))
            if named > MOST_COLLECTED:
                yield Suppression(comment.place, (), _UNREAD, _UNREAD, "")
                return
            yield comment


class _Intervals:
    """A set of half-open intervals of numbers."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def contains(self, number: int) -> bool:
        """Return whether a number is in one of the intervals."""
        index = bisect_right(self._starts, number) - 1
        return index >= 0 and number < self._ends[index]


def _walk(node: Node, spans: list[tuple[int, int]], extents: dict[int, int], file: SourceFile) -> None:
    """Collect the spans of scalars, and by the line of a key the last line of its value."""
    if isinstance(node, SourceText):
        spans.append((_content_start(node, file), node.end))
        return
    children: list[Node] = list(node.items) if isinstance(node, ListNode) else []
    if isinstance(node, MapNode):
        for key, value in node.entries:
            spans.append((key.start, key.end))
            line, end = key.span().line, _last_line(value, file)
            extents[line] = max(end, extents.get(line, line))
            children.append(value)
    for child in children:
        _walk(child, spans, extents, file)


def _content_start(scalar: SourceText, file: SourceFile) -> int:
    """Return where a scalar's text begins: after the `|` line of a block scalar, which can have a comment."""
    if scalar.style not in {"|", ">"}:
        return scalar.start
    line_end = file.text.find("\n", scalar.start, scalar.end)
    return scalar.end if line_end < 0 else line_end


def _last_line(node: Node, file: SourceFile) -> int:
    length = len(file.text[node.start : node.end].rstrip())
    last = node.start + max(0, length - 1)
    return file.position(last)[0]


class _Reader:
    """Reader of a file's suppression comments, from top to bottom."""

    def __init__(self, file: SourceFile, extents: dict[int, int]) -> None:
        self._file = file
        self._extents = extents
        self._last = len(file.line_starts)
        self._content = 0
        """The last line with content that was found; only blank lines and comments precede it after a comment."""

    def suppression(self, match: re.Match[str]) -> Suppression:
        """Return the suppression for a matched comment."""
        file = self._file
        line, column = file.position(match.start())
        begin = match.start() - column + 1
        blank = _BLANK.match(file.text, begin)
        if match["file"]:
            first_line, last_line = 1, self._last
        elif blank is not None and blank.end() >= match.start():
            first_line = self._next_content(line + 1)
            last_line = self._extents.get(first_line, first_line)
        else:
            first_line, last_line = line, self._extents.get(line, line)
        offset = match.start("codes")
        codes = tuple(
            SuppressedCode(code.group(), file.span(offset + code.start(), offset + code.end()))
            for code in _CODE.finditer(match["codes"] or "")
        )
        place = file.span(match.start(), match.end())
        return Suppression(place, codes, first_line, last_line, match["reason"].strip(" \t\r:-"))

    def _next_content(self, line: int) -> int:
        """Return the first line from one on that is neither blank nor a comment; the line count + 1 if none is."""
        if self._content < line:
            while line <= self._last and self._is_empty(line):
                line += 1
            self._content = line
        return self._content

    def _is_empty(self, line: int) -> bool:
        blank = _BLANK.match(self._file.text, self._file.line_starts[line - 1])
        following = self._file.text[blank.end() : blank.end() + 1] if blank is not None else ""
        return following in {"", "\r", "\n", "#"}


def unsuppressed(
    found: list[Suppression], diagnostics: Iterable[Diagnostic], rules: Mapping[str, Rule]
) -> list[Diagnostic]:
    """Return the findings that no comment suppresses, and record used comments; essential rules stay."""
    diagnostics = list(diagnostics)
    if not found:
        return diagnostics
    lines: dict[tuple[str, str], list[int]] = {}
    for diagnostic in diagnostics:
        if not rules[diagnostic.code].essential:
            lines.setdefault((diagnostic.span.path, diagnostic.code), []).append(diagnostic.span.line)
    for known in lines.values():
        known.sort()
    covered: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for comment in found:
        for code in dict.fromkeys(code.text for code in comment.codes):
            known = lines.get((comment.place.path, code), [])
            first = bisect_left(known, comment.first_line)
            if first < len(known) and known[first] <= comment.last_line:
                comment.used.add(code)
                covered.setdefault((comment.place.path, code), []).append((comment.first_line, comment.last_line + 1))
    silenced = {place: _Intervals(spans) for place, spans in covered.items()}
    return [
        diagnostic
        for diagnostic in diagnostics
        if (stretches := silenced.get((diagnostic.span.path, diagnostic.code))) is None
        or not stretches.contains(diagnostic.span.line)
    ]


def faults(found: Iterable[Suppression], rules: Mapping[str, Rule], context: Context) -> Iterator[Finding]:
    """Yield faults of the comments: unknown codes, a missing reason, no effect."""
    for comment in found:
        if comment.first_line == _UNREAD:
            message = f"The comments of this file name more than {MOST_COLLECTED:,} codes; later ones are ignored."
            yield Finding("SUP010", comment.place, message, "Fix what they suppress, or split the file.")
            continue
        if not comment.codes:
            yield Finding("SUP001", comment.place, "This suppression comment has no rule code.", _HOW)
            continue
        if not comment.reason:
            yield Finding("SUP001", comment.place, "This suppression comment has no reason.", _HOW)
        for code in comment.codes:
            unknown = list(unknown_rule("SUP002", code.text, code.place, rules, context, families=False))
            yield from unknown
            if unknown:
                continue
            if rules[code.text].essential:
                why = (
                    "it protects learners"
                    if rules[code.text].safety
                    else "a card that breaks it cannot be built, or would harm learners"
                )
                yield Finding("SUP002", code.place, f"{code.text} cannot be suppressed: {why}.", "Fix the finding.")
            elif code.text not in comment.used:
                yield Finding("SUP003", code.place, f"Unused suppression of {code.text}.", "Remove it.")


_HOW: Final = "Write # cardpipe: ignore[CODE] and the reason."
