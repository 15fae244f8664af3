"""`cardpipe cache`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cardpipe.cli.streams import say

if TYPE_CHECKING:
    from pathlib import Path

    from cardpipe.cache.store import Kind

_MEGABYTE = 1024 * 1024


@click.command(epilog="Example:  cardpipe cache prune --unused-days 30")
@click.argument("action", type=click.Choice(("info", "prune", "clear", "verify"), case_sensitive=False), default="info")
@click.option(
    "--unused-days",
    type=click.IntRange(min=0),
    metavar="N",
    help="prune: remove entries that were not used for N days.",
)
@click.option(
    "--max-size",
    type=click.IntRange(min=0),
    metavar="MB",
    help="prune: remove the least recently used entries beyond MB.",
)
@click.pass_context
def command(ctx: click.Context, action: str, unused_days: int | None, max_size: int | None) -> int:
    """Manage the cache in .cardpipe/: lint results, equations, figures.

    The cache can be deleted at any time: missing or damaged entries are rebuilt, and output never depends on it. info
    shows its size, prune removes entries that are old (30 days) or beyond a size, clear removes all entries, verify
    removes entries that are damaged or not signed by this user, which are never used.
    """
    from cardpipe.build.pipeline import cache_of
    from cardpipe.cli.project import project_root

    root = project_root(ctx)
    with cache_of(root) as cache:
        if action == "prune":
            days = 30 if unused_days is None and max_size is None else unused_days
            gone = cache.prune(unused_days=days, largest=None if max_size is None else max_size * _MEGABYTE)
            say(f"Removed {gone} entr{'y' if gone == 1 else 'ies'}.")
        elif action == "clear":
            gone = cache.prune(largest=0)
            say(f"Removed all {gone} entr{'y' if gone == 1 else 'ies'}.")
        elif action == "verify":
            sound, damaged = cache.verify()
            say(f"{sound} valid, {damaged} damaged or foreign{' (removed)' if damaged else ''}.")
            return 1 if damaged else 0
        else:
            _print_info(root, cache.contents())
    return 0


def _print_info(root: Path, kinds: list[Kind]) -> None:
    from cardpipe.build.pipeline import CACHE_FOLDER
    from cardpipe.cli.project import shown

    say(f"{shown(root / CACHE_FOLDER)}: {_size(sum(size for _, _, size, _ in kinds))}")
    for name, entries, size, age in kinds:
        days = f"{age} day{'' if age == 1 else 's'}"
        say(f"  {name:<12} {entries:>7} entries {_size(size):>9}, oldest used {days} ago")


def _size(count: int) -> str:
    return f"{count / _MEGABYTE:.1f} MB" if count >= _MEGABYTE else f"{count / 1024:.0f} kB"
