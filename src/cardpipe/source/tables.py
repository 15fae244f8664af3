"""Tables: files in `source/tables/` whose records are cards of one note type, usually one record a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.diagnostics import Finding
from cardpipe.source import bounds
from cardpipe.source.card_fields import CARD_FIELDS
from cardpipe.source.fields import FAULTY, Field, Record, decode_into
from cardpipe.source.fields.plain_values import is_null
from cardpipe.source.typed_cards import TYPE_FIELD, common_fields, tables_of
from cardpipe.text.nodes import ListNode, MapNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.model.note_types import NoteType
    from cardpipe.source.fields import Faulty
    from cardpipe.text.nodes import Node
    from cardpipe.text.positions import SourceText

TABLES_FOLDER: Final = "source/tables"


class _Undecoded:
    """A value that is decoded later, since its form depends on the note type."""

    def __init__(self, words: str) -> None:
        self.words = words

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> Node | Faulty:
        """Return the node itself."""
        wanted = ListNode if self.words == "list" else MapNode
        if isinstance(node, wanted):
            return node
        message = f"“{subject}” must be a {self.words}."
        findings.append(Finding("SCH003", node.span(), message, help="See `cardpipe kind` for an example."))
        return FAULTY

    def schema(self) -> dict[str, Any]:
        """An array or an object."""
        return {"type": "array" if self.words == "list" else "object"}

    def describe(self) -> str:
        """Describe the value in words."""
        return self.words


def table_fields(note_type: NoteType | None) -> tuple[Field, ...]:
    """Return the keys of a table; without a note type, its records and defaults stay undecoded."""
    tags = next(field for field in CARD_FIELDS if field.name == "tags")
    defaults = Record(common_fields(note_type)) if note_type is not None else _Undecoded("mapping")
    return (
        TYPE_FIELD,
        Field("tags", tags.type, "Tags of all records, in addition to their own.", example=["noun"]),
        Field("defaults", defaults, "Values of records that do not give their own.", example={"gender": "f"}),
        Field("records", _Undecoded("list"), "The records: each is a card.", required=True),
    )


def is_table_path(path: str) -> bool:
    """Return whether a path of a source file is a table's."""
    return path.startswith(f"{TABLES_FOLDER}/")


def records_of(node: MapNode, note_type: NoteType, findings: list[Finding]) -> Iterator[tuple[MapNode, dict[str, Any]]]:
    """Return each record with its values, to which the table's tags and defaults are added; findings are collected.

    The values of a faulty record lack what cannot be read.
    """
    common = decode_into(node, table_fields(note_type), findings)
    listed = common.get("records")
    if not isinstance(listed, ListNode):
        return
    if not listed.items:
        findings.append(
            Finding("SCH004", listed.span(), "“records” is empty.", help="Add a record, or delete the file.")
        )
    if len(listed.items) > bounds.RECORDS:
        message = f"A table can have at most {bounds.RECORDS:,} records, not {len(listed.items):,}."
        findings.append(Finding("SCH004", listed.items[bounds.RECORDS].span(), message, help="Split the table."))
    defaults: dict[str, Any] = common.get("defaults", {})
    tags: tuple[SourceText, ...] = common.get("tags", ())
    fields = needed_fields(note_type, defaults)
    for item in listed.items[: bounds.RECORDS]:
        if not isinstance(item, MapNode):
            advice = "Write each record on its own line: `- {id: …, name: value}`."
            findings.append(Finding("SCH003", item.span(), "A record must be a mapping.", help=advice))
            continue
        # A key that is left empty has no value, not that of the defaults.
        empty = {key.text for key, value in item.entries if is_null(value)} if defaults else set()
        common_values = {key: value for key, value in defaults.items() if key not in empty}
        values = {**common_values, **decode_into(item, fields, findings)}
        if tags:
            own = values.get("tags", ())
            known = {tag.text for tag in own}
            values["tags"] = (*own, *(tag for tag in tags if tag.text not in known))
        yield item, values


def needed_fields(note_type: NoteType, defaults: dict[str, Any]) -> tuple[Field, ...]:
    """Return the keys of a record; those that have a default are not required."""
    return tuple(
        field if field.name not in defaults else Field(field.name, field.type, field.doc, example=field.example)
        for field in tables_of(note_type).record
    )
