"""Source positions of each character of a scalar's value."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.text.positions import SourceFile, SourceText
from cardpipe.text.scalars import source_offsets

CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co"))
TEXTS = st.text(st.one_of(CHARACTERS, st.sampled_from("  \n\n\t'\"\\:#-é😀\u0301ab")), max_size=60)
BREAKS = st.sampled_from(["\n", "\r\n", "\r"])


def scalars(text: str) -> list[tuple[int, int, str, str]]:
    """Start, end, style and value of each scalar, as libyaml says."""
    found = []
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.ScalarEvent):
            assert event.start_mark is not None
            assert event.end_mark is not None
            found.append((event.start_mark.index, event.end_mark.index, event.style or "", event.value))
    return found


def written_at(text: str, which: int = 1) -> list[str]:
    """The character in the file for each character of a scalar's value."""
    start, end, style, value = scalars(text)[which]
    return [text[offset : offset + 1] for offset in source_offsets(text, start, end, style, value)[:-1]]


def assert_maps(text: str) -> None:
    for start, end, style, value in scalars(text):
        offsets = source_offsets(text, start, end, style, value)
        assert len(offsets) == len(value) + 1
        assert offsets == sorted(offsets)
        assert all(start <= offset <= end for offset in offsets)
        for character, offset in zip(value, offsets, strict=False):
            if not character.isspace():
                assert text[offset] in ({character, "\\"} if style == '"' else {character})


@given(value=TEXTS, style=st.sampled_from("'\"|>"), width=st.sampled_from([5, 20, 1000]), line_break=BREAKS)
def test_what_pyyaml_dumps_maps_back(value: str, style: str, width: int, line_break: str) -> None:
    value = value.replace("\ufeff", "")
    text = yaml.safe_dump({"k": [value]}, allow_unicode=True, width=width, default_style=style)
    assert_maps(text.replace("\n", line_break))


@given(
    lines=st.lists(st.tuples(st.sampled_from(["", "  ", "   ", "    "]), TEXTS), max_size=8),
    header=st.sampled_from(["|", ">", "|-", ">+", "|2", ">2-", "|  # why", ">+2"]),
    line_break=BREAKS,
)
def test_block_scalars_written_by_hand_map_back(lines: list[tuple[str, str]], header: str, line_break: str) -> None:
    body = "".join(f"{indent}{line}\n" for indent, text in lines for line in text.split("\n"))
    text = f"k: {header}\n{body}z: 1\n".replace("\n", line_break)
    try:
        scalars(text)
    except yaml.YAMLError:
        return
    assert_maps(text)


@given(text=st.text(max_size=40), value=st.text(max_size=20), style=st.sampled_from(["", "'", '"', "|", ">", "*", "?"]))
def test_nonsense_never_raises(text: str, value: str, style: str) -> None:
    for start, end in ((0, len(text)), (len(text), len(text)), (1, max(1, len(text) - 1)), (0, len(text) + 5)):
        offsets = source_offsets(text, start, end, style, value)
        assert len(offsets) == len(value) + 1
        assert offsets == sorted(offsets)


@pytest.mark.parametrize("style", ["", "'", '"', "|", ">", "?"])
def test_a_token_that_ends_behind_the_file_is_read_to_the_end(style: str) -> None:
    assert len(source_offsets(f"{style}\nabc", 0, 99, style, "abcd")) == 5
    assert len(source_offsets("", 5, 99, style, "abcd")) == 5


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a: plain text", list("plain text")),
        ("a: two\n  lines", ["t", "w", "o", "\n", *"lines"]),
        ("a: two\n\n  paragraphs", ["t", "w", "o", "\n", *"paragraphs"]),
        ("a: 'it''s'", list("it's")),
        ('a: "x\\ty\\u00e9\\U0001F600z"', ["x", "\\", "y", "\\", "\\", "z"]),
        ('a: "one \\\n   two"', list("one two")),
        ('a: "one\n   two"', ["o", "n", "e", "\n", *"two"]),
        ("a: |\n  x\n    y\n\n  z\n", ["x", "\n", " ", " ", "y", "\n", "\n", "z", "\n"]),
        ("a: |\r\n  x\r\n  y\r\n", ["x", "\r", "y", "\r"]),
        (
            "a: >-  # folded\n\n  x\n  y\n\n  z\n   more\n  w\n",
            ["\n", "x", "\n", "y", "\n", "z", "\n", *" more", "\n", "w"],
        ),
        ("a: |1\n  x\n", [" ", "x", "\n"]),
        ("a: |\n  e\u0301😀\n", ["e", "\u0301", "😀", "\n"]),
    ],
)
def test_each_style(text: str, written: list[str]) -> None:
    assert written_at(text) == written


def test_a_span_covers_a_whole_escape() -> None:
    text = 'a: "x\\u00e9y"'
    scalar = SourceText("xéy", SourceFile("f", text), 3, len(text), '"')
    span = scalar.span(1, 2)
    assert (span.column, span.end_column) == (6, 12)


def test_a_span_in_a_block_scalar_has_the_columns_of_the_file() -> None:
    file = SourceFile("f", "a: |\r\n  one\r\n  two 😀 three\r\n")
    scalar = SourceText("one\ntwo 😀 three\n", file, 3, len(file.text), "|")
    start = scalar.text.index("three")
    span = scalar.span(start, start + 5)
    assert (span.line, span.column, span.end_line, span.end_column) == (3, 9, 3, 14)


@pytest.mark.quick_cases("|", ">")
@pytest.mark.parametrize("style", ["", "'", '"', "|", ">"])
def test_a_megabyte_takes_linear_time(style: str) -> None:
    value = "word \\ '' " * 100_000
    body = {"|": f"|\n  {value}\n", ">": f">\n  {value}\n"}.get(style, f"{style}{value}{style}")
    began = time.process_time()
    source_offsets(body, 0, len(body), style, value)
    source_offsets(body, 0, len(body), style, "x" + value)
    assert time.process_time() - began < 5
