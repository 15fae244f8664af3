"""The lock of an imported deck: what learners have already, so that the first release changes only what was edited."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cardpipe.importing.partial_projects import partial_projects
from cardpipe.model.diagnostics import Severity
from cardpipe.model.release_lock import IMPORTED, LOCK_PATH, ReleasedCard, ReleaseLock, dump
from cardpipe.model.trust import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cardpipe.importing.plan import TypeKey
    from cardpipe.model.release_lock import ReleasedNoteType
    from cardpipe.writers.anki.notes import NoteContent
    from cardpipe.writers.anki.shipment import Shipment

_UNKNOWN: Final = "00000000"


@dataclass(frozen=True, slots=True)
class FormerNote:
    """A note that learners have, by which a card is one of a note type that is kept."""

    note_type: TypeKey
    guid: str
    modified: int
    cards: tuple[int, ...]
    """The indices of its cards."""
    deck: str


@dataclass(frozen=True, slots=True)
class KeptType:
    """A note type that learners have and that the deck goes on with."""

    kind: str
    """The kind of its notes in the lock."""
    modified: int
    record: ReleasedNoteType | None = None
    """Its record, if cardpipe made it; of another one, what is shipped now counts as what learners have."""


@dataclass(slots=True)
class Continuity:
    """How the notes of the kept note types go on."""

    updated: Counter[TypeKey] = field(default_factory=Counter)
    """Notes that are shipped in their old note type, by note type."""
    lost: Counter[TypeKey] = field(default_factory=Counter)
    """Those that are not."""
    more_cards: Counter[TypeKey] = field(default_factory=Counter)
    """Those of which Anki makes cards that the source does not have."""
    fewer_cards: Counter[TypeKey] = field(default_factory=Counter)
    """Those that lack cards of the source."""
    moved: dict[str, str] = field(default_factory=dict)
    """Decks of the source whose new cards come into another one."""
    error: str = ""
    """Why the lock does not say of all notes what they would ship."""


def write_lock(
    folder: Path,
    former: Mapping[str, FormerNote],
    kept: Mapping[TypeKey, KeptType],
    report: Callable[[str, int, int], None],
) -> Continuity:
    """Write the lock of a complete project, given the notes of its cards by ID.

    What was in the future cannot have been released; its time becomes the present one.
    """
    now = int(time.time())
    made = {
        card_id: _released(note, kept[note.note_type].kind, min(max(note.modified, 1), now))
        for card_id, note in former.items()
    }
    types = {one.kind: min(max(one.modified, 1), now) for one in kept.values()}
    known = {one.kind: one.record for one in kept.values() if one.record is not None}
    newest = max([*types.values(), *(card.mod for card in made.values())])
    lock = ReleaseLock(uid="", name="", subdecks={}, version=IMPORTED, time=newest, cards=made, note_types=known)
    continuity = Continuity()
    cards: dict[str, ReleasedCard] = {}
    for part in partial_projects(folder):
        found = _shipped(part, lock, report)
        if isinstance(found, str):
            continuity.error = found
            continue
        shipped, contents = found
        for content in contents:
            if content.card_id in former:
                note = former[content.card_id]
                _compare(continuity, note, content, kept[note.note_type].kind)
        cards |= {
            card_id: replace(card.record, mod=made[card_id].mod)
            for card_id, card in shipped.cards.items()
            if card_id in made and card.record.kind == made[card_id].kind
        }
        note_types = {kind: replace(one, mod=types[kind]) for kind, one in shipped.note_types.items() if kind in types}
        lock = replace(
            lock,
            uid=shipped.uid,
            name=shipped.name,
            subdecks=shipped.subdecks,
            note_types={**lock.note_types, **note_types, **known},
            front=shipped.front,
        )
    if continuity.error:
        # These count as changed, since nobody knows what they would ship.
        cards = made | cards
    (folder / LOCK_PATH).write_text(dump(replace(lock, cards=cards)), encoding="utf-8", newline="\n")
    return continuity


def _shipped(
    root: Path, lock: ReleaseLock, report: Callable[[str, int, int], None]
) -> tuple[Shipment, list[NoteContent]] | str:
    """Return what a project would ship after a release, or the error because of which it ships nothing."""
    from cardpipe.build.pipeline import prepare
    from cardpipe.writers.anki.decks import decks_of
    from cardpipe.writers.anki.notes import notes
    from cardpipe.writers.anki.shipment import shipment

    prepared = prepare(root, "anki", report, trust=NOBODY, only_errors=True)
    if prepared.rendered is None:
        errors = (one for one in prepared.checked.diagnostics if one.severity is Severity.ERROR)
        return next((f"{one.span.path}: {one.message}" for one in errors), "unknown")
    deck = replace(prepared.rendered, settings=replace(prepared.rendered.settings, lock=lock))
    return shipment(deck), list(notes(deck, decks_of(deck.settings)))


def _released(note: FormerNote, kind: str, mod: int) -> ReleasedCard:
    """Return a record that says in which note type a note is."""
    return ReleasedCard(guid=note.guid, kind=kind, mod=mod, title="", deck="", tags=(), digest=_UNKNOWN, parts={})


def _compare(continuity: Continuity, note: FormerNote, content: NoteContent, key: str) -> None:
    if content.note_type.kind != key:
        continuity.lost[note.note_type] += 1
        return
    continuity.updated[note.note_type] += 1
    if note.cards:
        now, then = set(content.cards), set(note.cards)
        continuity.more_cards[note.note_type] += bool(now - then)
        continuity.fewer_cards[note.note_type] += bool(then - now)
    if note.deck and note.deck != content.deck:
        continuity.moved[note.deck] = content.deck
