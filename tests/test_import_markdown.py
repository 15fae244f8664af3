"""HTML of fields to Markdown: what is accepted shows the same, and everything else is kept as it was."""

from __future__ import annotations

import functools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.importing.markdown import Converter
from cardpipe.importing.shown import is_same

MEDIA = {"a.png": "a.png", "ä b.png": "ä-b.png", "s.mp3": "s.mp3"}


class Media:
    def name_of(self, name: str) -> str | None:
        return MEDIA.get(name)


@functools.cache
def converter() -> Converter:
    return Converter(Media(), lambda tex, _display: "\\bad" in tex)


CASES = {
    "words": ("a  b", "a b"),
    "entities": ("x &lt; y &amp; z", r"x \< y & z"),
    "lines": ("a<br>b<br><br>c", "a\\\nb\n\nc"),
    "lines of the editor": ("<div>a</div><div>b</div><div><br></div><div>c</div>", "a\\\nb\n\nc"),
    "emphasis": ("<b>a</b> <i>b</i> <u>c</u>", "**a** *b* <u>c</u>"),
    "emphasis by style": ('<span style="font-weight: 700">a</span> b', "**a** b"),
    "emphasis over lines": ("<b>a<br>b</b> c", "**a**\\\n**b** c"),
    "fonts": ('<font color="#000000" face="Arial">a</font><span style="font-size: 13px"> b</span>', "a b"),
    "a highlight": ('<span style="background-color: rgb(255, 255, 0)">a</span>', "<mark>a</mark>"),
    "a colour": (
        '<font color="Red">a</font> <b style="color: rgb(0, 85, 170)">b</b> <i>c</i>',
        '<span style="color:#ff0000">a</span> **<span style="color:#0055aa">b</span>** *c*',
    ),
    "a colour of a block": (
        '<div style="color: red">a<ul><li>b<ul><li>c</li></ul></li></ul></div>d',
        '<span style="color:#ff0000">a</span>\n\n'
        '- <span style="color:#ff0000">b</span>\n  - <span style="color:#ff0000">c</span>\n\nd',
    ),
    "a link of a page": (
        '<a href="https://example.org" style="color: rgb(51, 102, 204); text-decoration: underline">a <b>b</b></a>',
        "[a **b**](https://example.org)",
    ),
    "a colour within a link": (
        '<a href="https://example.org"><span style="color: red">a</span></a>',
        '[<span style="color:#ff0000">a</span>](https://example.org)',
    ),
    "a rule as an item": ("<ul>\n<li>\n<hr>\n</li>\n</ul>", "- ***"),
    "a colour of a list": ('<ul style="color:red"><li>a</li></ul>', '- <span style="color:#ff0000">a</span>'),
    "colours of a page": (
        '<span style="color: rgb(36, 41, 46); background: #fafafa">a</span> <code style="background: #eee">b</code>',
        "a `b`",
    ),
    "a break at the edge of emphasis": ("<b>a<br></b>b<u><br>c</u>", "**a**\\\nb\\\n<u>c</u>"),
    "emphasis of nothing": ("a<b>&nbsp;</b>b<b><br></b>c", "a b\\\nc"),
    "furigana": (
        "a <ruby>漢字<rt>かんじ</rt></ruby><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>",
        "a {漢字|かんじ}{漢|かん}{字|じ}",
    ),
    "items without a list": ("a<li>b</li><li>c</li>d", "a\n\n- b\n- c\n\nd"),
    "a list between items": ("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>", "- a\n  - b\n- c"),
    "money": ("$5 and $6", r"\$5 and \$6"),
    "signs of Markdown": ("*a* _b_ `c` [d] # e", r"\*a\* \_b\_ \`c\` \[d] # e"),
    "starts of lines": ("1. a<br>- b<br># c<br>&gt; d", "1\\. a\\\n\\- b\\\n\\# c\\\n\\> d"),
    "a list": ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
    "a numbered list": ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
    "a table": (
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1|2</td><td>c<br>d</td></tr></table>",
        "| a | b |\n|---|---|\n| 1\\|2 | c<br>d |",
    ),
    "a table without a head": ("<table><tr><td>a</td><td>b</td></tr></table>", "| &nbsp; |  |\n|---|---|\n| a | b |"),
    "code": ("<code>a`b</code>", "`` a`b ``"),
    "a block of code": ("<pre><code>if x:\n    y</code></pre>", "```\nif x:\n    y\n```"),
    "a quotation": ("<blockquote>a<br>b</blockquote>c", "> a\\\nb\n\nc"),
    "a heading": ("<h2>a</h2>b", "## a\n\nb"),
    "a link": ('<a href="https://example.org/a_(b)">c</a>', "[c](https://example.org/a_%28b%29)"),
    "a picture": ('<img src="ä b.png" alt="A &quot;b&quot;">', "![A b](ä-b.png)"),
    "a picture without words": ('a<br><img src="a.png">', "a\\\n![a](a.png)"),
    "a sound": ("[sound:s.mp3] a", "![s](s.mp3) a"),
    "a formula": (r"a \(x^2 &lt; 3\)", "a $x^2 < 3$"),
    "a displayed formula": (r"a \[\frac{a}{b}\] c", "a\n\n$$\\frac{a}{b}$$\n\nc"),
    "formulas of old": ("[$]a[/$] [$$]b[/$$]", "$a$\n\n$$b$$"),
    "LaTeX": (r"[latex]\begin{align*}a&=b\end{align*}[/latex]", r"$$\begin{align*}a&=b\end{align*}$$"),
    "LaTeX with words": ("[latex]if $x$ then $y$[/latex]", "if $x$ then $y$"),
    "a formula of the editor": ('<anki-mathjax block="true">a<br>b</anki-mathjax>', "$$a b$$"),
    "a formula that MathJax refuses": (r"\(\bad\)", r"`\bad`"),
    "invisible characters": ("a\u200bb\u00ad", "ab"),
    "a space that does not break": ("a&nbsp;b « c\xa0»", "a b « c\xa0»"),
}
CLOZES = {
    "a deletion": ("{{c1::a}} b", "{{c1::a}} b"),
    "a hint": ("{{c1::a::b}}", "{{c1::a::b}}"),
    "lines in a deletion": ("{{c1::a<br>b}}", "{{c1::a<br>\nb}}"),
    "a formula in a deletion": (r"{{c1::\(x\)}}", "{{c1::$x$}}"),
    "a deletion in a formula": (r"\({{c1::x^2}}\)", "${{c1::x^2}}$"),
    "several numbers": ("{{c1,2::a}}", "{{c1::a}}"),
}
KEPT = {
    "cells over columns": '<table><tr><td colspan="2">a</td></tr><tr><td>b</td><td>c</td></tr></table>',
    "ruby of other scripts": "<ruby>a<rt>b</rt></ruby>",
    "ruby of a formula": "<ruby>\\(x\\)<rt>ex</rt></ruby>",
    "a list in a cell": "<table><tr><th>a</th></tr><tr><td><ul><li>b</li></ul></td></tr></table>",
}
KEPT_CLOZES = {
    "a list in a deletion": "{{c1::<ul><li>a</li></ul>}}",
    "a deletion in another": "{{c1::a {{c2::b}} c}}",
    "a deletion across emphasis": "<b>{{c1::a</b>}} b",
    "a deletion across lines": "<div>{{c1::a</div><div><br></div><div>b}}</div>",
}


