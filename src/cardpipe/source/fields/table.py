"""Field tables: decode a mapping, report unknown, missing and invalid values, and generate JSON Schema."""

from __future__ import annotations

import contextlib
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from cardpipe.model.diagnostics import MOST_COLLECTED, Finding, Fix
from cardpipe.source.fields.plain_values import is_null
from cardpipe.source.splicing import suggestion
from cardpipe.text.escaping import shortened
from cardpipe.text.positions import SourceText
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence, Set

    from cardpipe.text.nodes import MapNode, Node


class Faulty(enum.Enum):
    """The result of decoding a value that has a finding."""

    FAULTY = enum.auto()


FAULTY: Final = Faulty.FAULTY
MOST_SUGGESTIONS: Final = 100
"""The maximum number of findings with a suggestion: comparing names is slow, and the input may be hostile."""


class TooMany(Exception):  # noqa: N818 - not an error: what is collected so far is reported
    """The limit for findings in a file is reached."""


class Findings(list[Finding]):
    """The findings on the fields of a file; raises TooMany beyond `MOST_COLLECTED`."""

    def append(self, finding: Finding) -> None:
        """Add one."""
        super().append(finding)
        if len(self) > MOST_COLLECTED:
            del self[MOST_COLLECTED:]
            raise TooMany

    def extend(self, findings: Iterable[Finding]) -> None:
        """Add several."""
        for finding in findings:
            self.append(finding)


class FieldType(Protocol):
    """The type of a field."""

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> Any:
        """Return the value, or FAULTY with a finding; `subject` names it in messages (“tags”, “an item of tags”)."""

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of accepted values."""

    def describe(self) -> str:
        """Describe accepted values in a few words for the manual."""


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a mapping: its type, its description (for the manual and editors), and whether it is required."""

    name: str
    type: FieldType
    doc: str
    required: bool = False
    example: Any = None
    default: Any = None
    unless: tuple[str, str] | None = None
    """Another key and its value with which a required field can be omitted."""


OnUnknown: TypeAlias = "Literal['report', 'keep']"


def decode(node: MapNode, fields: Sequence[Field], *, also: Iterable[str] = ()) -> tuple[dict[str, Any], list[Finding]]:
    """Return the values of a mapping by field name, and the findings.

    Values with a finding, and absent ones without a default, are left out. `also` names keys that are
    defined elsewhere and only serve as suggestions for misspelt ones.
    """
    findings = Findings()
    values: dict[str, Any] = {}
    with contextlib.suppress(TooMany):
        values = decode_into(node, fields, findings, also=also)
    return values, findings


