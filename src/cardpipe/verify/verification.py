"""Verify a package: the steps, and the problems after each."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cardpipe.verify.anki_collection import ImportOptions, fresh_collection, rejecting
from cardpipe.verify.learner import LearnerActions, learn
from cardpipe.verify.outcome import Comparison, Update, has_content
from cardpipe.verify.package_check import check_package, is_collection, refusal
from cardpipe.verify.remedies import Remedy, remedy_sentence, tried_remedies

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cardpipe.verify.anki_collection import AnkiCollection, Check, CollectionState, Import

_NEW_GUIDS: Final = "Give the cards the GUIDs of the older notes, with the field `guid`."
_OLD_GUIDS: Final = "Give each card the GUID that it had, with the field `guid`."
_NEW_TIMES: Final = "Give changed notes a newer time: `cardpipe release` does, before the export."
_SAME_TYPE: Final = "Keep the id, fields and templates of the note type."
_UNTRIED: Final = "Test with --learner whether “Merge note types” helps."


@dataclass(frozen=True, slots=True)
class PackageProblem:
    """A problem, the notes that it affects, and what helps."""

    code: str
    message: str
    notes: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(slots=True, kw_only=True)
class FreshImport:
    """The result of an import into an empty collection."""

    imported: Import
    check: Check
    cards: int
    decks: list[str]
    note_types: list[str]


@dataclass(slots=True, kw_only=True)
class Verification:
    """The result of a verification."""

    fresh: FreshImport
    update: Update | None = None
    remedies: list[Remedy] = field(default_factory=list)
    problems: list[PackageProblem] = field(default_factory=list)

    def report(self, code: str, message: str, evidence: object, remedy: str = "") -> None:
        """Add a problem if there is evidence for it; lists of names are shown."""
        if evidence:
            names = tuple(evidence) if isinstance(evidence, list | tuple) else ()
            self.problems.append(PackageProblem(code, message, names, remedy))


def verify(
    package: Path, older: Path | None, progress: Callable[[str, int, int], None], *, learner: bool = False
) -> Verification:
    """Import a package into a new collection, and over an older package if given.

    With `learner`, or a `.colpkg` as the older file, its own review history is used if it has any, and import options
    that could help are tried. Raises UsageError if Anki cannot import a file, it cannot be read, or the `anki` package
    is not installed.
    """
    if is_collection(package):
        raise refusal(package, "a .colpkg replaces the whole collection of those who import it")
    steps = 1 if older is None else 4
    for path in (package, older):
        if path is not None:
            check_package(path)
    progress("verify", 0, steps)
    with fresh_collection() as collection:
        found, newer = _fresh(collection, package)
    if older is not None:
        progress("verify", 1, steps)
        _update(found, newer, (package, older), lambda done: progress("verify", done, steps), learner=learner)
    progress("verify", steps, steps)
    return found


def _fresh(collection: AnkiCollection, package: Path) -> tuple[Verification, CollectionState]:
    imported = collection.import_package(package)
    state = collection.state()
    notes = state.notes
    again = collection.import_package(package)
    repeated = again.new or again.updated or again.conflicting or not _same_notes(collection, state)
    check = collection.check()
    fresh = FreshImport(
        imported=imported,
        check=check,
        cards=len(state.cards),
        decks=collection.decks(),
        note_types=collection.used_note_types(),
    )
    found = Verification(fresh=fresh)
    now = time.time()
    found.report("no-notes", "The package has no notes.", not notes)
    lost = imported.found - imported.new
    found.report("notes-refused", f"Anki imported only {imported.new} of {imported.found} notes.", bool(notes) and lost)
    found.report("not-repeatable", "Importing it a second time changes notes.", repeated)
    future = [note.name for note in notes.values() if note.mod > now + 60]
    found.report("future-stamp", "Notes have timestamps in the future: they would overwrite learners' edits.", future)
    found.report("missing-media", "Notes refer to missing files.", check.missing_media)
    found.report("unused-media", "The package contains unused files.", check.unused_media)
    empty = sorted({state.cards[key].guid for key in state.empty})
    found.report("empty-cards", "Notes have empty cards.", [notes[guid].name for guid in empty])
    found.report("integrity", f"Anki had to repair the collection: {check.integrity}", check.integrity)
    return found, state


def _same_notes(collection: AnkiCollection, state: CollectionState) -> bool:
    notes = collection.notes()
    return notes.keys() == state.notes.keys() and all(
        (note.mod, note.values, note.tags) == (notes[guid].mod, notes[guid].values, notes[guid].tags)
        for guid, note in state.notes.items()
    )


def _update(
    found: Verification,
    newer: CollectionState,
    files: tuple[Path, Path],
    step: Callable[[int], None],
    *,
    learner: bool,
) -> None:
    package, older = files
    whole = is_collection(older)
    with fresh_collection() as collection:
        if whole:
            collection.replace_with(older)
        else:
            collection.import_package(older, ImportOptions(with_history=learner))
        with rejecting(older):
            known = collection.repair()
            before = collection.state()
        step(2)
        actions = LearnerActions()
        mine = before
        is_own = (learner or whole) and collection.has_history()
        if not is_own:
            both = sorted(before.notes.keys() & newer.notes.keys())
            changed = [guid for guid in both if not has_content(before.notes[guid], newer.notes[guid])]
            same = sorted(set(both).difference(changed))
            actions = learn(collection, newer.notes, changed, same)
            mine = collection.state()
        comparison = Comparison(newer=newer, before=before, mine=mine, actions=actions, is_collection=whole)
        step(3)
        collection.close()
        with fresh_collection(collection.path) as updated:
            imported = updated.import_package(package)
            update = comparison.outcome(imported, updated.conflicting, updated.state())
            update.history = "own" if is_own else "simulated"
            found.update = update
            integrity = updated.check().integrity
        if learner and (update.conflicting or update.not_landed):
            found.remedies = tried_remedies(collection.path, package, comparison, update)
        collection.open()
    shared = before.notes.keys() & newer.notes.keys()
    message = "The older file has none of the package's notes, so nothing was tested."
    found.report("no-common-notes", message, not shared and not update.duplicated)
    _report(found, update, learner=learner)
    message = f"Anki had to repair the collection: {integrity}"
    found.report("integrity-after-update", message, integrity != known and integrity)


def _report(found: Verification, update: Update, *, learner: bool) -> None:
    tried = remedy_sentence(found.remedies)
    message = "Changes do not reach learners with the older package."
    found.report("not-landed", message, update.not_landed, f"{_NEW_TIMES} {tried}".strip())
    found.report(
        "conflicting",
        "Notes have a different note type than before; they get no further updates.",
        update.conflicting,
        f"{_SAME_TYPE} {tried if learner else _UNTRIED}",
    )
    found.report(
        "note-type-doubled",
        "Anki created a second note type in addition to the learner's.",
        # Without a conflict, the second one has only new notes.
        update.conflicting and update.note_types_doubled,
    )
    found.report(
        "came-twice",
        "Notes have a different GUID: learners get them twice, once without history.",
        update.duplicated,
        _NEW_GUIDS,
    )
    found.report(
        "history-exchanged",
        "Notes have the text that another note had: their history is about another card.",
        update.exchanged,
        _OLD_GUIDS,
    )
    found.report("edit-lost", "Learners' edits are lost on notes that did not change.", update.edits_lost)
    found.report("note-lost", "Notes of the learner are missing.", update.notes_lost)
    found.report("card-lost", "Cards of the learner are missing.", update.cards_lost)
    found.report(
        "history-lost",
        "Due dates, intervals, memory states, reviews, flags or decks of learners' cards changed.",
        update.cards_changed,
    )
    found.report(
        "question-changed",
        "Cards ask for other fields than before: their history is about another question.",
        update.questions_changed,
        "Keep the order and the questions of the templates.",
    )
    found.report("cards-without-note", "Cards have no note any more.", update.orphans)
