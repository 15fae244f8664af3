"""Read a deck's source at a git revision, without running code of the project."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.files.git import Git
from cardpipe.release.snapshots import of_source
from cardpipe.source.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.release.changes import Snapshot

_FOLDER: Final = "source"


def of_revision(root: Path, revision: str) -> Snapshot:
    """Return the deck at a revision; raises UsageError if git, the revision or a deck in it is missing."""
    with extracted(root, revision) as folder:
        if not (folder / "source" / "deck.yaml").is_file():
            raise UsageError(f"There is no source/deck.yaml at “{revision}”.", hint="Name a later revision.")
        loaded = load(folder)
    if loaded.deck is None:
        raise UsageError(f"The deck.yaml at “{revision}” cannot be read.", hint="Name another revision.")
    return of_source(loaded.deck)


@contextmanager
def extracted(root: Path, revision: str) -> Iterator[Path]:
    """Write the source at a revision to a temporary folder, without links and files with unusual names.

    Raises UsageError if git or the revision is missing, or if the source is larger than a deck can be.
    """
    git = Git(root)
    files = git.files(git.commit(revision), _FOLDER)
    with tempfile.TemporaryDirectory(prefix="cardpipe-diff-") as name:
        folder = Path(name)
        for file, content in zip(files, git.contents(files), strict=True):
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        yield folder
