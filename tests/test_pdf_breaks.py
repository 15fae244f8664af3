"""Page breaks: no widows and orphans, nothing cut, no gap before a table, no tag lost."""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pdfplumber
import pytest

from cardpipe.text.escaping import PlainText
from cardpipe.writers.api import Asset, RelatedCard
from cardpipe.writers.page.breaking import parted
from cardpipe.writers.pdf import WRITER
from page_sample import PROSE, TALL, TALL_MATH, WIDE, WIDE_MATH, card, deck, silent, svg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cardpipe.writers.api import RenderedCard

TAGS = ("regularisation", "optimisation", "NN", "MATH", "classification", "linear-models")
ONE_A_PAGE = {"layout": "cards", "back": "all", "paper": "148x105mm", "card": "1x1", "margin": "0mm"}


def write(*cards: RenderedCard, **options: str) -> bytes:
    return WRITER.write(deck(*cards, subdecks=(("ML", "Machine learning"),)), options, silent)[0].data


def lines(data: bytes) -> list[list[str]]:
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        return [page.extract_text().splitlines() for page in pdf.pages]


def paragraph(number: int, words: int) -> str:
    return f"<p>begin{number} {'some plain words ' * words}end{number}.</p>"


@pytest.mark.quick_cases("0-{'layout': 'quiz'}", "2-{}")
@pytest.mark.parametrize("options", [{}, {"layout": "booklet"}, {"layout": "quiz"}, ONE_A_PAGE], ids=str)
@pytest.mark.parametrize("first", range(4))
def test_no_line_of_a_paragraph_stands_alone(options: dict[str, str], first: int) -> None:
    text = "".join(paragraph(number, 6 + (number * 5 + first) % 11) for number in range(40))
    items = "".join(f"<li>begin{number} {'some plain words ' * 8}end{number}.</li>" for number in range(40, 60))
    data = write(card("ML0001", details=f"{PROSE * first}{text}<ul>{items}</ul>"), **options)
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        halves = 2 if options.get("layout") == "booklet" else 1
        texts = [
            page.crop((float(page.width) / halves * half, 0, float(page.width) / halves * (half + 1), page.height))
            for page in pdf.pages
            for half in range(halves)
        ]
        for page in texts:
            body = [line for line in page.extract_text().splitlines() if "plain words" in line or "end" in line]
            if body:
                assert "end" not in body[0] or "begin" in body[0], body[0]
                assert "begin" not in body[-1] or "end" in body[-1], body[-1]


@pytest.mark.slow
def test_a_long_paragraph_leaves_two_lines_at_the_foot() -> None:
    for filler in range(1, 7):
        text = PROSE * filler + "".join(paragraph(number, 40) for number in range(12))
        for page in lines(write(card("ML0001", details=text))):
            body = [line for line in page if "plain words" in line]
            assert not body or "begin" not in body[-1]


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["sheet", "quiz"])
def test_a_long_table_begins_below_its_title_and_never_with_its_header_alone(layout: str) -> None:
    rows = "".join(f"<tr><td>row{number}</td><td>cell</td></tr>" for number in range(60))
    head = "<thead><tr><th>Key</th><th>Value</th></tr></thead>"
    table = f'<div class="table"><table>{head}<tbody>{rows}</tbody></table></div>'
    for filler in range(6, 14):
        pages = lines(write(card("ML0001", details=PROSE * filler + table), layout=layout))
        with_header = [page for page in pages if "Key Value" in page]
        assert len(with_header) > 1
        for page in with_header:
            assert page[page.index("Key Value") + 1].startswith("row")
        prose = next(number for number, page in enumerate(pages) if any("threshold" in line for line in page))
        if filler < 11:
            assert "Key Value" in pages[prose]


def test_long_code_begins_where_the_text_before_it_ends() -> None:
    code = "".join(f"line{number}\n" for number in range(70))
    pages = lines(write(card("ML0001", details=f"{PROSE}<pre><code>{code}</code></pre>")))
    [page] = [page for page in pages if any("threshold" in line for line in page)]
    assert "line0" in page


@pytest.mark.parametrize("layout", ["sheet", "booklet", "quiz"])
def test_no_picture_and_no_formula_is_cut_through(layout: str) -> None:
    high = Asset("high.svg", "image/svg+xml", svg(120, 1400, colour="#b41f1f"))
    picture = '<p><img class="media" src="high.svg" alt="A" width="120" height="1400"></p>'
    rendered = deck(card("ML0001", details=picture + TALL_MATH), assets={high.name: high, TALL.name: TALL})
    data = WRITER.write(rendered, {"layout": layout}, silent)[0].data
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        red: list[Any] = []
        black: list[Any] = []
        for page in pdf.pages:
            for shape in page.curves + page.lines + page.rects:
                if shape["height"] > 60:
                    assert shape["top"] > 20
                    assert shape["bottom"] < float(page.height) - 20
                    (black if shape["stroking_color"] in {(0,), (0, 0, 0)} else red).append(shape)
        # Neither is stretched.
        assert {round(shape["height"] / shape["width"]) for shape in red} == {12}
        assert {round(shape["height"] / shape["width"]) for shape in black} == {13}


