"""`cardpipe release`."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardpipe.cli.comma_lists import callback
from cardpipe.cli.figure_trust import trust_options
from cardpipe.cli.streams import note, say
from cardpipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.build.pipeline import Checked
    from cardpipe.cli.figure_trust import TrustOptions
    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.release.changes import Changes
    from cardpipe.release.refusals import ReleaseRefusal
    from cardpipe.writers.anki.shipment import Shipment


@click.command(epilog="Example:  cardpipe release 1.2 --dry-run")
@click.argument("version", required=False, metavar="[VERSION]")
@click.option("--dry-run", is_flag=True, help="Show what would happen, without writing files.")
@click.option(
    "--notes",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file for the release notes. [default: output/release-notes-VERSION.md in the project]",
)
@click.option("--mark", is_flag=True, help="Tag the changed cards with changed::VERSION until the next release.")
@click.option(
    "--allow-removed",
    multiple=True,
    callback=callback,
    metavar="ID",
    help="Allow the permanent removal of this card, or of the face TYPE/FACE; can be repeated or comma-separated.",
)
@click.option("--allow-rename", is_flag=True, help="Allow new names for the deck or its subdecks.")
@trust_options
@click.pass_context
def command(
    ctx: click.Context,
    version: str | None,
    dry_run: bool,
    notes: Path | None,
    mark: bool,
    allow_removed: tuple[str, ...],
    allow_rename: bool,
    figure_trust: TrustOptions,
) -> int:
    """Create a release: write source/release.lock and the release notes.

    The cards are checked first; warnings prevent a release too. Then it shows the changes since the last release
    and refuses changes that would harm existing learners. VERSION is numbers separated by dots, newer than the
    last one; by default, the last number is incremented. Afterwards, commit the lock and run `cardpipe export`.
    """
    from cardpipe.build.pipeline import prepare
    from cardpipe.build.publish import write_file
    from cardpipe.cli.progress_bar import TerminalProgress
    from cardpipe.cli.project import project_root, shown
    from cardpipe.cli.reports import warn_of_faulty_plugins
    from cardpipe.model.release_lock import IMPORTED, LOCK_PATH, dump
    from cardpipe.release.advance import advance, next_version, release_time
    from cardpipe.release.changes import compare
    from cardpipe.release.notes import release_notes
    from cardpipe.release.presentation import as_text
    from cardpipe.release.refusals import refusals
    from cardpipe.release.snapshots import of_lock, of_shipment
    from cardpipe.writers.anki.shipment import shipment

    _refuse_no_version(version)
    root = project_root(ctx)
    trust = figure_trust.within(root)
    with TerminalProgress() as progress:
        prepared = prepare(root, "anki", progress, trust=trust, strict=True)
    warn_of_faulty_plugins()
    if prepared.rendered is None:
        return _unclean(prepared.checked)
    if not_run := trust.refused(prepared.rendered.settings.scripts):
        # The lock would record placeholders as if they were shipped.
        say(f"cardpipe: {not_run}.\nNothing was released.", err=True)
        return 1
    lock = prepared.rendered.settings.lock
    shipped = shipment(prepared.rendered)
    changes = compare(of_lock(lock), of_shipment(shipped, lock))
    _refuse_needless(allow_removed, lock, shipped)
    wanted = version or next_version(lock)
    if lock is None:
        say("First release: ", nl=False)
    else:
        say(f"Since {'the import' if lock.version == IMPORTED else lock.version}: ", nl=False)
    say(as_text(changes), nl=False)
    _warn_of_emptied(changes)
    refused = refusals(lock, shipped, changes, wanted, allow_removed=allow_removed, allow_rename=allow_rename)
    if refused:
        return _refused(refused)
    if not changes:
        say("Nothing to release: no changes for learners.")
        return 0
    made = release_time(lock, int(time.time()), os.environ.get("SOURCE_DATE_EPOCH"))
    after = advance(lock, shipped, wanted, made, mark=mark)
    text = release_notes(after, changes, first=lock is None, mark=mark)
    target = notes if notes is not None else root / "output" / f"release-notes-{wanted}.md"
    if dry_run:
        say(f"\nA dry run: nothing was written. {wanted} would have these notes:\n\n{text}", nl=False)
        return 0
    write_file(target, text.encode())
    write_file(root / LOCK_PATH, dump(after).encode())
    note(f"\nReleased {wanted}: wrote {shown(root / LOCK_PATH)} and {shown(target)}.", err=False)
    note("Next: commit both, then run `cardpipe export`.", err=False)
    return 0


def _refuse_no_version(version: str | None) -> None:
    from cardpipe.model.release_lock import is_version

    if version is not None and not is_version(version):
        raise UsageError(
            f"Invalid version “{version}”.", hint="Use up to five numbers separated by dots: 1.2, 2026.11."
        )


def _refuse_needless(allowed: Sequence[str], lock: ReleaseLock | None, shipped: Shipment) -> None:
    from cardpipe.release.refusals import removed_faces

    known = lock.note_types if lock is not None else {}
    faces = {
        f"{kind}/{key}"
        for kind, made in shipped.note_types.items()
        if kind in known
        for key in removed_faces(known[kind], made)
    }
    for card_id in allowed:
        if card_id not in faces and (lock is None or card_id not in lock.cards or card_id in shipped.cards):
            raise UsageError(
                f"--allow-removed {card_id}: the last release has no such card or face, or it still exists.",
                hint="Name an ID of the last release that is no longer in the source, or TYPE/FACE.",
            )


def _warn_of_emptied(changes: Changes) -> None:
    from cardpipe.release.changes import emptied_together
    from cardpipe.report.terminal import safe

    for ids, cards in emptied_together(changes.emptied):
        lost = safe(cards.names)
        if cards.of_faces:
            say(
                f"warning: {safe(ids)}: the card {lost} is no longer made; learners keep it as an empty card, with its "
                "history, until they delete it.\n  If it should stay, fill the fields that its face needs.",
                err=True,
            )
        else:
            say(
                f"warning: {safe(ids)}: {lost} was removed from the text; learners keep an empty card for it, with its "
                "history, until they delete it.\n  If the cloze deletion only moved, restore its old number.",
                err=True,
            )


def _unclean(checked: Checked) -> int:
    from cardpipe.cli.reports import print_report
    from cardpipe.model.diagnostics import Severity

    print_report(checked.diagnostics, checked.files, "full", err=True)
    say("Nothing was released: fix the findings above first, including warnings.", err=True)
    if not any(one.severity is Severity.ERROR for one in checked.diagnostics):
        say("  `cardpipe lint --write-baseline` accepts warnings, such as the many of an imported deck.", err=True)
    return 1


def _refused(refused: Sequence[ReleaseRefusal]) -> int:
    say("", err=True)
    for refusal in refused:
        say(f"refused: {refusal.reason}\n  {refusal.remedy}", err=True)
    say("Nothing was released.", err=True)
    return 1
