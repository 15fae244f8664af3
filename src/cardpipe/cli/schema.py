"""`cardpipe schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from cardpipe.cli.streams import note, say_json_text

if TYPE_CHECKING:
    from cardpipe.figures.api import FigureKind


@click.command(epilog="Example:  cardpipe schema card --output card.schema.json")
@click.argument("what", type=click.Choice(("card", "deck"), case_sensitive=False), default="card")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the schema to this file.",
)
def command(what: str, output: Path | None) -> int:
    """Print the JSON Schema of card files or of deck.yaml, for completion and checks in editors.

    A file names its schema in its first line:  # yaml-language-server: $schema=../card.schema.json
    """
    from cardpipe.build.publish import write_file

    text = schema_text(what)
    if output is None:
        say_json_text(text)
    else:
        write_file(output, text.encode())
        note(f"Wrote {output}.", err=False)
    return 0


def schema_text(what: str) -> str:
    """Return the JSON Schema of a `card` file (with all figure kinds) or of the `deck`, as JSON text."""
    from cardpipe import plugins
    from cardpipe.source.schema import card_schema, deck_schema

    if what == "deck":
        schema = deck_schema()
    else:
        kinds = plugins.load_all(plugins.FIGURES)
        schema = card_schema({name: tuple(cast("FigureKind", kind).fields) for name, kind in kinds})
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
