"""Compare a project with an earlier state: a release, a git revision, a package or a lock."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cardpipe.errors import UsageError
from cardpipe.model.release_lock import LARGEST_LOCK, LOCK_PATH, LockError, parse
from cardpipe.release.changes import compare
from cardpipe.release.snapshots import of_lock, of_shipment, of_source, unsafe_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from cardpipe.build.pipeline import Checked, Loaded, Progress
    from cardpipe.model.trust import Trust
    from cardpipe.release.changes import Changes, Snapshot

_FILES = (".apkg", ".lock")


@dataclass(frozen=True, slots=True)
class Compared:
    """The result of a comparison."""

    checked: Checked | Loaded
    changes: Changes | None
    """None if errors in the project prevent the comparison."""
    not_run: str = ""
    """A sentence on figure scripts that did not run; their pictures count as changed."""


def compared(
    root: Path, against: str | Path | None, trust: Callable[[], Trust], progress: Progress | None = None
) -> Compared:
    """Compare a project with a git revision, a package, a lock, or by default with its last release.

    A revision is compared with the source, without drawing figures; everything else with the package that would be
    exported. Raises UsageError if there is no such state.
    """
    from cardpipe.build.pipeline import read

    file = Path(against) if against is not None and Path(against).suffix in _FILES else None
    before = _of_file(file) if file is not None else None
    if against is None and not os.path.lexists(root / LOCK_PATH):
        # Fail before figures are drawn.
        raise _no_release()
    if against is None or file is not None:
        checked, now, not_run = _shipped(root, trust(), progress)
        if now is None:
            return Compared(checked, None)
        return Compared(checked, compare(before or _last_release(checked), now), not_run)
    loaded = read(root)
    if loaded.deck is None:
        return Compared(loaded, None)
    return Compared(loaded, compare(_of_revision(root, str(against)), of_source(loaded.deck)))


def _of_file(path: Path) -> Snapshot:
    """Read a package or a lock as a state; raises UsageError if it is neither."""
    from cardpipe.files.reading import read_named
    from cardpipe.release.package_file import of_package

    if path.suffix == ".apkg":
        return of_package(path)
    try:
        return of_lock(parse(read_named(path, LARGEST_LOCK).decode("utf-8")))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a release lock: it is not UTF-8.") from None
    except LockError as error:
        raise UsageError(f"{path}: {error.message}") from None


def _of_revision(root: Path, revision: str) -> Snapshot:
    from cardpipe.files.git import REVISIONS, UnknownRevisionError
    from cardpipe.release.revision import of_revision

    try:
        return of_revision(root, revision)
    except UnknownRevisionError as error:
        raise UsageError(error.message, hint=f"Name {REVISIONS}, or an .apkg or a .lock file.") from None


def _last_release(checked: Checked) -> Snapshot:
    lock = checked.settings.lock if checked.settings is not None else None
    if lock is None:
        raise _no_release()
    return of_lock(lock)


def _no_release() -> UsageError:
    return UsageError(
        "There is no release to compare with: the project has no source/release.lock.",
        hint="Name a git revision or an older package, or make the first release with `cardpipe release`.",
    )


def _shipped(root: Path, trust: Trust, progress: Progress | None) -> tuple[Checked, Snapshot | None, str]:
    """Return the state of the current package, and a sentence on scripts that did not run."""
    from cardpipe.build.pipeline import no_progress, prepare
    from cardpipe.writers.anki.shipment import shipment

    prepared = prepare(root, "anki", progress or no_progress, trust=trust)
    rendered = prepared.rendered
    if rendered is None:
        return prepared.checked, None, ""
    snapshot = replace(of_shipment(shipment(rendered), rendered.settings.lock), unsafe=unsafe_rules(rendered.settings))
    return prepared.checked, snapshot, trust.refused(rendered.settings.scripts)
