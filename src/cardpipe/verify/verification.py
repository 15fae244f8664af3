"""Verify a package: the steps, the checks after each, and further facts."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cardpipe.verify.anki_collection import check_package, fresh_collection
from cardpipe.verify.learner import OWN_WORDS, LearnerActions, learn
from cardpipe.writers.csv.html_to_text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from cardpipe.verify.anki_collection import AnkiCollection, Check, CollectionCard, CollectionNote, Import

    _Notes = dict[str, CollectionNote]
    """By GUID."""

_PICTURE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PackageProblem:
    """A problem and the notes that it affects."""

    code: str
    message: str
    notes: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class FreshImport:
    """The result of an import into an empty collection."""

    imported: Import
    check: Check
    cards: int
    decks: list[str]
    note_types: list[str]


@dataclass(slots=True, kw_only=True)
class Update:
    """The result of an import over an older package, in a collection with review history."""

    imported: Import
    reviewed: int
    added: list[str]
    landed: list[str]
    not_landed: list[str]
    kept: list[str]
    """Notes with a learner's edit that was kept."""
    overwritten: list[str]
    """Notes with a learner's edit that a newer text replaced, as intended."""
    only_older: list[str]
    """Notes that only the older package has; learners keep them."""
    restored: list[str]
    """Notes that the learner deleted and the import restored."""
    emptied: int
    """The number of cards that became empty."""
    deeds: Mapping[str, int]
    """The number of notes that the learner edited, tagged and so on."""


@dataclass(slots=True, kw_only=True)
class Verification:
    """The result of a verification."""

    fresh: FreshImport
    update: Update | None = None
    problems: list[PackageProblem] = field(default_factory=list)


def verify(package: Path, older: Path | None, progress: Callable[[str, int, int], None]) -> Verification:
    """Import a package into a new collection, and over an older package if given.

    Raises Unreadable if Anki cannot import a file, and UsageError if it cannot be read or the `anki`
    package is not installed.
    """
    steps = 1 if older is None else 4
    for path in (package, older):
        if path is not None:
            check_package(path)
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
    fresh = FreshImport(
        imported=imported, check=check, cards=len(cards), decks=collection.decks(), note_types=collection.note_types()
    )
    found = Verification(fresh=fresh)
    now = time.time()
    _report(found, "no-notes", "The package has no notes.", not notes)
    lost = imported.found - imported.new
    _report(
        found, "notes-refused", f"Anki imported only {imported.new} of {imported.found} notes.", bool(notes) and lost
    )
    _report(found, "not-repeatable", "Importing it a second time changes notes.", repeated)
    future = [note.name for note in notes.values() if note.mod > now + 60]
    _report(found, "future-stamp", "Notes have timestamps in the future: they would overwrite learners' edits.", future)
    _report(found, "missing-media", "Notes refer to missing files.", check.missing_media)
    _report(found, "unused-media", "The package contains unused files.", check.unused_media)
    _report(found, "empty-cards", f"{check.empty_cards} cards are empty.", check.empty_cards)
    _report(found, "integrity", f"Anki had to repair the collection: {check.integrity}", check.integrity)
    return found, notes


def _report(found: Verification, code: str, message: str, evidence: object) -> None:
    """Add a problem if there is evidence for it; lists of names are shown."""
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
        actions = learn(collection, newer, changed, same)
        history = collection.cards()
        mine = collection.notes()
        step(3)
        imported = collection.import_package(package)
        after = collection.notes()
        update = Update(
            imported=imported,
            reviewed=actions.reviewed,
            added=[newer[guid].name for guid in newer if guid not in before],
            landed=[newer[guid].name for guid in changed if guid in after and not _differs(after[guid], newer[guid])],
            not_landed=[],
            kept=[],
            overwritten=[],
            only_older=[note.name for guid, note in before.items() if guid not in newer],
            restored=[after[guid].name for guid in sorted(actions.deleted) if guid in after],
            emptied=0,
            deeds=_counted(actions),
        )
        found.update = update
        _check_texts(found, update, actions, changed, (before, mine, newer, after))
        _check_history(found, actions, history, collection.cards(), after)
        _check_identity(found, imported, before, newer, collection)
        check = collection.check()
        update.emptied = max(0, check.empty_cards - empty_before)
        _report(
            found, "integrity-after-update", f"Anki had to repair the collection: {check.integrity}", check.integrity
        )


