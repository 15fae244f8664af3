"""`cardpipe rules`."""

from __future__ import annotations

import json

import click

from cardpipe.cli import completing
from cardpipe.cli.comma_lists import comma_separated
from cardpipe.cli.streams import say
from cardpipe.errors import UsageError


@click.command(epilog="Example:  cardpipe rules MTH")
@click.argument("families", nargs=-1, metavar="[CODE|FAMILY]...", shell_complete=completing.rules_and_families)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of objects.")
def command(families: tuple[str, ...], as_json: bool) -> int:
    """List the lint rules with code, severity, name and summary; `cardpipe rule CODE` explains one."""
    from cardpipe.cli.reports import warn_of_faulty_plugins
    from cardpipe.lint.registry import all_rules
    from cardpipe.lint.settings import matches

    families = tuple(name.upper() for name in comma_separated(families))
    rules = [rule for rule in all_rules() if not families or any(matches(rule.code, name) for name in families)]
    warn_of_faulty_plugins()
    if not rules:
        raise UsageError(f"Unknown rule {' or '.join(families)}.", hint="`cardpipe rules` lists all rules.")
    if as_json:
        facts = [
            {
                "code": rule.code,
                "name": rule.name,
                "severity": rule.severity.value,
                "since": rule.since,
                "essential": rule.essential,
                "summary": rule.summary,
            }
            for rule in rules
        ]
        say(json.dumps(facts, indent=2))
        return 0
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        say(f"{rule.code}  {rule.severity.value:<7}  {rule.name:<{width}}  {rule.summary}")
    return 0
