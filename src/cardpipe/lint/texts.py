"""The texts that are plain text, not Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.text.positions import SourceText


def plain_texts_of_settings(settings: DeckSettings) -> Iterator[SourceText]:
    """Yield the deck's name, authors, licence, tags, subdecks, preset and editions, and their addresses."""
    yield settings.name
    yield from settings.authors
    yield from (text for text in (settings.licence, settings.homepage, settings.report) if text is not None)
    if settings.preset is not None and settings.preset.name is not None:
        yield settings.preset.name
    for tag in settings.tags:
        yield tag.name
        yield tag.description
    for subdeck in settings.subdecks:
        yield subdeck.name
    for edition in settings.editions:
        yield from (text for text in (edition.title, edition.link) if text is not None)


def plain_texts_of_card(card: Card) -> Iterator[SourceText]:
    """Yield a card's ID, title, tags, typed answer, alternative texts and the addresses of its references."""
    yield card.id
    if card.title is not None:
        yield card.title
    if card.typed is not None:
        yield card.typed
    yield from card.tags
    for figure in card.figures:
        yield from figure.alts
    for reference in card.references:
        if reference.url is not None:
            yield reference.url
