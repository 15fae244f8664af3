"""Anki's form of a deck's own note types: where each field and face is, with constant ids, and the templates.

Anki ties notes to the order of fields and templates, so a place is never given up: what the deck added since the first
release is in the place of a spare field or card, and what it removed leaves its place empty. The release lock records
which field and face is where; their order in `deck.yaml` is free.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.model import anki_identity as identity
from cardpipe.model import note_types as model
from cardpipe.model.deck import FrontPart
from cardpipe.model.languages import direction
from cardpipe.model.note_types import SPARE_NAME
from cardpipe.model.release_lock import ReleasedItem
from cardpipe.text.escaping import inert
from cardpipe.writers.anki.links import without_card_links
from cardpipe.writers.anki.note_type import NoteField, NoteType, Template, foot, own_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cardpipe.markup.templates import TemplateNode
    from cardpipe.model.deck import DeckSettings
    from cardpipe.writers.api import FaceTemplate, RenderedNoteType

SPARE_FIELDS: Final = 6
SPARE_CARDS: Final = 4
"""The number of spare templates, whose fronts are always empty, so that Anki makes no cards of them."""
ID: Final = "ID"
_FIXED: Final = (
    ("References", "Where to read on."),
    ("Related", "Other cards of the deck."),
    ("Difficulty", "easy, medium or hard."),
    ("Notice", "What learners should know of this card, such as that it is retired."),
)
FIXED_NAMES: Final = frozenset({ID, *(name for name, _ in _FIXED)})
"""The fields that cardpipe adds to those of the deck, besides the spare ones."""
_DESCRIPTIONS: Final = {ID: "The card's ID; it never changes.", **dict(_FIXED)}
_SPARE: Final = "Kept free for later releases."
REMOVED: Final = "-"
"""Begins the key of a place in the lock whose field or face the deck no longer has."""
_UNUSED: Final = "No longer used."


@dataclass(frozen=True, slots=True)
class Place:
    """A field or template in Anki: its id, its name, and the key of the deck's field or face; empty if it has none."""

    id: int
    name: str
    key: str = ""
    is_used: bool = True
    """Whether the deck still has the field or face with the key."""

    @property
    def released(self) -> ReleasedItem:
        """Return what the release lock records."""
        return ReleasedItem(self.id, self.name, self.key if self.is_used else f"{REMOVED}{self.key}")


@dataclass(frozen=True, slots=True)
class OwnNoteType(NoteType):
    """A deck's own note type; its kind is the key with which it was released first."""

    key: str
    """Its key in `deck.yaml`."""
    places: tuple[Place, ...] = ()
    faces: tuple[Place, ...] = ()

    @property
    def fields(self) -> tuple[NoteField, ...]:
        """Return all fields, in Anki's order."""
        return tuple(_note_field(place) for place in self.places)

    @property
    def filled(self) -> tuple[NoteField, ...]:
        """Return the fields that have values; the spare ones come after them."""
        return tuple(field for field in self.fields if not field.spare)

    def field_id(self, number: int) -> int:
        """Return the constant id of the field at a position."""
        return self.places[number].id

    def template_id(self, number: int) -> int:
        """Return the constant id of the template at a position."""
        return self.faces[number].id

    def key_of(self, name: str) -> str:
        """Return the key of the field with a name; of one that cardpipe adds its name."""
        return next((place.key or place.name for place in self.places if place.name == name), name)

    def card_number(self, face: str) -> int:
        """Return the position of a face's template."""
        return next(number for number, place in enumerate(self.faces) if place.key == face and place.is_used)


def _note_field(place: Place) -> NoteField:
    if SPARE_NAME.fullmatch(place.name):
        return NoteField(place.name, place.name, _SPARE)
    return NoteField(place.name, place.name, _DESCRIPTIONS.get(place.name, "") if place.is_used else _UNUSED)


