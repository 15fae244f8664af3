"""`--trust-figures`, the same for every command that may draw a figure script's picture."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cardpipe.model.trust import Trust


class TrustOptions(NamedTuple):
    """What the user said of figure scripts."""

    policy: str | None
    revision: str | None

    def within(self, root: Path) -> Trust:
        """The scripts that may run in a project; raises UsageError where the revision to go by is not there."""
        from cardpipe.release.trusted_scripts import Policy, trust_in

        return trust_in(root, Policy(self.policy) if self.policy is not None else None, self.revision)


def trust_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which gets them as `figure_trust`."""

    @functools.wraps(function)
    def with_trust(*args: Any, trust_figures: str | None, trusted_revision: str | None, **kwargs: Any) -> Any:
        return function(*args, figure_trust=TrustOptions(trust_figures, trusted_revision), **kwargs)

    policy = click.option(
        "--trust-figures",
        type=click.Choice(["never", "repo", "always"], case_sensitive=False),
        envvar="CARDPIPE_TRUST_FIGURES",
        show_envvar=True,
        help="Which figure scripts may run; never: none, repo: those that stand unchanged in --trusted-revision, "
        "always: all. A placeholder stands for any other. [default: repo in a git checkout that has a remote, always "
        "elsewhere]",
    )
    revision = click.option(
        "--trusted-revision",
        metavar="REV",
        help="For `--trust-figures repo`: a git revision whose scripts you trust. [default: the remote's main branch]",
    )
    return policy(revision(with_trust))
