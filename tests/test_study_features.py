"""Features for learners: links to report errors, a preset, sounds, writing directions, CJK fonts, code colours."""

from __future__ import annotations

import html
import re
import struct
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from anki_collection import Learner, collection
from cardpipe.assets.sounds import sound_type
from cardpipe.build.pipeline import check
from cardpipe.model.languages import direction, han_region, opposite
from cardpipe.plugins.extras import install_command
from cardpipe.render.code import code_style
from cardpipe.render.direction import directed, direction_of
from cardpipe.writers.anki.note_type import style
from cardpipe.writers.pdf.composing.han_fonts import han_characters, han_rules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Run

WAV = (
    b"RIFF" + struct.pack("<I", 136) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    + b"data" + struct.pack("<I", 100) + bytes([128] * 100)
)  # fmt: skip


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    with collection(tmp_path / "learner") as found:
        yield found


def configure(project: Path, text: str, **replaced: str) -> None:
    path = project / "source" / "deck.yaml"
    old = path.read_text(encoding="utf-8")
    for key, value in replaced.items():
        old = re.sub(rf"^{key}: .*$", f"{key}: {value}", old, flags=re.MULTILINE)
    path.write_text(f"{old}{text}\n", encoding="utf-8")


def add(project: Path, text: str, card_id: str = "EX0009") -> None:
    (project / "source" / "cards" / f"{card_id}.yaml").write_text(f"id: {card_id}\n{text}", encoding="utf-8")


def exported(run: Run, project: Path, *formats: str) -> Path:
    chosen = [part for name in formats for part in ("--format", name)]
    result = run("-C", project, "export", *chosen)
    assert result.returncode == 0, result.stderr
    return project / "output"


def test_every_card_has_a_link_to_report_errors(project: Path, run: Run, learner: Learner) -> None:
    configure(project, "report: \"https://example.org/new?a=1&title={id}&b='x'\"")
    output = exported(run, project, "anki", "html", "markdown", "pdf")
    learner.import_package((output / "sample.apkg").read_bytes())
    [number] = learner.col.find_cards("ID:EX0002")
    shown = learner.col.get_card(number).answer()
    [address] = re.findall(r'<footer class="foot"><a href="([^"]*)">Report an error</a></footer>', shown)
    assert html.unescape(address) == "https://example.org/new?a=1&title=EX0002&b='x'"
    page = (output / "sample.html").read_text(encoding="utf-8")
    assert page.count(">Report an error</a>") == 2
    assert "title=EX0001&amp;" in page
    assert "title=EX0001&" in (output / "markdown" / "cards" / "EX0001.md").read_text(encoding="utf-8")
    assert b"Report an error" not in (output / "sample.pdf").read_bytes()


def test_without_an_address_there_is_no_link(project: Path, run: Run) -> None:
    output = exported(run, project, "html", "markdown")
    assert "Report an error" not in (output / "sample.html").read_text(encoding="utf-8")
    assert "Report an error" not in (output / "markdown" / "cards" / "EX0001.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "address", ["https://example.org/new", "javascript:alert('{id}')", "https://x/{{id}}", "https://x/{id}{ID}", "{id}"]
)
def test_an_address_that_would_not_serve_is_a_finding(project: Path, address: str) -> None:
    configure(project, f'report: "{address}"')
    found = [item for item in check(project).diagnostics if item.span.path == "source/deck.yaml"]
    assert [item.code for item in found] == ["SCH004"]


def presets(learner: Learner) -> dict[str, Any]:
    return {preset["name"]: preset for preset in learner.col.decks.all_config()}


def imported_with_presets(learner: Learner, package: Path) -> None:
    from anki.collection import ImportAnkiPackageOptions, ImportAnkiPackageRequest

    options = ImportAnkiPackageOptions(with_deck_configs=True)
    learner.col.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options))


