"""Note types of a deck: named fields of a card, and faces, the cards that one note makes."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.markup.templates import parse
from cardpipe.model.deck import CardKind

if TYPE_CHECKING:
    from cardpipe.markup.templates import TemplateNode
    from cardpipe.model.deck import Card
    from cardpipe.text.positions import SourceText


class FieldKind(enum.Enum):
    """What a field of a note type holds."""

    TEXT = "text"
    """Markdown with paragraphs, lists, formulas."""
    LINE = "line"
    """Markdown within one line."""
    PICTURE = "picture"
    """A file in `source/media/`, or `figure:ID`."""
    SOUND = "sound"
    """A file in `source/media/`."""
    NUMBER = "number"
    LIST = "list"
    """A list of lines."""

    @property
    def is_block(self) -> bool:
        """Whether its HTML is one or several blocks, which cannot stand within a line."""
        return self in {FieldKind.TEXT, FieldKind.LIST}

    @property
    def is_markdown(self) -> bool:
        """Whether its values are Markdown."""
        return self in {FieldKind.TEXT, FieldKind.LINE, FieldKind.LIST}

    @property
    def names_card(self) -> bool:
        """Whether a value can stand for a card without a title in lists."""
        return self.is_markdown or self is FieldKind.NUMBER


class Show(enum.Enum):
    """What formats other than Anki and CSV show of a note: each face, or the record as a whole."""

    FACES = "faces"
    RECORD = "record"


CARD_KEYS: Final = (
    "id",
    "guid",
    "type",
    "fields",
    "kind",
    "title",
    "figures",
    "tags",
    "related",
    "references",
    "difficulty",
    "status",
    "replaced_by",
    "notice",
)
"""Keys of a card, which no field of a note type can have as its name: in a table both stand side by side."""
BUILT_IN: Final = tuple(kind.value for kind in CardKind)
"""The kinds of cards, which no note type of a deck can have as its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteField:
    """A field of a note type."""

    key: SourceText
    kind: FieldKind
    required: bool = False
    label: SourceText | None = None
    """What people see; by default the key with a capital letter and spaces."""
    tts: SourceText | None = None
    """The language and country of the voice with which Anki reads it aloud; None for silence."""
    was: SourceText | None = None
    """The key with which it was released before."""

    @property
    def name(self) -> str:
        """What people see, and the field's name in Anki."""
        return self.label.text if self.label is not None else spoken(self.key.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A card that a note makes: its sides are Markdown with `{field}` and `{?field}…{/field}`."""

    key: SourceText
    label: SourceText | None = None
    front: SourceText
    back: SourceText
    needs: tuple[SourceText, ...] | None = None
    """The fields without which the card does not exist; None for those that its sides name outside of conditions."""
    type_in: SourceText | None = None
    """The field that is typed as the answer."""
    hint: SourceText | None = None
    """The field that the front shows on request."""
    was: SourceText | None = None
    """The key with which it was released before."""

    @property
    def name(self) -> str:
        """What people see, and the name of the card template in Anki."""
        return self.label.text if self.label is not None else spoken(self.key.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteType:
    """A note type of a deck, as `deck.yaml` declares it."""

    key: SourceText
    label: SourceText | None = None
    fields: tuple[NoteField, ...]
    faces: tuple[Face, ...]
    style: SourceText | None = None
    """The name of a file in `source/styles/`."""
    show: Show = Show.FACES
    was: SourceText | None = None
    """The key with which it was released before."""

    @property
    def name(self) -> str:
        """What people see."""
        return self.label.text if self.label is not None else spoken(self.key.text)

    @property
    def identity(self) -> str:
        """The key by which releases know it, and from which its constant ids are derived."""
        return self.was.text if self.was is not None else self.key.text

    def field(self, key: str) -> NoteField | None:
        """Return the field with a key, if there is one."""
        return next((field for field in self.fields if field.key.text == key), None)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its fields, in order."""
        return tuple(field.key.text for field in self.fields)


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A filled field of a card."""

    field: NoteField
    parts: tuple[SourceText, ...]
    """One text, or the items of a list."""
    texts: tuple[tuple[str, SourceText], ...]
    """Its Markdown texts, each with the field's key; empty for other kinds of fields."""

    @property
    def text(self) -> SourceText:
        """The first text."""
        return self.parts[0]


MEDIA: Final = frozenset({FieldKind.PICTURE, FieldKind.SOUND})
EMPTY: Final = re.compile(r"(?:[ \t\n\v\f\r]|</?(?:br|div) ?/?>)*", re.IGNORECASE)
"""The HTML of a field that Anki takes for empty (`field_is_empty` in rslib/src/template.rs)."""


_RESERVED: Final = frozenset(
    name.casefold()
    for name in (
        *("ID", "References", "Related", "Difficulty", "Notice"),
        *("FrontSide", "Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "CardID"),
    )
)
"""Names of fields that cardpipe adds, and of Anki's special fields, without case."""
SPARE_NAME: Final = re.compile(r"spare (?:card )?[0-9]+", re.IGNORECASE)
"""The names of fields and card templates that are kept free."""


def is_reserved(name: str) -> bool:
    """Return whether no field or face of a deck can have a name in Anki."""
    return name.casefold() in _RESERVED or SPARE_NAME.fullmatch(name) is not None


def filled_keys(card: Card) -> frozenset[str]:
    """Return the keys of the fields that Anki takes for filled."""
    return frozenset(
        value.field.key.text
        for value in card.values
        if len(value.parts) > 1 or EMPTY.fullmatch(value.text.text) is None
    )


def sides(face: Face, note_type: NoteType) -> tuple[tuple[TemplateNode, ...], tuple[TemplateNode, ...]]:
    """Return the parsed sides of a face."""
    keys = note_type.keys
    return parse(face.front.text, keys).nodes, parse(face.back.text, keys).nodes


def spoken(key: str) -> str:
    """Return a key as people would write it: `capital_hint` as “Capital hint”."""
    words = re.sub(r"[-_]+", " ", key).strip()
    return words[:1].upper() + words[1:]


def needed(face: Face, front: tuple[TemplateNode, ...], back: tuple[TemplateNode, ...]) -> tuple[str, ...]:
    """Return the keys of the fields without which a face does not exist, given its parsed sides."""
    if face.needs is not None:
        found = [key.text for key in face.needs]
    else:
        found = [node.key for node in (*front, *back) if node.is_value]
        found += [face.type_in.text] if face.type_in is not None else []
    return tuple(dict.fromkeys(found))
