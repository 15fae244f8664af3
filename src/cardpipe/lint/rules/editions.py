"""Rules on the editions of a deck."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.diagnostics import Finding, Severity
from cardpipe.edition import chooses
from cardpipe.lint.declaration import summaries_rule
from cardpipe.model import Difficulty, Status
from cardpipe.splicing import suggestion

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
    tags, ids = _known(summaries)
    for edition in summaries.deck.editions:
        for name in _unknown_tags(edition, tags):
            yield _unknown(name, "tag", context.nearest(name.text, tags))
        for name in _unknown_ids(edition, ids):
            yield _unknown(name, "card", context.nearest(name.text, ids))


def _known(summaries: Summaries) -> tuple[dict[str, None], dict[str, None]]:
    """The tags and the cards that an edition may name, sorted."""
    tags = _with_levels(tag.name.text for tag in summaries.deck.tags)
    return dict.fromkeys(sorted(tags)), dict.fromkeys(sorted(summaries.ids()))


def _unknown_tags(edition: Edition, tags: Collection[str]) -> list[SourceText]:
    return [tag for tag in (*edition.tags, *edition.without) if tag.text not in tags]


def _unknown_ids(edition: Edition, ids: Collection[str]) -> list[SourceText]:
    return [card_id for card_id in edition.ids if card_id.text not in ids]


def _with_levels(tags: Iterator[str]) -> set[str]:
    found = set()
    for tag in tags:
        levels = tag.split("::")
        found |= {"::".join(levels[:depth]) for depth in range(1, len(levels) + 1)}
    return found


def _unknown(name: SourceText, word: str, near: str | None) -> Finding:
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
    if not cards or not summaries.deck.editions:
        return
    tags, ids = _known(summaries)
    for edition in summaries.deck.editions:
        if _unknown_tags(edition, tags) or _unknown_ids(edition, ids):
            continue
        if not any(chooses(edition, *card) for card in cards):
            yield Finding(
                "EDN002",
                edition.name.span(),
                f"No card is in the edition “{edition.name.text}”.",
                "Loosen what it asks for; `cardpipe list` shows the cards' tags.",
            )


RULES = (unknown_in_edition, empty_edition)
