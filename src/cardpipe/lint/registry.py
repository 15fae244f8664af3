"""All rules, built-in and from plug-ins, by the entry point group `cardpipe.rules`."""

from __future__ import annotations

from cardpipe import plugins
from cardpipe.errors import PluginError
from cardpipe.lint.rule import Rule


def all_rules() -> tuple[Rule, ...]:
    """Return all rules, sorted by code.

    Raises PluginError if a plug-in is not a tuple of rules, or if two rules share a code or a name: codes and names
    are promises, so which check runs must not depend on the order of installation.
    """
    by_code: dict[str, Rule] = {}
    by_name: dict[str, Rule] = {}
    for plugin, offered in plugins.load_all(plugins.RULES):
        if not isinstance(offered, tuple) or not all(isinstance(rule, Rule) for rule in offered):
            raise PluginError(f"The rule set “{plugin}” is not a tuple of rules.")
        for rule in offered:
            taken = by_code.get(rule.code) or by_name.get(rule.name)
            if taken is not None:
                raise PluginError(
                    f"The rule set “{plugin}” offers {rule.code} {rule.name}, but {taken.code} {taken.name} exists.",
                    hint="Each rule needs a unique code and a unique name.",
                )
            by_code[rule.code] = by_name[rule.name] = rule
    return tuple(by_code[code] for code in sorted(by_code))
