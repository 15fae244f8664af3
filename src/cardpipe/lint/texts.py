"""Which texts readers see as they stand, not as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.model import Card, Deck
    from cardpipe.positions import SourceText


def plain_texts_of_frame(deck: Deck) -> Iterator[SourceText]:
    """The deck's name, authors, tags and subdecks."""
    yield deck.name
    yield from deck.authors
    for tag in deck.tags:
        yield tag.name
        yield tag.description
    for subdeck in deck.subdecks:
        yield subdeck.name


def plain_texts_of_card(card: Card) -> Iterator[SourceText]:
    """A card's ID, title, tags and alternative texts."""
    yield card.id
    yield card.title
    yield from card.tags
    for figure in card.figures:
        if figure.alt is not None:
            yield figure.alt
