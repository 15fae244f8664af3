"""Typed answers are plain text in every format."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from anki_collection import collection
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.markdown_text import MarkdownText
from cardpipe.render.placeholders import Item
from cardpipe.text.escaping import PlainText, anki_html
from cardpipe.writers.markdown.guard import guarded
from lint_sample import findings
from test_truncated_texts import HEAD

if TYPE_CHECKING:
    from pathlib import Path

LITERAL = [
    *["<ESC>", "Vec<i32>", "#include <stdio.h>", "<br>", "</div>", "a < b && c > d", "&amp;", "<!-- x -->"],
    *["**kwargs", "__init__", "int *a, *b", "a*b*c", "snake_case_word", "$HOME/$USER", "5$ or 6$", "SELECT * FROM t"],
    *[r"C:\new", r"\<i32>", r"\(x\)", r"\n", "- item", "1. item", "# heading", "> quote", "===", "|x|", "~~~", "[x]"],
    *["a[0](x)", "{{c1::x}}", "[[type:x]]x", "x::y", "10^3", "H_2O", '"quoted"', "it's"],
]
ALREADY_REPORTED = {"[[type:x]]x": {"MKU002"}}
"""What Anki takes for a command is reported wherever it stands."""


def codes_of(answer: str) -> set[str]:
    text = HEAD.replace("answer: A unit.\n", f"kind: typed\nanswer: |\n  {answer}\n")
    return {one.code for one in findings(f"{text}title: Key\ntags: [NN]\n")}


@pytest.mark.parametrize("answer", LITERAL)
def test_lint_takes_every_sign_for_itself(answer: str) -> None:
    assert codes_of(answer) == ALREADY_REPORTED.get(answer, set())


@pytest.mark.parametrize("answer", ["the **sum**", "*sum*", "the $x$", "`x`", "[x](https://a.b)", "![A.](neuron.png)"])
def test_markup_that_somebody_meant_is_refused(answer: str) -> None:
    assert "KND006" in codes_of(answer)


@pytest.mark.parametrize("answer", LITERAL)
def test_pages_show_what_is_to_be_typed(answer: str) -> None:
    renderer = MarkdownRenderer(math=lambda tex, _: tex, picture=lambda _: Item("", ""), live_mathjax=False)
    shown = renderer.plain(PlainText(answer))
    assert shown.startswith("<p>")
    assert "<" not in shown.removeprefix("<p>").removesuffix("</p>")
    assert html.unescape(shown.removeprefix("<p>").removesuffix("</p>")) == answer


@pytest.mark.parametrize("answer", LITERAL)
def test_markdown_shows_what_is_to_be_typed(answer: str) -> None:
    text = MarkdownText(picture=lambda _: "").plain(PlainText(answer))
    shown = MarkdownIt("gfm-like", {"linkify": False}).render(guarded(text)).strip()
    assert html.unescape(shown.removeprefix("<p>").removesuffix("</p>")) == answer
    assert "<" not in shown.removeprefix("<p>").removesuffix("</p>")


def test_anki_takes_what_is_typed_for_right(tmp_path: Path) -> None:
    with collection(tmp_path) as learner:
        for answer in LITERAL:
            compared = learner.col.compare_answer(anki_html(PlainText(answer)), answer)
            assert "typeGood" in compared, answer
            assert "typeBad" not in compared, answer
            assert "typeMissed" not in compared, answer
