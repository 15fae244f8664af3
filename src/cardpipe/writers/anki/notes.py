"""Convert rendered cards to Anki notes: GUID, deck, tags and the HTML of fields."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardpipe.model import anki_identity as identity
from cardpipe.model.adopted import REVERSE
from cardpipe.model.deck import FrontPart, Status
from cardpipe.text.escaping import anki_html, anki_name, html_text, inert
from cardpipe.writers.anki.adopted import AdoptedNoteType, adopted_note_type, reverse
from cardpipe.writers.anki.links import without_card_links
from cardpipe.writers.anki.note_type import NoteType, card_count, note_type
from cardpipe.writers.anki.own_types import OwnNoteType, own_note_type
from cardpipe.writers.page.fragment import alerts_in_words
from cardpipe.writers.page.parts import difficulty_label
from cardpipe.writers.templating import finished, macros

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.deck import DeckSettings
    from cardpipe.text.translation import Words
    from cardpipe.writers.anki.decks import Decks
    from cardpipe.writers.api import RenderedCard, RenderedDeck
    from cardpipe.writers.templating import Macros

_LONGEST_TAG = 200
RETIRED_TAG = "retired"
"""The tag by which learners find retired cards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteContent:
    """The content of a note, independent of the file format."""

    guid: str
    card_id: str
    note_type: NoteType
    deck: str
    """The deck's full name, with levels separated by `::`."""
    tags: tuple[str, ...]
    fields: tuple[str, ...]
    """HTML, in the order of `note_type.filled`."""
    cards: tuple[int, ...] = (0,)
    """The cards that Anki makes: template numbers, or numbers of deletions minus one."""
    parts: Mapping[str, str] | None = None
    """The HTML of the parts in the fields of an adopted note type; None for any other."""


def notes(deck: RenderedDeck, decks: Decks) -> Iterator[NoteContent]:
    """Return the notes of a deck in source order."""
    uid = deck.settings.uid.text
    template = macros(
        "anki/note.html",
        deck.settings.language.text,
        without_card_links=lambda text: finished(without_card_links(text)),
    )
    own = {key: own_note_type(declared, deck.settings) for key, declared in deck.settings.note_types.items()}
    words = deck.settings.catalogue
    for card in deck.cards:
        guid = identity.note_guid(uid, card.id, card.guid)
        adopted = adopted_note_type(card, guid, deck.settings) if deck.settings.adopted else None
        if adopted is not None:
            yield _adopted(card, guid, adopted, decks, template, words)
            continue
        kind = own[card.note_type] if card.note_type else note_type(uid, card.kind)
        yield NoteContent(
            guid=guid,
            card_id=card.id,
            note_type=kind,
            deck=decks.of(card.id),
            tags=_tags(card),
            # The last guard, independent of how a field is built.
            fields=tuple(inert(str(field)) for field in _fields(card, kind, template, words)),
            cards=_cards(card, kind, deck.settings),
        )


def _adopted(
    card: RenderedCard, guid: str, kind: AdoptedNoteType, decks: Decks, template: Macros, words: Words
) -> NoteContent:
    """Return a note in an adopted note type."""
    parts = {name: inert(kind.sized(str(text))) for name, text in _parts(card, template, words).items()}
    values = kind.values(parts)
    numbers = card.cloze.numbers if card.cloze is not None else ()
    return NoteContent(
        guid=guid,
        card_id=card.id,
        note_type=kind,
        deck=decks.of(card.id),
        tags=_tags(card),
        fields=values,
        cards=tuple(number - 1 for number in numbers) if kind.is_cloze else kind.cards(values),
        parts=kind.shipped(parts),
    )


def _parts(card: RenderedCard, template: Macros, words: Words) -> dict[str, str]:
    """Return the HTML of a card's parts by the names that adopted note types use."""
    shared = {name.lower(): text for name, text in _shared(card, template).items()}
    if card.note_type:
        return {**shared, **{field.key: without_card_links(field.content) for field in card.fields}}
    question, answer = _sides(card)
    return {
        **shared,
        "title": anki_html(card.title),
        **{
            name: alerts_in_words(without_card_links(text), words)
            for name, text in (("question", question), ("answer", answer), ("details", card.details))
        },
        "figures": str(template.figures(card)),
        "difficulty": html_text(difficulty_label(card.difficulty, words)) if card.difficulty else "",
        REVERSE: reverse(card),
    }


def _tags(card: RenderedCard) -> tuple[str, ...]:
    return anki_tags((*card.tags, RETIRED_TAG) if card.status is Status.RETIRED else card.tags)


@functools.lru_cache(maxsize=4096)
def anki_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sorted tags without duplicates, whitespace and empty levels, which Anki would change."""
    named = set()
    for tag in tags:
        levels = ("_".join(level.split()) for level in anki_name(tag).split("::"))
        named.add("::".join(level for level in levels if level)[:_LONGEST_TAG])
    return tuple(sorted(named - {""}))


def _cards(card: RenderedCard, kind: NoteType, settings: DeckSettings) -> tuple[int, ...]:
    """Return the cards that Anki makes: one per template, whose front has the ID or a text, per face or per deletion.

    An edition can leave out the answers. Then only what stands above a question makes a card of a reversed one.
    """
    if isinstance(kind, OwnNoteType):
        return tuple(sorted(kind.card_number(face.key) for face in card.faces))
    if kind.is_cloze:
        numbers = card.cloze.numbers if card.cloze is not None else ()
        return tuple(number - 1 for number in numbers)
    asks_back = (
        bool(card.answer)
        or settings.shows(FrontPart.ID)
        or (card.difficulty is not None and settings.shows(FrontPart.DIFFICULTY))
        or card.status is Status.RETIRED
    )
    return tuple(range(card_count(kind.kind) if asks_back else 1))


def _fields(card: RenderedCard, kind: NoteType, template: Macros, words: Words) -> Iterator[str]:
    if isinstance(kind, OwnNoteType):
        values = {field.key: field.content for field in card.fields}
        shared = _shared(card, template)
        for place in kind.places[: len(kind.filled)]:
            yield without_card_links(values.get(place.key, "")) if place.key else shared[place.name]
        return
    yield html_text(card.id)
    yield anki_html(card.title)
    question, answer = _sides(card)
    for text in (question, answer, card.details):
        yield alerts_in_words(without_card_links(text), words)
    yield template.figures(card)
    yield template.references(card)
    yield template.related(card)
    yield html_text(difficulty_label(card.difficulty, words)) if card.difficulty else ""
    yield template.notice(card, RETIRED_TAG) if card.status is Status.RETIRED else ""


def _shared(card: RenderedCard, template: Macros) -> dict[str, str]:
    """Return the fields that cardpipe adds to those of a deck's own note type."""
    return {
        "ID": html_text(card.id),
        "References": str(template.references(card)),
        "Related": str(template.related(card)),
        "Difficulty": card.difficulty.value if card.difficulty else "",
        "Notice": str(template.notice(card, RETIRED_TAG)) if card.status is Status.RETIRED else "",
    }


def _sides(card: RenderedCard) -> tuple[str, str]:
    if card.cloze is not None:
        return card.cloze.text, card.cloze.remark
    if card.typed:
        # Anki compares the typed text with the field, so it must contain only the answer.
        return card.question, anki_html(card.typed)
    return card.question, card.answer
