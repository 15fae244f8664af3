"""Rules on the editions of a deck."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.diagnostics import Finding, Severity
from cardpipe.edition import chooses
from cardpipe.lint.declaration import summaries_rule
from cardpipe.model import Difficulty, Status
from cardpipe.splicing import suggestion
from cardpipe.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cardpipe.lint.summary import Summaries
    from cardpipe.model import Edition
    from cardpipe.positions import SourceText
    from cardpipe.rule import Context


@summaries_rule("EDN001", "unknown-in-edition")
def unknown_in_edition(summaries: Summaries, context: Context) -> Iterator[Finding]:
    """An edition names a tag or a card that the deck does not have.

    ## What it does

    Checks the `tags`, `without` and `ids` of each edition; a tag above others in the vocabulary is fine too.

    ## Why is this bad?

    The edition would leave out, or let in, other cards than was meant, and nobody would notice.

    ## Example

    ```yaml
    # deck.yaml
    editions:
      vision: {tags: [CNNN]}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    editions:
      vision: {tags: [CNN]}
    ```
    """
    del context
    for edition in summaries.deck.editions:
        yield from _unknowns(summaries, edition)


def _unknowns(summaries: Summaries, edition: Edition) -> Iterator[Finding]:
    deck = summaries.deck
    known = (
        (tag for card in summaries.cards for tag in card.tags)
        if deck.open_tags
        else (tag.name.text for tag in deck.tags)
    )
    tags = _with_levels(known)
    for tag in (*edition.tags, *edition.without):
        if tag.text not in tags:
            yield _unknown(tag, "tag", tags)
    ids = summaries.ids() if edition.ids else set()
    for card_id in edition.ids:
        if card_id.text not in ids:
            yield _unknown(card_id, "card", ids)


def _with_levels(tags: Iterator[str]) -> set[str]:
    found = set()
    for tag in tags:
        levels = tag.split("::")
        found |= {"::".join(levels[:depth]) for depth in range(1, len(levels) + 1)}
    return found


def _unknown(name: SourceText, word: str, known: Collection[str]) -> Finding:
    near = nearest(name.text, sorted(known))
    advice = f"Did you mean {near}?" if near else "`cardpipe list` shows all cards and their tags."
    return Finding("EDN001", name.span(), f"The deck has no {word} “{name.text}”.", advice, suggestion(name, near))


@summaries_rule("EDN002", "empty-edition", severity=Severity.WARNING)
def empty_edition(summaries: Summaries, context: Context) -> Iterator[Finding]:
    """An edition has no cards.

    ## What it does

    Looks for editions that leave out every card of the deck.

    ## Why is this bad?

    Its tags and difficulties exclude each other, or the cards that it is for are not tagged yet; readers would get an
    empty deck.

    ## Example

    ```yaml
    # deck.yaml
    editions:
      vision: {tags: [CNN], without: [CNN]}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    editions:
      vision: {tags: [NN]}
    ```
    """
    del context
    cards = [
        (card.id, card.tags, Difficulty(card.difficulty) if card.difficulty else None)
        for card in summaries.cards
        if card.status == Status.ACTIVE.value
    ]
    for edition in summaries.deck.editions if cards else ():
        if not any(chooses(edition, *card) for card in cards) and not any(_unknowns(summaries, edition)):
            yield Finding(
                "EDN002",
                edition.name.span(),
                f"No card is in the edition “{edition.name.text}”.",
                "Loosen what it asks for; `cardpipe list` shows the cards' tags.",
            )


RULES = (unknown_in_edition, empty_edition)
