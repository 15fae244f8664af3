"""A rendered card as an Anki note: its GUID, its deck, its tags and the HTML of its fields."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardpipe import identity
from cardpipe.writers.anki.links import without_card_links
from cardpipe.writers.anki.note_type import NoteType, note_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.rendered import RelatedCard, RenderedCard, RenderedDeck, RenderedFigure
    from cardpipe.writers.anki.decks import Decks

_COMMAND = re.compile(r"\[(?=sound:|anki:|latex\]|/latex\]|\$|/\$)", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_LONGEST_TAG = 200


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


def notes(deck: RenderedDeck, decks: Decks) -> Iterator[NoteContent]:
    """The notes of a deck in source order."""
    uid = deck.deck.uid.text
    for card in deck.cards:
        yield NoteContent(
            guid=identity.note_guid(uid, card.id),
            card_id=card.id,
            note_type=note_type(uid, card.card.kind),
            deck=decks.of(card.id),
            tags=anki_tags(card.tags),
            fields=tuple(map(_safe, _fields(card))),
        )


def anki_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The tags, each once and sorted, without white space and empty levels, which Anki would change or stumble over."""
    named = set()
    for tag in tags:
        levels = ("_".join(_UNPRINTABLE.sub(" ", level).split()) for level in tag.split("::"))
        named.add("::".join(level for level in levels if level)[:_LONGEST_TAG])
    return tuple(sorted(named - {""}))


def _fields(card: RenderedCard) -> Iterator[str]:
    yield html.escape(card.id)
    yield _plain(card.title)
    yield without_card_links(card.question)
    yield without_card_links(card.answer)
    yield without_card_links(card.details)
    yield "\n".join(map(_figure, card.figures))
    yield _list(without_card_links(reference) for reference in card.references)
    yield _list(map(_related, card.related))
    yield card.card.difficulty.value if card.card.difficulty else ""


def _figure(figure: RenderedFigure) -> str:
    source, alt = html.escape(figure.asset), html.escape(figure.alt)
    size = f'width="{figure.width:.0f}" height="{figure.height:.0f}"'
    caption = f"<figcaption>{without_card_links(figure.caption)}</figcaption>" if figure.caption else ""
    kind = "drawn" if figure.drawn else "media"
    return f'<figure class="figure {kind}"><img src="{source}" alt="{alt}" {size}>{caption}</figure>'


def _related(card: RelatedCard) -> str:
    return f'<span class="card-id">{html.escape(card.id)}</span> {_plain(card.title)}'


def _list(items: Iterator[str]) -> str:
    lines = [f"<li>{item}</li>" for item in items]
    return "<ul>" + "".join(lines) + "</ul>" if lines else ""


def _plain(text: str) -> str:
    """Plain text as HTML, with Anki's own commands written so that they are only text."""
    return _COMMAND.sub("&#91;", html.escape(text, quote=False))


def _safe(text: str) -> str:
    """A field without characters that divide fields in Anki's database or that no card can show."""
    return _UNPRINTABLE.sub(" ", text)
