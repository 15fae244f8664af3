"""What `deck.yaml` says of rules: which are chosen, how severe they are, and where they do not count."""

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
    """Whether a code is chosen by a code, a family (`MTH`) or `ALL`."""
    return chosen in {"ALL", code, code.rstrip("0123456789")}


def applied(settings: LintSettings, diagnostics: Iterable[Diagnostic], rules: Mapping[str, Rule]) -> list[Diagnostic]:
    """The findings that count, each as severe as the settings say; those of essential rules always do."""
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
    """What is wrong with the settings themselves: names of rules that there are not, and rules that always count."""
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
    """A finding where a text names no rule and no family of rules."""
    if chosen in rules:
        return
    known = {*rules, "ALL", *(name.rstrip("0123456789") for name in rules)} if families else set(rules)
    if chosen not in known:
        near = context.nearest(chosen, sorted(known))
        advice = f"Did you mean {near}?" if near else "`cardpipe rules` lists them."
        yield Finding(code, place, f"There is no rule “{chosen}”.", advice)


def _switched_off(
    code: SourceText, reason: SourceText, rules: Mapping[str, Rule], context: Context
) -> Iterator[Finding]:
    """What to say of a rule below `allow-unsafe`."""
    if code.text not in rules:
        yield from unknown_rule("CFG001", code.text, code.span(), rules, context, families=False)
    elif not rules[code.text].safety:
        message = f"{code.text} is not one of the rules that keep learners safe."
        yield Finding("CFG001", code.span(), message, "Name it below `ignore`, unless it always counts.")
    else:
        rule = rules[code.text]
        yield Finding(
            "CFG003",
            code.span(),
            f"{rule.code} {rule.name} keeps learners safe and is off here: {reason.text}",
            "Take it out as soon as the cards are fixed.",
        )


def _essential(chosen: SourceText, rules: Mapping[str, Rule]) -> Iterator[Finding]:
    if chosen.text in rules and rules[chosen.text].safety:
        yield Finding(
            "CFG002",
            chosen.span(),
            f"{chosen.text} keeps learners safe, so it always counts.",
            f"Take it out, and fix what it finds; `allow-unsafe: {{{chosen.text}: reason}}` switches it off openly.",
        )
    elif chosen.text in rules and rules[chosen.text].essential:
        yield Finding(
            "CFG002",
            chosen.span(),
            f"{chosen.text} always counts: a card that breaks it cannot be built, or would harm those who have it.",
            "Take it out, and fix what it finds.",
        )
