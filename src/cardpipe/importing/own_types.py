"""Note types of the source that become note types of the deck: keys, labels, kinds of fields, faces."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cardpipe.assets.pictures import MEDIA_TYPES
from cardpipe.assets.sounds import is_sound
from cardpipe.importing.api import FieldForm, NoteTypeKind
from cardpipe.importing.card_text import one_line, text_entry
from cardpipe.importing.existence import needed_fields
from cardpipe.importing.faces import FaceText, FaceWriter
from cardpipe.importing.note_styles import allowed
from cardpipe.importing.templates import parts
from cardpipe.markup.templates import MOST_MARKS, parse
from cardpipe.model import card_ids
from cardpipe.model.note_types import BUILT_IN, CARD_KEYS, EMPTY, FieldKind, Show, is_reserved, spoken
from cardpipe.source import bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cardpipe.importing.api import ImportedNoteType
    from cardpipe.importing.markdown import Converter
    from cardpipe.importing.shipped.types import ShippedFace, ShippedType

_MOST_TEMPLATE: Final = 50_000
"""Maximum characters of a side of a template that becomes a face."""
_LONGEST_LABEL: Final = 60
_LONGEST_LINE: Final = 1_500
"""Maximum characters of a line; lint allows somewhat more, which escapes can take."""
_NOT_IN_LABEL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f<>&\"{}:\\]+")
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_PICTURES: Final = re.compile(
    r"(?:\s|</?(?:div|br|p)\s*/?>)*(?:<img\b[^<>]*>(?:\s|</?(?:div|br|p)\s*/?>)*)+", re.IGNORECASE
)
_SOURCE: Final = re.compile(r"\ssrc\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))", re.IGNORECASE)
_SOUNDS: Final = re.compile(r"\s*(?:\[sound:[^\[\]<>\n]{1,300}\]\s*)+")
_SOUND: Final = re.compile(r"\[sound:([^\[\]<>\n]{1,300})\]")
_MARKUP: Final = re.compile(r"[<\n\r]|\\\[|\[\$|\[latex\]|\[sound:", re.IGNORECASE)
_NOT_A_LINE: Final = re.compile(r" {0,3}(?:[-*+>|#]|[0-9]{1,9}[.)](?:\s|$)|`{3}|~{3}|\$\$|<(?:br|hr)\b)")
_BLOCK: Final = re.compile(r"<(?:p|div|ul|ol|table|pre|blockquote|figure|hr|h[1-6])\b")
_PLAYER: Final = re.compile(r"<span class=\"sound\"[^<>]*>(\[sound:[^\[\]<>\n]{1,300}\])</span>")
"""A sound as cardpipe writes it."""
_LIST: Final = re.compile(r"<ul>((?:<li>(?:(?!</?(?:li|ul|ol)[ >]).)*</li>)+)</ul>", re.DOTALL)
_LIST_ITEM: Final = re.compile(r"<li>((?:(?!</li>).)*)</li>", re.DOTALL)
_LONG_RECORD: Final = 400
_FEWEST_IN_TABLE: Final = 20
"""The number of notes from which the records of a type are in a table, if they are short."""


@dataclass(slots=True)
class OwnField:
    """A field: its key, what people see, and its kind."""

    name: str
    """Its name in the source."""
    key: str
    label: str
    kind: FieldKind = FieldKind.LINE
    required: bool = False
    tts: str = ""


@dataclass(slots=True)
class OwnFace:
    """A face; `marker` is the key of the field that only says that its card exists, empty if there is none."""

    key: str
    label: str
    text: FaceText
    needs: tuple[str, ...]
    marker: str = ""
    front: str = ""
    """The front in the source."""
    says_needs: bool = True
    """Whether the declaration says what it needs; otherwise that follows from its sides."""


@dataclass(slots=True)
class OwnType:
    """A note type of the new deck."""

    key: str
    label: str
    source: ImportedNoteType
    fields: list[OwnField]
    faces: list[OwnFace] = field(default_factory=list)
    style: str = ""
    remarks: list[str] = field(default_factory=list)
    is_table: bool = False
    places: tuple[int, ...] | None = None
    """The places of the fields in the source; None if they are in order."""
    show: Show = Show.FACES

    @property
    def is_declared(self) -> bool:
        """Whether the source says what the note type was made of."""
        return self.places is not None

    def ordered(self, fields: Sequence[str]) -> Sequence[str]:
        """Return the fields of a note in the order of the declaration."""
        if self.places is None:
            return fields
        return [fields[place] if place < len(fields) else "" for place in self.places]

    @property
    def needed(self) -> frozenset[str]:
        """The keys of fields that must not become empty."""
        keys = {key for face in self.faces for key in face.needs}
        return frozenset(keys | {one.key for one in self.fields if one.required})

    @property
    def by_name(self) -> dict[str, str]:
        """The keys of fields by their names in the source."""
        return {one.name: one.key for one in self.fields}

    def declaration(self) -> Iterator[str]:
        """Yield the lines of the note type in `deck.yaml`."""
        yield f"  {self.key}:"
        if not self.is_declared or self.label != spoken(self.key):
            yield f"    name: {one_line(self.label)}"
        yield "    fields:"
        for one in self.fields:
            details = [f"kind: {one.kind.value}"]
            details += ["required: true"] if one.required else []
            details += [f"label: {one_line(one.label, flow=True)}"] if one.label != spoken(one.key) else []
            details += [f"tts: {one.tts}"] if one.tts else []
            yield f"      {one.key}: {one.kind.value if len(details) == 1 else '{' + ', '.join(details) + '}'}"
        yield "    faces:"
        for face in self.faces:
            yield f"      {face.key}:"
            if face.label != spoken(face.key):
                yield f"        label: {one_line(face.label)}"
            yield from text_entry("front", face.text.front, "        ")
            yield from text_entry("back", face.text.back, "        ")
            if face.says_needs:
                yield f"        needs: [{', '.join(face.needs)}]"
            if face.text.type_in:
                yield f"        type_in: {face.text.type_in}"
            if face.text.hint:
                yield f"        hint: {face.text.hint}"
        if self.style:
            yield f"    style: {self.key}.css"
        if self.show is not Show.FACES:
            yield f"    show: {self.show.value}"

    def values(self, fields: Sequence[str]) -> dict[str, str]:
        """Return the fields of a note by key, as the source has them, with those that only mark cards."""
        known = zip(self.fields, self.ordered(fields[: len(self.source.fields)]), strict=False)
        made = {one.key: value for one, value in known if EMPTY.fullmatch(value) is None}
        filled = {one.name for one in self.fields if one.key in made}
        markers = {face.marker for face in self.faces if face.marker and makes_card(face.front, filled)}
        return made | dict.fromkeys(sorted(markers), "1")


def makes_card(front: str, filled: Iterable[str]) -> bool:
    """Return whether Anki makes the card of a front if these fields are filled."""
    from cardpipe.importing.templates import is_filled

    return is_filled(front, dict.fromkeys(filled, "x"))


def pattern_of(note_type: ImportedNoteType, fields: Sequence[str]) -> frozenset[int]:
    """Return the indices of the fields of a note that Anki takes for filled."""
    known = len(note_type.fields)
    return frozenset(index for index, value in enumerate(fields[:known]) if EMPTY.fullmatch(value) is None)


def can_be_own(note_type: ImportedNoteType) -> bool:
    """Return whether a note type can become one of the deck: it has templates, and is within the limits."""
    names = [one.name for one in note_type.fields]
    sides = [side for template in note_type.templates for side in (template.front, template.back)]
    return (
        note_type.kind is NoteTypeKind.STANDARD
        and 0 < len(names) <= bounds.NOTE_FIELDS - bounds.FACES
        and 0 < len(note_type.templates) <= bounds.FACES
        and len(set(names)) == len(names)
        and all(len(side) <= _MOST_TEMPLATE and side.count("{{") <= MOST_MARKS // 2 for side in sides)
        and all(any(part.name in names and not part.sign for part in parts(one.front)) for one in note_type.templates)
    )


def declared_type(shipped: ShippedType) -> OwnType:
    """Return a note type as a package of cardpipe declares it."""
    keys = tuple(one.key for one in shipped.fields)
    style, left = allowed(shipped.style)
    return OwnType(
        shipped.key,
        shipped.name,
        shipped.note_type,
        [OwnField(one.name, one.key, one.name, one.kind, one.required, one.tts) for one in shipped.fields],
        [
            OwnFace(
                one.key,
                one.name,
                FaceText(one.front.rstrip("\n"), one.back.rstrip("\n"), one.type_in, one.hint),
                one.needs if one.needs is not None else _named(one, keys),
                says_needs=one.needs is not None,
            )
            for one in shipped.faces
        ],
        style=style if left else shipped.style and f"{shipped.style}\n",
        places=tuple(one.place for one in shipped.fields),
        show=shipped.show,
    )


def _named(face: ShippedFace, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields that a face needs if its declaration does not say so."""
    nodes = (*parse(face.front, keys).nodes, *parse(face.back, keys).nodes)
    typed = [face.type_in] if face.type_in else []
    return tuple(dict.fromkeys([*(node.key for node in nodes if node.is_value), *typed]))


