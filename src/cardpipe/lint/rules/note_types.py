"""Rules on a deck's own note types and on cards of these types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import card_rule, settings_rule
from cardpipe.lint.rule import Scope
from cardpipe.lint.rules.adopted import RULES as ADOPTED_RULES
from cardpipe.lint.rules.notes import RULES as NOTE_RULES
from cardpipe.markup.templates import Fault, named, parse
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.model.note_types import MEDIA, FieldKind, is_reserved, needed, sides
from cardpipe.source.splicing import fix, replacing, suggestion
from cardpipe.text.style_sheets import faults as style_faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cardpipe.lint.api import Context
    from cardpipe.markup.templates import Mark, TemplateFault
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.model.note_types import Face, FieldValue, NoteField, NoteType
    from cardpipe.text.positions import SourceText, Span

_BESIDE: Final = re.compile(r"\{[?!/]?[a-z][a-z0-9_-]*\}")
_SHORTEST: Final = 3
"""Characters of an answer that the name of a file can give away."""


def _faces(settings: DeckSettings) -> Iterator[tuple[NoteType, Face]]:
    for note_type in settings.note_types.values():
        for face in note_type.faces:
            yield note_type, face


@settings_rule("NTY001", "note-type-name", since="0.2")
def note_type_name(settings: DeckSettings, _context: Context) -> Iterator[Finding]:
    """Two fields or faces have the same name or origin, or a name that Anki or cardpipe needs.

    ## What it does

    Compares the names that learners see in Anki, without case: the `label`, or the key with a capital letter. Names
    such as `ID`, `Tags` and `FrontSide` are reserved. Also finds a `was` with a key that the deck still has, or that is
    the former key of another field, face or note type.

    ## Why is this bad?

    Anki would rename one of them at the import, and the deck could no longer be updated. A field that is called
    “Tags” would hide the tags. And only one of two can continue the history of a former one.

    ## Example

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, card: line}
        faces: {capital: {front: "{country}", back: "{card}"}}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, card: {kind: line, label: Map}}
        faces: {capital: {front: "{country}", back: "{card}"}}
    ```
    """
    for note_type in settings.note_types.values():
        for parts, word in ((note_type.fields, "field"), (note_type.faces, "face")):
            seen: dict[str, str] = {}
            for part in parts:
                place = part.label if part.label is not None else part.key
                other = seen.setdefault(part.name.casefold(), part.key.text)
                if other != part.key.text:
                    message = f"The {word} “{other}” has the same name, “{part.name}”."
                    yield Finding("NTY001", place.span(), message, "Give one of them another `label`.")
                elif is_reserved(part.name):
                    message = f"The name “{part.name}” is reserved."
                    yield Finding("NTY001", place.span(), message, "Write another name as its `label`.")
            yield from _shared_origins(parts, word)
    yield from _shared_origins(settings.note_types.values(), "note type")


def _shared_origins(parts: Iterable[NoteField | Face | NoteType], word: str) -> Iterator[Finding]:
    """Find former keys that another part of the deck has, or had too: only one of the two can keep the history."""
    owners = {part.key.text: part for part in parts}
    for part in list(owners.values()):
        if part.was is None or part.was.text == part.key.text:
            continue
        other = owners.setdefault(part.was.text, part)
        if other is not part:
            former = part.was.text
            is_present = other.key.text == former
            if is_present:
                message = f"“{former}” is the key of another {word}, which keeps its history."
                advice = "Remove this `was`, or give the other one another key."
            else:
                message = f"The {word} “{other.key.text}” was “{former}” already."
                advice = "Keep one of the two."
            yield Finding("NTY001", part.was.span(), message, advice)


@settings_rule("NTY002", "face-reference", since="0.2")
def face_reference(settings: DeckSettings, context: Context) -> Iterator[Finding]:
    r"""A face refers to a field that does not exist, or in a form that is not supported.

    ## What it does

    Checks `{field}`, `{?field}` and `{/field}` on both sides of each face, and `needs`, `type_in` and `hint`. A field
    to type must be a `line` or a `number`. Pictures and sounds are shown by fields. For a literal brace, write `\{`.

    ## Why is this bad?

    Learners would see the name in braces, or Anki would make no card.

    ## Example

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, capital: line}
        faces: {capital: {front: "{{country}}", back: "{captal}"}}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, capital: line}
        faces: {capital: {front: "{country}", back: "{capital}"}}
    ```
    """
    for note_type, face in _faces(settings):
        for side in (face.front, face.back):
            for fault in parse(side.text, note_type.keys).faults:
                yield from _wrong_reference(fault, side, note_type, context)
            for image in context.scan(side).images():
                span = side.span(image.segment.start, image.segment.end)
                advice = "Make a field of the kind `picture` or `sound`, and show it with {field}."
                yield Finding("NTY002", span, "A face cannot show a picture or sound of its own.", advice)
        typed = [face.type_in] if face.type_in is not None else []
        hints = [face.hint] if face.hint is not None else []
        for name in (*(face.needs or ()), *typed, *hints):
            if name.text not in note_type.keys:
                yield from _unknown_field(name, 0, len(name.text), name.text, note_type, context)
        for name in typed:
            field = note_type.field(name.text)
            if field is not None and field.kind not in {FieldKind.LINE, FieldKind.NUMBER}:
                message = f"“{name.text}” is a {field.kind.value}, which cannot be typed."
                yield Finding("NTY002", name.span(), message, "Only a `line` or a `number` can be typed.")


def _wrong_reference(
    fault: TemplateFault, side: SourceText, note_type: NoteType, context: Context
) -> Iterator[Finding]:
    mark = fault.mark
    if fault.fault is Fault.UNKNOWN:
        start = mark.start + 1 + len(mark.kind.value)
        yield from _unknown_field(side, start, start + len(mark.key), mark.key, note_type, context)
    elif fault.fault is Fault.DOUBLED:
        written = f"{{{mark.kind.value}{mark.key}}}"
        proposal = None
        if mark.key in note_type.keys:
            proposal = fix("Write single braces.", replacing(side, mark.start, mark.end, written))
        message = f"“{side.text[mark.start : mark.end][:60]}” has double braces, as in Anki."
        advice = r"Write a field as {field}, a condition as {?field}…{/field}, and a literal brace as \{."
        yield Finding("NTY002", side.span(mark.start, mark.end), message, advice, proposal)


def _unknown_field(
    text: SourceText, start: int, end: int, key: str, note_type: NoteType, context: Context
) -> Iterator[Finding]:
    near = context.nearest(key, note_type.keys)
    known = ", ".join(note_type.keys)
    advice = f"Did you mean “{near}”?" if near else f"The fields are: {known}."
    message = f"The note type has no field “{key[:60]}”."
    yield Finding("NTY002", text.span(start, end), message, advice, suggestion(text, near, start, end))


@settings_rule("NTY003", "face-condition", since="0.2")
def face_condition(settings: DeckSettings, _context: Context) -> Iterator[Finding]:
    """A condition of a face is not closed, or overlaps other markup; or blocks stand within a line.

    ## What it does

    Checks that each `{?field}` has its `{/field}`, and that what is between them is a part of one line in which all
    markup is closed, or whole paragraphs between two lines that hold nothing else. A field of the kinds `text` and
    `list` must stand on a line of its own between blank lines.

    ## Why is this bad?

    The card would be shown with wrong markup where the field is empty.

    ## Example

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, hint: line}
        faces: {capital: {front: "{country} *{?hint}({hint})*{/hint}", back: "{country}"}}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, hint: line}
        faces: {capital: {front: "{country} {?hint}*({hint})*{/hint}", back: "{country}"}}
    ```
    """
    for note_type, face in _faces(settings):
        for side in (face.front, face.back):
            template = parse(side.text, note_type.keys)
            for fault in template.faults:
                if fault.fault in _CONDITIONS:
                    message, advice = _CONDITIONS[fault.fault]
                    mark = fault.mark
                    yield Finding("NTY003", side.span(mark.start, mark.end), message, advice)
            for mark in template.marks:
                field = note_type.field(mark.key)
                if not mark.kind.value and field is not None and field.kind.is_block and not _stands_alone(side, mark):
                    message = f"“{mark.key}” holds paragraphs or a list, which cannot stand within a line."
                    advice = "Write it on a line of its own between blank lines."
                    yield Finding("NTY003", side.span(mark.start, mark.end), message, advice)


_CONDITIONS: Final = {
    Fault.NOT_OPEN: ("This ends a condition that is not open here.", "Close conditions in reverse order."),
    Fault.NOT_CLOSED: ("This condition is not closed.", "Write {/field} at its end."),
    Fault.NOT_NESTED: (
        "This condition begins and ends in different parts of the text.",
        "Put it around whole markup within one line, or around paragraphs, each mark alone between blank lines.",
    ),
    Fault.TOO_MANY: ("There are too many references on this side.", "Use fewer."),
}


def _stands_alone(side: SourceText, mark: Mark) -> bool:
    """Return whether a mark is alone in its paragraph or table cell, besides other marks."""
    before = side.text[: mark.start].rpartition("\n")
    after = side.text[mark.end :].partition("\n")
    left, right = _BESIDE.sub("", before[2]), _BESIDE.sub("", after[0])
    if left.rstrip().endswith("|") and right.lstrip().startswith("|"):
        return True
    above = _BESIDE.sub("", before[0].rpartition("\n")[2])
    below = _BESIDE.sub("", after[2].partition("\n")[0])
    return not (left.strip(" >-*+") or right.strip() or above.strip(" >") or below.strip(" >"))


@settings_rule("NTY004", "face-without-field", since="0.2")
def face_without_field(settings: DeckSettings, _context: Context) -> Iterator[Finding]:
    """The front of a face shows no field that it needs.

    ## What it does

    Looks for faces whose fronts show none of the fields without which the card does not exist, and no required one.

    ## Why is this bad?

    All notes would ask the same question, or cards would ask nothing.

    ## Example

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, capital: line}
        faces: {capital: {front: "What is its capital?", back: "{capital}"}}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, capital: line}
        faces: {capital: {front: "What is the capital of {country}?", back: "{capital}"}}
    ```
    """
    for note_type, face in _faces(settings):
        front, back = sides(face, note_type)
        certain = {*needed(face, front, back), *(field.key.text for field in note_type.fields if field.required)}
        if certain.isdisjoint(named(front)):
            wanted = ", ".join(f"{{{key}}}" for key in needed(face, front, back) if key in note_type.keys)
            advice = f"Show one of these on the front: {wanted}." if wanted else "Show a field on the front: {field}."
            yield Finding("NTY004", face.front.span(), "This front shows no field that the card needs.", advice)


def _tells_in_general(settings: DeckSettings, _context: Context) -> Iterator[Finding]:
    for note_type, face in _faces(settings):
        front, back = sides(face, note_type)
        shown = set(named(front))
        if face.hint is not None and face.type_in is not None and face.hint.text == face.type_in.text:
            yield Finding("NTY005", face.hint.span(), "The hint is the answer.", "Use another field.")
        if face.type_in is not None and face.type_in.text in shown:
            message = f"The front shows “{face.type_in.text}”, which learners shall type."
            yield Finding("NTY005", _mark_of(face.front, face.type_in.text, note_type), message, _REMOVE)
            continue
        asked = set(named(back))
        if asked and asked <= shown and face.type_in is None:
            key = next(key for key in named(front) if key in asked)
            message = "The front shows every field of the back."
            yield Finding("NTY005", _mark_of(face.front, key, note_type), message, _REMOVE)


_REMOVE: Final = "Show it on the back only."


def _mark_of(side: SourceText, key: str, note_type: NoteType) -> Span:
    mark = next(mark for mark in parse(side.text, note_type.keys).marks if mark.key == key and not mark.kind.value)
    return side.span(mark.start, mark.end)


@card_rule(
    "NTY005", "face-tells-answer", severity=Severity.WARNING, since="0.2", also={Scope.SETTINGS: _tells_in_general}
)
def face_tells_answer(card: Card, _context: Context) -> Iterator[Finding]:
    """A face gives its answer away.

    ## What it does

    Reports faces whose fronts show every field of the back, or the field that is to be typed; and pictures or sounds
    on the front whose file names contain the answer, since the name is visible where a file is missing or saved.

    ## Why is this bad?

    The card can be answered by reading.

    ## Example

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, capital: line}
        faces: {capital: {front: "{capital}, {country}", back: "{capital}"}}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, capital: line}
        faces: {capital: {front: "{country}", back: "{capital}"}}
    ```
    """
    if card.note_type is None:
        return
    values = {value.field.key.text: value for value in card.values}
    files = [value for value in card.values if value.field.kind in MEDIA]
    told: set[str] = set()
    for face in card.note_type.faces if files else ():
        front, back = sides(face, card.note_type)
        shown = set(named(front))
        asked = {*named(back), *([face.type_in.text] if face.type_in is not None else [])} - shown
        for value in files:
            key = value.field.key.text
            if key not in shown or key in told:
                continue
            words = "".join(_words(part.text.rpartition(".")[0]) for part in value.parts)
            for other in asked:
                answer = values.get(other)
                if answer is not None and answer.field.kind is FieldKind.LINE and _tells(words, answer):
                    told.add(key)
                    message = f"The name of this file contains the answer, “{answer.text.text[:60]}”."
                    yield Finding("NTY005", value.text.span(), message, "Rename the file.")
                    break


def _words(text: str) -> str:
    return f" {' '.join(''.join(c if c.isalnum() else ' ' for c in text.casefold()).split())} "


def _tells(words: str, answer: FieldValue) -> bool:
    wanted = _words(answer.text.text)
    return len(wanted) - 2 >= _SHORTEST and wanted in words


@settings_rule("NTY006", "note-type-style", since="0.2", safety=True)
def note_type_style(settings: DeckSettings, context: Context) -> Iterator[Finding]:
    """The style sheet of a note type does not exist or is not safe.

    ## What it does

    Checks the file in `source/styles/` that `style` names: rules of the form `selectors { declarations }`, without
    at-rules, addresses and functions that load something.

    ## Why is this bad?

    A style sheet could load files from the network, and so tell others when a card is learned; or cover the page.

    ## Example

    ```css
    .front { background: url(https://example.org/track.png); }
    ```

    ## Use instead

    ```css
    .front { background: #eef; }
    ```
    """
    sheets = {sheet.name: sheet for sheet in settings.styles}
    checked = set()
    for note_type in settings.note_types.values():
        if note_type.style is None:
            continue
        sheet = sheets.get(note_type.style.text)
        if sheet is None:
            near = context.nearest(note_type.style.text, sheets)
            message = f"source/styles/{note_type.style.text} does not exist."
            advice = f"Did you mean {near}?" if near else "Add the file, or remove the key."
            yield Finding("NTY006", note_type.style.span(), message, advice, suggestion(note_type.style, near))
        elif sheet.name not in checked:
            checked.add(sheet.name)
            for start, end, reason in style_faults(sheet.file.text):
                yield Finding("NTY006", sheet.file.span(start, end), reason, "Remove it.")


RULES = (
    note_type_name,
    face_reference,
    face_condition,
    face_without_field,
    face_tells_answer,
    note_type_style,
    *NOTE_RULES,
    *ADOPTED_RULES,
)
