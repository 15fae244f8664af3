"""The rule on titles, IDs and tags that give the answer away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import card_rule
from cardpipe.markup import clozes
from cardpipe.markup.late_patterns import compiled
from cardpipe.model.deck import CardKind, FrontPart
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.text.positions import SourceText

_LONGEST: Final = 120
"""The maximum length of an answer or cloze deletion that a title could contain."""
_WORDS: Final = re.compile(r"\w+(?:['’]\w+)*")
_ARTICLE: Final = re.compile(r"(?:the|an?|der|die|das|les?|la|el|los|las|il|lo)\s+|l['’]", re.IGNORECASE)
_UNSPACED: Final = "[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"
"""Scripts without spaces between words."""
_INSTEAD: Final = {
    "title": "Name the subject of the question instead.",
    "ID": "Remove `id` from `front` in source/deck.yaml.",
    "tag": "Remove `tags` from `front` in source/deck.yaml.",
}
_MARKUP: Final = re.compile(r"[*_`$\"“”„«»]+")


@card_rule("WRD030", "answer-in-title", severity=Severity.WARNING, since="0.2")
def answer_in_title(card: Card, context: Context) -> Iterator[Finding]:
    """What stands above the question gives the answer away.

    ## What it does

    Reports titles of basic, typed and cloze cards that contain the whole answer or a cloze deletion, unless the
    question contains it too or the deck shows no titles above questions. If `deck.yaml` chooses under `front` what is
    shown there, IDs with names and tags are checked too.

    ## Why is this bad?

    The card can be answered by reading.

    ## Example

    ```yaml
    title: Flag of Indonesia
    question: Whose flag is red above white?
    answer: Indonesia
    ```

    ## Use instead

    ```yaml
    title: A red and white flag
    question: Whose flag is red above white?
    answer: Indonesia
    ```
    """
    if card.kind is CardKind.REVERSED:
        return
    if card.kind is CardKind.CLOZE:
        text = card.question.text
        found = clozes(context.scan(card.question)).deletions
        hidden = [text[one.text_start : one.text_end] for one in found]
        shown, last = "", 0
        for one in found:
            shown, last = f"{shown}{text[last : one.start]} … ", one.end
        shown += text[last:]
    else:
        hidden = [card.answer.text] if card.answer is not None else []
        shown = card.question.text
    hidden = [answer for answer in hidden if len(answer) <= _LONGEST]
    if not hidden:
        return
    above = [(name, text, _normal(text.text)) for name, text in _above(card, context.settings)]
    asked = _normal(shown) if above else ""
    for answer in hidden:
        words = _normal(_ARTICLE.sub("", answer.strip(), count=1) if _ARTICLE.match(answer.strip()) else answer)
        if not words.isascii() and compiled(_UNSPACED).search(words) is not None:
            words = words.strip()
        if not _is_telling(words) or words in asked:
            continue
        for name, place, normal in above:
            if words in normal:
                yield Finding(
                    "WRD030",
                    place.span(),
                    f"The {name} contains the answer, “{' '.join(answer.split())}”, and Anki shows it above the "
                    "question.",
                    _INSTEAD[name],
                )
                return


def _above(card: Card, settings: DeckSettings) -> Iterator[tuple[str, SourceText]]:
    """Yield what stands above the question and can give the answer away."""
    if card.title is not None and settings.shows(FrontPart.TITLE):
        yield "title", card.title
    if settings.front is None:
        return
    if settings.id_form.named and settings.shows(FrontPart.ID):
        yield "ID", card.id
    if settings.shows(FrontPart.TAGS):
        yield from (("tag", tag) for tag in card.tags)


def _is_telling(words: str) -> bool:
    """Return whether an answer in a title is unlikely to be an accident: not a letter, a number or a sentence."""
    return len(words.strip()) > 1 and any(map(str.isalpha, words))


def _normal(text: str) -> str:
    """Return the words of a text in lower case, each between spaces."""
    return f" {' '.join(_WORDS.findall(_MARKUP.sub('', text).casefold()))} "


RULES = (answer_in_title,)
