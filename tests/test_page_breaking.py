"""Line and page breaks on paper in text without spaces."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from cardpipe.writers.page import breaking
from cardpipe.writers.page.breaking import breakable, breakable_around_cards, fitted_tables
from cpu_time import assert_linear


def test_ordinary_text_stays_as_it_is() -> None:
    text = "<p>Some words, <em>even</em> internationalisation &amp; Interpretability.</p><p>a<b>b</b>c</p>"
    assert breakable(text) == text


def test_long_words_get_places_to_break_that_no_reader_sees() -> None:
    broken = breakable(f"<p>{'x' * 100}</p>")
    assert broken.count("<wbr>") >= 9
    assert max(map(len, re.split(r"<wbr>|<p>|</p>", broken))) <= 32


def test_around_cards_all_else_is_broken() -> None:
    long = "x" * 40
    card = f'<article class="card"><p>{long}</p></article>'
    broken = breakable_around_cards(f"<h1>{long}</h1>{card}<h2>{long}</h2>{card}<p>{long}</p>", 32)
    assert broken.count(card) == 2
    assert broken.replace(card, "") == breakable(f"<h1>{long}</h1><h2>{long}</h2><p>{long}</p>")


@given(
    st.lists(st.sampled_from(["word", "&amp;", "é", "漢字", ' <img src="a">', "<b>", "</b>", " "]), max_size=30),
    st.integers(0, 60),
)
def test_a_quick_look_at_the_width_of_a_text_is_right(parts: list[str], letters: int) -> None:
    text = "".join(parts)
    assert breaking._is_longer(text, letters) == (breaking._letters(text) > letters)


def test_a_word_goes_on_through_elements_within_a_line_but_not_through_blocks() -> None:
    assert "<wbr>" in breakable("<p>" + "<b>bold</b>" * 20 + "</p>")
    assert "<wbr>" not in breakable("<p>" + "</p><p>".join(["bold"] * 20) + "</p>")


@given(
    st.lists(
        st.sampled_from(["word", "&amp;", " ", "<b>", "</b>", "<p>", "<", "y" * 40, '<i title="a>b">']), max_size=30
    )
)
def test_only_places_to_break_are_added(parts: list[str]) -> None:
    page = "".join(parts)
    broken = breakable(page)
    assert broken.replace("<wbr>", "") == page
    assert html.unescape(broken.replace("<wbr>", "")) == html.unescape(page)


def table(*cells: str) -> str:
    return f'<div class="table"><table><tr>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr></table></div>'


def test_only_tables_that_are_too_wide_are_set_tight() -> None:
    assert 'class="table tight"' not in fitted_tables(table("a few words", "some other words", "Interpretability"))
    assert 'class="table tight"' in fitted_tables(table(*["Interpretability"] * 6))
    picture = '<img class="math inline" src="x" alt="a > b" style="width:30em;height:1em">'
    assert 'class="table tight"' in fitted_tables(table(picture, picture))
    assert fitted_tables("<p>no table</p>") == "<p>no table</p>"


def test_long_pages_take_linear_time() -> None:
    def work(size: int) -> None:
        for piece in ("x", "<b>x</b>", "&amp;", "&", "<p>x", '<div class="table">', "<tr><td>x", "<img style="):
            breakable(piece * 10 * size)
            fitted_tables('<div class="table">' + piece * size + "</div>")

    assert_linear(work, 1_500)


_PIECES = st.one_of(
    st.sampled_from(
        [
            "<b>",
            "</b>",
            "<p>",
            "</p>",
            '<article class="x">',
            "</article>",
            '<img src="a b">',
            " ",
            "\n",
            "&amp;",
            "<",
            "<!--",
            "<br>",
        ]
    ),
    st.text("abcdefgh é", max_size=40),
)


@given(st.lists(_PIECES, max_size=25), st.sampled_from([9, 16, 32]))
def test_the_quick_look_at_a_text_overlooks_nothing(parts: list[str], longest: int) -> None:
    page = "".join(parts)
    assert breakable(page, longest) == breaking._with_breaks(page, longest)
