"""Acronyms in a text, and whether the card that uses them spells them out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ACRONYM: Final = re.compile(
    # The pattern starts with the capital, which Python finds quickly; what precedes it is checked then. A hyphen or a
    # letter next to it makes it part of something else; characters of scripts without spaces do not.
    r"[A-Z](?<![A-Za-z0-9_\u00b2\u00b3\u00b9\u00c0-\u058f\u2070-\u209f-][A-Z])(?=[A-Z]|[A-Z0-9]{0,5}[A-Z]{2})[A-Z0-9]{1,6}"
    r"(?=s?(?![A-Za-z0-9_\u00b2\u00b3\u00b9\u00c0-\u058f\u2070-\u209f-]))"
)
_CARD_ID: Final = re.compile(r"[A-Z]{2,8}[0-9]{3,}")
_ROMAN: Final = re.compile(r"(?=[IVXL]+$)X{0,3}(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})$")
_FORMULA: Final = re.compile(r"(?=[A-Z]*\d)(?:[BCFHIKNOPSUVWY]\d{0,2}){2,}")
"""A chemical formula of one-letter elements, such as CO2; without a digit it could be anything."""
_PATTERN: Final = re.compile(r"[ABC]{3,}|[ACGTU]{3}")
"""A form (ABACA), or a codon (AUG)."""
_VOWEL: Final = re.compile(r"[AEIOUY]")
_WORD_BEFORE: Final = re.compile(r"(?<![A-Za-z])([A-Z]{2,})[ ]+$")
_WORD_BEHIND: Final = re.compile(r"[ ]+([A-Z]{2,})(?![A-Za-z0-9])")
_BEFORE: Final = re.compile(
    r"(?:[(（【〔\[]|[(（【〔\[][^()（）【】\n]{0,60}?(?:[:：,，;；]\s?|简称|簡稱|略称|略稱|又称|缩写为?|\b(?:abbreviated|short|kurz|or|oder|ou|also|called)\s))$"
)
_BEHIND: Final = re.compile(r"\s{0,2}[(（【〔](?=\w)|\s?(?:[=:：]\s?|\bstands for\b|\bsteht für\b|即)(?=\w)")
_MARKS: Final = "*_`“”\"'"
_WORD: Final = re.compile(r"[^\W\d_]+")
_SMALL: Final = frozenset(
    "a an and at by de del der des di du e et for für in la le of on or the to und von with y".split()  # noqa: SIM905 - a table reads better
)

_EVERYDAY: Final = """
    AC AD AI AIDS AM AND API ASCII BBC BC BCE CD CE CEO CIA CO CPU CSV DC DNA DVD EU FAQ FBI GB GMT GPS GPU HCN
    HF HIV HTML HTTP HTTPS ID IP IQ ISO IT JPEG JSON KB KCN KGB KO KOH LED MB MP NASA NATO NO NOT OH OK OR PC
    PDF PM PNG RAM RGB RNA SMS SQL SVG TB TPU TV UFO UK UN UNESCO UNICEF URL US USA USB USSR UTC UTF VIP WC WHO
    WWI WWII XML XOR YAML
"""
_STRESSED: Final = """
    ABOVE ADD AFTER ALL ALSO ALTER ALWAYS ANY ARE AS ASC BEFORE BELOW BEST BETWEEN BIGGER BOTH BUT BY CAN CASE
    CAST CREATE CROSS DELETE DESC DID DO DOES DOWN DROP EACH ELSE END EQUAL EVERY EXCEPT FALSE FEWER FIRST FOR
    FOUR FROM FULL GET GRANT GROUP HAS HAVE HAVING HEAD HIGH HIGHER HOW IF IN INDEX INNER INSERT INTO IS JOIN
    KEY LAST LEAST LEFT LESS LIKE LIMIT LOW LOWER MANY MAX MAY MIN MORE MOST MUST NEED NEVER NEW NONE NOR NOW
    NULL OF OFF ON ONE ONLY ORDER OTHER OUT OUTER OVER PATCH POST PUT READ RIGHT ROW SAME SELECT SET SHALL
    SHOULD SOME SUM TABLE THAN THAT THE THEN THEY THIS THREE TO TOP TRUE TWO UNDER UNION UNIQUE UNTIL UP UPDATE
    USE USING VALUES VERY VIEW WAS WERE WHAT WHEN WHERE WHICH WHY WILL WITH WORST WRITE WRONG YES YOU
"""
_PLACEHOLDERS: Final = ("TODO", "TBD", "FIXME", "XXX", "XXXX")
"""Reported by WRD009."""
KNOWN: Final = frozenset([*_EVERYDAY.split(), *_STRESSED.split(), *_PLACEHOLDERS])
"""Well-known acronyms, and words that are often in capitals for emphasis or in code."""


def acronyms(prose: str) -> Iterator[re.Match[str]]:
    """Return the acronyms of a text; card IDs, Roman numerals, formulas, alerts and headlines are none."""
    for match in ACRONYM.finditer(prose):
        word = match[0]
        if _CARD_ID.fullmatch(word) or _ROMAN.match(word) or _FORMULA.fullmatch(word) or _PATTERN.fullmatch(word):
            continue
        # The kind of an alert: `> [!NOTE]`.
        if not prose.endswith("[!", 0, match.start()) and not _is_shouted(prose, match):
            yield match


def _is_shouted(prose: str, match: re.Match[str]) -> bool:
    """Return whether several pronounceable words in a row are in capitals: emphasis, a headline, or code."""
    if _VOWEL.search(match[0]) is None:
        return False
    before = _WORD_BEFORE.search(prose[max(0, match.start() - 20) : match.start()])
    behind = _WORD_BEHIND.match(prose, match.end())
    return any(other is not None and _VOWEL.search(other[1]) for other in (before, behind))


def is_bracketed(prose: str, match: re.Match[str]) -> bool:
    """Return whether the acronym is in brackets after its words, or followed by its words in brackets."""
    before, behind = prose[: match.start()].rstrip(_MARKS), prose[match.end() :].removeprefix("s").lstrip(_MARKS)
    return _BEFORE.search(before[-80:]) is not None or _BEHIND.match(behind) is not None


def initials(words: Iterable[str]) -> tuple[str, str]:
    """Return the capitalised initials of all words, and of all words except minor ones."""
    parts = _WORD.findall(" ".join(words))
    every = "".join(part[0] for part in parts)
    large = "".join(part[0] for part in parts if part.lower() not in _SMALL)
    return every.upper(), large.upper()