# --- Names -----------------------------------------------------------------------------------------------------------


def type_key(name: str, taken: set[str]) -> str:
    """Return a new key for a note type, which is then taken."""
    taken.update(BUILT_IN)
    key = _key(name, taken, "-", "note-type")
    # Files have the name of the key.
    return _key(f"{name} cards", taken, "-", "note-type") if card_ids.is_reserved(key) else key


def _key(name: str, taken: set[str], hyphen: str, otherwise: str) -> str:
    latin = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", hyphen, latin).strip(hyphen).lstrip("0123456789_-")[: bounds.KEY - 5].rstrip(hyphen)
    stem = stem or otherwise
    number = 1
    while (key := stem if number == 1 else f"{stem}{hyphen}{number}") in taken:
        number += 1
    taken.add(key)
    return key


def label_of(name: str, taken: set[str], otherwise: str) -> str:
    """Return what people see as a name: the name itself where Anki and cardpipe allow it."""
    plain = " ".join(_NOT_IN_LABEL.sub(" ", unicodedata.normalize("NFC", name)).split()).lstrip("#/^ ")
    plain = "".join(letter for letter in plain if unicodedata.category(letter)[0] != "C")
    plain = plain[: _LONGEST_LABEL - 5].strip() or otherwise
    number = 1
    while (label := plain if number == 1 else f"{plain} {number}").casefold() in taken or is_reserved(label):
        number += 1
    taken.add(label.casefold())
    return label


