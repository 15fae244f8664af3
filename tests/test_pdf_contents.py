"""Contents and index of tags take few pages."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, cast

import pdfplumber
import pytest

from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing.destinations import Place
from cardpipe.writers.pdf.composing.paging import Piece, paged
from cardpipe.writers.pdf.composing.paper import text_paper
from cardpipe.writers.pdf.composing.printing import DocumentPrinter, LaidOut, LayoutJob
from cardpipe.writers.pdf.composing.spool import Spool
from page_sample import card, deck, silent

if TYPE_CHECKING:
    from collections.abc import Iterable


def pages(count: int, tags: int, /, **options: str) -> list[str]:
    cards = [
        card(
            f"{'DL' if number % 3 == 0 else 'ML'}{number:04}",
            f"Card number {number}",
            tags=tuple(f"tag{(number * step) % tags:04}" for step in (1, 2, 3)),
        )
        for number in range(1, count + 1)
    ]
    data = WRITER.write(deck(*cards, tags=()), options, silent)[0].data
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        return [page.extract_text() for page in pdf.pages]


@pytest.mark.quick_cases("{}-20", "{'paper': 'a5'}-20", "{}-60")
@pytest.mark.parametrize("count", [20, 34, 35, 37, 60, 120])
@pytest.mark.parametrize("options", [{}, {"paper": "a5"}, {"text": "large"}], ids=str)
def test_entries_begin_below_the_heading_and_each_has_its_page(count: int, options: dict[str, str]) -> None:
    found = pages(count, 1, **options)
    contents = next(text for text in found if "Contents\n" in text)
    assert "Card number" in contents
    listed = "\n".join(found[1 : next(number for number, text in enumerate(found) if "What is it?" in text)])
    for number in range(1, count + 1):
        assert f"{number:04} Card number {number} " in listed
    assert all(text.strip() for text in found)


@pytest.mark.slow
def test_contents_of_many_cards_stand_in_two_columns() -> None:
    found = pages(200, 1)
    listed = [
        text for text in found if "Card number" in text and "What is it?" not in text and "Cards by tag" not in text
    ]
    assert len(listed) <= 3


@pytest.mark.slow
def test_contents_say_as_much_as_is_asked_for() -> None:
    groups, none = pages(20, 1, contents="groups"), pages(20, 1, contents="none")
    assert "Contents" in groups[0]
    assert "Machine learning 14 cards" in groups[0]
    assert "Card number" not in groups[0]
    assert not any("Contents" in text for text in none)
    assert len(none) == len(groups) == len(pages(20, 1, contents="full")) - 1


@pytest.mark.slow
def test_many_tags_have_a_line_each_where_they_lead_to_several_cards() -> None:
    found = pages(60, 70)
    assert "Tags 6" in found[0]
    assert "tag0001" not in found[0]
    index = "\n".join(found[next(number for number, text in enumerate(found) if "Cards by tag\n" in text) :])
    assert "tag0006" in index
    assert "Card number" not in index


class Lengths:
    """A printer of documents whose first word is their number of pages, and the second one the anchor on the last."""

    def __init__(self) -> None:
        self.printed: list[str] = []

    def print(self, orders: Iterable[LayoutJob]) -> list[LaidOut]:
        made = []
        for order in orders:
            self.printed.append(order.document)
            pages, anchor, *_ = order.document.split()
            places = {anchor: Place(int(pages) - 1, 0, 0)}
            made.append(LaidOut(int(pages), places, Spool().append(b"")))
        return made


@pytest.mark.parametrize("grows", [False, True])
def test_an_index_is_laid_out_when_the_pages_before_it_are_known(*, grows: bool) -> None:
    pieces = [
        Piece(document=lambda numbers: f"{2 if grows and numbers else 1} contents {numbers.get('tags')}"),
        Piece(document=lambda _numbers: "3 cards", numbered=False),
        Piece(document=lambda numbers: f"1 tags {numbers.get('cards')}", last=True),
    ]
    printer = Lengths()
    done = paged(
        cast("DocumentPrinter", printer),
        text_paper("a4", "auto", 1),
        pieces,
        heads=lambda _places, _run, _pages: "1 heads",
    )
    numbers = ["4", "5"] if grows else ["4"]
    assert [document for document in printer.printed if " tags " in document] == [f"1 tags {one}" for one in numbers]
    assert [document for document in printer.printed if " contents " in document][-1].endswith("6" if grows else "5")
    assert done.places["tags"].page + 1 == (6 if grows else 5)
    assert done.page_count == (6 if grows else 5)
