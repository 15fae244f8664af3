"""Container types: lists, mappings with any keys, mappings with a field table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.diagnostics import Edit
from cardpipe.source.fields.plain_values import is_null
from cardpipe.source.fields.single_values import Text, named, wrong_type, wrong_value
from cardpipe.source.fields.table import FAULTY, Faulty, OnUnknown, decode_into, is_usable, json_schema, or_null
from cardpipe.source.splicing import fix
from cardpipe.text.escaping import shortened
from cardpipe.text.nodes import ALIAS_STYLE, ListNode, MapNode
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cardpipe.model.diagnostics import Finding, Fix
    from cardpipe.source.fields.table import Field, FieldType
    from cardpipe.text.nodes import Node


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list with items of one type; decodes to a tuple, without the items that have findings."""

    item: FieldType
    min: int = 0
    max: int | None = None

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> tuple[Any, ...] | Faulty:
        """Return the values of the items."""
        if not isinstance(node, ListNode):
            return wrong_type(node, subject, "a list", findings, _how_to_write_list(node), _in_brackets(node))
        count = len(node.items)
        if count < self.min or (self.max is not None and count > self.max):
            return wrong_value(node, f"{named(subject)} must have {self._count()}, not {count}.", findings)
        decode, name = self.item.decode, f"an item of {subject}"
        decoded = [decode(item, name, findings) for item in node.items]
        return tuple([value for value in decoded if value is not FAULTY])

    def _count(self) -> str:
        if self.max is None:
            return f"{self.min} item{'' if self.min == 1 else 's'} or more"
        if self.min == self.max:
            return f"{self.min} item{'' if self.min == 1 else 's'}"
        return (
            f"{self.min} to {self.max} items" if self.min else f"at most {self.max} item{'' if self.max == 1 else 's'}"
        )

    def schema(self) -> dict[str, Any]:
        """Return the schema of an array."""
        schema: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.min:
            schema["minItems"] = self.min
        if self.max is not None:
            schema["maxItems"] = self.max
        return schema

    def describe(self) -> str:
        """Describe the type in words."""
        counted = "list" if not self.min and self.max is None else f"list of {self._count()}"
        return f"{counted}, each: {self.item.describe()}"


def _how_to_write_list(node: Node) -> str:
    if isinstance(node, SourceText) and node.text and len(node.text) <= 60 and not node.style:
        return f"Write it in brackets: [{node.text}]"
    if isinstance(node, MapNode) and node.entries:
        first = shortened(node.entries[0][0].text)
        return f"Write “- ” before `{first}:`, and indent the other keys of this item below it."
    return "Write the items in brackets, as in [one, two], or each on its own line after “- ”."


def _in_brackets(node: Node) -> Fix | None:
    """Return the fix that puts a single-line text in brackets, unless it contains brackets."""
    if isinstance(node, SourceText) and not node.style and node.text and _WORDS.fullmatch(node.text):
        return fix("Put it in brackets.", Edit(node.span(), f"[{node.text}]"))
    return None


