"""Footnotes: parsed as on GitHub, written in every format, and reported where they do not work."""

from __future__ import annotations

import html
import re
import shutil
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import cmarkgfm
import pypdfium2
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.lint.engine import lint
from cardpipe.markup import SegmentKind, excess, scan
from cardpipe.markup.bounds import MAXIMUM_FOOTNOTE_REFERENCES, MAXIMUM_FOOTNOTES
from cardpipe.render.cloze import ClozeForm
from cardpipe.render.footnotes import numbered, unread
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.markdown_text import MarkdownText
from cardpipe.render.placeholders import Item
from lint_sample import CACHE, cards_of, deck_of

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

RENDERER = MarkdownRenderer(
    math=lambda tex, _display: f'<span class="math">{html.escape(tex)}</span>',
    picture=lambda image: Item(image.segment.text, f'<img src="a.png" alt="{html.escape(image.alt)}">'),
    live_mathjax=False,
)
MARKDOWN = MarkdownText(picture=lambda image: f"![{image.alt}](a.png)")


def marked(text: str) -> list[tuple[str, int | None]]:
    """The references of a text as they are written, with their numbers."""
    return [(text[one.start : one.end], one.number) for one in scan(text).footnote_references]


def noted(text: str) -> list[tuple[str, str]]:
    """The labels and contents of the footnotes of a text."""
    return [(one.label, text[one.content_start : one.end].strip()) for one in scan(text).footnotes]


@pytest.mark.parametrize(
    ("text", "references", "footnotes"),
    [
        ("a[^1]\n\n[^1]: b", [("[^1]", 1)], [("1", "b")]),
        ("a[^n] b[^1] c[^n]\n\n[^1]: x\n[^n]: y", [("[^n]", 1), ("[^1]", 2), ("[^n]", 1)], [("1", "x"), ("n", "y")]),
        ("a[^A]\n\n[^a]: b", [("[^A]", 1)], [("a", "b")]),
        ("a[^1]\n[^1]: b\nlazy\n\nnot", [("[^1]", 1)], [("1", "b\nlazy")]),
        ("a[^1]\n\n[^1]: b\n\n    second\n\n    ```\n    code\n    ```\n\nnot", [("[^1]", 1)], None),
        ("a[^1]\n\n   [^1]:b", [("[^1]", 1)], [("1", "b")]),
        ("a[^1]\n\n[^1]:\n    b", [("[^1]", 1)], [("1", "b")]),
        ("a[^é-ü_1.x]\n\n[^é-ü_1.x]: b", [("[^é-ü_1.x]", 1)], [("é-ü_1.x", "b")]),
        ("# a[^1]\n\n| b[^1] | c |\n|---|---|\n| d | e[^1] |\n\n[^1]: b", [("[^1]", 1)] * 3, [("1", "b")]),
        ("a[^1]\n\n[^1]: see[^2]\n[^2]: c", [("[^1]", 1), ("[^2]", 2)], [("1", "see[^2]"), ("2", "c")]),
        ("`[^1]` $x[^1]$ \\[^1] ![^1] [^1](https://a.b)\n\n    [^1]\n\n[^1]: b", [], [("1", "b")]),
        ("a[^2]\n\n[^1]: b", [("[^2]", None)], [("1", "b")]),
        ("a[^1]\n\n    [^1]: code", [("[^1]", None)], []),
        ("- a[^1]\n\n  [^1]: b", [("[^1]", None), ("[^1]", None)], []),
        ("> a[^1]\n>\n> [^1]: b", [("[^1]", None), ("[^1]", None)], []),
        ("```\n[^1]: b\n```\na[^1]", [("[^1]", None)], []),
        ("$$\n[^1]: b\n$$", [], []),
        ("a[^ 1] b[^] c[^a b] d[^a[b]] e[^`1`]\n\n[^a b]: c", [], []),
    ],
)
def test_footnotes_are_found_where_they_are_defined(
    text: str, references: list[tuple[str, int | None]], footnotes: list[tuple[str, str]] | None
) -> None:
    assert marked(text) == references
    assert footnotes is None or noted(text) == footnotes


def test_the_marks_of_footnotes_are_no_prose() -> None:
    text = "a[^helo] b[^other]\n\n[^helo]: words"
    kinds = [(segment.text, segment.kind) for segment in scan(text).segments]
    assert kinds == [
        ("a", SegmentKind.PROSE),
        ("[^helo]", SegmentKind.FOOTNOTE),
        (" b[^other]\n\n", SegmentKind.PROSE),
        ("[^helo]:", SegmentKind.FOOTNOTE),
        (" words", SegmentKind.PROSE),
    ]


