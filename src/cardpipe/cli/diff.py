"""`cardpipe diff`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardpipe.cli.figure_trust import trust_options
from cardpipe.cli.streams import say, say_json_text
from cardpipe.errors import UsageError

if TYPE_CHECKING:
    from cardpipe.build.pipeline import Checked
    from cardpipe.cli.figure_trust import TrustOptions
    from cardpipe.release.changes import Snapshot

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
@trust_options
@click.pass_context
def command(ctx: click.Context, against: str | None, output_format: str, figure_trust: TrustOptions) -> int:
    """Show which cards were added, changed, removed or moved, and in which parts.

    It compares the source, without drafts, with the last release; or with a git revision, an older package, or a
    release lock. A revision and a package know the old words, so that changes are shown word by word. Rules on
    learners' safety that deck.yaml switches off come first; locks and packages do not have them. Figures are drawn
    for a comparison with a release, a package or a lock only, and a placeholder counts as a change. It is no
    judgement: the exit code is 0 whether cards differ or not, 1 where the cards cannot be read, 2 for a wrong call.
    """
    from cardpipe.cli.project import project_root
    from cardpipe.cli.reports import print_report
    from cardpipe.model.release_lock import LOCK_PATH
    from cardpipe.release.changes import compare
    from cardpipe.release.presentation import as_json, as_markdown, as_text

    root = project_root(ctx)
    file = Path(against) if against is not None and Path(against).suffix in (".apkg", ".lock") else None
    before = _file_snapshot(file) if file is not None else None
    if against is None and not os.path.lexists(root / LOCK_PATH):
        # Before any figure is drawn for nothing.
        raise _no_release()
    checked, now = _source(root) if against is not None and file is None else _shipped(root, figure_trust)
    if now is None or checked.deck is None:
        errors = [item for item in checked.diagnostics if item.severity.value == "error"]
        print_report(errors, checked.files, "full", err=True)
        say("Nothing was compared: fix the errors above first.", err=True)
        return 1
    if before is None:
        before = _last_release(checked) if against is None else _revision(root, against)
    changes = compare(before, now)
    if output_format == "json":
        say_json_text(as_json(changes, against or "the last release"))
    else:
        say(as_text(changes) if output_format == "text" else as_markdown(changes), nl=False)
    return 0


def _file_snapshot(path: Path) -> Snapshot:
    """A package or a lock as a state; raises UsageError where it is neither."""
    from cardpipe.files.reading import read_named
    from cardpipe.model.release_lock import LARGEST_LOCK, LockError, parse
    from cardpipe.release.package_file import of_package
    from cardpipe.release.snapshots import of_lock

    if path.suffix == ".apkg":
        return of_package(path)
    try:
        return of_lock(parse(read_named(path, LARGEST_LOCK).decode("utf-8")))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no release lock: it is not UTF-8.") from None
    except LockError as error:
        raise UsageError(f"{path}: {error.message}") from None


def _last_release(checked: Checked) -> Snapshot:
    from cardpipe.release.snapshots import of_lock

    lock = checked.deck.lock if checked.deck is not None else None
    if lock is None:
        raise _no_release()
    return of_lock(lock)


def _no_release() -> UsageError:
    return UsageError(
        "There is no release to compare with: the project has no source/release.lock.",
        hint="Name a git revision or an older package, or make the first release with `cardpipe release`.",
    )


def _revision(root: Path, revision: str) -> Snapshot:
    from cardpipe.release.revision import of_revision

    return of_revision(root, revision)


def _source(root: Path) -> tuple[Checked, Snapshot | None]:
    """The source as written: nothing is drawn for a comparison with a revision."""
    from cardpipe.build.pipeline import read
    from cardpipe.release.snapshots import of_source

    checked = read(root)
    return checked, of_source(checked.deck) if checked.deck is not None else None


def _shipped(root: Path, figure_trust: TrustOptions) -> tuple[Checked, Snapshot | None]:
    """What a package would ship."""
    from cardpipe.build.pipeline import prepare
    from cardpipe.cli.progress import TerminalProgress
    from cardpipe.release.snapshots import of_shipment, unsafe_rules
    from cardpipe.writers.anki.shipment import shipment

    trust = figure_trust.within(root)
    with TerminalProgress() as progress:
        prepared = prepare(root, "anki", progress, trust=trust)
    rendered = prepared.rendered
    if rendered is None:
        return prepared.checked, None
    if not_run := trust.refused(rendered.deck.scripts):
        say(f"cardpipe: warning: {not_run}. Their pictures count as changed.", err=True)
    return prepared.checked, replace(of_shipment(shipment(rendered)), unsafe=unsafe_rules(rendered.deck))
