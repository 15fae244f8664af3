"""Compare a learner's collection before and after an import, note by note and card by card."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from cardpipe.verify.learner import OWN_WORDS
from cardpipe.writers.csv.html_to_text import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cardpipe.verify.anki_collection import CollectionCard, CollectionNote, CollectionState, Import
    from cardpipe.verify.learner import LearnerActions

_MEDIA: Final = re.compile(r"""(?<=src=")[^"<>]*|(?<=src=')[^'<>]*|(?<=\[sound:)[^\]\[]*""")
_UNREAD: Final = re.compile(
    r"<(style|script)\b.*?(?:</\1\b[^<>]*>|\Z)|<img\b[^<>]*>|</?(?:a|anki-mathjax)\b[^<>]*>"
    r"|<span class=\"sound\"[^<>]*>|<su[bp]>(?:\s|&nbsp;|<br\s?/?>)*</su[bp]>",
    re.IGNORECASE | re.DOTALL,
)
"""What shows no words: styles, scripts, pictures, empty superscripts; elements around words, sounds and formulas."""
_DELIMITERS: Final = re.compile(r"\[/?(?:\$\$?|latex)\]|\\[()\[\]]|\${2}", re.IGNORECASE)
"""Of formulas in each notation of Anki and in the dollars of `plain_text`."""
_UNSEEN: Final = re.compile(r"[|\x00-\x1f\x7f]")
"""Between the cells of tables in `plain_text`, and control characters."""
_EMPTY: Final = "–"
"""What an imported card has in place of an empty text."""
_OF_LEARNERS: Final = frozenset({"leech", "marked"})
"""Tags that Anki gives to a learner's notes; an import leaves them out."""
_SHORTEST: Final = 4
"""Characters of a text other than the first that can show that two notes are the same."""
_SIMILAR: Final = 0.6
"""The least ratio of `difflib` between first fields of one note with two GUIDs."""
_COMPARED: Final = 100
"""Characters of first fields that are compared."""


@dataclass(slots=True, kw_only=True)
class Update:
    """The result of an import over an older package: each note of the package is in exactly one of the first lists."""

    imported: Import
    landed: list[str] = field(default_factory=list)
    """Changed notes that have the new text."""
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Notes with a learner's edit that was kept."""
    not_landed: list[str] = field(default_factory=list)
    as_imported: list[str] = field(default_factory=list)
    """Notes that nobody has edited since an import left something out of them; learners keep their text."""
    conflicting: list[str] = field(default_factory=list)
    """Notes that Anki does not update because their note type differs."""
    added: list[str] = field(default_factory=list)
    """New notes, except for restored ones."""
    restored: list[str] = field(default_factory=list)
    """Notes that the learner deleted and the import restored."""
    duplicated: list[str] = field(default_factory=list)
    """New notes that the collection already has with another GUID."""
    exchanged: list[str] = field(default_factory=list)
    """Notes with the text that another note had, so that their history is about another one."""
    overwritten: list[str] = field(default_factory=list)
    """Notes with a learner's edit that a newer text replaced, as intended."""
    edits_lost: list[str] = field(default_factory=list)
    """Notes with a learner's edit that was replaced although the package does not change them."""
    only_older: list[str] = field(default_factory=list)
    """Notes that only the older package has; learners keep them."""
    notes_lost: list[str] = field(default_factory=list)
    cards: int = 0
    """The learner's cards before the import."""
    cards_changed: list[str] = field(default_factory=list)
    """Notes with a card whose progress, deck or review log changed."""
    questions_changed: list[str] = field(default_factory=list)
    """Notes with a card that asks for other fields than before, so that its progress is about something else."""
    cards_lost: list[str] = field(default_factory=list)
    """Notes with a card that is missing."""
    cards_added: list[str] = field(default_factory=list)
    """Notes that the learner already had, with new cards."""
    emptied: list[str] = field(default_factory=list)
    """Notes with a card that became empty."""
    moved: list[str] = field(default_factory=list)
    """Notes with a card that stays in its deck although the package has it in another one."""
    orphans: int = 0
    """The number of cards that lost their note."""
    note_types_doubled: list[str] = field(default_factory=list)
    reviewed: int = 0
    """The number of cards with a review log."""
    history: str = ""
    """Where it comes from: `own` for the older file's, `simulated`."""
    deeds: Mapping[str, int] = field(default_factory=dict)
    """The number of notes that the learner edited, tagged and so on."""

    @property
    def is_sound(self) -> bool:
        """Whether all changes arrived and all progress is kept."""
        return not (self.conflicting or self.not_landed or self.has_lost)

    @property
    def has_lost(self) -> bool:
        """Whether something of the learner is lost, apart from edits."""
        return bool(self.lost or self.orphans)

    @property
    def lost(self) -> list[str]:
        """Notes that lost progress, cards or themselves."""
        return [*self.exchanged, *self.notes_lost, *self.cards_lost, *self.cards_changed, *self.questions_changed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What outcomes are compared with."""

    newer: CollectionState
    """The newer package in an empty collection."""
    before: CollectionState
    """The older package in an empty collection, or the learner's collection."""
    mine: CollectionState
    """The same after the learner's simulated actions."""
    actions: LearnerActions
    is_collection: bool
    """Whether the older file is a learner's whole collection, so that a newer note in it is an edit."""

    def outcome(self, imported: Import, conflicting: Iterable[int], after: CollectionState) -> Update:
        """Return the result of an import; `conflicting` are ids of notes of the package."""
        update = Update(imported=imported, deeds=self.actions.counts())
        guids = {note.id: guid for guid, note in self.newer.notes.items()}
        in_conflict = {guids[number] for number in conflicting if number in guids}
        for guid in self.newer.notes:
            self._classify(update, guid, after, guid in in_conflict)
        self._find_twins(update)
        update.exchanged = _names(self.newer, self._exchanged())
        self._compare_edits(update, after)
        update.notes_lost = _names(self.mine, (guid for guid in self.mine.notes if guid not in after.notes))
        related = self._related()
        update.only_older = _names(
            self.before, (guid for guid in self.before.notes if guid not in self.newer.notes and guid in related)
        )
        self._compare_cards(update, after)
        update.note_types_doubled = self._doubled(after)
        return update

    # --- Notes -------------------------------------------------------------------------------------------------------

    def _classify(self, update: Update, guid: str, after: CollectionState, is_conflicting: bool) -> None:
        new, had, now = self.newer.notes[guid], self.mine.notes.get(guid), after.notes.get(guid)
        if had is None:
            (update.restored if guid in self.before.notes else update.added).append(new.name)
        elif now is None:
            return
        elif is_conflicting:
            update.conflicting.append(new.name)
        elif has_content(now, new):
            (update.unchanged if has_content(had, new) else update.landed).append(new.name)
        elif _is_untouched(now, had) and (self._is_edit(guid) or (self.is_collection and had.mod > new.mod)):
            update.kept.append(now.name)
        elif new.mod == self.before.notes[guid].mod and shows_same(self.before.notes[guid], new):
            # An imported deck: the learner's HTML says the same in another form.
            update.unchanged.append(new.name)
        elif new.mod == self.before.notes[guid].mod <= self.newer.imported:
            update.as_imported.append(new.name)
        else:
            reason = "its timestamp is not newer" if new.mod <= self.before.notes[guid].mod else "its text differs"
            update.not_landed.append(f"{new.name} ({reason})")

    def _is_edit(self, guid: str) -> bool:
        actions = self.actions
        return guid in actions.edited_after | actions.edited_unchanged | actions.tagged

    def _compare_edits(self, update: Update, after: CollectionState) -> None:
        actions = self.actions
        for guid in sorted(actions.edited_before | actions.edited_after | actions.edited_unchanged | actions.tagged):
            had, now, new = (state.notes.get(guid) for state in (self.mine, after, self.newer))
            if had is None or now is None or new is None:
                continue
            is_kept = set(had.tags) <= set(now.tags) if guid in actions.tagged else OWN_WORDS in now.values
            if not is_kept:
                is_changed = not has_content(self.before.notes[guid], new)
                (update.overwritten if is_changed else update.edits_lost).append(now.name)

    def _find_twins(self, update: Update) -> None:
        """Find new notes with another GUID: with the first field of a former note, or a similar one and another field.

        GUIDs that depend on the text change with it.
        """
        gone = {guid: note for guid, note in self.before.notes.items() if guid not in self.newer.notes}
        fresh = {guid: note for guid, note in self.newer.notes.items() if guid not in self.before.notes}
        if not gone or not fresh:
            return
        former = _by_text(gone)
        recent = _by_text(fresh)
        update.duplicated = [note.name for guid, note in fresh.items() if _is_twin(guid, note, former, recent, gone)]

    def _exchanged(self) -> set[str]:
        """Return the GUIDs of newer notes whose text is what another one had."""
        changed = [
            (guid, _words(self.before.notes[guid]), _words(note))
            for guid, note in self.newer.notes.items()
            if guid in self.before.notes and note.mod > self.before.notes[guid].mod
        ]
        former = {tuple(had): guid for guid, had, has in changed if had != has}
        return {guid for guid, had, has in changed if had != has and former.get(tuple(has), guid) != guid}

    def _related(self) -> set[str]:
        """Return the GUIDs of notes that belong to the deck: all of a package, in a collection by note type or deck."""
        if not self.is_collection:
            return set(self.before.notes)
        types = {note.note_type_id for note in self.newer.notes.values()}
        decks = {card.progress.deck for card in self.newer.cards.values()}
        by_deck = {card.guid for card in self.before.cards.values() if card.progress.deck in decks}
        return by_deck | {guid for guid, note in self.before.notes.items() if note.note_type_id in types}

    def _doubled(self, after: CollectionState) -> list[str]:
        """Return the new note types with the name of one that the learner's notes use, and that is still there."""
        used = {note.note_type_id for note in self.mine.notes.values()}
        names = {after.note_types[key].rstrip("+") for key in used if key in after.note_types}
        new = (name for key, name in after.note_types.items() if key not in self.mine.note_types)
        return sorted(name for name in new if name.endswith("+") and name.rstrip("+") in names)

    # --- Cards -------------------------------------------------------------------------------------------------------

    def _compare_cards(self, update: Update, after: CollectionState) -> None:
        mine = self.mine.cards
        update.cards = len(mine)
        update.reviewed = sum(bool(card.progress.log) for card in mine.values())
        update.orphans = max(0, after.orphans - self.mine.orphans)
        changed, lost = set(), set()
        for key, card in mine.items():
            now = after.cards.get(key)
            if now is None:
                lost.add(card.guid)
            elif now.progress != card.progress or now.guid != card.guid:
                changed.add(card.guid)
        update.questions_changed = _names(self.mine, self._asked_otherwise(after))
        update.cards_changed = _names(self.mine, changed)
        update.cards_lost = _names(self.mine, lost)
        fresh = {card.guid for key, card in after.cards.items() if key not in mine}
        update.cards_added = _names(self.mine, fresh & self.mine.notes.keys())
        emptied = {after.cards[key].guid for key in after.empty - self.mine.empty if key in after.cards and key in mine}
        update.emptied = _names(after, emptied)
        places = {(card.guid, card.number): card.progress.deck for card in self.newer.cards.values()}
        moved = {
            card.guid
            for card in self.before.cards.values()
            if places.get((card.guid, card.number), card.progress.deck) != card.progress.deck
        }
        update.moved = _names(self.before, moved)

    def _asked_otherwise(self, after: CollectionState) -> set[str]:
        """Return the GUIDs of cards of templates whose questions have no field and no text in common with before.

        Fields can be renamed, and single texts changed.
        """
        others: dict[tuple[int, int], set[str]] = {}
        same = set()
        for key, card in self.mine.cards.items():
            now, had, has = after.cards.get(key), self.mine.notes[card.guid], after.notes.get(card.guid)
            if now is None or has is None or not card.asked or not now.asked:
                continue
            template = (had.note_type_id, card.number)
            if card.asked & now.asked or _question(had, card) & _question(has, now):
                same.add(template)
            else:
                others.setdefault(template, set()).add(card.guid)
        return {guid for template, guids in others.items() if template not in same for guid in guids}


def _question(note: CollectionNote, card: CollectionCard) -> set[str]:
    return {value for name, value in note.fields.items() if name in card.asked} - {""}


def has_content(note: CollectionNote, other: CollectionNote) -> bool:
    """Return whether a note has all texts and exactly the tags of another one.

    Names of media are not compared, because Anki renames a file whose name is already used for another one.
    """
    if _folded(note.tags) != _folded(other.tags):
        return False
    if note.names == other.names and note.values == other.values:
        return True
    fields = note.fields
    return all(
        fields.get(name, "") == value or _MEDIA.sub("", fields.get(name, "")) == _MEDIA.sub("", value)
        for name, value in other.fields.items()
    )


def _is_untouched(note: CollectionNote, former: CollectionNote) -> bool:
    # An import can rename fields.
    return _folded(note.tags) == _folded(former.tags) and (note.values == former.values or has_content(note, former))


def shows_same(note: CollectionNote, other: CollectionNote) -> bool:
    """Return whether two notes have the same tags, words and formulas.

    The form of their HTML, white space, and names of pictures and sounds do not count.
    """
    return _folded(note.tags) - _OF_LEARNERS == _folded(other.tags) - _OF_LEARNERS and _words(note) == _words(other)


def _words(note: CollectionNote) -> list[str]:
    texts = (plain_text(_UNREAD.sub("", _MEDIA.sub("", _DELIMITERS.sub("$", text)))) for text in note.values)
    words = ("".join(_UNSEEN.sub("", _DELIMITERS.sub("$", text)).split()) for text in texts)
    return ["" if text == _EMPTY else text for text in words]


def _folded(tags: tuple[str, ...]) -> set[str]:
    # Anki spells a tag as the collection already does.
    return {tag.casefold() for tag in tags}


def _names(state: CollectionState, guids: Iterable[str]) -> list[str]:
    return [state.notes[guid].name for guid in sorted(guids) if guid in state.notes]


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def _by_text(notes: Mapping[str, CollectionNote]) -> dict[tuple[int, str], list[str]]:
    found: dict[tuple[int, str], list[str]] = {}
    for guid, note in notes.items():
        for position, value in enumerate(note.values):
            if text := _key(value):
                found.setdefault((position, text), []).append(guid)
    return found


def _is_twin(
    guid: str,
    note: CollectionNote,
    former: Mapping[tuple[int, str], list[str]],
    recent: Mapping[tuple[int, str], list[str]],
    gone: Mapping[str, CollectionNote],
) -> bool:
    first = _key(note.values[0])
    if (0, first) in former:
        return True
    for position, value in enumerate(note.values[1:], 1):
        text = _key(value)
        others = former.get((position, text), [])
        if len(text) >= _SHORTEST and len(others) == 1 and recent[position, text] == [guid]:
            other = _key(gone[others[0]].values[0])
            if SequenceMatcher(None, first[:_COMPARED], other[:_COMPARED]).ratio() >= _SIMILAR:
                return True
    return False