@pytest.mark.parametrize("text", ["- ```\n- a", "[^1]: ```\n[^2]: a[^1][^2]"])
def test_a_fence_ends_with_the_item_or_footnote_in_which_it_stands(text: str) -> None:
    assert "a" not in "".join(segment.text for segment in scan(text).code())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a[^1]\n\n[^1]: b *c*", "a<sup>1</sup>\n\n---\n\n1.  <small>b *c*</small>"),
        (
            "a[^x] b[^y]\n\n[^y]: c\n\n    d\n[^x]: e[^y]\n\nf",
            "a<sup>1</sup> b<sup>2</sup>\n\n\n\nf\n\n---\n\n1.  <small>e<sup>2</sup></small>\n2.  c\n\n    d",
        ),
        ("a[^1]\n\n[^1]: - b", "a<sup>1</sup>\n\n---\n\n1.  - b"),
        ("a[^1]\n\n[^1]: $$b$$", "a<sup>1</sup>\n\n---\n\n1.  $$b$$"),
        ("a[^1]\n\n[^1]: b\\", "a<sup>1</sup>\n\n---\n\n1.  b\\"),
        ("[^1]: b\n\na[^1]\n\n```\nc", "\n\na<sup>1</sup>\n\n```\nc\n```\n\n---\n\n1.  <small>b</small>"),
        ("[^1]: b\n\na[^1]\n\n- ```\n  c", "\n\na<sup>1</sup>\n\n- ```\n  c\n\n---\n\n1.  <small>b</small>"),
        # No word is lost.
        ("a\n\n[^1]: b", "a\n\n\\[^1]: b"),
        ("a[^1]\n\n[^1]: b\n[^1]: c", "a<sup>1</sup>\n\n\n\\[^1]: c\n\n---\n\n1.  <small>b</small>"),
        ("a[^2]\n\n[^1]: b", "a[^2]\n\n\\[^1]: b"),
    ],
)
def test_a_text_is_written_with_numbers_and_a_list(text: str, expected: str) -> None:
    assert numbered(text).split() == expected.split()
    assert scan(numbered(text)).footnotes == ()


def test_the_list_is_one_in_every_reader() -> None:
    text = "a[^1] b[^2]\n\n[^1]: c\n\n    ```\n    d\n    ```\n\n[^2]: e"
    made = RENDERER.block(text)
    assert made.count("<hr>") == made.count("<ol>") == 1
    assert made.endswith("</ol>")
    assert cmarkgfm.github_flavored_markdown_to_html(MARKDOWN.block(text)).count("<li>") == made.count("<li>") == 2


@pytest.mark.parametrize("count", [9, 10, 11, MAXIMUM_FOOTNOTES])
def test_many_notes_stay_in_one_list(count: int) -> None:
    body = " ".join(f"[^n{number}]" for number in range(count))
    notes = "\n".join(f"[^n{number}]: a\n\n    b" for number in range(count))
    made = RENDERER.block(f"{body}\n\n{notes}")
    assert made.count("<li>\n<p>a</p>\n<p>b</p>\n</li>") == count
    assert f"<sup>{count}</sup>" in made


def test_text_within_a_line_has_no_footnotes() -> None:
    text = "a[^1]\n\n[^1]: b"
    assert unread(text) == "a[^1]\n\n\\[^1]: b"
    assert "<ol>" not in RENDERER.inline(text)
    assert "b" in RENDERER.inline(text)
    assert MARKDOWN.inline(text) == "a[^1]  \\[^1]: b"


CLOZE = "The {{c1::net[^1]::hint}} learns.\n\n[^1]: By {{c2::Bob}}, $x = {{c3::1}}$."


@pytest.mark.parametrize(
    ("form", "parts"),
    [
        (ClozeForm.MARKS, ["{{c1::net<sup>1</sup>::hint}}", "<li><small>By {{c2::Bob}}", "{{c3::1}}"]),
        (ClozeForm.BLANK, ["[hint]</span> learns", "<li><small>By <span", r"\boxed{\cdots}"]),
        (ClozeForm.FILLED, ["net<sup>1</sup></span> learns", "Bob</span>", r"\boxed{1}"]),
    ],
)
def test_blanks_work_within_notes_and_around_references(form: ClozeForm, parts: list[str]) -> None:
    made = RENDERER.block(CLOZE, form)
    assert [part for part in parts if part not in made] == []


