"""`cardpipe verify`."""

from __future__ import annotations

from pathlib import Path

import click

from cardpipe.cli.streams import say, say_json_text

_FILE = click.Path(path_type=Path)


@click.command(epilog="Example:  cardpipe verify output/deck.apkg deck-1.0.apkg --learner")
@click.argument("package", type=_FILE, metavar="FILE.apkg")
@click.argument("older", type=_FILE, required=False, metavar="[OLDER.apkg|OLDER.colpkg]")
@click.option(
    "--learner",
    is_flag=True,
    help="Use the review history in the older file if it has one, and try which import options help where notes "
    "are not updated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one object with all names.")
def command(package: Path, older: Path | None, learner: bool, as_json: bool) -> int:
    """Test a package in Anki: import it into a new collection, and over an older package that a learner has used.

    The older package can come from any program. The simulated learner reviews cards, edits, tags, flags, suspends,
    moves and deletes; then the newer package must update what changed and keep all history. A .colpkg is a learner's
    whole collection, with its own history. The exit code is 0 if all checks pass, 1 if there are problems, and 2 if a
    file cannot be verified. This needs Anki's Python package: the extra `verify` of cardpipe.
    """
    from cardpipe.cli.progress_bar import TerminalProgress
    from cardpipe.verify import presentation
    from cardpipe.verify.bounded import verify_within_limits

    if learner and older is None:
        raise click.UsageError("--learner needs the older package too.")
    with TerminalProgress() as progress:
        found = verify_within_limits(package, older, progress, learner=learner)
    names = (package.name, older.name if older is not None else None)
    if names[0] == names[1]:
        names = (str(package), str(older))
    if as_json:
        say_json_text(presentation.as_json(found, *names))
    else:
        say(presentation.as_text(found, *names), nl=False)
    return 1 if found.problems else 0
