"""Parse YAML to nodes with positions, from libyaml's events, without implicit types.

Rejected, each with its position: anchors, aliases, merge keys, tags, `%TAG`, several documents, keys other than texts,
duplicate keys, and nesting over 24. libyaml reads ahead by a line at most, so that stopping at the 25th level also
bounds its time, which would grow with the square of the depth.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from cardpipe.model.diagnostics import MORE, Finding
from cardpipe.source.splicing import fix, replacing
from cardpipe.source.yaml_advice import syntax_finding
from cardpipe.text.nodes import ALIAS_STYLE, ListNode, MapNode
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from collections.abc import Callable

    from cardpipe.text.nodes import Node
    from cardpipe.text.positions import SourceFile, Span

# PyYAML can be built without libyaml; its own parser yields the same events, twenty times slower.
_PARSER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST: Final = 24
_MOST_FINDINGS: Final = 100
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""Forbidden characters; the file itself has none, but an escape in double quotes can produce one."""
_OF_MACRO: Final = re.compile(r"\\([abefrvLNP][A-Za-z]+)")
r"""The beginning of a TeX macro that is an escape in double quotes as well, such as `\frac` and `\beta`."""
_TAG_DIRECTIVE: Final = re.compile(r"(?:\A|[\r\n])%TAG")
_PROPERTY: Final = re.compile(r"[^ \t\r\n]*")
_LINE: Final = re.compile(r"[^\r\n]*")
_PROPERTIES: Final = re.compile(r"(?:[!&][^ \t\r\n]*[ \t\r\n]+)*(?:[!&][^ \t\r\n]*\Z)?")


class _Stop(Exception):  # noqa: N818 - the end of reading, already reported
    """The rest of the file is not read."""


class _Open:
    """A collection that is not closed yet."""

    __slots__ = ("end", "entries", "ignored", "items", "key", "keys", "start")

    def __init__(self, start: int, *, mapping: bool) -> None:
        self.start = start
        self.end = start
        self.items: list[Node] = []
        self.entries: list[tuple[SourceText, Node]] = []
        self.keys: dict[str, SourceText] | None = {} if mapping else None
        self.key: SourceText | None = None
        self.ignored = False
        """Whether a rejected key waits for its value, which is rejected with it."""


def read_yaml(file: SourceFile, findings: list[Finding]) -> Node | None:
    """Return the file's only document, or None if it is empty or invalid; findings are added to the list."""
    reader = _Reader(file, findings)
    directive = _TAG_DIRECTIVE.search(file.text) if "%TAG" in file.text else None
    if directive is not None:
        reader.refuse(
            file.span(directive.end() - 4, directive.end()), "YAML directives are not supported.", "Delete it."
        )
        return None
    try:
        reader.read(file.text)
    except yaml.YAMLError as error:
        findings.append(_depth_finding(file, error) or syntax_finding(file, error))
        return None
    except _Stop:
        return None
    return reader.root


def _depth_finding(file: SourceFile, error: yaml.YAMLError) -> Finding | None:
    """Return the finding on excessive nesting if libyaml itself gave up.

    From 0.2.6 on it limits levels, and reports none of a thousand levels.
    """
    mark = getattr(error, "problem_mark", None)
    if mark is None or "nesting depth" not in str(getattr(error, "problem", "")):
        return None
    found: list[Finding] = []
    with contextlib.suppress(_Stop, yaml.YAMLError):
        _Reader(file, found).read(file.text[: mark.index])
    return found[-1] if found else None


