"""The words of a text outside of formulas and code, with positions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.markup import ruby

if TYPE_CHECKING:
    from cardpipe.markup.segments import Scan

_WORD: Final = re.compile(r"[^\W\d_]++(?:[-\u2019'][^\W\d_]++)*+")
_ASCII_WORD: Final = re.compile(r"[A-Za-z]++(?:[-'][A-Za-z]++)*+")
"""The same for ASCII texts, in two thirds of the time."""
_SMALL: Final = frozenset(
    [
        *("a", "an", "and", "are", "as", "at", "be", "been", "being", "but", "by", "can", "could", "did", "do"),
        *("does", "for", "from", "had", "has", "have", "how", "if", "in", "into", "is", "it", "its", "may", "more"),
        *("most", "no", "not", "of", "on", "or", "other", "our", "over", "so", "some", "such", "than", "that", "the"),
        *("their", "them", "then", "there", "these", "they", "this", "those", "to", "under", "up", "was", "we"),
        *("were", "what", "when", "where", "which", "while", "who", "whom", "whose", "why", "will", "with", "would"),
        *("you", "your"),
    ]
)
"""English stop words."""


class Word(NamedTuple):
    """A word and its span in the text."""

    text: str
    start: int
    end: int


def words(scanned: Scan) -> tuple[Word, ...]:
    """Return the words of a text in order, without those of addresses and HTML."""
    text = _without_readings(scanned.sentences)
    return tuple(Word(match[0], *match.span()) for match in _word_in(text).finditer(text))


def bare_words(scanned: Scan) -> tuple[str, ...]:
    """Return the same words without positions, which is faster."""
    text = _without_readings(scanned.sentences)
    return tuple(_word_in(text).findall(text))


def _without_readings(text: str) -> str:
    """Return a text of the same length with spaces in place of the readings of ruby, which may be in another script."""
    return ruby.replaced(text, lambda found, source: f" {found.base}".ljust(len(source)))


def _word_in(text: str) -> re.Pattern[str]:
    return _ASCII_WORD if text.isascii() else _WORD


def content_words(found: tuple[str, ...]) -> tuple[str, ...]:
    """Return the significant words of a text, in lower case and without an English plural s."""
    lowered = (word.lower() for word in found)
    return tuple(_singular(word) for word in lowered if word not in _SMALL)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
