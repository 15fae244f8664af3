"""Read-only access to a git repository's object store.

Repositories are untrusted. So no command is used that runs a program named by its settings or attributes
(filters, monitors, hooks, external diffs, remote helpers), the working tree is never read through git, and every ref is
named in full: git resolves a short name such as `origin/main` to a local branch or tag first.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.errors import UsageError, command_line
from cardpipe.files.git_process import Finished, LimitError, contents, program, records, run, started

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BRANCHES: Final = 64
"""The number of branches in which used names are looked for."""
_BRANCH_SECONDS: Final = 3.0
_BRANCHES_SECONDS: Final = 10.0
"""The time for all branches."""
_LIST_SECONDS: Final = 15.0
_CONTENT_SECONDS: Final = 60.0
_LARGEST_LIST: Final = 16 * 1024 * 1024
REVISIONS: Final = "a commit, branch or tag, such as main"
"""What a hint calls git revisions."""
LARGEST_FILE: Final = 64 * 1024 * 1024
LARGEST_TOTAL: Final = 256 * 1024 * 1024
"""Maximum bytes of the files that are read from a commit."""
LARGEST_TEXTS: Final = 32 * 1024 * 1024
"""Maximum bytes of card files that are read from a commit: twice what a deck of 10,000 long cards has."""
MOST_FILES: Final = 50_000
"""Maximum files of a commit below a folder: five times as many as a deck of 10,000 cards has."""
_LONGEST_PATH: Final = 1024
"""Maximum bytes of a path; systems support up to 4096, for the project's folder and this path."""
_DEEPEST_PATH: Final = 100
_ENTRY: Final = re.compile(rb"(100644|100755) blob ([0-9a-f]{40,64}) +([0-9]+)\t(.+)", re.DOTALL)
_OBJECT: Final = re.compile(r"[0-9a-f]{40,64}")
_SHORT_OBJECT: Final = re.compile(r"[0-9a-f]{4,64}")
_SUFFIX: Final = re.compile(r"[~^].*|@\{.*", re.DOTALL)
_PSEUDO_REFS: Final = frozenset({"HEAD", "FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD"})
_SETTINGS: Final = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.alternateRefsCommand=",
    # A folder of the project that looks like a bare repository is not used as one.
    "safe.bareRepository=explicit",
    "protocol.allow=never",
)


class UnknownRevisionError(UsageError):
    """A name is not that of a git revision; commands that take files too name them in a hint of their own."""


class GitFile(NamedTuple):
    """A regular file in a commit."""

    object: str
    size: int
    """Bytes."""
    path: str
    """The path in the project."""


class BranchPaths(NamedTuple):
    """Paths of files in branches."""

    paths: set[str]
    unread: list[str]
    """Why a branch could not be read, one sentence each."""


