"""The scanner divides any text, parses dollar signs correctly, and takes linear time."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.markup import LinkForm, Scan, SegmentKind, Trouble, excess, scan
from cardpipe.markup.lines import LineReader
from cardpipe.markup.scanner import read_as_markdown
from cpu_time import assert_seconds_linear

WORDS = {SegmentKind.INLINE_MATH: "inline", SegmentKind.DISPLAY_MATH: "display"}


def formulas(text: str) -> list[tuple[str, str]]:
    return [(WORDS[segment.kind], segment.tex) for segment in scan(text).math()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$a_b$ and $c_d$", ["a_b", "c_d"]),
        ("the set $\\{a, b\\}$", ["\\{a, b\\}"]),
        ("$[a](b)$ ok", ["[a](b)"]),
        ("$a <b> c$ ok", ["a <b> c"]),
        ("*em $x_1 * y_1$ end*", ["x_1 * y_1"]),
        ("$\\text{costs \\$5}$ ok", ["\\text{costs \\$5}"]),
        ("$\\text{if $x$ holds} y$ ok", ["\\text{if $x$ holds} y"]),
        ("over\n$a +\nb$ two lines", ["a +\nb"]),
        ("not $a\n\nb$ over a blank line", []),
        ("It costs $5 and $6.", []),
        ("$20,000 and $30,000", []),
        ("from $5-$10", []),
        ("\\$5 and $x_1$", ["x_1"]),
        ("\\\\$x$", ["x"]),
        ("a $ x $ b", []),
        ("a single $ sign", []),
        ("$x$$y$", ["x", "y"]),
        ("$5$", ["5"]),
        ("$x$2", []),
        ("write \\\\(x\\\\) literally", []),
        ("`$x$` and `` ` $y$ `` $z$", ["z"]),
        ("a ` b $x_1$ c", ["x_1"]),
        ("$a `b$ c` d", ["a `b"]),
        ("```\n$x$\n```\n$y$", ["y"]),
        ("~~~\n$x$\n```\n~~~\n$y$", ["y"]),
        ("- ```\n  $x$\n  ```\n- $y$", ["y"]),
        ("> ```\n> $x$\n\n$y$", ["y"]),
        ("text\n\n    $x$\n\n$y$", ["y"]),
        ("text\n    $x$ goes on", ["x"]),
        ("- item\n\n    $x$ in the item", ["x"]),
        ("- costs $a\n- and b$", []),
        ("| a | b |\n|---|---|\n| $5 | $6 |", []),
        ("| a | b |\n|---|---|\n|$5|$x$|", ["x"]),
        ("| a | b |\n|---|---|\n| $\\|x\\|$ | y |", ["\\|x\\|"]),
        ("| a | b |\n|---|---|\n| $x | y$ |", []),
        ("not a table | $x | y$", ["x | y"]),
        ("[a $x$](card:ML0001)", ["x"]),
        ("![an $x$](a.png) $y$", ["y"]),
        ('<b title="$x$"> $y$', ["y"]),
        ("<!-- $x$ --> $y$", ["y"]),
        ("a <![an $x$](a.png) $y$", ["y"]),
        ("{{c1::$\\frac{1}{x_1}$}}", ["\\frac{1}{x_1}"]),
    ],
)
def test_inline_math_follows_pandoc(text: str, expected: list[str]) -> None:
    assert formulas(text) == [("inline", tex) for tex in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$$a_b * c_d$$", ["a_b * c_d"]),
        ("$$\na\n\nb\n$$", ["\na\n\nb\n"]),
        ("$$\na\n- b\n> c\n# d\n$$", ["\na\n- b\n> c\n# d\n"]),
        ("$$x + $y$ + z$$", ["x + $y$ + z"]),
        ("a $$x$$ b $$y$$", ["x", "y"]),
        ("- item\n\n  $$\n  a_b\n  $$\n\n- next", ["\na_b\n"]),
        ("1. one\n\n   $$\n   a_b\n   $$\n\n2. two", ["\na_b\n"]),
        ("> quote\n>\n> $$\n> x_1 * y_1\n> $$", ["\nx_1 * y_1\n"]),
        ("> - $$\n>   a\n>\n>   b\n>   $$", ["\na\n\nb\n"]),
        ("> $$ a\n\nb $$", []),
        ("- $$ a\n- b $$", []),
        ("$$ a\n```\n$$\n```", []),
        ("```\n$$x$$\n```", []),
        ("| a | b |\n|---|---|\n| $$x$$ | y |", ["x"]),
        ("$$a\n\nb$$ then $$c$$", ["a\n\nb", "c"]),
    ],
)
def test_display_math_stays_in_its_container(text: str, expected: list[str]) -> None:
    assert formulas(text) == [("display", tex) for tex in expected]


CASES = yaml.safe_load((Path(__file__).parent / "cases" / "markdown-math.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_the_shared_cases_hold_the_formulas_they_name(case: dict[str, Any]) -> None:
    found = [[kind, " ".join(tex.split())] for kind, tex in formulas(case["input"])]
    assert found == [[kind, " ".join(tex.split())] for kind, tex in case["math"]]


def test_an_index_in_tex_leads_to_the_same_character_of_the_text() -> None:
    text = "> - text\n>\n>   $$\n>   a_1\n>   > b\n>   $$ 😀"
    (formula,) = scan(text).math()
    assert formula.tex == "\na_1\n> b\n"
    assert [text[formula.text_index(index)] for index in range(len(formula.tex))] == list(formula.tex)
    assert formula.text_index(len(formula.tex)) == formula.content_end


@pytest.mark.parametrize(
    ("text", "trouble", "start"),
    [
        ("a $$ b", Trouble.UNCLOSED_DISPLAY, 2),
        ("> $$ a\n\nb $$", Trouble.UNCLOSED_DISPLAY, 2),
        ("let $x_1 be", Trouble.UNCLOSED_INLINE, 4),
        ("let $\\alpha be", Trouble.UNCLOSED_INLINE, 4),
        ("let $ x_1 $ be", Trouble.SPACED_INLINE, 4),
        ("let $ k $ be", Trouble.SPACED_INLINE, 4),
        ("let $ k = 2 $ be", Trouble.SPACED_INLINE, 4),
        ("let $x_1$2 be", Trouble.DIGIT_AFTER, 4),
        ("|a|b|\n|-|-|\n|$x_1 | y$|", Trouble.CELL_BOUNDARY, 13),
        ("a $$$ b", Trouble.DOLLAR_RUN, 2),
        ("```\ncode", Trouble.UNCLOSED_FENCE, 0),
    ],
)
def test_trouble_has_a_place(text: str, trouble: Trouble, start: int) -> None:
    assert (trouble, start) in [(problem.trouble, problem.start) for problem in scan(text).problems]


@pytest.mark.parametrize(
    "text",
    ["It costs $5 and $6.", "a $ per x $ b", "$HOME and $my_var", "\\$5", "`$x_1`", "a single $ sign_here and_there"],
)
def test_money_and_variables_are_no_trouble(text: str) -> None:
    assert scan(text).problems == ()


def test_images_and_links_have_their_parts() -> None:
    text = '![an alt](figure:xor "t") [to *it*](card:ML0045) <https://a.b> [x](<c d>)\n\n[r]: https://e.f\n'
    found = scan(text)
    (image,) = found.images()
    assert (image.alt, image.figure_id, text[image.target_start : image.target_end]) == ("an alt", "xor", "figure:xor")
    assert image.segment.text == '![an alt](figure:xor "t")'
    links = list(found.links())
    assert [(link.form, link.target) for link in links] == [
        (LinkForm.INLINE, "card:ML0045"),
        (LinkForm.AUTOMATIC, "https://a.b"),
        (LinkForm.INLINE, "c d"),
        (LinkForm.DEFINITION, "https://e.f"),
    ]
    assert text[links[0].text_start : links[0].text_end] == "to *it*"
    assert all(text[link.target_start : link.target_end] == link.target for link in links)
    assert [link.card_id for link in found.card_links()] == ["ML0045"]


@pytest.mark.parametrize("text", ["`[a](b)`", "\\[a](b)", "$[a](b)$", "[a] (b)", "    [a](b)"])
def test_what_is_no_link(text: str) -> None:
    assert list(scan(text).links()) == []


def test_raw_html_is_found_and_comparisons_are_not() -> None:
    found = scan("a < b, x <y, <br> `<i>` <B a='>'> <!-- c --> $<u>$ <https://x.y>")
    assert [(tag.name, tag.text) for tag in found.html] == [("br", "<br>"), ("b", "<B a='>'>"), ("", "<!-- c -->")]


def assert_covers(text: str, found: Scan) -> None:
    position = 0
    for segment in found.segments:
        assert segment.start == position < segment.end
        assert segment.start <= segment.content_start <= segment.content_end <= segment.end
        position = segment.end
    assert position == len(text)


MARKS = r"$ $$ $$$ ` `` ``` ~~~ [ ] ![ ]( ) < > <b> <!-- --> \ \$ \text{ { } a _ ^ 5 # - * + 1. 😀 figure:x \alpha"
BLOCKS = [
    "\n",
    "\n\n",
    "\n  ",
    "\n    ",
    "\n> ",
    "\n- ",
    "\n```\n",
    "\n|a|b|\n|-|-|\n",
    " ",
    "\t",
    "\x00",
    "card:ML0001",
]
PIECES = st.sampled_from([*MARKS.split(), *BLOCKS])


@given(st.lists(PIECES, max_size=60).map("".join))
def test_a_scan_covers_any_text(text: str) -> None:
    found = scan(text)
    assert_covers(text, found)
    for formula in found.math():
        assert all(text[formula.text_index(index)] == mark for index, mark in enumerate(formula.tex))
    for tag in found.html:
        assert text[tag.start : tag.end] == tag.text
    excess(text)


@given(st.text())
def test_a_scan_never_raises(text: str) -> None:
    assert_covers(text, scan(text))


_SIGNS = "The words, it's (so): 1. 2) 3 - + = # ! ? : / @ | `"
_WORDS_AND_SIGNS = st.one_of(st.sampled_from([*_SIGNS.split(), "a", "\n", "\n\n", "  "]), st.characters())


@given(st.lists(_WORDS_AND_SIGNS, max_size=16).map(" ".join))
def test_plain_paragraphs_are_scanned_as_any_text_is(text: str) -> None:
    assert scan(text) == read_as_markdown(text)


_DEEP = st.lists(st.sampled_from(["- ", "> ", ">", "-\t", "1. ", "+", "  ", "\t", "a", "\n", "[^a]: "]), max_size=120)


@given(_DEEP.map("".join))
def test_every_text_that_is_nested_too_deeply_is_refused(text: str) -> None:
    reader = LineReader(text)
    position = 0
    while position < len(text):
        position = reader.read(position).next
    assert (excess(text) is not None) == (reader.too_deep_at is not None)


# A unit to repeat: `_` stands for a space and `/` for a line feed.
HOSTILE = """
$$$$ $ $$ $_ $x_1_ ` ```_ ``_`_ [ ![ ]( [a]( ![[a](b) < <a_ <a_" <!-- \\ \\text{$ $_\\text{$}_ >_ -_ -_$$_a/ >_$$_a/
|_$x_1_ { $$/>_ ```/ |/|-|/ 1._ ](a_" $x_1/ $$a//b$$_ ____x/ -_a//______x/ * & -_-_ ~~~/ a/===/
"""


def seconds(text: str) -> float:
    started = time.process_time()
    scan(text)
    excess(text)
    return time.process_time() - started


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("unit", [mark.replace("_", " ").replace("/", "\n") for mark in HOSTILE.split()])
def test_the_scan_is_linear_on_hostile_text(unit: str) -> None:
    assert_seconds_linear(lambda size: seconds(unit * (size // len(unit))), 10_000, factor=8, noticeable=0.005)


@pytest.mark.slow
def test_the_text_of_a_picture_is_no_picture_and_takes_no_memory() -> None:
    tracemalloc.start()
    found = scan("![" * 20_000 + "](a)" * 20_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (image,) = found.images()
    assert image.alt.count("![") == 19_999
    assert most < 50 * 2**20