def own_note_type(note_type: model.NoteType, settings: DeckSettings) -> OwnNoteType:
    """Return Anki's form of a note type, with the places that the last release has given to its fields and faces."""
    key, uid = note_type.key.text, settings.uid.text
    known = settings.lock.note_types if settings.lock is not None else {}
    # A deck that was imported after its note type had got another key was released with that key.
    kind = key if key in known and note_type.identity not in known else note_type.identity
    released = known.get(kind)
    if released is None:
        places, faces = _first_places(note_type)
        return OwnNoteType(
            identity.note_type_id(uid, kind),
            identity.note_type_name(uid, kind),
            kind,
            key=key,
            places=places,
            faces=faces,
        )
    return OwnNoteType(
        released.id,
        released.name,
        kind,
        key=key,
        places=_placed(released.fields, note_type.fields, lambda key: identity.field_id(kind, key)),
        faces=_placed(released.templates, note_type.faces, lambda key: identity.template_id(kind, key)),
    )


def _first_places(note_type: model.NoteType) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    kind = note_type.identity

    def added(name: str) -> Place:
        return Place(identity.field_id(kind, name), name)

    def spare_card(name: str) -> Place:
        return Place(identity.template_id(kind, name), name)

    fields = (
        added(ID),
        *(Place(identity.field_id(kind, _first_key(field)), field.name, field.key.text) for field in note_type.fields),
        *(added(name) for name, _ in _FIXED),
        *(added(f"Spare {number}") for number in range(1, SPARE_FIELDS + 1)),
    )
    faces = (
        *(Place(identity.template_id(kind, _first_key(face)), face.name, face.key.text) for face in note_type.faces),
        *(spare_card(f"Spare card {number}") for number in range(1, SPARE_CARDS + 1)),
    )
    return fields, faces


def _first_key(part: model.NoteField | model.Face) -> str:
    return part.was.text if part.was is not None else part.key.text


def _placed(
    released: Sequence[ReleasedItem],
    parts: Sequence[model.NoteField | model.Face],
    new_id: Callable[[str], int],
) -> tuple[Place, ...]:
    """Return the released places with the parts in them; a new part takes a spare place, or one at the end."""
    present = {part.key.text: part for part in parts}
    formerly = {part.was.text: part for part in parts if part.was is not None}
    places: list[Place] = []
    left = dict(present)
    for item in released:
        key = item.key.removeprefix(REMOVED)
        part = left.get(key) or formerly.get(key) if key else None
        if part is not None and part.key.text in left:
            del left[part.key.text]
            places.append(Place(item.id, part.name, part.key.text))
        else:
            places.append(Place(item.id, item.name, key, is_used=not key))
    for key, part in left.items():
        free = next((n for n, place in enumerate(places) if not place.key and SPARE_NAME.fullmatch(place.name)), None)
        if free is None:
            places.append(Place(new_id(key), part.name, key))
        else:
            places[free] = Place(places[free].id, part.name, key)
    return tuple(places)


# --- Templates -------------------------------------------------------------------------------------------------------


def own_templates(own: OwnNoteType, rendered: RenderedNoteType, settings: DeckSettings) -> tuple[Template, ...]:
    """Return the templates in Anki's order."""
    faces = {face.key: face for face in rendered.faces}
    names = {place.key: place.name for place in own.places if place.key}
    made = []
    for number, place in enumerate(own.faces, 1):
        face = faces.get(place.key) if place.is_used else None
        made.append(_never(place, number) if face is None else _template(place, face, names, own.key, settings))
    return tuple(made)


_MARKS = {
    FrontPart.ID: '<span class="id">{{ID}}</span>',
    FrontPart.TAGS: '{{#Tags}}<span class="tags">{{Tags}}</span>{{/Tags}}',
}
"""What can stand above a front, in order."""


