"""Properties of every PDF layout, measured on the PDF: texts, links, outline, fonts, pictures, boxes."""

from __future__ import annotations

import functools
import io
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pdfplumber
import pikepdf
import pypdfium2
import pytest

from cardpipe.text.escaping import PlainText
from cardpipe.writers.api import Asset, RelatedCard
from cardpipe.writers.pdf import WRITER
from page_sample import ASSETS, DISPLAY_MATH, INLINE_MATH, TABLE, WIDE_MATH, card, deck, silent, svg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cardpipe.writers.api import RenderedDeck
    from conftest import Run

LAYOUTS: dict[str, dict[str, str]] = {
    "sheet": {"layout": "sheet"},
    "columns": {"layout": "sheet", "columns": "2"},
    "cards": {"layout": "cards", "back": "all"},
    "business": {"layout": "cards", "back": "all", "card": "business"},
    "fold": {"layout": "fold", "back": "all", "card": "a7"},
    "booklet": {"layout": "booklet"},
    "quiz": {"layout": "quiz"},
    "slides": {"layout": "slides"},
}
NUMBERED = ("sheet", "columns", "booklet", "quiz")
"""Those that print page numbers."""
LINKED = (*NUMBERED, "slides")
COLOURS = {f"ML{number:04}": f"#{number * 16:02x}40{255 - number * 16:02x}" for number in range(1, 11)}
"""Of each card's own picture."""


def woven() -> RenderedDeck:
    """Cards whose words tell whose they are and in which order they come."""
    assets = {
        f"own-{name}.svg": Asset(f"own-{name}.svg", "image/svg+xml", svg(200, 90, colour=colour))
        for name, colour in COLOURS.items()
    }
    cards = []
    for number, name in enumerate(COLOURS):
        words = [f"{name}w{place:02}" for place in range(24)]
        picture = (
            f'<figure class="figure media"><img src="own-{name}.svg" alt="A" width="200" height="90">'
            f"<figcaption>{words[20]}</figcaption></figure>"
        )
        rows = "".join(f"<tr><td>{word}</td><td>cell</td></tr>" for word in words[16:19])
        other = f"ML{(number + 4) % len(COLOURS) + 1:04}"
        cards.append(
            card(
                name,
                f"Title of {name}",
                question=f"<p>{' '.join(words[:4])}?</p>",
                answer=f"<p>{' '.join(words[4:8])}</p>",
                details=f"<p>{' '.join(words[8:12])}</p><h2>{words[12]}</h2>"
                f"<ul><li>{words[13]}</li><li>{words[14]}</li></ul>"
                f'<p>{words[15]} <a href="#card-{other}">see</a></p>'
                f'<div class="table"><table><tbody>{rows}</tbody></table></div>'
                f"<pre><code>{words[19]}</code></pre>{picture}<p>{words[21]}</p>",
                references=[words[22]],
                related=[RelatedCard(id=other, title=PlainText(f"Title of {other}"), included=True)],
                tags=("NN",) if number % 2 else ("MATH", "NN"),
            )
        )
    return deck(*cards, assets=assets, subdecks=(("ML", "Machine learning"),))


def hostile() -> RenderedDeck:
    wide = "".join(f"<td>column{number}wordwithoutend</td>" for number in range(14))
    rows = "".join(f"<tr><td>row{number}</td><td>some words and end{number}</td></tr>" for number in range(60))
    head = "<thead><tr><th>Key</th><th>Value</th></tr></thead>"
    high = Asset("high.svg", "image/svg+xml", svg(120, 1400))
    return deck(
        card("ML0001", "title" * 40, question=f"<p>{'W' * 90}</p>", answer=f"<p>{'word' * 200}</p>"),
        card("ML0002", "Long table", details=f'<div class="table"><table>{head}<tbody>{rows}</tbody></table></div>'),
        card("ML0003", "Wide table", details=f'<div class="table"><table><tbody><tr>{wide}</tr></tbody></table></div>'),
        card("ML0004", "Formulas", question=f"<p>{INLINE_MATH * 30}</p>", details=DISPLAY_MATH + WIDE_MATH + TABLE),
        card(
            "ML0005",
            "High",
            details='<p class="x"><img class="media" src="high.svg" alt="A" width="120" height="1400"></p>',
        ),
        card("ML0006", "感知机", question="<p>什么是感知机</p>", answer="<p>线性分类器。日本語。한국어</p>"),
        card("ML0007", "الشبكة", question="<p>ما هي الشبكة؟</p>", answer="<p>שלום עולם</p>"),
        card("DL0008", "Emoji \U0001f600", question="<p>\U0001f600\U0001f389?</p>", tags=()),
        card("DL0009", "Nothing", question="<p>Why?</p>", answer="", tags=("EMPTY",)),
        assets={**ASSETS, high.name: high},
        tags=(("NN", "Neural networks"), ("EMPTY", "")),
    )


