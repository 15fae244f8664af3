"""Text for other programs: Quizlet, RemNote, Mochi, Anki, and columns by name."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.model.deck import CardKind
from cardpipe.text.escaping import html_text
from cardpipe.writers.api import Asset, ClozeText
from cardpipe.writers.csv import WRITER as CSV_WRITER
from cardpipe.writers.text import WRITER
from cardpipe.writers.text.options import COLUMNS_OPTION, SEPARATOR_OPTION
from rendered_sample import CURVE, PLACED, rendered_card, rendered_deck, sample_deck

if TYPE_CHECKING:
    from cardpipe.writers.api import RenderedCard, RenderedDeck


def written(deck: RenderedDeck, shape: str, **options: str) -> str:
    made = WRITER.write(deck, {"shape": shape, **options}, lambda _done, _all: None)
    assert made[0].path == f"ml-interview.{'md' if shape == 'remnote' else 'txt'}"
    return made[0].data.decode()


def deck_of(*cards: RenderedCard) -> RenderedDeck:
    return rendered_deck(cards)


def cloze(text: str, question: str = "<p>The […].</p>", answer: str = "<p>The net.</p>") -> RenderedCard:
    card = rendered_card("ML0001", question=question, answer=answer)
    return replace(card, kind=CardKind.CLOZE, cloze=ClozeText(text=text, numbers=(1,), remark=""))


def with_kind(kind: CardKind) -> RenderedCard:
    return replace(rendered_card("ML0001", question="<p>one</p>", answer="<p>uno</p>"), kind=kind)


LINES = rendered_card(
    "ML0001", question="<p>a\tb</p>", answer="<p>one</p><ul><li>two</li></ul><pre><code>x\n\ty</code></pre>"
)


def test_quizlet_has_a_card_on_each_line() -> None:
    assert written(deck_of(LINES), "quizlet") == "a b\tone / \u2022 two / x / y\n"


def test_quizlet_keeps_line_breaks_with_a_separator_of_its_own() -> None:
    text = written(deck_of(LINES, LINES), "quizlet", **{"card-separator": "%%"})
    assert text == "a b\tone\n\n\u2022 two\n\nx\n    y%%" * 2


def test_a_separator_within_a_text_does_not_end_the_card() -> None:
    card = rendered_card("ML0001", question="<p>50 %% of x</p>")
    text = written(deck_of(card), "quizlet", **{"card-separator": "%%"})
    assert text.count("%%") == 1
    assert text.startswith("50 %\u2060% of x")


@given(
    st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n"), min_size=1), max_size=4)
)
def test_quizlet_has_two_columns_whatever_the_texts(texts: list[str]) -> None:
    cards = [rendered_card("ML0001", question=f"<pre>{html_text(text)}</pre>") for text in texts]
    rows = written(deck_of(*cards), "quizlet").split("\n")[:-1]
    assert [row.count("\t") for row in rows] == [1] * len(texts)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (CardKind.BASIC, "- one >> uno\n"),
        (CardKind.TYPED, "- one >> uno\n"),
        (CardKind.REVERSED, "- one <> uno\n"),
    ],
)
def test_remnote_knows_the_direction(kind: CardKind, line: str) -> None:
    assert written(deck_of(with_kind(kind)), "remnote") == line


def test_remnote_has_further_lines_below() -> None:
    assert written(deck_of(LINES), "remnote") == "- a b >>>\n\t- one\n\t- \u2022 two\n\t- x\n\t- \ty\n"


def test_remnote_has_deletions() -> None:
    deck = deck_of(cloze("<p>The {{c1::net}} has {{c2::$a$::what?}}.</p>"))
    assert written(deck, "remnote") == "- The {{net}} has {{$a$}} (what?).\n"


def test_a_deletion_within_a_formula_is_a_question() -> None:
    deck = deck_of(cloze('<p><span class="math inline">\\(x = {{c1::a}}\\)</span></p>'))
    assert written(deck, "remnote") == "- The […]. >> The net.\n"


@pytest.mark.parametrize(
    "text",
    ["a >> b", "a << b", "a <> b", "std::x", "a;;b", "a == b", "{{x}}", "[[x]]", "((x))", "**x**", "__x__", "#tag"],
)
def test_remnote_reads_no_mark_in_a_text(text: str) -> None:
    card = rendered_card("ML0001", question=f"<p>{html_text(text)}</p>", answer="<p>x</p>")
    line = written(deck_of(card), "remnote").removeprefix("- ").removesuffix(" >> x\n")
    assert line != text
    assert text not in line
    assert line.replace("\u2060", "") == text


def test_a_formula_for_remnote_has_nothing_invisible() -> None:
    card = rendered_card("ML0001", question=r'<p><span class="math inline">\(x^{{a}}\)</span></p>', answer="<p>x</p>")
    assert written(deck_of(card), "remnote") == "- $x^{ {a} }$ >> x\n"


def test_mochi_has_markdown() -> None:
    card = rendered_card(
        "ML0001",
        question="![A *wide* net](asset:net-0123.png) and [EX](card:EX0001), $`a_b`$:",
        answer="one\n\n---\n\n```math\nx\n```\n\n[bark](asset:bark-0123.mp3)",
    )
    [row] = csv.reader(io.StringIO(written(deck_of(card), "mochi"), newline=""), delimiter="\t")
    assert row == ["[A *wide* net] and EX, $a_b$:", "one\n\n----\n\n$$x$$\n\n[sound: bark]"]


def test_mochi_asks_a_reversed_card_both_ways() -> None:
    assert written(deck_of(with_kind(CardKind.REVERSED)), "mochi") == (
        "<p>one</p>\t<p>uno</p>\n<p>uno</p>\t<p>one</p>\n"
    )


def test_anki_has_the_table_of_csv_with_tabs() -> None:
    text = written(sample_deck(), "anki")
    table = CSV_WRITER.write(sample_deck(), {"dialect": "anki"}, lambda _done, _all: None)[0].data.decode()
    assert text.startswith("#separator:Tab\n#html:true\n#guid column:1\n#notetype column:2\n")
    rows = list(csv.reader(io.StringIO(text.partition("#columns:")[2], newline=""), delimiter="\t"))
    assert rows == list(csv.reader(io.StringIO(table.partition("#columns:")[2], newline="")))


def test_columns_are_chosen_by_name() -> None:
    text = written(sample_deck(), "columns", columns="tags,id,answer")
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t")
    assert header == ["tags", "id", "answer"]
    assert rows[1][:2] == ["NN nets::cnn", "ML0044"]


@pytest.mark.parametrize(
    ("value", "is_taken"),
    [("question", True), ("question,answer,tags", True), ("questions", False), ("question,", False), ("", False)],
)
def test_a_column_has_a_known_name(value: str, is_taken: bool) -> None:
    assert COLUMNS_OPTION.takes(value) is is_taken


@pytest.mark.parametrize(("value", "is_taken"), [(";;", True), ("newline", True), ("a b", False), ("", False)])
def test_a_separator_is_printable(value: str, is_taken: bool) -> None:
    assert SEPARATOR_OPTION.takes(value) is is_taken


@pytest.mark.parametrize(
    ("shape", "options", "beginnings"),
    [
        (
            "quizlet",
            {},
            ["text: 1 picture and 1 sound left out", "text: 1 card without details", "text: line breaks of 1"],
        ),
        ("quizlet", {"back": "all"}, ["text: 1 picture and 1 sound left out", "text: line breaks of 1"]),
        ("remnote", {}, ["text: 1 picture and 1 sound left out"]),
        ("anki", {}, []),
    ],
)
def test_it_says_what_is_left_out(shape: str, options: dict[str, str], beginnings: list[str]) -> None:
    card = rendered_card("ML0001", answer="<p>a</p><p>b</p>", details=PLACED, assets=[CURVE.name, "bark-1.mp3"])
    deck = deck_of(card)
    sound = Asset("bark-1.mp3", "audio/mpeg", b"")
    deck = replace(deck, assets={**deck.assets, CURVE.name: CURVE, sound.name: sound})
    found = WRITER.remarks(deck, {"shape": shape, **options})
    assert len(found) == len(beginnings), found
    for remark, beginning in zip(found, beginnings, strict=True):
        assert remark.startswith(beginning)


GOLDEN = {
    "quizlet": "What is deep?\tMany layers.\n",
    "columns": "question\tanswer\nWhat is deep?\tMany layers.\n",
    "remnote": "- What is deep? >>>\n\t- Many layers.\n\t- See $a < b$ (https://example.org).\n\t- \u2022 Source\n",
}


@pytest.mark.parametrize("shape", GOLDEN)
def test_each_shape_has_these_bytes(shape: str) -> None:
    card = rendered_card(
        "DL0001",
        question="<p>What is <em>deep</em>?</p>",
        answer="<p>Many layers.</p>",
        details='<p>See <a href="https://example.org"><span class="math inline">\\(a &lt; b\\)</span></a>.</p>',
        references=["Source"],
    )
    assert written(deck_of(card), shape) == GOLDEN[shape]
