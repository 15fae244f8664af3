"""States of a deck that can be compared: a lock, the current package, the source."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from cardpipe.markup import clozes, scan
from cardpipe.model import anki_identity as identity
from cardpipe.model.card_label import card_label
from cardpipe.model.deck import CardKind, Status
from cardpipe.model.note_types import MEDIA, filled_keys, needed, sides
from cardpipe.release.changes import CardState, NotePart, Snapshot, front_in_words
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.writers.anki.decks import decks_of
from cardpipe.writers.csv.html_to_text import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cardpipe.model.deck import Card, Deck, DeckSettings, Figure
    from cardpipe.model.note_types import Face, NoteField
    from cardpipe.model.release_lock import ReleasedCard, ReleasedNoteType, ReleaseLock
    from cardpipe.text.nodes import Node
    from cardpipe.writers.anki.shipment import Shipment, ShippedCard

_OF_DELETIONS = frozenset((CardKind.CLOZE.value, ""))
"""Kinds whose cards are told apart by numbers of deletions."""
_LONGEST_HTML = 200_000
"""Maximum characters of a text that is shown; longer texts are only compared."""


def of_lock(lock: ReleaseLock | None) -> Snapshot:
    """Return the state of the last release; empty before the first release."""
    if lock is None:
        return Snapshot()
    return Snapshot(
        name=lock.name,
        cards={card_id: _state(card, {}, lock.note_types.get(card.kind)) for card_id, card in lock.cards.items()},
        note_types={kind: note_type.digest for kind, note_type in lock.note_types.items()},
        front=front_in_words(lock.front),
    )


def of_shipment(shipped: Shipment, since: ReleaseLock | None = None) -> Snapshot:
    """Return the state that a package would ship now; `since` tells which fields have another key since a release."""
    former = {
        kind: _former_keys(since.note_types[kind], now)
        for kind, now in shipped.note_types.items()
        if since is not None and kind in since.note_types
    }
    return Snapshot(
        name=shipped.name,
        cards={
            card_id: replace(
                _state(card.record, card.texts, shipped.note_types.get(card.record.kind)),
                former_fields=former.get(card.record.kind, {}),
            )
            for card_id, card in shipped.cards.items()
        },
        note_types={kind: note_type.digest for kind, note_type in shipped.note_types.items()},
        front=front_in_words(shipped.front),
    )


def of_shipped_card(card: ShippedCard) -> CardState:
    """Return the state of a note, with its fields as plain text."""
    return _state(card.record, card.texts, None)


def _former_keys(former: ReleasedNoteType, now: ReleasedNoteType) -> dict[str, str]:
    """Return the released keys of the fields that have another key now; each keeps its place in Anki."""
    keys = {field.id: field.key for field in former.fields}
    return {field.key: old for field in now.fields if (old := keys.get(field.id)) and old != field.key}


def _state(card: ReleasedCard, texts: Mapping[str, str], note_type: ReleasedNoteType | None) -> CardState:
    parts = {name: NotePart(digest, _plain(texts.get(name))) for name, digest in card.parts.items()}
    if texts and "tags" in parts:
        parts["tags"] = NotePart(parts["tags"].digest, " ".join(card.tags))
    parts["GUID"] = NotePart(card.guid)
    of_faces = card.kind not in _OF_DELETIONS and bool(card.clozes)
    return CardState(
        title=card.title,
        deck=card.deck,
        whole=f"{card.guid} {card.digest}",
        parts=parts,
        makes={str(number): _made(number, note_type if of_faces else None) for number in card.clozes},
        of_faces=of_faces,
        retired=card.retired,
    )


def _made(number: int, note_type: ReleasedNoteType | None) -> str:
    """Return the name of a card: the number of a cloze deletion, or the name of a template."""
    if note_type is None or number > len(note_type.templates):
        return str(number)
    return note_type.templates[number - 1].name


def _plain(html: str | None) -> str | None:
    return plain_text(html) if html is not None and len(html) <= _LONGEST_HTML else None


def of_source(deck: Deck) -> Snapshot:
    """Return the state of a deck's source, without drafts."""
    settings = deck.settings
    decks = decks_of(settings)
    files = {item.name: item.data for item in settings.media}
    files.update({item.name: item.data for item in settings.scripts})
    digests: dict[str, str] = {}
    cards = {}
    for card in deck.cards:
        if card.status is Status.DRAFT:
            continue
        parts = {name: NotePart(_digest(text), text) for name, text in _source_texts(card) if text}
        figures = "\n".join(line for figure in card.figures for line in _figure(figure))
        used = _files(card, figures, files, digests)
        if figures or used:
            parts["figures"] = NotePart(_digest("\n".join([figures, *used])), figures)
        parts["GUID"] = NotePart(
            identity.note_guid(settings.uid.text, card.id.text, card.guid.text if card.guid is not None else "")
        )
        cards[card.id.text] = CardState(
            title=card_label(card),
            deck=decks.of(card.id.text),
            whole="",
            parts=parts,
            makes=_makes(card),
            of_faces=card.note_type is not None,
            former_fields=_former(card.note_type.fields) if card.note_type is not None else {},
            former_faces=_former(card.note_type.faces) if card.note_type is not None else {},
            retired=card.status is Status.RETIRED,
        )
    return Snapshot(
        name=decks.parent, cards=cards, unsafe=unsafe_rules(settings), front=front_in_words(settings.front_names)
    )