# --- As GitHub reads them --------------------------------------------------------------------------------------------

LABELS = ["1", "2", "note", "Big"]
WORD = st.sampled_from(
    [
        "word",
        "*some*",
        "`[^1]`",
        r"\[^1]",
        "**so[^note]**",
        "[^none]",
        "[link](https://a.b)",
        "[link [^1]](https://a.b)",
        "a_b",
        "(see[^2])",
        *(f"as[^{label}]" for label in [*LABELS, "NOTE"]),
    ]
)
LINE = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
BLOCK = st.one_of(
    st.lists(LINE, min_size=1, max_size=3).map("\n".join),
    LINE.map("- {}".format),
    LINE.map("> {}".format),
    LINE.map("## {}".format),
    LINE.map("| {} | b |\n|---|---|\n| c | d |".format),
    st.just("```\n[^1]\n[^1]: code\n```"),
    st.just("***"),
)
CONTENT = st.builds(
    lambda first, rest: "".join([first, *rest]),
    LINE,
    st.lists(
        st.one_of(
            LINE.map("\n    {}".format),
            LINE.map("\n\n    {}".format),
            LINE.map("\n{}".format),
            LINE.map("\n    - {}".format),
            st.just("\n\n    ```\n    [^1]\n    ```"),
        ),
        max_size=2,
    ),
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    labels = draw(st.lists(st.sampled_from(LABELS), unique=True, max_size=4))
    parts = [*draw(st.lists(BLOCK, max_size=4)), *(f"[^{label}]: {draw(CONTENT)}" for label in labels)]
    parts = draw(st.permutations(parts))
    gaps = [draw(st.sampled_from(["\n\n", "\n"])) for _ in parts]
    used = " ".join(f"as[^{label}]" for label in draw(st.permutations(labels)))
    return "".join(part + gap for part, gap in zip(parts, gaps, strict=True)) + f"\n\n***\n{used} all."


REFERENCE = re.compile(r"<sup(?: class=\"footnote-ref\")?>(?:<a [^>]*>)?(\d+)(?:</a>)?</sup>")
BACK = re.compile(r" ?<a href=\"#fnref.*?</a>(?!</sup>)", re.DOTALL)


def on_github(text: str) -> tuple[list[str], list[list[str]]]:
    """The numbers in the text, and the words of each note."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    made = cmarkgfm.github_flavored_markdown_to_html(text, options)
    body, _, notes = made.partition('<section class="footnotes"')
    parts = re.split(r'<li id="fn-[^"]*">', notes)[1:]
    return REFERENCE.findall(body), [words(BACK.sub("", part)) for part in parts]


def here(text: str) -> tuple[list[str], list[list[str]]]:
    """The same of what is written here, where the notes are the last list, below a rule."""
    made = RENDERER.block(text).replace("<hr>", "<hr/>").replace("<br>", "<br/>")
    root = ElementTree.fromstring(f"<div>{made}</div>")  # noqa: S314 - we have just rendered it ourselves
    notes: list[ElementTree.Element] = []
    if scan(text).footnotes:
        assert [root[-2].tag, root[-1].tag] == ["hr", "ol"]
        notes = list(root[-1])
        del root[-2:]
    numbers = [sup.text or "" for sup in root.iter("sup")]
    return numbers, ["".join(f" {part} " for part in note.itertext()).split() for note in notes]


def words(made: str) -> list[str]:
    return html.unescape(re.sub(r"<[^<>]*>", " ", made)).split()


@given(texts())
def test_numbers_and_notes_are_those_of_github(text: str) -> None:
    assert here(text) == on_github(text), numbered(text)


# --- What is reported ------------------------------------------------------------------------------------------------


def reported(texts: str, code: str) -> list[tuple[int, int, int, str]]:
    """The line, the columns and the message of each finding of a rule."""
    found = lint(deck_of(cards_of(f"id: ML0044\n{texts}")), (), CACHE)
    return [(one.span.line, one.span.column, one.span.end_column, one.message) for one in found if one.code == code]


@pytest.mark.parametrize(
    ("texts", "place", "words"),
    [
        ("answer: It is so.[^1]", (2, 18, 22), "not defined"),
        ("question: What[^1]?\nanswer: |\n  So[^1].\n\n  [^1]: a", (2, 15, 19), "not defined"),
        ("answer: |\n  So.\n\n  [^1]: a", (5, 3, 8), "No reference"),
        ("answer: |\n  So[^1].\n\n  [^1]: a\n  [^1]: b", (6, 3, 8), "already defined"),
        ("answer: |\n  So[^1].\n\n  [^1]:", (5, 3, 8), "empty"),
        ("answer: |\n  So.\n\n  - [^1]: a", (5, 5, 10), "within a list"),
        ("answer: |\n  So.\n\n  > [^1]: a", (5, 5, 10), "within a list"),
        ("answer: |\n  So[^1].\n\n  [^1]: a\n\n      [^2]: b", (7, 7, 12), "another footnote"),
        ("answer: |\n  So [a[^1]](https://a.b).\n\n  [^1]: a", (3, 8, 12), "text of a link"),
        ("title: A unit[^1]", (2, 14, 18), "Single-line"),
        ("title: A unit[^a]\nanswer: |\n  So[^a].\n\n  [^a]: a", (2, 14, 18), "Single-line"),
        ("kind: typed\nanswer: unit[^1]", (3, 13, 17), "Single-line"),
        ("references:\n- text: A book[^1]", (3, 15, 19), "Single-line"),
        ("figures:\n- {id: a, kind: grid, values: [[1]], alt: A., caption: 'A[^1]'}", (3, 58, 62), "Single-line"),
    ],
)
def test_footnotes_that_do_not_work_are_reported(texts: str, place: tuple[int, int, int], words: str) -> None:
    found = reported(texts, "MDN013")
    assert [one[:3] for one in found] == [place]
    assert words in found[0][3]
    assert reported(texts, "MDN001") == []


@pytest.mark.parametrize(
    "texts",
    [
        "answer: |\n  So[^1], $x^2$[^b].\n\n  [^1]: a\n  [^b]: b[^1]",
        "answer: |\n  # So[^1]\n\n  [^1]: a",
        "answer: The class `[^abc]`, \\[^abc] and $[^1]$.",
        "title: What [^abc] matches",
        "kind: typed\nanswer: '[^abc]'",
    ],
)
def test_footnotes_that_work_and_brackets_are_left_alone(texts: str) -> None:
    assert reported(texts, "MDN013") == reported(texts, "MDN001") == []


@pytest.mark.parametrize(
    ("code", "note", "column"),
    [
        ("REF001", "[b](card:ML0099)", 13),
        ("REF003", "[b](javascript:c)", 13),
        ("MED001", "![A unit.](b.png)", 20),
        ("MTH001", "$\\foo$", 10),
        ("MKU001", "<b>b</b>", 9),
        ("WRD010", "the the", 13),
        ("MDN001", "https://a.b/c", 9),
    ],
)
def test_a_note_is_text_like_any_other(code: str, note: str, column: int) -> None:
    found = reported(f"answer: |\n  So it is[^a].\n\n  [^a]: {note}", code)
    assert [one[:2] for one in found] == [(5, column)]


def test_a_label_is_no_word() -> None:
    assert reported("answer: |\n  So the[^the] the[^_a*].\n\n  [^the]: a\n  [^_a*]: b _c_", "WRD010") == []
    assert reported("answer: |\n  So[^_a*] *b*.\n\n  [^_a*]: b _c_", "MDN001") == []


def test_a_near_label_is_proposed() -> None:
    found = lint(deck_of(cards_of("id: ML0044\nanswer: |\n  So[^nite][^note].\n\n  [^note]: a")), (), CACHE)
    assert [one.help for one in found if one.code == "MDN013"] == ["Did you mean note?"]


@pytest.mark.parametrize(
    ("text", "is_too_much"),
    [
        ("\n".join(f"[^{number}]: a" for number in range(MAXIMUM_FOOTNOTES)), False),
        ("\n".join(f"[^{number}]: a" for number in range(MAXIMUM_FOOTNOTES + 1)), True),
        ("a[^1] " * MAXIMUM_FOOTNOTE_REFERENCES + "\n\n[^1]: a", False),
        ("a[^1] " * (MAXIMUM_FOOTNOTE_REFERENCES + 1) + "\n\n[^1]: a", True),
        ("a[^1] " * (MAXIMUM_FOOTNOTE_REFERENCES + 1), False),
    ],
)
def test_there_are_so_many_footnotes_and_no_more(text: str, is_too_much: bool) -> None:
    found = excess(text)
    assert (found is not None) is is_too_much
    if found is not None:
        assert "footnote" in found.message
        assert text.startswith("[^", found.start)
        assert "<sup>" not in numbered(text)


# --- In every format -------------------------------------------------------------------------------------------------

CARD = """\
id: EX0001
title: The perceptron
question: |
  Who built the perceptron[^who]?

  [^who]: Questionnote, of *one* line.
answer: |
  A psychologist built it in 1957.[^1][^2][^1]

  [^1]: Firstnote of two lines,
      and its second line.
  [^2]: Secondnote.

      Another paragraph.
tags: [example]
"""
CLOZE_CARD = """\
id: EX0002
title: The net
kind: cloze
question: |
  The {{c1::net[^1]}} learns.

  [^1]: Blanknote by {{c2::somebody}}.
tags: [example]
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, drawn_project: Path, run: Run) -> Path:
    project = tmp_path_factory.mktemp("footnotes") / "sample"
    shutil.copytree(drawn_project, project)
    for name, card in {"EX0001": CARD, "EX0002": CLOZE_CARD}.items():
        (project / f"source/cards/{name}.yaml").write_text(card, "utf-8")
    result = run("-C", project, "fmt", "--check")
    assert result.returncode == 0, result.stdout + result.stderr
    formats = [part for name in ("anki", "csv", "html", "markdown") for part in ("--format", name)]
    result = run("-C", project, "export", *formats)
    assert result.returncode == 0, result.stdout + result.stderr
    return project


