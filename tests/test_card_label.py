"""The label of a card in lists: its title, or the beginning of its question as plain text."""

from __future__ import annotations

import pytest

from cardpipe.model.card_label import LONGEST_LABEL, card_label, question_label
from cpu_time import assert_linear
from lint_sample import cards_of

LABELS = {
    "What is dropout?": "What is dropout?",
    "What is *dropout*, **really**, __now__ and ~~not~~?": "What is dropout, really, now and not?",
    "Two\nlines  here": "Two lines here",
    "# Heading\n\n- one\n- two": "Heading one two",
    "> quoted": "quoted",
    "1. first": "first",
    "Solve $x = 2$.": "Solve x = 2.",
    "Solve $x^2 + a_1$.": "Solve x² + a₁.",
    r"Why $\frac{a}{b}$?": r"Why $\frac{a}{b}$?",
    "Why `a*b*c`?": "Why a*b*c?",
    "[text](https://example.org) and <https://example.org>": "text and https://example.org",
    "A [card](card:ML0044).": "A card.",
    r"5 \* 3 and a\_b\_c": "5 * 3 and a_b_c",
    "2 * 3 * 4 and snake_case_name": "2 * 3 * 4 and snake_case_name",
    "Fish &amp; chips": "Fish & chips",
    "a <b>bold</b> word": "a bold word",
    "One line\\\nand more": "One line and more",
    "Which?\\\n![A red flag](flag.png)": "Which?",
    "A backslash \\\\\nstays": "A backslash \\ stays",
    "![The flag](flag.png) Whose flag?": "Whose flag?",
    "![A red flag](flag.png)": "A red flag",
    "![](figure:xor)": "…",
    "Noted[^1].\n\n[^1]: Aside.": "Noted .",
    "| a | b |\n|---|---|\n| 1 | 2 |": "a b 1 2",
    "```python\nprint(1)\n```\nWhat is printed?": "print(1) What is printed?",
    "Read {東京|とう|きょう} and **{漢字|かんじ}**.": "Read 東(とう)京(きょう) and 漢字(かんじ).",
    "| {漢字\\|かんじ} | b |\n|---|---|\n| 1 | 2 |": "漢字(かんじ) b 1 2",
    "{漢字|かん|じ|no}": "{漢字|かん|じ|no}",
    "word " * 30: " ".join(["word"] * 12) + "…",
    "w" * 100: "w" * 59 + "…",
    "首都" * 50: "首都" * 29 + "首…",
}
CLOZES = {
    "Water boils at {{c1::100 °C}}.": "Water boils at […].",
    "{{c1::x}}(y) is {{c2::so::hint}}": "[…](y) is […]",
    "$E = {{c1::mc^2}}$": "E = […]",
    "{{c1::all}}": "[…]",
    "```html original\n{{c1::Nested {{c2::cloze}} here}} and more\n```\n": "[…] and more",
}


@pytest.mark.parametrize(("question", "label"), LABELS.items())
def test_a_question_becomes_one_line_without_markup(question: str, label: str) -> None:
    assert question_label(question) == label
    assert len(label) <= LONGEST_LABEL


@pytest.mark.parametrize(("question", "label"), CLOZES.items())
def test_deletions_are_not_told(question: str, label: str) -> None:
    assert question_label(question, is_cloze=True) == label


def test_a_title_is_its_label() -> None:
    [card] = cards_of("{id: ML0044, title: A *title*, question: Q}")
    assert card_label(card) == "A *title*"


@pytest.mark.parametrize(
    "unit",
    [
        "*a",
        "_a ",
        "**",
        "~~a",
        "\\",
        "[",
        "[a](b) ",
        "$a$ ",
        "`",
        "> ",
        "- ",
        "|-",
        " ",
        "&amp;",
        "{{c1::a}} ",
        "![",
        "<b>",
    ],
)
def test_a_label_takes_linear_time(unit: str) -> None:
    assert_linear(lambda size: question_label(unit * size, is_cloze=True), 1_000)
