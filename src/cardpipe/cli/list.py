"""`cardpipe list`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.model import Card


@click.command(epilog="Example:  cardpipe list --tag NN --json")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only cards with this tag; may be given again.")
@click.option("--edition", metavar="NAME", help="Only cards of this edition.")
@click.option("--json", "as_json", is_flag=True, help="For programs: a list of objects.")
@click.pass_context
def command(ctx: click.Context, tags: tuple[str, ...], edition: str | None, as_json: bool) -> int:
    """Show the deck's cards: ID, title and tags, drafts included."""
    from cardpipe.cli.project import project_root
    from cardpipe.cli.reports import print_report
    from cardpipe.diagnostics import Severity
    from cardpipe.pipeline import read
    from cardpipe.selection import Request, select_whole

    root = project_root(ctx)
    loaded = read(root)
    broken = [finding for finding in loaded.diagnostics if finding.severity is Severity.ERROR]
    if loaded.deck is None:
        print_report(broken, loaded.files, "full", err=True)
        return 1
    cards = select_whole(loaded.deck, Request(tags=tags, include_drafts=True, edition=edition))
    click.echo(_as_json(cards) if as_json else _as_table(cards), nl=False)
    if broken:
        click.echo(f"{len(broken)} finding(s) hide cards from this list; `cardpipe lint` shows them.", err=True)
        return 1
    return 0


def _as_json(cards: Sequence[Card]) -> str:
    rows = [
        {
            "id": card.id.text,
            "title": card.title.text,
            "tags": [tag.text for tag in card.tags],
            "kind": card.kind.value,
            "status": card.status.value,
            "difficulty": card.difficulty.value if card.difficulty else None,
            "path": card.file.path,
        }
        for card in cards
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def _as_table(cards: Sequence[Card]) -> str:
    ids = max((len(card.id.text) for card in cards), default=0)
    titles = max((len(card.title.text) for card in cards), default=0)
    lines = []
    for card in cards:
        tags = " ".join(tag.text for tag in card.tags)
        draft = f"  ({card.status.value})" if card.status.value != "active" else ""
        lines.append(f"{card.id.text:<{ids}}  {card.title.text:<{titles}}  {tags}{draft}".rstrip() + "\n")
    return "".join(lines)