def fields_of(note_type: ImportedNoteType) -> list[OwnField]:
    """Return the fields with keys and labels, all of them lines."""
    keys: set[str] = set(CARD_KEYS)
    labels: set[str] = set()
    made = []
    for number, one in enumerate(note_type.fields, 1):
        key = _key(one.name, keys, "_", f"field_{number}")
        made.append(OwnField(one.name, key, label_of(one.name, labels, f"Field {number}")))
    return made


# --- Kinds of fields -------------------------------------------------------------------------------------------------


class FieldKinds:
    """Finds the kinds of the fields of a note type from all of its values."""

    def __init__(self, own: OwnType, converter: Converter, name_of: Callable[[str], str | None]) -> None:
        self._own = own
        self._converter = converter
        self._name_of = name_of
        count = len(own.fields)
        found = [FieldKind.PICTURE, FieldKind.SOUND, FieldKind.NUMBER, FieldKind.LINE]
        declared = {FieldKind.NUMBER: [FieldKind.NUMBER, FieldKind.LINE]}
        self._possible = [list(declared.get(one.kind, [one.kind]) if own.is_declared else found) for one in own.fields]
        self._has_values = [False] * count
        self._notes = self._filled_first = self._characters = self._lines = 0

    def add(self, fields: Sequence[str]) -> None:
        """Take the values of a note into account."""
        self._notes += 1
        for index, value in enumerate(self._own.ordered(fields)[: len(self._possible)]):
            if EMPTY.fullmatch(value) is not None:
                continue
            self._has_values[index] = True
            self._filled_first += index == 0
            self._characters += len(value)
            kept = [kind for kind in self._possible[index] if self._is(value, kind)]
            self._possible[index] = kept
            self._lines += not kept or kept[0] is FieldKind.TEXT

    def _is(self, value: str, kind: FieldKind) -> bool:
        tests: dict[FieldKind, Callable[[], bool]] = {
            FieldKind.PICTURE: lambda: bool(pictures_of(value, self._name_of)),
            FieldKind.SOUND: lambda: bool(sounds_of(value, self._name_of)),
            FieldKind.NUMBER: lambda: len(value) <= bounds.KEY and _NUMBER.fullmatch(value.strip()) is not None,
            FieldKind.LIST: lambda: lines_of(value) is not None,
            FieldKind.TEXT: lambda: True,
            FieldKind.LINE: lambda: self._is_line(value),
        }
        return tests[kind]()

    def _is_line(self, value: str) -> bool:
        form = self._own.source.form
        if form is FieldForm.RENDERED:
            return _BLOCK.search(value) is None
        if len(value) > _LONGEST_LINE:
            return False
        if form is FieldForm.HTML and _MARKUP.search(value) is None:
            return True
        convert = self._converter.markdown if form is FieldForm.MARKDOWN else self._converter.html
        return "\n" not in value.strip() and is_line(convert(value).text)

    def finish(self) -> None:
        """Set the kinds, and whether the records go into a table."""
        own = self._own
        for one, possible, is_used in zip(own.fields, self._possible, self._has_values, strict=True):
            if is_used or not own.is_declared:
                # Sides with a field within a line cannot show one of paragraphs.
                is_block = one.kind.is_block if own.is_declared else is_used
                one.kind = possible[0] if is_used and possible else FieldKind.TEXT if is_block else FieldKind.LINE
        if not own.is_declared:
            own.fields[0].required = self._filled_first == self._notes > 0
        is_short = self._characters <= self._notes * _LONG_RECORD and self._lines * 10 <= self._notes
        self._own.is_table = self._notes >= _FEWEST_IN_TABLE and is_short


