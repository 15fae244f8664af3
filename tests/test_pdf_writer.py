"""The study sheet, measured on the PDF."""

from __future__ import annotations

import functools
import hashlib
import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pdfplumber
import pikepdf
import pypdfium2
import pytest

from cardpipe.errors import RenderError
from cardpipe.mathjax.fonts import font_bytes
from cardpipe.writers.api import Asset, RenderedCard, RenderedDeck
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing import fonts as fonts_module
from cardpipe.writers.pdf.composing.fonts import FONTS, FORMULAS, Font, font_rules
from cardpipe.writers.pdf.engine import BASE, Resources
from page_sample import (
    ASSETS,
    DISPLAY_MATH,
    DRAWN,
    FIGURE,
    INLINE,
    PROSE,
    TABLE,
    WIDE,
    WIDE_MATH,
    card,
    deck,
    sample,
    silent,
)

MILLIMETRE = 72 / 25.4


def write(rendered: RenderedDeck, **options: str) -> bytes:
    (artefact,) = WRITER.write(rendered, options, silent)
    assert artefact.path == "sample.pdf"
    return artefact.data


@functools.cache  # reading takes longer than writing
def texts(data: bytes) -> list[str]:
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        return [" ".join(page.extract_text().split()) for page in pdf.pages]


