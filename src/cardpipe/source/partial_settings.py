"""Incomplete deck settings: their readable parts, so that lint reports further faults in the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.source.fields.plain_values import is_null
from cardpipe.source.partial_cards import placeholder
from cardpipe.text.nodes import MapNode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

    from cardpipe.text.nodes import Node

_TEXTS: Final = {"uid": "…", "slug": "deck", "name": "…", "language": "und", "description": "…"}
"""Placeholders for required texts; `und` is the tag of an undetermined language (BCP 47)."""
_REQUIRED: Final = (*_TEXTS, "authors", "subdecks")
_LISTED: Final = ("tags", "subdecks", "note_types", "macros")
"""Keys whose names cards use."""


def with_placeholders(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of `deck.yaml` with placeholders for missing required ones."""
    texts = {key: placeholder(text) for key, text in _TEXTS.items()}
    return {**texts, "authors": (), "subdecks": (), **values}


def incomplete_keys(values: Mapping[str, Any], node: MapNode) -> frozenset[str]:
    """Return the keys without a usable value that others depend on: required ones, and `ids` if it is written.

    The others are those with names of which some are faulty. Rules do not report a card for a name that may be one of
    these.
    """
    missing = {key for key in _REQUIRED if key not in values}
    if node.get("ids") is not None and "ids" not in values:
        missing.add("ids")
    return frozenset(missing.union(key for key in _LISTED if _lacks_entries(values.get(key), node.get(key))))


def _lacks_entries(value: Sized | None, written: Node | None) -> bool:
    if value is None:
        return written is not None and not is_null(written)
    return len(value) < len(written.entries) if isinstance(written, MapNode) else False
