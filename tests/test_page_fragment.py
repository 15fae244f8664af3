"""Rewriting of fragments for the page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cardpipe.writers.page.fragment import keep_end, keep_headings, rewrite
from cpu_time import assert_linear


def rewritten(fragment: str, heading: int = 4) -> str:
    return rewrite(fragment, address=lambda name: f"got:{name}", present={"ML0001"}, heading=heading)


def test_sources_links_and_headings() -> None:
    assert rewritten('<img alt="a > b" src="x.svg">') == '<img alt="a > b" src="got:x.svg">'
    assert rewritten('<a href="#card-ML0001">one</a> <a href="#card-ML0002">two</a>') == (
        '<a href="#card-ML0001">one</a> two'
    )
    assert rewritten("<h2>a</h2><h3>b</h3><h6>c</h6>") == "<h4>a</h4><h5>b</h5><h6>c</h6>"
    assert rewritten("<h1>a</h1>", heading=2) == "<h2>a</h2>"


def test_what_stands_in_an_attribute_is_no_tag() -> None:
    for kept in (
        '<span title="<a href=x><h1>">a</span>',
        '<td class="a" data-x="<img src=q>">',
        '<abbr title="b">c</abbr>',
    ):
        assert rewritten(kept) == kept
    picture = '<img class="math inline" alt="y src=" srcset="z" src="x&amp;y.svg" style="width:1em">'
    assert rewritten(picture) == picture.replace("x&amp;y.svg", "got:x&amp;y.svg")
    assert rewritten('<IMG ALT="<img>" SRC="x">') == '<img ALT="<img>" src="got:x">'


def test_a_picture_alone_is_distinguished_from_one_in_text() -> None:
    alone = '<p><img class="media" src="x" alt="y"></p>'
    assert rewritten(alone).startswith('<p class="alone">')
    assert not rewritten(alone.replace("</p>", " words</p>")).startswith('<p class="alone">')


def test_headings_keep_what_they_head() -> None:
    assert keep_headings("<p>a</p><h4>b</h4>\n<p>c</p><p>d</p>") == (
        '<p>a</p><div class="keep"><h4>b</h4>\n<p>c</p></div><p>d</p>'
    )
    assert keep_headings("<h4>a</h4><h5>b</h5><ul><li>c</li></ul>") == (
        '<div class="keep"><h4>a</h4><h5>b</h5><ul><li>c</li></ul></div>'
    )
    assert keep_headings("<h4>a</h4> words") == '<div class="keep"><h4>a</h4></div> words'
    assert keep_headings("<blockquote><h4>a</h4></blockquote><p>b</p>") == (
        '<blockquote><div class="keep"><h4>a</h4></div></blockquote><p>b</p>'
    )
    assert keep_headings('<h4>a <img src="x" alt="y"></h4><hr>') == (
        '<div class="keep"><h4>a <img src="x" alt="y"></h4><hr></div>'
    )


LINK = '<a href="#card-X">'
PIECES = ["<h4>", "</h4>", "<p>", "</p>", LINK, "</a>", '<img src="a" alt="<b>">', "words", "<", '"', ">"]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_no_fragment_is_too_strange(fragment: str) -> None:
    kept = keep_headings(rewritten(fragment))
    assert kept.count("words") == fragment.count("words")


def test_long_fragments_take_linear_time() -> None:
    def work(size: int) -> None:
        for piece in ("<h4>a</h4><p>b</p>", LINK, "<h4>", '<img src="a" alt="b">', "<p>", "<img alt=", '<a href="'):
            keep_headings(rewritten(piece * size))

    assert_linear(work, 5_000)


def test_the_end_of_a_card_takes_its_last_words_along() -> None:
    assert keep_end("<p>a</p><p>b</p>", "<p>refs</p>") == '<p>a</p><div class="keep"><p>b</p><p>refs</p></div>'
    assert keep_end('<ul><li>a</li><li>b</li></ul><img src="x">', "<p>r</p>").endswith(
        '<div class="keep"><img src="x"><p>r</p></div>'
    )


def test_of_a_list_the_last_item_goes_along() -> None:
    start = '<p>a</p><ul class="on">\n<li>b<ul><li>c</li></ul></li>\n'
    assert keep_end("<p>a</p><ul>\n<li>b<ul><li>c</li></ul></li>\n<li>d</li>\n</ul>\n", "<p>r</p>") == (
        f'{start}</ul><div class="keep"><ul><li>d</li>\n</ul>\n<p>r</p></div>'
    )
    counted = keep_end('<ol start="4"><li>a</li><li>b</li><li><p>c</p></li></ol>', "<p>r</p>")
    assert counted == (
        '<ol start="4" class="on"><li>a</li><li>b</li></ol>'
        '<div class="keep"><ol start="6"><li><p>c</p></li></ol><p>r</p></div>'
    )
    for whole in ("<ul><li>only</li></ul>", '<ul class="x"><li>a</li><li>b</li></ul>'):
        assert keep_end(whole, "<p>r</p>") == f'<div class="keep">{whole}<p>r</p></div>'
    long = f"<ul><li>a</li><li>{'word ' * 300}</li></ul>"
    assert keep_end(long, "<p>r</p>") == f'{long}<div class="keep"><p>r</p></div>'


def test_a_long_last_element_may_be_parted_from_the_end() -> None:
    long = f"<p>{'word ' * 300}</p>"
    assert keep_end(long, "<p>refs</p>") == f'{long}<div class="keep"><p>refs</p></div>'
    assert keep_end("", "<p>refs</p>") == "<p>refs</p>"
    assert keep_end("<p>a</p>", "") == "<p>a</p>"