class Git:
    """The repository of a project; raises UsageError if git is missing or rejects the repository."""

    def __init__(self, root: Path) -> None:
        top = checkout_of(root)
        if top is None:
            raise UsageError(f"{root} is not in a git repository.", hint="Use a clone of the deck's repository.")
        self._top = top
        self._prefix = root.resolve().relative_to(top).as_posix()
        shown = self._run(["rev-parse", "--git-dir"])
        if shown.returncode:
            said = shown.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
            raise UsageError(
                f"git cannot read the repository in {top}: {printable(said) or 'no reason given'}",
                hint=f"`{command_line('git', '-C', top, 'status')}` shows details.",
            )

    def main_branch(self) -> str | None:
        """Return the full ref name of the remote's main branch as last fetched; None if there is none.

        The remote is `origin`, or the only one. Its main branch is what its HEAD names, else `main`, else `master`.
        """
        remotes = self.remotes()
        if "origin" not in remotes and len(remotes) != 1:
            return None
        folder = f"refs/remotes/{'origin' if 'origin' in remotes else remotes[0]}/"
        refs = self._refs(folder)
        head = refs.get(f"{folder}HEAD", "")
        for name in [head] if head else [f"{folder}main", f"{folder}master"]:
            # A symbolic ref could refer to a local branch.
            if name.startswith(folder) and refs.get(name) == "":
                return name
        return None

    def remotes(self) -> list[str]:
        """The names of the remotes."""
        return self._run(["remote"]).stdout.decode("utf-8", "replace").split()

    def commit(self, revision: str) -> str:
        """Return the ID of a commit by name; raises UsageError if the name is ambiguous.

        `main~2` and `v1.0^` are supported; searches (`:/text`) and ranges are not. Raises UnknownRevisionError if
        there is no such commit.
        """
        unknown = UnknownRevisionError(
            f"“{printable(revision)}” is not a known git revision.",
            hint=f"Name {REVISIONS}.",
        )
        suffix = match[0] if (match := _SUFFIX.search(revision)) else ""
        name = revision.removesuffix(suffix)
        if not name or name.startswith("-") or ":" in revision or ".." in revision or not revision.isprintable():
            raise unknown
        full = self._full_name(name)
        found = self._run(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{full}{suffix}^{{commit}}"])
        commit = found.stdout.decode("ascii", "replace").strip()
        if found.returncode or _OBJECT.fullmatch(commit) is None:
            raise unknown
        return commit

    def has_commits(self) -> bool:
        """Return whether the current branch has commits."""
        return not self._run(["rev-parse", "--verify", "--quiet", "HEAD"]).returncode

    def tracked(self, name: str) -> list[Path]:
        """The files of the repository's index whose path is `name` or ends with it below a folder."""
        listed = self._run(["ls-files", "-z", "--cached", "--", f":(top,glob)**/{name}"])
        return [self._top / os.fsdecode(path) for path in listed.stdout.split(b"\0") if path]

    def commits_of(self, path: str, most: int) -> list[str]:
        """The last commits before the current one that changed a file of the project, the newest first."""
        place = path if self._prefix == "." else f"{self._prefix}/{path}"
        found = self._run(["rev-list", f"--max-count={most}", "HEAD", "--", f":(top,literal){place}"])
        return found.stdout.decode("ascii", "replace").split() if not found.returncode else []

    def fork(self, commits: Sequence[str]) -> str | None:
        """The newest commit that the current one shares with the first of some revisions with which it shares one."""
        for revision in commits:
            try:
                found = self._run(["merge-base", "HEAD", self.commit(revision)])
            except UsageError:
                continue
            if not found.returncode:
                return found.stdout.decode("ascii", "replace").strip()
        return None

    def files(self, commit: str, folder: str) -> list[GitFile]:
        """The ordinary files below a folder of the project; links and submodules are left out.

        Raises LimitError if there are more than a deck can have.
        """
        tree = f"{commit}:{'' if self._prefix == '.' else self._prefix}"
        if self._run(["rev-parse", "--verify", "--quiet", "--end-of-options", tree]).returncode:
            return []
        found = []
        listing = ["ls-tree", "-r", "-z", "--long", "--full-tree", tree, "--", folder]
        for record in self._records(listing, _LIST_SECONDS):
            entry = _entry(record, folder)
            if entry is not None:
                found.append(entry)
        return found

    def paths_in_branches(self, folder: str) -> BranchPaths:
        """The paths of files below a folder of the project in the newest branches, local and as last fetched.

        A branch with more files than a deck can have is left out.
        """
        options = (f"--count={_BRANCHES}", "--sort=-committerdate", "--format=%(objectname) %(refname:short)")
        listed = self._run(["for-each-ref", *options, "refs/heads", "refs/remotes"])
        place = folder if self._prefix == "." else f"{self._prefix}/{folder}"
        refs = [line.split(" ", 1) for line in listed.stdout.decode("utf-8", "replace").splitlines()]
        commits = {commit: printable(name) for commit, name in refs}
        asked = "".join(f"{commit}:{place}\n" for commit in commits).encode()
        told = self._run(["cat-file", "--batch-check=%(objecttype) %(objectname)"], asked)
        lines = told.stdout.decode("utf-8", "replace").splitlines()
        # Most branches have the same cards, or nearly so.
        trees = {
            line[5:]: name for line, name in zip(lines, commits.values(), strict=False) if line.startswith("tree ")
        }
        found, end = BranchPaths(set(), []), time.monotonic() + _BRANCHES_SECONDS
        for tree, branch in trees.items():
            left = min(_BRANCH_SECONDS, end - time.monotonic())
            reason = "There are too many branches with different files."
            if left > 0 and len(found.paths) <= MOST_FILES:
                listing = self._records(["ls-tree", "-r", "-z", "--name-only", "--full-tree", tree], left)
                try:
                    names = [f"{folder}/{name.decode('utf-8', 'replace')}" for name in listing]
                except LimitError as error:
                    reason = error.message
                else:
                    found.paths.update(names)
                    continue
            found.unread.append(f"The branch {branch} was not read: {reason}")
        return found

    def contents(self, files: Sequence[GitFile]) -> Iterator[bytes]:
        """Return the contents of files; raises LimitError if they are larger than a deck can be."""
        texts = [file for file in files if file.path.lower().endswith((".yaml", ".yml"))]
        for what, found, most in (("files", files, LARGEST_TOTAL), ("YAML files", texts, LARGEST_TEXTS)):
            if sum(file.size for file in found) > most:
                raise LimitError(f"The {what} of that revision have more than {most // 1024 // 1024} MiB.")
        asked = "".join(f"{file.object}\n" for file in files).encode("ascii")
        with started(self._command(["cat-file", "--batch"]), self._top, asked, seconds=_CONTENT_SECONDS) as process:
            yield from contents(process, [(file.object, file.size) for file in files])

    def _records(self, args: Sequence[str], seconds: float) -> Iterator[bytes]:
        """Return the items of a list of files; raises LimitError if it has more than a deck can have."""
        with started(self._command(args), self._top, seconds=seconds) as process:
            for number, record in enumerate(records(process, _LARGEST_LIST)):
                if number == MOST_FILES:
                    raise LimitError(f"git lists more than {MOST_FILES} files.")
                yield record
            if process.wait():
                raise UsageError("git could not list the files of that revision.")

    def _full_name(self, name: str) -> str:
        """Return the full name of the only ref with a name; the name itself if it is an object ID."""
        if name in _PSEUDO_REFS or _OBJECT.fullmatch(name):
            return name
        # The places in which git looks for a short name, in its order.
        places = [name] if name.startswith("refs/") else [f"refs/{kind}{name}" for kind in ("", "tags/", "heads/")]
        places += [] if name.startswith("refs/") else [f"refs/remotes/{name}", f"refs/remotes/{name}/HEAD"]
        found = [place for place in places if place in self._refs(place)]
        if len(found) + bool(_SHORT_OBJECT.fullmatch(name) and self._is_object(name)) > 1:
            raise UsageError(
                f"“{name}” is ambiguous: it can be {' or '.join(found)}{'' if len(found) > 1 else ' or a commit'}.",
                hint="Write the name in full, as in refs/remotes/origin/main, or the whole ID of a commit.",
            )
        if name.startswith("refs/") and not found:
            raise UsageError(f"Unknown ref {name}.", hint="Try `git fetch`.")
        return found[0] if found else name

    def _is_object(self, name: str) -> bool:
        return not self._run(["rev-parse", f"--disambiguate={name}"]).returncode

    def _refs(self, start: str) -> dict[str, str]:
        """Return the refs with a name or below it, and the target of each symbolic ref."""
        listed = self._run(["for-each-ref", "--format=%(refname)%00%(symref)", "--", start])
        lines = listed.stdout.decode("utf-8", "surrogateescape").splitlines()
        return {name: target for name, _, target in (line.partition("\0") for line in lines)}

    def _run(self, args: Sequence[str], given: bytes = b"") -> Finished:
        return run(self._command(args), self._top, given)

    def _command(self, args: Sequence[str]) -> list[str]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return [program(), "--no-pager", *settings, *args]


def checkout_of(folder: Path) -> Path | None:
    """Return the nearest folder, from this one upward, that is a git checkout; None if there is none.

    Git is not used: it could accept a folder of the project as a repository. A `.git` cannot be committed.
    """
    whole = folder.resolve()
    return next((place for place in (whole, *whole.parents) if os.path.lexists(place / ".git")), None)


def _entry(record: bytes, folder: str) -> GitFile | None:
    """Return an ordinary file that git lists, if a deck can have it."""
    entry = _ENTRY.fullmatch(record)
    if entry is None or len(entry[4]) > _LONGEST_PATH or entry[4].count(b"/") > _DEEPEST_PATH:
        return None
    path = entry[4].decode("utf-8", "replace")
    parts = PurePosixPath(path).parts
    plain = path.startswith(f"{folder}/") and ".." not in parts and "\\" not in path and ":" not in path
    if not plain or not path.isprintable() or int(entry[3]) > LARGEST_FILE:
        return None
    return GitFile(entry[2].decode("ascii"), int(entry[3]), path)


def printable(text: str) -> str:
    """Return git's output without control characters: branch names are untrusted."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:300])
