"""Adoption: which note types of the source are kept as they are, so that learners' history goes on; their files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cardpipe.importing.api import NoteTypeKind
from cardpipe.importing.card_text import one_line, text_entry
from cardpipe.importing.existence import MOST_PATTERNS
from cardpipe.importing.note_styles import safe_rules
from cardpipe.importing.plan import has_words
from cardpipe.model.adopted import REVERSE
from cardpipe.model.anki_identity import LARGEST_ID, note_type_id
from cardpipe.model.deck import CardKind
from cardpipe.model.note_types import BUILT_IN
from cardpipe.source import bounds
from cardpipe.source.adopted_types import is_field_name, is_name
from cardpipe.text.anki_templates import asks, field_names, mark_fault, safe_template, template_faults

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from cardpipe.importing.api import ImportedField, ImportedNoteType, ImportedTemplate
    from cardpipe.importing.own_types import OwnType
    from cardpipe.importing.plan import Plan, TypeKey


@dataclass(slots=True)
class Adoption:
    """A note type that is kept: the name of its file, and what its fields hold."""

    key: str
    kind: str
    source: ImportedNoteType
    holds: tuple[str, ...]
    """For each field: a part of a card or the key of a field; empty for nothing."""
    joined: tuple[str, ...] = ()
    """The names of fields whose text goes into another one when their note is edited."""
    own: OwnType | None = None
    """The note type of the deck whose cards it has; None for a built-in kind."""
    remarks: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the lines of its file; what is not safe is left out and remarked."""
        source = self.source
        yield "# yaml-language-server: $schema=../anki.schema.json"
        yield "# A note type that learners already have. Its id, fields and templates must stay as they are."
        yield f"kind: {self.kind}"
        yield f"id: {source.id}"
        yield from text_entry("name", source.name, "")
        yield "fields:"
        for one, holds in zip(source.fields, self.holds, strict=True):
            parts = [f"name: {one_line(one.name, flow=True)}"]
            parts += [f"id: {one.id}"] if one.id is not None else []
            parts += [f"holds: {holds}"] if holds else []
            parts += ["rtl: true"] if one.right_to_left else []
            yield f"  - {{{', '.join(parts)}}}"
        markers = [one.marker for one in self.own.faces if one.marker] if self.own is not None else []
        if markers:
            yield f"left_out: [{', '.join(markers)}]"
        yield "templates:"
        for template in source.templates:
            yield f"  - name: {one_line(template.name)}"
            if template.id is not None:
                yield f"    id: {template.id}"
            for word, text in (("front", template.front), ("back", template.back)):
                found = dict.fromkeys(what for _, _, what in template_faults(text))
                self.remarks += [f"The {word} of “{template.name}” is kept without {what}." for what in found]
                yield from text_entry(word, safe_side(text), "    ")
        style, left = safe_rules(source.css)
        self.remarks += [f"The style is kept without {what}." for what in left]
        if style:
            yield from text_entry("style", style.rstrip("\n"), "")


def safe_side(template: str) -> str:
    """Return a side of a template as it is kept."""
    return safe_template(template.replace("\r\n", "\n").replace("\r", "\n")).strip()


def obstacle(note_type: ImportedNoteType) -> str:
    """Return why a note type cannot be kept, as a clause; empty if it can."""
    parts = (note_type.fields, note_type.templates)
    names = [is_name(note_type.name), *map(is_name, (one.name for one in note_type.templates))]
    names += [is_field_name(one.name) for one in note_type.fields]
    found = (
        (not 0 < (note_type.id or 0) <= LARGEST_ID, "the source does not contain its id"),
        (note_type.kind is NoteTypeKind.OCCLUSION, "image occlusion has no form in cardpipe"),
        (
            len(note_type.fields) > bounds.ADOPTED_FIELDS or len(note_type.templates) > bounds.FACES,
            "it has too many fields or templates",
        ),
        (not all(names), "a name in it is not allowed"),
        (
            any(len({one.name.casefold() for one in items}) < len(items) for items in parts),
            "two of its names are the same",
        ),
        (
            any(len(_ids(items)) > len(set(_ids(items))) for items in parts),
            "two of its ids are the same",
        ),
        (any(abs(one.id or 0) > LARGEST_ID for items in parts for one in items), "an id in it is too large"),
    )
    return next((why for holds, why in found if holds), "") or next(
        filter(None, (_obstacle_of_template(note_type, one) for one in note_type.templates)), ""
    )


