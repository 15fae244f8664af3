"""JSON Schemas (draft 2020-12) of card files and `deck.yaml` for editors, generated from the field tables."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from cardpipe.source.card_fields import CARD_FIELDS, FIGURE_FIELDS
from cardpipe.source.deck_fields import DECK_FIELDS
from cardpipe.source.fields import json_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.source.fields import Field

_LEAST: Final = 120
"""Characters of a part that is worth a reference."""
_LISTS: Final = ("allOf", "anyOf")
_SINGLES: Final = ("items", "if", "then", "else")
_NAMED: Final = ("properties", "$defs")
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def card_schema(figure_kinds: Mapping[str, Sequence[Field]]) -> dict[str, Any]:
    """Return the schema of a card file: one card, or a list of cards. Figure kinds are given with their fields.

    Without figure kinds, any kind with any keys is allowed, as in the reader.
    """
    card = json_schema(CARD_FIELDS)
    if figure_kinds:
        card["properties"]["figures"]["items"] = _figure_schema(figure_kinds)
    schema = {
        "$schema": _DIALECT,
        "title": "A card, or a list of cards",
        "if": {"type": "array"},
        "then": {"type": "array", "items": {"$ref": "#/$defs/card"}, "minItems": 1},
        "else": {"$ref": "#/$defs/card"},
        "$defs": {"card": card},
    }
    return with_shared_parts(schema)


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
