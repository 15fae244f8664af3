"""Differences of our HTML from CommonMark are reported by lint.

markdown-it-py stands for code hosts. Compared is what a reader sees: tags without attributes, words without spacing.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.placeholders import Item
from lint_sample import markdown_findings

if TYPE_CHECKING:
    from cardpipe.markup import Image

COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])

WORDS = 'a b word * ** *** _ __ " ( ) . ! é ~~ [t](https://a.b) <br> <sub>y</sub> \\* \\_ & < > - 1 `c` &lt; “q”'
INLINE = [*WORDS.split(), " ", " x", "\n", "https://a.b/c", "![i](x.png)", "  \n", "<https://x.y>"]
BLOCKS = [
    *[
        "\n\n",
        "\n- a",
        "\n  - b",
        "\n    - c",
        "\n1. d",
        "\n2) e",
        "\n> f",
        "\n# h\n",
        "\n---\n",
        "\n===\n",
        "\n\n    code\n",
    ],
    *[
        "\n```\nc\n```\n",
        "\n|a|b|\n|-|-|\n|c|d|\n",
        "\n\n- i\n\n  j\n",
        "\n> k\n> - l\n",
        "\n- ```\n  m\n  ```\n",
        "\n+ n\n",
    ],
    *[
        "\n5. o\n6. p\n",
        "word",
        " ",
        "*q*",
        "\n   r",
        "\n      s",
        "\n\\\nt",
        "\n\n[u]: https://a.b\n\nw",
        "[u]",
        "[v][u]",
    ],
]


def seen(made: str) -> str:
    """What a reader sees of HTML: tags, words and their order."""
    made = re.sub(r"</?(?:span|tbody|thead|div)\b[^>]*>", "", made)
    made = re.sub(r"<(/?)s>", r"<\1del>", made)
    made = re.sub(r"<(\w+)[^<>]*>", r"<\1>", made)
    # Of words that are bold and italic nobody sees which of the two is the outer one.
    made = re.sub(r"(?:</?(?:em|strong)>){2,}", lambda tags: "".join(sorted(re.findall(r"<[^>]+>", tags[0]))), made)
    return re.sub(r"\s+", "", html.unescape(made))


def ours(text: str) -> str:
    def picture(image: Image) -> Item:
        return Item(image.segment.text, "<img>")

    return MarkdownRenderer(math=lambda tex, _display: tex, picture=picture, live_mathjax=False).block(text)


def assert_alike_or_warned(text: str) -> None:
    if seen(ours(text)) != seen(COMMONMARK.render(text)):
        codes = {finding.code for finding in markdown_findings(text)}
        assert codes & {"MDN001", "MKU001", "REF003"}, f"{text!r}\n{ours(text)}\n{COMMONMARK.render(text)}"


@given(st.lists(st.sampled_from(INLINE), min_size=1, max_size=9).map("".join))
def test_inline_text_reads_as_on_a_code_host_or_is_reported(text: str) -> None:
    assert_alike_or_warned(f"a {text} z")


@given(st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=7).map("".join))
def test_blocks_read_as_on_a_code_host_or_are_reported(text: str) -> None:
    assert_alike_or_warned(f"a{text}\n")


@pytest.mark.parametrize(
    "text",
    [
        "Look:\n- one\n- two\n",
        "- one\n  - below\n    - deeper\n",
        "1. one\n   - below\n2. two\n",
        "- one\n\n  again\n- two\n",
        "> quote\nlazy\n",
        "- ```\n  code\n  ```\n",
        "Text\n# Heading\nmore\n",
        "words\n| a | b |\n|---|---|\n| c | d |\n",
        "1) one\n2) two\n",
        "snake_case_name and *em*\n",
        "***Burkholderia cepacia*** resists, and ***E. coli* risk:** is low.\n",
        "**the *last*** and *the **last***, ___all___, in***side***words\n",
        "a line with spaces at its end  \n\nnext  \n\n- item  \n- item\n",
    ],
)
def test_everyday_text_is_read_the_same_and_not_reported(text: str) -> None:
    assert seen(ours(text)) == seen(COMMONMARK.render(text))
    assert markdown_findings(text) == []
