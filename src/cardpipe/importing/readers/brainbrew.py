"""Decks of Brain Brew: tables that a recipe joins and maps to the fields of note types.

A recipe can build several decks, such as one for each language. All are read, unless the user names one; of those that
are built from the same notes, only the first.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cardpipe.importing.api import (
    FieldForm,
    ImportedDeck,
    ImportedField,
    ImportedNote,
    ImportedNoteType,
    ImportedTemplate,
    Match,
    Reader,
    Remark,
    Source,
    UsageError,
)
from cardpipe.importing.readers.crowdanki import media_of
from cardpipe.importing.readers.note_files import files_below
from cardpipe.importing.readers.tables import note_type_of, rows_of, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.importing.api import ReadOptions

_LARGEST: Final = 1024 * 1024
_MOST_ALIASES: Final = 500
_DEEPEST: Final = 24
_MOST_MEDIA: Final = 50_000
_SEPARATOR: Final = re.compile(r"^\s*-{2,}\s*$", re.MULTILINE)


class BrainBrewReader:
    """Reads a recipe and the tables that it names."""

    name = "brain-brew"
    summary = "tables of Brain Brew, by their recipe (.yaml)"

    def recognises(self, source: Source) -> Match:
        """Return whether a YAML file has a part of notes from tables."""
        if source.is_folder or source.suffix not in {".yaml", ".yml"}:
            return Match.NO
        parts = re.search(r"notes_from_csvs|note_model_from|generate_guids_in_csv", source.head_text())
        return Match.CONTENT if parts is not None else Match.NO

    @contextlib.contextmanager
    def open(self, source: Source, options: ReadOptions) -> Iterator[ImportedDeck]:
        """Open a recipe; raises UsageError if it or a table cannot be read."""
        try:
            deck = _Recipe(source).deck(options.part)
        except (KeyError, TypeError, AttributeError, IndexError, RecursionError):
            raise UsageError(f"{source.path} is not a recipe of Brain Brew that cardpipe understands.") from None
        yield deck


class _BuiltDeck(NamedTuple):
    """A deck that a recipe builds: the last part of its folder, its set of notes, and what it changes of these."""

    name: str
    notes: str
    header: str
    note_type: str


def _deck_of(step: Any) -> _BuiltDeck:
    notes = step["notes"]
    override = notes.get("override") or {}
    name = PurePosixPath(str(step.get("folder") or notes["part_id"])).name
    return _BuiltDeck(
        name, str(notes["part_id"]), str(step.get("headers") or ""), str(override.get("note_model") or "")
    )


class _Recipe:
    def __init__(self, source: Source) -> None:
        self._parts = [part for step in read_yaml(source.path, source.text()) for part in _parts_of(step)]
        # Paths in a recipe are relative to the folder from which Brain Brew runs: that of the recipe, or one above it.
        self._root = _root(source.path, self._named("notes_from_csvs"))
        self._remarks: list[Remark] = []

    def _named(self, kind: str) -> list[Any]:
        found = []
        for part in self._parts:
            value = part.get(kind)
            found += value if isinstance(value, list) else [value] if value else []
        return found

    def deck(self, part: str) -> ImportedDeck:
        """Return the decks of the recipe as one, or the one that is named."""
        found = self._named("notes_from_csvs")
        sets = {str(one.get("part_id") or number): one for number, one in enumerate(found) if one.get("file_mappings")}
        built = self._chosen(part, sets)
        types: dict[str, ImportedNoteType] = {}
        notes: list[ImportedNote] = []
        for one in built:
            mapping = {
                model: found for found in sets[one.notes]["note_model_mappings"] for model in found["note_models"]
            }
            for table in sets[one.notes]["file_mappings"]:
                deck = one.name if len(built) > 1 else ""
                notes += (replace(note, deck=deck) for note in self._notes(table, mapping, types, one.note_type))
        if not notes:
            raise UsageError("The recipe's tables have no rows.")
        header = self._header(built[0])
        described = header.get("deck_description_html_file")
        return ImportedDeck(
            name=str((header.get("name") if len(built) == 1 else "") or built[0].name),
            note_types=tuple(types.values()),
            notes=lambda: iter(notes),
            media=media_of(self._root, self._media()),
            description=self._text(described) if isinstance(described, str) and self._exists(described) else "",
            remarks=tuple(self._remarks),
        )

    def _chosen(self, part: str, sets: dict[str, Any]) -> list[_BuiltDeck]:
        """Return the decks to read; raises UsageError if none has the name."""
        built = [_deck_of(step) for step in self._named("generate_crowd_anki")]
        built = [one for one in built if one.notes in sets] or [_BuiltDeck(name, name, "", "") for name in sets]
        if part:
            named = [one for one in built if part.casefold() in {one.name.casefold(), one.notes.casefold()}]
            if not named:
                names = ", ".join(one.name for one in built[:40])
                raise UsageError(f"The recipe builds no deck “{part[:80]}”.", hint=f"Choose one with --part: {names}.")
            return named[:1]
        chosen: dict[str, _BuiltDeck] = {}
        for one in built:
            if chosen.setdefault(one.notes, one) is not one:
                self._remarks.append(Remark(one.name, "Another deck has the same notes. Read this one with --part."))
        return list(chosen.values())

    def _header(self, built: _BuiltDeck) -> dict[str, Any]:
        headers = self._named("headers_from_yaml_part")
        found = next((one for one in headers if str(one.get("part_id")) == built.header), headers[0] if headers else {})
        override = found.get("override")
        return override if isinstance(override, dict) else {}

    # --- Notes -------------------------------------------------------------------------------------------------------

    def _notes(
        self, table: Any, mapping: dict[str, Any], types: dict[str, ImportedNoteType], instead: str
    ) -> Iterator[ImportedNote]:
        """Yield the notes of a table; `instead` is the note type in place of the table's own, if any."""
        default = str(table["note_model"])
        header, rows = self._table(table["file"])
        for derived in table.get("derivatives") or ():
            self._join(header, rows, derived)
        for number, row in enumerate(rows, 2):
            model = row.get("\0model", default)
            fields = mapping[model]["columns_to_fields"]
            by_field = {str(field): str(column) for column, field in fields.items()}
            names = [name for name in by_field if name not in {"guid", "tags"}]
            # Without a file of the note type, fields have the order of the tables.
            names.sort(key=lambda name: header.index(by_field[name]) if by_field[name] in header else len(header))
            model = instead if instead and model == default else model
            if model not in types:
                types[model] = self._note_type(model, names)
            values = {name: row.get(by_field[name], "") for name in names}
            yield ImportedNote(
                note_type=model,
                fields=tuple(values.get(field.name, "") for field in types[model].fields),
                place=f"{table['file']}, row {number}",
                guid=row.get(by_field.get("guid", ""), ""),
                tags=tags_of(row.get(by_field.get("tags", ""), "")),
            )

    def _table(self, name: str) -> tuple[list[str], list[dict[str, str]]]:
        rows = rows_of(self._text(name), ",", name)
        header = [cell.strip() for cell in rows.pop(0)]
        return header, [dict(zip(header, row, strict=False)) for row in rows]

    def _join(self, header: list[str], rows: list[dict[str, str]], derived: Any) -> None:
        """Add the columns of a table to the rows that have the same values in the columns of both."""
        other_header, others = self._table(derived["file"])
        shared = [column for column in other_header if column in header]
        by_key = {tuple(other.get(column, "") for column in shared): other for other in others}
        for row in rows:
            found = by_key.get(tuple(row.get(column, "") for column in shared))
            if found is not None:
                row.update({column: value for column, value in found.items() if column not in shared})
                if derived.get("note_model"):
                    row["\0model"] = str(derived["note_model"])
        header += [column for column in other_header if column not in header]

    # --- Note types --------------------------------------------------------------------------------------------------

    def _note_type(self, name: str, fields: list[str]) -> ImportedNoteType:
        parts = (*self._named("note_model_from_yaml_part"), *self._named("note_models_from_yaml_part"))
        part = next((one for one in parts if one.get("part_id") == name), None)
        if part is None or not self._exists(str(part["file"])):
            self._remarks.append(
                Remark(name, "The file of the note type is missing, so the first field is asked, and all others shown.")
            )
            return note_type_of(name, name, fields, FieldForm.HTML, cloze=False)
        model = read_yaml(self._root / str(part["file"]), self._text(str(part["file"])))
        templates = []
        for template in model["templates"]:
            text = self._text(str(template["html_file"]))
            front, *back = _SEPARATOR.split(text, maxsplit=1)
            templates.append(
                ImportedTemplate(name=str(template["name"]), front=front.strip(), back=(back or [""])[0].strip())
            )
        css = model.get("css_file")
        return ImportedNoteType(
            key=name,
            name=str(model.get("name") or name),
            fields=tuple(ImportedField(name=str(field["name"])) for field in model["fields"]),
            templates=tuple(templates),
            css=self._text(str(css)) if css and self._exists(str(css)) else "",
        )

    # --- Files -------------------------------------------------------------------------------------------------------

    def _path(self, name: str) -> str:
        path = PurePosixPath(str(name).replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise UsageError(f"The recipe names “{str(name)[:80]}”, which is outside of its folder.")
        return str(path)

    def _exists(self, name: str) -> bool:
        return _is_file(self._root / self._path(name))

    def _text(self, name: str) -> str:
        return Source(self._root).inner_text(self._path(name))

    def _media(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for group in self._named("media_group_from_folder"):
            folder = self._path(str(group["source"]))
            for path in files_below(self._root / folder):
                if (group.get("recursive") or "/" not in path) and len(found) < _MOST_MEDIA:
                    found.setdefault(PurePosixPath(path).name, f"{folder}/{path}" if folder != "." else path)
        return found


def _parts_of(step: Any) -> list[dict[str, Any]]:
    if not isinstance(step, dict):
        return []
    inner = step.get("build_parts")
    return [part for part in inner if isinstance(part, dict)] if isinstance(inner, list) else [step]


def _root(recipe: Path, sets: list[Any]) -> Path:
    if not sets:
        raise UsageError(f"{recipe} has no notes from tables.")
    name = str(sets[0]["file_mappings"][0]["file"])
    folder = recipe.resolve().parent
    return next((one for one in (folder, folder.parent, folder.parent.parent) if _is_file(one / name)), folder)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or has a NUL
        return False


def read_yaml(path: Path, text: str) -> Any:
    """Return a YAML document with anchors and merge keys; raises UsageError if it is not one, or could be a bomb."""
    import yaml

    if len(text) > _LARGEST:
        raise UsageError(f"{path} is larger than {_LARGEST // 1024 // 1024} MiB.")
    try:
        aliases = anchored = depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise UsageError(f"{path} is nested in more than {_DEEPEST} levels.")
            if isinstance(event, yaml.CollectionStartEvent):
                anchored += bool(event.anchor) or anchored > 0
            elif isinstance(event, yaml.CollectionEndEvent):
                anchored -= anchored > 0
            elif isinstance(event, yaml.AliasEvent):
                aliases += 1
                if anchored:
                    raise UsageError(f"{path} has an alias within an anchored part, which cardpipe does not read.")
        if aliases > _MOST_ALIASES:
            raise UsageError(f"{path} has more than {_MOST_ALIASES} aliases.")
        return yaml.load(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise UsageError(f"{path}{where} is not valid YAML.") from None
    except (RecursionError, ValueError):
        raise UsageError(f"{path} is not valid YAML, or nested too deeply.") from None


READER: Reader = BrainBrewReader()
