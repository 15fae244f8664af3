"""Markdown is rendered as on a code host, compared with a CommonMark reference implementation."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cardpipe.markup.plain import plain_paragraphs
from cardpipe.render.inline import _SIGN, InlineMarkdown
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.markdown_text import MarkdownText
from cardpipe.render.placeholders import Item, Placeholders

_REFERENCE = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_RENDERER = MarkdownRenderer(
    math=lambda tex, display: f"[{html.escape(tex)}]" if display else html.escape(tex),
    picture=lambda image: Item(image.segment.text, html.escape(image.alt)),
    live_mathjax=False,
)
_TEXT = MarkdownText(picture=lambda image: f"![{image.alt}](asset:x)")
_BLOCK = r"</?(?:p|ul|ol|li|blockquote|h\d|pre|hr|table|thead|tbody|tr|td|th|br)[^>]*>"


def _plain(made: str) -> str:
    """HTML without what the two readers may write differently: our classes, void tags, whitespace around blocks."""
    made = re.sub(
        r'<div class="highlight">(.*?)</div>', lambda m: re.sub("</?span[^>]*>", "", m[1]), made, flags=re.DOTALL
    )
    made = made.replace('<div class="table">', "").replace("</table></div>", "</table>")
    made = re.sub(r' (?:rel="noopener noreferrer"|class="language-[^"]*")', "", made)
    made = made.replace("<br />", "<br>").replace("<hr />", "<hr>").replace("<s>", "<del>").replace("</s>", "</del>")
    made = made.replace("&quot;", '"')
    return re.sub(rf"\s*({_BLOCK})\s*", r"\1", made).strip()


@pytest.mark.parametrize(
    "text",
    [
        "para\n- a\n- b",
        "para\n1. a\n2. b",
        "para\n3. not a list",
        "- a\n  - b\n  - c\n- d",
        "- a\n   - b\n     - c",
        "1. a\n   - b\n2. c",
        "- a\n\n- b",
        "- a\n\n  para\n- b",
        "- a\n  b\n\n  c\n  - d\n\n    e",
        "* a\n\n  * b\n\n\n  * c\n* d",
        "- a\n- \n- c",
        "- a\n    - four\n        - eight",
        "-   wide\n\n    para\n-   two",
        "- a\n+ b\n* c",
        "1. a\n1) b",
        "10) a\n11) b",
        "1. x\n\n   y\n\n       code\n\n2. z",
        "- a\n  ```python\n  x = 1\n    y\n  ```\n- b",
        "1. a\n\n   ```\n   code\n   ```\n\n2. b",
        "> ```\n> x\n> ```\nout",
        "- a\n    ```\n    x = 1\n      y\n    ```\n- b",
        "1. a\n\n    ```\n    x\n    ```",
        "1.  a\n\n     ```\n      x\n     ```",
        "- a\n  - b\n\n      ~~~\n      x\n     y\n      ~~~",
        "> - a\n>\n>     ```\n>     x\n>     ```",
        ">   ```\n>   x\n>    y\n>   ```",
        "- > a\n  >\n  >   ```\n  >   x\n  >   ```",
        "-    ```\n     x\n     ```",
        "> - a\n>\n>        code\n>      more",
        "1. a\n\n         code\n       more",
        ">      code\n>     more",
        "-      code\n      more",
        "> q\nlazy\n> - a\n> - b\n\nend",
        "> - a\n>\n>   b\n> - c",
        "- > q\n  > r\n- s",
        "> a\n\n> b",
        "    code\n      more\n\n    last\nafter",
        "- a\n\n      code in item\n        more\n- b",
        "~~~ python\nprint('<a>')\n~~~",
        "```\n\n```",
        "# H\ntext\n## H2 ##\nSetext\n===\nTwo\n---\n***\n---",
        "text\n***\ntext",
        "Foo\n--- -",
        "Foo\n---  ",
        "Foo\n===\t",
        "a  \nb\\\nc",
        "*a **b** c* __d__ a_b_c a*b*c",
        "~~x~~ ~~ y ~~",
        "[a](http://x.y 'T') <http://z.w> [0, 1] [r] [t][r] [u](http://v)\n\n[r]: http://ref.com \"Ti\"",
        "\\* \\_ \\& \\&amp; &amp; &copy; & < > \\< a<b \\$5 \\| \\~ \\^",
        "`a` `` b ` c `` ` ``",
        "| a | b |\n|---|:--|\n| `x\\|y` | **z** |\n| 1 |\n\nend",
        "a | b\n-|-\n1 | 2\n",
        "H\n=",
        "foo\n    bar",
        "5\\. a",
        "**bold**text “**q**”",
    ],
)
def test_as_commonmark(text: str) -> None:
    theirs = re.sub(r' style="text-align:left"', ' style="text-align:left"', _REFERENCE.render(text))
    # Pygments before 2.21 escapes apostrophes in code, which need not be.
    assert _plain(_RENDERER.block(text)).replace("&#39;", "'") == _plain(theirs)


def test_code_in_a_known_language_has_classes_and_keeps_its_text() -> None:
    made = _RENDERER.block("```python\nif x < 1:\n    pass\n```")
    assert made.startswith('<div class="highlight"><pre><code>')
    assert '<span class="k">if</span>' in made
    assert html.unescape(re.sub("<[^>]*>", "", made)) == "if x < 1:\n    pass\n"


def test_a_bare_address_is_a_link_without_the_full_stop() -> None:
    made = _RENDERER.block("See https://x.org/a_b_c (and https://y.org/(z)).")
    assert re.findall('href="([^"]*)"', made) == ["https://x.org/a_b_c", "https://y.org/(z)"]


def test_a_card_link_leads_into_the_page() -> None:
    assert 'href="#card-ML0045"' in _RENDERER.block("[MLP](card:ML0045)")


def test_a_paragraph_ends_at_display_math() -> None:
    made = _RENDERER.block("before $$x$$ after")
    assert made == '<p>before</p>\n<div class="equation">[x]</div>\n<p>after</p>'
    assert "<p><div" not in _RENDERER.block("- a $$x$$ b\n\n  c *d $$y$$ e*")


def test_inline_text_has_no_paragraph() -> None:
    assert _RENDERER.inline("A *b* $c$.") == "A <em>b</em> c."
    assert _RENDERER.inline("") == ""


def test_link_references_do_not_leak() -> None:
    _RENDERER.block("[r]: http://secret.example\n\n[r]")
    assert "secret" not in _RENDERER.block("[r]")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("$a_b$ and $x^2$", "$a_b$ and $x^2$"),
        (r"$\{a\}$", r"$`\{a\}`$"),
        ("$a*b*c$", "$`a*b*c`$"),
        ("$x<y$", "$`x<y`$"),
        (r"| a |\n|---|".replace(r"\n", "\n") + "\n" + r"| $\|x\|$ |", "| a |\n|---|\n" + r"| $\Vert x\Vert$ |"),
        ("$$\na \\\\\nb\n$$", "```math\na \\\\\nb\n```"),
        ("- item\n\n  $$\n  a \\\\\n  b\n  $$\n\n- next", "- item\n\n  ```math\n  a \\\\\n  b\n  ```\n\n- next"),
        ("> $$\n> a \\\\\n> b\n> $$", "> ```math\n> a \\\\\n> b\n> ```"),
        ("text $$a$$ text", "text $$a$$ text"),
        (r"text $$\{a\}$$ text", r"text $`\displaystyle \{a\}`$ text"),
        ("`$x$` and\n\n```\n$y$\n```", "`$x$` and\n\n```\n$y$\n```"),
        ("[a](card:ML0001) ![b](c.png)", "[a](card:ML0001) ![b](asset:x)"),
    ],
)
def test_markdown_for_a_code_host(text: str, made: str) -> None:
    assert _TEXT.block(text) == made


_PIECES = st.sampled_from(
    [
        *"*_~`$[]()!<>&\\#-+|:=\n\n  \tab1.",
        "\n\n",
        "    ",
        "- ",
        "1. ",
        "> ",
        "```",
        "$$",
        "](http://x)",
        "![",
        "\ue000",
        "\ue0010",
    ]
)


@given(st.lists(_PIECES, max_size=60).map("".join))
@example("```$`$")
@example("- ```$$`$$\n")
def test_any_text_is_read_and_keeps_its_letters(text: str) -> None:
    made = _RENDERER.block(text)
    assert not re.search("[\ue002\ue003]", made)
    assert made.count("\ue000") <= text.count("\ue000")
    _TEXT.block(text)


# Signs that might mean something where they stand, among words and line ends.
_SIGNS = """The words, it's (so): "1. 2) 3 - + = # ! ? / @ ^"""
_WORDS_AND_SIGNS = st.one_of(st.sampled_from([*_SIGNS.split(), "a", "\n", "\n\n", " "]), st.characters())


