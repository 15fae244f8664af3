"""Formulas as text in fonts: glyphs at the positions of MathJax's outlines, searchable words, each font once."""

from __future__ import annotations

import base64
import dataclasses
import html
import importlib.util
import io
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pdfplumber
import pikepdf
import pypdfium2
import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from cardpipe.cache.store import Cache
from cardpipe.mathjax import Equation, MathJax
from cardpipe.mathjax.fonts import CHARACTERS, UNKNOWN, font_path
from cardpipe.render.equations import MATH_STYLE, Equations
from cardpipe.writers.api import MathForm, RenderedDeck
from cardpipe.writers.html import WRITER as HTML
from cardpipe.writers.page.compact_formulas import CompactFormulas
from cardpipe.writers.page.formulas import characters_by_font, with_fonts
from cardpipe.writers.pdf import WRITER as PDF
from cardpipe.writers.pdf.engine import Resources
from cardpipe.writers.pdf.engines.truetype import truetype_bytes
from formula_samples import samples
from math_font_table import text as table_of_characters
from page_sample import card, deck, silent, usable

if TYPE_CHECKING:
    from types import ModuleType

_ENGINES = ("plutoprint", "chromium", "weasyprint")


@cache
def typeset(tex: str, *, display: bool = False) -> Equation:
    made = _mathjax().typeset(tex, display=display)
    assert isinstance(made, Equation), made
    return made


@cache
def _mathjax() -> MathJax:
    return MathJax()


def formulas_deck(*formulas: str, read_aloud: bool = False) -> RenderedDeck:
    """A deck whose only card has these formulas in a line."""
    equations = Equations(MathForm.FONTS, Cache.in_memory(), read_aloud=read_aloud)
    text = " and ".join(equations.html(tex, display=False) for tex in formulas)
    assets = {asset.name: asset for asset, _ in equations.used}
    equations.close()
    made = deck(card("ML0001", answer=f"<p>{text}</p>"), assets=assets)
    return dataclasses.replace(made, math_style=MATH_STYLE[MathForm.FONTS])


def benchmark() -> ModuleType:
    path = Path(__file__).resolve().parent.parent / "benchmarks" / "formulas.py"
    spec = importlib.util.spec_from_file_location("benchmark_formulas", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_table_is_that_of_the_installed_mathjax() -> None:
    assert CHARACTERS.read_text(encoding="utf-8") == table_of_characters()


def test_text_lies_where_the_outlines_are() -> None:
    """Some of the formulas; `python benchmarks/formulas.py` compares all."""
    found = list(benchmark().compared(samples()[::12]))
    assert len(found) > 20
    assert [one for one in found if one.differs] == []


def test_every_glyph_is_there() -> None:
    for tex, display in samples():
        made = typeset(tex, display=display)
        drawn = len(re.findall(r"<path |<text ", made.svg))
        glyphs = sum(len(found) for found in _texts(made.text))
        assert glyphs + made.text.count("<path ") == drawn, tex


def _texts(svg: str) -> list[str]:
    return [
        re.sub(r"&\w+;", "&", "".join(found).replace(" ", ""))
        for found in re.findall(r"<text [^>]*>([^<]*)</text>", svg)
    ]


def test_most_glyphs_are_text() -> None:
    made = [typeset(tex, display=display) for tex, display in samples()]
    glyphs = sum(len(text) for equation in made for text in _texts(equation.text))
    outlines = sum(equation.text.count("<path ") for equation in made)
    assert outlines < glyphs / 20
    assert sum(len(equation.text) for equation in made) < sum(len(equation.svg) for equation in made) / 8


def test_a_formula_does_not_depend_on_those_before_it() -> None:
    tex = r"\text{größe} + \mathbb{1}"
    alone = MathJax()
    after = MathJax()
    after.typeset(r"\text{ß} \mathbb{1} \text{日本}", display=False)
    assert alone.typeset(tex, display=False) == after.typeset(tex, display=False)
    alone.close()
    after.close()


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (
            "w_i = 0.25",
            '<text class="I">w</text><text class="I s" x="749" y="150">i</text>'
            '<text class="N" x="1321 2377 2877 3155 3655">=0.25</text>',
        ),
        (
            r"\frac{a}{b}",
            '<text class="I s" x="220" y="-394">a</text><text class="I s" x="255" y="345">b</text>'
            '<rect x="120" y="-280" width="574.1" height="60"/>',
        ),
        (
            r"\text{if } \color{red}{x} \notin \mathbb{R}",
            '<text class="N">if</text><text class="I" x="834" fill="red">x</text>'
            '<text class="N" x="1684" fill="red">∉</text><text class="A" x="2629" fill="red">R</text>',
        ),
        (r"\Large x", '<text class="I" style="font-size:1440px">x</text>'),
        (r"\text{日}", '<text class="F">日</text>'),
    ],
)
def test_what_is_written_for_a_formula(tex: str, expected: str) -> None:
    assert typeset(tex).text.partition(">")[2].removesuffix("</svg>") == expected


