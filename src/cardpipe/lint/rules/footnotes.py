"""The rule on broken footnotes: references without a note, and notes without a reference."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from cardpipe.lint.api import Scope
from cardpipe.lint.declaration import card_rule
from cardpipe.lint.texts import plain_texts_of_card
from cardpipe.markup import LinkForm
from cardpipe.markup.lines import FOOTNOTE_LABEL
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.source.splicing import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.markup import Footnote, FootnoteReference, Scan
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.text.positions import SourceText

_CODE: Final = "MDN013"
_REFERENCE: Final = re.compile(rf"(?<!\\)\[\^(?P<label>{FOOTNOTE_LABEL})\](?!\()")
_NO_FOOTNOTES: Final = (
    "Single-line texts cannot have footnotes.",
    "Move the footnote to the question, the answer or the details.",
)
_ONE_LINE: Final = frozenset({"caption", "reference"})
"""The inline Markdown texts."""


def _of_description(settings: DeckSettings, context: Context) -> Iterator[Finding]:
    yield from _of_text(settings.description, context)


@card_rule(_CODE, "broken-footnote", severity=Severity.WARNING, since="0.2", also={Scope.SETTINGS: _of_description})
def broken_footnote(card: Card, context: Context) -> Iterator[Finding]:
    r"""A footnote is broken, so its marks are shown as written.

    ## What it does

    Checks that each reference `[^label]` has its footnote in the same text (the question, the answer or the details),
    `[^label]: …` at the beginning of a line outside of lists and quotations, and that each footnote has words, a unique
    label and a reference. Reports references within the text of a link, where a number looks like a part of it,
    and footnotes in single-line texts: captions, references, titles, typed answers and alternative texts. The last
    three are not Markdown, so only numbers and labels that the card defines are reported there.

    ## Why is this bad?

    Learners see `[^label]` without a note. GitHub omits footnotes without a reference, and all footnotes with the same
    label except the first.

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
    """
    defined: set[str] = set()
    for name, text in card.texts():
        if "[^" in text.text:
            yield from _of_text(text, context, one_line=name in _ONE_LINE)
            defined.update(footnote.key for footnote in context.scan(text).footnotes)
    for text in plain_texts_of_card(card):
        for match in _REFERENCE.finditer(text.text) if "[^" in text.text else ():
            label = match["label"]
            if label.isdecimal() or label.casefold() in defined:
                yield Finding(_CODE, text.span(*match.span()), *_NO_FOOTNOTES)


def _of_text(text: SourceText, context: Context, *, one_line: bool = False) -> Iterator[Finding]:
    scanned = context.scan(text)
    if one_line:
        marks: tuple[Footnote | FootnoteReference, ...] = (*scanned.footnotes, *scanned.footnote_references)
        for mark in marks:
            yield Finding(_CODE, text.span(mark.start, mark.start + len(f"[^{mark.label}]")), *_NO_FOOTNOTES)
        return
    yield from _references(text, scanned, context)
    yield from _footnotes(text, scanned)


def _references(text: SourceText, scanned: Scan, context: Context) -> Iterator[Finding]:
    labels = {footnote.key: footnote.label for footnote in scanned.footnotes}
    starts = {start for start, _ in scanned.blocks}
    for reference in scanned.footnote_references:
        if reference.start in starts and text.text.startswith(":", reference.end):
            yield Finding(
                _CODE,
                text.span(reference.start, reference.end + 1),
                "A footnote cannot be defined within a list, a quotation or another footnote.",
                "Write it at the beginning of a line, outside of them, or \\[^ for the characters.",
            )
        elif reference.number is None:
            near = context.nearest(reference.label, labels.values())
            yield Finding(
                _CODE,
                text.span(reference.start, reference.end),
                f"The footnote “{reference.label}” is not defined in this text.",
                f"Did you mean {near}?"
                if near
                else f"Write [^{reference.label}]: and the note on its own line, or \\[^ for the characters.",
                suggestion(text, near, reference.start + 2, reference.end - 1),
            )
    for reference in _within_links(scanned):
        yield Finding(
            _CODE,
            text.span(reference.start, reference.end),
            "This footnote reference is within the text of a link.",
            "Write it after the link.",
        )


def _footnotes(text: SourceText, scanned: Scan) -> Iterator[Finding]:
    wanted = {reference.key for reference in scanned.footnote_references}
    seen: set[str] = set()
    for footnote in scanned.footnotes:
        fault = None
        if footnote.key in seen:
            fault = f"The footnote “{footnote.label}” is already defined.", "Give this one a different label."
        elif footnote.key not in wanted:
            fault = (
                "No reference to this footnote; GitHub would omit it.",
                f"Write [^{footnote.label}] where it belongs, or \\[^ for the characters.",
            )
        elif not text.text[footnote.content_start : footnote.end].strip():
            fault = "This footnote is empty.", "Write the note after the colon."
        if fault is not None:
            mark_end = footnote.start + len(f"[^{footnote.label}]:")
            yield Finding(_CODE, text.span(footnote.start, mark_end), *fault)
        seen.add(footnote.key)


def _within_links(scanned: Scan) -> Iterator[FootnoteReference]:
    # Links cannot be nested.
    links = sorted((link.start, link.text_end) for link in scanned.links() if link.form is LinkForm.INLINE)
    starts = [start for start, _ in links]
    for reference in scanned.footnote_references:
        before = bisect_right(starts, reference.start) - 1
        if reference.number is not None and before >= 0 and reference.start < links[before][1]:
            yield reference
