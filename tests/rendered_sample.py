"""A small rendered deck for tests of writers that use HTML with MathJax."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cardpipe.model.deck import CardKind, DeckSettings, Difficulty, Status, Subdeck, TagInfo
from cardpipe.text.escaping import PlainText
from cardpipe.text.positions import SourceFile, SourceText
from cardpipe.writers.api import Asset, RelatedCard, RenderedCard, RenderedDeck, RenderedFigure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

UID = "5b0f6c1e-8a52-4a57-9d5e-0c9a2f6f3c11"

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="360" height="180" viewBox="0 0 360 180">'
    '<rect width="360" height="180" fill="#fff"/>'
    '<path d="M30 150H330M30 150V20" stroke="#222" fill="none" stroke-width="2"/>'
    '<path d="M30 140C120 140 150 40 320 36" stroke="{colour}" fill="none" stroke-width="3"/></svg>'
)


def text(value: str) -> SourceText:
    """A source text without a file."""
    return SourceText.inline(value)


def svg(name: str, colour: str = "#1f77b4") -> Asset:
    """A figure whose name carries its hash."""
    data = _SVG.format(colour=colour).encode()
    return Asset(f"{name}-{hashlib.sha256(data).hexdigest()[:12]}.svg", "image/svg+xml", data)


CURVE = svg("ml0044-curve")
SPARE = svg("ml0045-regions", "#d62728")
PLACED = (
    f'<figure class="figure drawn"><img src="{CURVE.name}" alt="A curve that rises and levels off" width="360" '
    'height="180"><figcaption>The loss levels off.</figcaption></figure>'
)


def rendered_card(
    card_id: str,
    *,
    title: str = "A title",
    question: str = "<p>What is it?</p>",
    answer: str = "<p>It is <em>this</em>.</p>",
    details: str = "",
    figures: Sequence[RenderedFigure] = (),
    tags: Sequence[str] = ("NN",),
    references: Sequence[str] = (),
    related: Sequence[RelatedCard] = (),
    assets: Iterable[str] = (),
    difficulty: Difficulty | None = None,
) -> RenderedCard:
    """A rendered card."""
    return RenderedCard(
        id=card_id,
        title=PlainText(title),
        kind=CardKind.BASIC,
        status=Status.ACTIVE,
        difficulty=difficulty,
        tags=tuple(tags),
        question=question,
        answer=answer,
        details=details,
        typed=PlainText(""),
        figures=tuple(figures),
        references=tuple(references),
        related=tuple(related),
        assets=tuple(sorted({*assets, *(figure.asset for figure in figures)})),
    )


def rendered_deck(
    cards: Sequence[RenderedCard],
    *,
    uid: str = UID,
    name: str = "Machine learning interview",
    slug: str = "ml-interview",
    subdecks: Mapping[str, str] | None = None,
    assets: Sequence[Asset] = (CURVE, SPARE),
    description: str = "<p>Questions that interviewers ask.</p>",
    homepage: str | None = "https://example.org/deck",
) -> RenderedDeck:
    """A rendered deck around some cards."""
    prefixes = {"ML": "Machine learning", "DL": "Deep learning"} if subdecks is None else subdecks
    deck = DeckSettings(
        uid=text(uid),
        slug=text(slug),
        name=text(name),
        language=text("en"),
        authors=(text("A. Author"), text("B. Author & Sons")),
        licence=text("CC-BY-4.0"),
        description=text("Questions that interviewers ask."),
        homepage=text(homepage) if homepage else None,
        tags=(TagInfo(text("NN"), text("Neural networks")), TagInfo(text("nets::cnn"), text("Convolutions"))),
        subdecks=tuple(Subdeck(text(prefix), text(own)) for prefix, own in prefixes.items()),
        formats=(text("anki"), text("csv")),
        format_options={},
        media=(),
        scripts=(),
        file=SourceFile("source/deck.yaml", ""),
    )
    return RenderedDeck(
        settings=deck,
        cards=tuple(cards),
        assets={asset.name: asset for asset in assets},
        description=description,
    )


def sample_deck() -> RenderedDeck:
    """Three cards that use every part of a card between them."""
    perceptron = rendered_card(
        "ML0044",
        title="Perceptron",
        question="<p>What is a perceptron, and what can it <em>not</em> do?</p>",
        answer=(
            "<p>A <em>perceptron</em> weighs its inputs, adds a bias and steps: "
            '<span class="math inline">\\(y = f(w^\\top x + b)\\)</span>. It separates classes with a straight line, '
            "so XOR is out of its reach.</p>"
        ),
        details=(
            '<p>The update rule, with learning rate <span class="math inline">\\(\\eta\\)</span>:</p>'
            '<div class="equation">\\[w \\leftarrow w + \\eta\\,(t - y)\\,x, \\qquad b \\leftarrow b + \\eta\\,(t - y),'
            " \\qquad y = \\begin{cases}1 &amp; w^\\top x + b &gt; 0\\\\ 0 &amp; \\text{otherwise}\\end{cases}\\]</div>"
            f"{PLACED}"
            '<p>Add a hidden layer and you have <a href="#card-ML0045">the multi-layer perceptron</a>.</p>'
            "<ul><li>linear boundary</li><li>no probabilities: <code>y</code> is 0 or 1</li></ul>"
            '<div class="table"><table><thead><tr><th>x<sub>1</sub></th><th>x<sub>2</sub></th><th>XOR</th></tr></thead>'
            "<tbody><tr><td>0</td><td>0</td><td>0</td></tr><tr><td>0</td><td>1</td><td>1</td></tr></tbody></table></div>"
        ),
        tags=("nets::cnn", "NN"),
        references=(
            "Rosenblatt (1958), <em>The perceptron</em>",
            'Minsky and Papert (1969), <a href="https://example.org/p?a=1&amp;b=2">Perceptrons</a>',
        ),
        related=(
            RelatedCard(id="ML0045", title=PlainText("Multi-layer perceptron"), included=True),
            RelatedCard(id="ML0099", title=PlainText("Left <out> & away"), included=False),
        ),
        assets=(CURVE.name,),
        difficulty=Difficulty.EASY,
    )
    layered = rendered_card(
        "ML0045",
        title="Multi-layer perceptron",
        question="<p>What does a hidden layer add?</p>",
        answer="<p>Non-linear boundaries.</p>",
        figures=(
            RenderedFigure(
                id="regions",
                asset=SPARE.name,
                alt=PlainText('Regions of a "trained" net'),
                caption="Two classes, told apart.",
                width=360,
                height=180,
                drawn=True,
            ),
        ),
    )
    padding = rendered_card(
        "DL0012",
        title="Zero padding",
        question="<p>Why pad with zeros?</p>",
        answer="<p>To keep the size.</p>",
        details=(
            '<div class="highlight"><pre><code><span class="k">def</span> <span class="nf">pad</span>'
            '(x, p):\n    <span class="c1"># one ring</span>\n    <span class="k">return</span> '
            'np.pad(x, p, mode=<span class="s2">&quot;constant&quot;</span>)\n</code></pre></div>'
        ),
    )
    return rendered_deck([padding, perceptron, layered])
