"""Ruby: readings above Chinese characters, in every format."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pypdfium2
import pytest

from cardpipe.markup import clozes, ruby, scan
from cardpipe.markup.late_patterns import compiled
from cardpipe.markup.words import words
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.placeholders import Item
from cardpipe.writers.csv.html_to_text import plain_text
from lint_sample import findings

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


def html(text: str) -> str:
    renderer = MarkdownRenderer(
        math=lambda tex, _display: f"<i>{tex}</i>", picture=lambda image: Item(image.target, "[]"), live_mathjax=False
    )
    return renderer.block(text)


def rubies(*pairs: tuple[str, str]) -> str:
    return "".join(f"<ruby>{base}<rp>(</rp><rt>{reading}</rt><rp>)</rp></ruby>" for base, reading in pairs)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{漢字|かんじ}", rubies(("漢字", "かんじ"))),
        ("{漢字|かん|じ}", rubies(("漢", "かん"), ("字", "じ"))),
        ("{漢字\\|かんじ}", rubies(("漢字", "かんじ"))),
        ("{食べ物|たべもの}だ", rubies(("食べ物", "たべもの")) + "だ"),
        ("a **{漢字|kan ji}** b", f"a <strong>{rubies(('漢字', 'kan ji'))}</strong> b"),
        ("[{北京|Běijīng}](https://a.b/c)", rubies(("北京", "Běijīng"))),
        ("*{臺灣|ㄊㄞˊ|ㄨㄢ}*", f"<em>{rubies(('臺', 'ㄊㄞˊ'), ('灣', 'ㄨㄢ'))}</em>"),
    ],
)
def test_ruby_is_rendered(text: str, made: str) -> None:
    assert made in html(text)


@pytest.mark.parametrize(
    "text",
    [
        "{a|b}",
        "{漢字}",
        "{漢字|}",
        "{漢字| }",
        "{漢字|かん|じ|x}",
        "{漢字|a{b}",
        "{かな|kana}",
        "{漢字 |かんじ}",
        "`{漢字|かんじ}`",
        "    {漢字|かんじ}",
        "```\n{漢字|かんじ}\n```",
        "$\\text{漢字|かんじ}$",
        "\\{漢字|かんじ}",
    ],
)
def test_other_text_is_no_ruby(text: str) -> None:
    assert "<ruby>" not in html(text)


def test_a_table_has_ruby_in_its_cells() -> None:
    made = html("| a | b |\n|---|---|\n| {漢字\\|かんじ} | c |\n")
    assert f"<td>{rubies(('漢字', 'かんじ'))}</td>" in made
    assert "<td>c</td>" in made


def test_a_deletion_can_end_with_ruby() -> None:
    found = clozes(scan("It is {{c1::{漢字|かんじ}}} and {{c2::{漢|かん}{字|じ}::a hint}}."))
    assert not found.faults
    text = "It is {{c1::{漢字|かんじ}}} and {{c2::{漢|かん}{字|じ}::a hint}}."
    assert [text[one.text_start : one.text_end] for one in found.deletions] == ["{漢字|かんじ}", "{漢|かん}{字|じ}"]


def test_a_reading_is_no_word() -> None:
    assert [word.text for word in words(scan("The city {北京|Běijīng} is big"))] == ["The", "city", "北京", "is", "big"]


def test_plain_text_has_the_reading_in_brackets() -> None:
    assert plain_text(html("It is {漢字|かんじ}.")) == "It is 漢字(かんじ)."
    assert plain_text(html("It is {漢字|かん|じ}.")) == "It is 漢(かん)字(じ)."
    found = ruby.read("{漢字|かん|じ}")
    assert found is not None
    assert found.text == "漢(かん)字(じ)"


@pytest.mark.parametrize("text", ["{漢" * 20_000, "{漢|" * 20_000, "{" + "漢" * 40_000 + "|", "{漢|" + "あ|" * 20_000])
def test_it_takes_linear_time(text: str) -> None:
    begun = time.process_time()
    ruby.replaced(text, lambda _found, source: source)
    list(compiled(ruby.INTENDED).finditer(text))
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("{漢字|かん|じ|x}", "Write {漢字|かんじ}"),
        ("{漢字|}", "Write {漢字|かんじ}"),
        ("{漢字|かんじ", "Write {漢字|かんじ}"),
        ("漢字[かんじ]", "Write {漢字|かんじ}."),
    ],
)
def test_malformed_ruby_is_a_finding(text: str, help_: str) -> None:
    [found] = [one for one in findings(f"id: ML0044\ndetails: |\n  It is {text}") if one.code == "MDN014"]
    assert (found.span.line, found.span.column) == (3, 9)
    assert (found.help or "").startswith(help_)


def test_a_bar_in_a_table_is_a_finding() -> None:
    table = "id: ML0044\ndetails: |\n  | a | b |\n  |---|---|\n  | {漢字%s|かんじ} | c |"
    assert [one.help for one in findings(table % "") if one.code == "MDN014"] == ["Write \\| for it."]
    assert not [one for one in findings(table % "\\") if one.code == "MDN014"]


def test_plain_texts_have_no_ruby() -> None:
    assert [one.code for one in findings("id: ML0044\ntitle: '{漢字|かんじ}'") if one.code == "MDN014"]


@pytest.mark.parametrize("text", ["漢字", "{漢字|かんじ}", "a [漢字](https://a.b)", "漢字[1]", "`漢字[かんじ]`"])
def test_other_text_is_no_finding(text: str) -> None:
    assert not [one for one in findings(f"id: ML0044\ndetails: It is {text}") if one.code == "MDN014"]


CARD = """\
id: EX0001
title: A word
question: How is {漢字|かんじ} read, and {東京|とう|きょう}?
answer: |
  As {漢|かん}{字|じ}.

  - a {list|x} of {北京|Běijīng}
