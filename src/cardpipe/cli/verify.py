"""`cardpipe verify`."""

from __future__ import annotations

from pathlib import Path

import click

from cardpipe.cli.streams import say, say_json_text

_FILE = click.Path(path_type=Path)


@click.command(epilog="Example:  cardpipe verify output/deck.apkg deck-1.0.apkg")
@click.argument("package", type=_FILE, metavar="FILE.apkg")
@click.argument("older", type=_FILE, required=False, metavar="[OLDER.apkg]")
@click.option("--json", "as_json", is_flag=True, help="For programs: one object with every name.")
def command(package: Path, older: Path | None, as_json: bool) -> int:
    """Try a package in the real Anki: import it fresh, and over an older one that a learner has used.

    The learner reviews cards, edits, tags, flags, suspends, moves and deletes; then the newer package must land where
    it differs and leave all history alone. The exit code is 0 where everything holds and 1 where something does not.
    It needs the Python package of Anki: pip install 'cardpipe[verify]'.
    """
    from cardpipe.cli.progress import TerminalProgress
    from cardpipe.verify import presentation
    from cardpipe.verify.anki_collection import Unreadable
    from cardpipe.verify.bounded import verify_within_limits

    try:
        with TerminalProgress() as progress:
            found = verify_within_limits(package, older, progress)
    except Unreadable as error:
        say(f"cardpipe: a package cannot be verified: {error}.", err=True)
        return 1
    names = (package.name, older.name if older is not None else None)
    if as_json:
        say_json_text(presentation.as_json(found, *names))
    else:
        say(presentation.as_text(found, *names), nl=False)
    return 1 if found.problems else 0
