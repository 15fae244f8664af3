"""The field tables of a deck's note types in `deck.yaml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.note_types import BUILT_IN, CARD_KEYS, Face, FieldKind, NoteField, NoteType, Show
from cardpipe.source import bounds
from cardpipe.source.fields import Boolean, Choice, Field, ListOf, MapOf, OneOf, Record, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cardpipe.text.positions import SourceText

_FIELD_KEY: Final = Text(
    pattern=rf"(?!(?:{'|'.join(CARD_KEYS)})$)[a-z][a-z0-9_-]*",
    pattern_doc="A field's name must be lower-case letters a to z, digits, “_” and “-”, beginning with a letter, and "
    "cannot be a key that every card has; write what people see as its `label`.",
    max_length=bounds.KEY,
)
_FACE_KEY: Final = Text(
    pattern=r"[a-z][a-z0-9_-]*",
    pattern_doc="A face's name must be lower-case letters a to z, digits, “_” and “-”, beginning with a letter; write "
    "what people see as its `label`.",
    max_length=bounds.KEY,
)
_TYPE_KEY: Final = Text(
    pattern=rf"(?!(?:{'|'.join(BUILT_IN)})$)[a-z][a-z0-9-]*",
    pattern_doc="A note type's name must be lower-case letters a to z, digits and “-”, beginning with a letter, and "
    f"cannot be a built-in kind ({', '.join(BUILT_IN)}); write what people see as its `name`.",
    max_length=bounds.KEY,
)
# Anki reads these signs in the templates of cards, and inserts the name of a hint into the page unescaped.
LABEL: Final = Text(
    single_line=True,
    pattern=r"(?![#/^\s])[^\x00-\x1f\x7f-\x9f<>&\x22{}:\\]*[^\x00-\x1f\x7f-\x9f<>&\x22{}:\\\s]",
    pattern_doc='Anki does not support these characters in such a name: < > & " { } : \\, nor # / ^ and spaces at '
    "its start, nor spaces at its end.",
    max_length=60,
)
_STYLE: Final = Text(
    pattern=r"[A-Za-z0-9][A-Za-z0-9._-]*\.css",
    pattern_doc="The name of a `.css` file in `source/styles/`: letters a to z, digits, “.”, “_” and “-”.",
    max_length=bounds.NAME,
)
VOICE: Final = Text(
    pattern="[a-z]{2,3}_[A-Z]{2}",
    pattern_doc="A language and a country as in Anki's {{tts}}: en_US, pt_BR, zh_CN.",
)
_WAS: Final = "The name under which it was released before, so that learners keep their history."

_KINDS: Final = {kind.value: kind for kind in FieldKind}

NOTE_FIELD_FIELDS: Final = (
    Field("kind", Choice(FieldKind), "What the field holds.", required=True, example="line"),
    Field("required", Boolean(), "Whether each card must fill it. Default: `false`.", example=True),
    Field("label", LABEL, "What people see. Default: its name with a capital letter.", example="Country"),
    Field("tts", VOICE, "The voice with which Anki reads the field aloud where a side shows it.", example="de_DE"),
    Field("was", _FACE_KEY, _WAS, example="nation"),
)
"""The keys of a field of a note type."""

FACE_FIELDS: Final = (
    Field("label", LABEL, "What people see. Default: its name with a capital letter.", example="Capital"),
    Field(
        "front",
        Text(),
        "The front, in Markdown: `{field}` shows a field, `{?field}…{/field}` is shown where it is filled, "
        "`{!field}…{/field}` where it is empty.",
        required=True,
        example="What is the capital of **{country}**?",
    ),
    Field("back", Text(), "The back, in the same form.", required=True, example="{capital}"),
    Field(
        "needs",
        ListOf(_FACE_KEY, min=1, max=bounds.NOTE_FIELDS),
        "The fields without which the card does not exist. Default: all that the sides name outside of conditions.",
        example=["country", "capital"],
    ),
    Field("type_in", _FACE_KEY, "The field that learners type as the answer; a `line` or `number`.", example="capital"),
    Field("hint", _FACE_KEY, "The field that the front shows on request.", example="capital_hint"),
    Field("was", _FACE_KEY, _WAS, example="main_city"),
)
"""The keys of a face."""

NOTE_TYPE_FIELDS: Final = (
    Field("name", LABEL, "What people see. Default: its name with a capital letter.", example="Country"),
    Field(
        "fields",
        MapOf(
            OneOf(
                Text(
                    pattern="|".join(_KINDS),
                    pattern_doc=f"The kinds of fields are {', '.join(_KINDS)}.",
                ),
                Record(NOTE_FIELD_FIELDS),
                lambda text: {"kind": _KINDS[text.text]},
            ),
            key=_FIELD_KEY,
            min=1,
            max=bounds.NOTE_FIELDS,
        ),
        "The fields in order, each with its kind, or with a mapping.",
        required=True,
        example={"country": {"kind": "line", "required": True}, "capital": "line"},
    ),
    Field(
        "faces",
        MapOf(Record(FACE_FIELDS), key=_FACE_KEY, min=1, max=bounds.FACES),
        "The cards that a note makes, in order.",
        required=True,
        example={"capital": {"front": "What is the capital of **{country}**?", "back": "{capital}"}},
    ),
    Field("style", _STYLE, "A style sheet in `source/styles/`, for this note type only.", example="country.css"),
    Field(
        "show",
        Choice(Show),
        "What PDF, HTML, Markdown and the site show of a note: its `faces` (the default), or the `record` as a whole.",
        example="record",
    ),
    Field("was", _TYPE_KEY, _WAS, example="nation"),
)
"""The keys of a note type."""


NOTE_TYPES: Final = MapOf(Record(NOTE_TYPE_FIELDS), key=_TYPE_KEY, max=bounds.NOTE_TYPES)


def is_label(name: str) -> bool:
    """Return whether a name can be shown to people."""
    return len(name) <= (LABEL.max_length or 0) and re.fullmatch(LABEL.pattern or "", name) is not None


def is_voice(name: str) -> bool:
    """Return whether it names a voice."""
    return re.fullmatch(VOICE.pattern or "", name) is not None


def note_types_of(pairs: Iterable[tuple[SourceText, dict[str, Any]]]) -> Iterator[NoteType]:
    """Build note types from their decoded values."""
    for key, values in pairs:
        yield NoteType(
            key=key,
            label=values.get("name"),
            fields=tuple(_field(name, field) for name, field in values["fields"]),
            faces=tuple(_face(name, face) for name, face in values["faces"]),
            style=values.get("style"),
            show=values.get("show", Show.FACES),
            was=values.get("was"),
        )


def _field(key: SourceText, values: dict[str, Any]) -> NoteField:
    return NoteField(
        key=key,
        kind=values["kind"],
        required=values.get("required", False),
        label=values.get("label"),
        tts=values.get("tts"),
        was=values.get("was"),
    )


def _face(key: SourceText, values: dict[str, Any]) -> Face:
    return Face(
        key=key,
        label=values.get("label"),
        front=values["front"],
        back=values["back"],
        needs=values.get("needs"),
        type_in=values.get("type_in"),
        hint=values.get("hint"),
        was=values.get("was"),
    )
