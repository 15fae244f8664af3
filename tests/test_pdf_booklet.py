"""The booklet: page order when folded and stapled, for both kinds of duplex printing."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pdfplumber
import pikepdf
import pypdfium2
import pytest

from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.layouts.booklet import Half, imposed, side_labels
from page_sample import PROSE, card, deck, sample, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardpipe.writers.api import RenderedDeck


def write(rendered: RenderedDeck, **options: str) -> bytes:
    return WRITER.write(rendered, {"layout": "booklet", **options}, silent)[0].data


def numbered(cards: int, language: str = "en") -> RenderedDeck:
    made = (card(f"ML{number:04}", f"Card number {number}", details=PROSE * 3) for number in range(1, cards + 1))
    return deck(*made, language=language)


def folded(data: bytes) -> list[list[str]]:
    """What each half of each side says at its foot: `3` of `3 / 12`, empty for a page without a number."""
    found = []
    with pdfplumber.open(io.BytesIO(data)) as opened:
        for page in opened.pages:
            middle = float(page.width) / 2
            halves = [(0, 0, middle, float(page.height)), (middle, 0, float(page.width), float(page.height))]
            texts = [page.crop(box).extract_text() for box in halves]
            numbers = [re.search(r"^(\d+) / \d+$", text, re.MULTILINE) for text in texts]
            found.append([number[1] if number else "" for number in numbers])
    return found


def images(data: bytes) -> list[NDArray[np.uint8]]:
    with pypdfium2.PdfDocument(data) as opened:
        return [page.render(scale=1, grayscale=True).to_numpy().squeeze() for page in opened]


@pytest.mark.parametrize("pages", [1, 2, 4, 5, 8, 11, 16])
@pytest.mark.parametrize("from_right", [False, True])
def test_leaves_that_lie_in_one_another_are_read_in_order(pages: int, from_right: bool) -> None:
    """Fold the sheets as a reader does, and leaf through them."""
    halves = imposed(pages, from_right=from_right)
    assert len(halves) % 4 == 0
    assert len(halves) - pages < 4
    where = {(half.side, half.right): number for number, half in enumerate(halves)}
    # From the outermost sheet inwards: the front's second half, the back's first; then outwards the other two.
    inwards = [(side, (side % 2 == 0) ^ from_right) for side in range(len(halves) // 2)]
    outwards = [(side, (side % 2 == 1) ^ from_right) for side in reversed(range(len(halves) // 2))]
    assert [where[place] for place in (*inwards, *outwards)] == list(range(len(halves)))


def test_an_upside_down_back_has_its_halves_swapped() -> None:
    upright, turned = imposed(8), imposed(8, turned_backs=True)
    for one, other in zip(upright, turned, strict=True):
        back = one.side % 2 == 1
        assert other == Half(one.side, right=one.right ^ back, turned=back)


def test_the_pages_stand_in_pairs_on_a_landscape_sheet() -> None:
    data = write(numbered(23))
    with pikepdf.open(io.BytesIO(data)) as opened:
        boxes = {tuple(round(float(side)) for side in page.mediabox) for page in opened.pages}
        assert opened.Root.ViewerPreferences.Duplex == "/DuplexFlipShortEdge"
    assert boxes == {(0, 0, 842, 595)}
    sides = folded(data)
    count = 2 * len(sides)
    assert count % 4 == 0
    expected = []
    for sheet in range(count // 4):
        expected += [[count - 2 * sheet, 1 + 2 * sheet], [2 + 2 * sheet, count - 1 - 2 * sheet]]
    for side, numbers in zip(sides, expected, strict=True):
        for said, number in zip(side, numbers, strict=True):
            assert said in {str(number), ""}  # the title page and the last, empty ones say nothing
    assert sum(bool(said) for side in sides for said in side) >= count - 4


@pytest.mark.slow
def test_contents_name_the_booklets_own_pages() -> None:
    data = write(numbered(23))
    sides = folded(data)
    with pdfplumber.open(io.BytesIO(data)) as opened:
        halves = {}
        for page, numbers in zip(opened.pages, sides, strict=True):
            middle = float(page.width) / 2
            for left, number in zip((0.0, middle), numbers, strict=True):
                box = (left, 0, left + middle, float(page.height))
                halves[number] = page.crop(box).extract_text()
    listed = re.findall(
        r"ML(\d{4}) Card number \d+ (\d+)", next(text for text in halves.values() if "Contents" in text)
    )
    assert len(listed) >= 20
    for name, number in listed:
        assert f"Card number {int(name)}\n" in halves[number]


def test_the_outline_leads_to_the_half_where_the_card_stands() -> None:
    data = write(numbered(23))
    with pikepdf.open(io.BytesIO(data)) as opened, pdfplumber.open(io.BytesIO(data)) as read:
        pages = {page.obj.objgen: number for number, page in enumerate(opened.pages)}
        with opened.open_outline() as outline:
            entries = [entry for group in outline.root for entry in group.children]
            targets = [(entry.title, entry.destination) for entry in entries]
        assert len(targets) == 23
        for title, target in targets:
            assert isinstance(target, pikepdf.Array)
            page, _, left, top, *_ = target
            found = read.pages[pages[page.objgen]]
            upper = float(found.height) - float(top)
            strip = found.crop((float(left) - 1, max(0, upper - 2), float(found.width), upper + 25))
            assert title.partition("  ")[2] in strip.extract_text()


def test_a_printer_that_turns_over_the_long_edge_gets_backs_on_their_heads() -> None:
    short, long = images(write(numbered(23))), images(write(numbered(23), duplex="long"))
    assert len(short) == len(long)
    for number, (one, other) in enumerate(zip(short, long, strict=True)):
        turned = other[::-1, ::-1] if number % 2 else other
        assert np.mean(np.abs(one.astype(int) - turned.astype(int)) > 100) < 0.01


@pytest.mark.slow
def test_a_book_that_is_read_from_the_right_opens_there() -> None:
    sides = folded(write(numbered(23, language="ar")))
    assert sides[1] == [str(2 * len(sides) - 1), "2"] or sides[1][1] == "2"


@pytest.mark.parametrize("options", [{"paper": "letter"}, {"paper": "a5"}, {"text": "large"}, {"offset": "1,-1"}])
def test_nothing_leaves_its_half(options: dict[str, str]) -> None:
    data = write(sample(), **options)
    for image in images(data):
        middle = image.shape[1] // 2
        assert image[:, middle - 4 : middle + 4].min() > 200
        assert image[:, :8].min() > 200
        assert image[:8].min() > 200
        assert image[-8:].min() > 200


def test_the_same_bytes_every_time() -> None:
    assert write(sample()) == write(sample())


@pytest.mark.quick_cases("en-options1")
@pytest.mark.parametrize("options", [{}, {"duplex": "long"}])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_side_is_called_by_the_numbers_that_are_printed_on_it(options: dict[str, str], language: str) -> None:
    data = write(numbered(23, language), **options)
    with pypdfium2.PdfDocument(data) as opened:
        labels = [opened.get_page_label(number) for number in range(len(opened))]
    if not options:
        for side, (label, said) in enumerate(zip(labels, folded(data), strict=True)):
            printed = [number for number in (said[::-1] if language == "ar" else said) if number]
            # The title page prints no number.
            assert label.split(", ") == [*printed, *(["1"] if side == 0 else [])]
    last = max(int(number) for label in labels for number in label.split(", "))
    every = sorted(int(number) for label in labels for number in label.split(", "))
    assert every == list(range(1, last + 1))


@pytest.mark.parametrize(
    ("pages", "labels"),
    [(1, ["1", ""]), (3, ["1", "2, 3"]), (5, ["1", "2", "3", "4, 5"]), (8, ["8, 1", "2, 7", "6, 3", "4, 5"])],
)
def test_empty_pages_have_no_number(pages: int, labels: list[str]) -> None:
    for from_right in (False, True):
        for turned in (False, True):
            assert side_labels(imposed(pages, from_right=from_right, turned_backs=turned), pages) == labels
