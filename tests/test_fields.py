"""Field tables: valid values of each type, and messages on invalid ones."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

import pytest

from cardpipe.model.diagnostics import MOST_COLLECTED
from cardpipe.source.fields import (
    Boolean,
    Choice,
    Field,
    FieldType,
    Integer,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Record,
    Text,
    canonical_json,
    decode,
    plain,
)
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import MapNode
from cardpipe.text.positions import SourceFile, SourceText

if TYPE_CHECKING:
    from cardpipe.model.diagnostics import Finding


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


def mapping(text: str) -> MapNode:
    findings: list[Finding] = []
    node = read_yaml(SourceFile("f.yaml", text), findings)
    assert findings == []
    assert isinstance(node, MapNode)
    return node


def value_of(type_: FieldType, text: str) -> tuple[Any, list[tuple[str, int, int, str, str]]]:
    """The plain value of `key: TEXT`, and the findings as code, line, column, message and help."""
    values, findings = decode(mapping(f"key: {text}\n"), (Field("key", type_, "A key.", required=True),))
    found = [(item.code, item.span.line, item.span.column, item.message, item.help or "") for item in findings]
    return plain(values.get("key")), found


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (Text(), "NO", "NO"),
        (Text(), "'42'", "42"),
        (Text(), "|\n  a\n  b", "a\nb\n"),
        (Text(), "1.2.3", "1.2.3"),
        (Text(), "nonsense", "nonsense"),
        (Text(any_scalar=True), "0042", "0042"),
        (Text(pattern="[a-z]+"), "abc", "abc"),
        (Choice(Colour), "red", "red"),
        (Choice(("1", "2")), "2", "2"),
        (Integer(), "0123", 123),
        (Integer(), "-7", -7),
        (Integer(), "3.0", 3),
        (Integer(), "0x1F", 31),
        (Number(), "3", 3.0),
        (Number(), "-.5e1", -5.0),
        (Boolean(), "true", True),
        (Boolean(), "FALSE", False),
        (ListOf(Integer()), "[1, 2]", [1, 2]),
        (ListOf(ListOf(Number())), "[[1, 2], [.5]]", [[1.0, 2.0], [0.5]]),
        (ListOf(Text()), "[]", []),
        (MapOf(Text()), "{a: b, 1: c}", [["a", "b"], ["1", "c"]]),
        (MapOf(Text(), nullable=True), "{a: }", [["a", None]]),
        (Record((Field("x", Integer(), "X."),)), "{x: 1}", {"x": 1}),
    ],
)
def test_good_values(type_: FieldType, text: str, value: object) -> None:
    assert value_of(type_, text) == (value, [])


@pytest.mark.parametrize(
    ("type_", "text", "code", "column", "message", "advice"),
    [
        (Text(), "42", "SCH003", 6, "must be text, not a number", '"42"'),
        (Text(), "true", "SCH003", 6, "the boolean true", '"true"'),
        (Text(), "[draft]", "SCH003", 6, "must be text, not a list", "“[” begins a list"),
        (Text(), "{x}", "SCH003", 6, "must be text, not a mapping", "“{” begins a mapping"),
        (Text(), "''", "SCH004", 6, "is empty", ""),
        (Text(), "' '", "SCH004", 6, "is empty", ""),
        (Text(), "~", "SCH004", 1, "is empty", "A key."),
        (Text(single_line=True), '"a\\nb"', "SCH004", 6, "one line", "`>-`"),
        (Text(max_length=3), "abcd", "SCH004", 6, "has 4 characters; the maximum is 3", ""),
        (Text(pattern="[a-z]+", pattern_doc="Small letters."), "A", "SCH004", 6, "Invalid value “A”", "Small letters."),
        (Text(pattern="[a-z]+"), '"a\\n"', "SCH004", 6, "Invalid value", ""),
        (Choice(Colour), "rde", "SCH004", 6, "Invalid value “rde”", "“red”"),
        (Choice(Colour), "1", "SCH004", 6, "Invalid value “1”", "red, green"),
        (Choice(Colour), "[red]", "SCH003", 6, "one of red, green, not a list", ""),
        (Choice(Colour, refused={"blue": "Not now."}), "blue", "SCH004", 6, "Invalid value “blue”", "Not now."),
        (Integer(), "'3'", "SCH003", 6, "a whole number, not text", "without quotes: 3"),
        (Integer(), "3.5", "SCH003", 6, "a whole number", ""),
        (Integer(), "NO", "SCH003", 6, "a whole number, not text", ""),
        (Integer(), "true", "SCH003", 6, "not the boolean true", ""),
        (Integer(min=1, max=9), "10", "SCH004", 6, "from 1 to 9", ""),
        (Integer(), "9" * 100_000, "SCH004", 6, "finite", ""),
        (Number(), ".nan", "SCH004", 6, "finite", ""),
        (Number(), "1e999", "SCH004", 6, "finite", ""),
        (Number(min=0.5), "0.25", "SCH004", 6, "at least 0.5", ""),
        (Boolean(), "yes", "SCH003", 6, "true or false, not text", "true or false"),
        (Boolean(), "'true'", "SCH003", 6, "true or false", ""),
        (ListOf(Text()), "NN", "SCH003", 6, "must be a list, not text", "[NN]"),
        (ListOf(Text(), min=2), "[a]", "SCH004", 6, "2 items or more, not 1", ""),
        (ListOf(Text(), max=1), "[a, b]", "SCH004", 6, "at most 1 item, not 2", ""),
        (ListOf(Integer()), "[1, x]", "SCH003", 10, "An item of “key” must be", ""),
        (ListOf(Text()), "[a, ~]", "SCH004", 10, "is empty", ""),
        (MapOf(Text()), "[a]", "SCH003", 6, "a mapping, not a list", "name: value"),
        (MapOf(Text()), "{a: [b]}", "SCH003", 10, "“key: a” must be text", "quotes"),
        (MapOf(Text(), key=Text(pattern="[A-Z]+")), "{a: b}", "SCH004", 7, "Invalid value “a”", ""),
        (MapOf(Text(), min=1), "{}", "SCH004", 6, "1 entry or more", ""),
        (Record((Field("x", Integer(), "X."),)), "1", "SCH003", 6, "a mapping, not a number", "x"),
        (
            Record((Field("x", Integer(), "X."),)),
            "{x: 1, y: 2}",
            "SCH001",
            13,
            "Unknown key “y”",
            "The keys are: x.",
        ),
        (Record((Field("x", Integer(), "X.", required=True),)), "{}", "SCH002", 6, "“x” is missing", "`x:`"),
    ],
)
def test_bad_values(type_: FieldType, text: str, code: str, column: int, message: str, advice: str) -> None:
    _, findings = value_of(type_, text)
    assert [(item[0], item[1], item[2]) for item in findings] == [(code, 1, column)]
    assert message in findings[0][3]
    assert advice in findings[0][4]


ONE_OR_OTHER = OneOf(Text(), Record((Field("text", Text(), "A text.", required=True),)), lambda text: {"text": text})


@pytest.mark.parametrize(("text", "value"), [("a", {"text": "a"}), ("{text: a}", {"text": "a"})])
def test_a_text_may_replace_a_mapping(text: str, value: object) -> None:
    assert value_of(ONE_OR_OTHER, text) == (value, [])


def test_what_is_neither_text_nor_mapping_is_refused() -> None:
    assert [item[0] for item in value_of(ONE_OR_OTHER, "[a]")[1]] == ["SCH003"]


TABLE = (
    Field("question", Text(), "The question.", required=True),
    Field("answer", Text(), "The answer.", required=True),
    Field("tags", ListOf(Text()), "Tags."),
    Field("size", Integer(), "The size.", default=3),
)


def decoded(text: str) -> tuple[object, list[tuple[str, int, str, str]]]:
    values, findings = decode(mapping(text), TABLE, also=("caption",))
    return plain(values), [(item.code, item.span.line, item.message, item.help or "") for item in findings]


def test_absent_keys_get_their_default_or_are_left_out() -> None:
    assert decoded("question: a\nanswer: b\ntags:\n") == ({"question": "a", "answer": "b", "size": 3}, [])


def test_a_misspelt_key_that_means_a_missing_one_is_one_finding() -> None:
    _, findings = decoded("qestion: a\nanswer: b\n")
    assert findings == [("SCH001", 1, "Unknown key “qestion”.", "Did you mean “question”?")]


def test_two_spellings_of_one_missing_key_do_not_hide_another() -> None:
    _, findings = decoded("qestion: a\nquestin: b\n")
    assert [item[0] for item in findings] == ["SCH001", "SCH001", "SCH002"]
    assert "“answer” is missing" in findings[2][2]


def test_suggestions_know_keys_from_elsewhere_and_keys_that_are_there() -> None:
    _, findings = decoded("question: a\nanswer: b\ncapton: c\ntags: []\ntag: d\n")
    assert [item[3] for item in findings] == ["Did you mean “caption”?", "Did you mean “tags”?"]


def test_a_missing_key_is_shown_at_the_first_key() -> None:
    _, findings = decoded("\n\nquestion: a\n")
    assert findings == [("SCH002", 3, "“answer” is missing.", "Add `answer:` — The answer.")]


def test_a_refused_alias_is_not_reported_again() -> None:
    found: list[Finding] = []
    node = read_yaml(SourceFile("f.yaml", "question: *a\nanswer: b\ntags: *b\nsize: *c\n"), found)
    assert isinstance(node, MapNode)
    assert [item.code for item in found] == ["YML003"] * 3
    values, findings = decode(node, TABLE)
    assert findings == []
    assert plain(values) == {"answer": "b", "size": 3}


def test_thousands_of_unknown_keys_take_no_time() -> None:
    text = "".join(f"questoin{number}: a\n" for number in range(50_000))
    _, findings = decode(mapping(text), TABLE)
    assert len(findings) == MOST_COLLECTED


def test_canonical_json_does_not_know_places_or_order() -> None:
    first = {"a": SourceText.inline("é"), "b": (1, 2.5, Colour.RED)}
    second = {"b": [1, 2.5, "red"], "a": "é"}
    assert canonical_json(first) == canonical_json(second) == '{"a":"é","b":[1,2.5,"red"]}'
