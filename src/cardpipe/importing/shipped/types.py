"""Recognise note types of cardpipe's packages by their structure; nothing in a package is trusted.

The fields and templates of built-in kinds are the same in all versions. A deck's own note type says what it was made
of, with a digest of its templates: if these were edited, it is imported like that of any other program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from cardpipe.importing.api import FieldForm, NoteTypeKind
from cardpipe.markup.templates import parse
from cardpipe.model.deck import CardKind, FrontPart
from cardpipe.model.note_types import BUILT_IN, CARD_KEYS, SPARE_NAME, FieldKind, Show, is_reserved, spoken
from cardpipe.source import bounds
from cardpipe.source.note_type_fields import is_label, is_voice
from cardpipe.writers.anki.note_type import FIELDS
from cardpipe.writers.anki.origin import templates_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.importing.api import ImportedNoteType, ImportedTemplate

_NAMES: Final = tuple(one.name for one in FIELDS[:9])
"""The fields before the first spare one of the first release."""
_KEY: Final = re.compile(r"[a-z][a-z0-9_-]*")
_SHEET: Final = 'class="sheet front'
_LONGEST_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True)
class ShippedField:
    """A declared field, and its place in Anki."""

    key: str
    name: str
    kind: FieldKind
    place: int
    required: bool = False
    tts: str = ""


@dataclass(frozen=True, slots=True)
class ShippedFace:
    """A declared face."""

    key: str
    name: str
    front: str
    back: str
    needs: tuple[str, ...] | None = None
    type_in: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ShippedType:
    """A note type of a package of cardpipe: of a built-in kind, or of the deck with a declaration."""

    note_type: ImportedNoteType
    kind: CardKind | None
    """None for a note type of the deck."""
    facts: Mapping[str, Any]
    """What it says of its deck, unchecked."""
    key: str = ""
    name: str = ""
    show: Show = Show.FACES
    fields: tuple[ShippedField, ...] = ()
    faces: tuple[ShippedFace, ...] = ()
    style: str = ""
    places: Mapping[str, int] = field(default_factory=dict, hash=False)
    """The places of fields by name."""

    @property
    def uid(self) -> str:
        """The uid of the deck; empty if the package does not say it."""
        return uid_of(self.facts)

    def value(self, fields: Sequence[str], name: str) -> str:
        """Return a field of a note by its name; empty if the note does not have it."""
        place = self.places.get(name, len(fields))
        return fields[place] if place < len(fields) else ""


def text_of(facts: Mapping[str, Any], key: str, most: int = _LONGEST_TEXT) -> str:
    """Return a text of what a package says; empty for anything else."""
    value = facts.get(key)
    return value if isinstance(value, str) and len(value) <= most else ""


def uid_of(facts: Mapping[str, Any]) -> str:
    """Return the uid of a deck; empty if a package does not say it, or nothing that an author would write."""
    uid = text_of(facts, "uid", bounds.LINE)
    return uid if uid.isprintable() and uid == uid.strip() else ""


def recognised(note_type: ImportedNoteType) -> ShippedType | None:
    """Return a note type as one of cardpipe's; None for any other."""
    names = tuple(one.name for one in note_type.fields)
    if len(set(names)) != len(names) or not all(_SHEET in one.front for one in _used(note_type)):
        return None
    rendered = replace(note_type, form=FieldForm.RENDERED)
    facts = note_type.origin.get("deck")
    known = facts if isinstance(facts, dict) else {}
    if names[: len(_NAMES)] == _NAMES and all(_is_spare(name) for name in names[len(_NAMES) :]):
        return ShippedType(rendered, _kind(note_type), known, places={name: n for n, name in enumerate(names)})
    return _declared(rendered, known, names) if note_type.kind is NoteTypeKind.STANDARD else None


def _used(note_type: ImportedNoteType) -> Iterator[ImportedTemplate]:
    return (one for one in note_type.templates if SPARE_NAME.fullmatch(one.name) is None)


def _is_spare(name: str) -> bool:
    return name == "Notice" or SPARE_NAME.fullmatch(name) is not None


