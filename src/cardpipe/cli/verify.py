"""`cardpipe verify`."""

from __future__ import annotations

from pathlib import Path

import click

from cardpipe.cli.streams import say, say_json_text

_FILE = click.Path(path_type=Path)


@click.command(epilog="Example:  cardpipe verify output/deck.apkg deck-1.0.apkg")
@click.argument("package", type=_FILE, metavar="FILE.apkg")
@click.argument("older", type=_FILE, required=False, metavar="[OLDER.apkg]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one object with all names.")
def command(package: Path, older: Path | None, as_json: bool) -> int:
    """Test a package in Anki: import it into a new collection, and over an older package that a learner has used.

    The simulated learner reviews cards, edits, tags, flags, suspends, moves and deletes; then the newer package must
    update what changed and keep all history. The exit code is 0 if all checks pass and 1 otherwise.
    This needs Anki's Python package: the extra `verify` of cardpipe.
    """
    from cardpipe.cli.progress_bar import TerminalProgress
    from cardpipe.verify import presentation
    from cardpipe.verify.anki_collection import Unreadable
    from cardpipe.verify.bounded import verify_within_limits

    try:
        with TerminalProgress() as progress:
            found = verify_within_limits(package, older, progress)
    except Unreadable as error:
        say(f"cardpipe: the package cannot be verified: {error}.", err=True)
        return 1
    names = (package.name, older.name if older is not None else None)
    if as_json:
        say_json_text(presentation.as_json(found, *names))
    else:
        say(presentation.as_text(found, *names), nl=False)
    return 1 if found.problems else 0
