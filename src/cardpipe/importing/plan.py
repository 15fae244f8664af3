"""How the notes of a note type become cards.

As a built-in kind where that shows the same; otherwise as notes of a note type of the deck; and by template where that
is impossible.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import NoteTypeKind
from cardpipe.importing.templates import (
    conditions,
    filled,
    is_blank,
    is_filled,
    parts,
    shown_fields,
    static_text,
    tree,
    values_of,
)
from cardpipe.model.deck import CardKind
from cardpipe.text.anki_templates import SPECIAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.importing.api import ImportedNote, ImportedNoteType, ImportedTemplate
    from cardpipe.importing.shipped.notes import CardParts

_PLAIN: Final = frozenset({"text"})
"""Filters that do not change what is asked."""
_CLOZE: Final = frozenset({"cloze", "type"})
TypeKey = tuple[int, str]
"""A note type of an import: the number of its source, and its key there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A card before its fields are converted: texts in the form of the note type."""

    kind: CardKind
    question: str
    answer: str
    details: tuple[str, ...] = ()
    title: str = ""
    typed: bool = False
    """Whether the answer is typed, if it is one line of plain text."""
    parts: CardParts | None = None
    """The other keys of a card of a package of cardpipe."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The roles of a note type's fields, by their indices; without a question, its templates are filled."""

    note_type: ImportedNoteType
    question: int | None = None
    answer: int | None = None
    details: tuple[int, ...] = ()
    kind: CardKind = CardKind.BASIC
    optional: int | None = None
    """The field that must be filled for the reversed card."""
    title: int | None = None
    """The field that is a title."""

    @property
    def is_direct(self) -> bool:
        """Whether each field has a role of its own."""
        return self.question is not None

    def drafts(self, note: ImportedNote) -> Iterator[Draft]:
        """Yield the cards of a note; several where each template becomes a card."""
        fields = (*note.fields, *[""] * (len(self.note_type.fields) - len(note.fields)))
        if self.question is not None:
            yield self._direct(fields)
        elif self.note_type.kind is NoteTypeKind.STANDARD:
            yield from self._by_template(fields)
        else:
            yield self._cloze(fields)

    def _direct(self, fields: tuple[str, ...]) -> Draft:
        kind = self.kind
        question = fields[self.question or 0]
        answer = fields[self.answer] if self.answer is not None else ""
        if kind is CardKind.REVERSED:
            if (self.optional is not None and is_blank(fields[self.optional])) or is_blank(answer):
                kind = CardKind.BASIC
            elif is_blank(question):
                # Only the reversed card exists.
                kind, question, answer = CardKind.BASIC, answer, question
        typed = kind is CardKind.TYPED
        return Draft(
            kind=CardKind.BASIC if typed else kind,
            question=question,
            answer=answer,
            details=tuple(fields[index] for index in self.details if not is_blank(fields[index])),
            title=_title(fields[self.title]) if self.title is not None else "",
            typed=typed,
        )

    def _values(self, fields: tuple[str, ...]) -> dict[str, str]:
        return {field.name: value for field, value in zip(self.note_type.fields, fields, strict=False)}

    def _by_template(self, fields: tuple[str, ...]) -> Iterator[Draft]:
        values = self._values(fields)
        made = False
        for template in self.note_type.templates:
            if is_filled(template.front, values):
                made = True
                yield self._of_template(template, values)
        if not made:
            # A note without cards; Anki keeps it, and so is its text.
            name, value = next(((name, value) for name, value in values.items() if not is_blank(value)), ("", ""))
            rest = "<br>".join(other for key, other in values.items() if key != name and not is_blank(other))
            yield Draft(kind=CardKind.BASIC, question=value, answer=rest)

    def _of_template(self, template: ImportedTemplate, values: dict[str, str]) -> Draft:
        typed = next((part.name for part in parts(template.front) if "type" in part.filters), "")
        hides = frozenset({"type", "hint"})
        question = filled(template.front, values, hides=hides)
        answer = filled(template.back, values, hides=frozenset({"hint"}))
        hints = [
            values[part.name]
            for part in (*parts(template.front), *parts(template.back))
            if "hint" in part.filters and not is_blank(values.get(part.name, ""))
        ]
        return Draft(kind=CardKind.BASIC, question=question, answer=answer, details=tuple(hints), typed=bool(typed))

    def _cloze(self, fields: tuple[str, ...]) -> Draft:
        values = self._values(fields)
        template = self.note_type.templates[0]
        question = filled(template.front, values)
        answer = filled(template.back, values, hides=frozenset({"cloze"}))
        return Draft(kind=CardKind.CLOZE, question=question, answer=answer)


_TITLES: Final = frozenset({"title", "titel", "titre", "título", "titolo", "heading"})
"""Names of fields for titles."""
_PLAIN_TITLE: Final = re.compile(r"[^<>&\n\r\t\x00-\x1f\\$`*_\[\]{}]{1,200}")


def is_title(value: str) -> bool:
    """Return whether a field can be the title of a card: plain text on one line."""
    return is_blank(value) or (_PLAIN_TITLE.fullmatch(value.strip()) is not None and "  " not in value.strip())


def _title(value: str) -> str:
    return "" if is_blank(value) else value.strip()


def title_field(note_type: ImportedNoteType) -> int | None:
    """Return the field that is named a title and stands on no front, which shows it before the answer; else None."""
    shown = {name for template in note_type.templates for name in shown_fields(template.front)}
    named = (index for index, one in enumerate(note_type.fields) if one.name.casefold() in _TITLES)
    return next((index for index in named if note_type.fields[index].name not in shown), None)


