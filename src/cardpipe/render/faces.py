"""Render notes of a deck's own types: the templates of faces once, and the values of fields for each card.

A template is rendered with placeholders instead of its marks, so that every format shows what Anki shows, which inserts
the HTML of a field into the HTML of a template.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from cardpipe.markup.templates import MarkKind, filled, named, nested, parse
from cardpipe.model.note_types import EMPTY, FieldKind, Show, needed
from cardpipe.render.line_breaks import joined, unfolded
from cardpipe.text.escaping import PlainText, html_text, markdown_text
from cardpipe.text.style_sheets import scoped
from cardpipe.writers.api import FaceTemplate, RenderedFace, RenderedField, RenderedNoteType, TextForm, shown_faces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.markup.templates import Mark, TemplateNode
    from cardpipe.model.deck import DeckSettings
    from cardpipe.model.note_types import Face, FieldValue, NoteType
    from cardpipe.text.positions import SourceText
    from cardpipe.writers.api import RenderedCard

_FIRST: Final = 0xE100
"""The first of the private-use characters that stand for the marks of a template."""
_RESERVED: Final = re.compile("[\ue100-\ue2ff]")
_OPENING: Final = r"<p(?: [^<>]*)?>"
_TAG: Final = re.compile(r"<(/?)([a-z][a-z0-9]*)(?:\"[^\"]*\"|[^<>\"])*>")
_VOID: Final = frozenset({"br", "hr", "img", "source", "wbr"})
_OWN_DIRECTION: Final = re.compile(r'<p (dir="(?:ltr|rtl)")>((?:(?!</?p>).)*)</p>', re.DOTALL)
_ALT_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>{}$!])")


class Texts(Protocol):
    """Renders Markdown in the form of a format."""

    def block(self, text: str) -> str:
        """Return blocks."""

    def phrase(self, text: str) -> str:
        """Return text within a line."""

    def plain(self, text: PlainText) -> str:
        """Return a paragraph of plain text."""


class FaceRenderer:
    """Renders notes in one form."""

    def __init__(self, texts: Texts, form: TextForm) -> None:
        self._texts = texts
        self._form = form
        self._types: dict[str, RenderedNoteType] = {}

    def note_type(self, note_type: NoteType) -> RenderedNoteType:
        """Return a note type with the templates of its faces; rendered once."""
        key = note_type.key.text
        if key not in self._types:
            self._types[key] = RenderedNoteType(
                key=key, name=note_type.name, faces=tuple(self._face(face, note_type) for face in note_type.faces)
            )
        return self._types[key]

    def _face(self, face: Face, note_type: NoteType) -> FaceTemplate:
        front, back = (parse(unfolded(side), note_type.keys).nodes for side in (face.front, face.back))
        known = note_type.keys
        return FaceTemplate(
            key=face.key.text,
            name=face.name,
            front=self._side(face.front, note_type),
            back=self._side(face.back, note_type),
            needs=tuple(key for key in needed(face, front, back) if key in known),
            type_in=face.type_in.text if face.type_in is not None and face.type_in.text in known else "",
            hint=face.hint.text if face.hint is not None and face.hint.text in known else "",
        )

    def _side(self, side: SourceText, note_type: NoteType) -> tuple[TemplateNode, ...]:
        text = _RESERVED.sub("\ufffd", unfolded(side))
        marks = parse(text, note_type.keys).marks
        parts, position = [], 0
        for number, mark in enumerate(marks):
            parts += [text[position : mark.start], chr(_FIRST + number)]
            position = mark.end
        made = self._texts.block("".join(parts) + text[position:])
        if self._form is TextForm.HTML:
            made = _with_blocks(made, marks, note_type)
        stretches = _stretches(made, marks)
        if self._form is TextForm.HTML and (stretches is None or not _is_well_formed(stretches)):
            stretches = None
        if stretches is None:
            # Lint refuses such a template, whose marks are shown as they are written.
            stretches = [(self._texts.block(text), None)]
        return nested(stretches)

    # --- Cards -------------------------------------------------------------------------------------------------------

    def fields(self, values: Sequence[FieldValue]) -> tuple[RenderedField, ...]:
        """Return the filled fields of a card."""
        made = ((value, self._value(value)) for value in values)
        return tuple(
            RenderedField(key=value.field.key.text, name=value.field.name, kind=value.field.kind, content=content)
            for value, content in made
            if EMPTY.fullmatch(content) is None
        )

    def faces(self, note_type: NoteType, fields: Sequence[RenderedField]) -> tuple[RenderedFace, ...]:
        """Return the faces that a card has, by the rules of Anki."""
        values = {field.key: field.content for field in fields}
        return tuple(
            RenderedFace(
                key=face.key,
                name=face.name,
                number=number,
                front=filled(face.front, values).strip(),
                back=self._back(face, values),
                typed=PlainText(self._plain(values[face.type_in])) if values.get(face.type_in) else PlainText(""),
                hint=values.get(face.hint, ""),
                hint_name=note_type_name(note_type, face.hint),
            )
            for number, face in enumerate(self.note_type(note_type).faces)
            if all(key in values for key in face.needs)
        )

    def _back(self, face: FaceTemplate, values: dict[str, str]) -> str:
        """Return the back with the answer to type, which Anki shows between front and back."""
        made = filled(face.back, values).strip()
        if not values.get(face.type_in) or any(node.is_value and node.key == face.type_in for node in face.back):
            return made
        return f"{self._paragraph(values[face.type_in])}\n\n{made}".strip()

    def sides(
        self, note_type: NoteType, fields: Sequence[RenderedField], faces: Sequence[RenderedFace]
    ) -> tuple[str, str]:
        """Return question and answer that show all faces, one after the other, or the record."""
        if faces and note_type.show is Show.FACES:
            others = [part for face in faces[1:] for part in (self._heading(face), face.front, self._rule, face.back)]
            return faces[0].front, "\n\n".join(part for part in (faces[0].back, *others) if part)
        first = fields[0].content if fields else ""
        return self._paragraph(first), "\n\n".join(self._entry(field) for field in fields[1:])

    def _heading(self, face: RenderedFace) -> str:
        if self._form is TextForm.MARKDOWN:
            return f"**{markdown_text(face.name)}**"
        return f"<p><strong>{html_text(face.name)}</strong></p>"

    @property
    def _rule(self) -> str:
        return "---" if self._form is TextForm.MARKDOWN else "<hr>"

    def _paragraph(self, content: str) -> str:
        return content if self._form is TextForm.MARKDOWN or content.startswith("<p>") else f"<p>{content}</p>"

    def _entry(self, field: RenderedField) -> str:
        if self._form is TextForm.MARKDOWN:
            gap = "\n\n" if field.kind.is_block else " "
            return f"**{markdown_text(field.name)}:**{gap}{field.content}"
        name = f"<strong>{html_text(field.name)}:</strong>"
        return f"<p>{name}</p>\n{field.content}" if field.kind.is_block else f"<p>{name} {field.content}</p>"

    def _plain(self, content: str) -> str:
        if self._form is TextForm.MARKDOWN:
            return " ".join(content.split())
        return " ".join(html.unescape(_TAG.sub("", content)).split())

    def _value(self, value: FieldValue) -> str:
        kind = value.field.kind
        if kind is FieldKind.TEXT:
            return self._texts.block(unfolded(value.text))
        if kind is FieldKind.LIST:
            items = [self._line(unfolded(part)) for part in value.parts]
            if self._form is TextForm.MARKDOWN:
                return "\n".join(f"- {item}" for item in items)
            return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"
        if kind in {FieldKind.PICTURE, FieldKind.SOUND}:
            return " ".join(self._line(medium(value, part)) for part in value.parts)
        if kind is FieldKind.NUMBER:
            return html_text(value.text.text)
        return self._line(unfolded(value.text))

    def _line(self, text: str) -> str:
        made = self._texts.phrase(joined(" ".join(text.split())))
        return _OWN_DIRECTION.sub(r"<span \1>\2</span>", made) if made.startswith("<p ") else made


def single_faces(card: RenderedCard, settings: DeckSettings) -> tuple[RenderedCard, ...]:
    """Return each face of a card as a card; the card itself if it shows a record or is not of a deck's own type.

    The first face keeps the ID, which other cards refer to; the last one has the references and related cards.
    """
    faces = shown_faces(card, settings)
    if not faces:
        return (card,)
    last = len(faces) - 1
    return tuple(
        replace(
            card,
            id=card.id if number == 0 else f"{card.id}.{face.key}",
            face="" if number == 0 else face.key,
            # It could give an answer away.
            title=PlainText(""),
            question_label=card.label,
            question=face.front,
            answer=face.back,
            faces=(face,),
            references=card.references if number == last else (),
            related=card.related if number == last else (),
        )
        for number, face in enumerate(faces)
    )


def note_styles(settings: DeckSettings) -> dict[str, str]:
    """Return the style sheets of note types by key, each limited to elements within those of the class `note-KEY`."""
    made = ((key, settings.style_of(note_type)) for key, note_type in settings.note_types.items())
    return {key: scoped(style, f".note-{key}") for key, style in made if style}


def with_class(card: RenderedCard) -> RenderedCard:
    """Return a card of a note type whose texts are in elements of the class `note-KEY`."""

    def within(text: str) -> str:
        return f'<div class="note-{card.note_type}">{text}</div>' if text else ""

    faces = (replace(face, front=within(face.front), back=within(face.back)) for face in card.faces)
    return replace(card, question=within(card.question), answer=within(card.answer), faces=tuple(faces))


def without_answers(
    note_type: NoteType, fields: Sequence[RenderedField], faces: Sequence[RenderedFace]
) -> tuple[tuple[RenderedField, ...], tuple[RenderedFace, ...]]:
    """Return what an edition without answers shows: the fields of fronts, and faces without their backs."""
    asked = {key for face in note_type.faces for key in named(parse(unfolded(face.front), note_type.keys).nodes)}
    return (
        tuple(field for field in fields if field.key in asked),
        tuple(replace(face, back="", typed=PlainText("")) for face in faces),
    )


def note_type_name(note_type: NoteType, key: str) -> str:
    """Return what people see as the name of a field; empty if there is none."""
    field = note_type.field(key) if key else None
    return field.name if field is not None else ""


def medium(value: FieldValue, part: SourceText) -> str:
    """Return the Markdown image of a picture or sound, whose alternative text is the field's name."""
    written = " ".join(unfolded(part).split())
    if written.startswith("figure:"):
        return f"![]({written})"
    label = _ALT_SPECIAL.sub(r"\\\1", value.field.name)
    return f"![{label}](<{written}>)" if not re.search(r"[<>\\]", written) else label


