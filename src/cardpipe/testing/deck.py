"""The small deck for testing plug-ins: every card kind, and texts that are hard to escape."""

from __future__ import annotations

import base64
import functools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.errors import ProjectError
from cardpipe.model.trust import NOBODY

if TYPE_CHECKING:
    from cardpipe.model.deck import Deck
    from cardpipe.source.load import CardFile
    from cardpipe.writers.api import Capabilities, RenderedDeck

DECK: Final = """\
uid: 0d0ec1a5-6f1b-4c55-8f3e-6a7b9c1d2e3f
slug: sample
name: "Sample <deck> & more"
language: en
authors: [An Author]
licence: CC-BY-4.0
description: A small deck with **every** kind of card, and $x^2$.
tags: {one: The first tag, two: "Tag & two", "two::below": A tag below another, NN: Neural networks}
subdecks: {EX: Examples, ML: Machine learning}
formats: {csv: }
lint: {spelling: true}
"""
CARDS: Final = {
    "EX0001": """\
id: EX0001
title: "Doubling <time> & *others*"
question: How long does a quantity with the rate $r$ take to double?
answer: "The time $T = \\\\frac{\\\\ln 2}{r}$, with *emphasis*, `code` and a [link](https://example.org/?a=1&b=2)."
details: |
  | Step | Value |
  |-----:|------:|
  |    0 |     1 |

  ![](figure:curve)

  - It goes on in [Linear](card:EX0002).

  ```python
  print("<b> & </b>")
  ```
figures:
  - {id: curve, kind: table, rows: [[a, b], [c, d]], alt: "A table with <letters>.", caption: A caption.}
tags: [one, "two::below"]
related: [EX0002]
references: [{text: A book, url: "https://example.org/book"}]
difficulty: easy
""",
    "EX0002": """\
id: EX0002
title: Linear
kind: reversed
question: "Linear growth, ![a picture of squares](neuron.png)"
answer: "Each step adds the same amount: 1 < 2 & 3 > 2."
tags: [two]
difficulty: hard
""",
    "ML0001": """\
id: ML0001
title: "A cloze {curly}"
kind: cloze
question: "Growth by {{c1::a constant factor::add or multiply?}} is {{c2::exponential}}."
tags: [one]
""",
    "ML0002": """\
id: ML0002
title: Typed
kind: typed
question: Which word means the opposite of *fast*?
answer: slow
tags: [two]
""",
}
"""The text of each card file, by card ID."""

_PICTURE: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAYCAAAAADFHGIkAAAAHUlEQVR42mOwgYITUADjMwwxCXQBGH+oSQyT+AAAWTYTEG06HIsA"
    "AAAASUVORK5CYII="
)
"""A PNG of 24 by 24 pixels."""


def write_project(folder: Path) -> None:
    """Write the deck as a project."""
    cards = folder / "source" / "cards"
    cards.mkdir(parents=True)
    media = folder / "source" / "media"
    media.mkdir()
    (media / "neuron.png").write_bytes(_PICTURE)
    (folder / "source" / "deck.yaml").write_text(DECK, encoding="utf-8", newline="\n")
    for name, text in CARDS.items():
        (cards / f"{name}.yaml").write_text(text, encoding="utf-8", newline="\n")


@functools.cache
def rendered(capabilities: Capabilities) -> RenderedDeck:
    """Return the deck rendered for these capabilities."""
    from cardpipe.build.pipeline import no_progress, prepare_form

    with tempfile.TemporaryDirectory(prefix="cardpipe-") as place:
        folder = Path(place)
        write_project(folder)
        prepared = prepare_form(folder, lambda _deck: capabilities, no_progress, trust=NOBODY)
    if prepared.rendered is None:
        messages = "; ".join(f"{found.code} {found.message}" for found in prepared.checked.diagnostics)
        raise ProjectError(f"The test deck for plug-ins has errors: {messages}")
    return prepared.rendered


@functools.cache
def loaded() -> Deck:
    """Return the deck with its cards."""
    from cardpipe.source.load import load

    with tempfile.TemporaryDirectory(prefix="cardpipe-") as place:
        folder = Path(place)
        write_project(folder)
        deck = load(folder).deck
    if deck is None:
        raise ProjectError("The test deck for plug-ins cannot be read.")
    return deck


def card_file(text: str, name: str = "EX0009") -> CardFile:
    """Return the cards of a file with this text."""
    from cardpipe.source.load import read_cards

    return read_cards(f"source/cards/{name}.yaml", text.encode())
