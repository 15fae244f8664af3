"""`cardpipe ci`: commands for workflows of GitHub and pipelines of GitLab."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardpipe.cli.streams import say
from cardpipe.errors import UsageError

if TYPE_CHECKING:
    from cardpipe.review.data import ReviewData


@click.group(epilog="Example:  cardpipe ci comment --data review.json --dry-run")
def command() -> None:
    """Commands for workflows of GitHub and pipelines of GitLab."""


@command.command(epilog="Example:  cardpipe ci comment --data review.json --dry-run")
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The review from `cardpipe review --data`. [default: from the artefact of the workflow run]",
)
@click.option(
    "--event",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="GITHUB_EVENT_PATH",
    show_envvar=True,
    metavar="FILE",
    help="The event file of a workflow.",
)
@click.option("--dry-run", is_flag=True, help="Print the comment, and send nothing to the code host.")
def comment(data: Path | None, event: Path | None, dry_run: bool) -> int:
    """Write a review as a comment on its pull request, or update the comment that is there.

    On GitHub, the event is `pull_request`, or `workflow_run` of a workflow that built a pull request: then the review
    is in that run's artefact "cardpipe-review", which is read as untrusted data. The token is in
    GITHUB_TOKEN. On GitLab, the pipeline belongs to a merge request, and the token is in CARDPIPE_GITLAB_TOKEN; without
    one, no note is written.

    A change without effect on cards is only written to an existing comment. If the pull request has a newer
    commit, nothing is written. With --data and --dry-run, no code host is needed.
    """
    from cardpipe.review.comment import comment as comment_text

    given = _given(data)
    if dry_run and given is not None:
        say(comment_text(given), nl=False)
        return 0
    if os.environ.get("GITLAB_CI") == "true":
        return _gitlab(given, dry_run=dry_run)
    return _github(given, event, dry_run=dry_run)


@command.command(name="check-tag", epilog="Example:  cardpipe ci check-tag v1.2")
@click.argument("tag")
@click.pass_context
def check_tag(ctx: click.Context, tag: str) -> int:
    """Check that a git tag names the last release, before a build publishes it.

    TAG is the version of source/release.lock, with or without a "v" before it. The exit code is 1 if it is another
    version, or if there is no release.
    """
    from cardpipe.build.pipeline import read
    from cardpipe.cli.project import project_root
    from cardpipe.cli.reports import print_report

    loaded = read(project_root(ctx))
    if loaded.deck is None:
        print_report(loaded.diagnostics, loaded.files, "full", err=True)
        return 1
    lock = loaded.deck.settings.lock
    if lock is None:
        say("The deck has no release: run `cardpipe release`, and commit source/release.lock before the tag.", err=True)
        return 1
    version = tag.removeprefix("v")
    if version != lock.version:
        say(
            f"The tag {tag} is not {lock.version}, the last release: run `cardpipe release {version}`, and commit "
            "source/release.lock before the tag.",
            err=True,
        )
        return 1
    say(f"{tag} is the last release.")
    return 0


def _given(path: Path | None) -> ReviewData | None:
    from cardpipe.files.reading import read_named
    from cardpipe.review.data import LARGEST_DATA, parse

    if path is None:
        return None
    try:
        return parse(read_named(path, LARGEST_DATA + 1))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error


def _github(given: ReviewData | None, event: Path | None, *, dry_run: bool) -> int:
    from cardpipe.forge.events import read_event
    from cardpipe.forge.github import GitHub
    from cardpipe.review.comment import comment as comment_text
    from cardpipe.review.data import parse

    if event is None:
        raise UsageError("There is no event.", hint="Name an event file with --event, or use --data with --dry-run.")
    host = GitHub(os.environ)
    found = host.pull_requests(read_event(event))
    if not found.numbers:
        say("No open pull request has this commit any more: nothing was written.")
        return 0
    if given is None and found.data is None and found.is_run:
        # The run itself shows why; a stranger's mistake must not fail the workflow of the main branch.
        say("The run has no review: nothing was written.")
        return 0
    if given is None and found.data is None:
        raise UsageError("There is no review.", hint="Name its data with --data.")
    review = given if given is not None else parse(found.data or b"")
    text = comment_text(review, found.links)
    if dry_run:
        say(text, nl=False)
        return 0
    for number in found.numbers:
        say(f"Comment on #{number}: {host.comment(number, text, create=review.matters)}.")
    return 0


def _gitlab(given: ReviewData | None, *, dry_run: bool) -> int:
    from cardpipe.forge.gitlab import TOKEN, GitLab
    from cardpipe.review.comment import comment as comment_text

    if given is None:
        raise UsageError("There is no review.", hint="Name its data with --data.")
    if not os.environ.get(TOKEN):
        say(f"No note was written: {TOKEN} is not set.")
        return 0
    host = GitLab(os.environ)
    if not host.is_current():
        say("The merge request has a newer commit: nothing was written.")
        return 0
    text = comment_text(given, host.links)
    if dry_run:
        say(text, nl=False)
    else:
        say(f"Note on the merge request: {host.comment(text, create=given.matters)}.")
    return 0
