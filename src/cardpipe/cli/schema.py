"""`cardpipe schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from cardpipe.cli.streams import note, say_json_text
from cardpipe.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.figures.api import FigureKind
    from cardpipe.model.note_types import NoteType


@click.command(epilog="Example:  cardpipe schema card --output card.schema.json")
@click.argument("what", type=click.Choice(("card", "deck", "table", "anki"), case_sensitive=False), default="card")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the schema to this file.",
)
@click.pass_context
def command(ctx: click.Context, what: str, output: Path | None) -> int:
    """Print the JSON Schema of card files, deck.yaml, tables or source/anki/, for completion and checks in editors.

    Within a project, the schemas of cards and tables include the note types of the deck. A file names its schema in its
    first line:  # yaml-language-server: $schema=../card.schema.json
    """
    from cardpipe.build.publish import write_file

    text = schema_text(what, _note_types(ctx))
    if output is None:
        say_json_text(text)
    else:
        write_file(output, text.encode())
        note(f"Wrote {output}.", err=False)
    return 0


def _note_types(ctx: click.Context) -> Mapping[str, NoteType]:
    """Return the note types of the project; none outside of a project."""
    from cardpipe.cli.project import project_root
    from cardpipe.source.load import load_settings

    try:
        settings = load_settings(project_root(ctx)).settings
    except ProjectError:
        if ctx.obj is not None:
            raise
        return {}
    return settings.note_types if settings is not None else {}


def schema_text(what: str, note_types: Mapping[str, NoteType] | None = None) -> str:
    """Return the JSON Schema of a `card` file (with all figure kinds), a `table`, the `deck` or `anki`, as JSON."""
    from cardpipe import plugins
    from cardpipe.source.schema import adopted_schema, card_schema, deck_schema, table_schema

    if what == "deck":
        schema = deck_schema()
    elif what == "anki":
        schema = adopted_schema()
    elif what == "table":
        schema = table_schema(note_types or {})
    else:
        kinds = plugins.load_all(plugins.FIGURES)
        schema = card_schema({name: tuple(cast("FigureKind", kind).fields) for name, kind in kinds}, note_types)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
