"""Digests of a package's content, to detect changes for releases and the timestamps of notes."""

from __future__ import annotations

import hashlib
import html
import json
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from cardpipe.model.anki_identity import FIRST_RELEASE, Stamps
from cardpipe.model.deck import CardKind, EditionPart
from cardpipe.model.note_types import BUILT_IN
from cardpipe.model.release_lock import ReleasedCard, ReleasedItem, ReleasedNoteType
from cardpipe.writers.anki.adopted import AdoptedNoteType
from cardpipe.writers.anki.decks import decks_of
from cardpipe.writers.anki.notes import RETIRED_TAG, notes
from cardpipe.writers.anki.own_types import OwnNoteType
from cardpipe.writers.anki.shape import NoteTypeShapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from cardpipe.model.deck import Edition
    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.writers.anki.note_type import NoteType
    from cardpipe.writers.anki.notes import NoteContent
    from cardpipe.writers.anki.shape import NoteTypeShape
    from cardpipe.writers.api import RenderedDeck

MARK_PREFIX = "changed::"
"""The prefix of the tag that a release adds to changed cards; the version follows."""
_FOOT = frozenset({EditionPart.FIGURES.value, EditionPart.REFERENCES.value, EditionPart.RELATED.value})
"""The parts that an edition can leave out of notes of all types."""

_PART_NAMES = {"id": "ID", "question": "Question"}
"""Parts that a record names as the built-in note types do."""
_DELETION = re.compile(r"\{\{c([0-9]{1,9})::")
_SOURCE = re.compile(r'(<img\b[^<>]{0,4000}?\bsrc=")([^"]{1,400})(")')
"""A picture, whose attributes contain no `<`, so that matching takes linear time on untrusted packages."""
_PART_DIGITS = 12
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class ShippedCard:
    """A note in a package: its record without a timestamp, and the HTML of its parts."""

    record: ReleasedCard
    """With `mod` 0, which the release sets."""
    texts: Mapping[str, str]
    """The HTML of non-empty parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """The content of a package that a release compares."""

    uid: str
    name: str
    subdecks: Mapping[str, str]
    cards: Mapping[str, ShippedCard]
    """By card ID, in source order."""
    note_types: Mapping[str, ReleasedNoteType]
    """By card kind, with `mod` 0."""
    own: frozenset[str] = frozenset()
    """The kinds whose parts are the fields of a note type of the deck."""
    front: tuple[str, ...] | None = None
    """What cards show above their questions; None if the deck does not choose."""


def shipment(deck: RenderedDeck) -> Shipment:
    """Return the content of a deck's package, without change marks."""
    decks = decks_of(deck.settings)
    contents = tuple(notes(deck, decks))
    titles = {card.id: card.label.characters for card in deck.cards}
    media = {name: asset.digest for name, asset in deck.assets.items()}
    kinds = {content.note_type.kind: content.note_type for content in contents}
    shapes = NoteTypeShapes(deck)
    return Shipment(
        uid=deck.settings.uid.text,
        name=decks.parent,
        subdecks=decks.by_prefix,
        cards={content.card_id: _card(content, titles[content.card_id], media) for content in contents},
        note_types={kind: _note_type(shapes.of(note_type)) for kind, note_type in kinds.items()},
        own=frozenset(kind for kind, note_type in kinds.items() if _is_own(note_type)),
        front=deck.settings.front_names,
    )


def _is_own(note_type: NoteType) -> bool:
    if isinstance(note_type, AdoptedNoteType):
        return note_type.source.kind.text not in BUILT_IN
    return isinstance(note_type, OwnNoteType)


def stamps(lock: ReleaseLock | None, shipped: Shipment, edition: Edition | None = None) -> Stamps:
    """Return the lock's timestamp for everything unchanged since the release, and a newer one for the rest.

    A note of an edition that leaves parts out is stamped one second before the whole one: it is as new as its release,
    and whoever changes to the whole deck gets the whole card. (Releases lie at least two seconds apart.)
    """
    reduced = edition is not None and edition.is_reduced
    same = (
        partial(_has_same, left_out=_left_out(edition), own=shipped.own) if edition is not None and reduced else is_same
    )
    earlier = 1 if reduced else 0
    if lock is None:
        return Stamps(default=FIRST_RELEASE - earlier)
    return Stamps(
        default=lock.newest + 1 - earlier,
        notes={
            card_id: former.mod - earlier
            for card_id, card in shipped.cards.items()
            if (former := lock.cards.get(card_id)) is not None and same(former, card.record)
        },
        note_types={
            kind: known.mod
            for kind, note_type in shipped.note_types.items()
            if (known := lock.note_types.get(kind)) is not None and known.digest == note_type.digest
        },
    )


def is_same(former: ReleasedCard, now: ReleasedCard) -> bool:
    """Return whether a note is unchanged for learners; its deck does not matter, since learners can move cards."""
    return (former.guid, former.kind, former.digest) == (now.guid, now.kind, now.digest)


def _left_out(edition: Edition) -> frozenset[str]:
    """Return the parts of a note that a reduced edition does not have, or has with other content."""
    left_out = {part.value for part in EditionPart if part not in edition.parts}
    if edition.link is not None:
        left_out.add("references")
    return frozenset(left_out)


def _has_same(former: ReleasedCard, now: ReleasedCard, left_out: Set[str], own: Set[str]) -> bool:
    if now.kind in own:
        # Fields of a deck's own note type are whole in all editions, whatever they are called.
        left_out &= _FOOT
    parts = (former.parts.keys() | now.parts.keys()) - left_out
    # The lock has the pictures of the whole card only, so those of a part cannot be compared.
    compared = parts | {"figures"} if "figures" in now.parts else parts - {"figures"}
    return (former.guid, former.kind) == (now.guid, now.kind) and all(
        former.parts.get(part) == now.parts.get(part) for part in compared
    )


