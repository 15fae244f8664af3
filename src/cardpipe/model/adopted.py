"""Adopted note types: those that learners had before a deck was imported, in which its cards go on to be shipped.

Anki updates a note only if its note type has the same id, fields and templates as the learner's. So these are kept as
they were, in a file of `source/anki/` for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from cardpipe.model.deck import CardKind
from cardpipe.text.anki_templates import field_names, safe_style, safe_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cardpipe.model.deck import DeckSettings
    from cardpipe.model.note_types import NoteType
    from cardpipe.text.positions import SourceText

REVERSE: Final = "reverse"
"""What a field holds that is only filled if a card is asked in both directions."""
TEXT_PARTS: Final = ("title", "question", "answer", "details")
MORE_PARTS: Final = ("figures", "references", "related", "notice")
"""The parts that stand below the text of another field if none is theirs."""
BUILT_IN_PARTS: Final = (*TEXT_PARTS, *MORE_PARTS, "difficulty", "id", REVERSE)
"""What a field can hold where the cards are of a built-in kind."""
NOTE_PARTS: Final = ("references", "related", "notice", "difficulty", "id")
"""The same where they are of a note type of the deck, besides its fields."""
_ALSO: Final[Mapping[str, frozenset[str]]] = {
    CardKind.REVERSED.value: frozenset({CardKind.BASIC.value}),
    CardKind.TYPED.value: frozenset({CardKind.BASIC.value}),
}
"""The kinds of which single cards can be, although the note type is one of another kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedField:
    """A field: its name in Anki, its constant id if it has one, and what it holds."""

    name: SourceText
    id: int | None = None
    holds: SourceText | None = None
    """A part of a card, or the key of a field of its note type; None if the deck does not use it."""
    right_to_left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedTemplate:
    """A card template."""

    name: SourceText
    id: int | None = None
    front: SourceText
    back: SourceText


@dataclass(frozen=True, kw_only=True)
class AdoptedType:
    """An adopted note type, as a file in `source/anki/` describes it."""

    key: str
    """The name of its file, without the extension."""
    path: str
    kind: SourceText
    """The built-in kind, or the deck's note type, whose cards it takes."""
    id: int
    name: SourceText
    fields: tuple[AdoptedField, ...]
    templates: tuple[AdoptedTemplate, ...]
    style: SourceText | None = None
    left_out: tuple[SourceText, ...] = ()
    """The keys of fields of the deck's note type that have no field in Anki."""

    @property
    def is_cloze(self) -> bool:
        """Whether Anki makes a card for each number of a deletion."""
        return self.kind.text == CardKind.CLOZE.value

    @cached_property
    def sides(self) -> tuple[tuple[str, str], ...]:
        """The fronts and backs as they are shipped: without what is not safe, which lint reports."""
        return tuple((safe_template(one.front.text), safe_template(one.back.text)) for one in self.templates)

    @cached_property
    def css(self) -> str:
        """The style sheet as it is shipped."""
        return safe_style(self.style.text) if self.style is not None else ""

    @cached_property
    def held(self) -> frozenset[str]:
        """What its fields hold."""
        return frozenset(one.holds.text for one in self.fields if one.holds is not None)

    @cached_property
    def below(self) -> str:
        """What the field holds below whose text parts without a field stand; empty if there is none.

        No front may show it, and each back must.
        """
        fronts = {name for front, _ in self.sides for name in field_names(front)}
        everywhere = [field_names(back) for _, back in self.sides]
        return next(
            (
                one.holds.text
                for one in reversed(self.fields)
                if one.holds is not None
                and one.holds.text not in {REVERSE, "title", "id", "difficulty"}
                and one.name.text not in fronts
                and all(one.name.text in shown for shown in everywhere)
            ),
            "",
        )

    def takes(self, kind: str) -> bool:
        """Return whether a card of a kind, or of a note type of the deck, can be shipped in it."""
        return kind == self.kind.text or kind in _ALSO.get(self.kind.text, ())

    def lacks(self, parts: Iterable[str]) -> tuple[str, ...]:
        """Return those of a card's filled parts that it has no place for."""
        places = self.held | frozenset(MORE_PARTS if self.below else ())
        if self.below:
            places |= {"details"}
        return tuple(part for part in parts if part not in places)


def adopted_type(settings: DeckSettings, kind: str, guid: str) -> AdoptedType | None:
    """Return the adopted note type in which a card of a kind is shipped; None if it is one of cardpipe's.

    A released card stays in the one in which learners have it. A new card is shipped in the first one of its kind.
    """
    released = settings.lock.kind_of(guid) if settings.lock is not None else None
    former = settings.adopted.get(released) if released is not None else None
    if former is not None and former.takes(kind):
        return former
    if former is None and released == kind:
        return None
    return next((one for one in settings.adopted.values() if one.kind.text == kind), None)


def possible_parts(note_type: NoteType | None) -> tuple[str, ...]:
    """Return what a field can hold: of a built-in kind, or of a note type of the deck."""
    return BUILT_IN_PARTS if note_type is None else (*note_type.keys, *NOTE_PARTS)
