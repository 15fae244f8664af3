"""Footnotes: found as GitHub finds them, written into every format with their numbers, and reported where they break."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st

from cardpipe.markup import SegmentKind, excess, scan
from cardpipe.markup.bounds import MAXIMUM_FOOTNOTE_REFERENCES, MAXIMUM_FOOTNOTES
from cardpipe.render.cloze import ClozeForm
from cardpipe.render.footnotes import numbered, unread
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.markdown_text import MarkdownText
from cardpipe.render.shelf import Item
from lint_sample import CACHE, cards_of, deck_of, lint

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

RENDERER = MarkdownRenderer(
    math=lambda tex, display: f'<span class="math">{html.escape(tex)}</span>',
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
    made = ElementTree.fromstring(
        f"<div>{RENDERER.block(text).replace('<hr>', '<hr/>').replace('<br>', '<br/>')}</div>"
    )
    notes: list[ElementTree.Element] = []
    if scan(text).footnotes:
        assert [made[-2].tag, made[-1].tag] == ["hr", "ol"]
        notes = list(made[-1])
        del made[-2:]
    numbers = [sup.text or "" for sup in made.iter("sup")]
    return numbers, ["".join(f" {part} " for part in note.itertext()).split() for note in notes]


def words(made: str) -> list[str]:
    return html.unescape(re.sub(r"<[^<>]*>", " ", made)).split()


@given(texts())
@settings(max_examples=300, deadline=None)
def test_numbers_and_notes_are_those_of_github(text: str) -> None:
    assert here(text) == on_github(text), numbered(text)
