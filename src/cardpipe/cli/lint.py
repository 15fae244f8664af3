"""`cardpipe lint`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardpipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.diagnostics import Diagnostic

OUTPUT_FORMATS = ("full", "concise", "json")


@click.command(epilog="Example:  cardpipe lint source/cards/ML0044.yaml --output-format concise")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option(
    "--output-format",
    type=click.Choice(OUTPUT_FORMATS),
    default="full",
    show_default=True,
    help="full shows the source line, concise is one line a finding, json is for programs.",
)
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...], output_format: str) -> int:
    """Check the cards and show every finding, sorted, with its place.

    The whole deck is always read, since some rules compare cards; PATHs (files or folders) choose whose findings are
    shown. Exit code 0 means nothing was found, 1 means findings, 2 means that the check itself failed.
    """
    from cardpipe.cli.project import project_root
    from cardpipe.cli.reports import print_report, warn_of_faulty_plugins
    from cardpipe.pipeline import check

    root = project_root(ctx)
    wanted = [_in_project(path, root) for path in paths]
    checked = check(root)
    warn_of_faulty_plugins()
    diagnostics = _among(checked.diagnostics, wanted)
    print_report(diagnostics, checked.files, output_format)
    if output_format == "full" and not diagnostics and checked.deck is not None:
        cards = len(checked.deck.cards)
        click.echo(f"All checks passed: {cards} card{'' if cards == 1 else 's'}.", file=sys.stderr)
    return 1 if diagnostics else 0


def _in_project(path: Path, root: Path) -> str:
    """A path as findings name it; raises UsageError where it does not exist or lies elsewhere."""
    if not path.exists():
        raise UsageError(f"{path} does not exist.")
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise UsageError(f"{path} is not part of the project in {root}.", hint="-C chooses another project.") from None


def _among(diagnostics: Sequence[Diagnostic], wanted: Sequence[str]) -> list[Diagnostic]:
    if not wanted or "." in wanted:
        return list(diagnostics)
    return [
        diagnostic
        for diagnostic in diagnostics
        if any(diagnostic.span.path == path or diagnostic.span.path.startswith(f"{path}/") for path in wanted)
    ]