def unsafe_rules(settings: DeckSettings) -> dict[str, str]:
    """Return the safety rules that a deck disables, with the reasons."""
    return {code.text: reason.text for code, reason in settings.lint.allow_unsafe} if settings.lint is not None else {}


def _source_texts(card: Card) -> Iterator[tuple[str, str]]:
    yield "title", card.title.text if card.title is not None else ""
    if card.note_type is not None:
        yield "kind", card.note_type.identity
        yield from ((value.field.key.text, "\n".join(part.text for part in value.parts)) for value in card.values)
    else:
        yield "kind", card.kind.value if card.kind is not CardKind.BASIC else ""
    yield "question", card.question.text
    yield "answer", card.answer.text if card.answer is not None else ""
    yield "details", card.details.text if card.details is not None else ""
    references = (f"{item.text.text} {item.url.text if item.url is not None else ''}" for item in card.references)
    yield "references", "\n".join(line.strip() for line in references)
    yield "related", " ".join(other.text for other in card.related)
    yield "difficulty", card.difficulty.value if card.difficulty is not None else ""
    yield "notice", _notice(card)
    yield "tags", " ".join(sorted(tag.text for tag in card.tags))


def _makes(card: Card) -> dict[str, str]:
    """Return the cards that Anki makes of a cloze, by number, or of a note of a deck's own type, by the face's key."""
    if card.note_type is None:
        numbers = clozes(scan(card.question.text)).numbers if card.kind is CardKind.CLOZE else ()
        return {str(number): str(number) for number in numbers}
    filled = filled_keys(card)
    return {
        face.key.text: face.name
        for face in card.note_type.faces
        if all(key in filled for key in needed(face, *sides(face, card.note_type)))
    }


def _former(items: Iterable[NoteField | Face]) -> dict[str, str]:
    return {item.key.text: item.was.text for item in items if item.was is not None}


def _notice(card: Card) -> str:
    if card.status is not Status.RETIRED:
        return ""
    return f"retired, replaced by {card.replaced_by.text}" if card.replaced_by is not None else "retired"


def _figure(figure: Figure) -> Iterator[str]:
    yield f"id: {figure.id.text}"
    yield f"kind: {figure.kind.text}"
    for name, text in (
        ("alt in the question", figure.front_alt),
        ("alt", figure.alt),
        ("caption", figure.caption),
        ("width", figure.width),
    ):
        if text is not None:
            yield f"{name}: {text.text}"
    for key, value in figure.parameters.entries:
        yield f"{key.text}: {_value(value)}"


def _value(node: Node) -> str:
    if isinstance(node, ListNode):
        return f"[{', '.join(map(_value, node.items))}]"
    if isinstance(node, MapNode):
        return "{" + ", ".join(f"{key.text}: {_value(value)}" for key, value in node.entries) + "}"
    return node.text


def _files(card: Card, figures: str, files: Mapping[str, bytes], digests: dict[str, str]) -> list[str]:
    """Return digests of all media and scripts that a card refers to."""
    written = "\n".join([figures, *(text.text for _, text in card.texts())])
    shown = {part.text for value in card.values if value.field.kind in MEDIA for part in value.parts}
    if not figures and "](" not in written and not shown:
        return []
    used = sorted(name for name in files if name in written or name in shown)
    for name in used:
        if name not in digests:
            digests[name] = hashlib.sha256(files[name]).hexdigest()
    return [digests[name] for name in used]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
