"""Read-only access to a git repository's object store.

Repositories are untrusted. So no command is used that runs a program named by its settings or attributes
(filters, monitors, hooks, external diffs, remote helpers), the working tree is never read through git, and every ref is
named in full: git resolves a short name such as `origin/main` to a local branch or tag first.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.errors import UsageError, command_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TIMEOUT: Final = 120
_BRANCHES: Final = 64
"""The number of branches in which used names are looked for."""
LARGEST_FILE: Final = 64 * 1024 * 1024
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
_ENVIRONMENT: Final = {
    # A missing object is not fetched: that would start whatever program a remote's settings name.
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}


class GitFile(NamedTuple):
    """A regular file in a commit."""

    object: str
    size: int
    """Bytes."""
    path: str
    """The path in the project."""


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
        """Return the ID of a commit by name; raises UsageError if the name is unknown or ambiguous.

        `main~2` and `v1.0^` are supported; searches (`:/text`) and ranges are not.
        """
        unknown = UsageError(
            f"“{printable(revision)}” is not a known git revision.",
            hint="Name a commit, branch or tag, such as main; `cardpipe diff` also takes an .apkg or a .lock file.",
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
        """The ordinary files below a folder of the project; links and submodules are left out."""
        tree = f"{commit}:{'' if self._prefix == '.' else self._prefix}"
        if self._run(["rev-parse", "--verify", "--quiet", "--end-of-options", tree]).returncode:
            return []
        listed = self._run(["ls-tree", "-r", "-z", "--long", "--full-tree", tree, "--", folder])
        if listed.returncode:
            raise UsageError("git could not list the files of that revision.")
        return list(_entries(listed.stdout, folder))

    def paths_in_branches(self, folder: str) -> set[str]:
        """The paths of files below a folder of the project in the newest branches, local and as last fetched."""
        options = (f"--count={_BRANCHES}", "--sort=-committerdate", "--format=%(objectname)")
        listed = self._run(["for-each-ref", *options, "refs/heads", "refs/remotes"])
        place = folder if self._prefix == "." else f"{self._prefix}/{folder}"
        commits = dict.fromkeys(listed.stdout.decode("ascii", "replace").split())
        asked = "".join(f"{commit}:{place}\n" for commit in commits).encode()
        told = self._run(["cat-file", "--batch-check=%(objecttype) %(objectname)"], asked)
        # Most branches have the same cards, or nearly so.
        trees = {line[5:] for line in told.stdout.decode("utf-8", "replace").splitlines() if line.startswith("tree ")}
        found: set[str] = set()
        for tree in filter(_OBJECT.fullmatch, sorted(trees)):
            names = self._run(["ls-tree", "-r", "-z", "--name-only", "--full-tree", tree]).stdout
            found.update(f"{folder}/{name}" for name in names.decode("utf-8", "replace").split("\0") if name)
        return found

    def contents(self, files: Sequence[GitFile]) -> Iterator[bytes]:
        """Return the contents of files."""
        asked = "".join(f"{file.object}\n" for file in files).encode("ascii")
        data, start = self._run(["cat-file", "--batch"], asked).stdout, 0
        for file in files:
            start = data.index(b"\n", start) + 1 if data[start:] else 0
            content = data[start : start + file.size]
            if not start or len(content) != file.size:
                raise UsageError("git could not show all files of that revision.")
            start += file.size + 1
            yield content

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

    def _run(self, args: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return _run([program(), "--no-pager", *settings, *args], self._top, given)


def checkout_of(folder: Path) -> Path | None:
    """Return the nearest folder, from this one upward, that is a git checkout; None if there is none.

    Git is not used: it could accept a folder of the project as a repository. A `.git` cannot be committed.
    """
    whole = folder.resolve()
    return next((place for place in (whole, *whole.parents) if os.path.lexists(place / ".git")), None)


def program() -> str:
    """Return the path of git; raises UsageError if it is not installed.

    Only absolute paths in PATH count: Windows would find a `git.exe` in the project first.
    """
    name = "git.exe" if os.name == "nt" else "git"
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = Path(folder, name)
        if path.is_absolute() and path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise UsageError("git is not installed, so no revision can be read.", hint="Install git.")


def version() -> str:
    """The version of git; raises UsageError where it is not installed or does not run."""
    told = _run([program(), "--version"], None, b"").stdout
    return told.decode("utf-8", "replace").strip().removeprefix("git version ")


def _run(command: Sequence[str], folder: Path | None, given: bytes) -> subprocess.CompletedProcess[bytes]:
    # A hook passes git's own variables, which name another repository; the location of settings is up to the user.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("GIT_") or name.upper().startswith("GIT_CONFIG_")
    }
    kept.pop("GIT_CONFIG_PARAMETERS", None)
    try:
        return subprocess.run(  # noqa: S603 - a list of arguments, no shell; user input follows --end-of-options
            command,
            cwd=folder,
            env=kept | _ENVIRONMENT,
            input=given,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError("git could not be run.", hint="Does `git status` work here?") from error


def _entries(listed: bytes, folder: str) -> Iterator[GitFile]:
    for line in listed.split(b"\0"):
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            continue
        path = entry[4].decode("utf-8", "replace")
        parts = PurePosixPath(path).parts
        plain = path.startswith(f"{folder}/") and ".." not in parts and "\\" not in path and ":" not in path
        if plain and path.isprintable() and int(entry[3]) <= LARGEST_FILE:
            yield GitFile(entry[2].decode("ascii"), int(entry[3]), path)


def printable(text: str) -> str:
    """Return git's output without control characters: branch names are untrusted."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:300])
