"""A simulated learner who uses the older package: reviews, edits, tags, flags and more, deterministically.

The notes' GUIDs determine the actions. An edit can be older or newer than the release that
follows: Anki imports a note if its timestamp is newer than the learner's edit, so both cases are tested.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.verify.anki_collection import AnkiCollection, CollectionNote

OWN_WORDS: Final = "words of the learner's own"
_MOST_REVIEWED: Final = 400
"""The number of cards that are answered one by one; more would only take longer."""
_RATINGS: Final = ((3, 3, 3), (4,), (1, 3), (2,), (3, 4, 3), ())
"""The answers in turn: 1 again, 2 hard, 3 good, 4 easy; the last card stays new."""


@dataclass(slots=True)
class LearnerActions:
    """The actions of the learner, by GUID of the note."""

    edited_before: set[str] = field(default_factory=set)
    """Edited before the newer package was built, which changes these notes too."""
    edited_after: set[str] = field(default_factory=set)
    """Edited after the newer package was built."""
    edited_unchanged: set[str] = field(default_factory=set)
    """Edited, and unchanged in the newer package."""
    tagged: set[str] = field(default_factory=set)
    flagged: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)

    def counts(self) -> dict[str, int]:
        """Return the number of notes by action."""
        return {action.name: len(getattr(self, action.name)) for action in fields(self)}


def learn(
    collection: AnkiCollection, newer: Mapping[str, CollectionNote], changed: Sequence[str], same: Sequence[str]
) -> LearnerActions:
    """Simulate the learner; `changed` and `same` are the notes that the newer package changes or not."""
    actions = LearnerActions()
    _review(collection)
    now = int(time.time())
    turns = iter(changed)
    if (guid := next(turns, None)) is not None and _edit(collection, guid, newer[guid].mod - 1):
        actions.edited_before.add(guid)
    if (guid := next(turns, None)) is not None and _edit(collection, guid, max(now, newer[guid].mod + 1)):
        actions.edited_after.add(guid)
    turns = iter(same)
    if (guid := next(turns, None)) is not None and _edit(collection, guid, now):
        actions.edited_unchanged.add(guid)
    others = [*turns, *changed[2:]]
    acts = ("tagged", "flagged", "suspended", "moved", "deleted")
    for act, guid in zip(acts, others, strict=False):
        _ACTS[act](collection, guid)
        getattr(actions, act).add(guid)
    return actions


def _review(collection: AnkiCollection) -> None:
    """Answer some cards, with and without FSRS, and let all others but each sixth be due on some day."""
    from anki.scheduler.v3 import CardAnswer

    numbers = [
        number
        for (number,) in collection.rows("select c.id from cards c join notes n on n.id = c.nid order by n.guid, c.ord")
    ]
    chosen = numbers[:: max(1, len(numbers) // _MOST_REVIEWED)]
    ratings = {1: CardAnswer.AGAIN, 2: CardAnswer.HARD, 3: CardAnswer.GOOD, 4: CardAnswer.EASY}
    scheduler = collection.col.sched
    for turn, number in enumerate(chosen):
        if turn == len(chosen) // 2:
            collection.col.set_config("fsrs", True)
        for rating in _RATINGS[turn % len(_RATINGS)]:
            card = collection.col.get_card(number)
            card.start_timer()
            states = collection.col._backend.get_scheduling_states(number)
            scheduler.answer_card(scheduler.build_answer(card=card, states=states, rating=ratings[rating]))
    answered = set(chosen)
    others = [number for turn, number in enumerate(numbers) if number not in answered and turn % len(_RATINGS)]
    if others:
        scheduler.set_due_date(others, "1-200")
    # Anki completes what these quick answers leave out, so that its next check reports nothing.
    collection.col.fix_integrity()


def _edit(collection: AnkiCollection, guid: str, mod: int) -> bool:
    """Edit a note's last field; return false if the time would be before the note's own."""
    note = _note(collection, guid)
    if mod <= note.mod:
        return False
    note.fields[-1] = OWN_WORDS
    collection.col.update_note(note)
    collection.col.db.execute("update notes set mod = ? where id = ?", mod, note.id)
    return True


def _note(collection: AnkiCollection, guid: str) -> Any:
    # Notes of one package can have the same GUID.
    [[number], *_] = collection.rows("select id from notes where guid = ? order by id desc", guid)
    return collection.col.get_note(number)


def _tag(collection: AnkiCollection, guid: str) -> None:
    note = _note(collection, guid)
    note.tags.append("my-own-tag")
    collection.col.update_note(note)


def _flag(collection: AnkiCollection, guid: str) -> None:
    collection.col.set_user_flag_for_cards(3, _note(collection, guid).card_ids())


def _suspend(collection: AnkiCollection, guid: str) -> None:
    collection.col.sched.suspend_cards(_note(collection, guid).card_ids())


def _move(collection: AnkiCollection, guid: str) -> None:
    collection.col.set_deck(_note(collection, guid).card_ids(), collection.col.decks.id("A deck of one's own"))


def _delete(collection: AnkiCollection, guid: str) -> None:
    collection.col.remove_notes([_note(collection, guid).id])


_ACTS: Final = {"tagged": _tag, "flagged": _flag, "suspended": _suspend, "moved": _move, "deleted": _delete}
