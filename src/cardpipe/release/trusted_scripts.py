"""Determine which figure scripts may run in a project, by the user's policy."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.files.git import Git, checkout_of, printable
from cardpipe.model.trust import EVERYBODY, NOBODY, Trust, script_digest

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER: Final = "source/figures"


class Policy(enum.Enum):
    """The values of `--trust-figures`."""

    NEVER = "never"
    REPO = "repo"
    ALWAYS = "always"


def trust_in(root: Path, policy: Policy | None, revision: str | None = None, *, is_preview: bool = False) -> Trust:
    """Return which scripts may run in a project.

    The default policy is `repo` in a git checkout with a remote, and `always` elsewhere: there, only the author has
    added files. If git cannot read the remote's main branch, no script runs by default. In a preview, scripts can be
    added later.

    Raises UsageError if `repo` is requested and the trusted revision cannot be read.
    """
    if revision is not None and policy not in (Policy.REPO, None):
        raise UsageError("--trusted-revision requires `--trust-figures repo`.")
    if policy is Policy.ALWAYS:
        return EVERYBODY
    if policy is Policy.NEVER:
        return Trust(frozenset(), "--trust-figures never")
    if policy is None and revision is None:
        return _by_default(root, is_preview=is_preview)
    return _of_revision(Git(root), revision)


def _by_default(root: Path, *, is_preview: bool) -> Trust:
    if checkout_of(root) is None:
        return EVERYBODY
    if not is_preview and not (root / _FOLDER).is_dir():
        # Nothing to ask git about.
        return NOBODY
    try:
        git = Git(root)
        return _of_revision(git, None) if git.remotes() else EVERYBODY
    except UsageError as error:
        return Trust(frozenset(), error.message.rstrip("."))


def _of_revision(git: Git, revision: str | None) -> Trust:
    """Return the scripts that are the same in a revision, by default the remote's main branch."""
    trusted = revision if revision is not None else git.main_branch()
    if trusted is None:
        raise UsageError(
            "There is no remote main branch to compare the scripts with.",
            hint="Run `git fetch origin main:refs/remotes/origin/main`, or name a --trusted-revision.",
        )
    files = git.files(git.commit(trusted), _FOLDER)
    digests = frozenset(map(script_digest, git.contents(files)))
    return Trust(digests, f"they differ from {printable(trusted.removeprefix('refs/remotes/'))}")
