"""Declarative field tables: one table decodes a mapping with positions, and generates JSON Schema and the manual.

A table is a sequence of `Field`; `decode` reads a mapping by it. Cards, the deck and figure kinds use the same types:

    FIELDS = (
        Field("layers", ListOf(Integer(min=1, max=32), min=2), "Neurons in each layer.", required=True, example=[2, 1]),
        Field("activation", Choice(("relu", "tanh")), "Written on the hidden neurons.", default="relu"),
    )
    values, findings = decode(figure.parameters, FIELDS)

Decoded values: `Text` a SourceText, `Choice` the enum member or a plain string, `Integer` int, `Number` float,
`Boolean` bool, `ListOf` a tuple, `MapOf` a tuple of pairs of key (SourceText) and value, `Record` what its `build`
returns. A key that is absent (or left empty) gets the field's default; without one it is not in the values, so ask
with `values.get(name)`.
"""

from cardpipe.source.fields.containers import ListOf, MapOf, MapOrWord, OneOf, Record
from cardpipe.source.fields.plain_values import canonical_json, plain
from cardpipe.source.fields.single_values import Boolean, Choice, Integer, Number, Text
from cardpipe.source.fields.table import (
    FAULTY,
    Faulty,
    Field,
    FieldType,
    Findings,
    TooMany,
    decode,
    decode_into,
    is_usable,
    json_schema,
)

__all__ = [
    "FAULTY",
    "Boolean",
    "Choice",
    "Faulty",
    "Field",
    "FieldType",
    "Findings",
    "Integer",
    "ListOf",
    "MapOf",
    "MapOrWord",
    "Number",
    "OneOf",
    "Record",
    "Text",
    "TooMany",
    "canonical_json",
    "decode",
    "decode_into",
    "is_usable",
    "json_schema",
    "plain",
]
