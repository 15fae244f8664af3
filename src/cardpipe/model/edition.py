"""Editions: the cards of a named selection, and the deck that consists of them.

An edition is created before anything is rendered and looks like any other deck, so writers do not know of it. The Anki
identity of its cards does not change, so learners can switch editions and keep their history.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cardpipe.markup import scan
from cardpipe.model.deck import EditionPart, Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cardpipe.model.deck import Card, DeckSettings, Difficulty, Edition, Figure
    from cardpipe.text.positions import SourceText

LONGEST_TAG: Final = 200
"""Characters of a tag of the vocabulary."""


def chooses(edition: Edition, card_id: str, tags: Sequence[str], difficulty: Difficulty | None) -> bool:
    """Return whether a card with this ID, these tags and this difficulty belongs to an edition.

    A tag includes its subtags.
    """
    if edition.difficulty and difficulty not in edition.difficulty:
        return False
    levels = levels_of(tags) if edition.tags or edition.without else set()
    if any(wanted.text in levels for wanted in edition.without):
        return False
    named = any(card_id == wanted.text for wanted in edition.ids)
    tagged = any(wanted.text in levels for wanted in edition.tags)
    return named or tagged or not (edition.ids or edition.tags)


def levels_of(tags: Iterable[str]) -> set[str]:
    """Return the tags and their parents (`nets` for `nets::cnn`), without tags that a vocabulary cannot contain."""
    found = set()
    for tag in tags:
        if len(tag) > LONGEST_TAG:
            continue
        end = tag.find("::")
        while end >= 0:
            found.add(tag[:end])
            end = tag.find("::", end + 1)
        found.add(tag)
    return found


def is_below(tag: str, wanted: str) -> bool:
    """Return whether a tag equals another or is below it (`nets::cnn` is below `nets`)."""
    return tag == wanted or tag.startswith(f"{wanted}::")


def as_edition(settings: DeckSettings, edition: Edition) -> DeckSettings:
    """Return the deck of an edition, with its own file name; `reduced` creates its cards."""
    suffix = f"-{edition.name.text}"
    return replace(
        settings, slug=settings.slug._replace(text=f"{settings.slug.text}{suffix}"), suffix=suffix, edition=edition
    )


def reduced(card: Card, edition: Edition) -> Card:
    """Return a card with the parts that an edition shows."""
    if not edition.is_reduced:
        return card
    parts = edition.parts
    answer = card.answer if EditionPart.ANSWER in parts else None
    details = card.details if EditionPart.DETAILS in parts else None
    references = card.references if EditionPart.REFERENCES in parts else ()
    address = edition.card_address(card.id.text)
    if edition.link is not None and address is not None:
        references = (*references, _whole(edition.link, address))
    kept = replace(card, answer=answer, details=details, references=references)
    unplaced = EditionPart.FIGURES in parts
    return replace(
        kept,
        # The figures of a note are values of its fields.
        figures=card.figures if card.note_type is not None else _figures(card, kept, unplaced=unplaced),
        related=card.related if EditionPart.RELATED in parts else (),
    )


def _figures(card: Card, kept: Card, *, unplaced: bool) -> tuple[Figure, ...]:
    """Return the figures that the remaining texts place, and with `unplaced` those that no text places."""
    if not card.figures:
        return ()
    before, after = _placed(card), _placed(kept)
    return tuple(
        figure for figure in card.figures if figure.id.text in after or (unplaced and figure.id.text not in before)
    )


def _placed(card: Card) -> set[str | None]:
    texts = [text for name, text in card.texts() if name in {"question", "answer", "details"}]
    return {image.figure_id for text in texts if "figure:" in text.text for image in scan(text.text).images()}


def _whole(link: SourceText, address: str) -> Reference:
    # The address is shown as the text of the link, because a printed card has no links.
    text = link._replace(text=f"The whole card: <{address}>")
    return Reference(text=text, url=None)
