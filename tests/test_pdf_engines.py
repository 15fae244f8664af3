"""The optional PDF engines: every layout, links, tags, and no requests."""

from __future__ import annotations

import functools
import importlib.abc
import io
import os
import re
import shutil
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pdfplumber
import pikepdf
import pypdfium2
import pytest

from cardpipe import plugins
from cardpipe.errors import RenderError, UsageError
from cardpipe.plugins.extras import install_command
from cardpipe.render.equations import MATH_STYLE
from cardpipe.writers.api import Asset, MathForm
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing.assembly import assemble
from cardpipe.writers.pdf.composing.paper import Paper
from cardpipe.writers.pdf.engine import Placed, Resources, draw
from cardpipe.writers.pdf.engines import browser, plutoprint
from cardpipe.writers.pdf.engines.plutoprint import ENGINE as PLUTOPRINT
from cardpipe.writers.pdf.layouts import slides
from page_sample import DISPLAY_MATH, DRAWN, INLINE_MATH, PROSE, TABLE, card, deck, sample, silent, usable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.engine import Book, Engine
    from conftest import Run

LAYOUTS = ("booklet", "cards", "fold", "quiz", "sheet", "slides")


pytestmark = pytest.mark.usefixtures("browser_as_root")


def test_plutoprint_knows_the_style_of_formulas() -> None:
    assert plutoprint._GLYPHS in MATH_STYLE[MathForm.FONTS]


@pytest.fixture(scope="module", params=["chromium", "weasyprint"])
def engine(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    usable(name)
    return name


@functools.cache
def written(engine: str, layout: str) -> bytes:
    return write(sample(), engine=engine, layout=layout)


def write(rendered: RenderedDeck, **options: str) -> bytes:
    (artefact,) = WRITER.write(rendered, options, silent)
    return artefact.data


def pages_of(data: bytes) -> list[str]:
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        return [" ".join(page.extract_text().split()) for page in pdf.pages]


def corners(link: Any) -> list[float]:
    left, bottom, right, top = (float(side) for side in link.Rect)
    return [*sorted((left, right)), *sorted((bottom, top))]


def named(pdf: pikepdf.Pdf) -> dict[str, tuple[int, float]]:
    """Page number and height of each named destination."""
    pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    names = list(pdf.Root.Names.Dests.Names)
    return {
        str(name): (pages[place[0].objgen], float(place[3]))
        for name, place in zip(names[::2], names[1::2], strict=True)
    }


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_shows_every_card_in_our_fonts_on_the_same_paper(engine: str, layout: str) -> None:
    back = {"back": "all"} if layout in {"cards", "fold"} else {}
    data = write(sample(), engine=engine, layout=layout, **back)
    whole = " ".join(pages_of(data))
    for words in ("ML0044", "What is a perceptron, and what can it not do?", "Placed in the text.", "Zero padding"):
        assert words in whole
    with pikepdf.open(io.BytesIO(data)) as pdf:
        found = [thing for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary) and "/BaseFont" in thing]
        assert found
        for font in found:
            assert re.search(r"SourceSerif|SourceSans|STIX|DejaVu|sheet-", str(font.BaseFont)), font.BaseFont
            if "/FontDescriptor" in font:
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys())

    # One test, so that each layout is made once, whichever process runs it.
    assert_like_plutoprint(data, write(sample(), engine="plutoprint", layout=layout, **back))


def assert_like_plutoprint(ours: bytes, usual: bytes) -> None:
    """That paper and outline are the same."""
    with pypdfium2.PdfDocument(ours) as one, pypdfium2.PdfDocument(usual) as other:
        assert one[0].get_size() == pytest.approx(other[0].get_size(), abs=0.01)
        assert [(entry.level, entry.get_title()) for entry in one.get_toc()] == [
            (entry.level, entry.get_title()) for entry in other.get_toc()
        ]
    assert re.findall(r"\d+ of \d+", pages_of(ours)[0]) == re.findall(r"\d+ of \d+", pages_of(usual)[0])


