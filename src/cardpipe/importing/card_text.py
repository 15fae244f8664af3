"""The text of an imported card's file, in the form that `cardpipe fmt` gives it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from cardpipe.fix.scalar_form import WIDTH, block_lines, folded_lines, on_one_line
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.importing.shipped.notes import CardParts, ShippedFigure

    FieldText = str | Sequence[str]
    """The value of a field: a text, or a list of texts."""


class Number(str):
    """A number, which is written without quotes."""

    __slots__ = ()


KEYS: Final = ("id", "title", "kind", "type", "question", "answer", "details")
"""The keys of texts before the tags, in the order of a card."""


def card_text(
    values: Mapping[str, str],
    *,
    tags: Sequence[str] = (),
    fields: Mapping[str, FieldText] | None = None,
    schema: str = "",
    parts: CardParts | None = None,
) -> str:
    """Return a card as YAML; empty values are left out. `fields` are those of a note type of the deck."""
    lines = [f"# yaml-language-server: $schema={schema}"] if schema else []
    for key in KEYS:
        if values.get(key):
            lines += text_entry(key, values[key], "")
    filled = {key: value for key, value in (fields or {}).items() if value}
    if filled:
        lines.append("fields:")
        for key, value in filled.items():
            lines += text_entry(key, value, "  ") if isinstance(value, str) else _list_entry(key, value, "  ")
    if parts is not None:
        lines += _figures(parts.figures)
    if tags:
        lines += _list_entry("tags", tags, "")
    if parts is not None:
        lines += _parts(parts)
    if values.get("guid"):
        lines += text_entry("guid", values["guid"], "")
    return "\n".join(lines) + "\n"


def _figures(figures: Sequence[ShippedFigure]) -> Iterator[str]:
    if figures:
        yield "figures:"
    for one in figures:
        yield f"  - id: {one_line(one.id)}"
        yield "    kind: image"
        yield f"    file: {one_line(one.file)}"
        if one.front_alt:
            yield "    alt:"
            yield from text_entry("question", one.front_alt, "      ")
            yield from text_entry("answer", one.alt, "      ")
        elif one.alt:
            yield from text_entry("alt", one.alt, "    ")
        if one.caption:
            yield from text_entry("caption", one.caption, "    ")
        if one.width:
            yield f"    width: {one.width}"


def _parts(parts: CardParts) -> Iterator[str]:
    """Yield the lines of the keys between tags and GUID."""
    if parts.related:
        yield from _list_entry("related", parts.related, "")
    if parts.references:
        yield "references:"
    has_addresses = any(address for _, address in parts.references)
    for text, address in parts.references:
        if has_addresses:
            first, *rest = text_entry("text", text, "    ")
            yield f"  - {first.strip()}"
            yield from rest
            yield from text_entry("url", address, "    ") if address else ()
        else:
            first, *rest = _value(text, "    ", 4)
            yield f"  - {first}"
            yield from rest
    if parts.difficulty:
        yield f"difficulty: {parts.difficulty}"
    if parts.retired:
        yield "status: retired"
    if parts.replaced_by:
        yield f"replaced_by: {one_line(parts.replaced_by)}"


def record_line(values: Mapping[str, FieldText], tags: Sequence[str], parts: CardParts | None = None) -> str:
    """Return a record of a table, on one line; of its parts, figures and references cannot be in one."""
    entries = {key: value for key, value in values.items() if key != "guid"} | {"tags": tuple(tags)}
    if parts is not None:
        entries |= {"related": parts.related, "difficulty": parts.difficulty}
        entries |= {"status": "retired" if parts.retired else "", "replaced_by": parts.replaced_by}
    entries = {key: value for key, value in (entries | {"guid": values["guid"]}).items() if value}
    written = (f"{key}: {in_flow(value)}" for key, value in entries.items())
    return f"  - {{{', '.join(written)}}}\n"


def mapping(key: str, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a mapping of names to texts on one line."""
    yield f"{key}:"
    for name, value in values.items():
        yield from text_entry(name, value, "  ")


def text_entry(key: str, value: str, indent: str) -> list[str]:
    """Return a text with its key; one of several lines as a block."""
    first, *rest = _value(value, f"{indent}  ", len(indent) + len(key) + 2)
    return [f"{indent}{key}: {first}", *rest]


def _value(value: str, inner: str, column: int) -> list[str]:
    """Return the lines of a text whose first line begins at a column, the others after `inner`."""
    if isinstance(value, Number):
        return [value]
    scalar = SourceText.inline(value)
    line = on_one_line(scalar, flow=False)
    if line is not None and column + len(line) <= WIDTH:
        return [line]
    lines = folded_lines(value, inner) if "\n" not in value else None
    lines = lines or block_lines(SourceText.inline(value if "\n" not in value else f"{value}\n"), inner)
    return lines or [line or json.dumps(value, ensure_ascii=False)]


def _list_entry(key: str, values: Sequence[str], indent: str) -> list[str]:
    line = f"{indent}{key}: {in_flow(values)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{indent}{key}:", *(f"{indent}  - {one_line(value)}" for value in values)]


def in_flow(value: FieldText) -> str:
    """Return a text or a list of texts on one line, as within brackets."""
    if isinstance(value, Number):
        return value
    if isinstance(value, str):
        written = on_one_line(SourceText.inline(value), flow=True)
        return json.dumps(value, ensure_ascii=False) if written is None else written
    return f"[{', '.join(map(in_flow, value))}]"


def one_line(value: str, *, flow: bool = False) -> str:
    """Return a text as a scalar on one line, on request one within brackets; line breaks become spaces."""
    plain = " ".join(value.split())
    return on_one_line(SourceText.inline(plain), flow=flow) or json.dumps(plain, ensure_ascii=False)