def one() -> RenderedDeck:
    return deck(card("ML0001"))


def none() -> RenderedDeck:
    return deck()


DECKS = {"woven": woven, "hostile": hostile, "one": one, "none": none}
HOSTILE = pytest.param("hostile", marks=pytest.mark.slow)


@functools.cache
def written(layout: str, name: str) -> bytes:
    return WRITER.write(DECKS[name](), LAYOUTS[layout], silent)[0].data


class Place(NamedTuple):
    """A page from 0, and points from its left and upper edge."""

    page: int
    left: float
    top: float


def place_of(target: Any, pdf: pikepdf.Pdf) -> Place:
    pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    number = pages[target[0].objgen]
    return Place(number, float(target[2]), float(pdf.pages[number].mediabox[3]) - float(target[3]))


def named(pdf: pikepdf.Pdf) -> dict[str, Place]:
    if "/Names" not in pdf.Root:
        return {}
    names = list(pdf.Root.Names.Dests.Names)
    return {str(name): place_of(target, pdf) for name, target in zip(names[::2], names[1::2], strict=True)}


def links(pdf: pikepdf.Pdf) -> Iterator[tuple[int, tuple[float, float, float, float], str]]:
    """Page, box from above, and target."""
    for number, page in enumerate(pdf.pages):
        height = float(page.mediabox[3])
        for note in page.get("/Annots", ()):
            left, bottom, right, top = (float(side) for side in note.Rect)
            yield number, (left, height - top, right, height - bottom), str(note.get("/Dest", ""))


def entries(pdf: pikepdf.Pdf) -> list[tuple[int, str, Place]]:
    """Level, title and place of each entry of the outline."""
    found: list[tuple[int, str, Place]] = []

    def gather(items: Any, level: int) -> None:
        for item in items:
            found.append((level, item.title, place_of(item.destination, pdf)))
            gather(item.children, level + 1)

    with pdf.open_outline() as outline:
        gather(outline.root, 0)
    return found


def words_at(page: Any, place: Place) -> str:
    """What stands from a place on, as far as a title reaches."""
    right = min(float(page.width), place.left + 330)
    box = (max(0.0, place.left - 70), max(0.0, place.top - 6), right, min(float(page.height), place.top + 60))
    return " ".join(page.crop(box).extract_text().split())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["woven", HOSTILE, "one", "none"])
def test_language_title_and_authors(layout: str, name: str) -> None:
    with pikepdf.open(io.BytesIO(written(layout, name))) as pdf:
        assert pdf.Root.Lang == "en"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert pdf.docinfo["/Title"] == "Machine learning interview"
        assert pdf.docinfo["/Author"] == "Ada Example, Ben Beispiel"
        assert "/CreationDate" not in pdf.docinfo
        with pdf.open_metadata() as xmp:
            assert xmp["dc:title"] == "Machine learning interview"
            assert xmp["dc:creator"] == ["Ada Example", "Ben Beispiel"]
            assert xmp["dc:language"] == {"en"}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["woven", HOSTILE, "one"])
def test_the_outline_names_each_card_once_and_leads_to_it(layout: str, name: str) -> None:
    assert_outline(written(layout, name), {card_.id: card_.title.characters for card_ in DECKS[name]().cards}, layout)


