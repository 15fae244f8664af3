"""Contract tests for rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from cardpipe.lint.api import CardSummaries, Edit, Finding, Rule, Scope, Severity, Span
from cardpipe.testing.deck import CARDS, card_file, loaded
from cardpipe.testing.declared import expect
from cardpipe.testing.processes import check_light

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cardpipe.lint.context import LintContext
    from cardpipe.model.deck import Card
    from cardpipe.source.load import CardFile

_CODE: Final = re.compile(r"[A-Z]{3}[0-9]{3}")
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_BLOCK: Final = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_EXAMPLE: Final = "## Example"
_INSTEAD: Final = "## Use instead"
_ODD_TEXTS: Final = (
    '""',
    '" "',
    '"\\u202e\\u200b\\u00ad\\ufeff"',
    "'$\\foo$ and $unclosed, `code, [link](, ![](figure:none) {{c1::a'",
    '"\\u0041\\u030a \\U0001f600 \\u05d0\\u05d1 \\u4e2d\\u6587, \\"quoted\\" \\\\ and \\t tab"',
    "|\n  # Heading\n\n  | a | b |\n  |---|\n\n      code\n  ---\n  > - 1. <b>x</b> &amp; **",
    ">\n  folded\n  text [^1] with $$\n  x\n  $$\n\n  [^1]: A note.",
    "plain text, not quoted",
    f'"{"word " * 400}"',
    f'"{"*_[" * 100}"',
)
"""YAML scalars that are hard to read: empty, invisible, unclosed, right-to-left, in each style, long."""


def check_rules(rules: Sequence[Rule]) -> None:
    """Check that rules fulfil their contract, and that no two share a code or a name."""
    expect(isinstance(rules, tuple), f"A rule set must be a tuple of rules, not {type(rules).__name__}.")
    expect(rules, "The rule set has no rules.")
    for rule in rules:
        expect(isinstance(rule, Rule), f"{rule!r} is not a Rule.")
    for names in ([rule.code for rule in rules], [rule.name for rule in rules]):
        twice = sorted({name for name in names if names.count(name) > 1})
        expect(not twice, f"Two rules have the code or name {', '.join(twice)}.")
    for rule in rules:
        check_rule(rule)


def check_rule(rule: Rule) -> None:
    """Check that a rule fulfils its contract; raises AssertionError otherwise.

    For rules on cards and texts, the examples of the manual are checked: `## Example` must be reported,
    `## Use instead` must not.
    """
    expect(isinstance(rule, Rule), f"{rule!r} is not a Rule.")
    called = f"The rule {rule.code} {rule.name}"
    expect(_CODE.fullmatch(rule.code), f"{called} needs a code of three capitals and three digits.")
    expect(_NAME.fullmatch(rule.name), f"{called} needs a name of lower-case words with hyphens.")
    expect(isinstance(rule.severity, Severity), f"{called} needs a Severity.")
    _check_manual(called, rule)
    check_light(called, rule)
    _check_subjects(called, rule)
    if rule.scope in {Scope.CARD, Scope.TEXT}:
        _check_example(called, rule)


def _check_manual(called: str, rule: Rule) -> None:
    from cardpipe.lint.pages import HEADINGS

    expect(rule.summary.endswith("."), f"{called}: the docstring of its check must begin with a sentence.")
    headings = [line for line in rule.page.splitlines() if line.startswith("## ")]
    expect(
        headings == list(HEADINGS),
        f"{called}: the docstring of its check has the headings {', '.join(headings) or 'none'}; a manual has "
        f"{', '.join(HEADINGS)}.",
    )
    for heading in HEADINGS:
        expect(_section(rule, heading).strip(), f"{called}: the section “{heading}” of its manual is empty.")


def _section(rule: Rule, heading: str) -> str:
    return rule.page.partition(f"{heading}\n")[2].partition("\n## ")[0]


def _check_subjects(called: str, rule: Rule) -> None:
    """Check that a rule reads each of its subjects without an exception, and finds the same twice."""
    files = [card_file(text, name) for name, text in CARDS.items()]
    files += [card_file(_odd(number, text)) for number, text in enumerate(_ODD_TEXTS)]
    for found in files:
        first, again = (_findings(called, rule, found) for _ in range(2))
        expect(first == again, f"{called} yields other findings the second time in {found.path}.")
        for finding in first:
            _check_finding(called, rule, finding, found)
    for scope in (Scope.SETTINGS, Scope.SUMMARIES, Scope.DECK):
        for finding in _of_deck(called, rule, scope):
            _check_finding(called, rule, finding, None)


def _odd(number: int, text: str) -> str:
    kind = ("basic", "reversed", "typed")[number % 3]
    block = text[0] in "|>"
    lines = [f"id: EX{number + 10:04}", f"kind: {kind}"]
    lines += [f"{key}: {text}" for key in ("question", "answer", "details")]
    lines += ["title: Odd" if block else f"title: {text}", "tags: [one]"]
    return "\n".join(lines) + "\n"


def _findings(called: str, rule: Rule, found: CardFile) -> list[Finding]:
    from cardpipe.cache.store import Cache
    from cardpipe.lint.context import LintContext

    with LintContext(loaded().settings, Cache.in_memory()) as context:
        context.begin_file()
        return list(_of_cards(called, rule, [*found.cards, *found.faulty_cards], context))


def _of_cards(called: str, rule: Rule, cards: Sequence[Card], context: LintContext) -> Iterator[Finding]:
    of_card, of_text = rule.checks(Scope.CARD), rule.checks(Scope.TEXT)
    for card in cards:
        if of_card is not None:
            yield from _asked(called, of_card, card, context)
        for _, text in card.texts() if of_text is not None else ():
            yield from _asked(called, cast("Callable[..., Iterable[Finding]]", of_text), text, context)


def _of_deck(called: str, rule: Rule, scope: Scope) -> list[Finding]:
    from cardpipe.cache.store import Cache
    from cardpipe.lint.context import LintContext
    from cardpipe.lint.summary import summary_of

    check = rule.checks(scope)
    if check is None:
        return []
    deck = loaded()
    with LintContext(deck.settings, Cache.in_memory()) as context:
        if scope is not Scope.SUMMARIES:
            return list(_asked(called, check, deck.settings if scope is Scope.SETTINGS else deck, context))
        cards = {card.file.path: card for card in deck.cards}
        summaries = CardSummaries(
            settings=deck.settings,
            cards=[summary_of(card, 0, context) for card in deck.cards],
            faulty_ids=frozenset(),
            loose_links=(),
            find=lambda summary: cards[summary.path],
        )
        return list(_asked(called, check, summaries, context))


def _asked(
    called: str, check: Callable[..., Iterable[Finding]], subject: object, context: LintContext
) -> Iterator[Finding]:
    try:
        yield from check(subject, context)
    except Exception as error:
        raise AssertionError(
            f"{called} raises {type(error).__name__} on {_shortened(subject)}: {error}. Invalid input must be a "
            "finding, not an exception."
        ) from error


def _shortened(subject: object) -> str:
    text = f"“{subject}”" if type(subject).__name__ == "SourceText" else f"a {type(subject).__name__}"
    return text if len(text) <= 80 else f"{text[:79]}…”"


def _check_finding(called: str, rule: Rule, finding: object, found: CardFile | None) -> None:
    expect(isinstance(finding, Finding), f"{called} yields {type(finding).__name__}, not a Finding.")
    if not isinstance(finding, Finding):
        return
    expect(finding.code == rule.code, f"{called} yields findings with the code {finding.code}, which is not its own.")
    expect(isinstance(finding.span, Span), f"{called} yields a finding without a Span.")
    expect(
        finding.message.strip() and "\n" not in finding.message,
        f"{called} yields a finding without a message of one line.",
    )
    if found is None or found.source is None:
        return
    expect(finding.span.path == found.path, f"{called} has a finding in {finding.span.path}, not in {found.path}.")
    lines = len(found.source.line_starts)
    expect(1 <= finding.span.line <= lines, f"{called} has a finding in line {finding.span.line} of {lines}.")
    if finding.fix is not None and finding.fix.is_in_place:
        _check_fix(called, finding.fix.edits, found)


def _check_fix(called: str, edits: tuple[Edit, ...], found: CardFile) -> None:
    """Check that a fix does not change the file except at its edits."""
    from cardpipe.fix.splice import is_faithful, spliced, splices

    if found.source is None:
        return
    expect(edits, f"{called} has a fix without edits.")
    changes = splices(found.source, edits)
    expect(
        is_faithful(found.source, changes),
        f"{called} has a fix that breaks the YAML of {found.path}, or changes more than its edits: create edits with "
        "replacing() or rewriting().",
    )
    expect(spliced(found.source.text, changes) != found.source.text, f"{called} has a fix that changes nothing.")


def _check_example(called: str, rule: Rule) -> None:
    for heading, wanted in ((_EXAMPLE, True), (_INSTEAD, False)):
        block = _BLOCK.search(_section(rule, heading))
        if block is None or block[1].startswith("#"):
            return  # the example is not a card
        found = card_file(_completed(block[1]), "EX0009")
        if not found.cards:
            return
        findings = _findings(called, rule, found)
        for finding in findings:
            _check_finding(called, rule, finding, found)
        expect(findings or not wanted, f"{called} finds nothing in the card under “{heading}” of its manual.")
        expect(not findings or wanted, f"{called} reports the card under “{heading}” of its manual.")


def _completed(text: str) -> str:
    """Return a card with the keys of an example and the other required keys."""
    needed = {"id": "EX0009", "title": "Example", "question": "What is it?", "answer": "A unit.", "tags": "[one]"}
    missing = "".join(f"{key}: {value}\n" for key, value in needed.items() if not re.search(rf"(?m)^{key}:", text))
    return missing + text
