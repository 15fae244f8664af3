"""`cardpipe progress`."""

from __future__ import annotations

from pathlib import Path

import click

from cardpipe.cli.streams import note, say

_FILE = click.Path(path_type=Path)
_SHOWN = 5


@click.command(epilog="Example:  cardpipe progress progress-2026-11-28.json --to-anki output/deck.apkg -o mine.apkg")
@click.argument("file", type=_FILE, metavar="FILE.json")
@click.option(
    "--to-anki", "package", type=_FILE, required=True, metavar="FILE.apkg", help="The deck's package, as exported."
)
@click.option(
    "-o", "--output", type=_FILE, required=True, metavar="FILE.apkg", help="The package to write, with the progress."
)
def command(file: Path, package: Path, output: Path) -> int:
    """Write progress from the site's study page into a package, to continue in Anki.

    FILE.json is what “Export progress” on the study page wrote. In Anki, import the new package with “Import any
    learning progress” ticked. Anki keeps the progress of cards that it already has. Cards of the file that the package
    does not have are left out and counted.
    """
    from cardpipe.build.publish import write_file
    from cardpipe.errors import UsageError
    from cardpipe.progress.anki import with_progress
    from cardpipe.progress.progress_file import read_progress

    # It may be the only copy of the learner's history.
    if output.exists() and output.samefile(file):
        raise UsageError(f"{output} is the file of progress, which is never replaced.", hint="Choose another --output.")
    outcome = with_progress(package, read_progress(file))
    write_file(output, outcome.data)
    held = f"{outcome.suspended} suspended, {outcome.buried} buried"
    note(f"{output}: {outcome.reviews} reviews of {outcome.cards} cards; {held}.", err=False)
    if outcome.unknown:
        shown = ", ".join(outcome.unknown[:_SHOWN])
        more = f" and {len(outcome.unknown) - _SHOWN} more" if len(outcome.unknown) > _SHOWN else ""
        say(f"Not in the package, and left out: {shown}{more}.", err=True)
    return 0