def lines_of(value: str) -> list[str] | None:
    """Return the items of a list as cardpipe renders it; None for any other field."""
    whole = _LIST.fullmatch(value)
    return _LIST_ITEM.findall(whole[1]) if whole is not None else None


def is_line(text: str) -> bool:
    """Return whether Markdown is text within one line."""
    return "\n" not in text and len(text) <= bounds.DESCRIPTION and _NOT_A_LINE.match(text) is None


def pictures_of(value: str, name_of: Callable[[str], str | None]) -> list[str]:
    """Return the new names of the pictures that are all that a field shows; empty for any other field."""
    import html

    if "<" not in value or _PICTURES.fullmatch(value) is None:
        return []
    sources = [
        next(part for part in match.groups("") if part) for match in _SOURCE.finditer(value) if any(match.groups())
    ]
    names = [name_of(html.unescape(source)) for source in sources]
    suffixes = [f".{(name or '').rpartition('.')[2].lower()}" for name in names]
    if len(names) != value.lower().count("<img") or any(suffix not in MEDIA_TYPES for suffix in suffixes):
        return []
    return [name for name in names if name][: bounds.ITEMS]


def sounds_of(value: str, name_of: Callable[[str], str | None]) -> list[str]:
    """Return the new names of the sounds that are all that a field plays; empty for any other field."""
    import html

    value = _PLAYER.sub(r"\1", value)
    if not value.lstrip().startswith("[") or _SOUNDS.fullmatch(value) is None:
        return []
    names = [name_of(html.unescape(match[1]).strip()) for match in _SOUND.finditer(value)]
    return [name for name in names if name] if all(name is not None and is_sound(name) for name in names) else []


# --- Faces -----------------------------------------------------------------------------------------------------------


def add_faces(
    own: OwnType, patterns: Iterable[frozenset[int]], converter: Converter, refuses: Callable[[str], bool]
) -> None:
    """Write the faces and the style sheet of a note type whose fields have their kinds.

    `refuses` says whether lint finds an error in a side.
    """
    names = [one.name for one in own.fields]
    known = [frozenset(names[index] for index in pattern) for pattern in patterns]
    keys: set[str] = set()
    labels: set[str] = set()
    taken = {one.key for one in own.fields} | set(CARD_KEYS)
    field_labels = {one.label.casefold() for one in own.fields}
    required = [one.key for one in own.fields if one.required]
    writer = FaceWriter(own.by_name, {one.key: one.kind for one in own.fields}, converter, refuses)
    for number, template in enumerate(own.source.templates, 1):
        key = _key(template.name, keys, "-", f"face-{number}")
        label = label_of(template.name, labels, f"Card {number}")
        needed = needed_fields(template.front, names, known)
        text = writer.face(template, needed or ())
        own.remarks += [f"The face “{label}” does not take over {remark}." for remark in writer.remarks]
        if writer.repeats_front:
            own.remarks.append(f"The back of “{label}” did not show the front, which now stands above it.")
        marker = ""
        if needed is None:
            marker = _key(f"makes_{key}", taken, "_", f"makes_{number}")
            own.fields.append(OwnField("", marker, label_of(f"Makes {label}", field_labels, f"Makes card {number}")))
            own.remarks.append(
                f"“{label}” does not exist where certain fields are filled; `{marker}` says which notes have it."
            )
        needs = (marker,) if marker else tuple(own.by_name[name] for name in needed or ())
        text = replace(text, front=_with_needed(text.front, needs, required))
        own.faces.append(OwnFace(key, label, text, needs, marker, template.front))
    own.style, left = allowed(own.source.css)
    own.remarks += [f"Left out: {what}." if not what.endswith(".") else f"Left out: {what}" for what in left]


def _with_needed(front: str, needs: Sequence[str], required: Iterable[str]) -> str:
    """Return a front that names a field without which the card does not exist, as lint wants it.

    If the original shows none, it is in a condition that never holds.
    """
    named = set(re.findall(r"\{([a-z][a-z0-9_-]*)\}", front))
    if named.intersection(needs) or named.intersection(required):
        return front
    return f"{front.rstrip()}\n\n{{!{needs[0]}}}{{{needs[0]}}}{{/{needs[0]}}}"
