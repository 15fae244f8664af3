"""Slides, measured on the PDF."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pdfplumber
import pikepdf
import pypdfium2
import pytest

from cardpipe.errors import UsageError
from cardpipe.text.escaping import PlainText
from cardpipe.writers.api import Asset, RelatedCard
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing.paper import MILLIMETRE
from page_sample import DISPLAY_MATH, DRAWN, INLINE, MEDIA, PROSE, WIDE_MATH, card, deck, sample, silent, svg

if TYPE_CHECKING:
    from pathlib import Path

    from cardpipe.writers.api import RenderedDeck
    from conftest import Run

WIDTH, HEIGHT = 13.333 * 72, 7.5 * 72


def write(rendered: RenderedDeck, **options: str) -> bytes:
    return WRITER.write(rendered, {"layout": "slides", **options}, silent)[0].data


def texts(data: bytes) -> list[str]:
    with pypdfium2.PdfDocument(data) as opened:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in opened]


def outline(data: bytes) -> list[tuple[int, str, int]]:
    with pypdfium2.PdfDocument(data) as opened:
        return [(entry.level, entry.get_title(), entry.get_dest().get_index()) for entry in opened.get_toc()]


def links(data: bytes) -> list[tuple[int, int]]:
    """From which page to which."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        names = list(pdf.Root.Names.Dests.Names)
        places = {str(name): pages[place[0].objgen] for name, place in zip(names[::2], names[1::2], strict=True)}
        return [
            (number, places[str(note.Dest)])
            for number, page in enumerate(pdf.pages)
            for note in page.get("/Annots", ())
            if "/Dest" in note
        ]


def test_the_question_comes_first_then_the_answer_then_the_details() -> None:
    data = write(sample())
    pages = texts(data)
    starts = {title.split()[0]: page for level, title, page in outline(data) if level == 1}
    assert "Machine learning interview" in pages[0]
    assert "3 cards" in pages[0]
    first = starts["ML0044"]
    assert "What is a perceptron" in pages[first]
    assert "weighted sum" not in pages[first]
    assert "takes a weighted sum" in pages[first + 1]
    assert "The weights of a layer" in pages[first + 2]
    assert list(starts) == ["ML0044", "ML0045", "DL0012"]
    assert sorted(starts.values()) == list(starts.values())


def test_slides_are_16_to_9_or_as_large_as_one_says() -> None:
    for options, size in (({}, (WIDTH, HEIGHT)), ({"paper": "10x7.5in"}, (720, 540)), ({"paper": "90x160mm"}, None)):
        data = write(sample(), **options)
        wanted = size or (90 * MILLIMETRE, 160 * MILLIMETRE)
        with pypdfium2.PdfDocument(data) as opened:
            for page in opened:
                assert page.get_size() == pytest.approx(wanted, abs=0.1)
    with pytest.raises(UsageError, match="No text fits"):
        write(sample(), margin="90mm")


def test_links_to_related_cards_lead_to_their_questions_however_far_away() -> None:
    count = 80  # more slides than are laid out together
    first = RelatedCard(id="ML0001", title=PlainText("Title 1"), included=True)
    last = RelatedCard(id=f"ML{count:04}", title=PlainText(f"Title {count}"), included=True)
    cards = [card(f"ML{number:04}", f"Title {number}", details=PROSE) for number in range(1, count + 1)]
    cards[0] = card("ML0001", "Title 1", related=[last], details='<p><a href="#card-ML0002">next</a></p>')
    stays = '<p>The text &lt;a href="#card-ML0003"> stays.</p>'
    cards[-1] = card(last.id, last.title.characters, related=[first], details=stays)
    data = write(deck(*cards, subdecks=()))
    starts = {title.split()[0]: page for level, title, page in outline(data) if level == 1}
    assert links(data) == [
        (starts["ML0001"] + 2, starts["ML0002"]),
        (starts["ML0001"] + 2, starts[last.id]),
        (starts[last.id] + 2, starts["ML0001"]),
    ]
    assert 'href="#card' in texts(data)[-1]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        addresses = [str(note.A.URI) for page in pdf.pages for note in page.get("/Annots", ()) if "/A" in note]
    assert not [address for address in addresses if ".invalid" in address]


def test_what_does_not_fit_shrinks_then_goes_on_and_says_so() -> None:
    data = write(deck(card("ML0001", "Long", answer=PROSE * 3, details=PROSE * 30, assets=[INLINE.name])))
    pages = texts(data)
    count = len([page for page in pages if "Details," in page])
    assert count > 2
    assert [page for page in pages if f"Details, {count} of {count}" in page] == [pages[-1]]
    assert " ".join(pages).count("threshold") == 33
    with pdfplumber.open(io.BytesIO(data)) as opened:
        sizes = {
            round(letter["size"]) for page in opened.pages for letter in page.chars if "Serif" in letter["fontname"]
        }
    assert min(sizes) >= 18


