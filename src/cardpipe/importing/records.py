"""Notes of the deck's own note types: their fields by kind, as card files or as records of tables."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import FieldForm
from cardpipe.importing.card_text import Number, card_text, record_line
from cardpipe.importing.cards import LEVELS, LONGEST_FIELD, ConvertedCard
from cardpipe.importing.own_types import is_line, lines_of, pictures_of, sounds_of
from cardpipe.model.note_types import EMPTY, FieldKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

    from cardpipe.importing.card_text import FieldText
    from cardpipe.importing.cards import CardMaker, Field
    from cardpipe.importing.media_store import MediaStore
    from cardpipe.importing.own_types import OwnType
    from cardpipe.importing.shipped.notes import CardParts
    from cardpipe.model.diagnostics import Finding

_FIELD: Final = re.compile(r"  ([a-z][a-z0-9_-]*):")
_MOST_RECORDS: Final = 2_000
"""Maximum records of a table; a table of more takes noticeably longer to check after an edit."""
_MOST_CHARACTERS: Final = 400_000
"""Maximum characters of the records of a table; lint has a limit on its size."""


@dataclass(frozen=True, slots=True)
class RecordMaker:
    """Makes cards of note types of the deck that lint without errors."""

    maker: CardMaker
    media: MediaStore

    def card(
        self,
        card_id: str,
        values: dict[str, str],
        own: OwnType,
        *,
        tags: Sequence[str],
        guid: str,
        path: str,
        schema: str,
        parts: CardParts | None = None,
    ) -> tuple[ConvertedCard, dict[str, FieldText]]:
        """Return a card that lint accepts, or one with a refusal; and its fields as they are written.

        `parts` are the other keys of a card of a package of cardpipe.
        """
        kinds = {one.key: one.kind for one in own.fields}
        values = {key: self.media.with_pasted(value) for key, value in values.items()}
        made = ConvertedCard(card_id, "")
        if any(len(value) > LONGEST_FIELD for value in values.values()):
            made.refusal = f"A field has more than {LONGEST_FIELD:,} characters."
            return made, {}
        form = own.source.form
        texts: dict[str, FieldText] = {}
        for key, value in values.items():
            files = self._files(value, kinds[key], parts)
            if files is not None:
                texts[key] = files
                made.fields[key] = self.maker.field("", form)
            elif (items := lines_of(value) if kinds[key] is FieldKind.LIST else None) is not None:
                texts[key] = tuple(self.maker.field(item, form, is_line=True).converted.text for item in items)
                made.fields[key] = self.maker.field("", form)
            else:
                is_line = kinds[key] is FieldKind.LINE and form is FieldForm.RENDERED
                made.fields[key] = self.maker.field(value, form, parts=parts, is_line=is_line)
        errors: list[Finding] = []
        for _ in range(len(LEVELS) * 2):
            texts |= {key: _text(one, kinds[key]) for key, one in made.fields.items() if self._is_text(one, texts, key)}
            # What has become empty would take a card away.
            texts |= {key: "–" for key in own.needed if key in values and _is_blank(texts.get(key, ""))}
            shown = {key: texts[key] for key in kinds if key in texts}
            made.text = card_text(
                {"id": made.id, "guid": guid, "type": own.key}, tags=tags, fields=shown, schema=schema, parts=parts
            )
            errors = self.maker.errors(path, made.text)
            if errors and not self._degrade(made, errors, form, kinds) and parts is not None:
                parts = None
                continue
            if not errors:
                break
        made.refusal = errors[0].message if errors else ""
        return made, {key: texts[key] for key in kinds if key in texts}

    def _files(self, value: str, kind: FieldKind, parts: CardParts | None) -> FieldText | None:
        """Return the files or the number that a field is; None for a text."""
        if kind is FieldKind.NUMBER:
            return Number(value.strip())
        if kind not in {FieldKind.PICTURE, FieldKind.SOUND}:
            return None
        names = (pictures_of if kind is FieldKind.PICTURE else sounds_of)(value, self.media.name_of)
        if parts is not None:
            figures = {one.file: f"figure:{one.id}" for one in parts.figures}
            names = [figures.get(name, name) for name in names]
        return names[0] if len(names) == 1 else tuple(names)

    def _is_text(self, one: Field, texts: dict[str, FieldText], key: str) -> bool:
        return bool(one.source) or key not in texts

    def _degrade(
        self, made: ConvertedCard, errors: list[Finding], form: FieldForm, kinds: dict[str, FieldKind]
    ) -> bool:
        """Write the fields that have errors in a plainer form; return whether any changed."""
        names = _names_at(made, errors)
        changed = False
        for name in names or list(made.fields):
            one = made.fields[name]
            # A block cannot be within a line.
            least = 2 if one.converted.original or kinds[name] is not FieldKind.TEXT else 1
            if not one.source or one.level + 1 >= len(LEVELS):
                continue
            one.level = max(one.level + 1, least)
            one.converted = self.maker.plainer(one, LEVELS[one.level], form, clozes=False)
            changed = True
        return changed


def _text(one: Field, kind: FieldKind) -> str:
    text = one.converted.text
    if kind is not FieldKind.LINE or is_line(text):
        return text
    if not text.startswith(("```", "~~~")):
        return " ".join(text.split())
    words = " ".join(re.sub(r"<[^<>]*>|`", " ", one.source).split())
    one.converted = replace(one.converted, text=f"`{words[:1_000] or '–'}`", exact=False, original=False)
    return one.converted.text


def _is_blank(value: FieldText) -> bool:
    return not value or (isinstance(value, str) and EMPTY.fullmatch(value) is not None)


def _names_at(made: ConvertedCard, errors: list[Finding]) -> list[str]:
    """Return the fields in which findings are, by the lines of the card's text."""
    places: list[str] = []
    current = ""
    inside = False
    for line in made.text.split("\n"):
        inside = line == "fields:" or (inside and line.startswith(" ")) or (inside and not line)
        match = _FIELD.match(line) if inside else None
        current = match[1] if match is not None else current if inside else ""
        places.append(current)
    found = dict.fromkeys(places[finding.span.line - 1] for finding in errors if finding.span.line <= len(places))
    return [name for name in found if name in made.fields]