@pytest.mark.slow
def test_a_preset_is_offered_and_not_imposed(project: Path, run: Run, tmp_path: Path) -> None:
    configure(project, "preset: {name: Gentle, new-per-day: 7, reviews-per-day: 55, desired-retention: 0.85}")
    package = exported(run, project, "anki") / "sample.apkg"
    with collection(tmp_path / "default") as learner:
        learner.import_package(package.read_bytes())
        assert list(presets(learner)) == ["Default"]
        assert {learner.col.decks.config_dict_for_deck_id(d.id)["name"] for d in decks(learner)} == {"Default"}
    with collection(tmp_path / "asked") as learner:
        imported_with_presets(learner, package)
        gentle = presets(learner)["Gentle"]
        assert (gentle["new"]["perDay"], gentle["rev"]["perDay"]) == (7, 55)
        assert gentle["desiredRetention"] == pytest.approx(0.85)
        assert {learner.col.decks.config_dict_for_deck_id(d.id)["name"] for d in decks(learner)} == {"Gentle"}
        # What the learner makes of it afterwards is theirs.
        gentle["new"]["perDay"] = 3
        learner.col.decks.update_config(gentle)
        learner.import_package(package.read_bytes())
        assert presets(learner)["Gentle"]["new"]["perDay"] == 3


def decks(learner: Learner) -> list[Any]:
    return [deck for deck in learner.col.decks.all_names_and_ids() if deck.name.startswith("Sample")]


@pytest.mark.slow
def test_a_sound_is_in_every_format(project: Path, run: Run, learner: Learner) -> None:
    media = project / "source" / "media"
    media.mkdir()
    (media / "tone.wav").write_bytes(WAV)
    add(project, "title: Sound\nquestion: '![a \"low\" tone](tone.wav)'\nanswer: It hums.\ntags: [example]\n")
    output = exported(run, project)
    learner.import_package((output / "sample.apkg").read_bytes())
    [number] = learner.col.find_cards("ID:EX0009")
    card = learner.col.get_card(number)
    [tag] = card.question_av_tags()
    assert re.fullmatch(r"tone-[0-9a-f]{12}\.wav", tag.filename)  # type: ignore[union-attr]  # a sound has a file
    checked = learner.col.media.check()
    assert (list(checked.missing), list(checked.unused)) == ([], [])
    assert (output / "sample-media" / tag.filename).read_bytes() == WAV  # type: ignore[union-attr]  # the same
    page = (output / "sample.html").read_text(encoding="utf-8")
    assert '<audio controls preload="none" src="data:audio/wav;base64,' in page
    assert 'aria-label="a &quot;low&quot; tone"' in page
    assert "media-src data:" in page
    markdown = (output / "markdown" / "cards" / "EX0009.md").read_text(encoding="utf-8")
    assert f'[a "low" tone](../assets/{tag.filename})' in markdown  # type: ignore[union-attr]  # the same
    assert (output / "markdown" / "assets" / tag.filename).read_bytes() == WAV  # type: ignore[union-attr]  # the same
    pdfplumber = pytest.importorskip("pdfplumber")
    with pdfplumber.open(output / "sample.pdf") as document:
        assert '[sound: a "low" tone]' in "\n".join(sheet.extract_text() for sheet in document.pages)


@pytest.mark.parametrize(
    ("name", "data", "codes"),
    [
        ("a.wav", WAV, []),
        ("a.mp3", b"ID3\x04" + bytes(20), []),
        ("a.mp3", b"\xff\xfb\x90\x00" + bytes(20), []),
        ("a.ogg", b"OggS" + bytes(20), []),
        ("a.mp3", WAV, ["MED004"]),
        ("a.wav", b"\x89PNG\r\n\x1a\n", ["MED004"]),
        ("a.flac", b"", ["MED004"]),
        ("a.mid", b"MThd", ["MED004"]),
    ],
)
def test_a_sound_is_what_its_name_says(project: Path, name: str, data: bytes, codes: list[str]) -> None:
    media = project / "source" / "media"
    media.mkdir()
    (media / name).write_bytes(data)
    add(project, f"title: Sound\nquestion: '![a long tone]({name})'\nanswer: It hums.\ntags: [example]\n")
    assert [item.code for item in check(project).diagnostics] == codes


def test_a_sound_without_words_or_without_its_file_is_found(project: Path) -> None:
    add(project, "title: Sound\nquestion: '![](tone.mp3)'\nanswer: It hums.\ntags: [example]\n")
    found = [(item.code, item.span.column) for item in check(project).diagnostics]
    assert found == [("MED006", 12), ("MED001", 16)]


