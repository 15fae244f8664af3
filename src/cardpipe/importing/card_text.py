"""The text of an imported card's file, in the form that `cardpipe fmt` gives it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from cardpipe.fix.scalar_form import WIDTH, block_lines, folded_lines, on_one_line
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    FieldText = str | Sequence[str]
    """The value of a field: a text, or a list of texts."""

KEYS: Final = ("id", "title", "kind", "type", "question", "answer", "details")
"""The keys of texts before the tags, in the order of a card."""


def card_text(
    values: Mapping[str, str],
    *,
    tags: Sequence[str] = (),
    fields: Mapping[str, FieldText] | None = None,
    schema: str = "",
) -> str:
    """Return a card as YAML; empty values are left out. `fields` are those of a note type of the deck."""
    lines = [f"# yaml-language-server: $schema={schema}"] if schema else []
    for key in KEYS:
        if values.get(key):
            lines += _entry(key, values[key], "")
    filled = {key: value for key, value in (fields or {}).items() if value}
    if filled:
        lines.append("fields:")
        for key, value in filled.items():
            lines += _entry(key, value, "  ") if isinstance(value, str) else _list_entry(key, value, "  ")
    if tags:
        lines += _tags(tags)
    if values.get("guid"):
        lines += _entry("guid", values["guid"], "")
    return "\n".join(lines) + "\n"


def record_line(values: Mapping[str, FieldText], tags: Sequence[str]) -> str:
    """Return a record of a table, on one line."""
    filled = {key: value for key, value in values.items() if value and key != "guid"}
    entries = filled | ({"tags": tuple(tags)} if tags else {}) | ({"guid": values["guid"]} if values["guid"] else {})
    written = (f"{key}: {_in_flow(value)}" for key, value in entries.items())
    return f"  - {{{', '.join(written)}}}\n"


def text_entry(key: str, value: str, indent: str) -> list[str]:
    """Return a text with its key; one of several lines as a block."""
    return _entry(key, value, indent)


def mapping(key: str, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a mapping of names to texts on one line."""
    yield f"{key}:"
    for name, value in values.items():
        yield from _entry(name, value, "  ")


def _entry(key: str, value: str, indent: str) -> list[str]:
    scalar = SourceText.inline(value)
    line = on_one_line(scalar, flow=False)
    if line is not None and len(indent) + len(key) + 2 + len(line) <= WIDTH:
        return [f"{indent}{key}: {line}"]
    inner = f"{indent}  "
    lines = folded_lines(value, inner) if "\n" not in value else None
    lines = lines or block_lines(SourceText.inline(value if "\n" not in value else f"{value}\n"), inner)
    if lines is None:
        return [f"{indent}{key}: {line or json.dumps(value, ensure_ascii=False)}"]
    return [f"{indent}{key}: {lines[0]}", *lines[1:]]


def _list_entry(key: str, values: Sequence[str], indent: str) -> list[str]:
    line = f"{indent}{key}: {_in_flow(values)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{indent}{key}:", *(f"{indent}  - {one_line(value)}" for value in values)]


def _in_flow(value: FieldText) -> str:
    if isinstance(value, str):
        written = on_one_line(SourceText.inline(value), flow=True)
        return json.dumps(value, ensure_ascii=False) if written is None else written
    return f"[{', '.join(map(_in_flow, value))}]"


def _tags(tags: Sequence[str]) -> list[str]:
    written = [on_one_line(SourceText.inline(tag), flow=True) or json.dumps(tag, ensure_ascii=False) for tag in tags]
    line = f"tags: [{', '.join(written)}]"
    if len(line) <= WIDTH:
        return [line]
    return ["tags:", *(f"  - {on_one_line(SourceText.inline(tag), flow=False) or json.dumps(tag)}" for tag in tags)]


def one_line(value: str, *, flow: bool = False) -> str:
    """Return a text as a scalar on one line, on request one within brackets; line breaks become spaces."""
    plain = " ".join(value.split())
    return on_one_line(SourceText.inline(plain), flow=flow) or json.dumps(plain, ensure_ascii=False)
