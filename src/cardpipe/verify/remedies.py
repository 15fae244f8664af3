"""Try options of Anki's import dialogue on copies of the learner's collection, where the default ones do not help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.verify.anki_collection import ImportOptions, fresh_collection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cardpipe.verify.outcome import Comparison, Update

MERGE: Final = "“Merge note types”"
ALWAYS: Final = "“Update notes: Always”"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """An import with other options than the default ones, and its result."""

    options: str
    """As Anki names them."""
    landed: int
    conflicting: int
    not_landed: tuple[str, ...]
    lost: tuple[str, ...]
    """Notes that lost progress, cards or themselves."""
    cards_added: int
    """The number of notes of the learner with new cards."""
    emptied: int
    edits_lost: int
    every_time: bool
    """Whether a later import with the default options is in conflict again."""

    @property
    def works(self) -> bool:
        """Whether all changes arrived and all progress is kept."""
        return not (self.conflicting or self.not_landed or self.lost)


def tried_remedies(collection: Path, package: Path, comparison: Comparison, update: Update) -> list[Remedy]:
    """Try one choice of options after the other until one works; the file of the learner's collection is copied."""
    tried = []
    for options in _choices(update):
        try:
            tried.append(_tried(collection, package, comparison, options))
        except UsageError:
            # Anki refuses a whole package if it would merge a cloze note type with another one.
            continue
        if tried[-1].works:
            break
    return tried


def _choices(update: Update) -> Iterator[ImportOptions]:
    merge = bool(update.conflicting)
    if merge:
        yield ImportOptions(merge_note_types=True)
    # A merge that adds fields sets the times of the learner's notes to now, and they are newer than the package's.
    yield ImportOptions(merge_note_types=merge, always=True)


def _tried(collection: Path, package: Path, comparison: Comparison, options: ImportOptions) -> Remedy:
    with fresh_collection(collection) as copy:
        imported = copy.import_package(package, options)
        result = comparison.outcome(imported, copy.conflicting, copy.state())
        again = copy.import_package(package) if options.merge_note_types else None
    names = [label for label, is_chosen in ((MERGE, options.merge_note_types), (ALWAYS, options.always)) if is_chosen]
    return Remedy(
        options=" and ".join(names),
        landed=len(result.landed),
        conflicting=len(result.conflicting),
        not_landed=tuple(result.not_landed),
        lost=tuple(result.lost),
        cards_added=len(result.cards_added),
        emptied=len(result.emptied),
        edits_lost=len(result.edits_lost),
        every_time=again is not None and again.conflicting > 0,
    )


def remedy_sentence(tried: Sequence[Remedy]) -> str:
    """Return what learners have to do, as far as it was tried."""
    if not tried:
        return ""
    last = tried[-1]
    if last.works:
        when = "at each import" if last.every_time else "once"
        effects = [
            *(["Learners' own edits are replaced."] if ALWAYS in last.options else []),
            *(["Some of their notes get new cards."] if last.cards_added else []),
            *(["Some of their cards become empty."] if last.emptied else []),
        ]
        kept = "All changes arrive, and the history is kept."
        return " ".join([f"Learners choose {last.options} {when} (tried).", kept, *effects])
    return "No option of Anki's import helps (tried)."
