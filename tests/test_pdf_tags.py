"""Tags of WeasyPrint's PDF: levels of headings, links, pictures, heads and feet."""

from __future__ import annotations

import functools
import io
from typing import Any, cast

import page as checker
import pikepdf
import pytest

from cardpipe.text.escaping import PlainText
from cardpipe.writers.api import RelatedCard
from page_sample import CODE, DISPLAY_MATH, DRAWN, INLINE_MATH, MEDIA, PROSE, TABLE, card, deck, usable
from test_pdf_engines import assert_tagged, elements, write

TAGGED = ("sheet", *(pytest.param(name, marks=pytest.mark.slow) for name in ("quiz", "slides")))


@functools.cache
def written(layout: str) -> bytes:
    usable("weasyprint")
    other = RelatedCard(id="ML0002", title=PlainText("Another"), included=True)
    picture = f'<p><img class="media" src="{MEDIA.name}" alt="A photo" width="300" height="200"></p>'
    details = f"<h2>Head</h2>{PROSE}<h4>Deep</h4>{DISPLAY_MATH}<h3>Less</h3>{TABLE}<h2>Next</h2>{CODE}{picture}"
    lists = "<ol><li>first<ul><li>nested</li></ul></li><li><p>with</p><p>paragraphs</p></li></ol>"
    return write(
        deck(
            card(
                "ML0001",
                answer=f"<p>Words {INLINE_MATH}</p>{lists}",
                figures=[DRAWN],
                related=[other],
                references=["A"],
            ),
            card("ML0002", "Another", details=details, references=['<a href="https://example.org/b">B</a>']),
        ),
        engine="weasyprint",
        layout=layout,
    )


@pytest.mark.parametrize("layout", TAGGED)
def test_everything_is_tagged(layout: str) -> None:
    kinds = assert_tagged(written(layout))
    assert {"H1", "H2", "H3", "Figure", "Table", "TH", "L", "Link"} <= set(kinds)


def assert_pdf_ua(data: bytes) -> None:
    """Look for what PDF/UA-1 forbids and a program can find, which are a hundred rules."""
    report = checker.validate_pdf_bytes(data, profile="ua1")
    assert report.is_compliant, [f"{failure.rule_id}: {failure.message}" for failure in report.failures]
    assert report.rules.total > 90


@pytest.mark.parametrize("layout", TAGGED)
def test_a_checker_of_pdf_ua_finds_nothing(layout: str) -> None:
    assert_pdf_ua(written(layout))


@pytest.mark.slow
def test_nor_in_greys_with_cut_marks() -> None:
    usable("weasyprint")
    one = card("ML0001", answer=f"<p>Words {INLINE_MATH}</p>", figures=[DRAWN])
    assert_pdf_ua(write(deck(one), engine="weasyprint", bleed="3mm", grey="yes", ink="saving", group="tag"))


@pytest.mark.parametrize("layout", TAGGED)
def test_a_link_is_there_once(layout: str) -> None:
    """The engine makes one more for each part of its text, which is one more to go through with the keyboard."""
    with pikepdf.open(io.BytesIO(written(layout))) as pdf:
        linked = [element for element in elements(pdf) if element.S == "/Link"]
        notes = [cast("Any", page.get("/Annots", ())) for page in pdf.pages]
        assert linked
        assert sum(map(len, notes)) == len(linked)


@pytest.mark.parametrize("layout", TAGGED)
def test_no_level_of_heading_is_left_out(layout: str) -> None:
    with pikepdf.open(io.BytesIO(written(layout))) as pdf:
        levels = [int(str(element.S)[2:]) for element in elements(pdf) if str(element.S)[1:2] == "H"]
    assert levels[0] == 1
    last = 0
    for level in levels:
        assert level <= last + 1, levels
        last = level


@pytest.mark.parametrize("layout", TAGGED)
def test_the_document_says_its_language_and_shows_its_title(layout: str) -> None:
    with pikepdf.open(io.BytesIO(written(layout))) as pdf:
        assert pdf.Root.Lang == "en"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert pdf.Root.MarkInfo.Marked
        assert not pdf.Root.MarkInfo.get("/Suspects", False)
        assert all(page.Tabs == "/S" for page in pdf.pages)


@pytest.mark.parametrize("layout", TAGGED)
def test_a_link_says_where_it_leads_and_can_be_printed(layout: str) -> None:
    with pikepdf.open(io.BytesIO(written(layout))) as pdf:
        pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
        names = list(pdf.Root.Names.Dests.Names)
        where = {str(name): pages[place[0].objgen] for name, place in zip(names[::2], names[1::2], strict=True)}
        notes = [note for page in pdf.pages for note in cast("Any", page.get("/Annots", ()))]
        assert notes
        for note in notes:
            assert "/StructParent" in note
            assert note.F == 4
            left, bottom, right, top = (float(side) for side in note.Rect)
            # Where a word may break, a link has parts without width.
            assert left <= right
            assert bottom <= top
            said = str(note.Contents)
            assert ".invalid" not in said
            if "/Dest" in note:
                assert said.endswith(f", page {where[str(note.Dest)]}")
            else:
                assert said.startswith("https://example.org/")


@pytest.mark.parametrize("layout", TAGGED)
def test_heads_and_feet_are_artifacts(layout: str) -> None:
    with pikepdf.open(io.BytesIO(written(layout))) as pdf:
        for number, page in enumerate(pdf.pages):
            depth, inside = 0, 0
            for operands, operator in cast("Any", pikepdf.parse_content_stream(page)):
                if str(operator) in {"BDC", "BMC"}:
                    depth += 1
                    if str(operands[0]) == "/Artifact":
                        inside = inside or depth
                elif str(operator) == "EMC":
                    inside = 0 if inside == depth else inside
                    depth -= 1
                elif str(operator) == "Do" and str(operands[0]).startswith("/Placed"):
                    assert inside, number


@pytest.mark.parametrize("layout", TAGGED)
def test_tables_have_headers_and_pictures_words(layout: str) -> None:
    with pikepdf.open(io.BytesIO(written(layout))) as pdf:
        found = list(elements(pdf))
        told = {str(element.Alt) for element in found if element.S == "/Figure"}
        headers = [element for element in found if element.S == "/TH"]
    assert {"A photo", DRAWN.alt.characters} <= told
    assert len(headers) == 3
