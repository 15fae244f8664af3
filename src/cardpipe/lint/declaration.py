"""Decorators that declare rules: code and name are arguments, the docstring of the check is the rule's manual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.lint.rule import Rule, Scope
from cardpipe.model.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cardpipe.lint.rule import Context
    from cardpipe.lint.summary import CardSummaries
    from cardpipe.model.deck import Card, Deck, DeckSettings
    from cardpipe.model.diagnostics import Finding
    from cardpipe.text.positions import SourceText

    Also = Mapping[Scope, Callable[..., Iterable[Finding]]]

FIRST_RELEASE = "0.1"


def card_rule(
    code: str,
    name: str,
    *,
    severity: Severity = Severity.ERROR,
    since: str = FIRST_RELEASE,
    also: Also | None = None,
    safety: bool = False,
) -> Callable[[Callable[[Card, Context], Iterable[Finding]]], Rule]:
    """Declare a rule whose check is called for each card."""
    return _declaration(code, name, severity, since, Scope.CARD, also, safety=safety)


def text_rule(
    code: str,
    name: str,
    *,
    severity: Severity = Severity.ERROR,
    since: str = FIRST_RELEASE,
    also: Also | None = None,
    needs_markup: bool = False,
    safety: bool = False,
) -> Callable[[Callable[[SourceText, Context], Iterable[Finding]]], Rule]:
    """Declare a rule whose check is called for each Markdown text, including the deck's description.

    With `needs_markup`, it is not called for texts without any sign of Markdown, HTML, TeX or clozes.
    """
    return _declaration(code, name, severity, since, Scope.TEXT, also, needs_markup=needs_markup, safety=safety)


def settings_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE, safety: bool = False
) -> Callable[[Callable[[DeckSettings, Context], Iterable[Finding]]], Rule]:
    """Declare a rule whose check gets the deck without its cards."""
    return _declaration(code, name, severity, since, Scope.SETTINGS, safety=safety)


def summaries_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE
) -> Callable[[Callable[[CardSummaries, Context], Iterable[Finding]]], Rule]:
    """Declare a rule that compares cards: its check gets summaries of all cards."""
    return _declaration(code, name, severity, since, Scope.SUMMARIES)


def deck_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE
) -> Callable[[Callable[[Deck, Context], Iterable[Finding]]], Rule]:
    """Declare a rule whose check gets the whole deck."""
    return _declaration(code, name, severity, since, Scope.DECK)


def reader_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE
) -> Callable[[Callable[[None, Context], Iterable[Finding]]], Rule]:
    """Declare a rule that the reader reports; its check is empty and holds the manual."""
    return _declaration(code, name, severity, since, Scope.READER)


def renderer_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE
) -> Callable[[Callable[[None, Context], Iterable[Finding]]], Rule]:
    """Declare a rule that the renderer reports; its check is empty and holds the manual."""
    return _declaration(code, name, severity, since, Scope.RENDERER)


def engine_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE
) -> Callable[[Callable[[None, Context], Iterable[Finding]]], Rule]:
    """Declare a rule that the lint engine reports; its check is empty and holds the manual."""
    return _declaration(code, name, severity, since, Scope.ENGINE)


def _declaration(
    code: str,
    name: str,
    severity: Severity,
    since: str,
    scope: Scope,
    also: Also | None = None,
    *,
    needs_markup: bool = False,
    safety: bool = False,
) -> Callable[[Callable[..., Iterable[Finding]]], Rule]:
    def declare(check: Callable[..., Iterable[Finding]]) -> Rule:
        return Rule(
            code=code,
            name=name,
            severity=severity,
            since=since,
            scope=scope,
            check=check,
            also=also or {},
            needs_markup=needs_markup,
            safety=safety,
        )

    return declare
