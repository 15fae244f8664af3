"""Blocks of original HTML: what they show in each form, what they may contain, and what lint finds in them."""

from __future__ import annotations

import pytest

from cardpipe.markup import clozes, scan
from cardpipe.render.cloze import ClozeForm
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.placeholders import Item
from lint_sample import codes, markdown_findings

RENDERER = MarkdownRenderer(
    math=lambda tex, display: f"<m>{tex}{display:d}</m>",
    picture=lambda image: Item(image.segment.text, f"<i>{image.target} {image.alt}</i>"),
    live_mathjax=False,
)


def block(source: str) -> str:
    return f"```html original\n{source}\n```"


def rendered(source: str, form: ClozeForm | None = None) -> str:
    made = RENDERER.block(block(source), form)
    assert made.startswith('<div class="original">')
    return made.removeprefix('<div class="original">').removesuffix("</div>")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<span style="color:#c00">a</span>', '<span style="color:#c00">a</span>'),
        (r"a \(x &lt; y\)", "a <m>x < y0</m>"),
        (r"\[x\]", '<span class="equation"><m>x1</m></span>'),
        ('<img src="a.png" alt="A map">', "<i>a.png A map</i>"),
        ('<audio src="a.mp3" alt="A"></audio>b', "<i>a.mp3 A</i>b"),
        ("<b>a", "<b>a</b>"),
        ("{{c1::a}}", "{{c1::a}}"),
    ],
)
def test_html_is_shown(source: str, expected: str) -> None:
    assert rendered(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<style>body {display: none}</style>",
        '<iframe src="https://example.org"></iframe>',
        '<b onclick="x()" class="y" id="z">',
        '<a href="javascript:x()">',
        '<span style="background:url(https://example.org/t.gif);position:fixed">',
        "<img src='https://example.org/t.gif'>",
        "<img src=a.png onerror=x()>",
        "<form><input name=a><button>b</button></form>",
        "<svg onload=x()><a href=javascript:x()>",
    ],
)
def test_nothing_runs_or_loads(source: str) -> None:
    made = rendered(f"{source}c")
    assert "c" in made or source.startswith(("<form", "<svg"))
    for word in ("script", "example.org", "onclick", "onerror", "onload", "class=", "id=", "url", "position", "<img"):
        assert word not in made.replace("</script>", "")


@pytest.mark.parametrize(
    ("source", "blank", "filled"),
    [
        ("{{c1::a}} b", '<span class="cloze blank">[…]</span> b', '<span class="cloze">a</span> b'),
        ("{{c1::a::h}}", '<span class="cloze blank">[h]</span>', '<span class="cloze">a</span>'),
        ("{{c1::<ul><li>a</li></ul>}}", '<span class="cloze blank">[…]</span>', "<ul><li>a</li></ul>"),
        (
            "{{c1::a {{c2::b}}}}",
            '<span class="cloze blank">[…]</span>',
            '<span class="cloze">a <span class="cloze">b</span></span>',
        ),
        ("<b>{{c1::a</b> b}}", '<b><span class="cloze blank">[…]</span></b>', "<b>a</b> b"),
        ("{{c1::a", "{{c1::a", "{{c1::a"),
    ],
)
def test_deletions_can_contain_anything(source: str, blank: str, filled: str) -> None:
    assert rendered(source, ClozeForm.BLANK) == blank
    assert rendered(source, ClozeForm.FILLED) == filled
    assert rendered(source, ClozeForm.MARKS).replace("&#123;", "{") == source


def test_a_scan_knows_pictures_and_deletions() -> None:
    inner = '<img src="c.png" alt="d"> {{c2::e {{c3::f}}}}'
    text = f"![a](b.png)\n\n{block(inner)}"
    scanned = scan(text)
    assert [(image.target, image.alt) for image in scanned.images()] == [("b.png", "a"), ("c.png", "d")]
    for image in scanned.images():
        assert text[image.target_start : image.target_end] == image.target
    found = clozes(scanned)
    assert (found.numbers, found.faults) == ((2, 3), ())


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('<img src="missing.png" alt="A map of it.">', "MED001"),
        ('<img src="https://example.org/a.png" alt="A map of it.">', "MED005"),
        ('<img src="../a.png" alt="A map of it.">', "MED003"),
        ('<img src="a.png">', "MED006"),
        ("[sound:a.mp3]", "MKU002"),
    ],
)
def test_lint_reads_blocks(source: str, code: str) -> None:
    assert code in codes(markdown_findings(block(source)))
