"""Which part of a card fills which field of a note, as the only place that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.model.deck import CardKind
from cardpipe.model.note_types import FieldKind
from cardpipe.writers.anki.adopted import AdoptedNoteType
from cardpipe.writers.anki.own_types import OwnNoteType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.importing.api import ImportedNoteType
    from cardpipe.model import note_types as model
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.text.positions import SourceText
    from cardpipe.writers.anki.note_type import NoteType

_TEXTS: Final = {"Title": "title", "Question": "question", "Answer": "answer", "Details": "details"}
"""The fields of built-in kinds that are texts of the card, and their keys."""
_MADE: Final = frozenset({"Figures", "References"})
"""Fields with words of several texts, which cannot be taken back as a whole."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a card, and the field of a note that it fills."""

    key: str
    """The key in the source; the field's name if it cannot be taken back."""
    index: int
    """The position of the field in the note type."""
    is_plain: bool = False
    """Whether the text is not Markdown."""
    is_cloze: bool = False
    is_list: bool = False
    """Whether it consists of several texts."""
    is_text: bool = True
    """Whether the field shows a text of the source, so that a change of it can be taken back."""


def parts_of(kind: NoteType, settings: DeckSettings) -> tuple[Part, ...]:
    """Return the parts of the cards of a note type, in the order of its fields; some fields have no words of a card."""
    if isinstance(kind, OwnNoteType):
        declared = settings.note_types[kind.key]
        named = ((index, place.key if place.is_used else "", place.name) for index, place in enumerate(kind.places))
        made = (_of_type(declared, index, key, name) for index, key, name in named)
    elif isinstance(kind, AdoptedNoteType):
        held = [(index, field.holds.text) for index, field in enumerate(kind.source.fields) if field.holds is not None]
        name = kind.source.kind.text
        own = settings.note_types.get(name)
        made = (
            _of_type(own, index, key, key.capitalize()) if own is not None else _of_kind(name, index, key.capitalize())
            for index, key in held
        )
    else:
        made = (_of_kind(kind.kind, index, field.name) for index, field in enumerate(kind.fields))
    return tuple(part for part in made if part is not None)


def _of_type(declared: model.NoteType, index: int, key: str, name: str) -> Part | None:
    """Return the part in a field of a deck's own note type."""
    field = declared.field(key) if key else None
    if field is None:
        return Part(name, index, is_text=False) if name in _MADE else None
    return Part(
        key,
        index,
        is_plain=field.kind is FieldKind.NUMBER,
        is_list=field.kind is FieldKind.LIST,
        is_text=field.kind.is_markdown or field.kind is FieldKind.NUMBER,
    )


def _of_kind(kind: str, index: int, name: str) -> Part | None:
    """Return the part in a field of a built-in kind."""
    if name in _MADE:
        return Part(name, index, is_text=False)
    if name not in _TEXTS:
        return None
    is_typed = kind == CardKind.TYPED.value and name == "Answer"
    is_cloze = kind == CardKind.CLOZE.value and name == "Question"
    return Part(_TEXTS[name], index, is_plain=name == "Title" or is_typed, is_cloze=is_cloze)


def written(card: Card, part: Part) -> tuple[SourceText, ...]:
    """Return the texts of the source that fill a field; empty if the card has none."""
    if card.note_type is not None:
        return next((value.parts for value in card.values if value.field.key.text == part.key), ())
    found = {"title": card.title, "question": card.question, "answer": card.answer, "details": card.details}
    text = found.get(part.key)
    return (text,) if text is not None else ()


def values_of(
    fields: tuple[str, ...], note_type: ImportedNoteType, kind: NoteType, parts: tuple[Part, ...]
) -> Mapping[str, str] | None:
    """Return the fields of a learner's note by the keys of their parts; None if its note type is not ours.

    Fields are found by their ids, which a learner does not change by renaming them, else by their names.
    """
    by_id = {field.id: index for index, field in enumerate(note_type.fields) if field.id is not None}
    by_name = {field.name: index for index, field in enumerate(note_type.fields)}
    found = {}
    for part in parts:
        own_id = kind.field_id(part.index)
        place = by_id.get(own_id) if own_id is not None else None
        place = by_name.get(kind.fields[part.index].name) if place is None else place
        if place is None or place >= len(fields):
            return None
        found[part.key] = fields[place]
    return found
