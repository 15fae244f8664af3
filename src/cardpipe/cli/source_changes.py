"""Show a change of the source as a diff, or write it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cardpipe.cli.streams import note, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import click

    from cardpipe.authoring.card_renaming import RefusedError, Renamed
    from cardpipe.authoring.source_change import SourceChange
    from cardpipe.source.load import LoadResult

_MOST_SHOWN = 20


@contextlib.contextmanager
def editing(root: Path, *, dry_run: bool) -> Iterator[None]:
    """Lock a project while its source is read and changed; a change that was killed is completed first, and noted."""
    from cardpipe.authoring.source_change import editing as locked

    with contextlib.nullcontext(False) if dry_run else locked(root) as completed:
        if completed:
            note("An earlier change that was interrupted has been completed first.")
        yield


@contextlib.contextmanager
def edited_project(ctx: click.Context, *, dry_run: bool) -> Iterator[tuple[Path, LoadResult | None]]:
    """Lock the project and load it; None instead of its content, after printing findings, if deck.yaml is invalid.

    A dry run does not lock it.
    """
    from cardpipe.cli.project import project_root
    from cardpipe.cli.reports import print_report
    from cardpipe.lint.engine import diagnosed
    from cardpipe.source.load import load

    root = project_root(ctx)
    with editing(root, dry_run=dry_run):
        loaded = load(root)
        if loaded.deck is None:
            print_report(diagnosed(loaded.findings), {file.path: file for file in loaded.files}, "full", err=True)
        yield root, loaded if loaded.deck is not None else None


def refused(error: RefusedError) -> int:
    """Print why a change is refused; return the exit code."""
    say(f"refused: {error.message}\n  {error.hint}", err=True)
    return 1


def finish(root: Path, change: SourceChange, *, dry_run: bool) -> None:
    """Write a change, or print it as a diff."""
    from cardpipe.cli.rewriting import show_diff, write_all

    if dry_run:
        show_diff(change.before, change.contents, change.moves)
    else:
        write_all(root, change.before, change.contents, change.moves)


def finish_renaming(root: Path, renamed: Renamed, *, dry_run: bool) -> None:
    """Write or print new IDs, and say where old ones are still mentioned."""
    finish(root, renamed.change, dry_run=dry_run)
    if not dry_run:
        for old, new in sorted(renamed.ids.items()):
            note(f"Renamed {old} to {new}.", err=False)
        edited, moved = len(renamed.change.contents), len(renamed.change.moves)
        note(f"{edited} file{'' if edited == 1 else 's'} edited, {moved} renamed.")
    if renamed.left:
        verb = "would still be" if dry_run else "are still"
        say(f"The old IDs {verb} mentioned here; check these by hand:", err=True)
        for place in renamed.left[:_MOST_SHOWN]:
            say(f"  {place}", err=True)
        if len(renamed.left) > _MOST_SHOWN:
            say(f"  and {len(renamed.left) - _MOST_SHOWN} more", err=True)