def marked(content: NoteContent, lock: ReleaseLock | None) -> NoteContent:
    """Return a note with the tag of the last release, if it was marked."""
    former = lock.cards.get(content.card_id) if lock is not None else None
    if former is None or not former.mark:
        return content
    return replace(content, tags=tuple(sorted({*content.tags, f"{MARK_PREFIX}{former.mark}"})))


def card_record(
    fields: Mapping[str, str],
    tags: Sequence[str],
    media: Mapping[str, str],
    *,
    guid: str,
    kind: str,
    title: str,
    deck: str,
    faces: tuple[int, ...] = (),
    places: Mapping[str, str] | None = None,
) -> ShippedCard:
    """Return a note's record from the HTML of its fields by name, and the digests of its files.

    `faces` are the numbers of the cards that a note of a deck's own type makes, and `places` what identifies its fields
    permanently, by name: another name alone does not make a note newer, which would replace what learners edited.
    """
    digests: dict[str, str] = {}
    pictures: list[str] = []
    texts = {name.lower(): text for name, text in fields.items() if name != "ID" and text}
    for part, text in texts.items():
        neutral, shown = _without_names(text)
        # That a picture stands in a text is the text's; what it looks like is told as a change of the figures.
        digests[part] = _digest(neutral)[:_PART_DIGITS]
        pictures += [media.get(name, "") for name in shown]
    if pictures:
        digests["figures"] = _digest(digests.get("figures", ""), *pictures)[:_PART_DIGITS]
    if tags:
        digests["tags"] = _digest(*tags)[:_PART_DIGITS]
    placed = fields if places is None else {places[name]: text for name, text in fields.items()}
    whole = _digest(json.dumps([placed, list(tags), pictures], sort_keys=True, ensure_ascii=True))[:_DIGITS]
    record = ReleasedCard(
        guid=guid,
        kind=kind,
        mod=0,
        title=title,
        deck=deck,
        tags=tuple(tags),
        digest=whole,
        parts=digests,
        clozes=faces or (_numbers(fields.get("Question", "")) if kind == CardKind.CLOZE.value else ()),
        retired=RETIRED_TAG in tags,
    )
    return ShippedCard(record, texts)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(number) for number in _DELETION.findall(text)}))


def _without_names(text: str) -> tuple[str, list[str]]:
    """Return the text with numbers instead of picture names, and the names."""
    names: list[str] = []

    def numbered(picture: re.Match[str]) -> str:
        names.append(html.unescape(picture[2]))
        return f"{picture[1]}{len(names)}{picture[3]}"

    return _SOURCE.sub(numbered, text), names


def _card(content: NoteContent, title: str, media: Mapping[str, str]) -> ShippedCard:
    kind = content.note_type
    named = list(zip(kind.filled, content.fields, strict=True))
    places = None
    fields: dict[str, str]
    faces: tuple[int, ...] = ()
    if content.parts is not None:
        fields = {_PART_NAMES.get(name, name): text for name, text in content.parts.items()}
        several = kind.is_cloze or (isinstance(kind, AdoptedNoteType) and len(kind.templates) > 1)
        faces = tuple(number + 1 for number in content.cards) if several else ()
    elif isinstance(kind, OwnNoteType):
        # Without empty ones: a new field alone does not make a note newer.
        fields = {kind.key_of(field.name): text for field, text in named if text}
        ids = {place.name: str(place.id) for place in kind.places}
        places = {kind.key_of(field.name): ids[field.name] for field, _ in named}
        faces = tuple(number + 1 for number in content.cards)
    else:
        fields = {field.name: text for field, text in named}
    return card_record(
        fields,
        content.tags,
        media,
        guid=content.guid,
        kind=kind.kind,
        title=_one_line(title),
        deck=content.deck,
        faces=faces,
        places=places,
    )


def _one_line(title: str) -> str:
    return "".join(character if character.isprintable() else " " for character in title)[:300]


def _note_type(shape: NoteTypeShape) -> ReleasedNoteType:
    note_type = shape.note_type
    if isinstance(note_type, OwnNoteType):
        fields, named = (tuple(place.released for place in places) for places in (note_type.places, note_type.faces))
    elif isinstance(note_type, AdoptedNoteType):
        source = note_type.source
        fields, named = (
            tuple(ReleasedItem(one.id or 0, one.name.text) for one in items)
            for items in (source.fields, source.templates)
        )
    else:
        fields = tuple(
            ReleasedItem(note_type.field_id(number) or 0, field.name) for number, field in enumerate(note_type.fields)
        )
        pairs = zip(shape.template_ids, shape.templates, strict=True)
        named = tuple(ReleasedItem(template_id or 0, template.name) for template_id, template in pairs)
    return ReleasedNoteType(
        id=note_type.id,
        name=note_type.name,
        mod=0,
        digest=note_type_digest(
            fields, named, [side for made in shape.templates for side in (made.front, made.back)], shape.style
        ),
        fields=fields,
        templates=named,
    )


def note_type_digest(
    fields: Sequence[ReleasedItem], templates: Sequence[ReleasedItem], sides: Sequence[str], css: str
) -> str:
    """Return the digest of a note type; `sides` are the front and back of each template."""
    items = (f"{item.id} {item.name}" for item in (*fields, *templates))
    return _digest(*items, *sides, css)[:_DIGITS]


def _digest(*texts: str) -> str:
    joined = "".join(f"{len(text)}:{text}" for text in texts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()
