"""Comments that silence findings: `# cardpipe: ignore[CODE] reason` for a key and its value, `ignore-file` for a file.

A comment at the end of a key's line, or on lines of its own above a key, holds for that key and all of its value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.diagnostics import Diagnostic, Finding
from cardpipe.lint.settings import unknown_rule
from cardpipe.nodes import ListNode, MapNode
from cardpipe.positions import SourceText
from cardpipe.source.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cardpipe.nodes import Node
    from cardpipe.positions import SourceFile, Span
    from cardpipe.rule import Rule

_MARK: Final = "cardpipe:"
_COMMENT: Final = re.compile(
    r"#[ \t]{0,20}cardpipe:[ \t]{0,20}ignore(?P<file>-file)?"
    r"(?:\[(?P<codes>[^\]\r\n]{0,400})\])?(?P<reason>[^\r\n]{0,400})"
)
_CODE: Final = re.compile(r"[^\s,]+")


class Named(NamedTuple):
    """The code of a rule and where a comment names it."""

    text: str
    place: Span


@dataclass(slots=True)
class Suppression:
    """A comment, the codes that it silences, and from which to which line it does."""

    place: Span
    codes: tuple[Named, ...]
    first_line: int
    last_line: int
    reason: str
    used: set[str] = field(default_factory=set)

    def covers(self, diagnostic: Diagnostic) -> bool:
        """Whether it silences a finding; remembers that it did."""
        if diagnostic.span.path != self.place.path or not self.first_line <= diagnostic.span.line <= self.last_line:
            return False
        if not any(code.text == diagnostic.code for code in self.codes):
            return False
        self.used.add(diagnostic.code)
        return True


def suppressions(files: Iterable[SourceFile]) -> list[Suppression]:
    """All comments of the files that silence something; a file that is no YAML has none."""
    return [found for file in files if _MARK in file.text for found in _of_file(file)]


def _of_file(file: SourceFile) -> Iterator[Suppression]:
    root = read_yaml(file, [])
    if root is None:
        return
    spans: list[tuple[int, int]] = []
    extents: dict[int, int] = {}
    _walk(root, spans, extents, file)
    last = file.text.count("\n") + 1
    for match in _COMMENT.finditer(file.text):
        if _is_comment(match.start(), file, spans):
            yield _suppression(match, file, extents, last)


def _walk(node: Node, spans: list[tuple[int, int]], extents: dict[int, int], file: SourceFile) -> None:
    """Collect where scalars stand, and on which line the value ends whose key begins on a line."""
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
    """Where a scalar's text begins: behind the line of a block's `|`, on which a comment may stand."""
    if scalar.style not in {"|", ">"}:
        return scalar.start
    line_end = file.text.find("\n", scalar.start, scalar.end)
    return scalar.end if line_end < 0 else line_end


def _last_line(node: Node, file: SourceFile) -> int:
    end = node.end
    while end > node.start and file.text[end - 1 : end].isspace():
        end -= 1
    return file.span(max(node.start, end - 1), max(node.start, end - 1)).line


def _is_comment(start: int, file: SourceFile, spans: list[tuple[int, int]]) -> bool:
    before = file.text[start - 1 : start]
    return (not before or before.isspace()) and not any(first <= start < last for first, last in spans)


def _suppression(match: re.Match[str], file: SourceFile, extents: dict[int, int], last: int) -> Suppression:
    line = file.span(match.start(), match.start()).line
    own_line = not file.line(line)[: match.start() - file.text.rfind("\n", 0, match.start()) - 1].strip()
    if match["file"]:
        first_line, last_line = 1, last
    elif own_line:
        target = line + 1
        while target <= last and (not file.line(target).strip() or file.line(target).lstrip().startswith("#")):
            target += 1
        first_line, last_line = target, extents.get(target, target)
    else:
        first_line, last_line = line, extents.get(line, line)
    offset = match.start("codes")
    codes = tuple(
        Named(code.group(), file.span(offset + code.start(), offset + code.end()))
        for code in _CODE.finditer(match["codes"] or "")
    )
    place = file.span(match.start(), match.end())
    return Suppression(place, codes, first_line, last_line, match["reason"].strip(" \t\r:-"))


def unsuppressed(
    found: list[Suppression], diagnostics: Iterable[Diagnostic], rules: Mapping[str, Rule]
) -> list[Diagnostic]:
    """The findings that no comment silences; those of essential rules always count."""
    return [
        diagnostic for diagnostic in diagnostics if rules[diagnostic.code].essential or not _silenced(found, diagnostic)
    ]


def _silenced(found: Iterable[Suppression], diagnostic: Diagnostic) -> bool:
    # Each is asked, so that none of two that cover the same place is called unused.
    return sum(comment.covers(diagnostic) for comment in found) > 0


def faults(found: Iterable[Suppression], rules: Mapping[str, Rule]) -> Iterator[Finding]:
    """What is wrong with the comments: unknown codes, no reason, nothing silenced."""
    for comment in found:
        if not comment.codes:
            yield Finding("SUP001", comment.place, "This comment silences nothing in particular.", _HOW)
            continue
        if not comment.reason:
            yield Finding("SUP001", comment.place, "This comment gives no reason.", _HOW)
        for code in comment.codes:
            unknown = list(unknown_rule("SUP002", code.text, code.place, rules, families=False))
            yield from unknown
            if unknown:
                continue
            if rules[code.text].essential:
                why = (
                    "it keeps learners safe"
                    if rules[code.text].safety
                    else "a card that breaks it cannot be built, or would harm learners"
                )
                yield Finding("SUP002", code.place, f"{code.text} cannot be silenced: {why}.", "Fix what it finds.")
            elif code.text not in comment.used:
                yield Finding("SUP003", code.place, f"Nothing here breaks {code.text}.", "Take it out.")


_HOW: Final = "Write # cardpipe: ignore[CODE] and why it is right here."
