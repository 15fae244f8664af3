"""The lint settings in `deck.yaml`: selected rules, severities, and ignored files."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cardpipe.model.diagnostics import Diagnostic, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cardpipe.lint.rule import Context, Rule
    from cardpipe.model.deck import LintSettings
    from cardpipe.text.positions import SourceText, Span


def matches(code: str, chosen: str) -> bool:
    """Return whether a code is selected by a code, a family (`MTH`) or `ALL`."""
    return chosen in {"ALL", code, code.rstrip("0123456789")}


def applied(settings: LintSettings, diagnostics: Iterable[Diagnostic], rules: Mapping[str, Rule]) -> list[Diagnostic]:
    """Return the findings that are not ignored, with the configured severities; essential rules are never ignored."""
    severities = {code.text: severity for code, severity in settings.severity}
    allowed = {code.text for code, _ in settings.allow_unsafe}
    ignored: dict[tuple[str, str], bool] = {}
    kept = []
    for diagnostic in diagnostics:
        rule = rules[diagnostic.code]
        if rule.safety and rule.code in allowed:
            continue
        essential = rule.essential
        place = (diagnostic.span.path, diagnostic.code)
        if place not in ignored:
            ignored[place] = not essential and _is_ignored(settings, *place)
        if ignored[place]:
            continue
        severity = None if essential else severities.get(diagnostic.code)
        kept.append(diagnostic if severity is None else replace(diagnostic, severity=Severity(severity)))
    return kept


def _is_ignored(settings: LintSettings, path: str, code: str) -> bool:
    if settings.select and not any(matches(code, chosen.text) for chosen in settings.select):
        return True
    if any(matches(code, chosen.text) for chosen in settings.ignore):
        return True
    path = path.removeprefix("source/")
    return any(
        fnmatchcase(path, pattern.text) and any(matches(code, chosen.text) for chosen in ignored)
        for pattern, ignored in settings.per_path
    )


def faults(settings: LintSettings, rules: Mapping[str, Rule], context: Context) -> Iterator[Finding]:
    """Yield faults of the settings themselves: unknown rules, and rules that cannot be disabled."""
    for chosen in settings.select:
        yield from unknown_rule("CFG001", chosen.text, chosen.span(), rules, context)
    ignored = [*settings.ignore, *(code for _, codes in settings.per_path for code in codes)]
    for chosen in ignored:
        yield from unknown_rule("CFG001", chosen.text, chosen.span(), rules, context)
        yield from _essential(chosen, rules)
    for code, reason in settings.allow_unsafe:
        yield from _switched_off(code, reason, rules, context)
    for code, _ in settings.severity:
        if code.text not in rules:
            yield from unknown_rule("CFG001", code.text, code.span(), rules, context, families=False)
        else:
            yield from _essential(code, rules)


def unknown_rule(
    code: str, chosen: str, place: Span, rules: Mapping[str, Rule], context: Context, *, families: bool = True
) -> Iterator[Finding]:
    """Yield a finding if a text names neither a rule nor a family of rules."""
    if chosen in rules:
        return
    known = {*rules, "ALL", *(name.rstrip("0123456789") for name in rules)} if families else set(rules)
    if chosen not in known:
        near = context.nearest(chosen, sorted(known))
        advice = f"Did you mean {near}?" if near else "`cardpipe rules` lists all rules."
        yield Finding(code, place, f"Unknown rule “{chosen}”.", advice)


def _switched_off(
    code: SourceText, reason: SourceText, rules: Mapping[str, Rule], context: Context
) -> Iterator[Finding]:
    """Return the finding for a rule under `allow-unsafe`."""
    if code.text not in rules:
        yield from unknown_rule("CFG001", code.text, code.span(), rules, context, families=False)
    elif not rules[code.text].safety:
        message = f"{code.text} is not a safety rule."
        yield Finding("CFG001", code.span(), message, "Use `ignore` for it, unless it cannot be disabled.")
    else:
        rule = rules[code.text]
        yield Finding(
            "CFG003",
            code.span(),
            f"{rule.code} {rule.name} protects learners and is disabled here: {reason.text}",
            "Remove this setting as soon as the cards are fixed.",
        )


def _essential(chosen: SourceText, rules: Mapping[str, Rule]) -> Iterator[Finding]:
    if chosen.text in rules and rules[chosen.text].safety:
        yield Finding(
            "CFG002",
            chosen.span(),
            f"{chosen.text} protects learners and cannot be disabled here.",
            f"Remove it, and fix the findings; only `allow-unsafe: {{{chosen.text}: reason}}` disables it.",
        )
    elif chosen.text in rules and rules[chosen.text].essential:
        yield Finding(
            "CFG002",
            chosen.span(),
            f"{chosen.text} cannot be disabled: a card that breaks it cannot be built, or would harm learners.",
            "Remove it, and fix the findings.",
        )
