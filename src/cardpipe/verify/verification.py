"""Verifying a package: the steps, what must hold after each, and what is worth knowing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cardpipe.verify.anki_collection import fresh_collection, refuse_what_is_no_package
from cardpipe.verify.learner import OWN_WORDS, Deeds, learn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from cardpipe.verify.anki_collection import AnkiCollection, Check, CollectionCard, CollectionNote, Import

    _Notes = dict[str, CollectionNote]
    """By GUID."""


@dataclass(frozen=True, slots=True)
class PackageProblem:
    """Something that must not be, and the notes that it is about."""

    code: str
    message: str
    notes: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Fresh:
    """A package in an empty collection."""

    imported: Import
    check: Check
    cards: int
    decks: list[str]
    note_types: list[str]


@dataclass(slots=True, kw_only=True)
class Update:
    """A package over an older one, in the collection of somebody who has learnt with it."""

    imported: Import
    reviewed: int
    added: list[str]
    landed: list[str]
    not_landed: list[str]
    kept: list[str]
    """Edits of the learner's own that stand."""
    overwritten: list[str]
    """Edits of the learner's own that a newer text replaced, as it should."""
    only_older: list[str]
    """Notes that only the older package has; they stay with the learner."""
    restored: list[str]
    """Notes that the learner deleted and that come back."""
    emptied: int
    """Cards that have become empty."""
    deeds: Mapping[str, int]
    """How many notes the learner had edited, tagged and so on."""


@dataclass(slots=True, kw_only=True)
class Verification:
    """All that was found."""

    fresh: Fresh
    update: Update | None = None
    problems: list[PackageProblem] = field(default_factory=list)


def verify(package: Path, older: Path | None, progress: Callable[[str, int, int], None]) -> Verification:
    """Import a package fresh, and over an older one if there is one.

    Raises Unreadable where a file is no package that Anki takes, and UsageError where it cannot be read or the `anki`
    package is not installed.
    """
    steps = 1 if older is None else 4
    for path in (package, older):
        if path is not None:
            refuse_what_is_no_package(path)
    progress("verify", 0, steps)
    with fresh_collection() as collection:
        found, newer = _fresh(collection, package)
    if older is not None:
        progress("verify", 1, steps)
        _update(found, newer, package, older, lambda done: progress("verify", done, steps))
    progress("verify", steps, steps)
    return found


def _fresh(collection: AnkiCollection, package: Path) -> tuple[Verification, dict[str, CollectionNote]]:
    imported = collection.import_package(package)
    notes = collection.notes()
    cards = collection.cards()
    again = collection.import_package(package)
    repeated = again.new or again.updated or again.conflicting or collection.notes() != notes
    check = collection.check()
    fresh = Fresh(
        imported=imported, check=check, cards=len(cards), decks=collection.decks(), note_types=collection.note_types()
    )
    found = Verification(fresh=fresh)
    now = time.time()
    _tell(found, "no-notes", "There is not a single note in it.", not notes)
    lost = imported.found - imported.new
    _tell(found, "notes-refused", f"Anki took only {imported.new} of {imported.found} notes.", bool(notes) and lost)
    _tell(found, "not-repeatable", "Importing it a second time changes notes.", repeated)
    future = [note.name for note in notes.values() if note.mod > now + 60]
    _tell(found, "future-stamp", "Notes are stamped in the future: they would beat what learners edit.", future)
    _tell(found, "missing-media", "Files are shown that it does not have.", check.missing_media)
    _tell(found, "unused-media", "Files are in it that no card shows.", check.unused_media)
    _tell(found, "empty-cards", f"{check.empty_cards} cards are empty.", check.empty_cards)
    _tell(found, "integrity", f"Anki had to repair the collection: {check.integrity}", check.integrity)
    return found, notes


def _tell(found: Verification, code: str, message: str, evidence: object) -> None:
    """Note a problem where there is evidence of it; a list of names is shown with it."""
    if evidence:
        names = tuple(evidence) if isinstance(evidence, list | tuple) else ()
        found.problems.append(PackageProblem(code, message, names))


