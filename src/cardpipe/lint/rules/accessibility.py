"""Rules on accessibility: alternative texts and link texts for people who use a screen reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.assets.sounds import is_sound
from cardpipe.lint.declaration import card_rule
from cardpipe.markup import LinkForm, clozes
from cardpipe.model.deck import CardKind
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
_WORD: Final = re.compile(r"\w+")
_MOST_WORDS: Final = 8
_SHORTEST: Final = 8
_LONGEST: Final = 400


@card_rule("ACC001", "weak-alternative-text", severity=Severity.WARNING)
def weak_alternative_text(card: Card, context: Context) -> Iterator[Finding]:
    """An alternative text does not describe its picture.

    ## What it does

    Reports alternative texts that begin with *image of*, are a file name, repeat the caption, or have fewer than
    eight or more than four hundred characters.

    ## Why is this bad?

    A screen reader says *image* by itself; its user needs to hear what others see at a glance.

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
        caption = figure.caption.text.strip() if figure.caption is not None else None
        for alt in figure.alts:
            yield from _weak(alt.text, alt.span(), caption)
    for _, text in card.texts():
        for image in context.scan(text).images():
            if image.figure_id is None and image.alt.strip() and not is_sound(image.target):
                yield from _weak(image.alt, text.span(image.alt_start, image.alt_end), None)


def _weak(alt: str, place: Span, caption: str | None) -> Iterator[Finding]:
    words = alt.strip()
    if _FILE.fullmatch(words):
        fault = ("The alternative text is a file name.", "Say what the picture shows.")
    elif _OPENING.match(words):
        fault = ("Screen readers already say that it is a picture.", "Begin with what it shows.")
    elif caption is not None and words.casefold() == caption.casefold():
        fault = ("The alternative text repeats the caption, which is read out too.", "Describe what can be seen.")
    elif len(words) < _SHORTEST:
        fault = ("The alternative text is too short.", "Describe in a sentence what the picture shows.")
    elif len(words) > _LONGEST:
        fault = (
            f"The alternative text has {len(words)} characters.",
            "Keep what matters and move the rest to the text.",
        )
    else:
        return
    yield Finding("ACC001", place, *fault)


@card_rule("ACC002", "blind-link", severity=Severity.WARNING)
def blind_link(card: Card, context: Context) -> Iterator[Finding]:
    """A link text does not describe its target.

    ## What it does

    Reports link texts such as *here*, *this link* or *more*.

    ## Why is this bad?

    People who navigate by links hear *here, here, here*; and on paper only the link text is left.

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
                    f"“{words}” does not describe the link's target.",
                    "Name the target of the link.",
                )


@card_rule("ACC003", "alternative-text-tells-answer", severity=Severity.WARNING, since="0.2")
def alternative_text_tells_answer(card: Card, context: Context) -> Iterator[Finding]:
    """The alternative text of a picture in the question contains the answer.

    ## What it does

    Looks in the alternative texts of pictures and figures in the question for an answer of up to eight words, and for
    the hidden text of cloze deletions.

    ## Why is this bad?

    People who use a screen reader hear the answer with the question, and where the picture does not load, all others
    read it.

    ## Example

    ```yaml
    question: "![The flag of France.](france.svg) Whose flag is this?"
    answer: France
    ```

    ## Use instead

    ```yaml
    question: "![Three vertical stripes: blue, white, red.](france.svg) Whose flag is this?"
    answer: France
    ```

    A figure can have two alternative texts: `alt: {question: A country on a map., answer: France on a map.}`.
    """
    images = list(context.scan(card.question).images())
    if not images:
        return
    answers = {words for words in map(_spoken, _hidden(card, context)) if words and words.count(" ") < _MOST_WORDS}
    if not answers:
        return
    figures = {figure.id.text: figure for figure in card.figures}
    for image in images:
        figure = figures.get(image.figure_id) if image.figure_id is not None else None
        alt = figure.alts[0] if figure is not None and figure.alts else None
        if image.figure_id is not None and alt is None:
            continue
        spoken = f" {_spoken(alt.text if alt is not None else image.alt)} "
        if any(f" {answer} " in spoken for answer in answers):
            yield Finding(
                "ACC003",
                alt.span() if alt is not None else card.question.span(image.alt_start, image.alt_end),
                "This alternative text contains the answer.",
                "Write alt: {question: …, answer: …} with a neutral text for the question."
                if alt is not None
                else "Describe what can be seen without the answer.",
            )


def _hidden(card: Card, context: Context) -> Iterator[str]:
    if card.kind is CardKind.CLOZE:
        for deletion in clozes(context.scan(card.question)).deletions:
            yield card.question.text[deletion.text_start : deletion.text_end]
    elif card.answer is not None:
        yield card.answer.text


def _spoken(text: str) -> str:
    """Return the words of a text in small letters, with one space between them."""
    return " ".join(_WORD.findall(text.casefold()))


RULES = (weak_alternative_text, blind_link, alternative_text_tells_answer)
