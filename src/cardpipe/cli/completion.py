"""`cardpipe completion`."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import Final

import click

from cardpipe.cli.streams import say
from cardpipe.errors import UsageError

SHELLS: Final = ("bash", "zsh", "fish")


@click.command(epilog="Example:  cardpipe completion fish > ~/.config/fish/completions/cardpipe.fish")
@click.argument("shell", required=False, type=click.Choice(SHELLS, case_sensitive=False))
def command(shell: str | None) -> int:
    """Print a script that lets a shell complete commands, options and values with the Tab key.

    Card IDs, tags, formats, editions, rules and figure kinds are completed too. The default is the shell that $SHELL
    names. For bash (4.4 or newer), add this line to ~/.bashrc: `eval "$(cardpipe completion bash)"`. For
    zsh, add the same with zsh to ~/.zshrc, below the line with compinit.
    """
    from click.shell_completion import get_completion_class

    from cardpipe.cli.main import cli

    shell = shell or PurePath(os.environ.get("SHELL", "")).name
    if shell not in SHELLS:
        raise UsageError("The shell is unknown.", hint=f"Name it: cardpipe completion {' | '.join(SHELLS)}")
    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"This version of click does not support {shell}.")
    script = kind(cli, {}, "cardpipe", "_CARDPIPE_COMPLETE")
    say((script.source_template % script.source_vars()).strip())
    return 0