def _counted(actions: LearnerActions) -> dict[str, int]:
    names = ("edited_before", "edited_after", "edited_unchanged", "tagged", "flagged", "suspended", "moved", "deleted")
    return {name: len(getattr(actions, name)) for name in names}


def _differs(one: CollectionNote, other: CollectionNote) -> bool:
    """Return whether two notes differ in their fields or tags, including the learner's tags."""
    return (dict(one.fields), one.tags) != (dict(other.fields), other.tags)


def _shown(note: CollectionNote) -> tuple[list[str], tuple[str, ...]]:
    """Return the words of a note and its tags, whatever the form of its HTML and its white space."""
    texts = (plain_text(_PICTURE.sub("", text)) for text in note.fields.values())
    return ["".join(text.split()) for text in texts], note.tags


def _check_texts(
    found: Verification,
    update: Update,
    actions: LearnerActions,
    changed: Iterable[str],
    states: tuple[_Notes, _Notes, _Notes, _Notes],
) -> None:
    """Check that changed texts arrived, and what happened to the learner's edits."""
    before, mine, newer, after = states
    excused = actions.edited_after | actions.deleted | actions.tagged
    for guid in changed:
        if guid in excused or guid not in after or not _differs(after[guid], newer[guid]):
            continue
        if newer[guid].mod == before[guid].mod and _shown(newer[guid]) == _shown(before[guid]):
            # An imported deck: the learner's HTML says the same in another form.
            continue
        reason = "its timestamp is not newer" if newer[guid].mod <= before[guid].mod else "its note type differs"
        update.not_landed.append(f"{newer[guid].name} ({reason})")
    _report(found, "not-landed", "Changes do not reach learners with the older package.", update.not_landed)
    own = actions.edited_before | actions.edited_after | actions.edited_unchanged
    for guid in sorted(own):
        stands = OWN_WORDS in after[guid].fields.values()
        (update.kept if stands else update.overwritten).append(after[guid].name)
    lost = [
        after[guid].name
        for guid in sorted(actions.edited_unchanged | actions.tagged - set(changed))
        if guid in mine and _differs(after[guid], mine[guid])
    ]
    _report(found, "edit-lost", "Learners' edits are lost on notes that did not change.", lost)
    gone = [mine[guid].name for guid in sorted(mine) if guid not in after]
    _report(found, "note-lost", "Notes of the learner are missing.", gone)


def _check_history(
    found: Verification,
    actions: LearnerActions,
    before: Mapping[tuple[str, int], CollectionCard],
    after: Mapping[tuple[str, int], CollectionCard],
    notes: Mapping[str, CollectionNote],
) -> None:
    lost = sorted({guid for (guid, number), card in before.items() if after.get((guid, number)) != card})
    names = [notes[guid].name if guid in notes else guid for guid in lost if guid not in actions.deleted]
    _report(found, "history-lost", "Due dates, intervals, reviews, flags or decks of learners' cards changed.", names)


def _check_identity(
    found: Verification,
    imported: Import,
    before: Mapping[str, CollectionNote],
    newer: Mapping[str, CollectionNote],
    collection: AnkiCollection,
) -> None:
    message = f"{imported.conflicting} notes have a different note type than before; they get no further updates."
    _report(found, "conflicting", message, imported.conflicting)
    former = {note.note_type for note in before.values()}
    doubled = [name for name in collection.note_types() if name.endswith("+") and name not in former]
    _report(found, "note-type-doubled", "Anki created a second note type in addition to the learner's.", doubled)
    had = {note.name for guid, note in before.items() if guid not in newer}
    twins = sorted(note.name for guid, note in newer.items() if guid not in before and note.name in had)
    _report(found, "came-twice", "Notes have a different GUID: learners get them twice, once without history.", twins)
