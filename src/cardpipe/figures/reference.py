"""Generate the manual page on figures: prose from `manual.md`, and a field table for each kind."""

from __future__ import annotations

import json
from importlib import metadata, resources
from textwrap import indent
from typing import TYPE_CHECKING, Final

from cardpipe import plugins
from cardpipe.figures.kind import ExemplaryKind, HasSynonyms
from cardpipe.source.fields import ListOf, OneOf, Record, decode_into
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import MapNode
from cardpipe.text.positions import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.figures.kind import Drawing, FigureKind
    from cardpipe.model.diagnostics import Finding
    from cardpipe.source.fields import Field, FieldType
    from cardpipe.writers.api import FigureForm

_PLACE: Final = "<!-- the kinds -->\n"


def figures_page() -> str:
    """Return the page in Markdown; plug-in kinds are not included."""
    prose = resources.files("cardpipe.figures").joinpath("manual.md").read_text(encoding="utf-8")
    before, _, after = prose.partition(_PLACE)
    overview = ["| Kind | Description |", "|---|---|", *(_row(kind) for kind in _own_kinds()), "", ""]
    return before + "\n".join(overview) + "\n".join(_with_picture(kind) for kind in _own_kinds()) + after


def pictures(form: FigureForm) -> Iterator[tuple[str, bytes]]:
    """Return the pictures on that page: relative paths and bytes."""
    for kind in _own_kinds():
        drawing = example_drawing(kind, form)
        if drawing is not None:
            yield _picture_path(kind), drawing.data


def _own_kinds() -> list[FigureKind]:
    """Return the built-in kinds by name."""
    points = {point.name: point for point in metadata.entry_points(group=plugins.FIGURES)}
    return [points[name].load() for name in sorted(points) if points[name].module.startswith("cardpipe.")]


def _picture_path(kind: FigureKind) -> str:
    return f"images/figures/{kind.name}.svg"


def _with_picture(kind: FigureKind) -> str:
    section = _kind_section(kind)
    if not isinstance(kind, ExemplaryKind):
        return section
    return f"{section}\n![The example of the figure kind {kind.name}]({_picture_path(kind)})\n"


def _row(kind: FigureKind) -> str:
    others = f" ({', '.join(kind.synonyms)})" if isinstance(kind, HasSynonyms) and kind.synonyms else ""
    return f"| [`{kind.name}`](#{kind.name}){others} | {kind.summary} |"


def kind_page(kind: FigureKind) -> str:
    """Return the page of any kind in Markdown: its keys and an example."""
    return _kind_section(kind, "#")


def example_drawing(kind: FigureKind, form: FigureForm) -> Drawing | None:
    """Return the picture of a kind's example; None if the example needs files."""
    if not isinstance(kind, ExemplaryKind):
        return None
    findings: list[Finding] = []
    node = read_yaml(SourceFile("example.yaml", kind.example), findings)
    if not isinstance(node, MapNode):
        return None
    return kind.draw_alone(decode_into(node, kind.fields, findings), form)


def _kind_section(kind: FigureKind, level: str = "###") -> str:
    lines = [f"{level} `{kind.name}`", "", kind.summary, "", *_table(kind.fields)]
    for key, record in _records(kind.fields):
        lines += ["", f"Keys of each of `{key}`:", "", *_table(record.fields)]
    return "\n".join([*lines, "", *_example(kind), ""])


def _table(fields: Sequence[Field]) -> Iterator[str]:
    yield "| Key | Value | Meaning |"
    yield "|---|---|---|"
    for field in fields:
        name = f"`{field.name}`" + (" (required)" if field.required else "")
        meaning = field.doc
        if field.default is not None:
            meaning += f" Default: `{_yaml(field.default)}`."
        yield f"| {name} | {_cell(field.type.describe())} | {_cell(meaning)} |"


def _cell(text: str) -> str:
    """Return a text that is safe in a table cell, in which bars are escaped."""
    return text.replace("|", "\\|")


def _records(fields: Sequence[Field]) -> Iterator[tuple[str, Record]]:
    """Return the records with a field table among the values, by key."""
    for field in fields:
        record = _record(field.type)
        # Each item of `grids` has the keys in the kind's own table.
        if record is not None and not all(inner in fields for inner in record.fields):
            yield field.name, record


def _record(kind: FieldType) -> Record | None:
    while isinstance(kind, ListOf):
        kind = kind.item
    if isinstance(kind, OneOf):
        return kind.mapping
    return kind if isinstance(kind, Record) else None


def _example(kind: FigureKind) -> Iterator[str]:
    yield "```yaml"
    yield "figures:"
    yield "  - id: example"
    yield f"    kind: {kind.name}"
    if isinstance(kind, ExemplaryKind):
        yield indent(kind.example.rstrip(), "    ")
    else:
        for field in kind.fields:
            if field.example is not None:
                yield f"    {field.name}: {_yaml(field.example)}"
    yield "    alt: A sentence that describes the figure."
    yield "```"


def _yaml(value: object) -> str:
    """Return a value in YAML flow style, with quotes only where needed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_yaml(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return value if _is_plain(value) else json.dumps(value, ensure_ascii=False)
    return str(value)


def _is_plain(text: str) -> bool:
    return text[:1].isalpha() and all(character.isalnum() or character in " _./$()+" for character in text)
