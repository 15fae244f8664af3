"""Repeated parts of a schema are shared without a change of meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cardpipe.source.schema import with_shared_parts

NUMBERS: dict[str, Any] = {
    "type": "array",
    "description": "A list of numbers that is described in so many words that it is worth writing it once.",
    "items": {"type": "number", "minimum": -1, "maximum": 1},
    "examples": [{"items": {"type": "number"}}],
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"items": NUMBERS, "if": NUMBERS, "other": {"anyOf": [NUMBERS, {"type": "string"}]}},
}


def test_a_repeated_part_is_written_once() -> None:
    shared = with_shared_parts(SCHEMA)
    assert json.dumps(shared).count("in so many words") == 1
    assert shared["properties"]["if"] == {"$ref": "#/$defs/part-1"}
    assert shared["$defs"]["part-1"] == NUMBERS


def test_a_schema_without_repetitions_stays_as_it_is() -> None:
    schema = {"type": "object", "properties": {"a": NUMBERS}, "$defs": {"b": {"type": "string"}}}
    assert with_shared_parts(schema) == schema


@pytest.mark.parametrize(
    ("value", "valid"),
    [({}, True), ({"items": [1]}, True), ({"if": [2]}, False), ({"other": "a"}, True), ({"other": ["a"]}, False)],
)
def test_the_shared_schema_means_the_same(value: object, valid: bool) -> None:
    assert Draft202012Validator(SCHEMA).is_valid(value) == valid
    assert Draft202012Validator(with_shared_parts(SCHEMA)).is_valid(value) == valid
