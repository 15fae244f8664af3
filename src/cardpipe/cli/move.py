"""`cardpipe move`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cardpipe.cli import completing
from cardpipe.cli.streams import note
from cardpipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.model.deck import Card, Deck
    from cardpipe.source.load import LoadResult


@click.command(epilog="Example:  cardpipe move ML0044 ML0045 DL --dry-run")
@click.argument(
    "sources", nargs=-1, required=True, metavar="ID|PREFIX...", shell_complete=completing.cards_and_prefixes
)
@click.argument("prefix", metavar="PREFIX", shell_complete=completing.prefixes)
@click.option("--dry-run", is_flag=True, help="Write nothing; show the changes as a diff.")
@click.pass_context
def command(ctx: click.Context, sources: tuple[str, ...], prefix: str, dry_run: bool) -> int:
    """Move cards that no release has shipped to the subdeck of another ID prefix.

    The prefix of an ID determines the subdeck, so each card gets a new ID: with the same number if it is free,
    otherwise the next free one. A prefix stands for all of its cards. If no subdeck has the new PREFIX, and the only
    source is a prefix, that prefix is renamed in deck.yaml too. Files and references change as with `cardpipe rename`.

    Released cards are refused with exit code 1: Anki never moves the cards that learners have.
    """
    from cardpipe.authoring.card_renaming import RefusedError, checked_prefix, renamed_cards
    from cardpipe.cli.source_changes import edited_project, finish_renaming, refused

    with edited_project(ctx, dry_run=dry_run) as (root, loaded):
        if loaded is None or loaded.deck is None:
            return 1
        deck = loaded.deck
        known = [subdeck.prefix.text for subdeck in deck.settings.subdecks]
        renames = prefix not in known and len(sources) == 1 and sources[0] in known
        if renames:
            _refuse_malformed(deck, prefix)
        else:
            checked_prefix(deck, prefix)
        cards = _cards(deck, sources, prefix)
        new_prefix = (sources[0], prefix) if renames else None
        try:
            renamed = renamed_cards(root, loaded, _new_ids(deck, loaded, cards, prefix), new_prefix=new_prefix)
        except RefusedError as error:
            return refused(error)
        finish_renaming(root, renamed, dry_run=dry_run)
        emptied = [name for name in sources if name in known and not renames]
        if emptied and not dry_run:
            verb = "has" if len(emptied) == 1 else "have"
            note(f"{', '.join(emptied)} {verb} no cards now; `subdecks` in source/deck.yaml still lists it.")
        return 0


def _refuse_malformed(deck: Deck, prefix: str) -> None:
    form = deck.settings.id_form
    if not form.takes_prefix(prefix):
        raise UsageError(f"“{prefix}” is not an ID prefix.", hint=f"Write {form.prefix_described()}.")


def _cards(deck: Deck, sources: Sequence[str], prefix: str) -> list[Card]:
    """Return the named cards; raises UsageError if one does not exist or has the prefix already."""
    from cardpipe.authoring.references import all_cards, refuse_unreadable
    from cardpipe.model.card_ids import id_prefix
    from cardpipe.text.suggestions import nearest

    by_id: dict[str, list[Card]] = {}
    for card in all_cards(deck):
        by_id.setdefault(card.id.text, []).append(card)
    known = {subdeck.prefix.text for subdeck in deck.settings.subdecks}
    found: dict[str, Card] = {}
    for name in sources:
        wanted = [card_id for card_id in by_id if card_id == name or (name in known and id_prefix(card_id) == name)]
        if not wanted and name not in known:
            refuse_unreadable(deck, name)
            near = nearest(name, sorted(by_id.keys() | known))
            hint = f"Did you mean {near}?" if near else "`cardpipe list` shows all cards."
            raise UsageError(f"The deck has no card and no prefix “{name}”.", hint=hint)
        for card_id in wanted:
            if len(by_id[card_id]) > 1:
                raise UsageError(f"Several cards have the ID {card_id}.", hint="`cardpipe lint` shows them.")
            found[card_id] = by_id[card_id][0]
    there = [card_id for card_id in found if id_prefix(card_id) == prefix]
    if there:
        raise UsageError(f"{', '.join(sorted(there))}: already in the subdeck of {prefix}.")
    return [found[card_id] for card_id in sorted(found)]


def _new_ids(deck: Deck, loaded: LoadResult, cards: Sequence[Card], prefix: str) -> list[tuple[Card, str]]:
    from cardpipe.authoring.card_places import used_ids
    from cardpipe.model.card_ids import FreeIds

    form = deck.settings.id_form
    free = FreeIds(used_ids(loaded), form)
    same = {card.id.text: form.with_prefix(prefix, card.id.text) for card in cards}
    # Cards that can keep their number do so before others get theirs.
    keep = {card_id for card_id, new in same.items() if free.is_free(new)}
    numbers = [same[card_id] for card_id in keep]
    keep -= {card_id for card_id, new in same.items() if numbers.count(new) > 1}
    for card_id in keep:
        free.take(same[card_id])
    found = []
    for card in cards:
        new = same[card.id.text] if card.id.text in keep else free.next(prefix) or free.after(same[card.id.text])
        if new is None:
            raise UsageError(f"The prefix {prefix} has too few free IDs.", hint="Nothing was written.")
        free.take(new)
        found.append((card, new))
    return found
