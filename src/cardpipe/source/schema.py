"""JSON Schemas (draft 2020-12) of card files and `deck.yaml` for editors, generated from the field tables."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from cardpipe.source import bounds
from cardpipe.source.adopted_types import ADOPTED_FIELDS
from cardpipe.source.card_fields import CARD_FIELDS, FIGURE_FIELDS
from cardpipe.source.deck_fields import DECK_FIELDS
from cardpipe.source.fields import Field, json_schema
from cardpipe.source.tables import table_fields
from cardpipe.source.typed_cards import SHARED_FIELDS, TYPE_FIELD, tables_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.diagnostics import Finding
    from cardpipe.model.note_types import NoteType
    from cardpipe.text.nodes import Node


class AnyMapping:
    """A mapping whose keys are only known with the deck."""

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> Node:
        """Return the node: the note type's own fields decode it."""
        del subject, findings
        return node

    def schema(self) -> dict[str, Any]:
        """An object."""
        return {"type": "object"}

    def describe(self) -> str:
        """Describe the value in words."""
        return "mapping"


_ANY_NOTE: Final = (
    *SHARED_FIELDS,
    TYPE_FIELD,
    Field("fields", AnyMapping(), "The fields of its note type.", required=True, example={"country": "France"}),
)
_LEAST: Final = 120
"""Characters of a part that is worth a reference."""
_LISTS: Final = ("allOf", "anyOf")
_SINGLES: Final = ("items", "if", "then", "else")
_NAMED: Final = ("properties", "$defs")
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def card_schema(
    figure_kinds: Mapping[str, Sequence[Field]], note_types: Mapping[str, NoteType] | None = None
) -> dict[str, Any]:
    """Return the schema of a card file: one card, or a list of cards. Figure kinds are given with their fields.

    Without figure kinds, any kind with any keys is allowed, as in the reader; without note types, any type with any
    fields.
    """
    card = json_schema(CARD_FIELDS)
    notes = [json_schema(tables_of(note_type).card) for note_type in (note_types or {}).values()]
    note = _by_type(tuple(note_types or ()), notes) if notes else json_schema(_ANY_NOTE)
    if figure_kinds:
        for schema in (card, *(notes or [note])):
            schema["properties"]["figures"]["items"] = _figure_schema(figure_kinds)
    whole = {
        "$schema": _DIALECT,
        "title": "A card, or a list of cards",
        "if": {"type": "array"},
        "then": {"type": "array", "items": {"$ref": "#/$defs/any"}, "minItems": 1},
        "else": {"$ref": "#/$defs/any"},
        "$defs": {
            "any": {
                "if": {"type": "object", "required": ["type"]},
                "then": {"$ref": "#/$defs/note"},
                "else": {"$ref": "#/$defs/card"},
            },
            "card": card,
            "note": note,
        },
    }
    return with_shared_parts(whole)


def _by_type(names: Sequence[str], schemas: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of a mapping whose key `type` determines its schema."""
    return {
        "type": "object",
        "properties": {TYPE_FIELD.name: {"description": TYPE_FIELD.doc, "enum": list(names)}},
        "required": [TYPE_FIELD.name],
        "allOf": [
            {"if": {"properties": {TYPE_FIELD.name: {"const": name}}}, "then": schema}
            for name, schema in zip(names, schemas, strict=True)
        ],
    }


def table_schema(note_types: Mapping[str, NoteType]) -> dict[str, Any]:
    """Return the schema of a table in `source/tables/`; without note types, any type with any records."""
    title = {"$schema": _DIALECT, "title": "A table"}
    if not note_types:
        return {**title, **json_schema(table_fields(None))}
    schemas = []
    for note_type in note_types.values():
        table = json_schema(table_fields(note_type))
        record = json_schema(tables_of(note_type).record)
        # A value that a record lacks can come from the table's `defaults`.
        record["required"] = ["id"]
        table["properties"]["records"] |= {"items": record, "minItems": 1, "maxItems": bounds.RECORDS}
        schemas.append(table)
    return {**title, **_by_type(tuple(note_types), schemas)}


def _figure_schema(figure_kinds: Mapping[str, Sequence[Field]]) -> dict[str, Any]:
    figure = json_schema(FIGURE_FIELDS, extra=True)
    figure["properties"]["kind"]["enum"] = sorted(figure_kinds)
    figure["allOf"] = [
        {
            "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
            "then": json_schema((*FIGURE_FIELDS, *figure_kinds[name])),
        }
        for name in sorted(figure_kinds)
    ]
    return figure


def deck_schema() -> dict[str, Any]:
    """Return the schema of `source/deck.yaml`."""
    return {"$schema": _DIALECT, "title": "A deck", **json_schema(DECK_FIELDS)}


def adopted_schema() -> dict[str, Any]:
    """Return the schema of a file in `source/anki/`."""
    return {"$schema": _DIALECT, "title": "An adopted note type", **json_schema(ADOPTED_FIELDS)}


def with_shared_parts(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema with each larger part that it repeats in `$defs`, named by its number.

    A panel repeats every kind that it holds.
    """
    parts = _Parts()
    parts.count(schema)
    # The whole is no part of itself.
    rebuilt = parts.inner(schema)
    return {**rebuilt, "$defs": {**rebuilt.get("$defs", {}), **parts.definitions}}


class _Parts:
    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.names: dict[str, str] = {}
        self.definitions: dict[str, Any] = {}

    def count(self, schema: dict[str, Any]) -> None:
        """Count how often each part is written; what lies within a repeated part is written once."""
        text = json.dumps(schema)
        self.times[text] += 1
        if self.times[text] == 1:
            for part in _parts(schema):
                self.count(part)

    def rebuilt(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A part, or a reference to it."""
        text = json.dumps(schema)
        if len(text) < _LEAST or self.times[text] < 2:
            return self.inner(schema)
        if text not in self.names:
            self.names[text] = f"part-{len(self.names) + 1}"
            self.definitions[self.names[text]] = self.inner(schema)
        return {"$ref": f"#/$defs/{self.names[text]}"}

    def inner(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema whose parts are rebuilt."""
        changed: dict[str, Any] = {}
        for key, value in schema.items():
            if key in _NAMED:
                changed[key] = {name: self.rebuilt(part) for name, part in value.items()}
            elif key in _LISTS:
                changed[key] = [self.rebuilt(part) for part in value]
            elif key in _SINGLES:
                changed[key] = self.rebuilt(value)
            else:
                changed[key] = value
        return changed


def _parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the subschemas of a schema; values such as `examples` can look like schemas but are not."""
    return [
        *(part for key in _NAMED for part in schema.get(key, {}).values()),
        *(part for key in _LISTS for part in schema.get(key, ())),
        *(schema[key] for key in _SINGLES if key in schema),
    ]
