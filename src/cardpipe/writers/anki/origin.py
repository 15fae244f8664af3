"""What a note type says of its deck's source, so that an import of the package can restore it.

Anki keeps unknown keys of a note type in collections and exports. Nothing that learners see depends on them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.note_types import Show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cardpipe.model.deck import DeckSettings
    from cardpipe.model.note_types import Face, NoteField, NoteType
    from cardpipe.text.positions import SourceText

KEY: Final = "cardpipe"
"""The key in the JSON of a note type."""
IMPORTED: Final = "imported"
"""The key in that for the time of the import, in epoch seconds: older notes are as learners have had them before it."""


def deck_facts(settings: DeckSettings) -> dict[str, Any]:
    """Return the settings of a deck that no field of a note contains, with the keys of `deck.yaml`."""
    made: dict[str, Any] = {
        "uid": settings.uid.text,
        "slug": settings.slug.text,
        "name": settings.name.text,
        "language": settings.language.text,
        "authors": [author.text for author in settings.authors],
        "licence": _text(settings.licence),
        "description": settings.description.text,
        "homepage": _text(settings.homepage),
        "report": _text(settings.report),
        "ids": _text(settings.ids),
        "front": None if settings.front_names is None else list(settings.front_names),
        "tts": {part: voice.text for part, voice in settings.tts.items()},
    }
    return {key: value for key, value in made.items() if value is not None and value != {}}


def declaration(note_type: NoteType, style: str) -> dict[str, Any]:
    """Return the declaration of a deck's own note type; `style` is the text of its style sheet, at the end of Anki's.

    Only the length of the style sheet is part of it.
    """
    made = {
        "key": note_type.key.text,
        "name": _text(note_type.label),
        "show": note_type.show.value if note_type.show is not Show.FACES else None,
        # Lists, since Anki sorts keys.
        "fields": [dict(_field(field)) for field in note_type.fields],
        "faces": [dict(_face(face)) for face in note_type.faces],
        "style": len(style) or None,
    }
    return {key: value for key, value in made.items() if value is not None}


def _field(field: NoteField) -> Iterator[tuple[str, Any]]:
    yield "key", field.key.text
    yield "kind", field.kind.value
    # The name identifies the field among those in Anki.
    yield "name", field.name
    if field.required:
        yield "required", True
    for key, text in (("label", field.label), ("tts", field.tts)):
        if text is not None:
            yield key, text.text


def _face(face: Face) -> Iterator[tuple[str, Any]]:
    yield "key", face.key.text
    yield "front", face.front.text
    yield "back", face.back.text
    for key, text in (("label", face.label), ("type_in", face.type_in), ("hint", face.hint)):
        if text is not None:
            yield key, text.text
    if face.needs is not None:
        yield "needs", [key.text for key in face.needs]


def templates_digest(sides: Iterable[str], css: str) -> str:
    """Return a digest of all sides of templates and the style sheet: another one means that they were edited."""
    joined = "".join(f"{len(text)}:{text}" for text in (*sides, css))
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _text(text: SourceText | None) -> str | None:
    return text.text if text is not None else None
