"""Run all rules: on each file by itself, then on the deck and summaries of its cards; create diagnostics."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from cardpipe.markup.plain import plain_paragraphs
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
    """A deck whose files have been checked."""

    settings: DeckSettings
    parts: Sequence[FileResult]
    find: Callable[[CardSummary], Card]
    """Return the card of a summary."""
    whole: Callable[[], Deck]
    """Return the deck with its cards, for rules that need all of them."""


def lint(
    deck: Deck | None, reader_findings: Iterable[Finding], cache: Cache, *, files: Iterable[SourceFile] = ()
) -> tuple[Diagnostic, ...]:
    """Return all diagnostics of a deck in memory, sorted and without duplicates.

    Without a deck (it could not be read), only findings of loading are returned. Suppression comments are searched in
    `files`. Raises PluginError if a rule fails or yields findings of another rule.
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
    """Return diagnostics with the names and severities of the rules, sorted and without duplicates."""
    rules = {rule.code: rule for rule in all_rules()}
    return _sorted({_diagnostic(finding, rules) for finding in findings})


class LocalChecks(NamedTuple):
    """The rules that check one file by itself."""

    of_cards: Checks
    of_texts: Checks
    of_markup: Checks
    """The rules on texts that need not look at plain ones."""
    errors: Set[str]
    """Codes of rules whose findings are errors, whatever the deck's settings say."""

    def only_errors(self) -> LocalChecks:
        """Return these without the rules whose findings do not prevent an export."""
        return self._replace(
            of_cards=[(rule, check) for rule, check in self.of_cards if rule.code in self.errors],
            of_texts=[(rule, check) for rule, check in self.of_texts if rule.code in self.errors],
            of_markup=[(rule, check) for rule, check in self.of_markup if rule.code in self.errors],
        )


def local_checks() -> LocalChecks:
    """Return all installed rules that check one file by itself."""
    rules = all_rules()
    errors = {rule.code for rule in rules if rule.severity is Severity.ERROR}
    of_texts = _checks((rule for rule in rules if not rule.needs_markup), Scope.TEXT)
    of_markup = _checks((rule for rule in rules if rule.needs_markup), Scope.TEXT)
    return LocalChecks(_checks(rules, Scope.CARD), of_texts, of_markup, errors)


def _checks(rules: Iterable[Rule], scope: Scope) -> Checks:
    found = ((rule, rule.checks(scope)) for rule in rules)
    return tuple((rule, check) for rule, check in found if check is not None)


def examine(file: CardFile, context: LintContext, checks: LocalChecks) -> FileResult:
    """Check one file by itself, by the rules on cards and texts, and summarise it for the other rules."""
    context.begin_file()
    findings = list(file.findings)
    cards = [*file.cards, *file.faulty_cards]
    _run(checks.of_cards, cards, context, findings)
    texts = [text for card in cards for _, text in card.texts()]
    _run(checks.of_texts, texts, context, findings)
    _run(checks.of_markup, [text for text in texts if plain_paragraphs(text.text) is None], context, findings)
    return FileResult(
        findings=[finding for finding in findings if finding.span.path != STAND_IN_PATH],
        cards=[summary_of(card, number, context) for number, card in enumerate(file.cards)],
        faulty_ids=sorted(file.faulty_ids),
        loose_links=[link for card in file.faulty_cards for link in _all_links(card, context)],
        suppressions=suppressions([file.source]) if file.source is not None else [],
    )


def file_diagnostics(part: FileResult, settings: DeckSettings) -> tuple[Diagnostic, ...]:
    """Return the findings of one file by itself that neither its comments nor the deck's settings suppress.

    Findings of rules that compare cards, and on the comments and settings themselves, are not among them.
    """
    rules = {rule.code: rule for rule in all_rules()}
    found = [_diagnostic(finding, rules) for finding in part.findings]
    kept = unsuppressed(list(part.suppressions), dict.fromkeys(found), rules)
    return _sorted(applied(settings.lint, kept, rules) if settings.lint is not None else kept)


def judge(
    examined: Examined, reader_findings: Iterable[Finding], context: Context, comments: Iterable[Suppression] = ()
) -> tuple[Diagnostic, ...]:
    """Return the findings of files and of rules that compare them, as far as they are not suppressed."""
    rules = {rule.code: rule for rule in all_rules()}
    deck = examined.settings
    found = list(reader_findings)
    for part in examined.parts:
        found += part.findings
    links = [link for part in examined.parts for link in part.loose_links]
    faces = [face for note_type in deck.note_types.values() for face in note_type.faces]
    texts = [deck.description, *(side for face in faces for side in (face.front, face.back))]
    summaries = CardSummaries(
        settings=deck,
        cards=[card for part in examined.parts for card in part.cards],
        faulty_ids=frozenset(card_id for part in examined.parts for card_id in part.faulty_ids),
        loose_links=[*(link for text in texts for link in _links(text, context)), *links],
        find=examined.find,
    )
    subjects: dict[Scope, Callable[[], Sequence[object]]] = {
        Scope.TEXT: lambda: texts,
        Scope.SETTINGS: lambda: [deck],
        Scope.SUMMARIES: lambda: [summaries],
        Scope.DECK: lambda: [examined.whole()],
    }
    for rule in rules.values():
        for scope, subject in subjects.items():
            check = rule.checks(scope)
            if check is not None:
                _run([(rule, check)], subject(), context, found)
    known = {_diagnostic(finding, rules) for finding in found if finding.span.path != STAND_IN_PATH}
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
    """Return findings that the deck's settings and the cards' comments do not suppress, and findings on these."""
    settings = deck_settings.lint
    own = list(settings_faults(settings, rules, context)) if settings is not None else []
    # Comments come first, so that none counts as unused because a setting ignores its rule.
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
    """Add the findings of rules; raises PluginError if one fails or yields findings of another rule."""
    before = len(findings)
    for rule, check in checks:
        try:
            _collect(check, subjects, context, findings)
        except (CardpipeError, MemoryError):
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


def _collect(check: Check, subjects: Sequence[object], context: Context, findings: list[Finding]) -> None:
    """Add the findings of a check; the first one beyond the limit says that there are more."""
    most = len(findings) + MOST_COLLECTED
    for subject in subjects:
        for finding in check(subject, context):
            findings.append(finding)
            if len(findings) > most:
                findings[-1] = replace(finding, message=MORE, help="Correct those above first.", fix=None)
                return


def _diagnostic(finding: Finding, rules: dict[str, Rule]) -> Diagnostic:
    rule = rules.get(finding.code)
    if rule is None:
        raise PluginError(f"A finding has the code {finding.code}, which no rule has.")
    help_ = _bounded(finding.help) if finding.help is not None else None
    return Diagnostic(rule.code, rule.name, rule.severity, finding.span, _bounded(finding.message), help_, finding.fix)


_LONGEST_WORDS: Final = 500
"""The maximum length of a message, which may quote a very long tag or ID."""


def _bounded(words: str) -> str:
    return words if len(words) <= _LONGEST_WORDS else f"{words[: _LONGEST_WORDS - 1]}…"
