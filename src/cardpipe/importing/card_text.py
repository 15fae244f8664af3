"""The text of an imported card's file, in the form that `cardpipe fmt` gives it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from cardpipe.fix.scalar_form import WIDTH, block_lines, folded_lines, on_one_line
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KEYS: Final = ("id", "guid", "type", "title", "kind", "question", "answer", "details")
"""The keys of texts, in the order of a card."""


def card_text(
    values: Mapping[str, str], *, tags: Sequence[str] = (), fields: Mapping[str, str] | None = None, schema: str = ""
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
            lines += _entry(key, value, "  ")
    if tags:
        lines += _tags(tags)
    return "\n".join(lines) + "\n"


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


def _tags(tags: Sequence[str]) -> list[str]:
    written = [on_one_line(SourceText.inline(tag), flow=True) or json.dumps(tag, ensure_ascii=False) for tag in tags]
    line = f"tags: [{', '.join(written)}]"
    if len(line) <= WIDTH:
        return [line]
    return ["tags:", *(f"  - {on_one_line(SourceText.inline(tag), flow=False) or json.dumps(tag)}" for tag in tags)]


def one_line(value: str) -> str:
    """Return a text as a scalar on one line; line breaks become spaces."""
    plain = " ".join(value.split())
    return on_one_line(SourceText.inline(plain), flow=False) or json.dumps(plain, ensure_ascii=False)
