"""The study sheet in two columns, and its index of IDs."""

from __future__ import annotations

import io
import re

import pdfplumber
import pikepdf
import pytest

from cardpipe.errors import UsageError
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing.paper import MILLIMETRE
from page_sample import PROSE, TABLE, WIDE_MATH, card, deck, sample, silent


def write(*cards: str, language: str = "en", **options: str) -> bytes:
    made = [
        card(name, f"Title of {name}", details=PROSE * 3, tags=("NN",) if number % 2 else ("MATH",))
        for number, name in enumerate(cards)
    ]
    return WRITER.write(deck(*made, language=language), options, silent)[0].data


MANY = [f"ML{number:04}" for number in range(1, 25)]


def columns(data: bytes) -> list[tuple[str, str]]:
    """What each half of each page says."""
    found = []
    with pdfplumber.open(io.BytesIO(data)) as opened:
        for page in opened.pages:
            middle = float(page.width) / 2
            halves = ((0, 0, middle, float(page.height)), (middle, 0, float(page.width), float(page.height)))
            first, second = (page.crop(half).extract_text() for half in halves)
            found.append((first, second))
    return found


@pytest.mark.slow
def test_cards_run_down_the_first_column_and_then_the_second() -> None:
    texts = [half for page in columns(write(*MANY, columns="2")) for half in page]
    title = re.compile(r"^Title of (ML\d{4})\n(?:NN|MATH)$", re.MULTILINE)
    assert title.findall("\n".join(texts[2:])) == MANY
    reversed_texts = [half for page in columns(write(*MANY, columns="2", language="ar")) for half in reversed(page)]
    assert title.findall("\n".join(reversed_texts[2:])) == MANY


def test_page_numbers_are_those_of_the_sheets() -> None:
    pages = columns(write(*MANY, columns="2"))
    listed = re.findall(r"(ML\d{4}) Title of ML\d{4} (\d+)", pages[0][1])
    assert [name for name, _ in listed] == MANY
    for name, number in listed:
        assert f"{name}\n" in "\n".join(pages[int(number) - 1])
        assert f"{number} / {len(pages)}" in pages[int(number) - 1][0]
    assert int(listed[-1][1]) > 2


def test_outline_and_links_lead_to_the_column_where_the_card_stands() -> None:
    data = write(*MANY, columns="2")
    with pikepdf.open(io.BytesIO(data)) as opened, pdfplumber.open(io.BytesIO(data)) as read:
        numbers = {page.obj.objgen: number for number, page in enumerate(opened.pages)}
        with opened.open_outline() as outline:
            targets = [(entry.title, entry.destination) for group in outline.root for entry in group.children]
        assert len(targets) == len(MANY)
        for title, target in targets:
            assert isinstance(target, pikepdf.Array)
            page, _, left, top, *_ = target
            found = read.pages[numbers[page.objgen]]
            upper = float(found.height) - float(str(top))
            half = (float(str(left)) - 1, max(0, upper - 2), float(str(left)) + float(found.width) / 2 - 40, upper + 40)
            assert title.partition("  ")[2] in found.crop(half).extract_text()
        links = [note for page in opened.pages for note in page.obj.get("/Annots", []) if "/Dest" in note]
        assert len(links) >= 2 * len(MANY)


@pytest.mark.parametrize("paper", ["a4", "letter", "a5", "200x400mm"])
def test_nothing_leaves_its_column(paper: str) -> None:
    wide = "".join(f"<td>column{number}wordwithoutend</td>" for number in range(6))
    details = f'{TABLE}<p>{"W" * 120}</p>{WIDE_MATH}<div class="table"><table><tr>{wide}</tr></table></div>'
    data = WRITER.write(deck(card("ML0001", details=details)), {"columns": "2", "paper": paper}, silent)[0].data
    with pdfplumber.open(io.BytesIO(data)) as opened:
        whole = "".join(letter["text"] for page in opened.pages for letter in page.chars)
        assert whole.count("W") >= 120
        for number in range(6):
            assert f"column{number}wordwithoutend" in whole
        for page in opened.pages:
            middle, width = float(page.width) / 2, float(page.width)
            for letter in page.chars:
                assert letter["x0"] > 12 * MILLIMETRE
                assert letter["x1"] < width - 12 * MILLIMETRE
                assert letter["x1"] < middle - 1 or letter["x0"] > middle + 1


def test_paper_that_is_too_narrow_is_refused() -> None:
    for wrong in ({"paper": "100x200mm"}, {"text": "24pt"}, {"margin": "70mm"}, {"margin": "5mm"}):
        with pytest.raises(UsageError, match="Two columns"):
            write("ML0001", columns="2", **wrong)


@pytest.mark.parametrize("layout", ["sheet", "booklet"])
def test_an_index_of_ids_where_cards_have_another_order(layout: str) -> None:
    names = ["DL0003", "ML0009", "ML0002", "ML0010"]
    ordered, mixed = (write(*names, layout=layout, group=group) for group in ("id", "tag"))
    with pikepdf.open(io.BytesIO(ordered)) as one, pikepdf.open(io.BytesIO(mixed)) as other:
        titles = []
        for opened in (one, other):
            with opened.open_outline() as outline:
                titles.append([entry.title for entry in outline.root])
    assert "Cards by ID" not in titles[0]
    assert titles[1][-2:] == ["Cards by tag", "Cards by ID"]
    with pdfplumber.open(io.BytesIO(mixed)) as read:
        texts = [page.extract_text() for page in read.pages]
    index = " ".join(texts).replace("\n", " ").rpartition("Cards by ID")[2]
    listed = re.findall(r"(\w\w\d{4}), (\d+)", index)
    assert [name for name, _ in listed] == ["DL0003", "ML0002", "ML0009", "ML0010"]
    if layout == "sheet":
        for name, number in listed:
            assert f"Title of {name}" in texts[int(number) - 1]


def test_subdecks_in_their_own_order_need_no_index_of_ids() -> None:
    data = WRITER.write(sample(), {}, silent)[0].data
    with pikepdf.open(io.BytesIO(data)) as opened, opened.open_outline() as outline:
        assert [entry.title for entry in outline.root][-1] == "Cards by tag"
