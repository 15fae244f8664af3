"""JSON Schemas (draft 2020-12) of card files and `deck.yaml` for editors, generated from the field tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.source.card_fields import CARD_FIELDS, FIGURE_FIELDS
from cardpipe.source.deck_fields import DECK_FIELDS
from cardpipe.source.fields import json_schema
from cardpipe.source.schema_parts import with_shared_parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.source.fields import Field

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
