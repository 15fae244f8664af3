"""The manual of the rules: one page per rule, and an index."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from cardpipe.lint.rule import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cardpipe.lint.rule import Rule

HEADINGS = ("## What it does", "## Why is this bad?", "## Example", "## Use instead")

GROUPS = {
    "ACC": "Accessibility",
    "CFG": "Lint settings",
    "EDN": "Editions",
    "FIG": "Figures",
    "IDN": "Identity",
    "KND": "Card kinds and retired cards",
    "MDN": "Ambiguous Markdown",
    "MED": "Media",
    "MKU": "Markup",
    "MTH": "Math",
    "NTY": "Note types",
    "REF": "References",
    "REL": "Releases",
    "SCH": "Structure of cards and deck",
    "SRC": "Texts cut short by YAML",
    "SUP": "Suppression comments",
    "TAG": "Tags",
    "WRD": "Wording",
    "YML": "YAML",
}

_REPORTERS = {
    Scope.READER: "the reader, before other rules run",
    Scope.ENGINE: "lint, after other rules",
    Scope.RENDERER: "`cardpipe export`, when figures are drawn",
}


def rule_page(rule: Rule) -> str:
    """Return a rule's page in Markdown: code, name, severity, and its manual."""
    reporter = _REPORTERS.get(rule.scope, "lint")
    facts = f"{rule.severity.value.capitalize()}, since {rule.since}, reported by {reporter}."
    return f"# {rule.code} {rule.name}\n\n{facts}\n\n{rule.page.rstrip()}\n"


def rule_index(rules: Iterable[Rule]) -> str:
    """Return the index of all rules, grouped by the letters of their codes."""
    lines = [
        "# Rules",
        "",
        "An error prevents exports, a warning prevents releases, an info neither. `cardpipe rule CODE` shows a rule's "
        "page in the terminal.",
    ]
    ordered = sorted(rules, key=lambda rule: rule.code)
    for letters, members in groupby(ordered, key=lambda rule: rule.code.rstrip("0123456789")):
        lines += ["", f"## {GROUPS.get(letters, letters)}", "", "| Code | Name | Severity | What it finds |"]
        lines.append("|---|---|---|---|")
        lines.extend(
            f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity.value} | {_cell(rule.summary)} |"
            for rule in members
        )
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
