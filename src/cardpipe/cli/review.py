"""`cardpipe review`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardpipe.cli.figure_trust import trust_options
from cardpipe.cli.streams import say

if TYPE_CHECKING:
    from cardpipe.cli.figure_trust import TrustOptions
    from cardpipe.review.state import Review


@click.command(epilog="Example:  cardpipe review main")
@click.argument("revision", required=False, metavar="[REV]")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The page to write. [default: output/review.html in the project]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the review as JSON, for `cardpipe ci comment`.",
)
@trust_options
@click.pass_context
def command(
    ctx: click.Context, revision: str | None, output: Path | None, data: Path | None, figure_trust: TrustOptions
) -> int:
    """Write a page that shows a change to a reviewer.

    Compares the source with a git revision, by default with the merge base with the main branch. The page has added
    and changed cards, old beside new, with the differing words marked, the findings that the change can have caused,
    what learners get at the next release, and risks for their history. It has no scripts and loads nothing.

    No code of the revision is run, except figure scripts that are trusted. The exit code is 0 whatever the
    change contains, 1 if deck.yaml cannot be read, 2 for wrong usage.
    """
    from cardpipe.build.publish import write_file
    from cardpipe.cli.progress_bar import TerminalProgress
    from cardpipe.cli.project import project_root, shown
    from cardpipe.cli.reports import warn_of_faulty_plugins
    from cardpipe.review.data import data_of, to_json
    from cardpipe.review.page import page
    from cardpipe.review.state import review_of

    root = project_root(ctx)
    with TerminalProgress() as progress:
        review = review_of(root, revision, figure_trust.within(root), progress)
    warn_of_faulty_plugins()
    target = output if output is not None else root / "output" / "review.html"
    write_file(target, page(review))
    if data is not None:
        write_file(data, to_json(data_of(review)))
    _report(review)
    say(f"Wrote {shown(target)}.")
    return 1 if review.after.checked.settings is None else 0


def _report(review: Review) -> None:
    from cardpipe.review.risks import risks

    say(f"{review.summary} compared with {review.against}; {_findings(len(review.findings))}.")
    for remark in review.remarks:
        say(f"cardpipe: warning: {remark}", err=True)
    for risk in risks(review):
        say(f"cardpipe: warning: {risk.sentence}", err=True)


def _findings(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"
