"""Rendered decks for tests of the page, PDF and Markdown writers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from cardpipe import plugins
from cardpipe.errors import UsageError
from cardpipe.model.deck import CardKind, DeckSettings, Difficulty, Status, Subdeck, TagInfo
from cardpipe.text.escaping import PlainText
from cardpipe.text.positions import SourceFile, SourceText
from cardpipe.writers.api import Asset, RelatedCard, RenderedCard, RenderedDeck, RenderedFigure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.writers.pdf.engine import Engine


def text(value: str) -> SourceText:
    return SourceText.inline(value)


def silent(_done: int, _total: int) -> None:
    """A progress that nobody watches."""


def svg(width: float, height: float, *, colour: str = "#1f77b4", unit: str = "") -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}{unit}" height="{height}{unit}" '
        f'viewBox="0 0 {width * 10:g} {height * 10:g}">'
        f'<path fill="none" stroke="{colour}" stroke-width="6" '
        f'd="M3 3H{width * 10 - 3:g}V{height * 10 - 3:g}H3Z M3 3L{width * 10 - 3:g} {height * 10 - 3:g}"/></svg>'
    ).encode()


FIGURE = Asset("figure-0a1b2c3d.svg", "image/svg+xml", svg(480, 260))
MEDIA = Asset("photo-11223344.svg", "image/svg+xml", svg(300, 200, colour="#b41f1f"))
INLINE = Asset("math-aaaa.svg", "image/svg+xml", svg(3, 1, colour="black", unit="em"))
DISPLAY = Asset("math-bbbb.svg", "image/svg+xml", svg(14, 2.5, colour="black", unit="em"))
WIDE = Asset("math-cccc.svg", "image/svg+xml", svg(90, 3, colour="black", unit="em"))
TALL = Asset("math-dddd.svg", "image/svg+xml", svg(6, 70, colour="black", unit="em"))
ASSETS = {asset.name: asset for asset in (FIGURE, MEDIA, INLINE, DISPLAY, WIDE, TALL)}

INLINE_MATH = (
    f'<img class="math inline" src="{INLINE.name}" alt="a &lt; b &gt; c" '
    'style="width:3em;height:1em;vertical-align:-0.2em">'
)
DISPLAY_MATH = (
    f'<div class="equation"><img class="math display" src="{DISPLAY.name}" alt="L = L_0 + \\lambda \\sum_i |w_i|" '
    'style="width:14em;height:2.5em"></div>'
)
WIDE_MATH = (
    f'<div class="equation"><img class="math display" src="{WIDE.name}" alt="a_1 + a_2 + \\dots" '
    'style="width:90em;height:3em"></div>'
)
TALL_MATH = (
    f'<div class="equation"><img class="math display" src="{TALL.name}" alt="a_1 \\\\ a_2 \\\\ \\dots" '
    'style="width:6em;height:70em"></div>'
)


def card(  # a card has many parts; the tests name those that they are about
    card_id: str,
    title: str = "A title",
    *,
    question: str = "<p>What is it?</p>",
    answer: str = "<p>It is this.</p>",
    details: str = "",
    figures: Sequence[RenderedFigure] = (),
    tags: Sequence[str] = ("NN",),
    references: Sequence[str] = (),
    related: Sequence[RelatedCard] = (),
    difficulty: Difficulty | None = None,
    status: Status = Status.ACTIVE,
    assets: Sequence[str] = (),
) -> RenderedCard:
    return RenderedCard(
        id=card_id,
        title=PlainText(title),
        kind=CardKind.BASIC,
        status=status,
        difficulty=difficulty,
        tags=tuple(tags),
        question=question,
        answer=answer,
        details=details,
        typed=PlainText(""),
        figures=tuple(figures),
        references=tuple(references),
        related=tuple(related),
        assets=tuple(sorted(assets)),
    )


def deck(
    *cards: RenderedCard,
    name: str = "Machine learning interview",
    language: str = "en",
    description: str = "<p>Questions that interviewers ask, with answers to say aloud.</p>",
    tags: Sequence[tuple[str, str]] = (("NN", "Neural networks"), ("MATH", "Mathematics")),
    subdecks: Sequence[tuple[str, str]] = (("ML", "Machine learning"), ("DL", "Deep learning")),
    assets: dict[str, Asset] | None = None,
) -> RenderedDeck:
    source = DeckSettings(
        uid=text("5b0f6c1e-0000-4000-8000-000000000000"),
        slug=text("sample"),
        name=text(name),
        language=text(language),
        authors=(text("Ada Example"), text("Ben Beispiel")),
        licence=text("CC-BY-4.0"),
        description=text(description),
        homepage=text("https://example.org/deck?a=1&b=2"),
        tags=tuple(TagInfo(text(tag), text(words)) for tag, words in tags),
        subdecks=tuple(Subdeck(text(prefix), text(words)) for prefix, words in subdecks),
        formats=(),
        format_options={},
        media=(),
        scripts=(),
        file=SourceFile("source/deck.yaml", ""),
    )
    return RenderedDeck(
        settings=source, cards=cards, assets=ASSETS if assets is None else assets, description=description
    )


PROSE = (
    "<p>The weights of a layer are numbers that training changes, and the bias moves the threshold at which the unit "
    f"answers; with {INLINE_MATH} the unit stays silent. Nothing here is hard to follow, but it takes few lines.</p>\n"
)
TABLE = (
    '<div class="table"><table><thead><tr><th>Aspect</th><th>Logistic regression</th>'
    "<th>Neural network</th></tr></thead>"
    "<tbody>"
    + "".join(
        f"<tr><td>Aspect {row}</td><td>a line, convex, cheap and quick to fit</td>"
        f"<td>anything, costly {INLINE_MATH}</td></tr>"
        for row in range(1, 9)
    )
    + "</tbody></table></div>\n"
)
CODE = (
    '<div class="highlight"><pre><code><span class="k">def</span> <span class="nf">relu</span>(x):\n'
    '    <span class="k">return</span> max(x, 0.0)  <span class="c1"># piecewise linear</span></code></pre></div>\n'
)
DRAWN = RenderedFigure(
    id="xor",
    asset=FIGURE.name,
    alt=PlainText("Four points that no line divides."),
    caption="<em>Left</em>: the data; right: the boundary.",
    width=480,
    height=260,
    drawn=True,
)


def sample() -> RenderedDeck:
    """A deck with each part that a card can have."""
    placed = (
        f'<figure class="figure media"><img src="{MEDIA.name}" alt="A photo" width="300" height="200">'
        "<figcaption>Placed in the text.</figcaption></figure>\n"
    )
    return deck(
        card(
            "ML0044",
            "Perceptron",
            question="<p>What is a perceptron, and what can it <em>not</em> do?</p>",
            answer=f"<p>A <em>perceptron</em> takes a weighted sum: {INLINE_MATH}.</p>",
            details=PROSE + DISPLAY_MATH + placed + f"<h2>Limits</h2>{PROSE}<h3>More</h3>" + CODE,
            figures=[DRAWN],
            related=[
                RelatedCard(id="ML0045", title=PlainText("Multi-layer perceptron"), included=True),
                RelatedCard(id="DL0099", title=PlainText("Not in this export"), included=False),
            ],
            references=['Rosenblatt (1958), <a href="https://doi.org/10.1037/h0042519">The perceptron</a>'],
            difficulty=Difficulty.EASY,
            assets=[FIGURE.name, MEDIA.name, INLINE.name, DISPLAY.name],
        ),
        card(
            "DL0012",
            "Zero padding & <friends>",
            answer="<p>Zeros around the input keep its size.</p>",
            details=TABLE
            + '<p>See <a href="#card-ML0044">the perceptron</a> and <a href="#card-XX0001">nothing</a>.</p>',
            tags=("MATH", "NN"),
            status=Status.DRAFT,
            assets=[INLINE.name],
        ),
        card("ML0045", "Multi-layer perceptron", details=PROSE * 3, tags=(), assets=[INLINE.name]),
    )


def usable(name: str) -> None:
    """Skip the test where a PDF engine is not installed."""
    try:
        cast("Engine", plugins.load(plugins.PDF_ENGINES, name)).version()
    except UsageError as error:
        pytest.skip(f"{error.message} {error.hint}")
