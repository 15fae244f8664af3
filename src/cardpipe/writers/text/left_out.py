"""What an export as text lacks, as sentences for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.writers.text.cards import text_cards
from cardpipe.writers.text.options import back_of, setting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck


def remarks(deck: RenderedDeck, options: Mapping[str, str]) -> Sequence[str]:
    """Return sentences on pictures, sounds, details and line breaks that the text does not have."""
    if setting(options, "shape") == "anki":
        return ()
    return [*_media(deck), *(_two_sides(deck, options) if setting(options, "shape") != "columns" else ())]


def _media(deck: RenderedDeck) -> Iterator[str]:
    names = {name for card in deck.cards for name in card.assets}
    sounds = sum(deck.assets[name].media_type.startswith("audio/") for name in names)
    counted = ((len(names) - sounds, "picture"), (sounds, "sound"))
    found = [f"{count} {noun}{'s' if count > 1 else ''}" for count, noun in counted if count]
    if found:
        yield f"text: {' and '.join(found)} left out; where a text shows one, it has the description."


def _two_sides(deck: RenderedDeck, options: Mapping[str, str]) -> Iterator[str]:
    if back_of(options) == "answer":
        more = sum(bool(card.details or card.figures or card.references) for card in deck.cards)
        if more:
            yield f"text: {_cards(more)} without details, figures and references; --back all includes them."
    if setting(options, "shape") == "quizlet" and setting(options, "card-separator") == "newline":
        joined = sum("\n" in card.front or "\n" in card.back for card in text_cards(deck, options))
        if joined:
            yield (
                f"text: line breaks of {_cards(joined)} were replaced by “ / ”; --text-card-separator keeps them, with "
                "the same custom separator in Quizlet."
            )


def _cards(count: int) -> str:
    return f"{count} card{'s' if count > 1 else ''}"
