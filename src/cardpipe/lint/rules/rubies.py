"""The rule on ruby: readings above Chinese characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import card_rule
from cardpipe.lint.texts import plain_texts_of_card
from cardpipe.markup import SegmentKind, ruby
from cardpipe.markup.late_patterns import compiled
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card
    from cardpipe.text.positions import SourceText

_ANKI: Final = rf"[{ruby.HAN}][{ruby.HAN}{ruby.KANA}]{{0,20}}\[[{ruby.KANA}]{{1,30}}\](?![(:])"
"""The notation of Anki's filter `furigana`."""
_FORM: Final = "{漢字|かんじ}, or {漢字|かん|じ} with a reading for each character"


@card_rule("MDN014", "malformed-ruby", severity=Severity.WARNING, since="0.2")
def malformed_ruby(card: Card, context: Context) -> Iterator[Finding]:
    """A reading of Chinese characters is shown as written.

    ## What it does

    Looks for ruby, `{base|reading}`, that is not valid: an empty reading, several readings but not one for each
    character, a missing brace, a bar without a backslash in a table, and ruby in texts that are not Markdown (titles,
    typed answers, alternative texts). Anki's notation, `base[reading]`, is reported too.

    ## Why is this bad?

    Learners see the braces.

    ## Example

    ```yaml
    details: It is read {漢字|かんじ|}.
    ```

    ## Use instead

    ```yaml
    details: It is read {漢字|かんじ}.
    ```
    """
    for text in plain_texts_of_card(card):
        if "{" in text.text and not text.text.isascii():
            for match in compiled(ruby.INTENDED).finditer(text.text):
                yield Finding("MDN014", text.span(*match.span()), "Ruby is not shown in plain text.", "Leave it out.")
    for _, text in card.texts():
        if ("{" in text.text or "[" in text.text) and not text.text.isascii():
            yield from _in_markdown(text, context)


def _in_markdown(text: SourceText, context: Context) -> Iterator[Finding]:
    scanned = context.scan(text)
    for segment in scanned.segments:
        if segment.kind is not SegmentKind.PROSE:
            continue
        for match in compiled(ruby.INTENDED).finditer(text.text, segment.start, segment.end):
            in_table = any(start <= match.start() < end for start, end in scanned.tables)
            if ruby.read(match[0]) is None:
                yield Finding("MDN014", text.span(*match.span()), "Malformed ruby.", f"Write {_FORM}.")
            elif in_table and "\\|" not in match[0]:
                message = "In a table this bar ends the cell."
                yield Finding("MDN014", text.span(*match.span()), message, "Write \\| for it.")
        for match in compiled(_ANKI).finditer(text.text, segment.start, segment.end):
            base, _, reading = match[0][:-1].partition("[")
            yield Finding(
                "MDN014",
                text.span(*match.span()),
                "This notation of Anki is shown as written.",
                f"Write {{{base}|{reading}}}.",
            )


RULES = (malformed_ruby,)
