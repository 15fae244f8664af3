"""A rendered card as an Anki note: its GUID, its deck, its tags and the HTML of its fields."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardpipe.model import anki_identity as identity
from cardpipe.model.deck import Status
from cardpipe.text.escaping import anki_html, anki_name, html_text, inert
from cardpipe.writers.anki.links import without_card_links
from cardpipe.writers.anki.note_type import NoteType, card_count, note_type
from cardpipe.writers.templating import finished, macros

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.writers.anki.decks import Decks
    from cardpipe.writers.api import RenderedCard, RenderedDeck
    from cardpipe.writers.templating import Macros

_LONGEST_TAG = 200
RETIRED_TAG = "retired"
"""By which learners find the cards that are no longer kept up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteContent:
    """Everything that a note ships, before it is a row of any file."""

    guid: str
    card_id: str
    note_type: NoteType
    deck: str
    """The deck's full name, levels divided by `::`."""
    tags: tuple[str, ...]
    fields: tuple[str, ...]
    """HTML, in the order of `note_type.FILLED_FIELDS`."""
    cards: tuple[int, ...] = (0,)
    """Which of its note type's cards Anki makes of it: numbers of templates, or of deletions less one."""


def notes(deck: RenderedDeck, decks: Decks) -> Iterator[NoteContent]:
    """The notes of a deck in source order."""
    uid = deck.deck.uid.text
    template = macros("anki/note.html", without_card_links=lambda text: finished(without_card_links(text)))
    for card in deck.cards:
        kind = note_type(uid, card.kind)
        yield NoteContent(
            guid=identity.note_guid(uid, card.id),
            card_id=card.id,
            note_type=kind,
            deck=decks.of(card.id),
            tags=anki_tags((*card.tags, RETIRED_TAG) if card.status is Status.RETIRED else card.tags),
            # The last guard, whatever a field is made of.
            fields=tuple(inert(str(field)) for field in _fields(card, template)),
            cards=_cards(card, kind),
        )


@functools.lru_cache(maxsize=4096)
def anki_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The tags, each once and sorted, without white space and empty levels, which Anki would change or stumble over."""
    named = set()
    for tag in tags:
        levels = ("_".join(level.split()) for level in anki_name(tag).split("::"))
        named.add("::".join(level for level in levels if level)[:_LONGEST_TAG])
    return tuple(sorted(named - {""}))


def _cards(card: RenderedCard, kind: NoteType) -> tuple[int, ...]:
    """The cards that Anki makes: one for each template, since every front has the ID, or one for each deletion."""
    if kind.is_cloze:
        numbers = card.cloze.numbers if card.cloze is not None else ()
        return tuple(number - 1 for number in numbers)
    return tuple(range(card_count(kind.kind)))


def _fields(card: RenderedCard, template: Macros) -> Iterator[str]:
    yield html_text(card.id)
    yield anki_html(card.title)
    question, answer = _sides(card)
    yield without_card_links(question)
    yield without_card_links(answer)
    yield without_card_links(card.details)
    yield template.figures(card)
    yield template.references(card)
    yield template.related(card)
    yield card.difficulty.value if card.difficulty else ""
    yield template.notice(card, RETIRED_TAG) if card.status is Status.RETIRED else ""


def _sides(card: RenderedCard) -> tuple[str, str]:
    if card.cloze is not None:
        return card.cloze.text, card.cloze.remark
    if card.typed:
        # Anki compares what is typed with the field's text, so that there must be nothing but it.
        return card.question, anki_html(card.typed)
    return card.question, card.answer
