"""The manual of the source format, made from the field tables."""

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

A deck project has a folder `source/` with this in it:

| Path | What it is |
|---|---|
| `source/deck.yaml` | what the deck is: its identity, tags, subdecks and formats |
| `source/cards/**/*.yaml` | cards, best one a file, named after its ID; a file may also hold a list of cards |
| `source/media/**` | pictures and sounds that cards show with `![what it shows](name.png)` |
| `source/figures/*.py` | programs that draw figures |

Cards come in the order of their files' paths, and within a file from the top. `.yml` is read like `.yaml`, and either
in capitals too; lint names any other file that looks like a card. Names that begin with a dot are left out, and links
are not followed. For editors there are JSON Schemas: [card](card.schema.json), [deck](deck.schema.json).
"""

_TEXTS: Final = """\
## Texts

Questions, answers, details, captions and references are Markdown. Besides its usual forms there are:

| Write | For |
|---|---|
| `$…$` | an equation in the line; no space just inside the dollars, no digit after the closing one |
| `$$…$$` | an equation on its own line |
| `![](figure:ID)` | a figure of this card, here |
| `![what it shows](name.png)` | a picture from `source/media/` |
| `![what is said](name.mp3)` | a sound from `source/media/` |
| `[text](card:ML0045)` | a link to another card |
| `text[^1]`, and below it `[^1]: The note.` | a footnote |

Write texts below `|`, indented by two spaces: there no character has a meaning to YAML, and a backslash stays one.

Footnotes are written as on GitHub:

```yaml
answer: |
  Frank Rosenblatt built it in 1957.[^1] It learnt its weights.[^how]

  [^1]: The machine, the Mark I, came in 1958.
  [^how]: By correcting them after each mistake.
      Further lines and paragraphs are indented by four spaces.
```

A label is a number or a word without spaces, and several references may have one note. Notes are numbered in the order
of their first references. They stand in the same text (the question, the answer or the details), outside of lists and
quotations. Every format shows a raised number, and the notes as a numbered list below a rule at the end of their text,
so that the notes of an answer stay with the answer. Titles, typed answers, captions and references are texts of one
line and have no footnotes ([MDN013](rules/MDN013.md)).
"""


def card_format_page(figure_kinds: Mapping[str, Sequence[Field]]) -> str:
    """The page on cards, figures and the deck, in Markdown; figure kinds come by name with their own fields."""
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
        "Each item below `references:` is a text, or has these keys:\n",
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
        yield _table(fields) if fields else "It has no keys of its own.\n"


def _table(fields: Sequence[Field]) -> str:
    lines = ["| Key | Value | Must be there | What it does |", "|---|---|---|---|"]
    for field in fields:
        doc = field.doc if field.default is None else f"{field.doc} Default: `{_inline(field.default)}`."
        needed = "yes" if field.required else ""
        if field.unless is not None:
            needed = f"yes, but for `{': '.join(field.unless)}`"
        cells = (f"`{field.name}`", field.type.describe(), needed, doc)
        row = " | ".join(cell.replace("|", "\\|") for cell in cells)
        lines.append(f"| {row} |".replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def _yaml() -> str:
    return f"""\
## Which YAML

Files are UTF-8 and have {LARGEST_TEXT // 1024 // 1024} MiB at most, other files {LARGEST_MEDIA // 1024 // 1024} MiB.
The table above decides what a value is: a text that looks like a number or a truth value must be in quotes, except in
IDs and tags; `NO` and `on` are texts. A key that is left empty counts as absent.

These parts of YAML are refused, each with the place where it stands: anchors and aliases (`&`, `*`), merge keys
(`<<`), tags (`!`), several documents (`---`), keys that come twice or are no text, nesting deeper than {DEEPEST}
levels, and control characters.
"""


def example(fields: Sequence[Field]) -> str:
    """A YAML mapping of the fields' examples; it can be read back."""
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
    """A value on one line; what is not plainly a text is written as JSON, which YAML reads alike."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(_inline(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_inline(key)}: {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str) and _BARE.fullmatch(value) and value.lower() not in _NOT_BARE:
        return value
    return json.dumps(value, ensure_ascii=False)