def test_signs_with_a_stroke_are_not_read_as_the_signs_without() -> None:
    for tex, plain in ((r"\not\subset", "⊂"), (r"\not\equiv", "≡"), (r"\not\approx", "≈")):
        assert plain not in typeset(tex).text


def test_letters_from_the_right_keep_their_places() -> None:
    assert "<text" not in typeset(r"\text{مرحبا}").text.replace('<text class="F"', "")


def test_markup_in_a_formula_is_text() -> None:
    made = typeset(r"\text{</text><script>} < \color{red}{x}")
    assert "<script" not in made.text
    assert re.fullmatch(r"(?:[^<]|</?(?:svg|g|text|rect)\b[^<>]*>)*", made.text)


def test_a_reference_knows_the_number_of_a_later_line() -> None:
    made = typeset(r"\begin{align} a &= b \text{ by \eqref{y}} \tag{1} \\ c &= d \tag{2} \label{y} \end{align}")
    assert made.mathml.count("(2)") == 2
    assert "???" not in made.mathml


@pytest.mark.slow_cases("chromium", "weasyprint")
@pytest.mark.usefixtures("browser_as_root")
@pytest.mark.parametrize("name", _ENGINES)
def test_the_pdf_has_words_and_embedded_fonts(name: str) -> None:
    usable(name)
    made = formulas_deck(r"w_i = 0.25", r"\operatorname{softmax}(z)", r"\sum_{k=1}^n \alpha_k \in \mathbb{R}")
    (artefact,) = PDF.write(made, {"engine": name}, silent)
    pdf = pypdfium2.PdfDocument(artefact.data)
    words = "".join(page.get_textpage().get_text_range() for page in pdf)
    for word in ("softmax", "0.25", "α", "∈", "∑"):
        assert word in words, word
    with pikepdf.open(io.BytesIO(artefact.data)) as opened:
        fonts = [
            found for found in opened.objects if isinstance(found, pikepdf.Dictionary) and "/FontDescriptor" in found
        ]
        files = {"/FontFile", "/FontFile2", "/FontFile3"}
        assert len(fonts) > 3
        assert all(files & set(font.FontDescriptor.keys()) for font in fonts if font.Subtype != "/Type3")
    (without,) = PDF.write(formulas_deck(), {"engine": name}, silent)
    assert abs(curves(artefact.data) - curves(without.data)) < 50