def _with_blocks(made: str, marks: Sequence[Mark], note_type: NoteType) -> str:
    """Return the HTML in which conditions and fields with blocks are not within paragraphs of their own."""
    of_block: list[str] = []
    for number, mark in enumerate(marks):
        field = note_type.field(mark.key)
        if mark.kind is not MarkKind.VALUE or (field is not None and field.kind.is_block):
            of_block.append(chr(_FIRST + number))
    for number, end in _pairs(marks):
        begin, close = chr(_FIRST + number), chr(_FIRST + end)
        whole = rf"(?s)({_OPENING}){begin}((?:(?!</?p[ >]).)*){close}</p>"
        made = re.sub(whole, rf"{begin}\1\2</p>{close}", made, count=1)
    if of_block:
        made = re.sub(rf"{_OPENING}\s*((?:[{''.join(of_block)}]\s*)+)</p>", r"\1", made)
    return made


def _pairs(marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """Return the numbers of the marks that begin and end a condition."""
    begun: list[int] = []
    pairs = []
    for number, mark in enumerate(marks):
        if mark.kind is MarkKind.END:
            pairs.append((begun.pop(), number))
        elif mark.kind is not MarkKind.VALUE:
            begun.append(number)
    return pairs


def _stretches(made: str, marks: Sequence[Mark]) -> list[tuple[str, Mark | None]] | None:
    """Return the texts between the marks, each with the mark after it; None if a mark is lost."""
    parts: list[tuple[str, Mark | None]] = []
    position = 0
    for number, mark in enumerate(marks):
        found = made.find(chr(_FIRST + number), position)
        if found < 0:
            return None
        parts.append((made[position:found], mark))
        position = found + 1
    parts.append((made[position:], None))
    return None if any(_RESERVED.search(text) for text, _ in parts) else parts


def _is_well_formed(stretches: Sequence[tuple[str, Mark | None]]) -> bool:
    """Return whether each condition holds whole elements, and no mark is within a tag."""
    levels: list[list[str]] = [[]]
    for text, mark in stretches:
        rest = _TAG.sub("", text)
        if "<" in rest or ">" in rest:
            return False
        for close, name in _TAG.findall(text):
            if name in _VOID:
                continue
            if not close:
                levels[-1].append(name)
            elif not levels[-1] or levels[-1].pop() != name:
                return False
        if mark is None or mark.kind is MarkKind.VALUE:
            continue
        if mark.kind is not MarkKind.END:
            levels.append([])
        elif levels.pop():
            return False
    return levels == [[]]


def by_type(note_types: Mapping[str, NoteType], renderer: FaceRenderer) -> tuple[RenderedNoteType, ...]:
    """Return the rendered note types of a deck."""
    return tuple(renderer.note_type(note_type) for note_type in note_types.values())
