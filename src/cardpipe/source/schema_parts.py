"""Move repeated parts of a JSON Schema to `$defs`: a panel repeats every figure kind."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

_LEAST: Final = 120
"""The minimum length of a part that is worth a reference."""
_LISTS: Final = ("allOf", "anyOf")
_SINGLES: Final = ("items", "if", "then", "else")
_NAMED: Final = ("properties", "$defs")


def with_shared_parts(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with repeated larger parts in `$defs`, named by number."""
    parts = _Parts()
    parts.count(schema)
    # The schema itself is not a part.
    rebuilt = parts.inner(schema)
    return {**rebuilt, "$defs": {**rebuilt.get("$defs", {}), **parts.definitions}}


class _Parts:
    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.names: dict[str, str] = {}
        self.definitions: dict[str, Any] = {}

    def count(self, schema: dict[str, Any]) -> None:
        """Count the occurrences of each part; parts within a repeated part count once."""
        text = json.dumps(schema)
        self.times[text] += 1
        if self.times[text] == 1:
            for part in _parts(schema):
                self.count(part)

    def rebuilt(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a part, or a reference to it."""
        text = json.dumps(schema)
        if len(text) < _LEAST or self.times[text] < 2:
            return self.inner(schema)
        if text not in self.names:
            self.names[text] = f"part-{len(self.names) + 1}"
            self.definitions[self.names[text]] = self.inner(schema)
        return {"$ref": f"#/$defs/{self.names[text]}"}

    def inner(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a schema with rebuilt parts."""
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
    """Yield the direct subschemas; `examples` and similar values are not schemas."""
    return [
        *(part for key in _NAMED for part in schema.get(key, {}).values()),
        *(part for key in _LISTS for part in schema.get(key, ())),
        *(schema[key] for key in _SINGLES if key in schema),
    ]
