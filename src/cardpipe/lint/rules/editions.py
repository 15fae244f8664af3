"""Rules on the editions of a deck."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.lint.declaration import summaries_rule
from cardpipe.model.deck import Status
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.model.edition import levels_of
from cardpipe.source.splicing import suggested_item

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from cardpipe.lint.api import Context
    from cardpipe.lint.summary import CardSummaries, CardSummary
    from cardpipe.model.deck import Edition
    from cardpipe.text.positions import SourceText


@summaries_rule("EDN001", "unknown-in-edition")
def unknown_in_edition(summaries: CardSummaries, context: Context) -> Iterator[Finding]:
    """An edition names an unknown tag or card.

    ## What it does

    Checks the `tags`, `without` and `ids` of each edition; a parent tag of the vocabulary is allowed too.

    ## Why is this bad?

    The edition would silently contain other cards than intended.

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
    tags, ids = _known(summaries) if summaries.settings.editions else ({}, {})
    for edition in summaries.settings.editions:
        for names in (edition.tags, edition.without) if "tags" not in summaries.settings.faulty else ():
            yield from _unknown(names, "tag", tags, context)
        yield from _unknown(edition.ids, "card", ids, context)


def _known(summaries: CardSummaries) -> tuple[dict[str, None], dict[str, None]]:
    """Return the tags and the cards that an edition can name, sorted."""
    deck = summaries.settings
    named = (
        (tag for card in summaries.cards for tag in card.tags)
        if deck.open_tags
        else (tag.name.text for tag in deck.tags)
    )
    return dict.fromkeys(sorted(levels_of(named))), dict.fromkeys(sorted(summaries.ids()))


def _unknown_tags(edition: Edition, tags: Collection[str]) -> list[SourceText]:
    return [tag for tag in (*edition.tags, *edition.without) if tag.text not in tags]


def _unknown_ids(edition: Edition, ids: Collection[str]) -> list[SourceText]:
    return [card_id for card_id in edition.ids if card_id.text not in ids]


def _unknown(names: Sequence[SourceText], word: str, known: Collection[str], context: Context) -> Iterator[Finding]:
    for index, name in enumerate(names):
        if name.text not in known:
            near = context.nearest(name.text, known)
            advice = f"Did you mean {near}?" if near else "`cardpipe list` shows all cards and their tags."
            proposal = suggested_item(names, index, near)
            yield Finding("EDN001", name.span(), f"The deck has no {word} “{name.text}”.", advice, proposal)


@summaries_rule("EDN002", "empty-edition", severity=Severity.WARNING)
def empty_edition(summaries: CardSummaries, context: Context) -> Iterator[Finding]:
    """An edition is empty.

    ## What it does

    Looks for editions that select no card.

    ## Why is this bad?

    Its tags and difficulties exclude each other, or its cards are not tagged yet; readers would get an
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
    cards = [card for card in summaries.cards if card.status == Status.ACTIVE.value]
    if not cards or not summaries.settings.editions:
        return
    tags, ids = _known(summaries)
    selection = _Selection(cards)
    for edition in summaries.settings.editions:
        if _unknown_tags(edition, tags) or _unknown_ids(edition, ids):
            continue
        if not selection.of(edition):
            yield Finding(
                "EDN002",
                edition.name.span(),
                f"The edition “{edition.name.text}” selects no card.",
                "Relax its conditions; `cardpipe list` shows the tags of all cards.",
            )


class _Selection:
    """The cards of an edition as a bit set: `cardpipe.model.edition.chooses` for all cards at once."""

    def __init__(self, cards: Sequence[CardSummary]) -> None:
        self._all = (1 << len(cards)) - 1
        self._tagged: dict[str, int] = {}
        self._named: dict[str, int] = {}
        self._difficult: dict[str | None, int] = {}
        for number, card in enumerate(cards):
            for tag in levels_of(card.tags):
                self._tagged[tag] = self._tagged.get(tag, 0) | 1 << number
            self._named[card.id] = self._named.get(card.id, 0) | 1 << number
            self._difficult[card.difficulty] = self._difficult.get(card.difficulty, 0) | 1 << number

    def of(self, edition: Edition) -> int:
        """Return the cards of an edition; 0 if it has none."""
        found = self._all
        if edition.tags or edition.ids:
            found = 0
            for tag in edition.tags:
                found |= self._tagged.get(tag.text, 0)
            for card_id in edition.ids:
                found |= self._named.get(card_id.text, 0)
        if edition.difficulty:
            found &= sum(self._difficult.get(difficulty.value, 0) for difficulty in set(edition.difficulty))
        for tag in edition.without:
            found &= ~self._tagged.get(tag.text, 0)
        return found


RULES = (unknown_in_edition, empty_edition)
