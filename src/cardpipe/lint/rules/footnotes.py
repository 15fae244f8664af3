"""Rules on footnotes that would not be read: references without a note, and notes without a reference."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from cardpipe.diagnostics import Finding, Severity
from cardpipe.lint.declaration import card_rule
from cardpipe.lint.texts import plain_texts_of_card
from cardpipe.markup import LinkForm
from cardpipe.markup.lines import FOOTNOTE_LABEL
from cardpipe.rule import Scope
from cardpipe.splicing import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.markup import FootnoteReference, Scan
    from cardpipe.model import Card, Deck
    from cardpipe.positions import SourceText
    from cardpipe.rule import Context

_REFERENCE: Final = re.compile(rf"(?<!\\)\[\^(?P<label>{FOOTNOTE_LABEL})\](?!\()")
_NO_FOOTNOTES: Final = (
    "A text of one line cannot have footnotes.",
    "Put the footnote into the question, the answer or the details.",
)
_ONE_LINE: Final = frozenset({"caption", "reference"})
"""The Markdown texts that stand within a line."""


def _undefined_in_description(deck: Deck, context: Context) -> Iterator[Finding]:
    yield from _undefined(deck.description, context)


@card_rule(
    "MDN013",
    "undefined-footnote",
    severity=Severity.WARNING,
    since="0.2",
    also={Scope.FRAME: _undefined_in_description},
)
def undefined_footnote(card: Card, context: Context) -> Iterator[Finding]:
    r"""A reference to a footnote that is not defined in the same text.

    ## What it does

    Checks that each `[^label]` has its footnote, `[^label]: …` at the beginning of a line, in the same text: the
    question, the answer or the details. Definitions in lists and quotations are not read as such. A title, a typed
    answer and an alternative text have no footnotes; there, only numbers and labels that the card defines are reported.

    ## Why is this bad?

    Learners see `[^label]` as it is written, and nothing that it refers to.

    ## Example

    ```yaml
    details: It was invented in 1957.[^1]
    ```

    ## Use instead

    ```yaml
    details: |
      It was invented in 1957.[^1]

      [^1]: By Frank Rosenblatt.
    ```

    A bracket that is meant as such, as in a regular expression, is written as code or as `\[^`.
    """
    defined: set[str] = set()
    for name, text in card.texts():
        if "[^" in text.text:
            yield from _undefined(text, context, one_line=name in _ONE_LINE)
            defined.update(footnote.key for footnote in context.scan(text).footnotes)
    for text in plain_texts_of_card(card):
        for match in _REFERENCE.finditer(text.text) if "[^" in text.text else ():
            label = match["label"]
            if label.isdecimal() or label.casefold() in defined:
                yield Finding("MDN013", text.span(*match.span()), *_NO_FOOTNOTES)


def _undefined(text: SourceText, context: Context, *, one_line: bool = False) -> Iterator[Finding]:
    scanned = context.scan(text)
    labels = {footnote.key: footnote.label for footnote in scanned.footnotes}
    starts = {start for start, _ in scanned.blocks}
    for reference in scanned.footnote_references:
        if one_line:
            yield Finding("MDN013", text.span(reference.start, reference.end), *_NO_FOOTNOTES)
        elif reference.start in starts and text.text.startswith(":", reference.end):
            yield Finding(
                "MDN013",
                text.span(reference.start, reference.end + 1),
                "A footnote cannot be defined within a list, a quotation or another footnote.",
                "Write it at the beginning of a line, outside of them, or write \\[^ for the signs.",
            )
        elif reference.number is None:
            near = context.nearest(reference.label, labels.values())
            yield Finding(
                "MDN013",
                text.span(reference.start, reference.end),
                f"The footnote “{reference.label}” is not defined in this text.",
                f"Did you mean {near}?"
                if near
                else f"Write [^{reference.label}]: and the note on a line of its own, or \\[^ for the signs.",
                suggestion(text, near, reference.start + 2, reference.end - 1),
            )


def _unusable_in_description(deck: Deck, context: Context) -> Iterator[Finding]:
    yield from _unusable(deck.description, context)


@card_rule("MDN014", "unusable-footnote", since="0.2", also={Scope.FRAME: _unusable_in_description})
def unusable_footnote(card: Card, context: Context) -> Iterator[Finding]:
    """A footnote that nobody would see, or that stands where it cannot work.

    ## What it does

    Reports footnotes that nothing refers to, labels that are defined twice in a text, footnotes without words,
    footnotes in a caption or a reference, which are texts of one line, and references within the text of a link.

    ## Why is this bad?

    A footnote to which nothing refers is left out, here as on GitHub, and so are all of a label but the first. What
    somebody wrote there is lost. A number within a link's text looks like a part of the link.

    ## Example

    ```yaml
    details: |
      It was invented in 1957.

      [^1]: By Frank Rosenblatt.
    ```

    ## Use instead

    ```yaml
    details: |
      It was invented in 1957.[^1]

      [^1]: By Frank Rosenblatt.
    ```
    """
    for name, text in card.texts():
        if "[^" in text.text:
            yield from _unusable(text, context, one_line=name in _ONE_LINE)


def _unusable(text: SourceText, context: Context, *, one_line: bool = False) -> Iterator[Finding]:
    scanned = context.scan(text)
    wanted = {reference.key for reference in scanned.footnote_references}
    seen: set[str] = set()
    for footnote in scanned.footnotes:
        fault = None
        if one_line:
            fault = _NO_FOOTNOTES
        elif footnote.key in seen:
            fault = (
                f"The footnote “{footnote.label}” is defined twice, and this one is left out.",
                "Give it a new label.",
            )
        elif footnote.key not in wanted:
            fault = (
                "Nothing refers to this footnote, so it is left out.",
                f"Write [^{footnote.label}] where it belongs, or \\[^ for the signs.",
            )
        elif not text.text[footnote.content_start : footnote.end].strip():
            fault = "This footnote is empty.", "Write the note after the colon."
        if fault is not None:
            mark_end = footnote.start + len(f"[^{footnote.label}]:")
            yield Finding("MDN014", text.span(footnote.start, mark_end), *fault)
        seen.add(footnote.key)
    for reference in _within_links(scanned):
        yield Finding(
            "MDN014",
            text.span(reference.start, reference.end),
            "This reference to a footnote stands within the text of a link.",
            "Write it after the link.",
        )


def _within_links(scanned: Scan) -> Iterator[FootnoteReference]:
    # No link holds another one.
    links = sorted((link.start, link.text_end) for link in scanned.links() if link.form is LinkForm.INLINE)
    starts = [start for start, _ in links]
    for reference in scanned.footnote_references:
        before = bisect_right(starts, reference.start) - 1
        if reference.number is not None and before >= 0 and reference.start < links[before][1]:
            yield reference
