"""`cardpipe list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cardpipe.cli import completing
from cardpipe.cli.comma_lists import callback
from cardpipe.cli.streams import say, say_json
from cardpipe.model.card_label import card_label
from cardpipe.report.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.model.deck import Card


@click.command(epilog="Example:  cardpipe list --tag NN --json")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    callback=callback,
    metavar="TAG",
    shell_complete=completing.tags,
    help="Only cards with this tag; can be repeated or comma-separated.",
)
@click.option("--edition", metavar="NAME", shell_complete=completing.editions, help="Only cards of this edition.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of objects.")
@click.pass_context
def command(ctx: click.Context, tags: tuple[str, ...], edition: str | None, as_json: bool) -> int:
    """List the deck's cards with ID, title and tags, including drafts."""
    from cardpipe.build.pipeline import read
    from cardpipe.cli.project import project_root
    from cardpipe.cli.reports import print_report
    from cardpipe.model.diagnostics import Severity
    from cardpipe.model.selection import Request, select_whole

    root = project_root(ctx)
    loaded = read(root)
    broken = [finding for finding in loaded.diagnostics if finding.severity is Severity.ERROR]
    if loaded.deck is None:
        print_report(broken, loaded.files, "full", err=True)
        return 1
    cards = select_whole(loaded.deck, Request(tags=tags, include_drafts=True, edition=edition))
    if as_json:
        say_json(_rows(cards))
    else:
        say(_as_table(cards), nl=False)
    if broken:
        say(f"{len(broken)} finding(s) keep cards from this list; `cardpipe lint` shows them.", err=True)
        return 1
    return 0


def _rows(cards: Sequence[Card]) -> list[dict[str, Any]]:
    return [
        {
            "id": card.id.text,
            "title": card.title.text if card.title is not None else None,
            "label": card_label(card),
            "tags": [tag.text for tag in card.tags],
            "kind": card.kind_name,
            "status": card.status.value,
            "difficulty": card.difficulty.value if card.difficulty else None,
            "path": card.file.path,
        }
        for card in cards
    ]


def _as_table(cards: Sequence[Card]) -> str:
    rows = [(safe(card.id.text), safe(card_label(card)), card) for card in cards]
    ids = max((len(row[0]) for row in rows), default=0)
    titles = max((len(row[1]) for row in rows), default=0)
    lines = []
    for id_, title, card in rows:
        tags = " ".join(safe(tag.text) for tag in card.tags)
        draft = f"  ({card.status.value})" if card.status.value != "active" else ""
        lines.append(f"{id_:<{ids}}  {title:<{titles}}  {tags}{draft}".rstrip() + "\n")
    return "".join(lines)
