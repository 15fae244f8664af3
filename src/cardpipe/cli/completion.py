"""`cardpipe completion`."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import Final

import click

from cardpipe.cli.streams import say
from cardpipe.errors import UsageError

SHELLS: Final = ("bash", "zsh", "fish")

_BASH: Final = r"""
%(complete_func)s() {
    local type value word prefix=""
    local -a words=()
    # Bash divides words at colons, which tags have.
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if [[ ${#words[@]} -gt 0 && -n $word && ( $word == :* || ${words[-1]} == *: ) ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    if [[ $COMP_WORDBREAKS == *:* && ${words[-1]} == *:* ]]; then
        prefix=${words[-1]%%"${words[-1]##*:}"}
    fi
    local IFS=$'\n'
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${value#"$prefix"}") ;;
        esac
    done < <(COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1)) %(complete_var)s=bash_complete "$1")
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""
"""Click's own script would complete a tag with `::` as several words."""


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
    template = _BASH if shell == "bash" else script.source_template
    if shell == "fish":
        # Only the first comma ends the type: lists and descriptions have commas.
        template = template.replace('string split ","', 'string split -m 1 ","')
    say((template % script.source_vars()).strip())
    return 0
