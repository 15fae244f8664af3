"""The manual of the source format, generated from the field tables."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from cardpipe.source.card_fields import CARD_FIELDS, FIGURE_FIELDS, REFERENCE_FIELDS
from cardpipe.source.deck_fields import DECK_FIELDS
from cardpipe.source.text_files import LARGEST_TEXT
from cardpipe.source.tree import LARGEST_MEDIA
from cardpipe.source.yaml_reader import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.source.fields import Field

_BARE: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ().;?/_-]|:(?=/))*(?<! )")
"""Texts that need no quotes in YAML, not even in brackets."""
_NOT_BARE: Final = frozenset({"true", "false", "null"})

_INTRODUCTION: Final = """\
# The source format

A deck project has a folder `source/` with these files:

| Path | Content |
|---|---|
| `source/deck.yaml` | the deck's identity, tags, subdecks, formats and settings |
| `source/cards/**/*.yaml` | cards, preferably one per file, named after its ID; a file can contain a list of cards |
| `source/media/**` | pictures and sounds that cards show with `![what it shows](name.png)` |
| `source/figures/*.py` | scripts that draw figures |

Cards are sorted by file path, and within a file from the top. `.yml` is read like `.yaml`, both
in capitals too; lint reports other files that look like cards. Names that begin with a dot are ignored, and links
are not followed. For editors there are JSON Schemas: [card](card.schema.json), [deck](deck.schema.json).
"""

_TEXTS: Final = """\
## Texts

Questions, answers, details, captions and references are Markdown, with these extensions:

| Write | For |
|---|---|
| `$…$` | an inline equation; no space directly inside the dollars, no digit after the closing one |
| `$$…$$` | an equation on its own line |
| `![](figure:ID)` | a figure of this card, here |
| `![what it shows](name.png)` | a picture from `source/media/` |
| `![what is said](name.mp3)` | a sound from `source/media/` |
| `[text](card:ML0045)` | a link to another card |
| `text[^1]`, and below it `[^1]: The note.` | a footnote |

Write texts after `|`, indented by two spaces: no character is special to YAML there, and backslashes are literal.

Footnotes are written as on GitHub:

```yaml
answer: |
  Frank Rosenblatt built it in 1957.[^1] It learnt its weights.[^how]

  [^1]: The machine, the Mark I, came in 1958.
  [^how]: By correcting them after each mistake.
      Further lines and paragraphs are indented by four spaces.
```

A label is a number or a word without spaces, and several references can share a note. Notes are numbered in the order
of their first references. They must be in the same text (question, answer or details), outside of lists and
quotations. All formats show superscript numbers, and the notes as a numbered list at the end of their text,
so the notes of an answer stay with the answer. Titles, typed answers, captions and references are single-line texts
and cannot have footnotes ([MDN013](rules/MDN013.md)).
"""


def card_format_page(figure_kinds: Mapping[str, Sequence[Field]]) -> str:
    """Return the page on cards, figures and the deck, in Markdown; figure kinds are given with their fields."""
    parts = [
        _INTRODUCTION,
        "## A card\n",
        "All keys at once; most cards have fewer.\n",
        f"```yaml\n{example(CARD_FIELDS)}```\n",
        _table(CARD_FIELDS),
        _TEXTS,
        "## Figures\n",
        "Each figure under `figures:` has these keys, and those of its kind:\n",
        _table(FIGURE_FIELDS),
        *_kinds(figure_kinds),
        "## References\n",
        "Each item under `references:` is a text, or has these keys:\n",
        _table(REFERENCE_FIELDS),
        "## The deck\n",
        f"```yaml\n{example(DECK_FIELDS)}```\n",
        _table(DECK_FIELDS),
        _yaml(),
    ]
    return "\n".join(parts)


def _kinds(figure_kinds: Mapping[str, Sequence[Field]]) -> Iterator[str]:
    for name in sorted(figure_kinds):
        yield f"### `kind: {name}`\n"
        fields = figure_kinds[name]
        yield _table(fields) if fields else "It has no further keys.\n"


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


def _yaml() -> str:
    return f"""\
## YAML

YAML files must be UTF-8, at most {LARGEST_TEXT // 1024 // 1024} MiB; other files {LARGEST_MEDIA // 1024 // 1024} MiB.
The tables above define the types: a text that looks like a number or a boolean must be in quotes, except in
IDs and tags; `NO` and `on` are texts. An empty key counts as absent.

These YAML features are not allowed, and reported with their position: anchors and aliases (`&`, `*`), merge keys
(`<<`), tags (`!`), several documents (`---`), duplicate keys, keys that are not texts, nesting deeper than {DEEPEST}
levels, and control characters.
"""


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
