"""`cardpipe kind`."""

from __future__ import annotations

import click

from cardpipe.cli import completing
from cardpipe.cli.streams import say


@click.command(epilog="Example:  cardpipe kind basic")
@click.argument("name", shell_complete=completing.kinds)
@click.pass_context
def command(ctx: click.Context, name: str) -> int:
    """Print the declaration of a built-in kind or of a note type of the deck, in YAML.

    A built-in kind is an example: under another name, it can be the beginning of a note type in deck.yaml.
    """
    from cardpipe.cli.project import project_root, refuse_faulty_note_types
    from cardpipe.errors import UsageError
    from cardpipe.model.note_types import BUILT_IN
    from cardpipe.report.terminal import safe
    from cardpipe.source.kinds import built_in_text, deck_note_types, declaration
    from cardpipe.source.load import load_settings
    from cardpipe.text.suggestions import nearest

    if name in BUILT_IN:
        say(built_in_text(name).rstrip())
        return 0
    root = project_root(ctx)
    own = {note_type.key.text: note_type for note_type in deck_note_types(root)}
    if name not in own:
        refuse_faulty_note_types(load_settings(root).settings)
        near = nearest(name, [*BUILT_IN, *own])
        hint = f"Did you mean {near}?" if near else "`cardpipe kinds` lists all kinds."
        raise UsageError(f"Unknown kind “{name}”.", hint=hint)
    say("\n".join(safe(line) for line in declaration(own[name]).splitlines()))
    return 0