@pytest.mark.slow
def test_page_numbers_in_the_contents_are_true_and_links_land(engine: str) -> None:
    data = written(engine, "sheet")
    pages = pages_of(data)
    with pikepdf.open(io.BytesIO(data)) as pdf, pdfplumber.open(io.BytesIO(data)) as plumbed:
        where = named(pdf)
        links = {str(link.Dest) for page in pdf.pages for link in page.get("/Annots", ()) if "/Dest" in link}
        assert {"card-ML0044", "card-ML0045", "card-DL0012", "group-ML", "tags"} <= links <= set(where)
        for name, title in (("ML0044", "Perceptron"), ("DL0012", "Zero padding")):
            page, top = where[f"card-{name}"]
            found = re.search(rf"{name} {title}[^\d]* (\d+)", pages[1])
            assert found
            assert int(found[1]) == page + 1
            place = plumbed.pages[page].search(title)[0]
            assert abs((float(plumbed.pages[page].height) - top) - place["top"]) < 16
        link = next(link for link in pdf.pages[1].Annots if str(link.get("/Dest", "")) == "card-ML0044")
        left, bottom, right, top = (float(side) for side in link.Rect)
        height = float(plumbed.pages[1].height)
        words = plumbed.pages[1].crop((left, height - top, right, height - bottom)).extract_text()
        assert "Perceptron" in words
        addresses = {str(note.A.URI) for page in pdf.pages for note in page.get("/Annots", ()) if "/A" in note}
        assert addresses == {"https://example.org/deck?a=1&b=2", "https://doi.org/10.1037/h0042519"}
    for number, text in enumerate(pages[1:], 2):
        assert text.startswith("Machine learning interview")
        assert text.endswith(f"{number} / {len(pages)}")


@pytest.mark.slow
def test_links_of_slides_and_booklets_land_on_their_pages(engine: str) -> None:
    with pikepdf.open(io.BytesIO(written(engine, "slides"))) as pdf:
        places = named(pdf)
        targets = {
            places[str(note.Dest)][0] for page in pdf.pages for note in page.get("/Annots", ()) if "/Dest" in note
        }
    shown = pages_of(written(engine, "slides"))
    assert targets
    assert all("What is" in shown[page] or "Why" in shown[page] or "?" in shown[page] for page in targets)
    with pikepdf.open(io.BytesIO(written(engine, "booklet"))) as pdf:
        page, _ = named(pdf)["card-DL0012"]
    assert "Zero padding" in pages_of(written(engine, "booklet"))[page]


@pytest.mark.slow
def test_the_same_bytes_every_time(engine: str) -> None:
    rendered = deck(card("ML0001", answer=f"<p>{INLINE_MATH}</p>", figures=[DRAWN]))
    assert write(rendered, engine=engine, layout="quiz") == write(rendered, engine=engine, layout="quiz")


@pytest.mark.slow
def test_the_same_bytes_at_any_time_with_fonts_of_formulas(engine: str, project: Path, run: Run) -> None:
    made = []
    for second in range(2):
        shutil.rmtree(project / ".cardpipe")
        time.sleep(1.1 * second)
        # The time that a user asks for belongs to releases.
        environment = {"SOURCE_DATE_EPOCH": str(1_800_000_000 + second)}
        result = run("-C", project, "export", "--format", "pdf", "--pdf-engine", engine, env=environment)
        assert result.returncode == 0, result.stderr
        made.append((project / "output" / "sample.pdf").read_bytes())
    assert made[0] == made[1]


@pytest.mark.slow
def test_large_print_is_enlarged_in_all_its_parts(engine: str) -> None:
    data = write(deck(card("ML0001", "A title", answer=PROSE)), engine=engine, text="large")
    with pdfplumber.open(io.BytesIO(data)) as pdf, pikepdf.open(io.BytesIO(data)) as opened:
        assert float(pdf.pages[0].width) == pytest.approx(595.28, abs=0.1)
        page, top = named(opened)["card-ML0001"]
        sizes = [letter["size"] for letter in pdf.pages[page].chars]
        assert 15 < sorted(sizes)[len(sizes) // 2] < 18
        place = pdf.pages[page].search("A title")[0]
        assert abs((float(pdf.pages[page].height) - top) - place["top"]) < 24
        if engine == "weasyprint":
            for element in elements(opened):
                if str(element.S) in {"/Figure", "/Formula"}:
                    assert_within(element, opened)


@pytest.mark.quick_cases("weasyprint")
def test_nothing_is_fetched(engine: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><text y="50">ZEBRA</text></svg>')
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, args=(server, asked), daemon=True).start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        nested = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="90" height="90">'
            f'<style>@import url("http://{host}/a.css");</style><image href="{secret.as_uri()}" width="9" height="9"/>'
            f'<image xlink:href="http://{host}/x.png" width="9" height="9"/>'
            '<rect width="90" height="90" fill="#080"/></svg>'
        )
        hostile = (
            f'<p><img src="evil.svg" alt="nested"></p><p style="background:url(http://{host}/style.png)">styled</p>'
            f'<style>@import "http://{host}/b.css"; p {{ background: url(//{host}/c.png); }}'
            f' @font-face {{ font-family: x; src: url("{secret.as_uri()}"); }}'
            f' b {{ font-family: x; content: url("{secret.as_uri()}"); }}</style>'
            f'<b>bold</b><iframe src="{secret.as_uri()}"></iframe><iframe src="http://{host}/frame"></iframe>'
            f'<link rel="stylesheet" href="http://{host}/sheet.css"><link rel="prefetch" href="//{host}/p">'
            f'<object data="{secret.as_uri()}"></object><embed src="{secret.as_uri()}">'
            f'<script>fetch("http://{host}/script"); document.body.textContent = "SCRIPTED"</script>'
            f'<svg width="9" height="9"><image href="http://{host}/inline.png"/></svg>'
            f'<video src="http://{host}/v.mp4" poster="http://{host}/v.png"></video>'
        )
        assets = {"evil.svg": Asset("evil.svg", "image/svg+xml", nested.encode())}
        data = write(deck(card("ML0001", answer=hostile), assets=assets), engine=engine)
    assert asked == []
    whole = " ".join(pages_of(data))
    assert "styled" in whole
    assert "ZEBRA" not in whole
    assert "SCRIPTED" not in whole
    assert host.encode() not in data
    assert b"secret" not in data


