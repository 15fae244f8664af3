"""The manual of the source format: prose from `manual.md`, and the field tables."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

from cardpipe.source.card_fields import CARD_FIELDS, FIGURE_FIELDS, REFERENCE_FIELDS
from cardpipe.source.deck_fields import DECK_FIELDS
from cardpipe.source.text_files import LARGEST_TEXT
from cardpipe.source.tree import LARGEST_MEDIA
from cardpipe.source.yaml_reader import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.source.fields import Field

_BARE: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ().;?/_-]|:(?=/))*(?<! )")
"""Texts that need no quotes in YAML, not even in brackets."""
_NOT_BARE: Final = frozenset({"true", "false", "null"})


def card_format_page(figure_kinds: Mapping[str, Sequence[Field]]) -> str:
    """The page on cards, figures and the deck, in Markdown; figure kinds come by name with their own fields."""
    kinds = [f"### `kind: {name}`\n\n{_kind(figure_kinds[name])}\n" for name in sorted(figure_kinds)]
    return Template(Path(__file__).with_name("manual.md").read_text(encoding="utf-8")).substitute(
        card_example=example(CARD_FIELDS),
        card_keys=_table(CARD_FIELDS),
        figure_keys=_table(FIGURE_FIELDS),
        figure_kinds="".join(kinds),
        reference_keys=_table(REFERENCE_FIELDS),
        deck_example=example(DECK_FIELDS),
        deck_keys=_table(DECK_FIELDS),
        largest_text=LARGEST_TEXT // 1024 // 1024,
        largest_media=LARGEST_MEDIA // 1024 // 1024,
        deepest=DEEPEST,
    )


def _kind(fields: Sequence[Field]) -> str:
    return _table(fields) if fields else "It has no keys of its own.\n"


def _table(fields: Sequence[Field]) -> str:
    lines = ["| Key | Value | Required | Description |", "|---|---|---|---|"]
    for field in fields:
        doc = field.doc if field.default is None else f"{field.doc} Default: `{_inline(field.default)}`."
        needed = "yes" if field.required else ""
        if field.unless is not None:
            needed = f"yes, except with `{': '.join(field.unless)}`"
        cells = (f"`{field.name}`", field.type.describe(), needed, doc)
        row = " | ".join(cell.replace("|", "\\|") for cell in cells)
        lines.append(f"| {row} |".replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def example(fields: Sequence[Field]) -> str:
    """Return a YAML mapping of the fields' examples."""
    return "".join(_entry(field.name, field.example, "") for field in fields if field.example is not None)


def _entry(key: str, value: Any, indent: str) -> str:
    if isinstance(value, str) and "\n" in value:
        lines = "".join(f"{indent}  {line}".rstrip() + "\n" for line in value.splitlines())
        return f"{indent}{key}: |\n{lines}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"{indent}{key}:\n" + "".join(_item(item, f"{indent}  ") for item in value)
    if isinstance(value, dict) and value:
        return f"{indent}{key}:\n" + "".join(_entry(name, item, f"{indent}  ") for name, item in value.items())
    return f"{indent}{key}: {_inline(value)}\n"


def _item(item: dict[str, Any], indent: str) -> str:
    entries = "".join(_entry(name, value, f"{indent}  ") for name, value in item.items())
    return f"{indent}- {entries[len(indent) + 2 :]}"


def _inline(value: Any) -> str:
    """Return a value on one line; values that are not plain texts are written as JSON."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(_inline(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_inline(key)}: {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str) and _BARE.fullmatch(value) and value.lower() not in _NOT_BARE:
        return value
    return json.dumps(value, ensure_ascii=False)
