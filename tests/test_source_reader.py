"""Errors of the YAML reader: positions and messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.source import yaml_reader
from cardpipe.source.text_files import LARGEST_TEXT, text_file
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import ListNode, MapNode, Node
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from cardpipe.model.diagnostics import Finding


def read(data: str | bytes) -> tuple[Node | None, list[Finding]]:
    findings: list[Finding] = []
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    file = text_file("source/cards/ML0001.yaml", raw, findings)
    return (None if file is None else read_yaml(file, findings)), findings


def plain(node: Node | None) -> object:
    if isinstance(node, MapNode):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return None if node is None else node.text


REFUSED = [
    # code, (line, column, end line, end column), a word of the message, a word of the advice, file
    ("YML001", (1, 5, 1, 6), "“: ” ends a key", "`|`", "a: b: c\n"),
    ("YML001", (2, 3, 2, 4), "“: ” ends a key", "quotes", "a: x\n b: c\n"),
    ("YML001", (1, 4, 1, 5), "cannot begin with “`”", "`|`", "a: `x`\n"),
    ("YML001", (1, 4, 1, 5), "cannot begin with “@”", "quotes", "a: @x\n"),
    ("YML001", (1, 4, 1, 5), "cannot begin with “%”", "quotes", "a: %x\n"),
    ("YML001", (1, 4, 1, 5), "cannot begin with “,”", "quotes", "a: , x\n"),
    ("YML001", (1, 4, 1, 5), "cannot begin with “*”", "quotes", "a: *bold* x\n"),
    ("YML001", (1, 4, 1, 5), "cannot begin with “&”", "quotes", "a: &b& x\n"),
    ("YML001", (1, 4, 1, 5), "cannot begin with “!”", "quotes", "a: !b!c x\n"),
    ("YML001", (1, 1, 1, 6), "cannot begin with “%”", "quotes", "%x: b\n"),
    ("YML001", (1, 4, 1, 5), "“? ” begins a key", "quotes", "a: ? b\n"),
    ("YML001", (2, 1, 2, 2), "contains a tab", "spaces", "a:\n\tb: c\n"),
    ("YML001", (1, 9, 1, 10), "A space is missing after “question:”", "“question: ”", "question:What\nb: c\n"),
    ("YML001", (2, 9, 2, 10), "A space is missing after “question:”", "“question: ”", "id: x\nquestion:What\nb: c\n"),
    ("YML001", (2, 1, 2, 6), "neither `key: value`", "Indent", "a: x\nlines\nb: c\n"),
    ("YML001", (1, 4, 1, 5), "never closed", "Close it", 'a: "x\nb: c\n'),
    ("YML001", (1, 4, 1, 5), "never closed", "Close it", "a: 'x\nb: c\n"),
    ("YML001", (1, 5, 1, 7), "backslash begins an escape", "single quotes", 'a: "\\sigma"\n'),
    ("YML001", (1, 5, 1, 7), "backslash begins an escape", "single quotes", 'a: "\\xi"\n'),
    ("YML001", (1, 4, 1, 5), "its “]” is missing", "Close it", "a: [b\nc: d\n"),
    ("YML001", (1, 4, 1, 5), "its “}” is missing", "Close it", "a: {b\nc: d\n"),
    ("YML001", (1, 8, 1, 15), "closes a list", "quotes", "a: [x] is good\n"),
    ("YML001", (1, 8, 1, 13), "Text after the closing quote", "other kind", 'a: "b" rests\n'),
    ("YML001", (1, 6, 1, 9), "Nothing can follow", "next lines", "a: | foo\n  b\n"),
    ("YML001", (1, 4, 1, 5), "on the line of its key", "on its own line", "a: - b\n"),
    ("YML001", (2, 1, 2, 5), "matches no line", "same column", "  a: x\nb: c\n"),
    ("YML002", (2, 1, 2, 2), "the first is on line 1", "one of the two", "a: 1\na: 2\n"),
    ("YML002", (2, 5, 2, 6), "the first is on line 1", "one of the two", "- {a: 1,\n    a: 2}\n"),
    ("YML003", (1, 4, 1, 6), "begins an anchor", "quotes", "a: &x y\n"),
    ("YML003", (1, 4, 1, 6), "begins an anchor", "quotes", "a: &x\n  b: c\n"),
    ("YML003", (1, 4, 1, 6), "begins an alias", "quotes", "a: *x\n"),
    ("YML003", (1, 4, 1, 9), "begins a tag", "quotes", "a: !!int 3\n"),
    ("YML003", (1, 4, 1, 6), "begins a tag", "`|`", "a: !t |\n  x\n"),
    ("YML003", (1, 1, 1, 3), "merge key", "the keys", "<<: {a: b}\n"),
    ("YML003", (2, 1, 2, 4), "second document", "list", "a: b\n---\nc: d\n"),
    ("YML003", (1, 1, 1, 4), "key must be text", "quotes", "[a]: b\n"),
    ("YML003", (1, 3, 1, 9), "key must be text", "quotes", "? {x: y}\n: b\n"),
    ("YML003", (1, 1, 1, 5), "directives", "Delete", "%TAG ! tag:x,2000:\n--- a\n"),
    ("YML003", (1, 25, 1, 26), "deeper than 24", "quotes", "[" * 25_000),
    ("YML004", (1, 6, 1, 7), "U+0001", "Delete", 'a: "x\x01"\n'),
    ("YML004", (2, 4, 2, 5), "U+0085", "Delete", "a: b\nc: \x85\n"),
    ("YML004", (1, 5, 1, 6), "U+2028", "Delete", "a: b\u2028c\n"),
    ("YML004", (1, 6, 1, 8), "U+0000", "Remove it", 'a: "x\\0"\n'),
    ("YML004", (1, 3, 1, 7), "U+001F", "Remove it", '"a\\x1fb": c\n'),
    ("YML004", (1, 8, 1, 10), "U+0085", "Remove it", 'a: [b,"\\N"]\n'),
    ("YML004", (1, 6, 1, 8), "U+000D", "Remove it", 'a: "x\\r"\n'),
    ("YML004", (1, 6, 1, 8), "U+000D", r"`\\ry`", 'a: "x\\ry"\n'),
    ("YML004", (1, 6, 1, 8), "U+000C", r"`\\frac`", 'a: "$\\frac{1}{2}$"\n'),
]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize(("code", "place", "message", "advice", "text"), REFUSED)
def test_each_refusal_has_its_place(
    code: str, place: tuple[int, int, int, int], message: str, advice: str, text: str, line_break: str
) -> None:
    _, findings = read(text.replace("\n", line_break))
    found = [
        (finding.code, finding.span.line, finding.span.column, finding.span.end_line, finding.span.end_column)
        for finding in findings
    ]
    assert found == [(code, *place)]
    assert message in findings[0].message
    assert advice in (findings[0].help or "")


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        (b"a: \xe9\n", (1, 4), "0xE9"),
        ("a: é\nb: 😀".encode() + b"\xff", (2, 5), "0xFF"),
        (b"\xef\xbb\xbfa: \xc3", (1, 4), "0xC3"),
        ("a: b\n".encode("utf-16"), (1, 1), "UTF-16"),
    ],
)
def test_bytes_that_are_not_utf8_have_the_place_of_the_first(data: bytes, place: tuple[int, int], message: str) -> None:
    node, findings = read(data)
    assert node is None
    assert [(finding.code, finding.span.line, finding.span.column) for finding in findings] == [("YML005", *place)]
    assert message in findings[0].message


def test_a_file_of_over_a_mebibyte_is_refused_by_its_bytes() -> None:
    assert read("a: " + "é" * (LARGEST_TEXT // 2 - 2))[1] == []
    _, findings = read("a: " + "é" * (LARGEST_TEXT // 2))
    assert [finding.code for finding in findings] == ["YML003"]


def test_types_are_not_guessed() -> None:
    node, findings = read("a: NO\nb: 0123\nc: 1e3\nd:\ne: ~\nf: [x, 'y']\ng: {h: i}\n")
    assert findings == []
    assert plain(node) == {"a": "NO", "b": "0123", "c": "1e3", "d": "", "e": "~", "f": ["x", "y"], "g": {"h": "i"}}


def test_what_a_refused_part_does_not_spoil_is_read() -> None:
    node, findings = read("a: 1\na: 2\n<<: {x: y}\n[k]: v\nb: &x c\nd: \x07\n")
    assert [finding.code for finding in findings] == ["YML004", "YML002", "YML003", "YML003", "YML003"]
    assert plain(node) == {"a": "1", "b": "c", "d": "\ufffd"}


@pytest.mark.parametrize("mark", ["", "\ufeff", "\ufeff\ufeff"])
def test_places_are_right_behind_a_byte_order_mark(mark: str) -> None:
    node, findings = read(f"{mark}a: 😀 b\nc: [d, e]\n")
    assert findings == []
    assert isinstance(node, MapNode)
    for key, value in node.entries:
        assert key.file.text[key.start : key.end] == key.text
        if isinstance(value, SourceText):
            assert value.file.text[value.start : value.end] == value.text
    values = node.get("c")
    assert isinstance(values, ListNode)
    span = values.span()
    assert (span.line, span.column, span.end_line, span.end_column) == (2, 4, 2, 10)


def test_a_block_collection_ends_where_its_last_text_ends() -> None:
    node, _ = read("a:\n  b: c\n  d: e\n\n# nothing\n\nf: g\n")
    assert isinstance(node, MapNode)
    inner = node.get("a")
    assert isinstance(inner, MapNode)
    span = inner.span()
    assert (span.line, span.column, span.end_line, span.end_column) == (2, 3, 3, 7)


def test_the_python_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: b c\n'd': |\n  e\n\n  f\ng: [h, {i: j}]\nk:\n- l\n- \"m\\n\"\nn: >-\n  o\n  p\n"
    fast, _ = read(text)
    monkeypatch.setattr(yaml_reader, "_PARSER", yaml.SafeLoader)
    slow, findings = read(text)
    assert findings == []
    assert plain(fast) == plain(slow)
    for wrong in ("a: `x`\n", "a: b: c\n", 'a: "\\q"\n', "a: *x\n", "[" * 100, "a:\n\tb: c\n"):
        assert len(read(wrong)[1]) == 1


HOSTILE = {
    "brackets": "[" * 25_000,
    "a mebibyte of brackets": "[" * LARGEST_TEXT,
    "braces": "{a: " * 100_000,
    "dashes": "- " * 100_000,
    "question marks": "? " * 100_000,
    "indentation": "\n".join(" " * depth + "a:" for depth in range(1_400)),
    "one line": "a: " + "x " * 500_000,
    "one quoted line": 'a: "' + "x " * 500_000 + '"',
    "an open quote": 'a: "' + "x\n " * 300_000,
    "blank lines": "a: |\n" + "\n" * 1_000_000,
    "colons": "a:" * 500_000,
    "a long key": "a" * 1_000_000 + ": b",
    "keys": "".join(f"k{number}: v\n" for number in range(80_000)),
    "repeated keys": "a: b\n" * 200_000,
    "merge bomb": "a: &a {x: y}\n" + "".join(f"b{n}: &b{n}\n  <<: [*a, *a]\n" for n in range(20_000)),
    "anchors": "- &a b\n" * 100_000,
    "tags": "- !a b\n" * 100_000,
    "directives": "".join(f"%TAG !{number}! tag:x:\n" for number in range(40_000)) + "--- a",
    "later directives": "a: b\n...\n" + "".join(f"%TAG !{number}! tag:x:\n" for number in range(40_000)) + "--- a",
    "control characters": "\x01" * 1_000_000,
    "tabs": "\t" * 1_000_000 + "a: `",
    "flow lists": "[" + "[a, b], " * 120_000 + "]",
}


@pytest.mark.slow_cases("flow lists", "keys")
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files_end_soon(name: str) -> None:
    began = time.process_time()
    read(HOSTILE[name])
    assert time.process_time() - began < 5


@given(
    data=st.one_of(st.binary(max_size=300), st.text(alphabet="ab:-[]{}'\"|>&*!%@`#,? \n\t\r\\<é😀\x01", max_size=80))
)
def test_nothing_raises(data: bytes | str) -> None:
    node, findings = read(data)
    lines = (data.encode() if isinstance(data, str) else data).count(b"\n") + 100
    for finding in findings:
        assert 1 <= finding.span.line <= lines
        assert finding.message.endswith(".")
    spans = [node]
    while spans:
        current = spans.pop()
        if isinstance(current, MapNode):
            spans.extend(value for _, value in current.entries)
        elif isinstance(current, ListNode):
            spans.extend(current.items)
        if current is not None:
            current.span()
