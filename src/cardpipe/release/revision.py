"""A deck's source as it stood at a git revision, read without running anything of the project."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.git import LARGEST_FILE, Git
from cardpipe.release.snapshots import of_source
from cardpipe.source.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.git import GitFile
    from cardpipe.release.changes import Snapshot

_LARGEST_TREE: Final = 1024**3
_MOST_FILES: Final = 200_000
_FOLDER: Final = "source"


def of_revision(root: Path, revision: str) -> Snapshot:
    """The deck at a revision; raises UsageError where git, the revision or a deck in it is missing."""
    git = Git(root)
    files = git.files(git.commit(revision), _FOLDER)
    if sum(file.size for file in files) > _LARGEST_TREE or len(files) > _MOST_FILES:
        raise UsageError(f"The source at “{revision}” is too large to be compared.")
    with tempfile.TemporaryDirectory(prefix="cardpipe-diff-") as folder:
        for file, content in zip(files, git.contents(files), strict=True):
            target = Path(folder, file.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if not (Path(folder) / "source" / "deck.yaml").is_file():
            raise UsageError(f"There was no source/deck.yaml at “{revision}”.", hint="Name a later revision.")
        loaded = load(Path(folder))
    if loaded.deck is None:
        raise UsageError(f"The deck.yaml at “{revision}” cannot be read.", hint="Name another revision.")
    return of_source(loaded.deck)


def touched(root: Path, revision: str) -> list[str]:
    """The files below `source/` that differ from a revision, new ones included, by their paths in the project.

    Without a revision it is where this branch left the main one, and on the main one the last commit. How lines end
    makes no difference. Raises UsageError where git or the revision is missing.
    """
    git = Git(root)
    commit = git.commit(revision) if revision else _fork(git)
    committed = {file.path: file for file in git.files(commit, _FOLDER)}
    present = dict(_present(root))
    changed = [path for path, facts in present.items() if not _is_same(root / path, facts, committed.get(path))]
    return sorted({*changed, *(path for path in committed if path not in present)})


def _fork(git: Git) -> str:
    """Where the branch left the main one."""
    main = git.main_branch()
    return git.fork([*([main] if main else []), "refs/heads/main", "refs/heads/master"]) or git.commit("HEAD")


def _present(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    for folder, _, names in os.walk(root / _FOLDER):
        for name in names:
            path = Path(folder, name)
            # A file may go while this looks.
            with contextlib.suppress(FileNotFoundError):
                yield path.relative_to(root).as_posix(), path.lstat()


def _is_same(path: Path, facts: os.stat_result, committed: GitFile | None) -> bool:
    """Whether a file has the content that git knows; the file is read here, since git would run filters on it."""
    if committed is None or not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_FILE:
        return False
    try:
        data = path.read_bytes()
    except OSError:
        return False
    return committed.object in {_object_id(data, committed), _object_id(data.replace(b"\r\n", b"\n"), committed)}


def _object_id(data: bytes, like: GitFile) -> str:
    """The ID that git gives to a file's content, by the hash that the repository uses."""
    whole = b"blob %d\0" % len(data) + data
    if len(like.object) == 64:
        return hashlib.sha256(whole).hexdigest()
    return hashlib.sha1(whole, usedforsecurity=False).hexdigest()