def targets(data: bytes) -> dict[str, int]:
    """Page numbers by named destination, from 1; the engine names a heading at the top of a page twice."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
        names = list(pdf.Root.Names.Dests.Names)
        found: dict[str, int] = {}
        for name, place in zip(names[::2], names[1::2], strict=True):
            found[str(name)] = max(found.get(str(name), 0), pages[place[0].objgen])
        return found


def outline(data: bytes) -> list[tuple[int, str, int]]:
    with pypdfium2.PdfDocument(data) as pdf:
        return [(entry.level, entry.get_title(), entry.get_dest().get_index() + 1) for entry in pdf.get_toc()]


def long_card(card_id: str, paragraphs: int) -> RenderedCard:
    return card(card_id, f"Title of {card_id}", details=PROSE * paragraphs, assets=[INLINE.name])


def many(count: int) -> RenderedDeck:
    return deck(*(long_card(f"ML{number:04}", 1 + number % 7) for number in range(1, count + 1)))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return write(sample())


@pytest.fixture(scope="module")
def long_pdf() -> bytes:
    return write(many(60))


def test_every_part_of_every_card_is_there(pdf: bytes) -> None:
    whole = " ".join(texts(pdf))
    for words in (
        "ML0044",
        "Perceptron",
        "What is a perceptron, and what can it not do?",
        "Placed in the text.",
        "the data; right: the boundary.",
        "Rosenblatt (1958), The perceptron",
        "Zero padding & <friends>",
        "Aspect 8",
        "Not in this export",
        "draft",
        "easy",
    ):
        assert words in whole


def test_words_with_ligatures_can_be_searched_for() -> None:
    words = "define draft affine efficient flow often soft"
    rendered = deck(card("ML0001", words, answer=f"<p>{words} <b>{words}</b> <em>{words}</em></p>", references=[words]))
    assert " ".join(texts(write(rendered))).count(words) == 7


def test_the_title_page_says_what_the_deck_is(pdf: bytes) -> None:
    title = texts(pdf)[0]
    for words in (
        "Machine learning interview",
        "Cards 3",
        "Ada Example, Ben Beispiel",
        "CC-BY-4.0",
        "NN Neural networks",
    ):
        assert words in title
    assert "/" not in title.replace("https://example.org/deck?a=1&b=2", "")


def test_contents_and_index_give_the_true_page(long_pdf: bytes) -> None:
    where = targets(long_pdf)
    pages = texts(long_pdf)
    contents = " ".join(pages[1 : where["group-ML"] - 1])
    index = " ".join(pages[where["tags"] - 1 :])
    for number in range(1, 61):
        name = f"ML{number:04}"
        page = where[f"card-{name}"]
        assert f"{name} Title of {name}" in pages[page - 1]
        for listing in (contents, index):
            found = re.search(rf"{name} Title of {name},? (\d+)", listing)
            assert found
            assert int(found[1]) == page


def test_head_and_foot_of_each_page(long_pdf: bytes) -> None:
    pages = texts(long_pdf)
    start, end = targets(long_pdf)["group-ML"], targets(long_pdf)["tags"]
    for number, page in enumerate(pages, 1):
        if number == 1:
            assert f"1 / {len(pages)}" not in page
            continue
        part = "Contents" if number < start else "Machine learning" if number < end else "Cards by tag"
        assert page.startswith(f"Machine learning interview {part}")
        assert page.endswith(f"{number} / {len(pages)}")


def test_links_land_on_the_heading_of_their_card(long_pdf: bytes) -> None:
    with pdfplumber.open(io.BytesIO(long_pdf)) as plumbed, pikepdf.open(io.BytesIO(long_pdf)) as pdf:
        pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        names = list(pdf.Root.Names.Dests.Names)
        places = {
            str(name): (pages[place[0].objgen], float(place[3]))
            for name, place in zip(names[::2], names[1::2], strict=True)
        }
        links = [str(link.Dest) for page in pdf.pages for link in page.get("/Annots", ()) if "/Dest" in link]
        assert len(links) > 120  # contents and index name each card
        assert set(links) <= set(places)
        for number in (1, 7, 33, 60):
            place = places[f"card-ML{number:04}"]
            assert f"card-ML{number:04}" in links
            page = plumbed.pages[place[0]]
            title = page.search(f"Title of ML{number:04}")[0]
            assert abs((float(page.height) - place[1]) - title["top"]) < 8


def test_web_links_stay_links(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        uris = [str(note.A.URI) for page in opened.pages for note in page.get("/Annots", ()) if "/A" in note]
    assert set(uris) == {"https://example.org/deck?a=1&b=2", "https://doi.org/10.1037/h0042519"}


def test_the_outline_holds_every_group_and_card(pdf: bytes) -> None:
    where = targets(pdf)
    assert outline(pdf) == [
        (0, "Contents", where["contents"]),
        (0, "Machine learning", where["group-ML"]),
        (1, "ML0044  Perceptron", where["card-ML0044"]),
        (1, "ML0045  Multi-layer perceptron", where["card-ML0045"]),
        (0, "Deep learning", where["group-DL"]),
        (1, "DL0012  Zero padding & <friends>", where["card-DL0012"]),
        (0, "Cards by tag", where["tags"]),
    ]


def test_metadata_without_dates(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        information = {str(key): str(value) for key, value in opened.docinfo.items()}
        assert information == {
            "/Title": "Machine learning interview",
            "/Author": "Ada Example, Ben Beispiel",
            "/Subject": "3 cards with questions and answers",
            "/Keywords": "Neural networks, Mathematics",
            "/Creator": "cardpipe",
            "/Producer": "cardpipe",
        }
        assert opened.Root.Lang == "en"
        with opened.open_metadata() as xmp:
            assert xmp["dc:title"] == "Machine learning interview"
            assert xmp["dc:creator"] == ["Ada Example", "Ben Beispiel"]
            assert xmp["dc:rights"] == "CC-BY-4.0"
            assert not [key for key in xmp if "Date" in key]


def drawn(pdf: Any) -> list[Any]:
    """Shapes of the pages with cards, without rules."""
    shapes = [shape for page in pdf.pages[2:] for shape in [*page.curves, *page.lines, *page.rects]]
    return [shape for shape in shapes if shape["height"] > 2]


def fonts(data: bytes) -> list[tuple[str, set[str]]]:
    """The name of each font and the keys of its descriptor."""
    found = []
    with pikepdf.open(io.BytesIO(data)) as opened:
        for page in opened.pages:
            resources = page.obj.get("/Resources")
            for _, font in resources.Font.items() if resources is not None and "/Font" in resources else ():
                described = font.DescendantFonts[0] if "/DescendantFonts" in font else font
                found.append((str(font.BaseFont), set(described.FontDescriptor.keys())))
    return found


@pytest.mark.parametrize("style", ["{}", "<em>{}</em>", "<strong>{}</strong>", "<code>{}</code>"])
def test_words_can_be_searched_for_as_they_are_typed(style: str) -> None:
    said = (
        "multi-layer \N{GREEK CAPITAL LETTER OMEGA}\N{GREEK CAPITAL LETTER DELTA} don\N{RIGHT SINGLE QUOTATION MARK}t"
    )
    data = write(deck(card("ML0001", answer=f"<p>{style.format(said)}</p>", details=f"<p>{style.format(said)}</p>")))
    with pdfplumber.open(io.BytesIO(data)) as printed:
        text = " ".join(page.extract_text() for page in printed.pages)
    assert text.count(said) == 2


def test_all_fonts_are_embedded_and_ours(pdf: bytes) -> None:
    found = fonts(write(deck(card("ML0001", answer="<p>∇ ⇒ ∈ <em>αβγ</em> <code>x ≤ ∞</code> ☃</p>"))))
    found += fonts(pdf)
    assert found
    for name, descriptor in found:
        assert re.fullmatch(r"/[A-Z]{6}\+(SourceSerifPro|SourceSansPro|STIXGeneral|DejaVuSans)[\w-]*", name)
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & descriptor


@pytest.mark.parametrize(("paper", "width", "height"), [("a4", 595.28, 841.89), ("letter", 612, 792)])
def test_the_paper_has_its_size_and_nothing_leaves_its_margins(paper: str, width: float, height: float) -> None:
    wide_table = (
        '<div class="table"><table><tbody><tr>'
        + "".join(f"<td>column{number} {'wordwithoutend' * 3}</td>" for number in range(14))
        + "</tr></tbody></table></div>"
    )
    hostile = deck(
        card(
            "ML0001",
            "An unbreakable " + "title" * 60,
            answer=f"<p>{'word' * 200}</p>",
            details=WIDE_MATH + f"<p>{'https://example.org/' + 'path' * 80}</p>" + wide_table + TABLE,
            figures=[DRAWN],
        ),
        card("ML0002", details=f"<pre><code>{'x' * 500}</code></pre><p>a {'<b>b</b>' * 300}</p>"),
        name="A deck with a rather long name, " * 6,
    )
    data = write(hostile, paper=paper)
    with pdfplumber.open(io.BytesIO(data)) as opened:
        for page in opened.pages:
            assert float(page.width) == pytest.approx(width, abs=0.1)
            assert float(page.height) == pytest.approx(height, abs=0.1)
    with pypdfium2.PdfDocument(data) as opened_again:
        for page in opened_again:
            grey = page.render(scale=1, grayscale=True).to_numpy()
            inked = (grey.reshape(grey.shape[0], -1) < 160).nonzero()
            if len(inked[0]):
                assert inked[1].min() > 18 * MILLIMETRE
                assert inked[1].max() < width - 18 * MILLIMETRE
                assert inked[0].min() > 9 * MILLIMETRE
                assert inked[0].max() < height - 8 * MILLIMETRE
    sizes = {round(float(letter["size"])) for page in pdfplumber.open(io.BytesIO(data)).pages for letter in page.chars}
    assert max(sizes) == 27
    assert min(sizes) == 7


def test_a_wide_formula_is_drawn_whole() -> None:
    data = write(deck(card("ML0001", details=WIDE_MATH, assets=[WIDE.name]), tags=(), subdecks=()))
    with pdfplumber.open(io.BytesIO(data)) as opened:
        lines = drawn(opened)
        widest = max(lines, key=lambda line: line["width"])
        page_width = float(opened.pages[0].width)
    assert 350 < widest["width"] < 370
    assert widest["x1"] < page_width - 27 * MILLIMETRE


def test_a_low_card_is_not_split_and_a_longer_one_begins_with_its_answer(long_pdf: bytes) -> None:
    where = targets(long_pdf)
    with pdfplumber.open(io.BytesIO(long_pdf)) as opened:
        pages = [" ".join(page.extract_text().split()) for page in opened.pages]
    for number in range(1, 61):
        page = pages[where[f"card-ML{number:04}"] - 1]
        part = page.split(f"ML{number:04} Title of")[1].split("Title of ML")[0]
        paragraphs = 1 + number % 7
        assert part.count("The weights of a layer") >= min(paragraphs, 2)
        assert "What is it? It is this." in part
        assert "NN" in part
    # Only the last page of cards may be half empty.
    assert all(len(page) > 1400 for page in pages[where["card-ML0001"] - 1 : where["card-ML0060"] - 1])


def test_a_group_heading_is_never_alone_on_a_page() -> None:
    for paragraphs in range(8, 15):
        data = write(deck(long_card("ML0001", paragraphs), long_card("ML0002", 30)))
        where = targets(data)
        assert where["group-ML"] == where["card-ML0001"]


def test_a_heading_never_ends_a_page() -> None:
    for filler in range(4, 9):
        details = PROSE * filler + "".join(f"<h4>Heading {n}</h4>{PROSE}" for n in range(12))
        for page in texts(write(deck(card("ML0001", details=details), tags=(), subdecks=()))):
            assert not re.search(r"Heading \d+ \d+ / \d+$", page)


def test_a_long_table_repeats_its_header_and_keeps_its_rows_whole() -> None:
    rows = "".join(f"<tr><td>row{n}</td><td>first line<br>second line of row{n}</td></tr>" for n in range(60))
    head = "<thead><tr><th>Key</th><th>Value</th></tr></thead>"
    table = f'<div class="table"><table>{head}<tbody>{rows}</tbody></table></div>'
    pages = [page for page in texts(write(deck(card("ML0001", details=table)))) if "second line" in page]
    assert len(pages) > 2
    assert all("Key Value" in page for page in pages)
    for page in pages:
        found = set(re.findall(r"row(\d+) ?first|row(\d+)\b", page))
        assert page.count("first line") == page.count("second line of row")
        assert found
    assert sorted(int(n) for page in pages for n in re.findall(r"second line of row(\d+)", page)) == list(range(60))


def test_figures_and_formulas_are_vectors(pdf: bytes) -> None:
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        assert not [image for page in opened.pages for image in page.images]
        assert any(page.curves or page.lines or page.rects for page in opened.pages[2:])


def test_decks_of_no_card_and_of_one() -> None:
    empty = texts(write(deck()))
    assert "This export holds no cards." in " ".join(empty)
    assert len(empty) == 1
    one = write(deck(card("ML0001", tags=())))
    assert len(texts(one)) == 3
    assert [title for _, title, _ in outline(one)] == ["Contents", "Machine learning", "ML0001  A title"]


def test_groups_by_tag() -> None:
    assert [title for level, title, _ in outline(write(sample(), group="tag")) if level == 0] == [
        "Contents",
        "Neural networks",
        "Other cards",
        "Cards by tag",
        "Cards by ID",
    ]


def test_an_asset_that_was_not_rendered_is_an_error() -> None:
    with pytest.raises(RenderError, match=r"nowhere\.svg"):
        write(deck(card("ML0001", answer='<p><img src="nowhere.svg" alt="x"></p>')))


NESTED = (
    b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="90" height="90">'
    b'<style>@import url("http://evil.example/a.css");</style><image href="file:///etc/hostname" width="9" height="9"/>'
    b'<image xlink:href="http://evil.example/x.png" width="9" height="9"/>'
    b'<image href="evil.svg" width="9" height="9"/><rect width="90" height="90" fill="#080"/></svg>'
)


def test_nothing_is_fetched_but_assets_and_fonts(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    find = Resources.find

    def remember(self: Resources, url: str, *, outlines: bool) -> tuple[bytes, str]:
        found = find(self, url, outlines=outlines)
        if url in self.refused:
            asked.append(url)
        return found

    monkeypatch.setattr(Resources, "find", remember)
    hostile = (
        '<p><img src="evil.svg" alt="nested"></p><p style="background:url(http://evil.example/style.png)">styled</p>'
        '<iframe src="file:///etc/passwd"></iframe><link rel="stylesheet" href="http://evil.example/sheet.css">'
    )
    assets = {"evil.svg": Asset("evil.svg", "image/svg+xml", NESTED)}
    data = write(deck(card("ML0001", answer=hostile), assets=assets))
    assert {"http://evil.example/x.png", "file:///etc/hostname", f"{BASE}asset/evil.svg"} <= set(asked)
    assert b"evil.example" not in data
    assert "styled" in " ".join(texts(data))
    assert "Traceback" not in capfd.readouterr().err


def test_a_resource_of_another_kind_is_refused() -> None:
    files = Resources(ASSETS)
    for url in (
        "http://example.org/",
        "file:///etc/passwd",
        f"{BASE}font/../../x.ttf",
        f"{BASE}asset/{FIGURE.name}",
        BASE,
    ):
        assert b"<svg" in files.find(url, outlines=False)[0]
    assert len(files.refused) == 5
    assert files.find(files.address(FIGURE.name), outlines=False)[0] == FIGURE.data


_TWO_DOCUMENTS = """
import sys
from cardpipe.writers.pdf.composing import fonts
from cardpipe.writers.pdf.engine import Resources, draw
from cardpipe.writers.pdf.engines.plutoprint import ENGINE
from cardpipe.writers.pdf.composing.paper import text_paper
read, page = [], text_paper("a4", "auto", 1.0)
by_name = fonts.font_data
import cardpipe.writers.pdf.engines.plutoprint as engine
engine.font_data = lambda name: read.append(name) or by_name(name)
for words in ("one", "two"):
    text = f"<html><head><style>{fonts.font_rules()} p {{ font-family: {fonts.SERIF} }}</style></head><p>{words}"
    data = draw(ENGINE, page, ENGINE.lay_out(page, text, Resources({})))
    assert b"SourceSerifPro-Regular" in data, data[-2000:]
