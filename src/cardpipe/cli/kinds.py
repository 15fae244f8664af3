"""`cardpipe kinds`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cardpipe.cli.streams import say, say_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.model.adopted import AdoptedType
    from cardpipe.model.note_types import NoteType


@click.command(epilog="Example:  cardpipe kinds && cardpipe kind basic")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of objects.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> int:
    """List the built-in kinds of cards and the deck's note types; `cardpipe kind NAME` shows one.

    Note types that were kept at an import are listed with the kind whose cards are shipped in them.
    """
    from cardpipe.cli.project import project_root
    from cardpipe.model.note_types import BUILT_IN
    from cardpipe.source.kinds import adopted_types, built_in, deck_note_types

    root = project_root(ctx)
    found = [(built_in(name), True) for name in BUILT_IN]
    found += [(note_type, False) for note_type in deck_note_types(root)]
    adopted = adopted_types(root)
    if as_json:
        say_json([_facts(note_type, adopted, is_built_in=is_built_in) for note_type, is_built_in in found])
        return 0
    width = max(len(note_type.key.text) for note_type, _ in found)
    for note_type, is_built_in in found:
        source = "built-in" if is_built_in else "deck.yaml"
        faces = ", ".join(face.key.text for face in note_type.faces)
        say(f"{note_type.key.text:<{width}}  {source:<9}  {', '.join(note_type.keys)} → {faces}")
    for one in adopted:
        say(f"{one.kind.text:<{width}}  in Anki    “{one.name.text}” ({one.path})")
    return 0


def _facts(note_type: NoteType, adopted: Sequence[AdoptedType], *, is_built_in: bool) -> dict[str, object]:
    return {
        "name": note_type.key.text,
        "label": note_type.name,
        "built_in": is_built_in,
        "fields": [
            {"name": field.key.text, "label": field.name, "kind": field.kind.value, "required": field.required}
            for field in note_type.fields
        ],
        "adopted": [
            {"file": one.path, "id": one.id, "name": one.name.text}
            for one in adopted
            if one.kind.text == note_type.key.text
        ],
        "faces": [{"name": face.key.text, "label": face.name} for face in note_type.faces],
    }