@pytest.mark.quick_cases("quiz-fillers2")
@pytest.mark.parametrize(("layout", "fillers"), [("sheet", range(18, 28)), ("booklet", range(10, 26)), ("quiz", [0])])
def test_a_card_at_the_foot_of_a_page_loses_no_tag(layout: str, fillers: Iterable[int]) -> None:
    for filler in fillers:
        if layout == "quiz":
            cards = [
                card(f"ML{number:04}", answer="<p>Brief.</p>", details=PROSE * (3 + number % 4), tags=TAGS)
                for number in range(1, 14)
            ]
        else:
            short = card("ML0001", details="<p>A line.</p>" * filler, tags=TAGS)
            cards = [short, card("ML0002", details=PROSE * 30, tags=TAGS)]
        assert_tags_whole(write(*cards, layout=layout, lines="0"), layout, len(cards))


def assert_tags_whole(data: bytes, layout: str, count: int) -> None:
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        halves = 2 if layout == "booklet" else 1
        seen = 0
        for page in pdf.pages:
            for half in range(halves):
                width = float(page.width) / halves
                words = page.crop((width * half, 0, width * (half + 1), page.height)).extract_words()
                margin = min((word["x0"] for word in words), default=0.0)
                hanging = [word for word in words if word["x0"] < margin + 3 and word["text"] in TAGS]
                said = Counter(word["text"] for word in hanging)
                assert len(set(said.values())) <= 1, said
                seen += said["optimisation"]
                assert all(word["bottom"] < float(page.height) - 40 for word in hanging)
        assert seen >= count


@pytest.mark.parametrize("options", [{}, ONE_A_PAGE], ids=str)
def test_a_formula_that_is_made_smaller_leaves_no_gap_above(options: dict[str, str]) -> None:
    hanging = (TALL_MATH + WIDE_MATH).replace("height:70em", "height:70em;vertical-align:-35em")
    hanging = hanging.replace("height:3em", "height:3em;vertical-align:-30em")
    assets = {asset.name: asset for asset in (TALL, WIDE)}
    rendered = deck(card("ML0001", details=f"<p>Above.</p>{hanging}<p>Below.</p>"), assets=assets)
    data = WRITER.write(rendered, options, silent)[0].data
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        pages = [page for page in pdf.pages if any(shape["height"] > 60 for shape in page.curves + page.lines)]
        [page] = pages
        shapes = page.curves + page.lines
        high = next(shape for shape in shapes if shape["height"] > 60)
        wide = next(shape for shape in shapes if shape["width"] > 300 and shape["height"] > 5)
        # A back of a landscape sheet stands on its head.
        gap = max(wide["top"] - high["bottom"], high["top"] - wide["bottom"])
        assert 0 < gap < 30


def test_an_answer_of_a_quiz_without_details_has_its_end_below_it() -> None:
    data = write(card("ML0001", answer="<p>Because.</p>", tags=TAGS), layout="quiz")
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        page = pdf.pages[-1]
        answer, end = page.search("Because.")[0], page.search("Question on page")[0]
    assert 0 < end["top"] - answer["bottom"] < 25


@pytest.mark.slow
def test_no_line_begins_with_a_dot_between_two_cards() -> None:
    others = [
        RelatedCard(id=f"ML{number:04}", title=PlainText("Some title " * (number % 5 + 1)), included=True)
        for number in range(1, 20)
    ]
    cards = [card(f"ML{number:04}", "Some title " * (number % 5 + 1), related=others) for number in range(1, 20)]
    for page in lines(write(*cards)):
        assert not [line for line in page if line.startswith("·")]


@pytest.mark.quick_cases("{'layout': 'cards', 'back': 'all', 'paper': '148x105mm', 'card': '1x1', 'margin': '0mm'}")
@pytest.mark.parametrize("options", [{}, ONE_A_PAGE], ids=str)
def test_a_line_that_leads_to_a_list_stays_with_it(options: dict[str, str]) -> None:
    parts = "".join(f"<p>Line {number}.</p><p>where</p><ul><li>item</li><li>item</li></ul>" for number in range(30))
    for first in range(4):
        pages = lines(write(card("ML0001", details="<p>First.</p>" * first + parts), **options))
        for page in pages:
            body = [line for line in page if re.match(r"Line|where|• item|item", line)]
            assert not body or body[-1] != "where"


def test_only_what_is_long_is_parted() -> None:
    short, long = f"<p>{'word ' * 50}</p>", f"<p>{'word ' * 90}</p>"
    assert parted(short, 86) == short
    assert parted(long, 86).startswith('<p class="parted">')
    assert parted(f"<p>{'字' * 200}</p>", 86).startswith('<p class="parted">')
    assert (
        parted("<ul><li>a<ul><li>b</li></ul></li></ul>", 86) == '<ul><li class="parted">a<ul><li>b</li></ul></li></ul>'
    )
    rows = "<tr><td>a</td></tr>" * 21
    assert parted(f'<div class="table tight"><table>{rows}</table></div>', 86).startswith(
        '<div class="table tight parted">'
    )
    assert "parted" not in parted(f'<div class="table"><table>{rows[19:]}</table></div>', 86)
    assert re.match('<pre class="parted">', parted(f"<pre>{'x' + chr(10) * 30}</pre>", 86))
