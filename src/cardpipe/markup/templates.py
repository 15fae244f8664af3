r"""Templates of faces: Markdown with `{field}`, `{?field}…{/field}` and `{!field}…{/field}`.

A mark is only read in prose: formulas, code, images and addresses stay as they are. `\\{` is a literal brace.
"""

from __future__ import annotations

import enum
import functools
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from cardpipe.markup.bounds import excess
from cardpipe.markup.scanner import scan
from cardpipe.markup.segments import SegmentKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK: Final = re.compile(
    r"(?P<escape>\\.)|(?<!\{)(?P<open>\{++)(?P<sign>[?!/]?)(?P<key>[^{}\s?!/][^{}\n]{0,99}?|)(?P<close>\}++)"
)
_FIELD: Final = re.compile(r"\{[?!/]?[a-z][a-z0-9_-]*\}")
_KEY: Final = re.compile(r"[a-z][a-z0-9_-]*")
MOST_MARKS: Final = 500
"""The maximum number of marks in a side of a face."""


class MarkKind(enum.Enum):
    """What a mark does."""

    VALUE = ""
    IF = "?"
    UNLESS = "!"
    END = "/"


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark in a text, with its offsets."""

    kind: MarkKind
    key: str
    start: int
    end: int


class Fault(enum.Enum):
    """What is wrong with a mark."""

    UNKNOWN = "unknown"
    """It names no field."""
    DOUBLED = "doubled"
    """It is written in two braces, as in Anki."""
    NOT_OPEN = "not open"
    """It ends a condition that is not open."""
    NOT_CLOSED = "not closed"
    """Its condition has no end."""
    NOT_NESTED = "not nested"
    """Its condition begins and ends in different parts of the text."""
    TOO_MANY = "too many"
    """There are more marks than `MOST_MARKS`."""


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """A fault, and the mark that has it."""

    fault: Fault
    mark: Mark


@dataclass(frozen=True, slots=True)
class TemplateNode:
    """A part of a template: literal text, the value of a field, or a condition with its content."""

    text: str = ""
    key: str = ""
    negated: bool = False
    content: tuple[TemplateNode, ...] | None = None
    """The content of a condition; None for other parts."""

    @property
    def is_value(self) -> bool:
        """Whether it is the value of a field."""
        return bool(self.key) and self.content is None

    @property
    def is_condition(self) -> bool:
        """Whether it is a condition."""
        return self.content is not None


@dataclass(frozen=True)
class Template:
    """A parsed side of a face."""

    text: str
    marks: tuple[Mark, ...]
    faults: tuple[TemplateFault, ...]

    @functools.cached_property
    def nodes(self) -> tuple[TemplateNode, ...]:
        """The parts of the text, in order; of a faulty template only those that are understood."""
        return nested([(self.text[a:b], mark) for a, b, mark in self._stretches()])

    def _stretches(self) -> Iterator[tuple[int, int, Mark | None]]:
        position = 0
        for mark in self.marks:
            yield position, mark.start, mark
            position = mark.end
        yield position, len(self.text), None


@functools.lru_cache(maxsize=512)
def parse(text: str, keys: tuple[str, ...]) -> Template:
    """Read the marks of a side; `keys` are those of the fields."""
    if "{" not in text or excess(text) is not None:
        return Template(text, (), ())
    marks: list[Mark] = []
    faults: list[TemplateFault] = []
    for mark, doubled in _found(text):
        if len(marks) + len(faults) >= MOST_MARKS:
            faults.append(TemplateFault(Fault.TOO_MANY, mark))
            break
        if doubled:
            faults.append(TemplateFault(Fault.DOUBLED, mark))
        elif mark.key not in keys:
            faults.append(TemplateFault(Fault.UNKNOWN, mark))
        else:
            marks.append(mark)
    kept, open_faults = _balanced(text, marks)
    return Template(text, tuple(kept), (*faults, *open_faults))


def _found(text: str) -> Iterator[tuple[Mark, bool]]:
    """Return everything that looks like a mark, and whether its braces are doubled."""
    scanned = scan(text)
    kept = sorted(
        [(link.target_start, link.target_end) for link in scanned.links()]
        + [(tag.start, tag.end) for tag in scanned.html]
    )
    ends = list(accumulate((end for _, end in kept), max))
    for segment in scanned.segments:
        if segment.kind is not SegmentKind.PROSE:
            continue
        for match in _MARK.finditer(text, segment.start, segment.end):
            before = bisect_right(kept, (match.start(), len(text)))
            if match["escape"] is not None or (before and match.start() < ends[before - 1]):
                continue
            key, sign = match["key"], match["sign"]
            width = min(len(match["open"]), len(match["close"]))
            if not sign and _KEY.fullmatch(key) is None and width < 2:
                # Braces in prose, such as {1, 2, 3}; in two of them Anki would look for a field.
                continue
            start = match.end("open") - width
            end = match.start("close") + width
            yield Mark(MarkKind(sign), key, start, end), width > 1


def _balanced(text: str, marks: list[Mark]) -> tuple[list[Mark], list[TemplateFault]]:
    """Return the marks without those of faulty conditions, and the faults."""
    stack: list[Mark] = []
    dropped: set[int] = set()
    faults: list[TemplateFault] = []
    for mark in marks:
        if mark.kind in {MarkKind.IF, MarkKind.UNLESS}:
            stack.append(mark)
        elif mark.kind is MarkKind.END:
            if not stack or stack[-1].key != mark.key:
                faults.append(TemplateFault(Fault.NOT_OPEN, mark))
                dropped.add(mark.start)
                continue
            begun = stack.pop()
            if not _is_nested(text, begun, mark):
                faults.append(TemplateFault(Fault.NOT_NESTED, begun))
                dropped |= {begun.start, mark.start}
    faults += [TemplateFault(Fault.NOT_CLOSED, mark) for mark in stack]
    dropped.update(mark.start for mark in stack)
    return [mark for mark in marks if mark.start not in dropped], faults


_DELIMITERS: Final = re.compile(r"\\.|(\*+|_+|~+|==+)|(</?)([A-Za-z][A-Za-z0-9]*)|([\[\]])")


def _is_nested(text: str, begun: Mark, end: Mark) -> bool:
    """Return whether a condition holds whole blocks, or a part of one line in which all markup is closed."""
    inside = _FIELD.sub("x", text[begun.end : end.start])
    if "\n" not in inside:
        return _is_closed(inside)
    return _is_alone(text, begun) and _is_alone(text, end)


def _is_alone(text: str, mark: Mark) -> bool:
    """Return whether a mark is the only text of a paragraph outside of lists and quotations."""
    before, after = text[: mark.start], text[mark.end :]
    above, _, left = before.rpartition("\n")
    right, _, below = after.partition("\n")
    blank_above = not above.rpartition("\n")[2].strip()
    blank_below = not below.partition("\n")[0].strip()
    return not left and not right.strip() and blank_above and blank_below


def _is_closed(inside: str) -> bool:
    runs: list[str] = []
    for match in _DELIMITERS.finditer(inside):
        if match[1]:
            mark = match[1]
        elif match[2]:
            mark = match[3].lower() if match[2] == "<" else f"/{match[3].lower()}"
        elif match[4]:
            mark = match[4]
        else:
            continue
        if runs and (runs[-1] == mark if match[1] else (runs[-1], mark) in {("[", "]"), (mark[1:], mark)}):
            runs.pop()
        elif mark not in {"br", "hr"}:
            runs.append(mark)
    return not runs


def nested(stretches: list[tuple[str, Mark | None]]) -> tuple[TemplateNode, ...]:
    """Return nodes from literal texts, each with the mark that follows it; the marks must be balanced."""
    levels: list[list[TemplateNode]] = [[]]
    begun: list[Mark] = []
    for text, mark in stretches:
        if text:
            levels[-1].append(TemplateNode(text))
        if mark is None:
            continue
        if mark.kind is MarkKind.VALUE:
            levels[-1].append(TemplateNode(key=mark.key))
        elif mark.kind is MarkKind.END:
            content, opener = tuple(levels.pop()), begun.pop()
            negated = opener.kind is MarkKind.UNLESS
            levels[-1].append(TemplateNode(key=opener.key, negated=negated, content=content))
        else:
            begun.append(mark)
            levels.append([])
    return tuple(levels[0])


def filled(nodes: tuple[TemplateNode, ...], values: dict[str, str]) -> str:
    """Return the text of a template with these values; a field that is not among them is empty.

    Around blocks that are left out there is one blank line.
    """
    made = ""
    for part in _filled(nodes, values):
        made += part.lstrip("\n") if made.endswith("\n\n") else part
    return made


def _filled(nodes: tuple[TemplateNode, ...], values: dict[str, str]) -> Iterator[str]:
    for node in nodes:
        if node.content is not None:
            if bool(values.get(node.key)) is not node.negated:
                yield from _filled(node.content, values)
        else:
            yield values.get(node.key, "") if node.key else node.text


def named(nodes: tuple[TemplateNode, ...], *, conditional: bool = True) -> Iterator[str]:
    """Return the fields whose values a template shows, on request also those within conditions."""
    for node in nodes:
        if node.content is None:
            if node.key:
                yield node.key
        elif conditional:
            yield from named(node.content)
