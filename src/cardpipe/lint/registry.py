"""All rules, ours and anybody's, from the entry points of the group `cardpipe.rules`."""

from __future__ import annotations

from cardpipe import plugins
from cardpipe.errors import PluginError
from cardpipe.lint.rule import Rule


def all_rules() -> tuple[Rule, ...]:
    """All rules sorted by code.

    Raises PluginError where a plug-in is no tuple of rules, or where two rules share a code or a name: codes and names
    are promises, so it must never depend on the order of installation whose check runs.
    """
    by_code: dict[str, Rule] = {}
    by_name: dict[str, Rule] = {}
    for plugin, offered in plugins.load_all(plugins.RULES):
        if not isinstance(offered, tuple) or not all(isinstance(rule, Rule) for rule in offered):
            raise PluginError(f"The rule set “{plugin}” is no tuple of rules.")
        for rule in offered:
            taken = by_code.get(rule.code) or by_name.get(rule.name)
            if taken is not None:
                raise PluginError(
                    f"The rule set “{plugin}” offers {rule.code} {rule.name}, but {taken.code} {taken.name} is there.",
                    hint="A rule needs a code and a name of its own.",
                )
            by_code[rule.code] = by_name[rule.name] = rule
    return tuple(by_code[code] for code in sorted(by_code))
