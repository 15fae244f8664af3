"""Markdown is rendered as on GitHub, or a finding reports the difference."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from cardpipe.writers.api import MathForm
from lint_sample import markdown_findings
from test_markdown_cases import _renderer

if TYPE_CHECKING:
    from cardpipe.render.markdown import MarkdownRenderer

TEXTS = [
    # Pictures and links by reference.
    "![cat]\n\n[cat]: https://example.org/cat.png",
    "![a cat][c]\n\n[c]: https://example.org/cat.png",
    "[the page]\n\n[the page]: https://example.org",
    # Emphasis around links, within them, and half in them.
    "*see [*this*](https://example.org/page)*",
    "*see [this](https://example.org/page)*",
    "**see [*this*](https://example.org/page) now**",
    "*[see*](https://example.org/page)",
    "**[see** this](https://example.org/page)",
    "[*see](https://example.org/page) this*",
    "_[see_](https://example.org/page)",
    # Rules and headings.
    "Words\n--- -",
    "Words\n- - -",
    "Words\n-- -",
    "Words\n*** *",
    "Words\n---",
    "Words\n=== =",
    "Words\n___",
    # Parentheses in targets.
    "[the page](https://example.org/a(b(c)))",
    "[the page](https://example.org/a(b))",
    "[the page](page(and(more)))",
    "[the page](https://example.org/a(b)",
    "[the page](<https://example.org/a b>)",
    # Emphasis in common words.
    "**Note:**the words",
    "It is **“so”**here.",
    "snake_case_name and __init__ and 2*3*4",
    "*a **b** c* and **a *b* c**",
    # Lists.
    "Words\n- one\n- two",
    "Words\n2. two",
    "- one\n\n  more\n- two",
    "1. one\n   - below\n2. two",
    "- one\n* other\n+ third",
    # Tables, breaks, entities, code.
    "Words\n| a | b |\n|---|---|\n| c | d |",
    "one  \ntwo\\\nthree",
    "&copy; and R&D and a<b",
    "``a`b`` and `` ` ``",
    "    indented\n    code",
    "> quoted\nlazily",
    "# Title #\n\n## C#",
]
"""Add what looks wrong."""


class _Shown(HTMLParser):
    """HTML in short: elements and texts, without what only a stylesheet sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"div", "span"}:
            kept = sorted(f"{name}={value}" for name, value in attrs if name in {"href", "title", "start", "alt"})
            self.parts.append(f"<{' '.join([_level(tag), *kept])}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"div", "span"}:
            self.parts.append(f"</{_level(tag)}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _level(tag: str) -> str:
    return re.sub(r"^h[1-6]$", "h", tag)


def shown(page: str) -> str:
    reader = _Shown()
    reader.feed(page)
    reader.close()
    text = " ".join("".join(reader.parts).split())
    return re.sub(
        r" ?(</?(?:p|h|[uo]l|li|blockquote|pre|code|hr|br|table|thead|tbody|tr|td|th)\b[^>]*>) ?", r"\1", text
    )


@pytest.fixture(scope="module")
def renderer() -> MarkdownRenderer:
    return _renderer(MathForm.MATHJAX)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_shown_as_on_github_or_has_a_finding(text: str, renderer: MarkdownRenderer) -> None:

    found = [item for item in markdown_findings(text) if item.code[:3] in {"MDN", "REF", "MED", "MKU"}]
    if found:
        assert all(item.help for item in found)
        return
    github = cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)
    assert shown(renderer.block(text)) == shown(github)