print(len(read), len(set(read)))
"""


def test_fonts_are_read_once_and_do_not_pass_through_python() -> None:
    """The engine frees fonts after Python has ended; a buffer of Python's among them crashes the process then."""
    assert len(font_rules()) < 10_000
    assert font_rules().count(fonts_module.ADDRESS) == len(FONTS) + len(FORMULAS)
    done = subprocess.run([sys.executable, "-c", _TWO_DOCUMENTS], check=True, capture_output=True, text=True)
    count, different = map(int, done.stdout.split())
    assert 0 < count == different


def test_fonts_are_among_what_a_document_may_fetch() -> None:
    files = Resources({})
    found = re.findall(r'url\("([^"]*)"\)', font_rules())
    assert [files.find(url, outlines=False) for url in found] == [
        *((font.data, "font/ttf") for font in FONTS),
        *((font_bytes(letter), "font/ttf") for letter in FORMULAS),
    ]
    assert not files.refused
    assert files.find(f"{fonts_module.ADDRESS}../secret", outlines=False)[1] == "image/svg+xml"


def test_a_missing_font_package_is_said_plainly() -> None:
    missing = Font("sheet serif", "no_such_package", "files", "Some.ttf")
    with pytest.raises(RenderError, match=r"Some\.ttf of the package no_such_package"):
        _ = missing.data