def plan_of(note_type: ImportedNoteType, used: frozenset[int], title: int | None = None) -> Plan:
    """Return how the notes of a type become cards.

    `used` are the fields that any note fills, `title` is the field whose values are titles.
    """
    if title is None:
        return _plan(note_type, used)
    plan = _plan(note_type, used - {title})
    if plan.question is None or title in {plan.question, plan.answer, plan.optional}:
        return _plan(note_type, used)
    return replace(plan, title=title, details=tuple(index for index in plan.details if index != title))


def _plan(note_type: ImportedNoteType, used: frozenset[int]) -> Plan:
    by_template = Plan(note_type)
    if note_type.kind is NoteTypeKind.CLOZE:
        return cloze_plan(note_type, used) or by_template
    if note_type.kind is NoteTypeKind.OCCLUSION or has_words(note_type):
        return by_template
    if any(_is_conditional(side) for one in note_type.templates for side in (one.front, one.back)):
        return by_template
    if len(note_type.templates) == 1:
        return _basic_plan(note_type, used) or by_template
    if len(note_type.templates) == 2:
        return _reversed_plan(note_type, used) or by_template
    return by_template


def _is_conditional(side: str) -> bool:
    """Return whether a side shows a field where another one is filled, besides a front that exists only then."""
    nodes = tree(side)
    while len(kept := [node for node in nodes if node.content is not None or node.name or node.text.strip()]) == 1:
        if kept[0].content is None or kept[0].negated:
            break
        nodes = kept[0].content
    conditional = [node for node in nodes if node.content is not None]
    return any(node.negated or {one.name for one in values_of((node,))} != {node.name} for node in conditional)


def _indices(note_type: ImportedNoteType, template: str) -> list[int] | None:
    """Return the fields that a side shows; None if it shows something else, or by a filter that changes it."""
    names = [field.name for field in note_type.fields]
    if any(part.name and not part.sign and not _PLAIN.issuperset(part.filters) for part in parts(template)):
        return None
    shown = [name for name in shown_fields(template) if name != "FrontSide"]
    if any(name in SPECIAL - {"FrontSide", "Tags", "Deck", "Subdeck"} for name in shown):
        return None
    return [names.index(name) for name in shown if name in names]


def _basic_plan(note_type: ImportedNoteType, used: frozenset[int]) -> Plan | None:
    template = note_type.templates[0]
    typed = [part.name for part in parts(template.front) if part.filters == ("type",)]
    names = [field.name for field in note_type.fields]
    front = [part for part in parts(template.front) if part.name and not part.sign and part.filters != ("type",)]
    back_text = template.back
    for name in typed:
        back_text = back_text.replace(f"{{{{type:{name}}}}}", f"{{{{{name}}}}}")
    asked = [names.index(part.name) for part in front if part.name in names and _PLAIN.issuperset(part.filters)]
    back = _indices(note_type, back_text)
    needed = conditions(template.front) - {names[index] for index in asked}
    if len(asked) != 1 or len(front) != 1 or back is None or len(typed) > 1 or needed:
        return None
    shown = [index for index in back if index != asked[0]]
    if typed and typed[0] in names and names.index(typed[0]) not in shown:
        shown.insert(0, names.index(typed[0]))
    if not shown or not used <= {asked[0], *shown}:
        return None
    answer = names.index(typed[0]) if typed and typed[0] in names else shown[0]
    details = tuple(index for index in shown if index != answer)
    return Plan(note_type, asked[0], answer, details, CardKind.TYPED if typed else CardKind.BASIC)


def _reversed_plan(note_type: ImportedNoteType, used: frozenset[int]) -> Plan | None:
    first, second = note_type.templates
    names = [field.name for field in note_type.fields]
    front, back = _indices(note_type, first.front), _indices(note_type, first.back)
    other_front, other_back = _indices(note_type, second.front), _indices(note_type, second.back)
    if not front or not back or not other_front or not other_back or conditions(first.front):
        return None
    question, answer = front[0], other_front[0]
    needed = [names.index(name) for name in conditions(second.front) if name in names and name != names[answer]]
    details = tuple(index for index in back if index not in {question, answer})
    shows_the_same = (
        len(front) == len(other_front) == 1
        and question != answer
        and answer in back
        and question in other_back
        and {*other_back} - {question, answer} == set(details)
    )
    if not shows_the_same or len(needed) > 1 or not used <= {question, answer, *details, *needed}:
        return None
    return Plan(note_type, question, answer, details, CardKind.REVERSED, needed[0] if needed else None)


def cloze_plan(note_type: ImportedNoteType, used: frozenset[int], *, is_kept: bool = False) -> Plan | None:
    """Return the roles of the fields of a cloze; None if they do not say all that its cards show.

    Where the note type `is_kept`, Anki goes on to show the words of its template, and what its filters make.
    """
    template = note_type.templates[0]
    names = [field.name for field in note_type.fields]
    if not is_kept and has_words(note_type):
        return None
    front = [part for part in parts(template.front) if part.name and not part.sign]
    if len(front) != 1 or front[0].name not in names or not _CLOZE.issuperset(front[0].filters):
        return None
    question = names.index(front[0].name)
    back = [part for part in parts(template.back) if part.name and not part.sign and part.name != "FrontSide"]
    if not is_kept and any(part.filters and not _CLOZE.issuperset(part.filters) for part in back):
        return None
    shown = [names.index(part.name) for part in back if part.name in names and names.index(part.name) != question]
    shown = list(dict.fromkeys(shown))
    if not used <= {question, *shown}:
        return None
    answer = shown[0] if shown else None
    return Plan(note_type, question, answer, tuple(shown[1:]), CardKind.CLOZE)


def has_words(note_type: ImportedNoteType) -> bool:
    """Return whether a template has words of its own."""
    return any(static_text(side) for one in note_type.templates for side in (one.front, one.back))
