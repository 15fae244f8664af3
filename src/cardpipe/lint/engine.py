"""Runs all rules over a deck and makes diagnostics of what they and the reader found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.diagnostics import Diagnostic, Finding
from cardpipe.errors import CardpipeError, PluginError
from cardpipe.lint.context import LintContext
from cardpipe.lint.registry import all_rules
from cardpipe.lint.settings import applied
from cardpipe.lint.settings import faults as settings_faults
from cardpipe.lint.suppression import Suppression, suppressions, unsuppressed
from cardpipe.lint.suppression import faults as suppression_faults
from cardpipe.rule import Rule, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cardpipe.cache import Cache
    from cardpipe.model import Deck
    from cardpipe.positions import SourceFile
    from cardpipe.rule import Context


def lint(
    deck: Deck | None,
    reader_findings: Iterable[Finding],
    cache: Cache,
    *,
    files: Iterable[SourceFile] = (),
) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a deck, sorted and without repetition.

    Without a deck (it could not be read) only the reader's findings are answered. Comments that silence findings are
    looked for in `files`. Raises PluginError where a rule
    fails or yields what is not its own.
    """
    rules = {rule.code: rule for rule in all_rules()}
    found = {_diagnostic(finding, rules) for finding in reader_findings}
    if deck is not None:
        with LintContext(deck, cache) as context:
            for rule in rules.values():
                found.update(_diagnostic(finding, rules) for finding in _run(rule, deck, context))
    if deck is not None:
        found = _counting(found, deck, rules, suppressions(files))
    return tuple(sorted(found, key=lambda diagnostic: (diagnostic.sort_key, diagnostic.span, diagnostic.help or "")))


def _counting(
    found: Iterable[Diagnostic], deck: Deck, rules: dict[str, Rule], comments: list[Suppression]
) -> set[Diagnostic]:
    """The findings that count by the deck's settings and the cards' comments, and what is wrong with these."""
    settings = deck.lint
    own = list(settings_faults(settings, rules)) if settings is not None else []
    # Comments come first, so that one is not called unused because a setting ignores the rule for now.
    kept = unsuppressed(comments, found, rules)
    own += suppression_faults(comments, rules)
    counted = applied(settings, kept, rules) if settings is not None else kept
    return {*counted, *(_diagnostic(finding, rules) for finding in own)}


def _run(rule: Rule, deck: Deck, context: Context) -> list[Finding]:
    try:
        findings = list(_findings(rule, deck, context))
        foreign = [finding.code for finding in findings if finding.code != rule.code]
    except CardpipeError:
        raise
    except Exception as error:
        raise PluginError(
            f"The rule {rule.code} {rule.name} failed: {type(error).__name__}: {error}",
            hint="This is a fault of the rule, not of the cards: please report it to whoever made the rule.",
        ) from error
    if foreign:
        raise PluginError(f"The rule {rule.code} {rule.name} yields findings of {foreign[0]}, which is not its own.")
    return findings


def _findings(rule: Rule, deck: Deck, context: Context) -> Iterator[Finding]:
    if rule.scope is Scope.DECK:
        yield from rule.check(deck, context)
    elif rule.scope is Scope.CARD:
        for card in deck.cards:
            yield from rule.check(card, context)


def _diagnostic(finding: Finding, rules: dict[str, Rule]) -> Diagnostic:
    rule = rules.get(finding.code)
    if rule is None:
        raise PluginError(f"A finding has the code {finding.code}, which no rule has.")
    return Diagnostic(rule.code, rule.name, rule.severity, finding.span, finding.message, finding.help, finding.fix)
