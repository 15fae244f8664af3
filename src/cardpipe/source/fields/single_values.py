"""Scalar types: text, choice, numbers, booleans."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cardpipe.model.diagnostics import Finding, Fix
from cardpipe.source.fields.plain_values import core_value
from cardpipe.source.fields.table import FAULTY, MOST_SUGGESTIONS, Faulty
from cardpipe.source.splicing import suggestion
from cardpipe.text.escaping import shortened
from cardpipe.text.nodes import ALIAS_STYLE, ListNode, MapNode
from cardpipe.text.positions import SourceText
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    import enum
    from collections.abc import Mapping

    from cardpipe.text.nodes import Node


def named(subject: str, *, first: bool = True) -> str:
    """Return a subject with quotation marks around the key; `first` if it begins a sentence."""
    for part in ("an item of ", "a key of "):
        if subject.startswith(part):
            words = f"{part}{named(subject.removeprefix(part), first=False)}"
            return words[0].upper() + words[1:] if first else words
    return f"“{subject}”"


def kind_of(node: Node) -> str:
    """Return the type of a node in words."""
    if isinstance(node, ListNode):
        return "a list"
    if isinstance(node, MapNode):
        return "a mapping"
    value = core_value(node)
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean {node.text}"
    if isinstance(value, int | float):
        return "a number"
    return "text"


def wrong_type(
    node: Node, subject: str, wanted: str, findings: list[Finding], advice: str | None = None, fix: Fix | None = None
) -> Faulty:
    """Report a value of the wrong type, unless the reader has already reported it."""
    if not (isinstance(node, SourceText) and node.style == ALIAS_STYLE):
        message = f"{named(subject)} must be {wanted}, not {kind_of(node)}."
        findings.append(Finding("SCH003", node.span(), message, help=advice, fix=fix))
    return FAULTY


def wrong_value(
    node: Node, message: str, findings: list[Finding], advice: str | None = None, fix: Fix | None = None
) -> Faulty:
    """Report an invalid value of the right type."""
    findings.append(Finding("SCH004", node.span(), message, help=advice, fix=fix))
    return FAULTY


def _how_to_write_text(node: Node) -> str:
    if isinstance(node, SourceText):
        return f'Put it in quotes: "{node.text}"' if len(node.text) <= 60 else "Put it in quotes."
    opening = node.file.text[node.start : node.start + 1]
    if opening in {"[", "{"} and node.end > node.start:
        what = "a list" if opening == "[" else "a mapping"
        return f"In YAML “{opening}” begins {what}: put the text in quotes, or write it indented after `|`."
    if isinstance(node, ListNode):
        return "In YAML a line that begins with “- ” is a list item: write the text indented after `|`."
    return "In YAML “: ” makes a mapping: put the text in quotes, or write it indented after `|`."


@dataclass(frozen=True, slots=True)
class Text:
    """A non-empty text; decodes to a SourceText.

    `pattern` must match the whole text. It must mean the same in Python and in JavaScript (flag `u`), so nothing is
    escaped unnecessarily. `pattern_doc` describes it in words. With `any_scalar`, numbers and booleans are
    accepted as written.
    """

    single_line: bool = False
    pattern: str | None = None
    pattern_doc: str = ""
    max_length: int | None = None
    any_scalar: bool = False
    words: str = ""
    """What the manual calls such a value, instead of “text”."""

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> SourceText | Faulty:
        """Return the text with its position."""
        if not isinstance(node, SourceText):
            return wrong_type(node, subject, "text", findings, _how_to_write_text(node))
        if node.style == ALIAS_STYLE:
            return FAULTY
        if not node.style and not isinstance(core_value(node), str):
            if core_value(node) is None:
                return wrong_value(node, f"{named(subject)} is empty.", findings)
            if not self.any_scalar:
                return wrong_type(node, subject, "text", findings, _how_to_write_text(node))
        fault = self._fault(node.text, subject)
        return node if fault is None else wrong_value(node, fault[0], findings, fault[1])

    def _fault(self, text: str, subject: str) -> tuple[str, str | None] | None:
        """Return the fault of a text, and what to write instead."""
        if not text or text.isspace():
            return f"{named(subject)} is empty.", None
        if self.single_line and ("\n" in text or "\r" in text):
            return (
                f"{named(subject)} must be one line.",
                "Write it in quotes on the line of its key, or after `>-`, which joins lines.",
            )
        if self.max_length is not None and len(text) > self.max_length:
            return f"{named(subject)} has {len(text)} characters; the maximum is {self.max_length}.", None
        if self.pattern is not None and re.fullmatch(self.pattern, text) is None:
            return f"Invalid value “{shortened(text)}” for {named(subject, first=False)}.", self.pattern_doc or None
        return None

    def schema(self) -> dict[str, Any]:
        """Return the schema of a string with at least one visible character."""
        one_line = r"(?![\s\S]*[\r\n])" if self.single_line else ""
        if self.pattern is not None:
            # `$` can match before a final line break, so the pattern excludes it.
            pattern = rf"^{one_line}(?=[\s\S]*\S)(?:{self.pattern})(?![\s\S])"
        elif one_line:
            pattern = rf"^{one_line}[\s\S]*\S"
        else:
            pattern = r"\S"
        schema: dict[str, Any] = {
            "type": ["string", "number", "boolean"] if self.any_scalar else "string",
            "pattern": pattern,
        }
        if self.max_length is not None:
            schema["maxLength"] = self.max_length
        return schema

    def describe(self) -> str:
        """Describe the type in words."""
        return self.words or ("text on one line" if self.single_line else "text")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several words: decodes to the enum member, or to the word if the options are plain names.

    `refused` maps likely wrong words to a help text.
    """

    options: type[enum.Enum] | tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The allowed words."""
        if isinstance(self.options, tuple):
            return self.options
        return tuple(str(member.value) for member in self.options)

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> enum.Enum | str | Faulty:
        """Return the member or word."""
        names = self.names
        if not isinstance(node, SourceText) or node.style == ALIAS_STYLE:
            return wrong_type(node, subject, f"one of {', '.join(names)}", findings)
        if node.text not in names:
            advice, near = self.refused.get(node.text), None
            if advice is None:
                near = nearest(node.text, names) if len(findings) < MOST_SUGGESTIONS else None
                advice = f"Did you mean “{near}”?" if near else f"Choose from: {', '.join(names)}."
            return wrong_value(
                node,
                f"Invalid value “{shortened(node.text)}” for {named(subject, first=False)}.",
                findings,
                advice,
                suggestion(node, near),
            )
        return node.text if isinstance(self.options, tuple) else self.options(node.text)

    def schema(self) -> dict[str, Any]:
        """Return the schema of an enumeration."""
        return {"type": "string", "enum": list(self.names)}

    def describe(self) -> str:
        """Describe the type in words."""
        return " or ".join(f"`{name}`" for name in self.names)


def _read_number(node: Node, subject: str, wanted: str, findings: list[Finding]) -> float | Faulty:
    """Return a finite number, or FAULTY with a finding."""
    value = core_value(node) if isinstance(node, SourceText) and node.style != ALIAS_STYLE else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return wrong_type(node, subject, wanted, findings, _how_to_write_number(node))
    if isinstance(value, float) and not math.isfinite(value):
        return wrong_value(node, f"{named(subject)} must be a finite number of reasonable length.", findings)
    return value


def _how_to_write_number(node: Node) -> str | None:
    if isinstance(node, SourceText) and node.style in {"'", '"'}:
        bare = SourceText(node.text.strip(), node.file, node.start, node.end)
        if kind_of(bare) == "a number":
            return f"Write it without quotes: {bare.text}"
    return None


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number within bounds, both inclusive; decodes to float."""

    min: float | None = None
    max: float | None = None

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> float | Faulty:
        """The number."""
        value = _read_number(node, subject, "a number", findings)
        return FAULTY if isinstance(value, Faulty) else self._bounded(value, node, subject, findings)

    def _bounded(self, value: float, node: Node, subject: str, findings: list[Finding]) -> float | Faulty:
        if (self.min is not None and value < self.min) or (self.max is not None and value > self.max):
            return wrong_value(node, f"{named(subject)} must be {self._range()}.", findings)
        return float(value)

    def _range(self) -> str:
        if self.min is not None and self.max is not None:
            return f"from {self.min} to {self.max}"
        return f"at least {self.min}" if self.min is not None else f"at most {self.max}"

    def schema(self) -> dict[str, Any]:
        """A number with its bounds."""
        named = (("minimum", self.min), ("maximum", self.max))
        return {"type": "number", **{name: bound for name, bound in named if bound is not None}}

    def describe(self) -> str:
        """In words."""
        return "number" if self.min is None and self.max is None else f"number {self._range()}"