def _ids(items: Sequence[ImportedField | ImportedTemplate]) -> list[int]:
    return [one.id for one in items if one.id is not None]


def _obstacle_of_template(note_type: ImportedNoteType, template: ImportedTemplate) -> str:
    front, back = safe_side(template.front), safe_side(template.back)
    if max(len(front), len(back)) > bounds.ADOPTED_TEMPLATE:
        return "a template is too long"
    if not front or not back or field_names(front) != field_names(template.front):
        return f"its template “{template.name}” shows nothing without scripts, pictures and fields in attributes"
    names = {one.name for one in note_type.fields}
    faults = filter(None, (mark_fault(side, names) for side in (front, back)))
    if (fault := next(faults, None)) is not None:
        return f"Anki cannot read its template “{template.name}”: {fault[2]}"
    if not asks(front, names, is_cloze=note_type.kind is NoteTypeKind.CLOZE):
        return f"its template “{template.name}” asks nothing"
    return ""


def is_one_to_one(plan: Plan, patterns: Collection[frozenset[int]]) -> bool:
    """Return whether a built-in kind has a place for each field, so that an edited note makes the same cards."""
    if not plan.is_direct or len(patterns) > MOST_PATTERNS:
        return False
    if len(plan.details) > 1 and plan.kind is not CardKind.CLOZE:
        return False
    if plan.kind is CardKind.REVERSED:
        return all(plan.question in pattern and plan.answer in pattern for pattern in patterns)
    return True


def adoptions(
    plans: Mapping[TypeKey, Plan],
    own: Mapping[TypeKey, OwnType],
    notes: Mapping[TypeKey, int],
    kept: Collection[TypeKey],
    shipped: Collection[str],
    uid: str,
) -> tuple[dict[TypeKey, Adoption], dict[TypeKey, str]]:
    """Return the note types that are kept, of those in `kept`, and why others are not.

    `shipped` are the kinds of other notes of the same deck, which cardpipe shipped in note types of its own.
    """
    made: dict[TypeKey, Adoption] = {}
    refused: dict[TypeKey, str] = {}
    by_id: dict[int | None, Adoption] = {}
    taken = {*BUILT_IN, *(one.key for one in own.values())}
    used = set(shipped)
    for key in sorted(kept, key=lambda key: (-notes[key], key)):
        plan, source = plans[key], plans[key].note_type
        twin = by_id.get(source.id)
        if twin is not None:
            if _structure(twin.source) == _structure(source) and twin.kind == _kind_of(key, plan, own):
                made[key] = twin
            else:
                refused[key] = "another source has other fields or templates for its id"
            continue
        kind = _kind_of(key, plan, own)
        if any(source.id == note_type_id(uid, other) for other in taken - {kind}):
            refused[key] = "another note type of the deck has its id"
            continue
        name = (
            kind
            if kind not in used
            else next(
                f"{kind}-{number}" for number in range(2, len(plans) + 3) if f"{kind}-{number}" not in taken | used
            )
        )
        used.add(name)
        by_id[source.id] = made[key] = _adoption(name, kind, plan, own.get(key))
    return made, refused


def _kind_of(key: TypeKey, plan: Plan, own: Mapping[TypeKey, OwnType]) -> str:
    return own[key].key if key in own else plan.kind.value


def _structure(note_type: ImportedNoteType) -> object:
    names = [[(one.name, one.id) for one in items] for items in (note_type.fields, note_type.templates)]
    return note_type.kind, names


def _adoption(name: str, kind: str, plan: Plan, own: OwnType | None) -> Adoption:
    source = plan.note_type
    if own is not None:
        return Adoption(name, kind, source, tuple(one.key for one in own.fields[: len(source.fields)]), own=own)
    roles = {plan.question: "question", plan.answer: "answer", plan.optional: REVERSE, plan.title: "title"}
    if plan.details:
        roles[plan.details[0]] = "details"
    words = ["Words of the template itself are shown in Anki only."] if has_words(source) else []
    joined = tuple(source.fields[index].name for index in plan.details[1:])
    holds = tuple(roles.get(number, "") for number in range(len(source.fields)))
    return Adoption(name, kind, source, holds, joined, remarks=words)


def write_adopted(folder: Path, adopted: Sequence[Adoption]) -> None:
    """Write the file of each note type that is kept, into a folder that is made."""
    for one in {one.key: one for one in adopted}.values():
        folder.mkdir(exist_ok=True)
        text = "".join(f"{line}\n" for line in one.lines())
        (folder / f"{one.key}.yaml").write_text(text, encoding="utf-8", newline="\n")
