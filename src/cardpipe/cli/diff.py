"""`cardpipe diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardpipe.cli.figure_trust import trust_options
from cardpipe.cli.streams import say, say_json_text

if TYPE_CHECKING:
    from cardpipe.cli.figure_trust import TrustOptions

OUTPUT_FORMATS = ("text", "json", "markdown")


@click.command(epilog="Example:  cardpipe diff main --output-format markdown")
@click.argument("against", required=False, metavar="[REV|FILE.apkg|FILE.lock]")
@click.option(
    "--output-format",
    type=click.Choice(OUTPUT_FORMATS, case_sensitive=False),
    default="text",
    show_default=True,
    help="text for a terminal, markdown for a comment on a pull request, json for programs.",
)
@click.option("--json", "output_format", flag_value="json", help="The same as --output-format json.")
@click.option(
    "-o",
    "--output-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the comparison to this file.",
)
@trust_options
@click.pass_context
def command(
    ctx: click.Context, against: str | None, output_format: str, output_file: Path | None, figure_trust: TrustOptions
) -> int:
    """Show which cards were added, changed, removed or moved, and in which parts.

    Compares the source, without drafts, with the last release; or with a git revision, an older package, or a
    release lock. For revisions and packages, changes are shown word by word. Safety
    rules that deck.yaml disables come first; locks and packages do not record them. Figures are drawn
    only for a comparison with a release, a package or a lock; a placeholder counts as a change. The exit
    code is 0 whether cards differ or not, 1 if the cards cannot be read, 2 for wrong usage.
    """
    from cardpipe.cli.progress_bar import TerminalProgress
    from cardpipe.cli.project import project_root
    from cardpipe.cli.reports import print_report
    from cardpipe.release.presentation import as_json, as_markdown, as_text
    from cardpipe.release.states import compared

    root = project_root(ctx)
    with TerminalProgress() as progress:
        found = compared(root, against, lambda: figure_trust.within(root), progress)
    if found.not_run:
        say(f"cardpipe: warning: {found.not_run}. Their pictures count as changed.", err=True)
    if found.changes is None:
        errors = [item for item in found.checked.diagnostics if item.severity.value == "error"]
        print_report(errors, found.checked.files, "full", err=True)
        say("Nothing was compared: fix the errors above first.", err=True)
        return 1
    named = against or "the last release"
    if output_file is not None:
        from cardpipe.build.publish import write_file

        texts = {"text": as_text, "markdown": as_markdown}
        shown = texts[output_format](found.changes) if output_format in texts else as_json(found.changes, named)
        write_file(output_file, shown.encode("utf-8", "backslashreplace"))
    elif output_format == "json":
        say_json_text(as_json(found.changes, named))
    else:
        say(as_text(found.changes) if output_format == "text" else as_markdown(found.changes), nl=False)
    return 0
