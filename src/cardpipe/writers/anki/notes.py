"""Convert rendered cards to Anki notes: GUID, deck, tags and the HTML of fields."""

from __future__ import annotations

import functools
import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardpipe.model import anki_identity as identity
from cardpipe.model.deck import Status
from cardpipe.text.escaping import anki_html, anki_name, html_text, inert
from cardpipe.writers.anki.links import without_card_links
from cardpipe.writers.anki.note_type import NoteType, card_count, note_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.writers.anki.decks import Decks
    from cardpipe.writers.api import RelatedCard, RenderedCard, RenderedDeck, RenderedFigure

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
    """HTML, in the order of `note_type.FILLED_FIELDS`."""
    cards: tuple[int, ...] = (0,)
    """The cards that Anki makes: template numbers, or numbers of deletions minus one."""


def notes(deck: RenderedDeck, decks: Decks) -> Iterator[NoteContent]:
    """Return the notes of a deck in source order."""
    uid = deck.deck.uid.text
    for card in deck.cards:
        kind = note_type(uid, card.kind)
        yield NoteContent(
            guid=identity.note_guid(uid, card.id),
            card_id=card.id,
            note_type=kind,
            deck=decks.of(card.id),
            tags=anki_tags((*card.tags, RETIRED_TAG) if card.status is Status.RETIRED else card.tags),
            # The last guard, independent of how a field is built.
            fields=tuple(map(inert, _fields(card))),
            cards=_cards(card, kind),
        )


@functools.lru_cache(maxsize=4096)
def anki_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sorted tags without duplicates, whitespace and empty levels, which Anki would change."""
    named = set()
    for tag in tags:
        levels = ("_".join(level.split()) for level in anki_name(tag).split("::"))
        named.add("::".join(level for level in levels if level)[:_LONGEST_TAG])
    return tuple(sorted(named - {""}))


def _cards(card: RenderedCard, kind: NoteType) -> tuple[int, ...]:
    """Return the cards that Anki makes: one per template, since every front has the ID, or one per deletion."""
    if kind.is_cloze:
        numbers = card.cloze.numbers if card.cloze is not None else ()
        return tuple(number - 1 for number in numbers)
    return tuple(range(card_count(kind.kind)))


def _fields(card: RenderedCard) -> Iterator[str]:
    yield html.escape(card.id)
    yield anki_html(card.title)
    question, answer = _sides(card)
    yield without_card_links(question)
    yield without_card_links(answer)
    yield without_card_links(card.details)
    yield "\n".join(map(_figure, card.figures))
    yield _list(without_card_links(reference) for reference in card.references)
    yield _list(map(_related, card.related))
    yield card.difficulty.value if card.difficulty else ""
    yield _notice(card)


def _sides(card: RenderedCard) -> tuple[str, str]:
    if card.cloze is not None:
        return card.cloze.text, card.cloze.remark
    if card.typed:
        # Anki compares the typed text with the field, so it must contain only the answer.
        return card.question, anki_html(card.typed)
    return card.question, card.answer


def _notice(card: RenderedCard) -> str:
    if card.status is not Status.RETIRED:
        return ""
    instead = f" {_related(card.replacement)} takes its place." if card.replacement is not None else ""
    search = f"<code>tag:{RETIRED_TAG}</code>"
    return (
        f"<p><strong>This card is retired</strong> and will not be kept up.{instead} To see it no more, suspend it; in "
        f"the browser, {search} finds all such cards.</p>"
    )


def _figure(figure: RenderedFigure) -> str:
    source, alt = html.escape(figure.asset), html_text(figure.alt)
    size = f'width="{figure.width:.0f}" height="{figure.height:.0f}"'
    caption = f"<figcaption>{without_card_links(figure.caption)}</figcaption>" if figure.caption else ""
    kind = "drawn" if figure.drawn else "media"
    return f'<figure class="figure {kind}"><img src="{source}" alt="{alt}" {size}>{caption}</figure>'


def _related(card: RelatedCard) -> str:
    return f'<span class="card-id">{html.escape(card.id)}</span> {anki_html(card.title)}'


def _list(items: Iterator[str]) -> str:
    lines = [f"<li>{item}</li>" for item in items]
    return "<ul>" + "".join(lines) + "</ul>" if lines else ""
