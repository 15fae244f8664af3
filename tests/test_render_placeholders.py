"""Placeholders are always restored, or rendering fails."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.errors import RenderError
from cardpipe.render.cloze import ClozeForm
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.placeholders import Item, Placeholders

DIRECTIONS = ("ltr", "rtl")
RENDERERS = {
    direction: MarkdownRenderer(
        math=lambda tex, _display: html.escape(tex),
        picture=lambda image: Item(image.segment.text, f"<img alt={image.alt}>", f"<figure>{image.alt}</figure>"),
        live_mathjax=False,
        direction=direction,
    )
    for direction in DIRECTIONS
}
WORDS = {"ltr": "Here", "rtl": "هنا"}
BLOCKS = {
    "fence": "```py\nKEPT\n```",
    "tildes": "~~~\nKEPT\n~~~",
    "indented": "    KEPT",
    "equation": "$$\nKEPT\n$$",
    "figure": "![KEPT](figure:x)",
    "span": "`KEPT`",
    "formula": "$KEPT$",
    "link": "[KEPT](https://example.org)",
    "address": "<https://example.org/KEPT>",
}
AROUND = {
    "paragraphs": "{word}\n\n{block}\n\n{word}",
    "alone": "{block}",
    "item": "- {word}\n\n{indented}",
    "numbered": "12. {word}\n\n{deeper}",
    "quote": "> {word}\n>\n{quoted}",
}


def placed(block: str, around: str, word: str) -> str:
    lines = block.split("\n")
    return around.format(
        word=word,
        block=block,
        indented="\n".join(f"  {line}" for line in lines),
        deeper="\n".join(f"    {line}" for line in lines),
        quoted="\n".join(f"> {line}" for line in lines),
    )


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("word", DIRECTIONS)
@pytest.mark.parametrize("page", DIRECTIONS)
def test_a_block_is_reset_in_decks_of_either_direction(page: str, word: str, block: str, around: str) -> None:
    made = RENDERERS[page].block(placed(BLOCKS[block], AROUND[around], WORDS[word]))
    assert "KEPT" in made
    if block in {"fence", "tildes", "indented"}:
        assert "<pre><code>" in made
        assert "<p><pre" not in made
    if block == "equation":
        assert '<div class="equation">KEPT</div>' in made
    if block == "figure":
        assert "<figure>KEPT</figure>" in made


@pytest.mark.parametrize(
    ("text", "cloze", "expected"),
    [
        ("$x$ هو عدد", None, "<p>x هو"),
        ("`x` هو عدد", None, "<p><code>"),
        ("$x$ is a number", None, '<p dir="ltr">'),
        ("{{c1::خلية}} is a cell", ClozeForm.FILLED, "<p><span"),
        ("{{c1::Cell}} هو خلية", ClozeForm.FILLED, '<p dir="ltr">'),
        ("{{c1::Cell}} هو خلية", ClozeForm.MARKS, '<p dir="ltr">'),
    ],
)
def test_words_decide_a_paragraphs_direction_not_formulas_or_code(
    text: str, cloze: ClozeForm | None, expected: str
) -> None:
    assert RENDERERS["rtl"].block(text, cloze).startswith(expected)


PIECES = [
    *["`K{n}`", "$K{n}$", "![K{n}](figure:x)", "[K{n}](https://example.org)", "<https://example.org/K{n}>", "K{n} "],
    *["\n\n```\nK{n}\n```\n", "\n\n    K{n}\n\n", "\n$$\nK{n}\n$$\n", "\\&K{n}", "\ue000K{n}\ue001"],
    *["\n- K{n}", "\n> K{n}", "\n1. K{n}\n", "\n# K{n}\n", "\n| a | K{n} |\n|---|---|\n| $K{n}$ | `K{n}` |\n"],
    *[
        "هنا",
        "here",
        "*",
        "**",
        "_",
        "~~s~~",
        " ",
        "\n",
        "\n\n",
        "  \n",
        "\\\n",
        "\n  ",
        "\n    ",
        "\t",
        "<br>",
        "{{c1::K{n}}}",
    ],
]


@given(st.lists(st.sampled_from(PIECES), max_size=10), st.sampled_from(DIRECTIONS), st.sampled_from([None, *ClozeForm]))
def test_nothing_is_lost_of_any_text(pieces: list[str], page: str, cloze: ClozeForm | None) -> None:
    text = "".join(piece.replace("{n}", f"{number:03}") for number, piece in enumerate(pieces))
    made = RENDERERS[page].block(text, cloze)
    # The blank of a cloze hides its words.
    hidden = [number for number, piece in enumerate(pieces) if "{{" in piece and cloze is ClozeForm.BLANK]
    for number, piece in enumerate(pieces):
        if "{n}" in piece and number not in hidden:
            assert f"K{number:03}" in made, text


@pytest.mark.parametrize(
    "text", ["| a |\n|---|\n| b | $x$ |", "[a]: https://example.org `x` 'T'", "[r]: /u '$x$'\n\nz"]
)
def test_what_markdown_itself_does_not_show_is_no_failure(text: str) -> None:
    assert RENDERERS["ltr"].block(text) is not None


def test_a_lost_or_forged_placeholder_is_a_failure_of_the_tool() -> None:
    placeholders = Placeholders()
    token = placeholders.put(Item("`x = 1`", "<code>x = 1</code>"))
    tag = placeholders.put_tag('<a href="https://example.org">')
    with pytest.raises(RenderError, match=r"lost a part of a text.*x = 1"):
        placeholders.check_complete()
    assert placeholders.restore(f"<p>{token}</p>") == "<p><code>x = 1</code></p>"
    with pytest.raises(RenderError, match="lost a link"):
        placeholders.check_complete()
    placeholders.drop(tag)
    placeholders.check_complete()
    with pytest.raises(RenderError, match="left a placeholder"):
        placeholders.restore(f"<p>{token[0]}</p>")


def test_a_block_that_ends_up_within_a_line_is_reported() -> None:
    placeholders = Placeholders()
    number = len(placeholders.items)
    placeholders.put(Item("```\nx\n```", "", "<pre>x</pre>"))
    placeholders.restore(f"<p>a {Placeholders.block_token(number)}</p>")
    with pytest.raises(RenderError):
        placeholders.check_complete()