def test_the_page_has_numbers_and_notes_and_no_id_twice(exported: Path) -> None:
    page = next((exported / "output").glob("*.html")).read_text("utf-8")
    assert page.count("Firstnote") == 1
    assert page.count("<sup>1</sup>") == 1 + 2 + 1  # a blank hides its own
    assert "[^" not in page
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))


def test_anki_and_tables_have_numbers_and_notes(exported: Path) -> None:
    table = next((exported / "output").glob("*.csv")).read_text("utf-8")
    assert "1957.<sup>1</sup><sup>2</sup><sup>1</sup></p>\n<hr>\n<ol>\n<li>" in table
    assert (
        "{{c1::net<sup>1</sup>}} learns.</p>\n<hr>\n<ol>\n<li><small>Blanknote by {{c2::somebody}}.</small></li>"
        in table
    )
    assert "[^" not in table


def test_the_folder_keeps_the_notes_of_an_answer_folded(exported: Path) -> None:
    page = next((exported / "output").glob("*/cards/EX0001.md")).read_text("utf-8")
    front, fold, back = page.partition("<details>")
    assert fold
    assert "1.  <small>Questionnote, of *one* line.</small>" in front
    assert "Firstnote" not in front
    assert "2.  Secondnote.\n\n    Another paragraph." in back
    assert "[^" not in page