def _kind(note_type: ImportedNoteType) -> CardKind:
    if note_type.kind is not NoteTypeKind.STANDARD:
        return CardKind.CLOZE
    if len(note_type.templates) > 1:
        return CardKind.REVERSED
    return CardKind.TYPED if "{{type:Answer}}" in note_type.templates[0].front else CardKind.BASIC


def front_of(shipped: ShippedType) -> list[str] | None:
    """Return what a built-in note type shows above its questions; None for everything, the default."""
    facts = shipped.facts
    if facts:
        front = facts.get("front")
        known = {part.value for part in FrontPart}
        return [part for part in front if part in known] if isinstance(front, list) else None
    if shipped.kind is None:
        return None
    side = shipped.note_type.templates[0].front
    shown = [part.value for part in FrontPart if f'class="{part.value}"' in side]
    return None if len(shown) == len(FrontPart) else shown


# --- Declarations ----------------------------------------------------------------------------------------------------


def _declared(note_type: ImportedNoteType, facts: Mapping[str, Any], names: tuple[str, ...]) -> ShippedType | None:
    origin = note_type.origin
    made = origin.get("type")
    sides = (side for one in note_type.templates for side in (one.front, one.back))
    if not isinstance(made, dict) or origin.get("digest") != templates_digest(sides, note_type.css):
        return None
    places = {name: number for number, name in enumerate(names)}
    key = text_of(made, "key", bounds.KEY)
    fields = tuple(_fields(made.get("fields"), places))
    faces = tuple(_faces(made.get("faces"), [one.key for one in fields]))
    style = made.get("style")
    is_sound = (
        _KEY.fullmatch(key) is not None
        and "_" not in key
        and key not in BUILT_IN
        and "ID" in places
        and 0 < len(fields) <= bounds.NOTE_FIELDS
        and 0 < len(faces) <= bounds.FACES
        and len(fields) == len(made["fields"])
        and len(faces) == len(made["faces"])
        and len({one.name.casefold() for one in fields}) == len(fields)
        and len({one.name.casefold() for one in faces}) == len(faces)
    )
    if not is_sound:
        return None
    return ShippedType(
        note_type,
        None,
        facts,
        key=key,
        name=_label(made.get("name")) or spoken(key),
        show=Show.RECORD if made.get("show") == Show.RECORD.value else Show.FACES,
        fields=fields,
        faces=faces,
        style=note_type.css[-style:] if isinstance(style, int) and 0 < style <= len(note_type.css) else "",
        places=places,
    )


def _keyed(declared: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the items of a declaration that have a key of their own."""
    known: set[str] = set()
    for one in declared if isinstance(declared, list) else ():
        key = text_of(one, "key", bounds.KEY) if isinstance(one, dict) else ""
        if _KEY.fullmatch(key) and key not in known:
            known.add(key)
            yield key, one


def _fields(declared: object, places: Mapping[str, int]) -> Iterator[ShippedField]:
    """Yield the fields of a declaration that are as `deck.yaml` allows them."""
    kinds = {kind.value: kind for kind in FieldKind}
    for key, one in _keyed(declared):
        if key in CARD_KEYS:
            continue
        name, voice = _label(one.get("name")), text_of(one, "tts", 10)
        if name in places and one.get("kind") in kinds:
            yield ShippedField(
                key,
                name,
                kinds[one["kind"]],
                places[name],
                required=one.get("required") is True,
                tts=voice if is_voice(voice) else "",
            )


def _faces(declared: object, keys: Sequence[str]) -> Iterator[ShippedFace]:
    for key, one in _keyed(declared):
        front, back, needs = text_of(one, "front"), text_of(one, "back"), one.get("needs")
        named = [text_of(one, part, bounds.KEY) for part in ("type_in", "hint")]
        is_sound = (
            front.strip()
            and back.strip()
            and not any(parse(side, tuple(keys)).faults for side in (front, back))
            and (needs is None or (isinstance(needs, list) and needs and all(need in keys for need in needs)))
            and all(not part or part in keys for part in named)
        )
        if is_sound:
            name = _label(one.get("label")) or spoken(key)
            yield ShippedFace(key, name, front, back, None if needs is None else tuple(needs), *named)


def _label(value: object) -> str:
    return value if isinstance(value, str) and is_label(value) and not is_reserved(value) else ""
