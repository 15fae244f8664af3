"""Cards to cut out and to fold, measured on the PDF."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, NamedTuple

import pdfplumber
import pikepdf
import pypdfium2
import pytest

from cardpipe.errors import UsageError
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing.paper import MILLIMETRE
from page_sample import DISPLAY_MATH, DRAWN, INLINE, PROSE, TALL_MATH, WIDE_MATH, card, deck, sample, silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cardpipe.writers.api import RenderedDeck


class Box(NamedTuple):
    """In millimetres from the upper left corner of the page."""

    left: float
    top: float
    right: float
    bottom: float


SAFE = 4.0
"""The least that any text keeps from the edge of any card, in millimetres."""


def write(rendered: RenderedDeck, **options: str) -> bytes:
    return WRITER.write(rendered, {"layout": "cards", "back": "all", **options}, silent)[0].data


@functools.cache
def texts(data: bytes) -> list[str]:
    """What each page says, without spaces: a long word breaks over lines."""
    with pypdfium2.PdfDocument(data) as opened:
        return ["".join(page.get_textpage().get_text_range().split()) for page in opened]


def find(data: bytes, words: str) -> list[tuple[int, Box]]:
    """Where words stand: page from 0, and left, top, right and bottom edge in millimetres."""
    found = []
    with pypdfium2.PdfDocument(data) as opened:
        for number, page in enumerate(opened):
            height = page.get_height()
            text = page.get_textpage()
            searcher = text.search(words)
            while place := searcher.get_next():
                boxes = [text.get_charbox(index) for index in range(place[0], place[0] + place[1])]
                left, bottom = min(box[0] for box in boxes), min(box[1] for box in boxes)
                right, top = max(box[2] for box in boxes), max(box[3] for box in boxes)
                edges = (edge / MILLIMETRE for edge in (left, height - top, right, height - bottom))
                found.append((number, Box(*edges)))
    return found


def size(data: bytes) -> tuple[float, float]:
    with pypdfium2.PdfDocument(data) as opened:
        return opened[0].get_width() / MILLIMETRE, opened[0].get_height() / MILLIMETRE


def pictures(data: bytes, scale: int) -> Iterator[Any]:
    """Each page in grey, so many pixels a millimetre."""
    with pypdfium2.PdfDocument(data) as opened:
        for page in opened:
            grey = page.render(scale=scale / MILLIMETRE, grayscale=True).to_numpy()
            yield grey.reshape(grey.shape[:2]).copy()


def numbered(count: int) -> RenderedDeck:
    return deck(
        *(
            card(f"ML{number:04}", f"Title {number}", question=f"<p>Ask{number}?</p>", answer=f"<p>Say{number}.</p>")
            for number in range(1, count + 1)
        )
    )


def table(rows: str, head: str = "") -> str:
    return f'<div class="table"><table>{head}<tbody>{rows}</tbody></table></div>'


def extremes() -> RenderedDeck:
    rows = "".join(f"<tr><td>row{n}</td><td>a cell with some words and end{n}</td></tr>" for n in range(60))
    head = "<thead><tr><th>Key</th><th>Value</th></tr></thead>"
    wide = "".join(f"<td>column{number}wordwithoutend</td>" for number in range(14))
    return deck(
        card("ML0001", "title" * 30, question=f"<p>{'W' * 90}</p>", answer=f"<p>{'word' * 200}last</p>"),
        card("ML0002", details=table(rows, head)),
        card("ML0003", details=table(f"<tr>{wide}</tr>")),
        card("ML0004", question=f"<p>{'A long question. ' * 60}asked</p>", answer="<p>Brief.</p>"),
        card("ML0005", details=PROSE * 6 + DISPLAY_MATH + WIDE_MATH, figures=[DRAWN], assets=[INLINE.name]),
        card("ML0006", question="<p>什么是感知机</p>", answer="<p>线性分类器。</p>"),
        card("ML0007", question="<p>ما هي الشبكة؟</p>", answer="<p>שלום עולם</p>"),
        card("ML0008", details=f"<pre><code>{'x' * 500}</code></pre>"),
        card("ML0009", details=table(f"<tr><td>{'one huge cell ' * 150}done</td></tr>")),
        card("ML0010", answer=""),
        card("ML0011", details=TALL_MATH),
    )


Geometry = tuple[tuple[float, float], tuple[float, float], int, int]
ON_A4: dict[str, Geometry] = {
    "2x4": ((210, 297), (97, 70.25), 2, 4),
    "3x3": ((210, 297), (194 / 3, 281 / 3), 3, 3),
    "business": ((210, 297), (85, 55), 2, 5),
    "a7": ((210, 297), (105, 74), 2, 4),
    "a6": ((297, 210), (148, 105), 2, 2),
    "3x5in": ((297, 210), (127, 76.2), 2, 2),
    "4x6in": ((210, 297), (152.4, 101.6), 1, 2),
    "60x90mm": ((210, 297), (60, 90), 3, 3),
}
"""The sheet, the card, and how many of them stand side by side and one below the other."""
FOLDED_ON_A4: dict[str, Geometry] = {
    "2x4": ((210, 297), (97, 70.25), 2, 4),
    "3x3": ((297, 210), (194 / 3, 281 / 3), 4, 2),
    "business": ((210, 297), (85, 55), 2, 5),
    "a7": ((210, 297), (105, 74), 2, 4),
    "a6": ((297, 210), (148, 105), 2, 2),
    "3x5in": ((297, 210), (127, 76.2), 2, 2),
    "60x90mm": ((297, 210), (60, 90), 4, 2),
}
"""The same for the two halves of each piece of paper."""
CARDS = list(ON_A4)
LAYOUTS = [*(("cards", name) for name in ON_A4), *(("fold", name) for name in FOLDED_ON_A4)]


@pytest.fixture(scope="module")
def hostile() -> RenderedDeck:
    return extremes()


@pytest.mark.quick_cases("fold-a6")
@pytest.mark.parametrize(("layout", "name"), LAYOUTS)
def test_every_text_is_there(hostile: RenderedDeck, layout: str, name: str) -> None:
    whole = "".join(texts(write(hostile, layout=layout, card=name)))
    wanted = [
        "title" * 30,
        "W" * 90,
        "word" * 200 + "last",
        *(f"acellwithsomewordsandend{number}" for number in range(60)),
        *(f"column{number}wordwithoutend" for number in range(14)),
        "asked",
        "Brief.",
        "什么是感知机",
        "线性分类器",
        "x" * 500,
        "onehugecell" * 150 + "done",
        "theboundary.",
    ]
    for words in wanted:
        # A word that goes on in the next line or on the next card is interrupted only by a page's foot.
        assert words in whole or all(part in whole for part in (words[:12], words[-9:])), words
    assert whole.count("huge") == 150
    assert whole.count("threshold") == 6


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("duplex", ["long", "short"])
def test_backs_meet_their_fronts(name: str, duplex: str) -> None:
    data = write(numbered(9), card=name, duplex=duplex)
    (width, height), (wide, high), columns, rows = ON_A4[name]
    assert size(data) == pytest.approx((width, height), abs=0.01)
    sideways = (duplex == "long") == (width < height)
    for number in range(9):
        sheet, slot = divmod(number, columns * rows)
        row, column = divmod(slot, columns)
        left = (width - columns * wide) / 2 + column * wide
        top = (height - rows * high) / 2 + row * high
        (front_page, front), (back_page, back) = find(data, f"ML{number + 1:04}")
        assert (front_page, back_page) == (2 * sheet, 2 * sheet + 1)
        ((said_page, said),) = find(data, f"Say{number + 1}.")
        assert said_page == back_page
        safe = front.left - left
        assert SAFE - 0.1 < safe < 6
        # Seen through the paper: a back keeps its distance from the edges of its card, which lie mirrored. Turned
        # about the upper edge it stands on its head, so that a card turns like the page of a book all the same.
        if sideways:
            mirrored = (width - left - wide, top)
            assert back.left - mirrored[0] == pytest.approx(safe, abs=0.2)
            assert back.bottom - mirrored[1] == pytest.approx(front.bottom - top, abs=0.2)
        else:
            mirrored = (left, height - top - high)
            assert mirrored[0] + wide - back.right == pytest.approx(safe, abs=0.2)
            assert back.top - mirrored[1] == pytest.approx(top + high - front.bottom, abs=0.2)
        assert mirrored[0] + SAFE < said.left
        assert said.right < mirrored[0] + wide - SAFE
        assert mirrored[1] + SAFE < said.top
        assert said.bottom < mirrored[1] + high - SAFE


@pytest.mark.parametrize("name", CARDS)
def test_marks_stand_where_cards_end(name: str) -> None:
    (width, height), (wide, high), columns, rows = ON_A4[name]
    with pdfplumber.open(io.BytesIO(write(numbered(1), card=name))) as opened:
        lines = opened.pages[0].lines
    upright = {round(line["x0"] / MILLIMETRE, 3) for line in lines if line["x1"] - line["x0"] < 0.1}
    level = {round(line["top"] / MILLIMETRE, 3) for line in lines if line["bottom"] - line["top"] < 0.1}
    for places, side, length, count in ((upright, width, wide, columns), (level, height, high, rows)):
        edges = [(side - count * length) / 2 + number * length for number in range(count + 1)]
        cut = [edge for edge in edges if 0.01 < edge < side - 0.01]
        assert sorted(places) == pytest.approx(cut, abs=0.02)


@pytest.mark.quick_cases("fold-a6")
@pytest.mark.parametrize(("layout", "name"), LAYOUTS)
def test_nothing_comes_near_the_edge_of_a_card(hostile: RenderedDeck, layout: str, name: str) -> None:
    (width, height), (wide, high), columns, rows = (FOLDED_ON_A4 if layout == "fold" else ON_A4)[name]
    scale = 4
    for number, grey in enumerate(pictures(write(hostile, layout=layout, card=name), scale)):
        left, top = (width - columns * wide) / 2, (height - rows * high) / 2
        for slot in range(columns * rows):
            row, column = divmod(slot, columns)
            x, y = left + column * wide, top + row * high
            # All marks lie on lines that are cut or folded.
            inside = [round(edge * scale) for edge in (y + 0.4, y + high - 0.4, x + 0.4, x + wide - 0.4)]
            inked = (grey[inside[0] : inside[1], inside[2] : inside[3]] < 200).nonzero()
            for places, length in zip(inked, (high, wide), strict=True):
                if len(places):
                    assert places.min() > (SAFE - 0.8) * scale
                    assert places.max() < (length - SAFE) * scale
            grey[max(0, inside[0] - 3) : inside[1] + 3, max(0, inside[2] - 3) : inside[3] + 3] = 255
        # Marks stand on sheets of fronts only: a printer that feeds crooked would put others onto a card.
        if layout == "cards" and number % 2:
            assert not (grey < 200).any()


def test_text_that_does_not_fit_shrinks_then_goes_on() -> None:
    def sizes(paragraphs: int) -> tuple[int, float]:
        data = write(deck(card("ML0001", details="<p>Some words to fill it. </p>" * paragraphs)), card="a6")
        with pdfplumber.open(io.BytesIO(data)) as opened:
            letters = [letter for page in opened.pages for letter in page.chars if "Serif" in letter["fontname"]]
        marked = "".join(texts(data)).count("1of2")
        return marked, min(round(letter["size"], 2) for letter in letters)

    found = [sizes(paragraphs) for paragraphs in (1, 12, 14, 16, 18, 30)]
    shrunk = [size for _, size in found]
    assert shrunk[0] == 11
    # On two cards there is room for larger text than the floor; it shrinks again as they fill.
    for count in (0, 2):
        among = [size for marked, size in found if marked == count]
        assert among == sorted(among, reverse=True)
        assert among[-1] < 11
        assert among[-1] >= 7.5
    assert [marked for marked, _ in found[:4]] == [0, 0, 0, 0]
    assert found[-1][0] == 2
    assert len(set(shrunk)) > 2


def test_a_continued_card_says_so_on_both_sides() -> None:
    data = write(extremes(), card="business")
    whole = "".join(texts(data))
    for card_id in ("ML0002", "ML0004"):
        places = find(data, card_id)
        count = len(places) // 2
        assert count > 1
        assert whole.count(f"{count}of{count}") >= 2
    assert "Thequestionisonthecardbefore." in whole
    assert "Theanswerisonthecardbefore." in whole


@pytest.mark.parametrize("layout", ["cards", "fold"])
def test_the_back_has_the_short_answer_unless_more_is_asked_for(layout: str) -> None:
    data = write(sample(), back="auto", layout=layout)
    whole = "".join(texts(data))
    assert data == write(sample(), back="answer", layout=layout)
    assert "takesaweightedsum" in whole
    assert "Rosenblatt" not in whole
    assert "iisonthecardbefore" not in whole
    assert len(texts(data)) == (2 if layout == "cards" else 1)


def test_a_card_without_a_short_answer_has_its_details_on_the_back() -> None:
    assert "Onlythis" in "".join(
        texts(write(deck(card("ML0001", answer="", details="<p>Only this.</p>")), back="auto"))
    )


def test_cards_come_in_the_order_of_the_sheet() -> None:
    mixed = deck(card("DL0002"), card("ML0009"), card("DL0001"), card("ML0001"))
    for group in ("deck", "id"):
        front = texts(write(mixed, back="auto", group=group))[0]
        sheet = "".join(texts(WRITER.write(mixed, {"group": group, "contents": "none"}, silent)[0].data)[1:])
        names = ("DL0001", "DL0002", "ML0001", "ML0009")
        # A sheet of cards is written side by side, so that the order is that of the outline.
        assert sorted(names, key=front.index) == sorted(names, key=sheet.index), group


@pytest.mark.parametrize("tags", [("ecology",), tuple(f"a-long-tag-{number}" for number in range(14))])
@pytest.mark.parametrize("paragraphs", range(6, 13))
def test_tags_never_have_a_card_of_their_own(tags: tuple[str, ...], paragraphs: int) -> None:
    made = card("ML0001", details="<p>A line of text.</p>" * paragraphs, tags=tags)
    data = write(deck(made), card="business")
    whole = "".join(texts(data)[1::2])
    assert all(tag in whole for tag in tags)
    assert whole.count("Alineoftext.") == paragraphs
    with pdfplumber.open(io.BytesIO(data)) as opened:
        for page in opened.pages[1::2]:
            assert "A line of text." in page.extract_text()


def test_a_title_that_is_the_question_is_printed_once() -> None:
    made = deck(card("ML0001", "What is it?"), card("ML0002", "A title"))
    front = texts(write(made, back="auto"))[0]
    assert front.count("Whatisit?") == 2
    assert front.count("Atitle") == 1


@pytest.mark.parametrize(
    ("question", "answer", "centred"),
    [("", "", True), ("", "<ul><li>a</li></ul>", False), ("<ul><li>b</li></ul>", "", False)],
)
def test_front_and_back_are_aligned_alike(question: str, answer: str, *, centred: bool) -> None:
    made = deck(card("ML0001", "T", question=f"<p>Q?</p>{question}", answer=f"<p>A!</p>{answer}"))
    data = write(made, back="auto", card="1x1", paper="100x80mm", margin="0mm", duplex="short")
    with pdfplumber.open(io.BytesIO(data)) as opened:
        places = [page.extract_words()[place]["x0"] for page, place in zip(opened.pages, (1, 0), strict=True)]
    assert [place > 80 for place in places] == [centred, centred]


def test_backs_move_by_the_offset() -> None:
    usual, moved = write(numbered(3)), write(numbered(3), offset="1.5,-0.75")
    for number in range(1, 4):
        (_, front), (_, back) = find(usual, f"ML{number:04}")
        (_, same), (_, other) = find(moved, f"ML{number:04}")
        assert same == pytest.approx(front, abs=0.01)
        assert other.left - back.left == pytest.approx(1.5, abs=0.01)
        assert other.top - back.top == pytest.approx(-0.75, abs=0.01)


def test_folded_halves_lie_beside_each_other() -> None:
    data = write(numbered(4), layout="fold", card="a7")
    for number in range(1, 5):
        (front_page, front), (back_page, back) = find(data, f"ML{number:04}")
        assert front_page == back_page
        assert back.left - front.left == pytest.approx(105, abs=0.2)
        assert back.top == pytest.approx(front.top, abs=0.2)


@pytest.mark.parametrize("layout", ["cards", "fold"])
def test_decks_of_no_card_and_of_one(layout: str) -> None:
    assert texts(write(deck(), layout=layout)) == ["Thisexportholdsnocards."]
    assert len(texts(write(numbered(1), layout=layout))) == (2 if layout == "cards" else 1)


def test_the_outline_leads_to_each_card_and_the_printer_settings_are_set() -> None:
    data = write(numbered(20), duplex="short")
    with pypdfium2.PdfDocument(data) as opened:
        outline = [(entry.get_title(), entry.get_dest().get_index()) for entry in opened.get_toc()]
    assert outline == [(f"ML{number:04}  Title {number}", (number - 1) // 8 * 2) for number in range(1, 21)]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.Root.ViewerPreferences.Duplex == "/DuplexFlipShortEdge"
        assert pdf.Root.ViewerPreferences.PrintScaling == "/None"


@pytest.mark.quick_cases("sample-cards")
@pytest.mark.parametrize("layout", ["cards", "fold"])
@pytest.mark.parametrize("name", ["sample", "hostile"])
def test_fonts_are_embedded_and_bytes_the_same(hostile: RenderedDeck, name: str, layout: str) -> None:
    made = hostile if name == "hostile" else sample()
    data = write(made, layout=layout)
    assert write(made, layout=layout) == data
    with pikepdf.open(io.BytesIO(data)) as pdf:
        found = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary)]
        fonts = [one for one in found if one.get("/Type") == "/Font" and one.Subtype != "/CIDFontType2"]
        assert fonts
        for font in fonts:
            described = font.DescendantFonts[0] if "/DescendantFonts" in font else font
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described.FontDescriptor.keys())


def test_large_print_is_16_points_or_more() -> None:
    with pdfplumber.open(io.BytesIO(write(sample(), text="large", card="a6"))) as opened:
        sizes = [
            round(letter["size"]) for page in opened.pages for letter in page.chars if "Serif" in letter["fontname"]
        ]
    assert max(set(sizes), key=sizes.count) >= 16


def test_no_mark_stands_on_paper_that_is_the_card() -> None:
    with pdfplumber.open(io.BytesIO(write(numbered(1), paper="88x63mm", card="1x1", margin="0mm"))) as opened:
        assert not opened.pages[0].lines


def test_cards_for_single_index_cards_and_those_that_fit_on_no_paper() -> None:
    assert size(write(numbered(1), paper="5x3in", card="3x5in")) == pytest.approx((127, 76.2), abs=0.01)
    for wrong in ({"card": "a6", "paper": "a5", "margin": "30mm"}, {"card": "900x900mm"}, {"card": "9x9"}):
        with pytest.raises(UsageError):
            write(numbered(1), **wrong)


def test_a_small_card_is_printed_and_one_without_room_refused_by_its_own_name() -> None:
    assert WRITER.write(deck(card("ML0001")), {"layout": "cards", "card": "40x34mm"}, silent)
    with pytest.raises(UsageError, match=r"Unsupported card size for the PDF: 20x90mm\.") as caught:
        WRITER.write(deck(card("ML0001")), {"layout": "cards", "card": "20x90mm"}, silent)
    assert caught.value.hint == "Each side is at least 32 mm and at most 1200 mm."
    with pytest.raises(UsageError, match=r"No text fits on a card of 34 by 90 mm\."):
        WRITER.write(deck(card("ML0001")), {"layout": "cards", "card": "34x90mm"}, silent)
    with pytest.raises(UsageError, match=r"Unsupported paper size for the PDF: 30x90mm\."):
        WRITER.write(deck(card("ML0001")), {"paper": "30x90mm"}, silent)
