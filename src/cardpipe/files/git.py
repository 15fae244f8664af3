"""Git, asked only for what lies in a repository's own store.

A repository may come from a stranger. So no command is used that runs a program named by its settings or attributes
(filters, monitors, hooks, external diffs, remote helpers), the working tree is never read through git, and every ref is
named in full: git takes a short name such as `origin/main` for a local branch or tag first.
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
    # A folder of the project that looks like a bare repository is none.
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
    """An ordinary file in a commit."""

    object: str
    size: int
    """Bytes."""
    path: str
    """In the project."""


class Git:
    """The repository around a project; raises UsageError where git is missing or refuses the repository."""

    def __init__(self, root: Path) -> None:
        top = checkout_of(root)
        if top is None:
            raise UsageError(f"{root} is not in a git repository.", hint="Run it in a clone of the deck's repository.")
        self._top = top
        self._prefix = root.resolve().relative_to(top).as_posix()
        shown = self._run(["rev-parse", "--git-dir"])
        if shown.returncode:
            said = shown.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
            raise UsageError(
                f"git cannot read the repository in {top}: {printable(said) or 'it gives no reason'}",
                hint=f"`{command_line('git', '-C', top, 'status')}` says more.",
            )

    def main_branch(self) -> str | None:
        """The full name of the remote's main branch as it was last fetched; None where there is none.

        The remote is `origin`, or the only one. Its main branch is what its HEAD names, else `main`, else `master`.
        """
        remotes = self.remotes()
        if "origin" not in remotes and len(remotes) != 1:
            return None
        folder = f"refs/remotes/{'origin' if 'origin' in remotes else remotes[0]}/"
        refs = self._refs(folder)
        head = refs.get(f"{folder}HEAD", "")
        for name in [head] if head else [f"{folder}main", f"{folder}master"]:
            # A ref that stands for another one could stand for a local branch.
            if name.startswith(folder) and refs.get(name) == "":
                return name
        return None

    def remotes(self) -> list[str]:
        """The names of the remotes."""
        return self._run(["remote"]).stdout.decode("utf-8", "replace").split()

    def commit(self, revision: str) -> str:
        """The ID of the commit that a user names; raises UsageError for a name that is unknown or names several refs.

        `main~2` and `v1.0^` are understood; searching (`:/text`) and ranges are not.
        """
        unknown = UsageError(
            f"“{printable(revision)}” is neither a file nor a revision that git knows here.",
            hint="Name an .apkg, a .lock, or a commit, branch or tag: cardpipe diff main",
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
        """Whether anything was committed on the current branch."""
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

    def contents(self, files: Sequence[GitFile]) -> Iterator[bytes]:
        """What stands in some files."""
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
        """The only ref that a name stands for, in full; the name itself where it is the ID of an object."""
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
            raise UsageError(f"There is no ref {name}.", hint="`git fetch` may bring it.")
        return found[0] if found else name

    def _is_object(self, name: str) -> bool:
        return not self._run(["rev-parse", f"--disambiguate={name}"]).returncode

    def _refs(self, start: str) -> dict[str, str]:
        """The refs of a name or below it, and for a symbolic one the ref that it stands for, else nothing."""
        listed = self._run(["for-each-ref", "--format=%(refname)%00%(symref)", "--", start])
        lines = listed.stdout.decode("utf-8", "surrogateescape").splitlines()
        return {name: target for name, _, target in (line.partition("\0") for line in lines)}

    def _run(self, args: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return _run([program(), "--no-pager", *settings, *args], self._top, given)


def checkout_of(folder: Path) -> Path | None:
    """The nearest folder, from this one upward, that is a git checkout; None where there is none.

    Git itself is not asked: what it takes for a repository may be a folder of the project. Nobody can commit a `.git`.
    """
    whole = folder.resolve()
    return next((place for place in (whole, *whole.parents) if os.path.lexists(place / ".git")), None)


def program() -> str:
    """The path of git; raises UsageError where it is not installed.

    Only whole paths in PATH count: Windows would find a `git.exe` in the project first.
    """
    name = "git.exe" if os.name == "nt" else "git"
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = Path(folder, name)
        if path.is_absolute() and path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise UsageError("git is not installed, so that no revision can be read.", hint="Install git.")


def version() -> str:
    """The version of git; raises UsageError where it is not installed or does not run."""
    told = _run([program(), "--version"], None, b"").stdout
    return told.decode("utf-8", "replace").strip().removeprefix("git version ")


def _run(command: Sequence[str], folder: Path | None, given: bytes) -> subprocess.CompletedProcess[bytes]:
    # A hook hands git's own variables down, which name another repository; where its settings lie is the user's to say.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("GIT_") or name.upper().startswith("GIT_CONFIG_")
    }
    kept.pop("GIT_CONFIG_PARAMETERS", None)
    try:
        return subprocess.run(  # noqa: S603 - a list of arguments, no shell; a user's words stand behind --end-of-options
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
    """What git says, without what could steer a terminal: branches are named by anybody."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:300])