def assert_outline(data: bytes, titles: Mapping[str, str], layout: str) -> None:
    with pikepdf.open(io.BytesIO(data)) as pdf, pdfplumber.open(io.BytesIO(data)) as read:
        found = [entry for entry in entries(pdf) if re.match(r"[A-Z]{2}\d{4}  ", entry[1])]
        # A quiz leads to each question and to each answer.
        assert sorted(title for _, title, _ in found) == sorted(
            f"{name}  {title}" for name, title in titles.items() for _ in range(2 if layout == "quiz" else 1)
        )
        for _, title, place in found:
            name = title[:6]
            page = read.pages[place.page]
            if layout == "slides":
                assert name in page.extract_text()
            elif layout in {"cards", "business", "fold"}:
                wide = 105 if layout == "fold" else 85
                box = (place.left, place.top, min(float(page.width), place.left + wide * 2.83), float(page.height))
                assert name in page.crop(box).extract_text().split()[:200]
            else:
                assert name in words_at(page, place)


@pytest.mark.parametrize("layout", LINKED)
@pytest.mark.parametrize("name", ["woven", HOSTILE, "one"])
def test_every_link_lands_on_what_it_names(layout: str, name: str) -> None:
    assert_links(written(layout, name), layout)


def assert_links(data: bytes, layout: str) -> None:
    with pikepdf.open(io.BytesIO(data)) as pdf, pdfplumber.open(io.BytesIO(data)) as read:
        where = named(pdf)
        width = float(read.pages[0].width)
        for number, box, target in links(pdf):
            page = read.pages[number]
            assert -1 <= box[0] < box[2] <= width + 1
            assert -1 <= box[1] < box[3] <= float(page.height) + 1
            if not target:
                continue
            assert target in where
            kind, _, card_id = target.partition("-")
            place = where[target]
            if kind in {"card", "answer"}:
                if layout == "slides":
                    assert card_id in read.pages[place.page].extract_text()
                else:
                    assert card_id in words_at(read.pages[place.page], place)
            said = page.crop((max(0, box[0]), max(0, box[1]), min(width, box[2]), box[3])).extract_text()
            if listed := re.search(r"(?:^|page |, |\s)(\d+)$", " ".join(said.split())):
                assert listed[1] in page_number(read, place, layout), (said, place)


def page_number(read: Any, place: Place, layout: str) -> set[str]:
    """What is printed at the foot of the page, or of the half of it, where a place is."""
    page = read.pages[place.page]
    if layout == "booklet":
        middle = float(page.width) / 2
        left = middle if place.left >= middle else 0.0
        page = page.crop((left, 0, left + middle, float(page.height)))
    return set(re.findall(r"^(\d+) / \d+", page.extract_text(), re.MULTILINE)) or {"1"}


@pytest.mark.parametrize("layout", NUMBERED)
@pytest.mark.parametrize("name", ["woven", HOSTILE])
def test_a_page_is_found_by_the_number_that_is_printed_on_it(layout: str, name: str) -> None:
    data = written(layout, name)
    with pypdfium2.PdfDocument(data) as opened, pdfplumber.open(io.BytesIO(data)) as read:
        for number, page in enumerate(read.pages):
            called = opened.get_page_label(number) or str(number + 1)
            printed = re.findall(r"(?<!\S)(\d+) / \d+(?!\S)", page.extract_text())
            assert set(printed) <= set(called.split(", "))


@pytest.mark.quick_cases("woven-sheet")
@pytest.mark.parametrize("layout", NUMBERED)
@pytest.mark.parametrize("name", ["woven", HOSTILE])
def test_the_running_head_names_the_part_that_the_page_belongs_to(layout: str, name: str) -> None:
    data = written(layout, name)
    groups = {"ML": "Machine learning", "DL": "Deep learning"}
    with pikepdf.open(io.BytesIO(data)) as pdf, pdfplumber.open(io.BytesIO(data)) as read:
        seen = 0
        for target, place in named(pdf).items():
            kind, _, card_id = target.partition("-")
            page = read.pages[place.page]
            if kind not in {"card", "answer"} or (layout == "quiz" and place.page == 0):
                continue
            if layout == "booklet":
                middle = float(page.width) / 2
                left = middle if place.left >= middle else 0.0
                page = page.crop((left, 0, left + middle, float(page.height)))
            head = page.crop((page.bbox[0], 0, page.bbox[2], 50)).extract_text()
            starts = [at for name, at in named(pdf).items() if name.startswith("group-") and at.page == place.page]
            if starts and layout == "columns":
                continue  # the second column may begin another part
            assert ("Answers" if kind == "answer" else groups[card_id[:2]]) in head
            seen += 1
        assert seen > 3


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["woven", HOSTILE, "one", "none"])
def test_every_font_is_embedded(layout: str, name: str) -> None:
    assert_fonts(written(layout, name))


