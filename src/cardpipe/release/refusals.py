"""Reasons to refuse a release: harm to learners that cannot be undone, with suggestions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardpipe.model.anki_identity import note_guid
from cardpipe.model.note_types import BUILT_IN
from cardpipe.model.release_lock import version_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cardpipe.model.release_lock import ReleasedItem, ReleasedNoteType, ReleaseLock
    from cardpipe.release.changes import Changes
    from cardpipe.writers.anki.shipment import Shipment


@dataclass(frozen=True, slots=True)
class ReleaseRefusal:
    """A reason to refuse a release, and what to do instead."""

    reason: str
    remedy: str


def refusals(
    lock: ReleaseLock | None,
    shipped: Shipment,
    changes: Changes,
    version: str,
    *,
    allow_removed: Collection[str] = (),
    allow_rename: bool = False,
) -> tuple[ReleaseRefusal, ...]:
    """Yield all reasons to refuse a release; a first release is never refused."""
    if lock is None:
        return ()
    return (
        *_version(lock, version),
        *_identity(lock, shipped),
        *_taken_over(lock, shipped),
        *_ids(lock, shipped, changes, allow_removed),
        *(() if allow_rename else _names(lock, shipped)),
        *_note_types(lock, shipped, allow_removed),
    )


def _version(lock: ReleaseLock, version: str) -> Iterator[ReleaseRefusal]:
    if version_key(version) <= version_key(lock.version):
        yield ReleaseRefusal(
            f"{version} is not newer than {lock.version}, the last release.",
            "Choose a higher number, or omit VERSION to use the next one.",
        )


def _identity(lock: ReleaseLock, shipped: Shipment) -> Iterator[ReleaseRefusal]:
    if lock.uid != shipped.uid:
        yield ReleaseRefusal(
            f"The deck's uid was {lock.uid} and is now {shipped.uid}: learners would get every card twice.",
            f"Restore `uid: {lock.uid}` in source/deck.yaml; if this is a new deck, delete source/release.lock.",
        )
        return
    for card_id, card in shipped.cards.items():
        former = lock.cards.get(card_id)
        if former is None:
            continue
        if former.guid != card.record.guid:
            is_other = lock.kind_of(card.record.guid) is not None
            effect = "it would have the history of another card" if is_other else "learners would get it twice"
            yield ReleaseRefusal(
                f"{card_id}: its GUID was {former.guid} and is now {card.record.guid}: {effect}.",
                _guid_remedy(note_guid(shipped.uid, card_id), former.guid, card.record.guid),
            )
        elif former.kind != card.record.kind:
            yield ReleaseRefusal(
                f"{card_id}: its kind was {former.kind} and is now {card.record.kind}: it gets no further updates.",
                _kind_remedy(former.kind, card.record.kind),
            )


def _kind_remedy(former: str, now: str) -> str:
    restored = f"`kind: {former}`" if former in BUILT_IN else f"`type: {former}` or source/anki/{former}.yaml"
    advice = f"Restore {restored}, or write a new card with a new ID and retire this one."
    if former in BUILT_IN or now in BUILT_IN:
        return advice
    return f"If this is the same note type with another key, write `was: {former}` there. {advice}"


def _guid_remedy(derived: str, former: str, now: str) -> str:
    if now == former or {now, former} == {derived}:
        return "Use the cardpipe version of the last release, and report this as a bug."
    if former == derived:
        return "Remove `guid` from the card; a card can only take over a note of another deck before its first release."
    return f"Restore `guid: {json.dumps(former, ensure_ascii=False)}` in the card."


def _taken_over(lock: ReleaseLock, shipped: Shipment) -> Iterator[ReleaseRefusal]:
    """Refuse new cards that take over the note of a released card of another kind."""
    kinds = {card.guid: (card_id, card.kind) for card_id, card in lock.cards.items()}
    for card_id, card in shipped.cards.items():
        owner, kind = kinds.get(card.record.guid, (card_id, card.record.kind))
        if owner != card_id and card_id not in lock.cards and kind != card.record.kind:
            yield ReleaseRefusal(
                f"{card_id} has the GUID of {owner}, whose kind was {kind}: learners would get no update.",
                f"Write `kind: {kind}`, or remove `guid` from {card_id}.",
            )


def _ids(
    lock: ReleaseLock, shipped: Shipment, changes: Changes, allow_removed: Collection[str]
) -> Iterator[ReleaseRefusal]:
    now = {item.before: item.after for item in changes.renamed}
    for card in changes.removed:
        if card.id in allow_removed:
            continue
        hint = f" It seems to be {now[card.id]} now: restore its old ID." if card.id in now else ""
        yield ReleaseRefusal(
            f"{card.id} “{card.title}” was released and is now missing or a draft: learners keep it, and it "
            "gets no further updates.",
            f"Restore it.{hint} To retire it, write `status: retired`. To remove it: --allow-removed {card.id}; its ID "
            "cannot be reused.",
        )
    for card_id in shipped.cards:
        if card_id in lock.gone:
            yield ReleaseRefusal(
                f"{card_id} was removed in {lock.gone[card_id]} and is reused: learners who kept the old card "
                "would get another one in its place, with the old review history.",
                "Give the card an ID that was never used.",
            )


def _names(lock: ReleaseLock, shipped: Shipment) -> Iterator[ReleaseRefusal]:
    remedy = (
        "Restore the old name, or use --allow-rename: learners' cards stay in the old deck, new ones are added "
        "to the new one, until they rename their deck."
    )
    if lock.name != shipped.name:
        yield ReleaseRefusal(f"The deck was called “{lock.name}” and is now “{shipped.name}”.", remedy)
        return
    for prefix, name in sorted(lock.subdecks.items()):
        now = shipped.subdecks.get(prefix)
        if now is not None and now != name:
            yield ReleaseRefusal(f"The subdeck of {prefix} was called “{name}” and is now “{now}”.", remedy)


def _note_types(lock: ReleaseLock, shipped: Shipment, allow_removed: Collection[str]) -> Iterator[ReleaseRefusal]:
    for kind, now in sorted(shipped.note_types.items()):
        former = lock.note_types.get(kind)
        if former is not None:
            yield from _note_type(kind, former, now)
            yield from _removed_faces(kind, former, now, allow_removed)


def _removed_faces(
    kind: str, former: ReleasedNoteType, now: ReleasedNoteType, allow_removed: Collection[str]
) -> Iterator[ReleaseRefusal]:
    for key in removed_faces(former, now):
        name = f"{kind}/{key}"
        if name not in allow_removed:
            yield ReleaseRefusal(
                f"The face “{key}” of the note type “{kind}” was released and is now missing: learners keep its cards, "
                "which are empty, and lose their history if they delete empty cards.",
                f"Restore it; if it has a new name, write `was: {key}` there. To remove it: --allow-removed {name}",
            )


def removed_faces(former: ReleasedNoteType, now: ReleasedNoteType) -> tuple[str, ...]:
    """Return the keys of the faces that a release removes from a note type."""
    unused = {item.id for item in now.templates if item.key.startswith("-")}
    return tuple(item.key for item in former.templates if item.id in unused and not item.key.startswith("-"))


def _note_type(kind: str, former: ReleasedNoteType, now: ReleasedNoteType) -> Iterator[ReleaseRefusal]:
    if former.id != now.id:
        yield ReleaseRefusal(
            f"The id of the note type “{kind}” was {former.id} and is now {now.id}: cards get no further updates.",
            f"Restore source/anki/{kind}.yaml if it was changed or removed; else use the cardpipe version of the last "
            "release, and report this as a bug.",
        )
        return
    for word, old, new in (("fields", former.fields, now.fields), ("templates", former.templates, now.templates)):
        if [_constant(item) for item in old] != [_constant(item) for item in new]:
            kept = {_constant(item) for item in new}
            lost = [item.name for item in old if _constant(item) not in kept]
            what = f"lost {', '.join(lost)}" if lost else "were reordered or extended"
            added = [item.name for item in new[len(old) :]]
            if any(item.key for item in new) and added and not lost:
                part = "fields" if word == "fields" else "faces"
                yield ReleaseRefusal(
                    f"The note type “{kind}” has no spare place left for {', '.join(added)}: Anki would make a second "
                    "note type and stop updating.",
                    f"Take the {part} back that were added since the last release, or declare another note type.",
                )
                continue
            yield ReleaseRefusal(
                f"The {word} of the note type “{kind}” {what}: Anki would make a second note type and stop updating.",
                "Keep the order and the ids; a new field uses the position and the id of a spare one.",
            )


def _constant(item: ReleasedItem) -> int | str:
    """Return by what Anki recognises a field or template: its id, or without one its name."""
    return item.id or item.name
