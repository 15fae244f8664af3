"""Rules on single words: placeholders, repetitions, misspellings."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import card_rule
from cardpipe.lint.question_words import language_of
from cardpipe.markup.addresses import without_addresses
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.source.splicing import fix, replacing, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card
    from cardpipe.text.positions import SourceText

_PLACEHOLDER: Final = re.compile(r"\b(?:TODO|TBD|FIXME|(?<![\d,.]{1})XXX+)\b|\b(?i:lorem ipsum)\b|\?{3,}")
_UNWRITTEN: Final = ("TODO", "TBD", "FIXME", "XXX", "orem", "OREM", "???")
"""What a text must contain for the pattern to match."""
_REPEATED: Final = re.compile(r"\b(\w{2,40}+)[ \t\n]{1,20}+\1\b", re.IGNORECASE)
_ASCII_REPEATED: Final = re.compile(_REPEATED.pattern, re.IGNORECASE | re.ASCII)
"""The same for ASCII texts, in half the time."""
_NO_LETTER: Final = re.compile(r"[\d_]")
_MAY_REPEAT: Final = {
    "en": frozenset(
        {"had", "that", "very", "bye", "so", "no", "is", "knock", "never", "now", "there", "far", "yes", "ha"}
    ),
    "de": frozenset({"die", "der", "das", "dem", "den", "sie", "ihr", "wer", "was", "sehr", "so", "nein", "ja", "nie"}),
    "fr": frozenset({"nous", "vous", "très", "non", "si"}),
    "es": frozenset({"muy", "no", "que", "casi"}),
    "it": frozenset({"piano", "via", "ci", "si", "no", "così", "man", "mano", "appena"}),
    "pt": frozenset({"muito", "não", "que", "logo"}),
    "nl": frozenset({"die", "dat", "heel", "nee", "ja", "zo"}),
    "sv": frozenset({"så", "det", "nej", "ja"}),
    "da": frozenset({"så", "det", "nej", "ja"}),
    "nb": frozenset({"så", "det", "nei", "ja"}),
}
"""Words that can be doubled, by language; languages that are not listed double words as part of their grammar."""
_FRENCH: Final = _MAY_REPEAT["fr"]
"""Doubled French pronouns, which decks in other languages quote."""
_LAST_LATIN: Final = "\u058f"
"""The last character of the Latin, Greek, Cyrillic and Armenian scripts, which do not double words."""


@card_rule("WRD009", "placeholder-text", severity=Severity.WARNING)
def placeholder_text(card: Card, context: Context) -> Iterator[Finding]:
    """A text contains a placeholder.

    ## What it does

    Looks for `TODO`, `TBD`, `FIXME` and `XXX` in capitals, `???` and *lorem ipsum*, outside of code and formulas.

    ## Why is this bad?

    Learners would see the placeholder. A card that is not ready should be a draft.

    ## Example

    ```yaml
    details: TODO explain the update rule
    ```

    ## Use instead

    ```yaml
    details: The update rule moves the boundary.
    ```
    """
    for _, text in card.texts():
        if not any(sign in text.text for sign in _UNWRITTEN):
            continue
        for segment in context.scan(text).prose():
            for match in _PLACEHOLDER.finditer(without_addresses(segment.text)):
                yield Finding(
                    "WRD009",
                    text.span(segment.start + match.start(), segment.start + match.end()),
                    f"“{match[0]}” is a placeholder.",
                    "Write the missing text, or mark the card with `status: draft`.",
                )


@card_rule("WRD010", "repeated-word", severity=Severity.WARNING)
def repeated_word(card: Card, context: Context) -> Iterator[Finding]:
    """A word is repeated.

    ## What it does

    Looks for a word that follows itself, also across lines, in decks in languages that do not double words:
    the Germanic and Romance ones. Names (*Pago Pago*, *Bufo bufo*) and words that can be doubled (*had had*,
    *nous nous*) are ignored.

    ## Why is this bad?

    It is a typing slip, usually at the end of a line, where it is easy to miss.

    ## Example

    ```yaml
    details: The the weights are small.
    ```

    ## Use instead

    ```yaml
    details: The weights are small.
    ```
    """
    allowed = _MAY_REPEAT.get(language_of(context.settings))
    if allowed is None:
        return
    for name, text in card.texts():
        prose = context.scan(text).sentences
        if prose.isascii() and name != "reference" and not _has_repetition(context.bare_words(text)):
            continue
        for match in (_ASCII_REPEATED if prose.isascii() else _REPEATED).finditer(prose):
            if not _may_repeat(match, prose, allowed):
                first, last = match.end() - len(match[1]), match.end()
                # The whitespace before it goes as well; where that is a line's end, its words run on.
                gap = text.text[match.start() + len(match[1]) : first]
                edit = replacing(text, first - len(gap), last, "") if "\n" not in gap else None
                yield Finding(
                    "WRD010",
                    text.span(first, last),
                    f"“{match[1]}” is repeated.",
                    "Remove one of them.",
                    fix("Remove one of them.", edit, safe=False),
                )


def _has_repetition(words: Sequence[str]) -> bool:
    """Return whether two words of an ASCII text that follow each other are the same; faster than the expression."""
    parts = " ".join(words).lower().replace("-", " ").replace("'", " ").split()
    return any(map(operator.eq, parts, parts[1:]))


def _may_repeat(match: re.Match[str], prose: str, allowed: frozenset[str]) -> bool:
    """Return whether a word can be doubled: a known one, a number, a name, or one of another script."""
    word, again = match[1], match[0][-len(match[1]) :]
    lowered = word.lower()
    if lowered in allowed or lowered in _FRENCH or _NO_LETTER.search(word) or max(word) > _LAST_LATIN:
        return True
    # A place name has capitals twice, a species name first and is emphasised.
    emphasised = prose[match.start() - 1 : match.start()] in {"*", "_"} and prose[match.end() : match.end() + 1] in {
        "*",
        "_",
    }
    return (word[0].isupper() and again[0].isupper()) or (match.start() > 0 and emphasised)


@card_rule("WRD018", "misspelt-word", severity=Severity.WARNING)
def misspelt_word(card: Card, context: Context) -> Iterator[Finding]:
    """A word is misspelt.

    ## What it does

    Looks up the words of the card in the deck's language if `deck.yaml` has `lint: {spelling: true}` and the
    extra `cardpipe[spelling]` is installed. Names, acronyms, formulas, code and references are ignored; for English,
    both British and American spellings are accepted. List technical terms under `words` in `deck.yaml`.

    ## Why is this bad?

    Learners read a card dozens of times, and learn the misspelt word with it.

    ## Example

    ```yaml
    answer: The wieghts are adjusted.
    ```

    ## Use instead

    ```yaml
    answer: The weights are adjusted.
    ```
    """
    speller = context.speller
    if speller is None:
        return
    told: set[str] = set()
    for text in (text for name, text in card.texts() if name != "reference"):
        if speller.correct.issuperset(context.bare_words(text)):
            continue
        for word in context.words(text):
            if word.text in speller.correct:
                continue
            parts = _PART_OF_WORD.finditer(word.text)
            unknown = [match for match in parts if _is_looked_up(match[0]) and not speller.is_known(match[0])]
            if not unknown:
                speller.correct.add(word.text)
            for match in unknown:
                part = match[0]
                if part in told:
                    continue
                told.add(part)
                start = word.start + match.start()
                yield _misspelt(text, start, part, speller.likely(part) if len(told) <= _MOST_LIKELY else None)


_PART_OF_WORD: Final = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?=[-'\u2019]|$)(?<![-'\u2019]s)")


def _is_looked_up(part: str) -> bool:
    return len(part) >= _SHORTEST_WORD and part.islower()


_MOST_LIKELY: Final = 100
"""The maximum number of suggestions per card: each takes a millisecond."""
_SHORTEST_WORD: Final = 4


def _misspelt(text: SourceText, start: int, word: str, likely: str | None) -> Finding:
    end = start + len(word)
    advice = f"Did you mean “{likely}”? " if likely else ""
    return Finding(
        "WRD018",
        text.span(start, end),
        f"“{word}” is not in the dictionary.",
        f"{advice}Add technical terms under `words` in deck.yaml.",
        suggestion(text, likely, start, end),
    )
