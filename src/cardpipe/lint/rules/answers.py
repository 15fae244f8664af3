"""Rules on the length and form of answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import card_rule
from cardpipe.lint.listing import lists
from cardpipe.model.deck import CardKind
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card

_NO_SENTENCE: Final = re.compile(
    r"\s*(?:(?P<list>[-*+]\s|\d{1,9}[.)]\s)|(?P<heading>#{1,6}\s)|(?P<table>\|)|(?P<code>```|~~~))"
)
_ASKS_FOR: Final = {
    "list": re.compile(
        r"\b(?:list|name|give|enumerate|which|what are|what were|steps|order|nenne|nennen|zähle|welche\w*|cite\w*"
        r"|énumér\w*"
        r"|quel\w*|donne\w*|nombr\w*|enumer\w*|qué|cuáles|quali|elenca\w*|quais|noem|welke|wymień|назов\w*|перечисл\w*)\b"
        r"|哪些|哪几|哪三|哪四|列出|挙げ|何と何|ما هي|עדים|מהם",
        re.IGNORECASE,
    ),
    "table": re.compile(
        r"\b(?:table|conjugat\w*|declin\w*|declension|compare|forms|tabelle|konjugier\w*|deklinier\w*|formen|tableau"
        r"|conjugu\w*|décline\w*|tabla|conjug\w*|tabella|coniuga\w*|tabela)\b|表",
        re.IGNORECASE,
    ),
    "code": re.compile(
        r"`|\b(?:code|function|method|class|program\w*|command|query|script|snippet|statement|regex\w*|expression|syntax"
        r"|macro|selector|loop|one-liner|write|implement|declare|define|print|output|create|call|import|sql|python|java"
        r"|javascript|typescript|rust|ruby|bash|shell|html|css|haskell|kotlin|swift|php|latex|git|docker\w*|vim|excel|yaml"
        r"|json|funktion|methode|klasse|programm\w*|befehl|abfrage|anweisung|ausdruck|schreib\w*|schleife|commande|fonction"
        r"|requête|programme|instruction|écri\w*|código|comando|función|consulta|programa|instrucción|escrib\w*|codice"
        r"|funzione|comando|scriv\w*|função|escrev\w*|код|функци\w*|команд\w*)\b|代码|函数|命令|语句|程序|コード|関数|コマンド|プログラム",
        re.IGNORECASE,
    ),
}
"""Words of questions whose answer is a list, a table or code itself, in common languages."""
_LONGEST_ANSWER: Final = 90
_LONGEST_LIST: Final = 7


@card_rule("WRD005", "long-answer", severity=Severity.WARNING)
def long_answer(card: Card, context: Context) -> Iterator[Finding]:
    """The short answer is too long.

    ## What it does

    Reports answers of more than ninety words.

    ## Why is this bad?

    Learners say the answer before they turn the card. Nobody recalls an answer that takes a minute to say, and
    it is unclear whether it was right.

    ## Example

    ```yaml
    answer: |
      Dropout is a way to keep a network from overfitting. In each step of training every unit of a layer is kept with a
      fixed probability and is otherwise left out together with all of its connections, so that no unit can rely on
      another one being there, and so that the network learns features that are useful alone. When training has ended,
      all units are kept, and their outputs are scaled by the probability with which each was kept before, or, as is
      more common today, they are scaled in training already, so that nothing has to be done later.
    ```

    ## Use instead

    ```yaml
    answer: It switches units off at random.
    details: In training each unit is kept with a probability; at test time all are kept, and weights are scaled.
    ```
    """
    if card.answer is not None:
        count = len(context.bare_words(card.answer))
        if count > _LONGEST_ANSWER:
            yield Finding(
                "WRD005",
                card.answer.span(),
                f"The short answer has {count} words, which is too long to recall.",
                "Keep the core, and move the rest to `details`.",
            )


@card_rule("WRD006", "no-short-answer", severity=Severity.INFO)
def no_short_answer(card: Card, context: Context) -> Iterator[Finding]:
    """The answer does not begin with a sentence.

    ## What it does

    Reports answers of basic cards that begin with a list, a table, a heading or a code block. Questions that ask
    for exactly that are exempt: *Name …* and *Which …* for a list, *Conjugate …* for a table, and for code a question
    with code in it, or with a word such as *command*, *function*, *write* or the name of a language.

    ## Why is this bad?

    Learners need one statement to check against. A list without a sentence shows what belongs together, but not
    what the answer is.

    ## Example

    ```yaml
    question: How can a network be made sparse?
    answer: |
      - pruning
      - an L1 penalty
    ```

    ## Use instead

    ```yaml
    question: How can a network be made sparse?
    answer: |
      By taking weights out after training, or by making them zero in training:

      - pruning
      - an L1 penalty
    ```
    """
    del context
    answer = card.answer
    match = _NO_SENTENCE.match(answer.text) if answer is not None and card.kind is CardKind.BASIC else None
    if answer is None or match is None:
        return
    asked = _ASKS_FOR.get(match.lastgroup or "")
    if asked is None or asked.search(card.question.text) is None:
        first = len(answer.text) - len(answer.text.lstrip())
        yield Finding(
            "WRD006",
            answer.span(first, first + 1),
            "The answer does not begin with a sentence.",
            "Summarise the list, table or code in one sentence.",
        )


@card_rule("WRD008", "long-list", severity=Severity.WARNING)
def long_list(card: Card, context: Context) -> Iterator[Finding]:
    """An answer contains a long list.

    ## What it does

    Reports lists of more than seven items in answers. Each list is counted separately, including nested
    lists.

    ## Why is this bad?

    Lists are the hardest thing to remember: one forgotten item fails the whole card, again and again.

    ## Example

    ```yaml
    answer: |
      There are eight:

      - one
      - two
      - three
      - four
      - five
      - six
      - seven
      - eight
    ```

    ## Use instead

    ```yaml
    answer: |
      There are two groups, which other cards ask for:

      - the first four
      - the last four
    ```
    """
    answer = card.answer
    if answer is None:
        return
    for found in lists(context.scan(answer)):
        if len(found.items) > _LONGEST_LIST:
            place = found.items[_LONGEST_LIST]
            yield Finding(
                "WRD008",
                answer.span(place, place + 1),
                f"This list has {len(found.items)} items.",
                f"Ask for parts of it in several cards; more than {_LONGEST_LIST} are hard to recall at once.",
            )