def test_no_bytes_are_two_kinds_of_sound() -> None:
    assert sound_type(WAV) == "audio/wav"
    assert sound_type(b"\xff\xd8\xff\xe0") is None
    assert sound_type(b"") is None


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("he-IL", "rtl"),
        ("fa", "rtl"),
        ("az-Arab", "rtl"),
        ("ar-Latn", "ltr"),
        ("ur", "rtl"),
    ],
)
def test_the_direction_of_a_language(language: str, expected: str) -> None:
    assert direction(language) == expected


@pytest.mark.parametrize(("text", "expected"), [("1. שלום", "rtl"), ("(abc) שלום", "ltr"), ("12 %", None), ("", None)])
def test_the_first_letter_decides(text: str, expected: str | None) -> None:
    assert direction_of(text) == expected


def test_paragraphs_that_run_the_other_way_are_marked() -> None:
    mixed = "<p>One.</p>\n<p><strong>שלום</strong></p>\n<ul>\n<li>سلام</li>\n</ul>\n<p>12</p>"
    assert directed(mixed, "ltr") == mixed.replace("<p><strong>", '<p dir="rtl"><strong>').replace(
        "<ul>\n<li>", '<ul dir="rtl">\n<li dir="rtl">'
    )
    assert directed(mixed, "rtl").count('dir="ltr"') == 1
    assert directed("<p>One.</p>", "ltr") == "<p>One.</p>"


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        # What stands behind an element says nothing of it.
        ('<p><img src="x"></p>\n<p>One.</p>', '<p><img src="x"></p>\n<p dir="ltr">One.</p>'),
        ("<p>12</p><p>One.</p>", '<p>12</p><p dir="ltr">One.</p>'),
        # Within an element that runs the other way, one that runs like the page says so.
        (
            "<blockquote><p>One.</p><p>שלום</p></blockquote><p>שלום</p>",
            '<blockquote dir="ltr"><p dir="ltr">One.</p><p dir="rtl">שלום</p></blockquote><p>שלום</p>',
        ),
        (
            "<ul><li>One<ul><li>שלום</li></ul></li></ul>",
            '<ul dir="ltr"><li dir="ltr">One<ul dir="rtl"><li>שלום</li></ul></li></ul>',
        ),
        # The English title of an alert does not decide.
        (
            "<blockquote>\n<p><strong>Note</strong></p>\n<p>שלום</p>\n</blockquote>",
            "<blockquote>\n<p><strong>Note</strong></p>\n<p>שלום</p>\n</blockquote>",
        ),
        (
            "<blockquote>\n<p><strong>Tip</strong></p>\n<p>One.</p>\n</blockquote>",
            '<blockquote dir="ltr">\n<p><strong>Tip</strong></p>\n<p dir="ltr">One.</p>\n</blockquote>',
        ),
    ],
)
def test_directions_of_elements_in_each_other(fragment: str, expected: str) -> None:
    assert directed(fragment, "rtl") == expected


@pytest.mark.parametrize(
    ("title", "page", "expected"),
    [
        ("Python היא שפה", "rtl", None),
        ("היא שפת Python", "rtl", None),
        ("C++", "rtl", "ltr"),
        ("12 %", "rtl", None),
        ("שלום", "ltr", "rtl"),
        ("שלום means peace", "ltr", None),
        ("Peace", "ltr", None),
    ],
)
def test_a_title_runs_like_its_page_unless_no_letter_does(title: str, page: str, expected: str | None) -> None:
    assert opposite(title, page) == expected


@pytest.mark.slow
def test_a_pdf_from_the_right_mirrors_one_from_the_left(project: Path, run: Run) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    (project / "source" / "media").mkdir(exist_ok=True)
    Image.new("RGB", (120, 60), "#ff9933").save(project / "source" / "media" / "x.png")
    text = "title: {0}\nquestion: |\n  {0}\n\n  ![{0}](x.png)\n\n  One.\nanswer: {0}\ntags: [example]\n"
    ids, middles = {}, {}
    for language, word in (("he", "שלום"), ("en", "Peace")):
        configure(project, "", language=language)
        add(project, text.format(word))
        with pdfium.PdfDocument(exported(run, project, "pdf") / "sample.pdf") as document:
            for number, page in enumerate(document, 1):
                pictures = [item for item in page.get_objects() if item.type == pdfium.raw.FPDF_PAGEOBJ_IMAGE]
                words = page.get_textpage()
                said = words.get_text_range()
                if pictures:
                    left, _, right, _ = pictures[0].get_bounds()
                    middles[language] = (left + right) / 2 / page.get_width()
                    ids[language] = words.get_charbox(said.index("EX0009"))[0] / page.get_width()
                    assert f"{number} / {len(document)}" in said
    assert ids["en"] < 0.25
    assert ids["he"] > 0.75
    # The middle of the text, which has the IDs on its one side.
    assert middles == {"he": pytest.approx(0.43, abs=0.02), "en": pytest.approx(0.54, abs=0.02)}