def curves(data: bytes) -> int:
    """How many curves the pages draw."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        operators = [operator for page in pdf.pages for _, operator in cast("Any", pikepdf.parse_content_stream(page))]
    return sum(str(operator) == "c" for operator in operators)


@pytest.mark.usefixtures("browser_as_root")
@pytest.mark.quick_cases("plutoprint")
@pytest.mark.parametrize("name", _ENGINES)
def test_a_formula_looks_the_same_in_any_text(name: str) -> None:
    usable(name)
    made = formulas_deck("w_i = 0", r"\text{日}")
    text = made.cards[0].answer
    emphasised = card("ML0001", answer=f"<p><strong><em>{text}</em></strong></p>")
    both = [made, dataclasses.replace(made, cards=(emphasised,))]
    shown = []
    for one in both:
        (artefact,) = PDF.write(one, {"engine": name}, silent)
        with pdfplumber.open(io.BytesIO(artefact.data)) as pdf:
            letters = [letter for page in pdf.pages for letter in page.chars if letter["text"] in "w=0日"]
        assert all(letter["matrix"][2] == 0 for letter in letters if letter["text"] in "w=")
        shown.append([(letter["text"], letter["fontname"][7:], round(letter["width"], 2)) for letter in letters])
    assert shown[0] == shown[1]


@pytest.mark.slow
def test_chromium_embeds_the_fonts_of_formulas_under_their_names() -> None:
    usable("chromium")
    (artefact,) = PDF.write(formulas_deck("w_i = 0", r"\sum_i \mathbb{R}"), {"engine": "chromium"}, silent)
    with pikepdf.open(io.BytesIO(artefact.data)) as pdf:
        fonts = [found for found in pdf.objects if isinstance(found, pikepdf.Dictionary) and "/BaseFont" in found]
        names = {str(font.BaseFont).partition("+")[2] for font in fonts}
        assert {"MathJax_Math-Italic", "MathJax_Main-Regular", "MathJax_Size1-Regular", "MathJax_AMS-Regular"} <= names
        types = [found.get("/Subtype") for found in pdf.objects if isinstance(found, pikepdf.Dictionary)]
        assert pikepdf.Name.Type3 not in types


@pytest.mark.usefixtures("browser_as_root")
@pytest.mark.quick_cases("plutoprint")
@pytest.mark.parametrize("name", _ENGINES)
def test_viewers_can_mark_the_letters_of_a_formula(name: str) -> None:
    usable(name)
    (artefact,) = PDF.write(formulas_deck("w_i = 0", r"\sum_i \mathbb{R}"), {"engine": name}, silent)
    with pikepdf.open(io.BytesIO(artefact.data)) as pdf:
        described = [found for found in pdf.objects if isinstance(found, pikepdf.Dictionary) and "/Ascent" in found]
    assert described
    for font in described:
        assert float(font.Ascent) >= 500
        assert float(font.Descent) <= -150


def test_outlines_in_truetype_are_those_of_the_font() -> None:
    with TTFont(font_path("I")) as cubic, TTFont(io.BytesIO(truetype_bytes("I"))) as quadratic:
        assert quadratic.getBestCmap().keys() == cubic.getBestCmap().keys()
        for names in zip(cubic.getGlyphOrder(), quadratic.getGlyphOrder(), strict=True):
            found = []
            for font, name in zip((cubic, quadratic), names, strict=True):
                box = BoundsPen(font.getGlyphSet())
                font.getGlyphSet()[name].draw(box)
                found.append((font["hmtx"][name][0], *(box.bounds or ())))
            assert found[1] == pytest.approx(found[0], abs=1.5)
    truetype_bytes.cache_clear()
    first = truetype_bytes("I")
    truetype_bytes.cache_clear()
    assert truetype_bytes("I") == first


@pytest.mark.slow
def test_weasyprint_calls_formulas_formulas() -> None:
    usable("weasyprint")
    (artefact,) = PDF.write(formulas_deck("w_i = 0"), {"engine": "weasyprint"}, silent)
    with pikepdf.open(io.BytesIO(artefact.data)) as pdf:
        found = [element for element in pdf.objects if isinstance(element, pikepdf.Dictionary) and "/Alt" in element]
        assert [(str(element.S), str(element.Alt)) for element in found] == [("/Formula", "w_i = 0")]


def page_of(*formulas: str) -> str:
    (artefact,) = HTML.write(formulas_deck(*formulas, read_aloud=True), {}, silent)
    return artefact.data.decode()


def test_the_page_has_each_font_once_with_what_it_needs() -> None:
    page = page_of("w_i = 0", "w^2 < x", r"\sum_i \mathbb{R} \text{ß}")
    assert "font-src data:" in page
    fonts = {
        match[1]: base64.b64decode(match[2])
        for match in re.finditer(
            r'@font-face\{font-family:"math-(\w+)";src:url\(data:font/woff2;base64,([^)]*)\)', page
        )
    }
    assert sorted(fonts) == ["A", "I", "N", "S1", "XN"]
    needed: dict[str, set[str]] = {}
    for tex in ("w_i = 0", "w^2 < x", r"\sum_i \mathbb{R} \text{ß}"):
        for letter, characters in characters_by_font(typeset(tex).text).items():
            needed.setdefault(letter, set()).update(characters)
    for letter, characters in needed.items():
        with TTFont(io.BytesIO(fonts[letter])) as font:
            assert set(map(ord, characters)) <= set(font.getBestCmap())
            # Otherwise WebKit draws no subscript: it rounds both to whole pixels, and leaves out what has no height.
            assert font["hhea"].ascent >= 0.5 * font["head"].unitsPerEm
            assert font["hhea"].ascent == font["OS/2"].sTypoAscender == font["OS/2"].usWinAscent
    assert sum(map(len, fonts.values())) < 12_000


def test_the_page_is_the_same_every_time() -> None:
    first = page_of("w_i", r"\mathcal{L}")
    assert first == page_of("w_i", r"\mathcal{L}")


def test_a_formula_in_the_page_is_heard_seen_and_copied() -> None:
    page = page_of("w_i < 0")
    assert "<math><msub><mi>w</mi><mi>i</mi></msub><mo>&lt;</mo><mn>0</mn></math>" in page
    assert "<var aria-hidden=true><svg viewBox=0,-176,575,226><text x=0,264,475>w&lt;0</text>" in page
    assert "</svg><i>$w_i &lt; 0$</i></var>" in page
    assert "<text class=s x=150 y=30>i</text>" in page
    assert 'src="math-' not in page
    assert "fill:currentColor" in page


def test_only_colours_of_an_author_are_inverted_at_night() -> None:
    page = page_of("x", r"\color{red}{y}", r"\boxed{z}")
    assert page.count("<svg") == 3
    assert page.count("<svg class=coloured ") == 1


def test_a_formula_that_occurs_again_refers_to_the_first() -> None:
    tex = r"\alpha_i = \frac{a}{b} + \sqrt{x}"
    page = page_of(tex, "x", tex, "x", tex)
    assert page.count("<g id=m0>") == 1
    assert page.count("<use href=#m0 />") == 2
    assert page.count(f"<i>${tex}$</i>") == 3
    assert page.count("<msqrt>") == 3
    # A reference shows a copy without ancestors: a selector with any would not find it.
    assert "\ntext{" in page
    assert not re.search(r"(svg|hidden\]) text\b", page)


@pytest.mark.parametrize(
    ("tex", "placed"),
    [
        ("x", ""),
        (r"\overline{AB}", "height:1.033em;vertical-align:0em"),
        (r"\frac{a}{b}", "height:1.059em;vertical-align:-.353em"),
        (r"\hspace{21em} x", "width:21.572em;vertical-align:-.011em;height:auto"),
    ],
)
def test_a_formula_higher_than_a_line_has_its_position(tex: str, placed: str) -> None:
    style = re.search(r"<svg(?: style=(\S+))? viewBox", page_of(tex))
    assert style is not None
    assert (style[1] or "") == placed


def _letters(shapes: str) -> list[str]:
    return sorted("".join(re.findall(r"<text[^>]*>([^<]*)<", shapes)))


def _compact_glyphs(shapes: str) -> list[tuple[str, int, int]]:
    found = []
    for match in re.finditer(r"<text([^>]*)>([^<]*)</text>", shapes):
        known = dict(re.findall(r" (\w+)=\"?([^\" ]*)", match[1]))
        xs = [int(x) for x in known.get("x", "0").split(",")]
        assert len(xs) <= len(html.unescape(match[2]))
        found += [(one, x, int(known.get("y", 0))) for one, x in zip(html.unescape(match[2]), xs, strict=False)]
    return found


def test_compact_formulas_have_every_glyph_in_its_place() -> None:
    made = [typeset(tex, display=display).text for tex, display in samples()]
    characters: dict[str, set[str]] = {}
    for svg in made:
        for letter, found in characters_by_font(svg).items():
            characters.setdefault(letter, set()).update(found)
    compact = CompactFormulas(characters)
    short = long = 0
    for svg in made:
        shapes = svg.partition(">")[2].removesuffix("</svg>")
        written = compact.written(shapes)
        short, long = short + len(written), long + len(shapes)
        assert _letters(written) == _letters(shapes)
        assert written.count("<rect") == shapes.count("<rect")
        assert written.count("<path") == shapes.count("<path")
        places = {
            (one, round(float(x) / 5), round(float(y or 0) / 5))
            for x, y, text in re.findall(r'<text class="[^"]*" x="([\d.-]+)[^"]*"(?: y="([^"]*)")?[^>]*>([^<]*)<', svg)
            for one in html.unescape(text)[:1]
        }
        given = _compact_glyphs(written)
        for one, x, y in places:
            near = [place for place in given if place[0] == one and place[2] == y and abs(place[1] - x) <= 1]
            # One that stands where the glyph before it ends has no place of its own.
            assert near or written.count(one) > sum(place[0] == one for place in given), (svg, one, x, y)
    assert short < 0.75 * long


def test_an_empty_formula_is_in_the_page_too() -> None:
    assert 'src="math-' not in page_of(r"\rule{1em}{1em}")


def test_a_picture_of_a_formula_brings_its_fonts() -> None:
    made = formulas_deck(r"w_i = \text{日}")
    files = Resources(made.assets)
    (name,) = made.assets
    data, _ = files.find(files.address(name), outlines=False)
    assert data == with_fonts(made.assets[name].data)
    assert data.count(b"@font-face") == 2
    assert f".math .F{{font-family:{UNKNOWN['F']}}}".encode() in data
    assert files.find(files.address(name), outlines=False, page_fonts=True)[0] == made.assets[name].data
