"""`cardpipe feedback`."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardpipe.cli import completing
from cardpipe.cli.streams import in_colour, note, say, write_clean
from cardpipe.errors import UsageError
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.feedback.comparison import Feedback, LearnerChange

_ANSWERS = "y: write it, n: leave it, a: write it and all that follow, q: leave it and all that follow"


@click.command(epilog="Example:  cardpipe feedback ada.apkg --from Ada --write")
@click.argument("package", type=click.Path(path_type=Path), metavar="FILE.apkg|FILE.colpkg")
@click.option("--from", "name", default="", metavar="NAME", help="Whose corrections these are, for --pull-request.")
@click.option(
    "--base",
    "bases",
    multiple=True,
    metavar="REV|FILE.apkg",
    help="What was shipped, the newest first. [default: the commits that changed source/release.lock]",
)
@click.option(
    "--card",
    "cards",
    multiple=True,
    metavar="ID",
    shell_complete=completing.card_ids,
    help="Only changes of this card; repeatable.",
)
@click.option("--write", is_flag=True, help="Ask for each change that can be taken whether to write it.")
@click.option("--all", "every", is_flag=True, help="Write all changes that can be taken, without questions.")
@click.option(
    "--patch",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the changes that can be taken as a patch for `git apply`.",
)
@click.option(
    "--pull-request",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the description of a pull request in Markdown.",
)
@click.pass_context
def command(
    ctx: click.Context,
    package: Path,
    name: str,
    bases: tuple[str, ...],
    cards: tuple[str, ...],
    write: bool,
    every: bool,
    patch: Path | None,
    pull_request: Path | None,
) -> int:
    """Show what a learner changed in the deck's cards, and take it back into the source.

    FILE is an export from Anki. Each changed field is compared with what was shipped and with the source: a change
    can be taken if the new text is proven to show the same as the learner's field. Only the differing words of the
    YAML files are written. Without --write or --all, the changes are listed and no file of the deck is written.

    Scheduling, tags, flags, decks, media and notes of other decks are never taken. The exit code is 0 whatever the
    package contains, 1 if the cards have errors, 2 for wrong usage and for files that cannot be read.
    """
    from cardpipe.cli.progress_bar import TerminalProgress
    from cardpipe.cli.project import project_root
    from cardpipe.cli.prompts import can_ask
    from cardpipe.cli.reports import print_report
    from cardpipe.cli.source_changes import editing
    from cardpipe.feedback.comparison import feedback_of
    from cardpipe.feedback.presentation import as_text

    if write and not every and not can_ask():
        raise UsageError("--write asks questions in a terminal.", hint="Write with --all, and choose with --card.")
    root = project_root(ctx)
    writes = write or every
    with editing(root, dry_run=not writes):
        with TerminalProgress() as progress:
            found = feedback_of(root, package, bases, progress)
        if found.deck is None:
            errors = [item for item in found.checked.diagnostics if item.severity.value == "error"]
            print_report(errors, found.checked.files, "full", err=True)
            say("Nothing was compared: fix the errors above first.", err=True)
            return 1
        changes = _of_cards(found, cards)
        write_clean(as_text(found, changes, colour=in_colour(sys.stdout)))
        _write_files(root, found, changes, name, patch, pull_request)
        if writes:
            _write(root, found, changes, asks=write and not every)
        elif _taken(changes):
            note("Nothing was written to the cards; --write and --all do that.")
    return 0


def _of_cards(found: Feedback, cards: Sequence[str]) -> list[LearnerChange]:
    """Return the changes of the named cards; raises UsageError for a card that the deck does not have."""
    from cardpipe.text.suggestions import nearest

    known = [card.id.text for card in found.deck.cards] if found.deck is not None else []
    for card_id in cards:
        if card_id not in known:
            near = nearest(card_id, known)
            raise UsageError(f"The deck has no card {card_id}.", hint=f"Did you mean {near}?" if near else None)
    return [change for change in found.changes if not cards or change.card.id.text in cards]


def _taken(changes: Sequence[LearnerChange]) -> list[LearnerChange]:
    from cardpipe.feedback.comparison import Outcome

    return [change for change in changes if change.outcome is Outcome.CHANGE]


def _write_files(
    root: Path,
    found: Feedback,
    changes: Sequence[LearnerChange],
    name: str,
    patch: Path | None,
    pull_request: Path | None,
) -> None:
    from cardpipe.build.publish import write_file
    from cardpipe.feedback.applying import applied, patch_of
    from cardpipe.feedback.presentation import as_markdown

    if patch is not None and found.deck is not None:
        text = patch_of(root, applied(_taken(changes), found.deck.settings))
        write_file(patch, text.encode("utf-8", "surrogatepass"))
    if pull_request is not None:
        write_file(pull_request, as_markdown(found, changes, name).encode("utf-8", "backslashreplace"))


def _write(root: Path, found: Feedback, changes: Sequence[LearnerChange], *, asks: bool) -> None:
    from cardpipe.cli.source_changes import finish
    from cardpipe.feedback.applying import applied

    chosen = _taken(changes)
    if asks:
        chosen = _chosen(chosen)
    if chosen and found.deck is not None:
        change = applied(chosen, found.deck.settings)
        finish(root, change, dry_run=False)
        files = len(change.contents)
        say(f"{counted(len(chosen), 'change')} written to {counted(files, 'file')}.")
    else:
        say("Nothing was written.")


def _chosen(changes: Sequence[LearnerChange]) -> list[LearnerChange]:
    """Ask for each change whether to take it."""
    from cardpipe.cli.prompts import ask, asking
    from cardpipe.feedback.presentation import change_lines
    from cardpipe.release.word_diff import Budget

    chosen: list[LearnerChange] = []
    budget = Budget()
    with asking() if changes else contextlib.nullcontext():
        for number, change in enumerate(changes):
            lines = change_lines(change, budget, colour=in_colour(sys.stdout))
            write_clean("\n" + "\n".join(lines) + "\n")
            answer = ask("Write this change [y,n,a,q,?]", _fault).casefold()
            if answer == "y":
                chosen.append(change)
            elif answer == "a":
                return [*chosen, *changes[number:]]
            elif answer == "q":
                break
    return chosen


def _fault(answer: str) -> str | None:
    return None if answer.casefold() in {"y", "n", "a", "q"} else _ANSWERS