def test_a_deck_written_from_the_right(project: Path, run: Run, learner: Learner) -> None:
    configure(project, "", language="he")
    add(project, "title: שלום\nquestion: מה זה $x$?\nanswer: An English answer.\ntags: [example]\n")
    output = exported(run, project, "anki", "html")
    page = (output / "sample.html").read_text(encoding="utf-8")
    assert '<html lang="he" dir="rtl">' in page
    assert '<p dir="ltr">An English answer.</p>' in page
    learner.import_package((output / "sample.apkg").read_bytes())
    assert learner.fields("EX0009")["Answer"] == '<p dir="ltr">An English answer.</p>'
    [number] = learner.col.find_cards("ID:EX0009")
    assert '<div lang="he" dir="rtl" class="sheet front">' in learner.col.get_card(number).question()


@pytest.mark.parametrize(
    ("language", "region"), [("ja", "JP"), ("ko", "KR"), ("zh", "SC"), ("zh-TW", "TC"), ("en", "SC")]
)
def test_whose_characters_a_language_has(language: str, region: str) -> None:
    assert han_region(language) == region


@pytest.mark.slow
def test_a_pdf_embeds_the_characters_of_east_asia(project: Path, run: Run) -> None:
    add(project, "title: 学習\nquestion: 機械学習とは何か?\nanswer: 데이터에서 배운다。中文也可以。\ntags: [example]\n")
    configure(project, "", language="ja")
    result = run("-C", project, "export", "--format", "pdf")
    assert (result.returncode, result.stderr) == (0, "")
    pikepdf = pytest.importorskip("pikepdf")
    fonts = set()
    with pikepdf.open(project / "output" / "sample.pdf") as document:
        for page in document.pages:
            for font in page.Resources.get("/Font", {}).values():
                fonts.add(str(font.BaseFont).partition("+")[2])
                assert "/DescendantFonts" not in font or "/FontFile2" in font.DescendantFonts[0].FontDescriptor
    assert any(name.startswith("NotoSansJP") for name in fonts)
    assert any(name.startswith("NotoSansKR") for name in fonts)


@pytest.mark.slow
def test_the_fonts_of_a_text_are_the_same_bytes_every_time() -> None:
    characters = han_characters("機械学習 and 데이터")
    assert characters == set("機械学習데이터")
    rules, left = han_rules(characters, "ja")
    assert left == frozenset()
    assert rules == han_rules(characters, "ja")[0]
    assert rules.count("@font-face") == 8
    assert han_rules(frozenset(), "ja") == ("", frozenset())


@pytest.mark.slow
def test_missing_fonts_are_reported_with_instructions(project: Path, run: Run, tmp_path: Path) -> None:
    # A package of that name without fonts stands in for none at all.
    (tmp_path / "empty" / "justmytype_intl_cjk").mkdir(parents=True)
    (tmp_path / "empty" / "justmytype_intl_cjk" / "__init__.py").write_text("", encoding="utf-8")
    add(project, "title: 学習\nquestion: What is 機械?\nanswer: A machine 🙂.\ntags: [example]\n")
    result = run("-C", project, "export", "--format", "pdf", env={"PYTHONPATH": str(tmp_path / "empty")})
    assert result.returncode == 0
    assert install_command("cjk") in result.stderr
    assert "🙂" in result.stderr


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
def test_code_can_be_read_by_day_and_by_night(dark: bool) -> None:
    by_day, by_night = re.findall(r"--panel: (#[0-9a-f]{6})", style())
    ground = luminance(by_night if dark else by_day)
    for colour in re.findall(r"color:(#[0-9a-f]{6})", code_style(dark=dark)):
        pair = sorted((luminance(colour), ground))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, colour
