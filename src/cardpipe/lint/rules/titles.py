"""The rule on titles that give the answer away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import card_rule
from cardpipe.markup import clozes
from cardpipe.model.deck import CardKind
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card

_LONGEST: Final = 120
"""Characters of an answer or a blank that a title could hold."""
_WORDS: Final = re.compile(r"\w+(?:['’]\w+)*")
_ARTICLE: Final = re.compile(r"(?:the|an?|der|die|das|les?|la|el|los|las|il|lo)\s+|l['’]", re.IGNORECASE)
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts that put no spaces between words."""
_MARKUP: Final = re.compile(r"[*_`$\"“”„«»]+")


@card_rule("WRD030", "answer-in-title", severity=Severity.WARNING, since="0.2")
def answer_in_title(card: Card, context: Context) -> Iterator[Finding]:
    """The title gives the answer away.

    ## What it does

    Reports titles of basic, typed and cloze cards in which the whole answer stands, or what a blank hides, unless the
    question says it too.

    ## Why is this bad?

    Anki shows the title above the question, so that the card is passed by reading.

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
    title = _normal(card.title.text)
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
    asked = _normal(shown)
    for answer in hidden:
        words = _normal(_ARTICLE.sub("", answer.strip(), count=1) if _ARTICLE.match(answer.strip()) else answer)
        if _UNSPACED.search(words) is not None:
            words = words.strip()
        if _could_be_told(answer, words) and words in title and words not in asked:
            yield Finding(
                "WRD030",
                card.title.span(),
                f"The title holds the answer, “{' '.join(answer.split())}”, and Anki shows it above the question.",
                "Name the subject of the question instead.",
            )
            return


def _could_be_told(answer: str, words: str) -> bool:
    """Whether an answer is such that its words in a title are no accident: not a letter, a number or a sentence."""
    return len(answer) <= _LONGEST and len(words.strip()) > 1 and any(map(str.isalpha, words))


def _normal(text: str) -> str:
    """The words of a text in small letters, each between spaces."""
    return f" {' '.join(_WORDS.findall(_MARKUP.sub('', text).casefold()))} "


RULES = (answer_in_title,)
