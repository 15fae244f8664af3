"""No widows and orphans in long paragraphs with the default engine."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pdfplumber
import pikepdf
import pytest

from cardpipe.writers.page.breaking import parted
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing.destinations import Place
from cardpipe.writers.pdf.composing.paper import Paper
from cardpipe.writers.pdf.engine import Resources, draw
from cardpipe.writers.pdf.engines.plutoprint import ENGINE, PlutoPrint
from cardpipe.writers.pdf.engines.relayout import MARK, Relayout
from page_sample import PROSE, card, deck, silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.writers.api import RenderedCard

LAYOUTS = [{}, {"columns": "2"}, {"layout": "booklet"}, {"layout": "quiz"}]
LINE = 14.2


def write(*cards: RenderedCard, **options: str) -> bytes:
    return WRITER.write(deck(*cards, subdecks=(("ML", "Machine learning"),)), options, silent)[0].data


def texts(lengths: Sequence[int]) -> list[str]:
    return [f"begin{number} {'some plain words ' * length}end{number}." for number, length in enumerate(lengths)]


def pages(data: bytes, options: dict[str, str]) -> Iterator[list[str]]:
    """The lines of our words on each page, or on each half of a side."""
    halves = 2 if options.get("layout") == "booklet" or "columns" in options else 1
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        for page in pdf.pages:
            width = float(page.width) / halves
            for half in range(halves):
                part = page.crop((width * half, 0, width * (half + 1), page.height))
                lines = part.extract_text().splitlines()
                if found := [line for line in lines if re.search(r"plain|begin\d|end\d", line)]:
                    yield found


def alone(data: bytes, options: dict[str, str]) -> list[str]:
    """The lines of paragraphs that stand alone at the head or at the foot of a page."""
    found = []
    for lines in pages(data, options):
        if "end" in lines[0] and "begin" not in lines[0]:
            found.append(lines[0])
        if "begin" in lines[-1] and "end" not in lines[-1]:
            found.append(lines[-1])
    return found


@pytest.mark.quick_cases("2-{'columns': '2'}")
@pytest.mark.parametrize("options", LAYOUTS, ids=str)
@pytest.mark.parametrize("first", range(3))
def test_no_line_of_a_long_paragraph_stands_alone(options: dict[str, str], first: int) -> None:
    said = texts([25 + (number * 7 + first * 3) % 23 for number in range(36)])
    items = (
        f"<ol>{''.join(f'<li>{words.join(both)}</li>' for words in some)}</ol>"
        for both, some in ((("", ""), said[12:24]), (("<p>", "</p>"), said[24:]))
    )
    paragraphs = "".join(f"<p>{words}</p>" for words in said[:12])
    data = write(card("ML0001", details=f"{PROSE * first}{paragraphs}{''.join(items)}"), **options)
    assert alone(data, options) == []
    found = list(pages(data, options))
    for line in (line for lines in found for line in lines if "begin" in line):
        number = int(re.findall(r"begin(\d+)", line)[0])
        assert line.startswith("begin" if number < 12 else f"{number % 12 + 1}. begin")
    if options.get("layout") != "booklet":
        order = [word for lines in found for line in lines for word in re.findall(r"(?:begin|end)\d+", line)]
        assert order == [f"{word}{number}" for number in range(36) for word in ("begin", "end")]


@pytest.mark.slow
def test_a_line_alone_takes_one_other_along_and_no_more() -> None:
    short = 0
    for first in range(3):
        said = texts([25 + (number * 7 + first * 3) % 23 for number in range(30)])
        data = write(card("ML0001", details=PROSE * first + "".join(f"<p>{words}</p>" for words in said)))
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            for page in pdf.pages[:-1]:
                lines = [line for line in page.extract_text_lines() if re.search(r"plain|end\d", line["text"])]
                if lines and "end" not in lines[-1]["text"]:
                    left = float(page.height) - 23 * 72 / 25.4 - lines[-1]["bottom"]
                    # What is below the letters of a last line that fits.
                    least = left - 3
                    assert least < LINE
                    short += least > 1
    assert short


@pytest.mark.slow
def test_a_paragraph_longer_than_a_page_leaves_no_line_alone() -> None:
    options = {"paper": "a5"}
    for length in (228, 250, 306):
        data = write(card("ML0001", details=f"<p>{texts([length])[0]}</p><p>{texts([length])[0]}</p>"), **options)
        assert alone(data, options) == []


@pytest.mark.slow
def test_a_formula_in_the_last_line_does_not_hide_that_it_is_alone() -> None:
    formula = '<span style="font-size: 1.4em">x</span>'
    for first in range(6):
        said = texts([40, 41, 43, 44] * 8)
        text = "".join(f"<p>{words.replace('end', f'{formula} end')}</p>" for words in said)
        data = write(card("ML0001", details="<p>First.</p>" * first + text))
        assert alone(data, {}) == []


def test_the_same_bytes_come_out_and_no_mark_is_left() -> None:
    text = "".join(f"<p>{words}</p>" for words in texts([25 + number * 7 % 23 for number in range(30)]))
    one, other = (write(card("ML0001", details=text)) for _ in range(2))
    assert one == other
    assert MARK.encode() not in one
    with pikepdf.open(io.BytesIO(one)) as pdf:
        names = [str(name) for name in list(pdf.Root.Names.Dests.Names)[::2]]
        assert names
        assert not [name for name in names if name.startswith(MARK)]
        assert not [
            note for page in pdf.pages for note in page.get("/Annots", ()) if MARK in str(note.get("/Dest", ""))
        ]


@dataclass(frozen=True)
class Sheet:
    """1000 points of text between margins of 72."""

    width: float = 500.0
    height: float = 1144.0
    top: float = 25.4
    bottom: float = 25.4
    left: float = 25.4


TWO = '<article class="card long" id="a"><p class="parted">one</p><p>between</p><p class="parted">two</p></article>'


def at(number: int, start: float, end: float, *, later: int = 1) -> dict[str, Place]:
    """The marks of a paragraph that begins and ends so far below the head of its pages."""
    places = {
        "start": Place(0, 0, 1072 - start),
        "em": Place(0, 0, 1072 - start - 10),
        "end": Place(later, 0, 1072 - end),
    }
    return {f"{MARK}{number}-{name}": place for name, place in places.items()}


def test_a_paragraph_that_ends_with_two_lines_stays_as_it_is() -> None:
    look = Relayout(TWO)
    assert look.settled(at(0, 900, 2 * LINE) | at(1, 100, 200, later=0), Sheet())
    assert "barrier" not in look.document()


def test_a_float_holds_for_the_place_that_it_was_made_for() -> None:
    look = Relayout(TWO)
    assert not look.settled(at(0, 900, LINE), Sheet())
    made = look.document()
    assert re.search(r'height: 86\.30pt"></span><span class="barrier" style="height: 13\.70pt"></span>one', made)
    assert look.settled(at(0, 900, 2 * LINE), Sheet())
    assert not look.settled(at(0, 880, 2 * LINE), Sheet())
    assert "barrier" not in look.document()


def test_of_three_lines_none_can_go_along_so_that_all_do() -> None:
    look = Relayout(TWO)
    assert not look.settled(at(0, 1000 - 2 * LINE - 3, LINE), Sheet())
    assert '<p class="whole">one</p>' in look.document()
    assert look.settled({}, Sheet())


def test_what_does_not_settle_is_left_as_it_is_behind_what_does() -> None:
    look = Relayout(TWO)
    assert not look.settled(at(0, 900, LINE), Sheet())
    assert not look.settled(at(0, 900, 2 * LINE) | at(1, 900, LINE), Sheet())
    look.give_up()
    assert look.document().count("barrier") == 1
    assert "barrier" not in look.document().partition("between")[2]


def test_what_no_page_parts_costs_nothing() -> None:
    whole = TWO.replace("card long", "card")
    look = Relayout(f"<body>{whole}{TWO}</body>")
    assert MARK not in look.document().partition("card long")[0]
    assert look.document().count(f'id="{MARK}') == 2 * 3
    assert not Relayout(f"<body>{whole}</body>").rounds
    assert not Relayout(f"<body>{TWO.replace('card long', 'card ask')}</body>").rounds
    assert not Relayout('<article class="card solve"><p>one</p></article>').rounds
    assert not Relayout('<body><section class="side"><p class="parted">one</p></section></body>').rounds


def test_the_words_of_a_long_item_are_a_paragraph() -> None:
    words = "word " * 90
    assert parted(f"<ul><li>{words}</li></ul>", 86) == (
        f'<ul><li class="parted bare"><p class="parted">{words}</p></li></ul>'
    )
    assert parted(f"<ul><li>{words}<ul><li>a</li></ul></li></ul>", 86) == (
        f'<ul><li class="parted bare"><p class="parted">{words}</p><ul><li>a</li></ul></li></ul>'
    )


def test_pages_that_were_drawn_to_find_marks_are_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    compose = PlutoPrint.compose

    def counted(self: PlutoPrint, *args: Any) -> bytes:
        made.append(compose(self, *args))
        return made[-1]

    monkeypatch.setattr(PlutoPrint, "compose", counted)
    page = Paper(400, 400, top=20, right=20, bottom=20, left=20)
    book = ENGINE.lay_out(page, f"<html><head></head><body>{TWO}</body></html>", Resources({}))
    assert draw(ENGINE, page, book) == made[0]
    assert len(made) == 1
    assert draw(ENGINE, page, book, scale=2) != made[0]
