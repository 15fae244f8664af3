"""Tables for Anki that cardpipe wrote: note types of built-in kinds, by what their notes contain.

A table has no templates, so that a reversed card cannot be told from a basic one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import FieldForm, ImportedField, ImportedNoteType, ImportedTemplate, NoteTypeKind
from cardpipe.writers.anki.note_type import FILLED_FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES: Final = tuple(one.name for one in FILLED_FIELDS)
_HEAD: Final = "".join(
    f'<p class="{name}">{{{{{name.upper() if name == "id" else name.title()}}}}}</p>'
    for name in ("id", "title", "tags", "difficulty")
)
_FRONT: Final = f'<div class="sheet front">{_HEAD}%s</div>'
_BACK: Final = "{{FrontSide}}<hr id=answer>{{Answer}}{{Details}}{{Figures}}{{References}}{{Related}}"


def kind_of(columns: Sequence[str], values: Sequence[str], form: FieldForm) -> str:
    """Return the kind of a row of a table that cardpipe wrote for Anki; empty for any other."""
    if form is not FieldForm.HTML or tuple(columns) != _NAMES or len(values) < len(_NAMES):
        return ""
    question, answer = values[_NAMES.index("Question")], values[_NAMES.index("Answer")]
    if "{{c" in question:
        return "cloze"
    # Only typed answers are plain text; all others begin with an element.
    return "basic" if answer.startswith("<") else "typed"


def note_type_of_kind(key: str, name: str, kind: str) -> ImportedNoteType:
    """Return the note type of a kind as far as an import looks at it."""
    question = "{{cloze:Question}}" if kind == "cloze" else "{{Question}}"
    typed = "{{type:Answer}}" if kind == "typed" else ""
    return ImportedNoteType(
        key=key,
        name=name,
        fields=tuple(ImportedField(name=one) for one in _NAMES),
        templates=(ImportedTemplate(name="Card 1", front=_FRONT % f"{question}{typed}", back=_BACK),),
        kind=NoteTypeKind.CLOZE if kind == "cloze" else NoteTypeKind.STANDARD,
    )