def decode_into(
    node: MapNode,
    fields: Sequence[Field],
    findings: list[Finding],
    *,
    also: Iterable[str] = (),
    unknown: OnUnknown = "report",
    guesses: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the values of a mapping by field name; findings are added to the list.

    With `unknown="keep"` other keys are ignored, unless they are likely misspellings of a missing one. The values of
    misspelt keys are added to `guesses`, by the name of the missing field.
    """
    needed = {field.name for field in fields if field.required and not _is_exempt(field, node)}
    table = {field.name: field for field in fields}
    values: dict[str, Any] = {}
    present: set[str] = set()
    strangers: list[tuple[SourceText, Node]] = []
    for key, value in node.entries:
        field = table.get(key.text)
        if field is None:
            strangers.append((key, value))
            continue
        present.add(field.name)
        if is_null(value):
            if field.name in needed:
                findings.append(Finding("SCH004", key.span(), f"“{field.name}” is empty.", help=field.doc))
            continue
        decoded = field.type.decode(value, field.name, findings)
        if decoded is not FAULTY:
            values[field.name] = decoded
    absent = [field for field in fields if field.name not in present]
    misspelt: set[str] = set()
    if strangers and (unknown == "report" or any(field.name in needed for field in absent)):
        misspelt = _report_strangers(strangers, table, absent, needed, findings, guesses, also=also, unknown=unknown)
    findings.extend(_missing(node, field) for field in absent if field.name in needed - misspelt)
    for field in fields:
        if field.default is not None:
            values.setdefault(field.name, field.default)
    return values


def is_usable(values: dict[str, Any], fields: Sequence[Field], findings: Sequence[Finding]) -> bool:
    """Return whether the result can be built: no required value is missing, and findings are only unknown keys."""
    return all(finding.code == "SCH001" for finding in findings) and all(
        field.name in values or (field.unless is not None and _text(values.get(field.unless[0])) == field.unless[1])
        for field in fields
        if field.required
    )


def _is_exempt(field: Field, node: MapNode) -> bool:
    if field.unless is None:
        return False
    key, exempting = field.unless
    return any(name.text == key and _text(value) == exempting for name, value in node.entries)


def _text(value: object) -> str | None:
    """Return the text of a scalar, decoded or not."""
    if isinstance(value, enum.Enum):
        return str(value.value)
    return value.text if isinstance(value, SourceText) else None


def _missing(node: MapNode, field: Field) -> Finding:
    first = node.entries[0][0] if node.entries else None
    span = first.span() if first is not None else node.span()
    return Finding("SCH002", span, f"“{field.name}” is missing.", help=f"Add `{field.name}:` — {field.doc}")


def _report_strangers(
    strangers: Sequence[tuple[SourceText, Node]],
    table: dict[str, Field],
    absent: Sequence[Field],
    needed: Set[str],
    findings: list[Finding],
    guesses: dict[str, Any] | None,
    *,
    also: Iterable[str],
    unknown: OnUnknown,
) -> set[str]:
    """Report unknown keys; return the missing required keys that they likely mean."""
    wanted = [field.name for field in absent if field.name in needed]
    unused = [*(field.name for field in absent), *also]
    misspelt: set[str] = set()
    free = {field.name for field in absent}
    for key, value in strangers:
        near: str | None = None
        if len(findings) < MOST_SUGGESTIONS:
            if unknown == "keep":
                near = nearest(key.text, wanted)
            else:
                near = nearest(key.text, unused) or nearest(key.text, table)
        if near in wanted and near not in misspelt and near is not None:
            misspelt.add(near)
        elif unknown == "keep":
            continue
        if near is None:
            known = ", ".join(table)
            advice = f"The keys are: {known}." if known else "There are no keys here."
        else:
            advice = f"Did you mean “{near}”?"
        findings.append(
            Finding(
                "SCH001",
                key.span(),
                f"Unknown key “{shortened(key.text)}”.",
                help=advice,
                fix=_renaming(key, value, table, near, free, guesses),
            )
        )
    return misspelt


def _renaming(
    key: SourceText,
    value: Node,
    table: dict[str, Field],
    near: str | None,
    free: set[str],
    guesses: dict[str, Any] | None,
) -> Fix | None:
    """Return the fix that renames a key, if its value is valid there or can be fixed.

    A fix that would cause another finding is not offered.
    """
    if near is None or near not in table:
        return suggestion(key, near)
    if near not in free:
        return None
    found: list[Finding] = []
    decoded = FAULTY if is_null(value) else table[near].type.decode(value, near, found)
    if decoded is not FAULTY and guesses is not None:
        guesses[near] = decoded
    free.discard(near)
    others = [finding.fix for finding in found]
    renamed = suggestion(key, near)
    if renamed is None or is_null(value) or None in others:
        return None
    edits = [edit for other in others if other is not None for edit in other.edits]
    return Fix(renamed.description, (*renamed.edits, *edits), safe=False)


def json_schema(
    fields: Sequence[Field], *, extra: bool = False, describe: Callable[[Field], str] = lambda field: field.doc
) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a mapping with these fields; `extra` allows other keys."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {field.name: _property(field, describe(field)) for field in fields},
    }
    required = [field.name for field in fields if field.required and field.unless is None]
    if required:
        schema["required"] = required
    conditions = [_condition(field.name, *field.unless) for field in fields if field.required and field.unless]
    if conditions:
        schema["allOf"] = conditions
    if not extra:
        schema["additionalProperties"] = False
    return schema


def _property(field: Field, description: str) -> dict[str, Any]:
    schema = field.type.schema()
    if not field.required or field.unless is not None:
        schema = or_null(schema)
    described = {"description": description, **schema}
    if field.example is not None:
        described["examples"] = [field.example]
    if field.default is not None:
        described["default"] = field.default
    return described


def _condition(name: str, key: str, exempting: str) -> dict[str, Any]:
    """Return the condition that a field is required unless another has a value."""
    return {
        "if": {"properties": {key: {"const": exempting}}, "required": [key]},
        "else": {"properties": {name: {"not": {"type": "null"}}}, "required": [name]},
    }


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that also accepts an empty key."""
    kind = schema.get("type")
    if kind is None or "enum" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [*([kind] if isinstance(kind, str) else kind), "null"]}
