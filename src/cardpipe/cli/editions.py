"""`cardpipe editions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cardpipe.cli.streams import say, say_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.model.deck import Deck, Edition


@click.command(epilog="Example:  cardpipe editions && cardpipe export --edition short")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of objects.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> int:
    """List the deck's editions, with their number of cards and the parts that they show."""
    from cardpipe.build.pipeline import read
    from cardpipe.cli.export import aligned, counted
    from cardpipe.cli.project import project_root
    from cardpipe.cli.reports import print_report
    from cardpipe.report.terminal import safe

    loaded = read(project_root(ctx))
    if loaded.deck is None or loaded.errors:
        print_report(loaded.diagnostics, loaded.files, "full", err=True)
        return 1
    found = [_facts(loaded.deck, edition) for edition in loaded.deck.settings.editions]
    if as_json:
        say_json(found)
    elif not found:
        say("The deck has no editions; define them under `editions` in source/deck.yaml.")
    else:
        rows = [(str(item["name"]), counted(item["cards"]), "") for item in found]
        for line, item in zip(aligned(rows), found, strict=True):
            say(f"{line.rstrip()}  {safe(item['title'])}: {_shown(item['parts'])}")
    return 0


def _facts(deck: Deck, edition: Edition) -> dict[str, Any]:
    from cardpipe.model.deck import EditionPart, Status
    from cardpipe.model.selection import Request, select_whole

    cards = select_whole(deck, Request(edition=edition.name.text))
    return {
        "name": edition.name.text,
        "title": edition.title.text if edition.title is not None else edition.name.text,
        "cards": sum(card.status is not Status.RETIRED for card in cards),
        "parts": ["question", *(part.value for part in EditionPart if part in edition.parts)],
        "link": edition.link.text if edition.link is not None else None,
    }


def _shown(parts: Sequence[str]) -> str:
    from cardpipe.model.deck import EditionPart

    return "whole cards" if len(parts) == len(EditionPart) + 1 else ", ".join(parts)
