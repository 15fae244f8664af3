"""`cardpipe rename`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardpipe.cli import completing
from cardpipe.errors import UsageError

if TYPE_CHECKING:
    from cardpipe.model.deck import Card, Deck


@click.command(epilog="Example:  cardpipe rename ML0044 ML0067 --dry-run")
@click.argument("old", metavar="OLD", shell_complete=completing.card_ids)
@click.argument("new", metavar="NEW")
@click.option("--dry-run", is_flag=True, help="Write nothing; show the changes as a diff.")
@click.pass_context
def command(ctx: click.Context, old: str, new: str, dry_run: bool) -> int:
    """Change the ID of a card that no release has shipped.

    The card's file, files in source/media/ and source/figures/ that are named after it, and all references change too:
    related cards, links, replaced_by, editions and lint settings. OLD is an ID, or a card file, for example if two
    cards have the same ID. Either all files are changed or none.

    A released card keeps its ID, on which learners' review history depends; then nothing is written and the exit code
    is 1.
    """
    from cardpipe.authoring.card_renaming import RefusedError, checked_id, renamed_cards
    from cardpipe.authoring.duplicates import references_of
    from cardpipe.cli.source_changes import edited_project, finish_renaming, refused

    with edited_project(ctx, dry_run=dry_run) as (root, loaded):
        if loaded is None or loaded.deck is None:
            return 1
        card = _card(root, loaded.deck, old)
        try:
            renamed = renamed_cards(
                root,
                loaded,
                [(card, checked_id(loaded.deck, loaded, new))],
                is_meant=references_of(root, loaded.deck, card),
            )
        except RefusedError as error:
            return refused(error)
        finish_renaming(root, renamed, dry_run=dry_run)
        return 0


def _card(root: Path, deck: Deck, old: str) -> Card:
    """Return the card with an ID or in a file; raises UsageError if there is none or several."""
    from cardpipe.authoring.references import all_cards, refuse_unreadable
    from cardpipe.cli.project import in_project
    from cardpipe.text.suggestions import nearest

    cards = all_cards(deck)
    found = [card for card in cards if card.id.text == old]
    if len(found) > 1:
        places = " and ".join(card.file.path for card in found)
        raise UsageError(f"Several cards have the ID {old}: {places}.", hint="Name the file instead of the ID.")
    if not found and Path(old).exists():
        path = in_project(Path(old), root)
        found = [card for card in cards if card.file.path == path]
        if len(found) > 1:
            raise UsageError(f"{old} has several cards.", hint="Name the ID of one; if two have the same, edit it.")
    if not found:
        refuse_unreadable(deck, old)
        near = nearest(old, sorted({card.id.text for card in cards}))
        raise UsageError(
            f"The deck has no card “{old}”.",
            hint=f"Did you mean {near}?" if near else "`cardpipe list` shows all cards.",
        )
    return found[0]