@given(st.lists(_WORDS_AND_SIGNS, max_size=14), st.sampled_from(["", " "]))
def test_plain_paragraphs_are_what_markdown_makes_of_them(pieces: list[str], gap: str) -> None:
    text = gap.join(pieces)
    if plain_paragraphs(text) is not None:
        assert _RENDERER.block(text) == _RENDERER._as_markdown(text, None, Placeholders())


@pytest.mark.parametrize("place", ["{}a b", "a {} b", "a {}b", "a\n{} b", "a\n\n{}b", "a b{}", "a b{}\n"])
def test_any_sign_anywhere_in_plain_paragraphs_is_read_as_markdown_reads_it(place: str) -> None:
    for mark in [*map(chr, range(0x20, 0x180)), "\u05d0", "\u2028", "\u3000", "\ufeff", "\U0001f600"]:
        text = place.format(mark)
        if plain_paragraphs(text) is not None:
            assert _RENDERER.block(text) == _RENDERER._as_markdown(text, None, Placeholders())


def test_most_texts_are_plain_paragraphs() -> None:
    text = "The loss is small; it's (mostly) noise: 3 of 4.\n\nWhat else?\n"
    assert plain_paragraphs(text) == ((0, 47), (49, 59))
    assert plain_paragraphs("The *loss* is small.") is None


