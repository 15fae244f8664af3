"""The plug-in API for lint rules (entry point group `cardpipe.rules`).

A decorator (`card_rule`, `text_rule`, `settings_rule`, `summaries_rule`, `deck_rule`) declares a rule. Its check yields
`Finding`s, with fixes made by `fix`, `replacing`, `rewriting`, `suggestion` and `without_item`.
"""

from __future__ import annotations

from cardpipe.lint.declaration import card_rule, deck_rule, settings_rule, summaries_rule, text_rule
from cardpipe.lint.rule import Context, Rule, Scope
from cardpipe.lint.summary import CardSummaries, CardSummary
from cardpipe.markup import Scan, Segment, SegmentKind
from cardpipe.markup.words import Word
from cardpipe.model.deck import (
    Card,
    CardKind,
    Deck,
    DeckSettings,
    Difficulty,
    Figure,
    LintSettings,
    Media,
    Reference,
    Status,
)
from cardpipe.model.diagnostics import Edit, Finding, Fix, Severity
from cardpipe.source.splicing import fix, replacing, rewriting, suggestion, without_item
from cardpipe.text.positions import SourceText, Span

__all__ = [
    "Card",
    "CardKind",
    "CardSummaries",
    "CardSummary",
    "Context",
    "Deck",
    "DeckSettings",
    "Difficulty",
    "Edit",
    "Figure",
    "Finding",
    "Fix",
    "LintSettings",
    "Media",
    "Reference",
    "Rule",
    "Scan",
    "Scope",
    "Segment",
    "SegmentKind",
    "Severity",
    "SourceText",
    "Span",
    "Status",
    "Word",
    "card_rule",
    "deck_rule",
    "fix",
    "replacing",
    "rewriting",
    "settings_rule",
    "suggestion",
    "summaries_rule",
    "text_rule",
    "without_item",
]