def _never(place: Place, number: int) -> Template:
    """Return a template of which Anki makes no card, since its front is always empty; no two fronts can be the same."""
    return Template(place.name, f"{{{{#ID}}}}{{{{^ID}}}}{{{{ID}}}} {number}{{{{/ID}}}}{{{{/ID}}}}\n", "{{FrontSide}}\n")


def _template(place: Place, face: FaceTemplate, names: dict[str, str], key: str, settings: DeckSettings) -> Template:
    typed = own_text("templates/own-typed.html").replace("%field%", names[face.type_in]) if face.type_in else ""
    voices = _voices(settings.note_types[key], names)
    words = settings.catalogue
    above = (FrontPart.ID,) if settings.front is None else settings.front
    below = () if settings.front is None else [part for part in _MARKS if part not in above]
    parts = {
        "head": _head(part for part in _MARKS if part in above),
        "below": _head(below),
        "classes": f"note-{key} face-{face.key}",
        "front": _anki(face.front, names, voices).strip(),
        "back": _anki(face.back, names, voices).strip(),
        "hint": own_text("templates/own-hint.html").replace("%hint%", names[face.hint]) if face.hint else "",
        "typed": typed,
        "language": html.escape(settings.language.text),
        "direction": direction(settings.language.text),
        "foot": foot(settings),
        "references": html.escape(words.gettext("References"), quote=False),
        "related": html.escape(words.gettext("Related cards"), quote=False),
    }
    front = _filled("own-front", parts)
    question = _filled("own-front", {**parts, "typed": ""}) if typed else ""
    answer = typed.rstrip("\n") + voices.get(face.type_in, "")
    back = _filled("own-typed-back" if typed else "own-back", {**parts, "question": question, "typed": answer})
    return Template(place.name, _conditional(front, [names[key] for key in face.needs]), back)


def _head(shown: Iterable[FrontPart]) -> str:
    marks = [_MARKS[part] for part in shown]
    return "\n".join(['<header class="head">', *marks, "</header>"]) if marks else ""


def _filled(name: str, parts: dict[str, str]) -> str:
    made = own_text(f"templates/{name}.html")
    return re.sub(r"%([a-z]+)%\n?", lambda match: _line(match, parts[match[1]]), made)


def _line(match: re.Match[str], part: str) -> str:
    """Return a part, on a line of its own if its mark was; a part that is empty leaves no line."""
    return f"{part.strip()}\n" if part.strip() and match[0].endswith("\n") else part.strip()


def _conditional(front: str, needs: Iterable[str]) -> str:
    """Return a front that is empty unless all of these fields are filled, so that Anki makes no card."""
    for name in reversed(list(needs)):
        front = f"{{{{#{name}}}}}{front}{{{{/{name}}}}}"
    return f"{front}\n" if not front.endswith("\n") else front


def _voices(note_type: model.NoteType, names: Mapping[str, str]) -> dict[str, str]:
    """Return the commands by which Anki reads fields aloud, by key (docs.ankiweb.net, "Text to speech")."""
    return {
        field.key.text: f"{{{{tts {field.tts.text}:{names[field.key.text]}}}}}"
        for field in note_type.fields
        if field.tts is not None and field.kind not in model.MEDIA
    }


def _anki(nodes: tuple[TemplateNode, ...], names: dict[str, str], voices: Mapping[str, str]) -> str:
    return without_card_links("".join(_parts(nodes, names, voices)))


def _parts(nodes: tuple[TemplateNode, ...], names: dict[str, str], voices: Mapping[str, str]) -> Iterator[str]:
    for node in nodes:
        if node.content is not None:
            name = names[node.key]
            sign = "^" if node.negated else "#"
            yield f"{{{{{sign}{name}}}}}{''.join(_parts(node.content, names, voices))}{{{{/{name}}}}}"
        elif node.key:
            yield f"{{{{{names[node.key]}}}}}{voices.get(node.key, '')}"
        else:
            # A brace of the text, or of a formula, could begin a field of Anki.
            yield inert(node.text).replace("{", "&#123;").replace("}", "&#125;")
