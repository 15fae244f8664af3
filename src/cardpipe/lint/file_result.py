"""The result of linting one file, which can be cached.

It contains the findings of all rules on cards and texts, and summaries of its cards for rules that compare cards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cardpipe.cache.shards import as_json
from cardpipe.lint.summary import CardSummary, SummaryLink
from cardpipe.lint.suppression import SuppressedCode, Suppression
from cardpipe.model.diagnostics import Edit, Finding, Fix
from cardpipe.text.positions import Span

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """The result of linting one card file."""

    findings: Sequence[Finding]
    cards: Sequence[CardSummary]
    faulty_ids: Sequence[str] = ()
    loose_links: Sequence[SummaryLink] = ()
    suppressions: Sequence[Suppression] = ()


def encoded(part: FileResult) -> str:
    """Return a result as JSON."""
    content: list[object] = [
        [_finding(finding) for finding in part.findings],
        part.cards,
        part.faulty_ids,
        [[link.card_id, _span(link.place)] for link in part.loose_links],
        [_suppression(comment) for comment in part.suppressions],
    ]
    return as_json(content)


def decoded(content: Any) -> FileResult:
    """Return a result from parsed JSON; raises ValueError, TypeError or IndexError if it is invalid."""
    findings, cards, faulty_ids, links, comments = content
    return FileResult(
        findings=[_read_finding(*finding) for finding in findings],
        cards=[CardSummary(*card) for card in cards],
        faulty_ids=faulty_ids,
        loose_links=[SummaryLink(card_id, Span(*place)) for card_id, place in links],
        suppressions=[_read_suppression(*comment) for comment in comments],
    )


def _span(span: Span) -> list[object]:
    return [span.path, span.line, span.column, span.end_line, span.end_column]


def _finding(finding: Finding) -> list[object]:
    fix = finding.fix
    kept = None
    if fix is not None:
        kept = [fix.description, [[_span(edit.span), edit.replacement] for edit in fix.edits], fix.safe]
    return [finding.code, _span(finding.span), finding.message, finding.help, kept]


def _read_finding(code: str, span: list[Any], message: str, advice: str | None, kept: list[Any] | None) -> Finding:
    fix = None
    if kept is not None:
        description, edits, safe = kept
        fix = Fix(description, tuple(Edit(Span(*place), new) for place, new in edits), safe=safe)
    return Finding(code, Span(*span), message, advice, fix)


def _suppression(comment: Suppression) -> list[object]:
    codes = [[code.text, _span(code.place)] for code in comment.codes]
    return [_span(comment.place), codes, comment.first_line, comment.last_line, comment.reason]


def _read_suppression(place: list[Any], codes: list[Any], first: int, last: int, reason: str) -> Suppression:
    named = tuple(SuppressedCode(text, Span(*where)) for text, where in codes)
    return Suppression(Span(*place), named, first, last, reason)
