"""The rule on double braces that are not a cloze deletion."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import card_rule
from cardpipe.markup import SegmentKind
from cardpipe.model.deck import CardKind
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card

_BRACES: Final = re.compile(r"(?<![{\\])\{\{(?![{%#])(?!c[0-9]{1,9}::)(?P<inside>[^{}\r\n]{1,200})(?P<end>\}\}(?!\}))?")
_IN_MATH: Final = re.compile(r"(?<![{\\])\{\{(?:[0-9]{1,9}|c)::")
_NEARLY: Final = re.compile(r"\s?[cC]\s?[0-9][0-9, ]{0,40}:{1,2}")
"""What KND002 reports in the question of a cloze."""
_IN_CLOZE: Final = "Write {{c1::what is hidden}}, or put code between backticks."
_ELSEWHERE: Final = (
    "Put code between backticks; cloze deletions need `kind: cloze`: {{c1::what is hidden}} in the question."
)


@card_rule("KND011", "bare-braces", severity=Severity.WARNING, since="0.2")
def bare_braces(card: Card, context: Context) -> Iterator[Finding]:
    """Words in double braces are not a cloze deletion.

    ## What it does

    Looks for `{{word}}`, `{{2::word}}`, `{{c3}}` and `{{c::word}}` in all texts of a card, outside of code, and for the
    numbered ones in formulas.

    ## Why is this bad?

    Without a `c`, a number and two colons it is not a cloze deletion: learners see the braces and the answer.
    recall.

    ## Example

    ```yaml
    kind: cloze
    question: Plants make {{c1::glucose}} and {{oxygen}}.
    ```

    ## Use instead

    ```yaml
    kind: cloze
    question: Plants make {{c1::glucose}} and {{c2::oxygen}}.
    ```
    """
    is_cloze = card.kind is CardKind.CLOZE
    for name, text in card.texts():
        if "{{" not in text.text:
            continue
        is_read = is_cloze and name == "question"
        for segment in context.scan(text).segments:
            pattern = _BRACES if segment.kind is SegmentKind.PROSE else _IN_MATH if segment.is_math else None
            for match in pattern.finditer(text.text, segment.start, segment.end) if pattern is not None else ():
                if pattern is _IN_MATH or _is_malformed(match, is_read=is_read):
                    message = "Malformed cloze deletion: learners see the braces and the words in them."
                    advice = _IN_CLOZE if is_cloze else _ELSEWHERE
                    yield Finding("KND011", text.span(*match.span()), message, advice)


def _is_malformed(match: re.Match[str], *, is_read: bool) -> bool:
    """Return whether to report a match; in the question of a cloze, KND002 reports some of them."""
    return _NEARLY.match(match["inside"]) is None if is_read else match["end"] is not None


RULES = (bare_braces,)
