"""The Anki decks of cards, their names, and the parent deck's description."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardpipe.model.card_ids import id_prefix
from cardpipe.text.escaping import anki_name, inert
from cardpipe.writers.anki.links import without_pictures
from cardpipe.writers.templating import finished, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.model.deck import DeckSettings
    from cardpipe.writers.api import RenderedDeck

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Decks:
    """The parent deck and its subdecks by ID prefix, as full names."""

    parent: str
    by_prefix: Mapping[str, str]

    def of(self, card_id: str) -> str:
        """Return the full name of a card's deck."""
        return self.by_prefix.get(id_prefix(card_id), self.parent)


def decks_of(settings: DeckSettings) -> Decks:
    """Return the Anki decks of a deck; names are normalised like in Anki, so that it changes none."""
    parent = _name(settings.name.text) or "cardpipe"
    spelling: dict[str, str] = {}
    by_prefix = {}
    for subdeck in settings.subdecks:
        own = _name(subdeck.name.text)
        full = f"{parent}::{own}" if own and not (settings.adopted and _is_last(own, parent)) else parent
        # Anki compares deck names without case, so the first spelling serves for all.
        by_prefix[subdeck.prefix.text] = spelling.setdefault(full.casefold(), full)
    return Decks(parent, by_prefix)


def _is_last(subdeck: str, parent: str) -> bool:
    """Return whether a subdeck has the name of its parent, in which an imported deck has its cards."""
    return subdeck.casefold() == parent.rpartition("::")[2].casefold()


def with_ancestors(name: str) -> tuple[str, ...]:
    """Return a deck's full name and those of its parents, the topmost first."""
    levels = name.split("::")
    return tuple("::".join(levels[: depth + 1]) for depth in range(len(levels)))


def description(deck: RenderedDeck) -> str:
    """Return the HTML for the parent deck's page in Anki: description, authors, licence and home page."""
    edition = deck.settings.edition
    named = (edition.title or edition.name).text if edition is not None else ""
    text = finished(without_pictures(deck.description).strip())
    return inert(
        render("anki/description.html", deck.settings.language.text, about=deck.settings, edition=named, text=text)
    )


def _name(text: str) -> str:
    cleaned = anki_name(_CONTROL.sub(" ", unicodedata.normalize("NFC", text)))
    levels = (level.strip() for level in cleaned.split("::"))
    return "::".join(level for level in levels if level)