tags: [example]
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, drawn_project: Path, run: Run) -> Path:
    project = tmp_path_factory.mktemp("ruby") / "sample"
    shutil.copytree(drawn_project, project)
    shutil.rmtree(project / "source/cards")
    (project / "source/cards").mkdir()
    (project / "source/cards/EX0001.yaml").write_text(CARD, "utf-8")
    formats = [part for name in ("csv", "html", "markdown", "text", "site") for part in ("--format", name)]
    result = run("-C", project, "export", *formats)
    assert result.returncode == 0, result.stdout + result.stderr
    return project / "output"


def test_pages_and_anki_have_elements(exported: Path) -> None:
    for path in (*exported.glob("*.html"), *exported.glob("*.csv"), *exported.glob("site/card/EX0001/index.html")):
        text = path.read_text("utf-8")
        assert "<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>" in text, path
        assert "{漢" not in text


def test_text_and_code_hosts_have_brackets(exported: Path) -> None:
    for path in (*exported.glob("*.txt"), *exported.glob("*/cards/EX0001.md")):
        text = path.read_text("utf-8")
        assert "漢字(かんじ)" in text, path
        assert "{漢" not in text


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["plutoprint", "weasyprint"])
def test_on_paper_the_reading_is_above(exported: Path, run: Run, engine: str) -> None:
    result = run("-C", exported.parent, "export", "--format", "pdf", "--engine", engine)
    assert result.returncode == 0, result.stdout + result.stderr
    places: dict[str, tuple[float, float, float, float]] = {}
    with pypdfium2.PdfDocument(next(exported.glob("*.pdf"))) as opened:
        for page in opened:
            text = page.get_textpage()
            for index in range(text.count_chars()):
                places.setdefault(text.get_text_range(index, 1), text.get_charbox(index))
    if not {"漢", "か", "H"} <= places.keys():
        pytest.skip("no font for Chinese characters")
    assert abs(places["東"][1] - places["京"][1]) < 1
    base, reading, beside = places["漢"], places["か"], places["H"]
    assert reading[1] > base[1] + 0.6 * (base[3] - base[1])
    assert abs(base[1] - beside[1]) < 3
    assert reading[3] - reading[1] < 0.7 * (base[3] - base[1])
