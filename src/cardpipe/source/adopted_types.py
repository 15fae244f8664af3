"""Adopted note types: the files in `source/anki/`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.adopted import AdoptedField, AdoptedTemplate, AdoptedType, possible_parts
from cardpipe.model.anki_identity import LARGEST_ID, note_type_id
from cardpipe.model.diagnostics import Finding
from cardpipe.model.note_types import BUILT_IN
from cardpipe.source import bounds
from cardpipe.source.fields import Boolean, Field, Integer, ListOf, Record, Text, decode_into
from cardpipe.source.splicing import suggestion
from cardpipe.source.text_files import LARGEST_TEXT, text_file
from cardpipe.source.tree import FoundFile, at_file, found_files, read_file
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.anki_templates import SPECIAL, asks, mark_fault
from cardpipe.text.escaping import shortened
from cardpipe.text.nodes import MapNode
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from cardpipe.model.note_types import NoteType
    from cardpipe.text.positions import SourceFile, SourceText

ADOPTED_FOLDER: Final = "source/anki"
ADOPTED_FILE: Final = re.compile(rf"{ADOPTED_FOLDER}/([a-z][a-z0-9-]{{0,{bounds.KEY - 1}}})\.yaml")

_ID: Final = Integer(min=-LARGEST_ID, max=LARGEST_ID)
# Anki inserts names of note types and templates into its pages, and reads names of fields in templates. An arrow, as in
# “EN -> DE” or “EN <-> DE”, begins no element.
_NAME: Final = Text(
    single_line=True,
    pattern=r"(?!\s)(?:[^\x00-\x1f\x7f-\x9f<\x22{}]|<(?=[-=> ]))*[^\x00-\x1f\x7f-\x9f<\x22{}\s]",
    pattern_doc='Such a name has no " { }, no spaces at its ends, and a < only before - = > and a space.',
    max_length=bounds.ADOPTED_NAME,
)
_FIELD_NAME: Final = Text(
    single_line=True,
    pattern=r"(?![#/^\s])[^\x00-\x1f\x7f-\x9f<>\x22{}:]*[^\x00-\x1f\x7f-\x9f<>\x22{}:\s]",
    pattern_doc='Anki does not support these characters in such a name: < > " { } :, nor # / ^ and spaces at its '
    "start, nor spaces at its end.",
    max_length=bounds.ADOPTED_NAME,
)
_PART: Final = Text(
    pattern=r"[a-z][a-z0-9_-]*",
    pattern_doc="A part of a card, such as question, or the key of a field.",
    max_length=bounds.KEY,
)
_SIDE: Final = Text(max_length=bounds.ADOPTED_TEMPLATE)

_FIELD_FIELDS: Final = (
    Field("name", _FIELD_NAME, "Its name in Anki.", required=True, example="Front"),
    Field("id", _ID, "Its constant id, if it has one.", example=-3361226742612043264),
    Field(
        "holds",
        _PART,
        "What it holds: `title`, `question`, `answer`, `details`, `figures`, `references`, `related`, `notice`, "
        "`difficulty` or `id`; `reverse` for the field that makes the reversed card; or a field of the deck's note "
        "type. Default: nothing.",
        example="question",
    ),
    Field("rtl", Boolean(), "Whether it is edited from right to left. Default: `false`.", example=True),
)
_TEMPLATE_FIELDS: Final = (
    Field("name", _NAME, "Its name in Anki.", required=True, example="Card 1"),
    Field("id", _ID, "Its constant id, if it has one.", example=5093561722098364416),
    Field("front", _SIDE, "The front, in Anki's template language.", required=True, example="{{Front}}"),
    Field("back", _SIDE, "The back.", required=True, example="{{FrontSide}}<hr id=answer>{{Back}}"),
)
ADOPTED_FIELDS: Final = (
    Field(
        "kind",
        _PART,
        "The cards that are shipped in it: of a built-in kind, or of a note type of the deck.",
        required=True,
        example="basic",
    ),
    Field("id", Integer(min=1, max=LARGEST_ID), "The id of the note type.", required=True, example=1342697561419),
    Field("name", _NAME, "Its name in Anki.", required=True, example="Basic"),
    Field(
        "fields",
        ListOf(Record(_FIELD_FIELDS), min=1, max=bounds.ADOPTED_FIELDS),
        "The fields, in Anki's order.",
        required=True,
        example=[{"name": "Front", "holds": "question"}, {"name": "Back", "holds": "answer"}],
    ),
    Field(
        "templates",
        ListOf(Record(_TEMPLATE_FIELDS), min=1, max=bounds.FACES),
        "The card templates, in Anki's order.",
        required=True,
        example=[{"name": "Card 1", "front": "{{Front}}", "back": "{{FrontSide}}<hr id=answer>{{Back}}"}],
    ),
    Field(
        "left_out",
        ListOf(_PART, max=bounds.NOTE_FIELDS),
        "Fields of the deck's note type that Anki does not get.",
        example=["makes_card_2"],
    ),
    Field("style", _SIDE, "The style sheet.", example=".card { text-align: center; }"),
)
"""The keys of an adopted note type."""


def is_name(name: str) -> bool:
    """Return whether a note type or a template can have this name."""
    return len(name) <= bounds.ADOPTED_NAME and re.fullmatch(_NAME.pattern or "", name) is not None


def is_field_name(name: str) -> bool:
    """Return whether a field can have this name."""
    return (
        name not in SPECIAL
        and len(name) <= bounds.ADOPTED_NAME
        and re.fullmatch(_FIELD_NAME.pattern or "", name) is not None
    )


def read_adopted(
    root: Path,
    uid: str,
    note_types: Mapping[str, NoteType],
    unsaved: Mapping[str, bytes],
    files: list[SourceFile],
    findings: list[Finding],
) -> dict[str, AdoptedType]:
    """Return the adopted note types by key, in the order of their files; faulty ones are findings."""
    made: dict[str, AdoptedType] = {}
    files_by_path = {file.path: file for file in found_files(root, ADOPTED_FOLDER, findings)}
    files_by_path |= {path: FoundFile(path, root) for path in unsaved if ADOPTED_FILE.fullmatch(path) is not None}
    matches = [match for path in sorted(files_by_path) if (match := ADOPTED_FILE.fullmatch(path)) is not None]
    if len(matches) > bounds.NOTE_TYPES:
        message = f"A deck can have at most {bounds.NOTE_TYPES} adopted note types."
        findings.append(Finding("SCH004", at_file(matches[bounds.NOTE_TYPES][0]), message))
    for match in matches[: bounds.NOTE_TYPES]:
        file = files_by_path[match[0]]
        data = unsaved[file.path] if file.path in unsaved else read_file(file, LARGEST_TEXT, findings)
        source = text_file(file.path, data, findings) if data is not None else None
        if source is None:
            continue
        files.append(source)
        before = len(findings)
        node = read_yaml(source, findings)
        if not isinstance(node, MapNode):
            if len(findings) == before:
                advice = f"The keys are: {', '.join(field.name for field in ADOPTED_FIELDS)}."
                whole = source.span(0, len(source.line(1)))
                findings.append(Finding("SCH003", whole, "An adopted note type must be a mapping.", help=advice))
            continue
        values = decode_into(node, ADOPTED_FIELDS, findings)
        if len(findings) == before:
            one = _adopted(match[1], file.path, values)
            findings += _contradictions(one, uid, note_types, made.values())
            if len(findings) == before:
                made[one.key] = one
    return dict(sorted(made.items()))


def _adopted(key: str, path: str, values: Mapping[str, Any]) -> AdoptedType:
    return AdoptedType(
        key=key,
        path=path,
        kind=values["kind"],
        id=values["id"],
        name=values["name"],
        fields=tuple(
            AdoptedField(
                name=one["name"], id=one.get("id"), holds=one.get("holds"), right_to_left=one.get("rtl", False)
            )
            for one in values["fields"]
        ),
        templates=tuple(
            AdoptedTemplate(name=one["name"], id=one.get("id"), front=one["front"], back=one["back"])
            for one in values["templates"]
        ),
        style=values.get("style"),
        left_out=values.get("left_out", ()),
    )


def _contradictions(
    one: AdoptedType, uid: str, note_types: Mapping[str, NoteType], others: Iterable[AdoptedType]
) -> Iterator[Finding]:
    """Yield what the values do not fit: the kinds of the deck, or each other."""
    known = (*BUILT_IN, *note_types)
    if one.kind.text not in known:
        yield _unknown(one.kind, "kind of cards", known)
        return
    yield from _taken(one, uid, known, others)
    if one.is_cloze and len(one.templates) > 1:
        yield Finding("SCH004", one.templates[1].name.span(), "A note type of clozes has one template.")
    parts = possible_parts(note_types.get(one.kind.text))
    held: set[str] = set()
    for field in one.fields:
        if field.holds is None:
            continue
        if field.holds.text not in parts:
            yield _unknown(field.holds, f"part of a card of the kind “{one.kind.text}”", parts)
        elif field.holds.text in held:
            yield Finding("SCH004", field.holds.span(), f"Another field holds “{field.holds.text}”.")
        held.add(field.holds.text)
    if "question" in parts and "question" not in held:
        yield Finding("SCH004", one.name.span(), "No field holds the question.")
    yield from _doubled(one)
    yield from _template_faults(one)


def _taken(one: AdoptedType, uid: str, known: Collection[str], others: Iterable[AdoptedType]) -> Iterator[Finding]:
    """Yield what other notes of the package have: the id, or the name by which releases know the note type."""
    if any(one.id == other.id for other in others):
        yield Finding("SCH004", one.name.span(), f"Another file in {ADOPTED_FOLDER}/ has the id {one.id}.")
    if one.key in known and one.key != one.kind.text:
        message = f"The file has the name of the kind “{one.key}”, and the cards of the kind “{one.kind.text}”."
        yield Finding("SCH004", one.kind.span(), message, help=f"Rename it to {one.kind.text}.yaml.")
    same = next((kind for kind in known if kind != one.kind.text and note_type_id(uid, kind) == one.id), None)
    if same is not None:
        yield Finding("SCH004", one.name.span(), f"The cards of the kind “{same}” have the id {one.id}.")


def _doubled(one: AdoptedType) -> Iterator[Finding]:
    for named, word in ((one.fields, "field"), (one.templates, "template")):
        seen: set[str] = set()
        ids: set[int] = set()
        for item in named:
            if item.id in ids:
                yield Finding("SCH004", item.name.span(), f"Another {word} has the id {item.id}.")
            ids |= {item.id} if item.id is not None else set()
            if item.name.text.casefold() in seen:
                yield Finding("SCH004", item.name.span(), f"Another {word} has this name.")
            seen.add(item.name.text.casefold())


def _template_faults(one: AdoptedType) -> Iterator[Finding]:
    """Yield what makes Anki show an error, or a question that is empty or has its answer, in place of a card."""
    names = {field.name.text for field in one.fields}
    yield from (
        Finding("SCH004", field.name.span(), f"Anki does not support a field “{field.name.text}”.")
        for field in one.fields
        if field.name.text in SPECIAL
    )
    for template in one.templates:
        for side in (template.front, template.back):
            fault = mark_fault(side.text, names)
            if fault is not None:
                start, end, what = fault
                yield Finding("SCH004", side.span(start, end), f"Anki cannot read the template: {what}.")
        if not asks(template.front.text, names, is_cloze=one.is_cloze):
            what = "a deletion: no field has the filter `cloze:`" if one.is_cloze else "a field"
            yield Finding("SCH004", template.front.span(), f"The front does not show {what}.")


def _unknown(written: SourceText, what: str, known: Iterable[str]) -> Finding:
    near = nearest(written.text, known)
    advice = f"Did you mean “{near}”?" if near is not None else f"Valid: {', '.join(known)}."
    message = f"“{shortened(written.text)}” is no {what}."
    return Finding("SCH004", written.span(), message, help=advice, fix=suggestion(written, near))
