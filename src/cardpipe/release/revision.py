"""A deck's source as it stood at a git revision, read from git's own store without running anything of the project."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.release.snapshots import of_source
from cardpipe.source.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.release.changes import Snapshot

_TIMEOUT: Final = 120
_LARGEST_FILE: Final = 64 * 1024 * 1024
_LARGEST_TREE: Final = 1024**3
_MOST_FILES: Final = 200_000
_ENTRY: Final = re.compile(rb"(100644|100755) blob ([0-9a-f]{40,64}) +([0-9]+)\t(.+)", re.DOTALL)


def of_revision(root: Path, revision: str) -> Snapshot:
    """The deck at a revision; raises UsageError where git, the revision or a deck in it is missing."""
    commit = _commit(root, revision)
    files = list(_files(root, commit))
    if sum(size for _, size, _ in files) > _LARGEST_TREE or len(files) > _MOST_FILES:
        raise UsageError(f"The source at “{revision}” is too large to be compared.")
    with tempfile.TemporaryDirectory(prefix="cardpipe-diff-") as folder:
        _write(root, files, Path(folder))
        if not (Path(folder) / "source" / "deck.yaml").is_file():
            raise UsageError(f"There was no source/deck.yaml at “{revision}”.", hint="Name a later revision.")
        loaded = load(Path(folder))
    if loaded.deck is None:
        raise UsageError(f"The deck.yaml at “{revision}” cannot be read.", hint="Name another revision.")
    return of_source(loaded.deck)


def touched(root: Path, revision: str) -> list[str]:
    """The files below `source/` that differ from a revision, new ones included, by their paths in the project.

    Without a revision it is where this branch left the main one, and on the main one the last commit. Raises UsageError
    where git or the revision is missing.
    """
    commit = _commit(root, revision) if revision else _fork(root)
    listed = []
    for args in (
        ["diff", "--name-only", "-z", "--no-renames", "--relative", commit, "--", "source"],
        ["ls-files", "--others", "--exclude-standard", "-z", "--", "source"],
    ):
        done = _git(root, args)
        if done.returncode:
            raise UsageError("git could not say which files differ.", hint="Is the project a git repository?")
        listed += [name.decode("utf-8", "replace") for name in done.stdout.split(b"\0") if name]
    return sorted(set(listed))


def scripts_at(root: Path, revision: str) -> list[bytes]:
    """The figure scripts as they stood at a revision; raises UsageError where git or the revision is missing."""
    folder = "source/figures/"
    files = [file for file in _files(root, _commit(root, revision)) if file[2].startswith(folder)]
    return [data for _, data in _contents(root, files)]


def main_branch(root: Path) -> str | None:
    """What the main branch is called where this copy came from, None where that cannot be told."""
    for name in ("origin/HEAD", "origin/main", "origin/master"):
        if not _git(root, ["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]).returncode:
            return name
    return None


def _fork(root: Path) -> str:
    """Where the branch left the main one."""
    for name in ("origin/HEAD", "origin/main", "origin/master", "main", "master"):
        done = _git(root, ["merge-base", "HEAD", name])
        if not done.returncode:
            return done.stdout.decode("ascii", "replace").strip()
    return _commit(root, "HEAD")


def _commit(root: Path, revision: str) -> str:
    unknown = UsageError(
        f"“{revision}” is neither a file nor a revision that git knows here.",
        hint="Name an .apkg, a .lock, or a commit, branch or tag: cardpipe diff main",
    )
    if not revision or revision.startswith("-") or not revision.isprintable():
        raise unknown
    done = _git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"])
    commit = done.stdout.decode("ascii", "replace").strip()
    if done.returncode or re.fullmatch(r"[0-9a-f]{40,64}", commit) is None:
        raise unknown
    return commit


def _files(root: Path, commit: str) -> Iterator[tuple[str, int, str]]:
    """Object, size and path of each ordinary file below `source/`; links and submodules are left out."""
    done = _git(root, ["ls-tree", "-r", "-z", "--long", commit, "--", "source"])
    if done.returncode:
        raise UsageError("git could not list the files of that revision.")
    for line in done.stdout.split(b"\0"):
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            continue
        path = entry[4].decode("utf-8", "replace")
        pure = PurePosixPath(path)
        plain = pure.parts[:1] == ("source",) and ".." not in pure.parts and "\\" not in path and ":" not in path
        if plain and path.isprintable() and int(entry[3]) <= _LARGEST_FILE:
            yield entry[2].decode("ascii"), int(entry[3]), path


def _write(root: Path, files: Sequence[tuple[str, int, str]], folder: Path) -> None:
    for path, content in _contents(root, files):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _contents(root: Path, files: Sequence[tuple[str, int, str]]) -> Iterator[tuple[str, bytes]]:
    asked = "".join(f"{name}\n" for name, _, _ in files).encode("ascii")
    done = _git(root, ["cat-file", "--batch"], asked)
    data, start = done.stdout, 0
    for _, size, path in files:
        start = data.index(b"\n", start) + 1 if data[start:] else 0
        content = data[start : start + size]
        if not start or len(content) != size:
            raise UsageError("git could not show all files of that revision.")
        start += size + 1
        yield path, content


def _git(root: Path, args: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    # Neither hooks nor monitors nor a remote: only what lies in the repository's own store.
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
    try:
        return subprocess.run(  # noqa: S603 - a list of arguments, no shell; the revision stands behind --end-of-options
            ["git", "-c", "core.fsmonitor=false", *args],  # noqa: S607 - the user's own git, wherever it is installed
            cwd=root,
            env=environment,
            input=given,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(
            "git could not be run, so that no revision can be compared.", hint="Install git, or name a file."
        ) from error
