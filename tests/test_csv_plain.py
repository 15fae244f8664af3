"""CSV tables for other programs: plain text, RFC 4180, no spreadsheet formulas."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.writers.csv import WRITER
from cardpipe.writers.csv.html_to_text import plain_text
from cardpipe.writers.csv.plain import without_formula
from rendered_sample import rendered_card, rendered_deck, sample_deck

if TYPE_CHECKING:
    from cardpipe.writers.api import RenderedDeck


def table(deck: RenderedDeck, dialect: str) -> bytes:
    [artefact] = WRITER.write(deck, {"dialect": dialect}, lambda _done, _all: None)
    assert artefact.path == "ml-interview.csv"
    return artefact.data


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def test_plain_is_rfc_4180() -> None:
    data = table(sample_deck(), "plain")
    assert data.startswith(b'"id","title","question","answer"')
    assert data.endswith(b"\r\n")
    assert [row["id"] for row in rows(data)] == ["DL0012", "ML0044", "ML0045"]


def test_plain_cells_are_words() -> None:
    _, row, other = rows(table(sample_deck(), "plain"))
    assert row["question"] == "What is a perceptron, and what can it not do?"
    assert "steps: $y = f(w^\\top x + b)$. It" in row["answer"]
    assert "$$w \\leftarrow w" in row["details"]
    assert "1 & w^\\top x + b > 0" in row["details"]
    assert "x_1 | x_2 | XOR\n0 | 0 | 0\n0 | 1 | 1" in row["details"]
    assert row["related"] == "\u2022 ML0045 Multi-layer perceptron\n\u2022 ML0099 Left <out> & away"
    assert row["references"].endswith("Perceptrons (https://example.org/p?a=1&b=2)")
    assert (row["deck"], row["tags"]) == ("Machine learning interview::Machine learning", "NN nets::cnn")
    assert other["figures"] == '[Regions of a "trained" net]\nTwo classes, told apart.'
    assert not any("<p>" in cell for cell in row.values())


def test_spreadsheets_know_the_encoding() -> None:
    assert table(sample_deck(), "spreadsheet").startswith(b'\xef\xbb\xbf"id"')


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        " =1",
        '"=1',
        "'=1",
        "\u200b=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff201",
        "\ufeff =1",
    ],
)
def test_formulas_are_only_text(text: str) -> None:
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["\tx", "\rx"])
def test_cells_start_with_no_tab_or_return(text: str) -> None:
    assert without_formula(text).startswith("'")


@pytest.mark.parametrize("text", ["a;=1", 'a";"=1', "a\n=1", "a\t=1", "a\r\n +1"])
def test_a_row_divided_elsewhere_has_no_formula_either(text: str) -> None:
    assert without_formula(text).count("'") == 1


@pytest.mark.parametrize("text", ["", "a = b", "a-b", "1;2", "x, -1", "\u2022 item", "a\nb"])
def test_other_text_is_left_alone(text: str) -> None:
    assert without_formula(text) == text


@given(st.text(st.sampled_from("=+-@;\t\r\n \"'a,\uff1d\u200b"), max_size=14))
def test_no_place_where_a_cell_may_start_has_a_formula(text: str) -> None:
    cells = [without_formula(text)]
    for separator in ";\t\r\n":
        cells = [part for cell in cells for part in cell.split(separator)]
    for cell in cells:
        start = cell.lstrip(' "\u200b')
        assert start[:1] not in tuple("=+-@\uff1d")


def test_a_spreadsheet_cell_is_defused_in_the_table() -> None:
    card = rendered_card("ML0001", title="=HYPERLINK(1)", answer="<ul><li>one</li></ul>", tags=("-x",))
    [row] = rows(table(rendered_deck([card]), "spreadsheet"))
    assert (row["title"], row["answer"], row["tags"]) == ("'=HYPERLINK(1)", "\u2022 one", "'-x")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain &amp; simple", "plain & simple"),
        ("<p>a\n b</p>\n<p>c<br>d</p>", "a b\n\nc\nd"),
        ("<p>a<em> b </em>c <strong>d</strong>.</p>", "a b c d."),
        ("<ol start='3'><li><p>a</p></li><li>b<ul><li>c</li></ul></li></ol><p>d</p>", "3. a\n4. b\n  \u2022 c\n\nd"),
        ("<ul><li></li><li>b</li></ul>", "\u2022 \n\u2022 b"),
        ("<pre><code>a\n  b\n</code></pre><p>c</p>", "a\n  b\n\n\nc"),
        ('<a href="https://x.org">https://x.org</a> <a href="mailto:a@b.c">a@b.c</a>', "https://x.org a@b.c"),
        ('<a href="#card-ML0001">that card</a>', "that card"),
        ('<span class="math inline">\\(x &lt; y\\)</span>,', "$x < y$,"),
        ('x<div class="equation">\\[a\n= b\\]</div>y', "x\n\n$$a = b$$\n\ny"),
        ('<img class="media" src="a.png" alt="A net">', "[A net]"),
        ("x<sup>2</sup>", "x^2"),
    ],
)
def test_words(html: str, text: str) -> None:
    assert plain_text(html) == text


PIECES = ("<p>", "</p>", "<li>", "<ul>", "</ul>", "<a href=x>", "</a>", "<td>", "x", " ", "<", "&", "\n")


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_no_fragment_makes_words_fail(html: str) -> None:
    plain_text(html)


@pytest.mark.parametrize("html", ["<ul><li>", "<p>x", "</a>", "<a href='x'>", "<td>", "&lt;", '<span class="math">'])
def test_long_fragments_take_linear_time(html: str) -> None:
    start = time.process_time()
    plain_text(html * 20_000)
    assert time.process_time() - start < 5