@pytest.mark.quick_cases("cards")
@pytest.mark.parametrize("layout", ["sheet", "booklet", "quiz", "cards", "fold", "slides"])
def test_each_layout_prints_the_notes_once_for_each_text(exported: Path, run: Run, layout: str) -> None:
    result = run("-C", exported, "export", "--format", "pdf", "--layout", layout)
    assert result.returncode == 0, result.stdout + result.stderr
    files = [path for path in (exported / "output").glob("*.pdf") if layout in path.name or layout == "sheet"]
    with pypdfium2.PdfDocument(min(files, key=lambda path: len(path.name))) as opened:
        words = " ".join(page.get_textpage().get_text_bounded() for page in opened)
    for note in ("Questionnote", "Firstnote", "Secondnote", "Another paragraph"):
        assert words.count(note) == 1, words
    assert words.count("Blanknote") == 2, words  # with its blanks and without
    assert "[^" not in words


@pytest.mark.slow
def test_a_difference_shows_the_words_of_a_note(exported: Path, run: Run, tmp_path: Path) -> None:
    project = tmp_path / "sample"
    shutil.copytree(exported, project)
    card = project / "source/cards/EX0001.yaml"
    card.write_text(card.read_text("utf-8").replace("Firstnote of two lines", "Firstnote of more lines"), "utf-8")
    result = run("-C", project, "diff", next((project / "output").glob("*.apkg")))
    assert result.returncode == 0, result.stderr
    assert "Firstnote of [-two-]{+more+} lines" in result.stdout
