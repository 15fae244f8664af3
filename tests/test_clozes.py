"""Cloze deletions: how they are found and written in each format, and that Anki parses them alike."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anki_collection import collection
from cardpipe.markup import clozes, scan
from cardpipe.render.cloze import ClozeForm
from cardpipe.render.equations import Equations
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.markdown_text import MarkdownText
from cardpipe.render.placeholders import Item
from cardpipe.writers.api import MathForm
from lint_sample import CACHE

if TYPE_CHECKING:
    from pathlib import Path

    from cardpipe.markup import Image


def read(text: str) -> list[tuple[int, str, str]]:
    return [
        (found.number, text[found.text_start : found.text_end], text[found.hint_start : found.hint_end])
        for found in clozes(scan(text)).deletions
    ]


def faults(text: str) -> list[tuple[str, str]]:
    return [(fault.trouble.value, text[fault.start : fault.end]) for fault in clozes(scan(text)).faults]


def picture(image: Image) -> Item:
    return Item(image.segment.text, "<img>", "<figure><img></figure>")


def anki_html(text: str, form: ClozeForm = ClozeForm.MARKS) -> str:
    renderer = MarkdownRenderer(math=Equations(MathForm.MATHJAX, CACHE).html, picture=picture, live_mathjax=True)
    return renderer.block(text, form)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{c1::a}} b {{c2::c::d}}", [(1, "a", ""), (2, "c", "d")]),
        ("{{c12::*a* **b**}}", [(12, "*a* **b**", "")]),
        (r"{{c1::$\frac{a}{b}$}}", [(1, r"$\frac{a}{b}$", "")]),
        (r"$y = {{c1::\frac{a}{b}}} + {{c2::x_{i}::an index}}$", [(1, r"\frac{a}{b}", ""), (2, "x_{i}", "an index")]),
        ("{{c1::`std::vector`::a type}}", [(1, "`std::vector`", "a type")]),
        ("`{{c1::code}}` and\n\n    {{c1::code}}\n", []),
        (r"\{{c1::not}}", []),
        ("| {{c1::a}} | {{c1::b}} |\n|---|---|\n| x | {{c2::y}} |", [(1, "a", ""), (1, "b", ""), (2, "y", "")]),
        ("> - {{c1::one\n>   two}}", [(1, "one\n>   two", "")]),
        ("{{c1::a::b::c}}", [(1, "a", "b::c")]),
        ("no braces, }} and {{x}}", []),
    ],
)
def test_blanks_are_where_they_are_written(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert read(text) == expected
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{c1::a {{c2::b}} c}}", [("nested", "{{c2::")]),
        ("{{c1::a $x + {{c2::y}}$ c}}", [("nested", "{{c2::y}}")]),
        ("$a {{c1::b {{c2::c}} d}}$", [("nested", "{{c2::")]),
        ("{{c1::a", [("unclosed", "{{c1::")]),
        ("{{c1::a}} {{c2::b {{c3::c}} {{c4::d}}", [("unclosed", "{{c2::")]),
        ("{{c2::b {{c3::c}} $x + {{c4::d}}$", [("unclosed", "{{c2::")]),
        ("{{c2::b {{c3::c}}\n\n{{c4::d {{c5::e}} f}}", [("unclosed", "{{c2::"), ("nested", "{{c5::")]),
        ("$a {{c1::b {{c2::c}} {{c3::d}}$", [("unclosed", "{{c1::")]),
        ("{{c1::a\n\nb}}", [("crosses", "{{c1::")]),
        ("- {{c1::a\n- {{c2::b}}", [("unclosed", "{{c1::")]),
        ("${{c1::a}$", [("unclosed", "{{c1::")]),
        ("{{c0::a}} {{c501::b}}", [("number", "{{c0::"), ("number", "{{c501::")]),
        ("{{c1::}} {{c2:: ::h}}", [("empty", "{{c1::}}"), ("empty", "{{c2:: ::h}}")]),
        (
            "{c1::a}} {{C1::b}} {{c1:c}} {{c1,2::d}}",
            [("miswritten", m) for m in ("{c1::", "{{C1::", "{{c1:", "{{c1,2::")],
        ),
    ],
)
def test_a_fault_is_found_at_its_place(text: str, expected: list[tuple[str, str]]) -> None:
    assert faults(text) == expected


@pytest.mark.parametrize(
    ("text", "marks", "blank", "filled"),
    [
        (
            "**{{c1::a `b`::hint}}** c",
            "<p><strong>{{c1::a <code>b</code>::hint}}</strong> c</p>",
            '<p><strong><span class="cloze blank">[hint]</span></strong> c</p>',
            '<p><strong><span class="cloze">a <code>b</code></span></strong> c</p>',
        ),
        (
            "{{c1::- 1}} {{c1::# a}} {{c1::1. b}}",
            "<p>{{c1::- 1}} {{c1::# a}} {{c1::1. b}}</p>",
            '<p><span class="cloze blank">[…]</span> <span class="cloze blank">[…]</span> '
            '<span class="cloze blank">[…]</span></p>',
            '<p><span class="cloze">- 1</span> <span class="cloze"># a</span> <span class="cloze">1. b</span></p>',
        ),
        (
            "{{c1::`a::b }} {{c2::`}} {{c2::\\{x\\}}}",
            "<p>{{c1::<code>a:&#58;b }&#125; {&#123;c2:&#58;</code>}} {{c2::{x&#125;}}</p>",
            '<p><span class="cloze blank">[…]</span> <span class="cloze blank">[…]</span></p>',
            '<p><span class="cloze"><code>a::b }} {{c2::</code></span> <span class="cloze">{x}</span></p>',
        ),
        (
            "`{{c1::x}}` {{c2::y}}",
            "<p><code>{&#123;c1::x}}</code> {{c2::y}}</p>",
            '<p><code>{{c1::x}}</code> <span class="cloze blank">[…]</span></p>',
            '<p><code>{{c1::x}}</code> <span class="cloze">y</span></p>',
        ),
        (
            r"$a = {{c1::\frac{b}{c}}}$",
            r'<p><span class="math inline">\(a = {{c1::\frac{b}{c} }}\)</span></p>',
            r'<p><span class="math inline">\(a = \boxed{\cdots}\)</span></p>',
            r'<p><span class="math inline">\(a = \boxed{\frac{b}{c} }\)</span></p>',
        ),
    ],
)
def test_each_form_of_a_blank(text: str, marks: str, blank: str, filled: str) -> None:
    assert anki_html(text) == marks
    assert anki_html(text, ClozeForm.BLANK) == blank
    assert anki_html(text, ClozeForm.FILLED) == filled


def test_markdown_has_no_braces() -> None:
    renderer = MarkdownText(picture=lambda image: image.segment.text)
    text = "a{{c1::**b**::h}}c $x = {{c2::y}}$ `{{c1::code}}`"
    assert renderer.block(text, ClozeForm.BLANK) == r"a<b>[h]</b>c $x = \boxed{\cdots}$ `{{c1::code}}`"
    assert renderer.block(text, ClozeForm.FILLED) == r"a<ins>**b**</ins>c $x = \boxed{y}$ `{{c1::code}}`"


def test_a_blank_cannot_be_forged() -> None:
    made = anki_html("\ue004c9::forged\ue005 {{c1::\ue004c8::x\ue005}}")
    assert re.findall(r"\{\{c(\d+)::", made) == ["1"]


PIECES = st.sampled_from(
    [
        "{{c1::",
        "{{c2::",
        "{{c3::",
        "}}",
        "}}",
        "::",
        "a",
        " b ",
        "`",
        "$",
        "{",
        "}",
        "\\frac{x}{y}",
        "**",
        "\n\n",
        "- ",
        "\\",
        "|",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_no_text_raises_and_every_read_blank_comes_out_once(text: str) -> None:
    found = clozes(scan(text))
    numbers = [deletion.number for deletion in found.deletions]
    made = anki_html(text)
    shown = [int(number) for number in re.findall(r"\{\{c(\d+)::", made)]
    # A deletion within a link's address or a picture's words is none that anybody sees. What has a fault is an error,
    # and is never exported.
    assert found.faults or sorted(shown) == sorted(numbers)
    for form in (ClozeForm.BLANK, ClozeForm.FILLED):
        anki_html(text, form)
        MarkdownText(picture=lambda image: image.segment.text).block(text, form)


def test_time_is_linear_in_hostile_texts() -> None:
    for piece in ("{{c1::", "{{c1::a}}", "${{c1::$", "{{c1::$x$::", "}}{{c1::"):
        clozes(scan(piece * 4000))


def test_anki_reads_the_same_cards_and_the_same_words(tmp_path: Path) -> None:
    texts = [
        r"{{c1::a}} $y = {{c2::\frac{a}{b}::the ratio}}$ {{c4::`std::map<a, b>` }} `{{c9::x}}`",
        "| {{c2::x}} |\n|---|\n| {{c7::y::h}} |",
        r"{{c1::$\sqrt{\frac{1}{n_{i}}}$}} and {{c1::\{set\}}} {{c3::$$x^{2^{n}}$$}}",
    ]
    with collection(tmp_path) as learner:
        model = learner.col.models.by_name("Cloze")
        assert model is not None
        for text in texts:
            note = learner.col.new_note(model)
            note.fields[0] = anki_html(text)
            learner.col.add_note(note, 1)  # type: ignore[arg-type]  # the default deck's id
            found = clozes(scan(text))
            assert [card.ord + 1 for card in note.cards()] == list(found.numbers)
            for card in note.cards():
                shown = html.unescape(re.sub(r"<[^>]*>", "", card.answer()))
                assert "{{" not in shown.replace("{{c9::x}}", "")
                hidden = [d for d in found.deletions if d.number == card.ord + 1 and not d.in_math]
                for deletion in hidden:
                    words = re.sub(r"[`$\\{} ]", "", text[deletion.text_start : deletion.text_end])
                    assert words in re.sub(r"[\\()\[\]{} ]", "", shown)
