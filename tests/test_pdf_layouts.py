"""Papers and layouts, measured on the PDF."""

from __future__ import annotations

import io
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pdfplumber
import pypdfium2
import pytest

from cardpipe.errors import UsageError
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing.finish import destinations
from cardpipe.writers.pdf.composing.style import style
from page_sample import DRAWN, PROSE, TABLE, WIDE_MATH, card, deck, sample, silent

if TYPE_CHECKING:
    from cardpipe.writers.api import RenderedDeck

MILLIMETRE = 72 / 25.4


def write(rendered: RenderedDeck, **options: str) -> bytes:
    return WRITER.write(rendered, options, silent)[0].data


def ink(data: bytes) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom edge of what each page shows, in millimetres; of an empty page all are 0."""
    boxes = []
    with pypdfium2.PdfDocument(data) as opened:
        for page in opened:
            grey = page.render(scale=2, grayscale=True).to_numpy()
            rows, columns = (grey.reshape(grey.shape[0], -1) < 200).nonzero()
            edges = (columns.min(), rows.min(), columns.max(), rows.max()) if len(rows) else (0, 0, 0, 0)
            boxes.append(tuple(float(edge) / 2 / MILLIMETRE for edge in edges))
    return boxes  # type: ignore[return-value]


def hostile() -> RenderedDeck:
    wide = "".join(f"<td>column{number} {'wordwithoutend' * 3}</td>" for number in range(14))
    return deck(
        card(
            "ML0001",
            "An unbreakable " + "title" * 60,
            answer=f"<p>{'word' * 200}</p>",
            details=f'{WIDE_MATH}<div class="table"><table><tbody><tr>{wide}</tr></tbody></table></div>{TABLE}',
            figures=[DRAWN],
        ),
        card("ML0002", details=f"<pre><code>{'x' * 500}</code></pre><p>{'WWWW' * 90}</p>{PROSE}"),
    )


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize(
    ("options", "width", "height"),
    [
        ({"paper": "a5"}, 148, 210),
        ({"paper": "legal"}, 215.9, 355.6),
        ({"paper": "170x240mm"}, 170, 240),
        ({"paper": "8x10in", "margin": "0.5in"}, 203.2, 254),
        ({"text": "large"}, 210, 297),
    ],
)
def test_the_sheet_on_other_papers(options: dict[str, str], width: float, height: float) -> None:
    data = write(hostile(), **options)
    with pdfplumber.open(io.BytesIO(data)) as opened:
        assert {(round(float(page.width), 1), round(float(page.height), 1)) for page in opened.pages} == {
            (round(width * MILLIMETRE, 1), round(height * MILLIMETRE, 1))
        }
    for left, top, right, bottom in ink(data):
        assert left > 11
        assert top > 3
        assert right < width - 11
        assert bottom < height - 3


def test_large_text_is_16_points_and_its_links_still_lead_to_their_cards() -> None:
    data = write(sample(), text="large")
    places = destinations(data, foot=10)
    with pdfplumber.open(io.BytesIO(data)) as opened:
        sizes = [round(float(letter["size"])) for page in opened.pages for letter in page.chars]
        assert max(set(sizes), key=sizes.count) == 16
        place = places["card-ML0044"]
        page = opened.pages[place.page]
        title = page.search("Perceptron")[0]
        assert abs(float(page.height) - place.top - title["top"]) < 8


@pytest.mark.parametrize(
    "options", [{"paper": "9x9mm"}, {"margin": "5mm"}, {"paper": "a5", "margin": "60mm"}, {"paper": "3000x100mm"}]
)
def test_paper_without_room_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        write(sample(), **options)


def test_a_quiz_asks_first_and_answers_last_with_true_page_numbers() -> None:
    rendered = sample()
    data = write(rendered, layout="quiz", lines="8")
    with pdfplumber.open(io.BytesIO(data)) as opened:
        texts = [" ".join((page.extract_text() or "").split()) for page in opened.pages]
    # A heading that had no room left is counted at the foot of the page before.
    places = destinations(data, foot=60)
    for card_ in rendered.cards:
        asked, answered = places[f"card-{card_.id}"].page, places[f"answer-{card_.id}"].page
        assert asked < places["answers"].page <= answered
        assert f"Answer on page {answered + 1}" in texts[asked]
        assert any(f"Question on page {asked + 1}" in text for text in texts[answered:])
    assert f"Answers from page {places['answers'].page + 1}" in texts[0]


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("options", [{}, {"back": "answer"}, {"lines": "0"}, {"paper": "a5", "text": "large"}])
def test_a_quiz_stays_on_its_paper_whatever_it_contains(options: dict[str, str]) -> None:
    data = write(hostile(), layout="quiz", **options)
    assert data == write(hostile(), layout="quiz", **options)
    with pypdfium2.PdfDocument(data) as opened:
        width, height = (side / MILLIMETRE for side in opened[0].get_size())
    for left, top, right, bottom in ink(data):
        assert (left == right == 0) or (left > 8 and top > 8 and right < width - 8 and bottom < height - 8)


def test_a_quiz_of_no_card_is_a_page() -> None:
    with pypdfium2.PdfDocument(write(deck(), layout="quiz")) as opened:
        assert len(opened) == 1


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("layout", ["sheet", "quiz", "booklet"])
def test_tags_in_the_margin_run_into_no_other_card_and_over_no_foot(layout: str) -> None:
    tags = ("regularisation", "optimisation", "NN", "MATH", "classification", "linear-models")
    cards = [card(f"ML{number:04}", answer="<p>Brief.</p>" if number % 2 else "", tags=tags) for number in range(1, 31)]
    data = WRITER.write(deck(*cards), {"layout": layout, "lines": "0"}, silent)[0].data
    with pdfplumber.open(io.BytesIO(data)) as opened:
        for page in opened.pages:
            # Each half of a booklet's sheet has a margin of its own.
            halves = 2 if layout == "booklet" else 1
            for half in range(halves):
                left, right = (float(page.width) / halves * side for side in (half, half + 1))
                words = page.crop((left, 0, right, float(page.height))).extract_words()
                marks = [word for word in words if word["text"] in tags or word["text"].startswith("ML0")]
                margin = min((word["x0"] for word in marks), default=0.0)
                hanging = sorted((word for word in marks if word["x0"] < margin + 3), key=lambda word: word["top"])
                for above, below in pairwise(hanging):
                    assert above["bottom"] <= below["top"] + 2, (above["text"], below["text"])
                said = Counter(word["text"] for word in hanging if word["text"] in tags)
                # Each card on this page has all of its tags here.
                assert len(set(said.values())) <= 1


@pytest.mark.parametrize(
    ("layout", "upright"), [("sheet", True), ("booklet", True), ("cards", False), ("quiz", False), ("slides", False)]
)
def test_emphasis_in_a_question_stands_out(layout: str, *, upright: bool) -> None:
    data = write(deck(card("ML0001", question="<p>What can it <em>never</em> do?</p>")), layout=layout)
    with pdfplumber.open(io.BytesIO(data)) as opened:
        fonts = {
            word["text"]: word["fontname"]
            for page in opened.pages
            for word in page.extract_words(extra_attrs=["fontname"])
            if word["text"] in {"can", "never"}
        }
    assert ("It" in fonts["can"].partition("+")[2], "It" in fonts["never"].partition("+")[2]) == (upright, not upright)


@pytest.mark.parametrize(
    ("word", "named"), [("words", set()), ("学習", {"sheet han JP"}), ("सीखना", {"sheet Devanagari"})]
)
def test_the_style_names_only_families_of_scripts_that_the_deck_has(word: str, named: set[str]) -> None:
    made = style(deck(card("ML0001", details=f"<p>{word}</p>")), "sheet")
    assert {name for name in ("sheet han JP", "sheet Devanagari") if f'"{name}"' in made} == named