def test_only_ascii_digits_number_a_list() -> None:
    assert _RENDERER.block("\u0663. one\n\u0664. two") == "<p>\u0663. one\n\u0664. two</p>"


_INLINE = r"""\ [ ] ( ) < > & ; * ** _ __ ~~ ~ ! : # a b http://x.org &amp; <b> </b> [a][b] \* a_b"""


@given(st.lists(st.one_of(st.sampled_from([*_INLINE.split(), " ", "  \n", "\n"]), st.characters()), max_size=10))
def test_texts_that_are_spared_the_patterns_would_be_words_to_each_of_them(pieces: list[str]) -> None:
    text = "".join(pieces)
    if _SIGN.search(text) is None:
        for pattern in InlineMarkdown()._markdown.inlinePatterns:
            assert pattern.getCompiledRegExp().search(text) is None


@pytest.mark.parametrize(
    ("text", "made", "markdown"),
    [
        ("a\n```math\nx^2\n```\nb", '<p>a</p><div class="equation">[x^2]</div><p>b</p>', None),
        (
            "> ~~~ math\n> x\n> y\n> ~~~",
            '<blockquote><div class="equation">[x\ny]</div></blockquote>',
            "> ```math\n> x\n> y\n> ```",
        ),
        ("- i\n  ```math\n  x\n  ```", '<ul><li>i<div class="equation">[x]</div></li></ul>', None),
        (
            "| a |\n|---|\n```math\nx\n```",
            '<table><thead><tr><th>a</th></tr></thead></table><div class="equation">[x]</div>',
            None,
        ),
        ("```mathematica\nx\n```", "<pre><code>x\n</code></pre>", None),
        ("```x` $math$", "<p>```x` math</p>", None),
    ],
)
def test_a_block_of_the_language_math_is_an_equation(text: str, made: str, markdown: str | None) -> None:
    assert _plain(_RENDERER.block(text)) == made
    assert _TEXT.block(text) == (markdown or text)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("> [!NOTE]\n> *Be* careful.", "<p><strong>Note</strong></p><p><em>Be</em> careful.</p>"),
        ("> [!warning]\n> - a", "<p><strong>Warning</strong></p><ul><li>a</li></ul>"),
        ("> [!TIP]\n>\n> $x$", "<p><strong>Tip</strong></p><p>x</p>"),
        ("> [!NOTE] Title\n> a", "<p>[!NOTE] Title\na</p>"),
        ("> [!INFO]\n> a", "<p>[!INFO]\na</p>"),
        ("> a\n> [!NOTE]\n> b", "<p>a\n[!NOTE]\nb</p>"),
    ],
)
def test_an_alert_is_a_quotation_with_a_title(text: str, made: str) -> None:
    assert _plain(_RENDERER.block(text)) == f"<blockquote>{made}</blockquote>"
    assert _TEXT.block(text) == text


def test_an_alert_in_a_list_is_none() -> None:
    assert "[!NOTE]" in _RENDERER.block("- > [!NOTE]\n  > a")
