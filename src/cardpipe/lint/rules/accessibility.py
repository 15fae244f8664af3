"""Rules on what readers get who cannot see a picture, or who go from link to link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.assets.sounds import is_sound
from cardpipe.lint.declaration import card_rule
from cardpipe.markup import LinkForm
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card
    from cardpipe.text.positions import Span

_OPENING: Final = re.compile(
    r"\s*(?:an?|the)?\s*(?:image|picture|photo|graphic|figure|illustration|screenshot)\s+(?:of|showing|that shows)\b",
    re.IGNORECASE,
)
_FILE: Final = re.compile(r"\s*[\w.-]{1,100}\.(?:png|jpe?g|gif|webp|svg)\s*", re.IGNORECASE)
_BLIND: Final = frozenset(
    ["here", "click here", "this", "this link", "link", "more", "read more", "this page", "this article", "source"]
)
_SHORTEST: Final = 8
_LONGEST: Final = 400


@card_rule("ACC001", "weak-alternative-text", severity=Severity.WARNING)
def weak_alternative_text(card: Card, context: Context) -> Iterator[Finding]:
    """An alternative text does not tell what a picture shows.

    ## What it does

    Reports alternative texts that begin with *image of*, are a file's name, repeat the caption, or have less than
    eight or more than four hundred characters.

    ## Why is this bad?

    A screen reader says *image* by itself; what its listener needs is what everybody else sees at a glance.

    ## Example

    ```yaml
    details: "![Picture of a neuron.](neuron.png)"
    ```

    ## Use instead

    ```yaml
    details: "![A neuron with three inputs and one output.](neuron.png)"
    ```
    """
    for figure in card.figures:
        if figure.alt is not None:
            caption = figure.caption.text.strip() if figure.caption is not None else None
            yield from _weak(figure.alt.text, figure.alt.span(), caption)
    for _, text in card.texts():
        for image in context.scan(text).images():
            if image.figure_id is None and image.alt.strip() and not is_sound(image.target):
                yield from _weak(image.alt, text.span(image.alt_start, image.alt_end), None)


def _weak(alt: str, place: Span, caption: str | None) -> Iterator[Finding]:
    words = alt.strip()
    if _FILE.fullmatch(words):
        fault = ("This is a file's name.", "Say what the picture shows.")
    elif _OPENING.match(words):
        fault = ("That it is a picture is said already.", "Begin with what it shows.")
    elif caption is not None and words.casefold() == caption.casefold():
        fault = ("This repeats the caption, which is read out too.", "Say what can be seen.")
    elif len(words) < _SHORTEST:
        fault = ("This says next to nothing.", "Say in a sentence what the picture shows.")
    elif len(words) > _LONGEST:
        fault = (
            f"This has {len(words)} characters.",
            "Keep what matters; the rest belongs into the text.",
        )
    else:
        return
    yield Finding("ACC001", place, *fault)


@card_rule("ACC002", "blind-link", severity=Severity.WARNING)
def blind_link(card: Card, context: Context) -> Iterator[Finding]:
    """The words of a link do not say where it leads.

    ## What it does

    Reports links with words such as *here*, *this link* or *more*.

    ## Why is this bad?

    Who goes through a page from link to link hears *here, here, here*; and on paper the words are all that is left.

    ## Example

    ```yaml
    details: See [here](https://example.org/proof).
    ```

    ## Use instead

    ```yaml
    details: See [the proof by induction](https://example.org/proof).
    ```
    """
    for _, text in card.texts():
        for link in context.scan(text).links():
            words = " ".join(text.text[link.text_start : link.text_end].split())
            if link.form is LinkForm.INLINE and words.strip(" .*_").casefold() in _BLIND:
                yield Finding(
                    "ACC002",
                    text.span(link.text_start, link.text_end),
                    f"“{words}” does not say where this leads, least of all read aloud.",
                    "Name what is there.",
                )


RULES = (weak_alternative_text, blind_link)
