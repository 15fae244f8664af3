"""What an import means for learners: for each note type, what they must do for their progress to go on.

Each sentence was tried with Anki 26.9 (`tests/test_adoption_anki.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.importing.api import NoteTypeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.importing.plan import TypeKey
    from cardpipe.importing.project import Outcome

_CONFLICT = (
    "Anki does not import notes that a learner has in another note type, so those who have them get no updates. "
    "“Merge note types” must stay unticked: it adds new cards, and leaves the studied ones empty."
)


def instructions_of(outcome: Outcome, key: TypeKey) -> Iterator[str]:
    """Yield in sentences what learners must do for a note type."""
    found = outcome.survey
    note_type = found.plans[key].note_type
    if key in found.shipped and found.deck.uid:
        yield "Learners do nothing: progress goes on."
        yield from _exceptions(outcome, key)
        return
    if not outcome.with_guid[key]:
        yield "Progress: the source does not say which notes learners have; they get new ones."
        return
    if key in found.adopted:
        yield from _kept(outcome, key)
        return
    why = found.obstacles.get(key, "it was converted, as you asked")
    why = "the package does not say the uid of the deck" if key in found.shipped else why
    if note_type.id is None:
        yield (
            "Progress ends: the source does not contain the id of the note type, which differs from collection to "
            f"collection. {_CONFLICT} To keep it, export the deck from Anki as a package (.apkg), and import that."
        )
    elif note_type.kind is NoteTypeKind.CLOZE:
        yield (
            f"Learners tick “Merge note types” once, when they import your first release; then progress goes on "
            f"({why}). Make that release with “cardpipe release”: Anki empties notes that are newer than those of the "
            "package."
        )
    else:
        yield f"Progress ends: {why}. {_CONFLICT}"


def _kept(outcome: Outcome, key: TypeKey) -> Iterator[str]:
    adoption = outcome.survey.adopted[key]
    yield f"Learners do nothing: progress goes on, since source/anki/{adoption.key}.yaml keeps what they have."
    if adoption.joined:
        yield f"A note that you edit has the text of {_names(adoption.joined)} in the field of the details."
    yield from _exceptions(outcome, key)
    without = outcome.survey.notes_of_type[key] - outcome.with_guid[key]
    if without:
        yield f"Notes without a GUID that can be kept, which learners get as new ones: {without}."
    yield from adoption.remarks


def _exceptions(outcome: Outcome, key: TypeKey) -> Iterator[str]:
    """Yield how notes of a note type that learners keep do not go on as they are."""
    continuity = outcome.continuity
    if continuity is not None:
        for count, what in (
            (continuity.lost[key], "became cards of another kind, so that learners get no updates of them"),
            (continuity.more_cards[key], "make a card that the source does not have"),
            (continuity.fewer_cards[key], "do not make a card that the source has, which learners keep"),
        ):
            if count:
                yield f"Notes that {what}: {count}."


def general_instructions(outcome: Outcome) -> Iterator[str]:
    """Yield in sentences what concerns all note types: decks with another name, and errors."""
    error = outcome.continuity.error if outcome.continuity is not None else ""
    if error:
        yield f"The first release replaces the learners' own edits, since the deck has an error: {error}"
    for old, new in sorted(outcome.continuity.moved.items() if outcome.continuity is not None else ()):
        yield f"Cards that learners have stay in the deck “{old}”; new ones come into “{new}”."


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"“{name}”" for name in names)