@pytest.mark.parametrize("name", [*CASES, *CLOZES])
def test_html_becomes_markdown(name: str) -> None:
    source, expected = CASES.get(name) or CLOZES[name]
    made = converter().html(source, clozes=name in CLOZES)
    assert (made.text, made.exact) == (expected, True)


@pytest.mark.parametrize("name", [*KEPT, *KEPT_CLOZES])
def test_what_markdown_cannot_say_is_kept(name: str) -> None:
    source = KEPT.get(name) or KEPT_CLOZES[name]
    made = converter().html(source, clozes=name in KEPT_CLOZES)
    assert (made.exact, made.original) == (False, True)
    assert made.text.startswith("```html original\n")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a<script>alert(1)</script>", "a script"),
        ('a<img src="https://example.org/t.gif">', "the remote picture https://example.org/t.gif"),
        ('<a href="javascript:x()">a</a>', "a link that runs a script"),
        ('<b onclick="x()">a</b>', "an event handler"),
        ("a<iframe src='https://example.org'></iframe>", "an embedded page"),
    ],
)
def test_what_runs_or_loads_is_dropped_and_named(source: str, words: str) -> None:
    made = converter().html(source)
    assert f"dropped: {words}" in made.remarks
    assert re.sub(r"[*]", "", made.text) == "a"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("<b>a </b>b", "<strong>a</strong> b", True),
        ("<div>a</div>b", "<p>a<br>b</p>", True),
        ("a b", "a<br>b", False),
        ("<b>a</b>", "a", False),
        ("<ul><li>a</li></ul>", "a", False),
        ("<ol><li>a</li></ol>", "<ul><li>a</li></ul>", False),
        ('<img src="a.png">', '<img src="b.png">', False),
        ('<span style="color:red">a</span>', "a", False),
        ('<span style="color:red">a</span>', '<font color="#f00">a</font>', True),
    ],
)
def test_what_is_shown_is_compared(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is same


PIECES = st.sampled_from(
    [
        *"ab*_`[]<>&$#-+1.~|\\{}:!() \n",
        *("<b>", "</b>", "<br>", "<div>", "</div>", "<ul><li>", "</li></ul>", "<i>", "</i>", "<pre>", "</pre>", "<td>"),
        *("{{c1::", "}}", "::", r"\(", r"\)", "<table><tr>", "</table>", "&lt;", "<code>", "</code>", "```"),
        *("[sound:s.mp3]", '<img src="a.png">', "https://example.org/", '<a href="x">', "</a>"),
    ]
)


@given(st.lists(PIECES, max_size=25), st.booleans())
def test_any_field_is_converted_the_same_way_twice(pieces: list[str], clozes: bool) -> None:
    source = "".join(pieces)
    assert converter().html(source, clozes=clozes) == converter().html(source, clozes=clozes)


@given(st.lists(st.sampled_from([*"ab*_`[]&$#-+1.~|{}:!() \n", "<b>", "</b>", "<br>", "<div>", "</div>"]), max_size=25))
def test_no_field_loses_its_letters(pieces: list[str]) -> None:
    source = "".join(pieces)
    made = converter().html(source).text
    letters = re.sub(r"<[^<>]*>", "", source)
    plain = re.sub(r"<[^<>]*>|```html original", "", made)
    assert [plain.count(letter) for letter in "a1"] == [letters.count(letter) for letter in "a1"]
