"""The test page: printed with a simulated misalignment, it shows the offset that corrects it."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pdfplumber
import pikepdf
import pypdfium2
import pytest

from cardpipe.errors import UsageError
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing.paper import MILLIMETRE
from page_sample import card, deck, sample, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardpipe.writers.api import RenderedDeck

SCALE = 20
"""Pixels a millimetre."""
CASES = [
    ("cards", "a4", "long"),
    ("cards", "a4", "short"),
    ("cards", "letter", "long"),
    ("booklet", "a4", "short"),
    ("booklet", "a4", "long"),
    ("booklet", "letter", "short"),
]


class Printed(NamedTuple):
    """A sheet as it comes out of the printer: both sides as they look from their own side."""

    front: NDArray[np.uint8]
    back: NDArray[np.uint8]
    book_like: bool
    """Whether the sheet was turned like the page of a book."""


def files(rendered: RenderedDeck, **options: str) -> dict[str, bytes]:
    return {artefact.path: artefact.data for artefact in WRITER.write(rendered, options, silent)}


def page_for(layout: str, **options: str) -> bytes:
    one = deck(card("ML0001", answer="<p>Yes.</p>"))
    return files(one, layout=layout, **{"test-page": "yes"}, **options)["sample-test-page.pdf"]


def print_crooked(data: bytes, duplex: str, feed: tuple[float, float]) -> Printed:
    """Print the first two pages onto one sheet, the back so many millimetres to the right and down."""
    with pypdfium2.PdfDocument(data) as opened:
        sides = [opened[number].render(scale=SCALE / MILLIMETRE, grayscale=True).to_numpy() for number in (0, 1)]
        portrait = opened[0].get_width() < opened[0].get_height()
    front, back = (side.reshape(side.shape[:2]).copy() for side in sides)
    right, down = (round(length * SCALE) for length in feed)
    return Printed(front, np.roll(back, (down, right), axis=(0, 1)), (duplex == "long") == portrait)


def against_the_light(sheet: Printed) -> NDArray[np.uint8]:
    """The front as it shines through to who looks at the back."""
    return sheet.front[:, ::-1] if sheet.book_like else sheet.front[::-1]


def dark(line: NDArray[np.uint8]) -> list[float]:
    """The middle of each run of dark pixels."""
    places = np.flatnonzero(line < 128)
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(places) else []
    return [float(run.mean()) for run in runs]


def read(sheet: Printed) -> tuple[float, float]:
    """What a reader finds who knows no more than the words say, and that the third of the five long ticks is 0."""
    shine = against_the_light(sheet)
    right, down = (_meets(front, back) for front, back in ((shine, sheet.back), (shine.T, sheet.back.T)))
    return right, down


def _meets(front: NDArray[np.uint8], back: NDArray[np.uint8]) -> float:
    """Where the arm that stands upright in this view meets the scale that lies in it, in millimetres."""
    row, column = (side // 2 for side in front.shape)
    near = slice(column - 15 * SCALE, column + 15 * SCALE)
    (arm,) = dark(front[row + 18 * SCALE, near])
    rows = range(row + 12 * SCALE, row + 24 * SCALE)
    axis = next(at for at in rows if (back[at, column - 6 * SCALE : column + 6 * SCALE] < 128).mean() > 0.9)
    ticks = dark(back[axis - 4 * SCALE, near])
    assert len(ticks) == 5
    assert all(abs(after - before - 5 * SCALE) < 2 for before, after in pairwise(ticks))
    return (arm - ticks[2]) / SCALE


def option(reading: tuple[float, float]) -> str:
    return ",".join(f"{round(length, 1):g}" for length in reading)


@pytest.mark.quick_cases(every=6)
@pytest.mark.parametrize(("layout", "paper", "duplex"), CASES)
@pytest.mark.parametrize("feed", [(0.0, 0.0), (1.5, -0.8), (-2.2, 3.1)])
def test_the_offset_that_is_read_corrects_the_misalignment(
    layout: str, paper: str, duplex: str, feed: tuple[float, float]
) -> None:
    chosen = {"paper": paper, "duplex": duplex}
    reading = read(print_crooked(page_for(layout, **chosen), duplex, feed))
    assert reading == pytest.approx((-feed[0], -feed[1]), abs=0.1)
    # Printed again with that offset, the scales read zero.
    again = print_crooked(page_for(layout, offset=option(reading), **chosen), duplex, feed)
    assert read(again) == pytest.approx((0, 0), abs=0.1)


@pytest.mark.parametrize("duplex", ["long", "short"])
def test_cards_register_with_the_offset_that_was_read(duplex: str) -> None:
    """On the raster: the foot of a back lies behind that of its front."""
    feed = (1.5, -0.8)
    reading = read(print_crooked(page_for("cards", duplex=duplex), duplex, feed))
    # A frame around each card on both sides would show it best; the words at the foot are in the same place on both.
    cards = deck(card("ML0001", "Title", question="<p>HHH</p>", answer="<p>HHH</p>"))

    def miss(offset: str) -> float:
        data = files(cards, layout="cards", card="1x1", duplex=duplex, back="answer", offset=offset)["sample.pdf"]
        sheet = print_crooked(data, duplex, feed)
        # A card turns like the page of a book, so its foot stands to the left on either side.
        front = boxes(sheet.front, SCALE)
        back = boxes(sheet.back if sheet.book_like else sheet.back[::-1, ::-1], SCALE)
        return max(abs(one - other) for one, other in zip(front, back, strict=True)) / SCALE

    assert miss("0,0") > 0.7
    assert miss(option(reading)) < 0.2


def boxes(side: NDArray[np.uint8], scale: int) -> tuple[float, float]:
    """Left and lower edge of the foot of a card as large as the sheet, whose marks are at its edge."""
    inside = side[round(side.shape[0] * 0.85) : -15 * scale + 2 * scale, 9 * scale : -9 * scale] < 128
    rows, columns = np.nonzero(inside)
    return float(columns.min()), float(rows.max())


@pytest.mark.parametrize(("layout", "paper", "duplex"), CASES)
def test_the_arrow_shines_into_its_outline_only_if_the_edge_is_right(layout: str, paper: str, duplex: str) -> None:
    data = page_for(layout, paper=paper, duplex=duplex)
    wrong = "long" if duplex == "short" else "short"
    for turned, fits in ((duplex, True), (wrong, False)):
        sheet = print_crooked(data, turned, (0, 0))
        shaft = stroke(against_the_light(sheet), 0)
        side = stroke(sheet.back, 1.5)
        assert (shaft[0] < side[1] and side[0] < shaft[1]) is fits


def stroke(side: NDArray[np.uint8], right: float) -> tuple[int, int]:
    """Both ends of the one upright stroke of 5 to 15 mm on a line near the middle, away from the cross."""
    line = side[:, side.shape[1] // 2 + round(right * SCALE)].copy()
    away = round(26 * SCALE)
    line[len(line) // 2 - away : len(line) // 2 + away] = 255
    line[: 22 * SCALE] = line[-22 * SCALE :] = 255  # the rulers at the edges
    places = np.flatnonzero(line < 128)
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    (found,) = [run for run in runs if 5 * SCALE < len(run) < 15 * SCALE]
    return int(found[0]), int(found[-1])


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("paper", ["a4", "a5", "letter", "legal", "140x200mm"])
@pytest.mark.parametrize("layout", ["cards", "booklet"])
@pytest.mark.parametrize("duplex", ["long", "short"])
def test_rulers_words_and_marks_keep_clear_of_each_other(paper: str, layout: str, duplex: str) -> None:
    with pdfplumber.open(io.BytesIO(page_for(layout, paper=paper, duplex=duplex))) as opened:
        assert len(opened.pages) == 2
        for page in opened.pages:
            words = page.extract_words()
            spoken = [word for word in words if len(word["text"]) > 3]
            assert len(spoken) > 20
            left, right = min(word["x0"] for word in spoken), max(word["x1"] for word in spoken)
            assert left > 3
            assert right < page.width - 3
            assert max(word["bottom"] for word in words) < page.height
            for one in words:
                for other in words:
                    apart = (
                        one["x1"] <= other["x0"] + 0.3
                        or other["x1"] <= one["x0"] + 0.3
                        or one["bottom"] <= other["top"] + 2
                        or other["bottom"] <= one["top"] + 2
                    )
                    assert one is other or apart, (one["text"], other["text"])
        inches = paper in {"letter", "legal"}
        assert ("0.5″" in opened.pages[0].extract_text()) is inches


def test_rulers_count_millimetres_and_inches_from_the_edge() -> None:
    with pdfplumber.open(io.BytesIO(page_for("cards", paper="letter"))) as opened:
        for page in opened.pages:
            for label, distance in (("10", 10.0), ("0.5″", 12.7)):
                found = [word for word in page.extract_words() if word["text"] == label]
                middles = [(word["x0"] + word["x1"]) / 2 / MILLIMETRE for word in found]
                assert min(abs(place - distance) for place in middles) < 0.3
                assert min(abs(place - (215.9 - distance)) for place in middles) < 0.3


def test_it_is_written_beside_the_deck_and_only_where_backs_have_fronts() -> None:
    written = files(sample(), layout="cards", **{"test-page": "yes"})
    assert list(written) == ["sample-test-page.pdf", "sample.pdf"]
    assert list(files(sample(), layout="cards")) == ["sample.pdf"]
    for layout in ("sheet", "quiz", "slides", "fold"):
        with pytest.raises(UsageError, match="single-sided"):
            files(sample(), layout=layout, **{"test-page": "yes"})
    with pytest.raises(UsageError, match="too small"):
        files(sample(), layout="cards", paper="4x6in", card="1x1", **{"test-page": "yes"})


def test_it_asks_for_both_sides_at_full_size_and_has_the_same_bytes() -> None:
    data = page_for("booklet")
    assert data == page_for("booklet")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.Root.ViewerPreferences.Duplex == "/DuplexFlipShortEdge"
        assert pdf.Root.ViewerPreferences.PrintScaling == "/None"
