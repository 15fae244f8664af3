"""Runs all rules: over each file by itself, then over the deck and its cards in short, and makes diagnostics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.errors import CardpipeError, PluginError
from cardpipe.lint.context import LintContext
from cardpipe.lint.file_result import FileResult
from cardpipe.lint.registry import all_rules
from cardpipe.lint.rule import Rule, Scope
from cardpipe.lint.settings import applied
from cardpipe.lint.settings import faults as settings_faults
from cardpipe.lint.summary import CardSummaries, CardSummary, SummaryLink, summary_of
from cardpipe.lint.suppression import Suppression, suppressions, unsuppressed
from cardpipe.lint.suppression import faults as suppression_faults
from cardpipe.model.diagnostics import MORE, MOST_COLLECTED, Diagnostic, Finding, Severity
from cardpipe.source.load import CardFile
from cardpipe.source.partial_cards import STAND_IN_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence, Set

    from cardpipe.cache.store import Cache
    from cardpipe.lint.rule import Context
    from cardpipe.model.deck import Card, Deck, DeckSettings
    from cardpipe.text.positions import SourceFile, SourceText

    Check = Callable[..., Iterable[Finding]]
    Checks = Sequence[tuple[Rule, Check]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A deck of which every file was looked at."""

    settings: DeckSettings
    parts: Sequence[FileResult]
    find: Callable[[CardSummary], Card]
    """Finds the card that a summary is of."""
    whole: Callable[[], Deck]
    """The deck with its cards, for rules that want to see them all."""


def lint(
    deck: Deck | None, reader_findings: Iterable[Finding], cache: Cache, *, files: Iterable[SourceFile] = ()
) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a deck in memory, sorted and without repetition.

    Without a deck (it could not be read) only the reader's findings are answered. Comments that silence findings are
    looked for in `files`. Raises PluginError where a rule fails or yields what is not its own.
    """
    if deck is None:
        return diagnosed(reader_findings)
    by_path: dict[str, CardFile] = {}
    for card in deck.cards:
        by_path.setdefault(card.file.path, CardFile(card.file.path)).cards.append(card)
    faulty = CardFile("", faulty_ids=set(deck.faulty_ids), faulty_cards=list(deck.faulty_cards))
    with LintContext(deck.settings, cache) as context:
        checks = local_checks()
        parts = [examine(file, context, checks) for file in (*by_path.values(), faulty)]
        examined = Examined(
            settings=deck.settings,
            parts=parts,
            find=lambda summary: by_path[summary.path].cards[summary.number],
            whole=lambda: deck,
        )
        return judge(examined, reader_findings, context, suppressions(files))


def diagnosed(findings: Iterable[Finding]) -> tuple[Diagnostic, ...]:
    """Findings with the names and severities of their rules, sorted and without repetition."""
    rules = {rule.code: rule for rule in all_rules()}
    return _sorted({_diagnostic(finding, rules) for finding in findings})


class LocalChecks(NamedTuple):
    """What the rules look at in one file by itself."""

    of_cards: Checks
    of_texts: Checks
    errors: Set[str]
    """Codes of the rules whose findings are errors, whatever the deck's settings say."""


def local_checks() -> LocalChecks:
    """What all installed rules look at in one file by itself."""
    rules = all_rules()
    errors = {rule.code for rule in rules if rule.severity is Severity.ERROR}
    return LocalChecks(_checks(rules, Scope.CARD), _checks(rules, Scope.TEXT), errors)


def _checks(rules: Iterable[Rule], scope: Scope) -> Checks:
    found = ((rule, rule.checks(scope)) for rule in rules)
    return tuple((rule, check) for rule, check in found if check is not None)


def examine(file: CardFile, context: LintContext, checks: LocalChecks) -> FileResult:
    """Look at one file by itself: with the rules on cards and texts, and for what the others need to know of it."""
    context.begin_file()
    findings = list(file.findings)
    cards = [*file.cards, *file.faulty_cards]
    _run(checks.of_cards, cards, context, findings)
    _run(checks.of_texts, [text for card in cards for _, text in card.texts()], context, findings)
    return FileResult(
        findings=[finding for finding in findings if finding.span.path != STAND_IN_PATH],
        cards=[summary_of(card, number, context) for number, card in enumerate(file.cards)],
        faulty_ids=sorted(file.faulty_ids),
        loose_links=[link for card in file.faulty_cards for link in _all_links(card, context)],
        suppressions=suppressions([file.source]) if file.source is not None else [],
    )