PROGRAM = """
import sys
from page_sample import sample, silent
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing import fonts as fonts_module
sys.stdout.buffer.write(WRITER.write(sample(), {}, silent)[0].data)
"""


def in_another_process(folder: Path, **environment: str) -> bytes:
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        check=True,
        timeout=120,
    )
    return done.stdout


@pytest.mark.slow
def test_the_same_bytes_in_any_process_and_second(pdf: bytes, tmp_path: Path) -> None:
    time.sleep(1.1)
    other = in_another_process(tmp_path, PYTHONHASHSEED="7", TZ="Asia/Tokyo", LC_ALL="C", HOME=str(tmp_path))
    assert hashlib.sha256(other).hexdigest() == hashlib.sha256(pdf).hexdigest()


def test_the_same_bytes_without_any_system_font(pdf: bytes, tmp_path: Path) -> None:
    (tmp_path / "fonts.conf").write_text('<?xml version="1.0"?><fontconfig><dir>/nonexistent</dir></fontconfig>')
    other = in_another_process(
        tmp_path, FONTCONFIG_PATH=str(tmp_path), FONTCONFIG_FILE=str(tmp_path / "fonts.conf"), HOME=str(tmp_path)
    )
    assert hashlib.sha256(other).hexdigest() == hashlib.sha256(pdf).hexdigest()


def test_display_formulas_keep_their_proportions() -> None:
    data = write(deck(card("ML0001", details=DISPLAY_MATH), tags=(), subdecks=()))
    with pdfplumber.open(io.BytesIO(data)) as opened:
        widest = max(drawn(opened), key=lambda shape: shape["width"])
    assert widest["width"] / widest["height"] == pytest.approx(134 / 19, rel=0.02)