_WORDS: Final = re.compile(r"[\w.+:\-]+(?:, [\w.+:\-]+)*")


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with arbitrary keys; decodes to pairs of key (SourceText) and value, in source order.

    With `nullable`, a key can be left empty, and its value is None.
    """

    value: FieldType
    key: Text = Text()  # noqa: RUF009 - frozen, so that all can share it
    min: int = 0
    max: int | None = None
    nullable: bool = False

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> tuple[tuple[SourceText, Any], ...] | Faulty:
        """Return the pairs, without those that have findings."""
        if not isinstance(node, MapNode):
            return wrong_type(node, subject, "a mapping", findings, "Write each entry as `name: value`, indented.")
        if len(node.entries) < self.min:
            message = f"{named(subject)} must have {self.min} entr{'y' if self.min == 1 else 'ies'} or more."
            return wrong_value(node, message, findings)
        if self.max is not None and len(node.entries) > self.max:
            message = f"{named(subject)} must have at most {self.max} entries, not {len(node.entries)}."
            return wrong_value(node, message, findings)
        pairs = []
        for key, item in node.entries:
            if self.key.decode(_as_text(key), f"a key of {subject}", findings) is FAULTY:
                continue
            name = f"{subject}: {key.text if len(key.text) <= 60 else '…'}"
            if is_null(item):
                if self.nullable:
                    pairs.append((key, None))
                else:
                    wrong_value(key, f"“{name}” is empty.", findings)
                continue
            value = self.value.decode(item, name, findings)
            if value is not FAULTY:
                pairs.append((key, value))
        return tuple(pairs)

    def schema(self) -> dict[str, Any]:
        """Return the schema of an object with arbitrary keys."""
        item = self.value.schema()
        # The names of properties are strings already.
        names = {name: value for name, value in self.key.schema().items() if name != "type"}
        schema: dict[str, Any] = {
            "type": "object",
            "propertyNames": names,
            "additionalProperties": or_null(item) if self.nullable else item,
        }
        if self.min:
            schema["minProperties"] = self.min
        if self.max is not None:
            schema["maxProperties"] = self.max
        return schema

    def describe(self) -> str:
        """Describe the type in words."""
        return f"mapping of names, each value: {self.value.describe()}"


@dataclass(frozen=True, slots=True)
class MapOrWord:
    """A mapping or one word; decodes to the mapping's pairs or to the word."""

    mapping: MapOf
    word: str

    def decode(
        self, node: Node, subject: str, findings: list[Finding]
    ) -> tuple[tuple[SourceText, Any], ...] | str | Faulty:
        """The pairs or the word."""
        if isinstance(node, SourceText) and node.text == self.word:
            return self.word
        if isinstance(node, SourceText) and node.style != ALIAS_STYLE:
            advice = f"Write `{self.word}`, or each entry as `name: value`, indented."
            return wrong_type(node, subject, f"a mapping or the word {self.word}", findings, advice)
        return self.mapping.decode(node, subject, findings)

    def schema(self) -> dict[str, Any]:
        """An object or the word."""
        return {"anyOf": [self.mapping.schema(), {"type": "string", "enum": [self.word]}]}

    def describe(self) -> str:
        """Describe the type in words."""
        return f"{self.mapping.describe()}; or the word `{self.word}`"


def _as_text(key: SourceText) -> SourceText:
    """Return a key as a quoted text, since keys are always texts."""
    return key if key.style else SourceText(key.text, key.file, key.start, key.end, "inline")


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with a field table; decodes to the result of `build` for the values and the mapping.

    With `unknown="keep"` other keys are allowed, and `build` finds them in the mapping.
    """

    fields: Sequence[Field]
    build: Callable[[dict[str, Any], MapNode], Any] = lambda values, _: values
    unknown: OnUnknown = "report"
    name: str = "mapping"

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> Any:
        """What `build` returns."""
        if not isinstance(node, MapNode):
            advice = f"The keys are: {', '.join(field.name for field in self.fields)}."
            return wrong_type(node, subject, "a mapping", findings, advice)
        # One list for the whole file, since its length limits suggestions.
        before = len(findings)
        values = decode_into(node, self.fields, findings, unknown=self.unknown)
        return self.build(values, node) if is_usable(values, self.fields, findings[before:]) else FAULTY

    def schema(self) -> dict[str, Any]:
        """An object."""
        return json_schema(self.fields, extra=self.unknown == "keep")

    def describe(self) -> str:
        """Describe the type in words."""
        return f"{self.name} with the keys {', '.join(f'`{field.name}`' for field in self.fields)}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """A text as shorthand for a mapping, or the mapping itself."""

    text: Text
    mapping: Record
    from_text: Callable[[SourceText], Any]

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> Any:
        """What the mapping's `build` or `from_text` returns."""
        if isinstance(node, MapNode):
            return self.mapping.decode(node, subject, findings)
        if isinstance(node, ListNode):
            advice = f"Write {self.describe()}. {self.text.pattern_doc}".rstrip()
            return wrong_type(node, subject, "text or a mapping", findings, advice)
        decoded = self.text.decode(node, subject, findings)
        return FAULTY if isinstance(decoded, Faulty) else self.from_text(decoded)

    def schema(self) -> dict[str, Any]:
        """Either."""
        return {"anyOf": [self.text.schema(), self.mapping.schema()]}

    def describe(self) -> str:
        """Describe the type in words."""
        return f"{self.text.describe()}, or a {self.mapping.describe()}"
