"""The rules that `--select` and `--ignore` name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


def chosen_codes(select: Sequence[str], ignore: Sequence[str]) -> frozenset[str]:
    """Return the codes of the rules that are selected by codes or their beginnings, and not ignored.

    If both name a rule, the longer beginning counts, and of equal ones the ignored one. Raises UsageError for unknown
    rules.
    """
    from cardpipe.lint.registry import all_rules
    from cardpipe.text.suggestions import nearest

    codes = [rule.code for rule in all_rules()]
    for name in (*select, *ignore):
        if name.upper() != "ALL" and not any(code.startswith(name.upper()) for code in codes):
            near = nearest(name, codes)
            hint = f"Did you mean {near}?" if near else "`cardpipe rules` lists all rules."
            raise UsageError(f"Unknown rule “{name}”.", hint=hint)

    def length(code: str, names: Sequence[str]) -> int:
        beginnings = ("" if name.upper() == "ALL" else name.upper() for name in names)
        return max((len(beginning) for beginning in beginnings if code.startswith(beginning)), default=-1)

    return frozenset(code for code in codes if length(code, select or ["ALL"]) > length(code, ignore))
