"""The JSON Schemas agree with the checks."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.source.card_fields import CARD_FIELDS
from cardpipe.source.deck_fields import DECK_FIELDS
from cardpipe.source.fields import Boolean, Choice, Field, Integer, ListOf, MapOf, Number, Text, decode, json_schema
from cardpipe.source.schema import card_schema, deck_schema
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.model.diagnostics import Finding

CARD: dict[str, Any] = {field.name: field.example for field in CARD_FIELDS}
DECK: dict[str, Any] = {field.name: field.example for field in DECK_FIELDS}
KIND_FIELDS = (
    Field("values", ListOf(ListOf(Number(min=-9, max=9), min=1), min=1, max=4), "Rows.", required=True),
    Field("layers", ListOf(Integer(min=1, max=32), min=2), "Neurons.", default=[2, 1]),
    Field("activation", Choice(("relu", "tanh")), "Activation."),
    Field("label", Text(single_line=True, max_length=8), "A label."),
    Field("axis", Boolean(), "Whether an axis is drawn."),
    Field("names", MapOf(Text(pattern="[a-z]+"), key=Text(pattern="[A-Z]+"), min=1), "Names."),
)
FIGURE: dict[str, Any] = {
    "values": [[1, 2.5], [-3]],
    "layers": [2, 3, 1],
    "activation": "relu",
    "label": "XOR",
    "axis": True,
    "names": {"A": "a"},
}

LETTERS = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff"
)
TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "\n", "a\n", "a\nb", "ML", "en", "easy", "draft", "basic", "cloze", "relu", "true", "a b", "::"]
    ),
    st.text(st.one_of(LETTERS, st.sampled_from("\n\t :,'\"")), max_size=10),
)
SCALARS = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(-40, 40),
    st.floats(-1e6, 1e6, allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(TEXTS, st.sampled_from(["id", "text", "url", "kind", "alt"])), inner, max_size=3),
    ),
    max_leaves=5,
)
KEYS = st.one_of(TEXTS, st.sampled_from(sorted({*CARD, *DECK, *FIGURE})))


@st.composite
def mutated(draw: st.DrawFn, good: dict[str, Any]) -> Any:
    """A good mapping with a few places changed, taken out or put in."""
    data = copy.deepcopy(good)
    for _ in range(draw(st.integers(0, 3))):
        place: Any = data
        while isinstance(place, dict | list) and place and draw(st.booleans()):
            deeper = (
                place[draw(st.sampled_from(sorted(place)))] if isinstance(place, dict) else draw(st.sampled_from(place))
            )
            if not isinstance(deeper, dict | list):
                break
            place = deeper
        if isinstance(place, dict):
            key = draw(st.one_of(st.sampled_from(sorted(place)), KEYS)) if place else draw(KEYS)
            if draw(st.booleans()):
                place[key] = draw(VALUES)
            else:
                place.pop(key, None)
        elif draw(st.booleans()):
            place.append(draw(VALUES))
        elif place:
            place.pop()
    return data


def is_accepted(data: object, fields: Sequence[Field]) -> bool:
    """Whether the checks have nothing to say; JSON is YAML, and keeps texts apart from numbers."""
    findings: list[Finding] = []
    node = read_yaml(SourceFile("f.yaml", json.dumps(data, ensure_ascii=False)), findings)
    assert findings == []
    nodes = node.items if isinstance(node, ListNode) else [node]
    if not nodes or not all(isinstance(item, MapNode) for item in nodes):
        return False
    return not any(decode(item, fields)[1] for item in nodes if isinstance(item, MapNode))


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


CARDS = validator(card_schema({}))
DECKS = validator(deck_schema())
FIGURES = validator(json_schema(KIND_FIELDS))


@given(data=mutated(CARD))
def test_schema_and_checks_agree_on_cards(data: object) -> None:
    assert CARDS.is_valid(data) == is_accepted(data, CARD_FIELDS)


@given(data=st.lists(mutated(CARD), max_size=2))
def test_schema_and_checks_agree_on_lists_of_cards(data: object) -> None:
    assert CARDS.is_valid(data) == is_accepted(data, CARD_FIELDS)


@given(data=mutated(DECK))
def test_schema_and_checks_agree_on_decks(data: object) -> None:
    assert DECKS.is_valid(data) == is_accepted(data, DECK_FIELDS)


@given(data=mutated(FIGURE))
def test_schema_and_checks_agree_on_figure_fields(data: object) -> None:
    assert FIGURES.is_valid(data) == is_accepted(data, KIND_FIELDS)


def test_the_good_ones_are_good() -> None:
    assert CARDS.is_valid(CARD)
    assert DECKS.is_valid(DECK)
    assert FIGURES.is_valid(FIGURE)
    assert is_accepted(CARD, CARD_FIELDS)
    assert is_accepted(DECK, DECK_FIELDS)
    assert is_accepted(FIGURE, KIND_FIELDS)


@pytest.mark.parametrize(
    ("figure", "valid"),
    [
        ({"id": "a", "kind": "grid", "values": [[1]]}, True),
        ({"id": "a", "kind": "grid", "values": [[1]], "alt": "A.", "caption": None}, True),
        ({"id": "a", "kind": "grid"}, False),
        ({"id": "a", "kind": "grid", "values": [[1]], "colour": "red"}, False),
        ({"id": "a", "kind": "gird", "values": [[1]]}, False),
        ({"id": "a", "values": [[1]]}, False),
    ],
)
def test_a_figure_is_checked_by_its_kind(figure: dict[str, Any], valid: bool) -> None:
    schema = validator(card_schema({"grid": KIND_FIELDS, "other": ()}))
    assert schema.is_valid({**CARD, "figures": [figure]}) is valid


def test_every_key_is_described() -> None:
    cards = card_schema({"grid": KIND_FIELDS})
    for schema in (cards["$defs"]["card"], cards["$defs"]["note"], deck_schema()):
        # What several schemas have in common stands in a part of its own.
        parts = [
            cards["$defs"][e["$ref"].rpartition("/")[2]] if "$ref" in e else e for e in schema["properties"].values()
        ]
        assert all(part["description"] for part in parts)
