"""The options `--trust-figures` and `--trusted-revision`, shared by all commands that can run figure scripts."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cardpipe.model.trust import Trust


class TrustOptions(NamedTuple):
    """The user's trust settings for figure scripts."""

    policy: str | None
    revision: str | None

    def within(self, root: Path, *, is_preview: bool = False) -> Trust:
        """Return the scripts that may run in a project; raises UsageError if the trusted revision does not exist."""
        from cardpipe.release.trusted_scripts import Policy, trust_in

        policy = Policy(self.policy) if self.policy is not None else None
        return trust_in(root, policy, self.revision, is_preview=is_preview)


def trust_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which receives them as `figure_trust`."""

    @functools.wraps(function)
    def with_trust(*args: Any, trust_figures: str | None, trusted_revision: str | None, **kwargs: Any) -> Any:
        return function(*args, figure_trust=TrustOptions(trust_figures, trusted_revision), **kwargs)

    policy = click.option(
        "--trust-figures",
        type=click.Choice(["never", "repo", "always"], case_sensitive=False),
        envvar="CARDPIPE_TRUST_FIGURES",
        show_envvar=True,
        help="Which figure scripts may run; never: none, repo: those that are the same in --trusted-revision, "
        "always: all. Others are replaced by a placeholder. [default: repo in a git checkout with a remote, always "
        "elsewhere]",
    )
    revision = click.option(
        "--trusted-revision",
        metavar="REV",
        help="For `--trust-figures repo`: a git revision with trusted scripts. [default: the remote's main branch]",
    )
    return policy(revision(with_trust))
