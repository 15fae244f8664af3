"""Cards of a deck's own note types: in files of their own, and as records of a table."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.deck import Card, CardKind, Status
from cardpipe.model.note_types import FieldKind, FieldValue
from cardpipe.source import bounds
from cardpipe.source.card_fields import CARD_FIELDS
from cardpipe.source.fields import Field, ListOf, Record, Text, decode_into
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.diagnostics import Finding
    from cardpipe.model.note_types import NoteField, NoteType
    from cardpipe.source.fields import FieldType
    from cardpipe.text.nodes import Node

_BUILT_IN_ONLY: Final = frozenset({"kind", "question", "answer", "details"})
"""The keys of a card that its note type's fields replace."""
_NOT_COMMON: Final = frozenset({"id", "guid", "title", "replaced_by"})
"""The keys that each record of a table has for itself."""
_NAME: Final = Text(single_line=True, any_scalar=True, max_length=bounds.NAME)
TYPE_FIELD: Final = Field("type", _NAME, "A note type that `deck.yaml` declares.", required=True, example="country")
SHARED_FIELDS: Final = tuple(
    replace(field, required=field.name == "id") for field in CARD_FIELDS if field.name not in _BUILT_IN_ONLY
)
"""The keys that a card of any note type has, besides `type` and `fields`."""
_RECORD_KEYS: Final = tuple(field for field in SHARED_FIELDS if field.name != "figures")

_LINE: Final = Text(single_line=True, any_scalar=True, max_length=bounds.DESCRIPTION)
_FILE: Final = Text(
    single_line=True,
    max_length=bounds.LINE,
    words="file name in `source/media/`",
)


@dataclass(frozen=True, slots=True)
class _OneOrMore:
    """A text, or a list of texts; decodes to a text or a tuple of them."""

    item: Text

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> Any:
        """Return the text or the texts."""
        if isinstance(node, ListNode):
            return ListOf(self.item, min=1, max=bounds.ITEMS).decode(node, subject, findings)
        return self.item.decode(node, subject, findings)

    def schema(self) -> dict[str, Any]:
        """Either."""
        return {"anyOf": [self.item.schema(), ListOf(self.item, min=1, max=bounds.ITEMS).schema()]}

    def describe(self) -> str:
        """Describe the type in words."""
        return f"{self.item.describe()}, or a list"


_TYPES: Final[Mapping[FieldKind, FieldType]] = {
    FieldKind.TEXT: Text(any_scalar=True),
    FieldKind.LINE: _LINE,
    FieldKind.PICTURE: _OneOrMore(replace(_FILE, words="file name in `source/media/`, or `figure:ID`")),
    FieldKind.SOUND: _OneOrMore(_FILE),
    FieldKind.NUMBER: Text(
        single_line=True,
        any_scalar=True,
        pattern=r"[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?",
        pattern_doc="A number, such as 42 or 3.14.",
        max_length=60,
        words="number",
    ),
    FieldKind.LIST: ListOf(_LINE, min=1, max=bounds.ITEMS),
}


@dataclass(frozen=True, slots=True)
class _FieldValues:
    """The mapping `fields` of a card; decodes to what can be read of it, so that all faults are found in one run."""

    record: Record

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> Any:
        """Return the values of fields by key."""
        if not isinstance(node, MapNode):
            return self.record.decode(node, subject, findings)
        return decode_into(node, self.record.fields, findings)

    def schema(self) -> dict[str, Any]:
        """An object."""
        return self.record.schema()

    def describe(self) -> str:
        """Describe the type in words."""
        return self.record.describe()


@dataclass(frozen=True, slots=True)
class TypedTables:
    """The field tables of a note type."""

    fields: tuple[Field, ...]
    """Its fields, as keys of the mapping `fields`."""
    card: tuple[Field, ...]
    """The keys of a card in a file of its own."""
    record: tuple[Field, ...]
    """The keys of a record in a table."""


@functools.lru_cache(maxsize=256)
def tables_of(note_type: NoteType) -> TypedTables:
    """Return the field tables of a note type."""
    fields = tuple(_as_field(field) for field in note_type.fields)
    card = (
        *SHARED_FIELDS[:1],
        TYPE_FIELD,
        *SHARED_FIELDS[1:],
        Field("fields", _FieldValues(Record(fields)), f"The fields of the note type {note_type.name}.", required=True),
    )
    return TypedTables(fields, card, (*_RECORD_KEYS, *fields))


def _as_field(field: NoteField) -> Field:
    kind = field.kind.value
    return Field(field.key.text, _TYPES[field.kind], f"{field.name} ({kind}).", required=field.required)


def common_fields(note_type: NoteType) -> tuple[Field, ...]:
    """Return the keys that a table's `defaults` can have."""
    kept = (field for field in tables_of(note_type).record if field.name not in _NOT_COMMON)
    return tuple(replace(field, required=False) for field in kept if field.name != "tags")


def typed_card(values: Mapping[str, Any], node: MapNode, note_type: NoteType) -> Card:
    """Build a card of a note type; the values of its fields may be among the others, as in a table."""
    card_id: SourceText = values["id"]
    nothing = SourceText("", card_id.file, card_id.end, card_id.end)
    of_type: Mapping[str, Any] = values.get("fields", values)
    return Card(
        id=card_id,
        title=values.get("title"),
        guid=values.get("guid"),
        kind=CardKind.BASIC,
        question=nothing,
        answer=None,
        details=None,
        figures=values.get("figures", ()),
        tags=values.get("tags", ()),
        related=values.get("related", ()),
        references=values.get("references", ()),
        difficulty=values.get("difficulty"),
        status=values.get("status", Status.ACTIVE),
        replaced_by=values.get("replaced_by"),
        note_type=note_type,
        values=tuple(_values(note_type.fields, of_type)),
        file=node.file,
        span=card_id.span(),
    )


def _values(fields: Sequence[NoteField], values: Mapping[str, Any]) -> list[FieldValue]:
    found = []
    for field in fields:
        value = values.get(field.key.text)
        if value:
            parts = (value,) if isinstance(value, SourceText) else tuple(value)
            texts = tuple((field.key.text, part) for part in parts) if field.kind.is_markdown else ()
            found.append(FieldValue(field, parts, texts))
    return found