def hostile() -> RenderedDeck:
    rows = "".join(f"<tr><td>row{n}</td><td>a cell with some words and end{n}</td></tr>" for n in range(60))
    wide = "".join(f"<td>column{number}wordwithoutend</td>" for number in range(14))
    tables = "".join(
        f'<div class="table"><table><tbody>{part}</tbody></table></div>' for part in (rows, f"<tr>{wide}</tr>")
    )
    return deck(
        card("ML0001", "title" * 60, question=f"<p>{'W' * 90}</p>", answer=f"<p>{'word' * 200}last</p>"),
        card("ML0002", details=tables),
        card("ML0003", details=PROSE * 6 + DISPLAY_MATH + WIDE_MATH, figures=[DRAWN], assets=[INLINE.name]),
        card(
            "ML0004",
            question="<p>什么是感知机</p>",
            answer="<p>שלום עולם</p>",
            details=f"<pre><code>{'x' * 900}</code></pre>",
        ),
        card("ML0005", answer="", tags=()),
        name="A deck with a rather long name, " * 9,
    )


@pytest.mark.quick_cases("options3")
@pytest.mark.parametrize("options", [{}, {"text": "large"}, {"paper": "10x7.5in"}, {"back": "answer"}])
def test_nothing_leaves_the_slide_and_nothing_is_lost(options: dict[str, str]) -> None:
    data = write(hostile(), **options)
    assert data == write(hostile(), **options)
    with pypdfium2.PdfDocument(data) as opened:
        whole = "".join("".join(page.get_textpage().get_text_range().split()) for page in opened)
        for page in opened:
            grey = page.render(scale=1, grayscale=True).to_numpy()
            grey = grey.reshape(grey.shape[:2])
            rows, columns = (grey < 200).nonzero()
            assert len(rows)
            assert columns.min() > 30
            assert columns.max() < grey.shape[1] - 30
            assert rows.min() > 30
            assert rows.max() < grey.shape[0] - 25
    assert whole.count("word") >= 200
    assert "什么是感知机" in whole
    if "back" not in options:
        for number in range(60):
            assert f"acellwithsomewordsandend{number}" in whole
        for number in range(14):
            assert f"column{number}wordwithoutend" in whole
        assert whole.count("x" * 20) >= 40
        assert whole.count("threshold") == 6
    else:
        assert "column1word" not in whole


def test_a_small_table_stays_on_one_slide() -> None:
    rows = "".join(f"<tr><td>row{n}</td><td>a cell</td></tr>" for n in range(6))
    table = f'<div class="table"><table><tbody>{rows}</tbody></table></div>'
    for paragraphs in range(3, 7):
        pages = texts(write(deck(card("ML0001", details=PROSE * paragraphs + table))))
        assert [len(re.findall(r"row\d", page)) for page in pages if "row" in page] == [6]


def test_drawings_grow_with_the_text_and_pictures_do_not() -> None:
    drawing = Asset(MEDIA.name, "image/svg+xml", svg(100, 60))
    both = (
        f'<figure class="figure media"><img src="{MEDIA.name}" alt="A" width="100" height="60"></figure>'
        f'<figure class="figure drawn"><img src="{MEDIA.name}" alt="B" width="100" height="60"></figure>'
    )
    data = write(deck(card("ML0001", details=both), assets={MEDIA.name: drawing}))
    with pdfplumber.open(io.BytesIO(data)) as opened:
        shapes = [shape for page in opened.pages for shape in [*page.curves, *page.rects, *page.lines]]
    widths = sorted({round(shape["width"]) for shape in shapes if shape["width"] > 20})
    assert widths[0] == pytest.approx(75, abs=3)
    assert widths[-1] == pytest.approx(75 * 190.5 / 84, abs=3)


def test_decks_of_no_card_and_of_one() -> None:
    empty = texts(write(deck()))
    assert len(empty) == 1
    assert "This export holds no cards." in empty[0]
    assert len(texts(write(deck(card("ML0001"))))) == 3


def test_every_font_is_embedded() -> None:
    with pikepdf.open(io.BytesIO(write(sample()))) as pdf:
        fonts = [font for page in pdf.pages for _, font in page.Resources.get("/Font", {}).items()]
        assert fonts
        for font in fonts:
            described = font.DescendantFonts[0] if "/DescendantFonts" in font else font
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described.FontDescriptor.keys())


CHEMISTRY = r"""id: EX0001
title: K
question: Was?
answer: |
  Es.
details: |
  $$
  \ce{N2 + 3H2 <=>[\text{Fe}][450\,^\circ\text{C}] 2NH3}
  $$

  $$
  K_c = \frac{[\ce{NH3}]^2}{[\ce{N2}][\ce{H2}]^3}
  $$

  Die Einheit ist hier ein langer Satz, der etwas mehr als eine Zeile braucht, nämlich zwei ganze.

  Der Stoff.

  Noch ein Satz.
tags: [example]
related: [EX0002]
"""


def test_a_side_that_needs_a_page_more_in_the_middle_of_one_begins_at_the_top(project: Path, run: Run) -> None:
    (project / "source" / "cards" / "EX0001.yaml").write_text(CHEMISTRY, encoding="utf-8")
    result = run("-C", project, "export", "--format", "pdf", "--layout", "slides", "--id", "EX0001")
    assert result.returncode == 0, result.stderr
    with pdfplumber.open(next((project / "output").glob("*.pdf"))) as pdf:
        shown = [page.extract_text() for page in pdf.pages]
    assert sum("Noch ein Satz." in page for page in shown) == 1
    assert "Der Stoff." in next(page for page in shown if "Noch ein Satz." in page)