def assert_fonts(data: bytes) -> None:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        fonts = [
            thing for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/Font"
        ]
        assert fonts
        for font in fonts:
            if font.Subtype in {"/Type0", "/Type3"}:
                continue  # what it is made of is a font of its own, or stands in it
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys()), font.BaseFont


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["woven", HOSTILE, "one", "none"])
def test_no_box_leaves_the_paper(layout: str, name: str) -> None:
    assert_inside(written(layout, name), "chars", "curves", "lines", "rects")


def assert_inside(data: bytes, *kinds: str) -> None:
    with pdfplumber.open(io.BytesIO(data)) as read:
        for page in read.pages:
            for thing in [thing for kind in kinds for thing in getattr(page, kind)]:
                assert float(thing["x0"]) >= -0.1, thing
                assert float(thing["top"]) >= -0.1, thing
                assert float(thing["x1"]) <= float(page.width) + 0.1, thing
                assert float(thing["bottom"]) <= float(page.height) + 0.1, thing


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_picture_is_there(layout: str) -> None:
    wanted = {
        tuple(round(int(colour[place : place + 2], 16) / 255, 2) for place in (1, 3, 5)) for colour in COLOURS.values()
    }
    with pdfplumber.open(io.BytesIO(written(layout, "woven"))) as read:
        shapes = [shape for page in read.pages for shape in [*page.curves, *page.lines, *page.rects]]
        drawn = {tuple(round(float(part), 2) for part in shape["stroking_color"] or ()) for shape in shapes}
    assert wanted <= drawn


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_word_is_there_and_read_in_order(layout: str) -> None:
    with pypdfium2.PdfDocument(written(layout, "woven")) as opened:
        pages = halves(opened) if layout == "booklet" else [page.get_textpage().get_text_range() for page in opened]
    whole = " ".join(pages)
    for name in COLOURS:
        found = re.findall(rf"{name}w(\d\d)", whole)
        assert found == [f"{place:02}" for place in range(23)], name


def halves(booklet: pypdfium2.PdfDocument) -> list[str]:
    """The texts of a booklet's pages in the order of their numbers, two of which stand on a side of paper."""
    count = 2 * len(booklet)
    found = {}
    for side, page in enumerate(booklet):
        width, height = page.get_size()
        outer, inner = count - 1 - side, side
        left, right = (inner, outer) if side % 2 else (outer, inner)
        read = page.get_textpage()
        found[left] = read.get_text_bounded(0, 0, width / 2, height)
        found[right] = read.get_text_bounded(width / 2, 0, width, height)
    return [found[number] for number in sorted(found)]


@pytest.fixture(scope="module")
def shipped_pdfs(run: Run, shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    made = {}
    for layout, options in LAYOUTS.items():
        folder = tmp_path_factory.mktemp(layout)
        flags = [f"--{name.replace('card', 'card-size')}={value}" for name, value in options.items()]
        result = run("-C", shipped, "export", "--format", "pdf", *flags, "--output", folder)
        assert result.returncode == 0, result.stderr
        (file,) = folder.glob("*.pdf")
        made[layout] = file.read_bytes()
    return made


@pytest.mark.slow
def test_the_shipped_deck_keeps_all_of_it(shipped_pdfs: dict[str, bytes], shipped: Path) -> None:
    titles = {}
    for path in (shipped / "source/cards").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        found = re.search(r"^title: (.*)$", text, re.MULTILINE)
        assert found
        titles[path.stem] = found[1]
    for layout, data in shipped_pdfs.items():
        assert_outline(data, titles, layout)
        assert_links(data, layout)
        assert_fonts(data)
        # What a figure clips may lie anywhere.
        assert_inside(data, "chars")