@dataclass(frozen=True, slots=True)
class Integer(Number):
    """A whole number within bounds, both inclusive; decodes to int. `3.0` is one, as in JSON Schema."""

    min: int | None = None
    max: int | None = None

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> int | Faulty:
        """The number."""
        value = _read_number(node, subject, "a whole number", findings)
        if isinstance(value, Faulty):
            return value
        if value != int(value):
            return wrong_type(node, subject, "a whole number", findings)
        bounded = self._bounded(value, node, subject, findings)
        return bounded if isinstance(bounded, Faulty) else int(value)

    def schema(self) -> dict[str, Any]:
        """An integer with its bounds."""
        return {**Number.schema(self), "type": "integer"}

    def describe(self) -> str:
        """Describe the type in words."""
        return f"whole {Number.describe(self)}"


@dataclass(frozen=True, slots=True)
class Boolean:
    """A boolean, `true` or `false` as in YAML 1.2; `yes`, `no`, `on` and `off` are texts."""

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> bool | Faulty:
        """Return the boolean."""
        value = core_value(node) if isinstance(node, SourceText) else None
        if not isinstance(value, bool):
            return wrong_type(node, subject, "true or false", findings, "Write true or false, without quotes.")
        return value

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}

    def describe(self) -> str:
        """Describe the type in words."""
        return "`true` or `false`"
