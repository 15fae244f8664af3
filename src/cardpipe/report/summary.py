"""Counts of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.model.diagnostics import MORE, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cardpipe.model.diagnostics import Diagnostic

_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}


def counts(diagnostics: Iterable[Diagnostic]) -> dict[Severity, int]:
    """Return the number of findings for every severity, the highest first."""
    found = dict.fromkeys(_WORDS, 0)
    for diagnostic in diagnostics:
        found[diagnostic.severity] += diagnostic.count
    return found


def summary_line(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the counts as a sentence, such as: Found 2 errors and 1 warning."""
    at_least = "at least " if any(diagnostic.message == MORE for diagnostic in diagnostics) else ""
    parts = [
        f"{count} {_WORDS[severity]}{'' if count == 1 else 's'}"
        for severity, count in counts(diagnostics).items()
        if count
    ]
    if not parts:
        return "Found nothing."
    return f"Found {at_least}{', '.join(parts[:-1])}{' and ' if len(parts) > 1 else ''}{parts[-1]}."


def fixable(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """Return a line with the number of fixable findings; empty if there are none."""
    fixes = [diagnostic.fix for diagnostic in diagnostics if diagnostic.fix is not None]
    safe, unsafe = sum(fix.safe for fix in fixes), sum(not fix.safe for fix in fixes)
    if safe and unsafe:
        return [f"`cardpipe lint --fix` fixes {safe} of them, `--unsafe-fixes` {unsafe} more."]
    if safe:
        return [f"`cardpipe lint --fix` fixes {safe} of them."]
    return [f"`cardpipe lint --unsafe-fixes` fixes {unsafe} of them."] if unsafe else []