def judge(
    examined: Examined, reader_findings: Iterable[Finding], context: Context, comments: Iterable[Suppression] = ()
) -> tuple[Diagnostic, ...]:
    """What was found in the files, what rules find that look at more than one, and which of all that counts."""
    rules = {rule.code: rule for rule in all_rules()}
    deck = examined.settings
    found = list(reader_findings)
    for part in examined.parts:
        found += part.findings
    links = [link for part in examined.parts for link in part.loose_links]
    summaries = CardSummaries(
        settings=deck,
        cards=[card for part in examined.parts for card in part.cards],
        faulty_ids=frozenset(card_id for part in examined.parts for card_id in part.faulty_ids),
        loose_links=[*_links(deck.description, context), *links],
        find=examined.find,
    )
    subjects: dict[Scope, Callable[[], object]] = {
        Scope.TEXT: lambda: deck.description,
        Scope.SETTINGS: lambda: deck,
        Scope.SUMMARIES: lambda: summaries,
        Scope.DECK: examined.whole,
    }
    for rule in rules.values():
        for scope, subject in subjects.items():
            check = rule.checks(scope)
            if check is not None:
                _run([(rule, check)], [subject()], context, found)
    known = {_diagnostic(finding, rules) for finding in found}
    silencing = [*comments, *(comment for part in examined.parts for comment in part.suppressions)]
    return _sorted(_counting(known, deck, rules, silencing, context))


def _links(text: SourceText, context: Context) -> Iterator[SummaryLink]:
    for link in context.scan(text).card_links():
        yield SummaryLink(link.card_id or "", text.span(link.target_start, link.target_end))


def _all_links(card: Card, context: Context) -> Iterator[SummaryLink]:
    yield from (SummaryLink(related.text, related.span()) for related in card.related)
    for _, text in card.texts():
        yield from _links(text, context)


def _sorted(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(found, key=lambda diagnostic: (diagnostic.sort_key, diagnostic.span, diagnostic.help or "")))


def _counting(
    found: Iterable[Diagnostic],
    deck_settings: DeckSettings,
    rules: dict[str, Rule],
    comments: list[Suppression],
    context: Context,
) -> set[Diagnostic]:
    """The findings that count by the deck's settings and the cards' comments, and what is wrong with these."""
    settings = deck_settings.lint
    own = list(settings_faults(settings, rules, context)) if settings is not None else []
    # Comments come first, so that one is not called unused because a setting ignores the rule for now.
    kept = unsuppressed(comments, found, rules)
    own += suppression_faults(comments, rules, context)
    counted = applied(settings, kept, rules) if settings is not None else kept
    return {*counted, *(_diagnostic(finding, rules) for finding in own)}


def _run(
    checks: Checks,
    subjects: Sequence[object],
    context: Context,
    findings: list[Finding],
) -> None:
    """Add what rules find in their subjects; raises PluginError where one fails or yields what is not its own."""
    before = len(findings)
    for rule, check in checks:
        try:
            for subject in subjects:
                left = MOST_COLLECTED - (len(findings) - before)
                findings.extend(islice(check(subject, context), left + 1))
                if len(findings) - before > MOST_COLLECTED:
                    findings[-1] = replace(findings[-1], message=MORE, help="Correct those above first.", fix=None)
                    break
        except CardpipeError:
            raise
        except Exception as error:
            raise PluginError(
                f"The rule {rule.code} {rule.name} failed: {type(error).__name__}: {error}",
                hint="This is a fault of the rule, not of the cards: please report it to the maintainers of the rule.",
            ) from error
        if len(findings) > before:
            for finding in findings[before:]:
                if finding.code != rule.code:
                    raise PluginError(
                        f"The rule {rule.code} {rule.name} yields findings of {finding.code}, which is not its own."
                    )
            before = len(findings)


def _diagnostic(finding: Finding, rules: dict[str, Rule]) -> Diagnostic:
    rule = rules.get(finding.code)
    if rule is None:
        raise PluginError(f"A finding has the code {finding.code}, which no rule has.")
    help_ = _bounded(finding.help) if finding.help is not None else None
    return Diagnostic(rule.code, rule.name, rule.severity, finding.span, _bounded(finding.message), help_, finding.fix)


_LONGEST_WORDS: Final = 500
"""Characters of a message: it may quote a tag or an ID of a million."""


def _bounded(words: str) -> str:
    return words if len(words) <= _LONGEST_WORDS else f"{words[: _LONGEST_WORDS - 1]}…"