class _Reader:
    def __init__(self, file: SourceFile, findings: list[Finding]) -> None:
        self.file = file
        self.findings = findings
        self.root: Node | None = None
        self.documents = 0
        self.stack: list[_Open] = []

    def refuse(self, span: Span, message: str, advice: str, *, code: str = "YML003") -> None:
        self._report(Finding(code, span, message, help=advice))

    def read(self, text: str) -> None:
        next_event: Callable[[], Any] = _PARSER(text).get_event
        while True:
            event = next_event()
            kind = type(event)
            if kind is ScalarEvent:
                self._add(self._scalar(event))
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._open(event, mapping=kind is MappingStartEvent)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close(event)
            elif kind is AliasEvent:
                self._add(self._alias(event))
            elif kind is DocumentStartEvent:
                self.documents += 1
                if self.documents > 1:
                    self._refuse_document(event)
                    return
            elif kind is StreamEndEvent:
                return

    def _refuse_document(self, event: Any) -> None:
        start = event.start_mark.index
        advice = "Write several cards as a list, each beginning with “- id:”; delete the line “---”."
        self.refuse(
            self.file.span(start, start + 3), "A second document begins here; a file can have only one.", advice
        )

    def _scalar(self, event: Any) -> SourceText:
        start = event.start_mark.index
        if event.anchor is not None or event.tag is not None:
            start = self._refuse_properties(event)
        scalar = SourceText(event.value, self.file, start, event.end_mark.index, event.style or "")
        if event.style == '"' and _CONTROL.search(event.value) is not None:
            self._refuse_controls(scalar)
        return scalar

    def _refuse_controls(self, scalar: SourceText) -> None:
        for match in _CONTROL.finditer(scalar.text):
            start, end = match.span()
            message = f"This escape writes the character U+{ord(match[0]):04X}, which is not allowed in texts."
            macro = _OF_MACRO.match(self.file.text, scalar.offsets()[start], scalar.end)
            if macro is None:
                advice = "Remove it."
                made = fix(advice, replacing(scalar, start, end, ""))
            else:
                advice = f"Write `\\\\{macro[1]}`, or put the text in single quotes or after `|`."
                written = replacing(scalar, start, end, f"\\{macro[1][0]}")
                made = fix(f"Write `\\\\{macro[1]}`.", written, safe=False)
            self._report(Finding("YML004", scalar.span(start, end), message, help=advice, fix=made))

    def _report(self, finding: Finding) -> None:
        self.findings.append(finding)
        if len(self.findings) > _MOST_FINDINGS:
            self.findings[-1] = Finding(finding.code, finding.span, MORE, help="Fix those above first.")
            raise _Stop

    def _refuse_properties(self, event: Any) -> int:
        """Report the anchor and the tag before a node; return where the node starts."""
        start = event.start_mark.index
        text = self.file.text
        # A block collection's event has no length, so that its properties end where their line does.
        end = event.end_mark.index if event.end_mark.index > start else self._line_end(start)
        match = _PROPERTIES.match(text, start, end)
        begin = match.end() if match is not None else start
        for mark, word in (("!", "a tag"), ("&", "an anchor")):
            if (event.tag if mark == "!" else event.anchor) is None:
                continue
            found = max(text.find(mark, start, max(begin, start + 1)), start)
            name = _PROPERTY.match(text, found, end)
            stop = name.end() if name is not None else end
            advice = f"Delete it; if “{mark}” is part of a text, put the text in quotes or write it after `|`."
            self.refuse(self.file.span(found, stop), f"In YAML “{mark}” begins {word}, which is not supported.", advice)
        return begin

    def _line_end(self, start: int) -> int:
        match = _LINE.match(self.file.text, start)
        return match.end() if match is not None else start

    def _alias(self, event: Any) -> SourceText:
        start, end = event.start_mark.index, event.end_mark.index
        advice = "Write the value itself; if “*” is part of a text, put the text in quotes or write it after `|`."
        self.refuse(self.file.span(start, end), "In YAML “*” begins an alias, which is not supported.", advice)
        return SourceText(self.file.text[start:end], self.file, start, end, ALIAS_STYLE)

    def _open(self, event: Any, *, mapping: bool) -> None:
        start = event.start_mark.index
        if len(self.stack) >= DEEPEST:
            advice = "If brackets or dashes are part of a text, put it in quotes or write it after `|`."
            self.refuse(self.file.span(start, start + 1), f"The nesting is deeper than {DEEPEST}.", advice)
            raise _Stop
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event)
        self.stack.append(_Open(start, mapping=mapping))

    def _close(self, event: Any) -> None:
        done = self.stack.pop()
        # A block collection ends where its last node ended: libyaml notices only at the next token.
        end = event.end_mark.index if event.end_mark.index > event.start_mark.index else done.end
        if done.keys is None:
            self._add(ListNode(tuple(done.items), self.file, done.start, end))
        else:
            self._add(MapNode(tuple(done.entries), self.file, done.start, end))

    def _add(self, node: Node) -> None:
        if not self.stack:
            if self.documents == 1:
                self.root = node
            return
        parent = self.stack[-1]
        parent.end = node.end
        if parent.keys is None:
            parent.items.append(node)
        elif parent.ignored:
            parent.ignored = False
        elif parent.key is None:
            if self._is_good_key(node, parent.keys):
                parent.key = node
            else:
                parent.ignored = True
        else:
            parent.entries.append((parent.key, node))
            parent.key = None

    def _is_good_key(self, node: Node, keys: dict[str, SourceText]) -> TypeGuard[SourceText]:
        if not isinstance(node, SourceText) or node.style == ALIAS_STYLE:
            if not isinstance(node, SourceText):
                start = self.file.span(node.start, max(node.end, node.start + 1))
                self.refuse(start, "A key must be text.", "If the brackets are part of a text, put it in quotes.")
            return False
        if node.text == "<<" and not node.style:
            self.refuse(
                node.span(), "In YAML “<<” is a merge key, which is not supported.", "Write the keys themselves."
            )
            return False
        first = keys.setdefault(node.text, node)
        if first is not node:
            line = self.file.position(first.start)[0]
            message = f"Duplicate key “{node.text[:60]}”; the first is on line {line}."
            self.refuse(node.span(), message, "Keep one of the two.", code="YML002")
            return False
        return True