def _update(
    found: Verification, newer: dict[str, CollectionNote], package: Path, older: Path, step: Callable[[int], None]
) -> None:
    with fresh_collection() as collection:
        collection.import_package(older)
        before = collection.notes()
        both = sorted(before.keys() & newer.keys())
        changed = [guid for guid in both if _differs(before[guid], newer[guid])]
        same = [guid for guid in both if guid not in set(changed)]
        empty_before = collection.check().empty_cards
        step(2)
        deeds = learn(collection, newer, changed, same)
        history = collection.cards()
        mine = collection.notes()
        step(3)
        imported = collection.import_package(package)
        after = collection.notes()
        update = Update(
            imported=imported,
            reviewed=deeds.reviewed,
            added=[newer[guid].name for guid in newer if guid not in before],
            landed=[newer[guid].name for guid in changed if guid in after and not _differs(after[guid], newer[guid])],
            not_landed=[],
            kept=[],
            overwritten=[],
            only_older=[note.name for guid, note in before.items() if guid not in newer],
            restored=[after[guid].name for guid in sorted(deeds.deleted) if guid in after],
            emptied=0,
            deeds=_counted(deeds),
        )
        found.update = update
        _check_texts(found, update, deeds, changed, (before, mine, newer, after))
        _check_history(found, deeds, history, collection.cards(), after)
        _check_identity(found, imported, before, newer, collection)
        check = collection.check()
        update.emptied = max(0, check.empty_cards - empty_before)
        _tell(found, "integrity-after-update", f"Anki had to repair the collection: {check.integrity}", check.integrity)


def _counted(deeds: Deeds) -> dict[str, int]:
    names = ("edited_before", "edited_after", "edited_unchanged", "tagged", "flagged", "suspended", "moved", "deleted")
    return {name: len(getattr(deeds, name)) for name in names}


def _differs(one: CollectionNote, other: CollectionNote) -> bool:
    """Whether two notes show different things; a tag of the learner's own counts."""
    return (dict(one.fields), one.tags) != (dict(other.fields), other.tags)


def _check_texts(
    found: Verification,
    update: Update,
    deeds: Deeds,
    changed: Iterable[str],
    states: tuple[_Notes, _Notes, _Notes, _Notes],
) -> None:
    """Whether changed texts arrived, and what became of the learner's own words."""
    before, mine, newer, after = states
    excused = deeds.edited_after | deeds.deleted | deeds.tagged
    for guid in changed:
        if guid in excused or guid not in after or not _differs(after[guid], newer[guid]):
            continue
        reason = "its stamp is not newer" if newer[guid].mod <= before[guid].mod else "its note type is another one"
        update.not_landed.append(f"{newer[guid].name} ({reason})")
    _tell(found, "not-landed", "What changed does not reach those who have the older package.", update.not_landed)
    own = deeds.edited_before | deeds.edited_after | deeds.edited_unchanged
    for guid in sorted(own):
        stands = OWN_WORDS in after[guid].fields.values()
        (update.kept if stands else update.overwritten).append(after[guid].name)
    lost = [
        after[guid].name
        for guid in sorted(deeds.edited_unchanged | deeds.tagged - set(changed))
        if guid in mine and _differs(after[guid], mine[guid])
    ]
    _tell(found, "edit-lost", "Learners' own edits are lost on notes that did not change.", lost)
    gone = [mine[guid].name for guid in sorted(mine) if guid not in after]
    _tell(found, "note-lost", "Notes that the learner had are gone.", gone)


def _check_history(
    found: Verification,
    deeds: Deeds,
    before: Mapping[tuple[str, int], CollectionCard],
    after: Mapping[tuple[str, int], CollectionCard],
    notes: Mapping[str, CollectionNote],
) -> None:
    lost = sorted({guid for (guid, number), card in before.items() if after.get((guid, number)) != card})
    names = [notes[guid].name if guid in notes else guid for guid in lost if guid not in deeds.deleted]
    _tell(found, "history-lost", "Due dates, intervals, reviews, flags or decks of learners' cards changed.", names)


def _check_identity(
    found: Verification,
    imported: Import,
    before: Mapping[str, CollectionNote],
    newer: Mapping[str, CollectionNote],
    collection: AnkiCollection,
) -> None:
    message = f"{imported.conflicting} notes have another note type than before; they never update again."
    _tell(found, "conflicting", message, imported.conflicting)
    doubled = [name for name in collection.note_types() if name.endswith("+")]
    _tell(found, "note-type-doubled", "Anki made a second note type beside the learner's.", doubled)
    had = {note.name for guid, note in before.items() if guid not in newer}
    twins = sorted(note.name for guid, note in newer.items() if guid not in before and note.name in had)
    _tell(found, "came-twice", "Notes come with another GUID: learners have them twice, once without history.", twins)
