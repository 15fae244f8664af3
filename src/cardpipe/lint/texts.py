"""Which texts of a deck readers see, as Markdown or as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.model import Deck
    from cardpipe.positions import SourceText


def markdown_texts(deck: Deck) -> Iterator[SourceText]:
    """The deck's description and every Markdown text of its cards, of those that could not be loaded whole too."""
    yield deck.description
    for card in deck.cards:
        for _, text in card.texts():
            yield text
    yield from deck.faulty_texts


def plain_texts(deck: Deck) -> Iterator[SourceText]:
    """The texts that are shown as they stand: names, titles, tags and alternative texts."""
    yield deck.name
    yield from deck.authors
    for tag in deck.tags:
        yield tag.name
        yield tag.description
    for subdeck in deck.subdecks:
        yield subdeck.name
    for card in deck.cards:
        yield card.id
        yield card.title
        yield from card.tags
        for figure in card.figures:
            if figure.alt is not None:
                yield figure.alt
