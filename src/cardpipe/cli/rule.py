"""`cardpipe rule`."""

from __future__ import annotations

import click

from cardpipe.cli import completing
from cardpipe.cli.manual_page import for_terminal
from cardpipe.cli.streams import say


@click.command(epilog="Example:  cardpipe rule MTH001")
@click.argument("code", shell_complete=completing.rules)
def command(code: str) -> int:
    """Explain a lint rule, given its code or name."""
    from cardpipe.errors import UsageError
    from cardpipe.lint.pages import rule_page
    from cardpipe.lint.registry import all_rules
    from cardpipe.text.suggestions import nearest

    rules = {rule.code: rule for rule in all_rules()}
    by_name = {rule.name: rule for rule in rules.values()}
    rule = rules.get(code.upper()) or by_name.get(code.lower())
    if rule is None:
        near = nearest(code, [*rules, *by_name])
        raise UsageError(
            f"Unknown rule “{code}”.", hint=f"Did you mean {near}?" if near else "`cardpipe rules` lists all rules."
        )
    say(for_terminal(rule_page(rule)))
    return 0