class Tables:
    """Writes records into tables below a folder, as many as a table should have."""

    def __init__(self, folder: Path, schema: str) -> None:
        self._folder = folder
        self._schema = schema
        self._open: dict[str, tuple[TextIO, int, int]] = {}
        self._numbers: dict[str, int] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Tables:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all files."""
        self._stack.close()

    def add(
        self,
        own: OwnType,
        card_id: str,
        guid: str,
        fields: dict[str, FieldText],
        tags: Sequence[str],
        parts: CardParts | None = None,
    ) -> None:
        """Add a record to the table of its note type."""
        line = record_line({"id": card_id, "guid": guid, **fields}, tags, parts)
        file, records, size = self._open.get(own.key, (None, 0, 0))
        if file is None or records >= _MOST_RECORDS or size + len(line) > _MOST_CHARACTERS:
            if file is not None:
                file.close()
            file, records, size = self._new(own.key), 0, 0
        file.write(line)
        self._open[own.key] = (file, records + 1, size + len(line))

    def _new(self, key: str) -> TextIO:
        number = self._numbers[key] = self._numbers.get(key, 0) + 1
        name = f"{key}.yaml" if number == 1 else f"{key}-{number}.yaml"
        self._folder.mkdir(exist_ok=True)
        file = self._stack.enter_context((self._folder / name).open("w", encoding="utf-8", newline="\n"))
        file.write(f"# yaml-language-server: $schema={self._schema}\ntype: {key}\nrecords:\n")
        return file
