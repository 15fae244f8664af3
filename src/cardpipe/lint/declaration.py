"""How a rule is declared: a check with its manual as docstring, under a decorator with its code and name."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from cardpipe.diagnostics import Severity
from cardpipe.lint.texts import markdown_texts
from cardpipe.rule import Rule, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cardpipe.diagnostics import Finding
    from cardpipe.model import Card, Deck
    from cardpipe.positions import SourceText
    from cardpipe.rule import Context

FIRST_RELEASE = "0.1"


def card_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE
) -> Callable[[Callable[[Card, Context], Iterable[Finding]]], Rule]:
    """Declare a rule whose check is shown one card after another."""
    return functools.partial(_declared, code, name, severity, since, Scope.CARD)


def deck_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE
) -> Callable[[Callable[[Deck, Context], Iterable[Finding]]], Rule]:
    """Declare a rule whose check is shown the whole deck."""
    return functools.partial(_declared, code, name, severity, since, Scope.DECK)


def reader_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE
) -> Callable[[Callable[[None, Context], Iterable[Finding]]], Rule]:
    """Declare a rule that the reader reports; its check finds nothing and carries the manual."""
    return functools.partial(_declared, code, name, severity, since, Scope.READER)


def renderer_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE
) -> Callable[[Callable[[None, Context], Iterable[Finding]]], Rule]:
    """Declare a rule that rendering reports; its check finds nothing and carries the manual."""
    return functools.partial(_declared, code, name, severity, since, Scope.RENDERER)


def engine_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE
) -> Callable[[Callable[[None, Context], Iterable[Finding]]], Rule]:
    """Declare a rule that the engine reports; its check finds nothing and carries the manual."""
    return functools.partial(_declared, code, name, severity, since, Scope.ENGINE)


def text_rule(
    code: str, name: str, *, severity: Severity = Severity.ERROR, since: str = FIRST_RELEASE
) -> Callable[[Callable[[SourceText, Context], Iterable[Finding]]], Rule]:
    """Declare a rule whose check is shown every Markdown text of the deck, its description included."""

    def declare(check: Callable[[SourceText, Context], Iterable[Finding]]) -> Rule:
        @functools.wraps(check)
        def over_deck(deck: Deck, context: Context) -> Iterator[Finding]:
            for text in markdown_texts(deck):
                yield from check(text, context)

        return _declared(code, name, severity, since, Scope.DECK, over_deck)

    return declare


def _declared(
    code: str, name: str, severity: Severity, since: str, scope: Scope, check: Callable[..., Iterable[Finding]]
) -> Rule:
    return Rule(code=code, name=name, severity=severity, since=since, scope=scope, check=check)
