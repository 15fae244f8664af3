"""Generate documents from the code: `python -m cardpipe.cli.docs`; `--check` finds stale ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from cardpipe import plugins
from cardpipe.cli.api_reference import api_page
from cardpipe.cli.export import writer_flags
from cardpipe.cli.man_page import contexts, man_page
from cardpipe.cli.writer_flags import spellings
from cardpipe.figures.reference import pictures
from cardpipe.figures.same_picture import is_same_picture
from cardpipe.writers.api import FigureForm, MathForm, TextForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.figures.api import FigureKind
    from cardpipe.writers.api import Writer

_TEXTS = {TextForm.HTML: "HTML", TextForm.MARKDOWN: "Markdown"}
_FORMULAS = {
    MathForm.MATHJAX: "MathJax, in the program that shows them",
    MathForm.SVG: "typeset as pictures",
    MathForm.FONTS: "typeset as text in fonts of the file",
    MathForm.TEX: "TeX between dollars",
}
_OWN_FOLDERS = ("rules",)
"""Folders of docs/ with generated pages only, so that pages of removed rules count as stale."""


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a document is stale.")
@click.option("--docs", type=click.Path(path_type=Path), default=Path("docs"), show_default=True, help="The folder.")
def command(check: bool, docs: Path) -> None:
    """Generate the documents from the code."""
    pages = {docs / path: text for path, text in generated()}
    # Other library versions may draw lines slightly differently, so only presence is checked.
    missing = [docs / path for path, _ in pictures(FigureForm.SVG) if not (docs / path).is_file()]
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    orphans = [path for folder in _OWN_FOLDERS for path in sorted((docs / folder).glob("*.md")) if path not in pages]
    if check:
        for path in [*stale, *missing, *orphans]:
            click.echo(f"stale: {path}", err=True)
        if stale or missing or orphans:
            raise click.ClickException("run `python -m cardpipe.cli.docs`")
        return
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages[path], encoding="utf-8", newline="\n")
    for name, data in pictures(FigureForm.SVG):
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or not is_same_picture(path.read_bytes(), data):
            path.write_bytes(data)
    for path in orphans:
        path.unlink()


def generated() -> Iterator[tuple[str, str]]:
    """Return the generated documents: text by path under docs/."""
    from cardpipe.figures.reference import figures_page
    from cardpipe.lint.pages import rule_index, rule_page
    from cardpipe.lint.registry import all_rules
    from cardpipe.source.reference import card_format_page
    from cardpipe.source.schema import card_schema, deck_schema

    kinds = {name: tuple(cast("FigureKind", kind).fields) for name, kind in plugins.load_all(plugins.FIGURES)}
    rules = all_rules()
    yield "card-format.md", card_format_page(kinds)
    yield "figures.md", figures_page()
    yield "rules/README.md", rule_index(rules)
    for rule in rules:
        yield f"rules/{rule.code}.md", rule_page(rule)
    yield "commands.md", _commands_page()
    yield "cardpipe.1", man_page()
    yield "formats.md", _formats_page()
    yield "python-reference.md", api_page()
    for name, schema in (("card", card_schema(kinds)), ("deck", deck_schema())):
        yield f"{name}.schema.json", json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _commands_page() -> str:
    parts = ["# Commands\n", "The `--help` text of each command.\n"]
    for context in contexts():
        text = context.command.get_help(context)
        parts.append(f"## `{context.command_path}`\n")
        parts.append(f"```text\n{text.rstrip()}\n```\n")
    return "\n".join(parts)


def _formats_page() -> str:
    lines = ["# Formats\n", *_table_head("Format", "What it is", "Text", "Formulas", "Figures")]
    writers = [cast("Writer", writer) for _, writer in plugins.load_all(plugins.WRITERS)]
    for writer in writers:
        needs = writer.capabilities
        page = Path(f"formats-{writer.name}.md")
        forms = (_TEXTS[needs.text], _FORMULAS[needs.math], needs.figures.value.upper())
        lines.append(_row(f"[{writer.name}]({page})", writer.summary, *forms))
    lines.append("\n## Options\n")
    lines.extend(_table_head("Option", "In `deck.yaml`, under `formats:`", "Values", "What it does"))
    flags = writer_flags()
    for writer in writers:
        for option in writer.options:
            values = ", ".join(f"**{value}**" if value == option.default else value for value in option.values)
            names = " or ".join(f"`{name}`" for name in spellings(flags, writer.name, option))
            setting = f"`{writer.name}: {{{option.name}: {option.default}}}`"
            lines.append(_row(names, setting, values, option.help))
    return (
        "\n".join(lines) + "\n\nThe default is in bold. Plug-ins can add formats; see [plug-ins](plugins.md).\n\n"
        "## Guarantees of an export\n\n"
        "Either all files are written, or none if something fails or the run is interrupted. Each file is always\n"
        "complete. If the process is killed while files are put into place, some are new and some old, and the next\n"
        "export to the same folder completes the swap first. Files that an earlier export of the same formats wrote\n"
        "and that are no longer produced are removed, unless they were modified; no other file is touched. An\n"
        "`output` that is a link within the project is refused; `--output` can be a link outside of it.\n"
    )


def _table_head(*names: str) -> list[str]:
    return [_row(*names), f"|{'---|' * len(names)}"]


def _row(*cells: str) -> str:
    """Return a row of a Markdown table."""
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


if __name__ == "__main__":
    command()
