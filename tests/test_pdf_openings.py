"""Beginnings and breaks of long cards, and their labels: no empty pages, no gaps, no broken tags."""

from __future__ import annotations

import io
import re
from itertools import pairwise

import pdfplumber
import pytest

from cardpipe.writers.pdf import WRITER
from page_sample import PROSE, card, deck, silent

LINE = "<p>One line of text stands here.</p>\n"


def pages(*cards: object, **options: str) -> list[str]:
    """The text of each page, without head and foot."""
    data = WRITER.write(deck(*cards, subdecks=(("ML", "Machine learning"),)), options, silent)[0].data  # type: ignore[arg-type]
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        return [page.crop((0, 55, page.width, float(page.height) - 50)).extract_text() for page in pdf.pages]


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("part", ["question", "answer", "details"])
@pytest.mark.parametrize(
    "options", [{}, {"columns": "2"}, {"layout": "quiz"}, {"paper": "a5"}, {"text": "large"}], ids=str
)
def test_a_long_part_leaves_no_page_empty_and_begins_below_its_title(part: str, options: dict[str, str]) -> None:
    found = pages(card("ML0001", "First of all", **{part: LINE * 70}), **options)  # type: ignore[arg-type]
    assert all(text.strip() for text in found)
    [title] = [text for text in found if re.search(r"(?m)First of all$", text) and LINE[3:20] in text][:1] or [""]
    if part != "question" or options.get("layout") != "quiz":
        assert title
    lone = [text for text in found if text.strip() in {"Machine learning", "ML Machine learning", "Answers"}]
    assert not lone


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["sheet", "quiz"])
def test_pages_are_filled_by_long_cards(layout: str) -> None:
    cards = [card(f"ML{number:04}", details=PROSE * (9 + 5 * number % 8), tags=()) for number in range(1, 16)]
    data = WRITER.write(deck(*cards), {"layout": layout, "contents": "none", "lines": "0"}, silent)[0].data
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        bodies = [page.crop((0, 55, page.width, float(page.height) - 60)) for page in pdf.pages[2:-2]]
        ends = [max(word["bottom"] for word in body.extract_words()) / float(body.bbox[3]) for body in bodies]
    assert min(ends) > 0.85


@pytest.mark.parametrize("filler", range(4, 13, 2))
def test_a_long_card_begins_only_where_its_answer_and_two_lines_have_room(filler: int) -> None:
    first = card("ML0001", details=PROSE * filler, tags=())
    second = card("ML0002", "The second", answer=LINE * 3, details=PROSE * 9, tags=())
    [page] = [text for text in pages(first, second) if "The second\nWhat is it?" in text]
    after = page.partition("The second")[2]
    assert after.count("One line of text") == 3
    assert len(after.strip().splitlines()) >= 1 + 3 + 2


def test_a_short_card_is_not_parted() -> None:
    cards = [card(f"ML{number:04}", details=f"{PROSE}<p>End of {number}.</p>", tags=()) for number in range(1, 30)]
    for text in pages(*cards, contents="none"):
        shown = re.findall(r"^ML(\d{4}) A title", text, re.MULTILINE)
        assert len(shown) == text.count("End of")


TAGS = ("supervised-learning-algorithms", "machine_learning/deep_learning", "medicine::pharmacology::antibiotics")


@pytest.mark.parametrize("options", [{}, {"layout": "quiz"}, {"paper": "a5"}, {"columns": "2"}], ids=str)
@pytest.mark.parametrize("long", ["Thermodynamikgleichungen", "NN"])
def test_no_tag_is_broken_within_a_word(options: dict[str, str], long: str) -> None:
    data = WRITER.write(deck(card("ML0001", tags=(*TAGS, long))), {**options, "contents": "none"}, silent)[0].data
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        # The title page and the index have the tags too.
        said = pdf.pages[-2 if "layout" not in options and "columns" not in options else -1].extract_text(x_tolerance=1)
    for part in re.findall(r"[^-_/:]+", "-".join((*TAGS, long))):
        assert part in said


def test_marks_do_not_reach_into_the_text() -> None:
    data = WRITER.write(deck(card("ML0001", tags=("classification", "MATHEMATICS"))), {"contents": "none"}, silent)[
        0
    ].data
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        page = next(page for page in pdf.pages if "What is it?" in page.extract_text())
        text = page.search("What is it?")[0]["x0"]
        assert all(page.search(tag)[0]["x1"] < text for tag in ("classification", "MATHEMATICS"))


def test_code_that_is_too_long_has_a_mark_at_each_break_and_no_more_words() -> None:
    code = "value = function(" + ", ".join(f"argument{number}" for number in range(20)) + ")\nshort = 1"
    made = card("ML0001", details=f"<pre><code>{code}</code></pre>")
    data = WRITER.write(deck(made), {"contents": "none"}, silent)[0].data
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        page = next(page for page in pdf.pages if "value" in page.extract_text())
        lines = page.extract_text().splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("value"))
        stop = next(number for number, line in enumerate(lines) if line == "short = 1")
        marks = [shape for shape in page.rects + page.lines + page.curves if shape["width"] < 8 and shape["height"] < 8]
    assert " ".join(lines[start : stop + 1]) == code.replace("\n", " ")
    assert stop - start > 2
    tops = {round(float(mark["top"]) / 11) for mark in marks}
    assert len(tops) >= stop - start - 1


@pytest.mark.slow
def test_cards_stay_in_their_order() -> None:
    found = pages(
        *(card(f"ML{number:04}", answer=LINE * (1 + number * 7 % 50), tags=()) for number in range(1, 20)),
        contents="none",
    )
    order = [int(name) for text in found for name in re.findall(r"^ML(\d{4}) A title", text, re.MULTILINE)]
    assert all(second == first + 1 for first, second in pairwise(order))
