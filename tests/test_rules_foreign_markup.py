"""Markup of other programs is reported; code and formulas that look like it are not."""

from __future__ import annotations

import html

import pytest

from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.placeholders import Item
from lint_sample import markdown_findings

FOREIGN = [
    ("See ![[green.png]].", "![[green.png]]"),
    ("See [[Other note|that]] here.", "[[Other note|that]]"),
    ("With ==marked== words.", "==marked=="),
    ("这是==重点==内容", "==重点=="),
    ("It is x^2^ big.", "^2^"),
    ("It is so.^[A note.]", "^[A note.]"),
    ("As in [@smith2004, p. 3].", "[@smith2004, p. 3]"),
    ("[a]{.small} word", "{.small}"),
    ("![A field.](green.png){width=50%}", "{width=50%}"),
    ("# Title {#id}", "{#id}"),
    ("Text\n{: .note }", "{: .note }"),
    ("Good :+1: and", ":+1:"),
    ("Good :smile:.", ":smile:"),
    ("Term\n: Its meaning", ": "),
    ("Term\n\n:   Its meaning", ":   "),
    ("::: warning\nCareful.\n", "::: warning"),
    ("!!! note\n    Careful.", "!!! n"),
    ("???+ note\n    Careful.", "???+ n"),
    ("> ==marked==", "==marked=="),
    ("| ==a== | b |\n|---|---|\n| 1 | 2 |", "==a=="),
    ("> [!info]- Title\n> a", "[!info]-"),
    ("Press ++ctrl+c++ now.", "++ctrl+c++"),
    ("{% include x %}", "{% include x %}"),
    ("![A field.|300](green.png)", "|300"),
    ("![A field.|300x200](green.png)", "|300x200"),
    ("```mermaid\ngraph TD\n```", "```mermaid"),
    ("- a\n  ~~~ plantuml\n  a\n  ~~~", "~~~ plantuml"),
    ("```{note}\nCareful.\n```", "```{note}"),
]
HIDDEN = [("Text %%do not show%% text.", "%%do not show%%"), ("%%\na\n%%", "%%")]
ALIKE = "[[x]] ==y== {{z}} %%h%% :smile: a^2^ {.c} ++k++ ::: !!! note ^[n] [@c] ![[p]]"
LEFT_ALONE = [
    "If a == b == c, and x==y==z.",
    "A matrix [[1, 2]] or [[ -f file ]].",
    "At 10:30:00 and key:value:more, std::vector::x.",
    "It is 100%% and 50%% of it.",
    "Ratio 1:2:3, C++ and D++, i++ or ++j.",
    "A set {x = 1} and {a, b}, and a^2 + b^2.",
    "Why?! Wow!!! And ??? so.",
    "Note: this is it.\n\nSo: that.",
    "![A | B](green.png)",
]


def reported(text: str, code: str) -> list[str]:
    lines = text.split("\n")
    return [
        lines[finding.span.line - 1][
            finding.span.column - 1 : finding.span.end_column - 1
            if finding.span.line == finding.span.end_line
            else None
        ]
        for finding in markdown_findings(text)
        if finding.code == code
    ]


@pytest.mark.parametrize(("text", "place"), FOREIGN)
def test_markup_of_other_programs_is_reported(text: str, place: str) -> None:
    assert reported(text, "MDN011") == [place]


@pytest.mark.parametrize(("text", "place"), HIDDEN)
def test_text_that_another_program_hides_is_an_error(text: str, place: str) -> None:
    assert reported(text, "MDN012") == [place]


@pytest.mark.parametrize("text", [f"`{ALIKE}`", f"```\n{ALIKE}\n```", f"    {ALIKE}", f"${ALIKE}$", *LEFT_ALONE])
def test_what_is_code_or_a_formula_or_common_text_is_not_reported(text: str) -> None:
    assert reported(text, "MDN011") == reported(text, "MDN012") == []


@pytest.mark.parametrize("text", ["`{}`", "```\n{}\n```", "    {}", "${}$", "$$\n{}\n$$", "- `{}`", "> `{}`"])
def test_code_and_formulas_that_look_like_it_come_out_whole(text: str) -> None:
    renderer = MarkdownRenderer(
        math=lambda tex, _display: html.escape(tex),
        picture=lambda image: Item(image.segment.text, ""),
        live_mathjax=False,
    )
    assert html.escape(ALIKE) in renderer.block(text.replace("{}", ALIKE))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("> [!NOTE]\n> a", 0),
        ("Text.\n\n>[!tip] \n> a", 0),
        ("> [!NOTE] Title\n> a", 1),
        ("- > [!NOTE]\n  > a", 1),
        ("See [!NOTE] here.", 1),
        ("`[!NOTE]` is it.", 0),
    ],
)
def test_an_alert_that_is_none_is_reported(text: str, count: int) -> None:
    assert len(reported(text, "MDN001")) == count
    assert reported(text, "MDN011") == []