def answer(server: socket.socket, asked: list[bytes]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            asked.append(connection.recv(1000))


def elements(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """The structure elements of a tagged PDF in their order."""

    def below(element: Any) -> Iterator[Any]:
        yield element
        kids = element.get("/K", ())
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                assert kid.P.objgen == element.objgen
                yield from below(kid)

    for document in pdf.Root.StructTreeRoot.K:
        yield from below(document)


def assert_within(figure: Any, pdf: pikepdf.Pdf) -> None:
    left, bottom, right, top = (float(side) for side in figure.A.BBox)
    box = [float(side) for side in pdf.pages[0].mediabox]
    assert -1 <= left < right <= box[2] + 1
    assert -1 <= bottom < top <= box[3] + 1


def is_in_link(element: Any) -> bool:
    return bool(element.S == "/Link" or (element.S != "/Document" and is_in_link(element.P)))


def assert_tagged(data: bytes) -> list[str]:
    """That all of it is tagged or an artifact, and led back to; the kinds of its elements."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        root = pdf.Root
        assert root.MarkInfo.Marked
        assert root.Lang == "en"
        with pdf.open_metadata() as xmp:
            assert xmp["pdfuaid:part"] == "1"
        numbers = list(root.StructTreeRoot.ParentTree.Nums)
        parents = {int(key): value for key, value in zip(numbers[::2], numbers[1::2], strict=True)}
        assert sorted(parents) == [int(key) for key in numbers[::2]]
        found = list(elements(pdf))
        known = {element.objgen for element in found}
        for page in pdf.pages:
            leads = parents[int(page.StructParents)]
            assert page.Tabs == "/S"
            depth = 0
            for operands, operator in cast("Any", pikepdf.parse_content_stream(page)):
                name = str(operator)
                if name in {"BDC", "BMC"}:
                    depth += 1
                    if str(operands[0]) != "/Artifact":
                        assert leads[int(operands[1].MCID)].objgen in known
                elif name == "EMC":
                    depth -= 1
                elif name in {"Tj", "TJ", "Do", "S", "f", "B"}:
                    assert depth, f"{operands} {name} is neither tagged nor an artifact"
            for note in page.get("/Annots", ()):
                assert is_in_link(parents[int(note.StructParent)])
                assert "/Contents" in note
        for element in found:
            if str(element.S) in {"/Figure", "/Formula"}:
                assert str(element.Alt)
                assert_within(element, pdf)
            if element.S == "/L":
                assert {str(kid.S) for kid in element.K} <= {"/LI", "/L", "/Caption"}
            if element.S == "/TH":
                assert element.A.Scope == "/Column"
        return [str(element.S)[1:] for element in found]


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["sheet", "quiz", "slides"])
def test_weasyprint_tags_what_is_read_on_a_screen(layout: str) -> None:
    usable("weasyprint")
    rich = deck(
        card("ML0001", answer=f"<p>Words {INLINE_MATH}</p><ul><li>one</li><li>two</li></ul>", figures=[DRAWN]),
        card("ML0002", details=f"{DISPLAY_MATH}{TABLE}<ol><li>first<ul><li>nested</li></ul></li></ol>"),
    )
    kinds = assert_tagged(write(rich, engine="weasyprint", layout=layout))
    assert {"Document", "H1", "P", "L", "LI", "LBody", "Table", "TR", "TH", "TD", "Figure", "Caption"} <= set(kinds)
    assert kinds.count("Figure") >= 1
    assert kinds.count("Formula") >= 2


@pytest.mark.slow
def test_tags_of_several_documents_become_one_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    usable("weasyprint")
    monkeypatch.setattr(slides, "_AT_ONCE", 3)
    kinds = assert_tagged(write(sample(), engine="weasyprint", layout="slides"))
    assert kinds.count("Document") == 1
    assert "TH" in kinds


@pytest.mark.quick_cases("weasyprint")
def test_sheets_to_cut_have_no_tags(engine: str) -> None:
    with pikepdf.open(io.BytesIO(written(engine, "cards"))) as pdf:
        assert "/StructTreeRoot" not in pdf.Root
        assert all("/StructParents" not in page for page in pdf.pages)


@pytest.mark.slow
def test_weasyprint_divides_words_of_running_text_alone() -> None:
    usable("weasyprint")
    prose = f"<p>{'characteristically uninterruptible misunderstandings ' * 12}</p>"
    title = "Characteristically uninterruptible misunderstandings of representations throughout internationalisation"
    pages = pages_of(
        write(deck(card("ML0001", title, question=prose, answer=prose)), engine="weasyprint", layout="quiz")
    )
    assert "\u2010" not in pages[0].replace("-", "\u2010")
    assert re.search("\\w[\u2010-]", pages[1])


class Printed:
    """A book of another engine as the PDF that it would have been."""

    links = ()

    def __init__(self, book: Book, page: Paper) -> None:
        self._book, self._page = book, page

    @property
    def page_count(self) -> int:
        return self._book.page_count

    def places(self, scale: float = 1.0, drawn: bytes = b"") -> Mapping[str, Place]:
        return self._book.places(scale, drawn)

    def pdf(self) -> bytes:
        return draw(PLUTOPRINT, self._page, self._book)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("scale", [1.0, 0.7])
def test_assembled_sheets_are_those_that_plutoprint_composes(scale: float, *, turned: bool) -> None:
    page = Paper(200, 300, 5, 5, 5, 5)
    text = '<p><a id="up" href="#down">up</a></p><p style="break-before: page"><a id="down" href="#up">down</a></p>'
    book = PLUTOPRINT.lay_out(
        page, f"<html><head><style>@page {{ margin: 5mm }}</style></head>{text}</html>", Resources({})
    )
    printed = Printed(book, page)

    def sheets(one: Book) -> Sequence[Sequence[Placed]]:
        first = Placed(one, 0, 30, 50, 200, 300, scale=scale, turned=turned)
        return [[first], [Placed(one, 1, 280, 20, 200, 300, scale=scale, turned=turned)]]

    expected, got = PLUTOPRINT.compose(600, 400, sheets(book)), assemble(600, 400, sheets(printed))
    for number in range(2):
        with pypdfium2.PdfDocument(expected) as one, pypdfium2.PdfDocument(got) as other:
            difference = one[number].render(grayscale=True).to_numpy() - other[number].render(grayscale=True).to_numpy()
            assert (difference > 8).sum() < 5 * (difference < 1).sum() / 1000
    with pikepdf.open(io.BytesIO(expected)) as one_pdf, pikepdf.open(io.BytesIO(got)) as other_pdf:
        for before, after in zip(one_pdf.pages, other_pdf.pages, strict=True):
            (first,), (second,) = cast("Any", before.Annots), cast("Any", after.Annots)
            # PlutoPrint rounds the corners of links to whole points.
            assert corners(second) == pytest.approx(corners(first), abs=2)
            assert str(second.Dest) == str(first.Dest)
        assert set(named(other_pdf)) == {"up", "down"}
        assert named(other_pdf)["down"][0] == 1
        assert named(other_pdf)["down"][1] == pytest.approx(named(one_pdf)["down"][1], abs=0.5)


def test_a_missing_browser_is_reported_first(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(browser.PROGRAM, "/no/such/browser")
    result = run("-C", project, "export", "--format", "pdf", "--pdf-engine", "chromium")
    assert result.returncode == 2
    assert result.stderr.startswith("cardpipe: CARDPIPE_CHROMIUM is “/no/such/browser”, which is not a program.")
    assert not (project / "output").exists()


def test_weasyprint_missing_or_without_its_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, _path: object, _target: object = None) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    engine = cast("Engine", plugins.load(plugins.PDF_ENGINES, "weasyprint"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
        for platform, word in (("linux", "apt install"), ("darwin", "brew install"), ("win32", "MSYS2")):
            patch.setattr(sys, "platform", platform)
            with pytest.raises(UsageError, match="Pango") as caught:
                engine.version()
            assert word in str(caught.value.hint)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match="WeasyPrint is not installed") as caught:
        WRITER.tools({"engine": "weasyprint"})
    assert install_command("weasyprint") in str(caught.value.hint)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there is no root on Windows")
def test_root_must_allow_a_browser_without_its_sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv(browser.PROGRAM, str(program))
    monkeypatch.delenv(browser.WITHOUT_SANDBOX, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(UsageError, match="for root"):
        browser.program()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert browser.program() == program
    with pytest.raises(RenderError, match="wrote no PDF"):
        browser.printed("<p>words</p>")


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
def test_a_browser_that_hangs_is_ended_with_its_children(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/child\nsleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv(browser.PROGRAM, str(program))
    monkeypatch.setattr(browser, "_SECONDS", 3.0)
    with pytest.raises(RenderError, match="was stopped: it took over 3 seconds"):
        browser.printed("<p>words</p>")
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        if not is_running(child):
            break
        time.sleep(0.05)
    assert not is_running(child)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow_cases("chromium-8.3", "chromium-10.0")
@pytest.mark.parametrize("points", [10.0, 8.3])
@pytest.mark.parametrize("name", ["plutoprint", "chromium", "weasyprint"])
def test_a_formula_is_placed_where_the_text_leaves_room(name: str, points: float) -> None:
    """Engines draw pictures on whole pixels, which moved formulas off the line and over the comma after them."""
    usable(name)
    width, height, depth = 2.634, 0.959, 0.182
    box = f'xmlns="http://www.w3.org/2000/svg" width="{width}em" height="{height}em" viewBox="0 0 2634 959"'
    data = f'<svg {box}><path d="M0 0H2634V959H0Z"/></svg>'.encode()
    asset = Asset(name="formula.svg", media_type="image/svg+xml", data=data)
    files = Resources({asset.name: asset})
    style = f"width:{width}em;height:{height}em;vertical-align:{-depth}em"
    formula = f'<img class="math inline" src="{files.address(asset.name)}" alt="a &gt; b" style="{style}">'
    page = Paper(400, 300, 5, 5, 5, 5)
    made = cast("Engine", plugins.load(plugins.PDF_ENGINES, name))
    sheet = f"@page {{ margin: 5mm }} body {{ margin: 0; font-size: {points}pt; line-height: 2 }}"
    words = "".join(f"<p>{'n' * count}x{formula}x</p>" for count in range(6))
    book = made.lay_out(page, f"<html><head><style>{sheet}</style></head><body>{words}</body></html>", files)
    with pdfplumber.open(io.BytesIO(draw(made, page, book))) as pdf:
        (only,) = pdf.pages
        shapes = sorted([*only.rects, *only.curves], key=lambda shape: shape["top"])
        pairs = sorted((char for char in only.chars if char["text"] == "x"), key=lambda char: (char["top"], char["x0"]))
    assert len(shapes) == 6
    for shape, before, after in zip(shapes, pairs[::2], pairs[1::2], strict=True):
        assert shape["x1"] - shape["x0"] == pytest.approx(width * points, abs=0.06)
        assert after["x0"] - before["x1"] == pytest.approx(width * points, abs=0.06)
        # The browser begins a drawing on a whole pixel of its own.
        near = 0.6 if name == "chromium" else 0.06
        assert shape["x0"] == pytest.approx(before["x1"], abs=near)
        baseline = before["matrix"][5]
        assert 300 - shape["bottom"] == pytest.approx(baseline - depth * points, abs=near)


@pytest.mark.slow
def test_words_of_a_table_are_not_divided_to_make_a_column_narrow() -> None:
    usable("weasyprint")
    rows = "".join(
        f"<tr><td>{word}</td><td>{'a long explanation of it ' * 3}</td><td>{'and another one ' * 4}</td></tr>"
        for word in ("Interpretability", "Optimisation", "Parameters")
    )
    table = f'<div class="table"><table><thead><tr><th>A</th><th>B</th><th>C</th></tr></thead>{rows}</table></div>'
    words = " ".join(pages_of(write(deck(card("ML0001", details=table)), engine="weasyprint")))
    for word in ("Interpretability", "Optimisation", "Parameters"):
        assert word in words
