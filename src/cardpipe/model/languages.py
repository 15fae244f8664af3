"""Writing direction and Chinese character variants of a language tag (BCP 47)."""

from __future__ import annotations

import unicodedata
from typing import Final

_RIGHT_TO_LEFT: Final = frozenset(
    ["ar", "arc", "azb", "ckb", "dv", "fa", "glk", "he", "lrc", "mzn", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"]
)
_RIGHT_TO_LEFT_SCRIPTS: Final = frozenset(
    ["adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"]
)
_LEFT, _RIGHT = frozenset({"L"}), frozenset({"R", "AL"})
_LETTERS: Final = {"ltr": ("rtl", _LEFT, _RIGHT), "rtl": ("ltr", _RIGHT, _LEFT)}
"""By direction of a page: the opposite direction, and the character classes (Unicode Bidi_Class) of each."""
_TRADITIONAL: Final = frozenset(["hant", "tw", "hk", "mo"])


def direction(language: str) -> str:
    """Return `rtl` or `ltr`: the direction of the tag's script, or else of the language's usual script."""
    first, *others = language.lower().split("-")
    script = next((part for part in others if len(part) == 4 and part.isalpha()), "")
    if script:
        return "rtl" if script in _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if first in _RIGHT_TO_LEFT else "ltr"


def with_gregorian_calendar(language: str) -> str:
    """Return a tag by which scripts write dates and numbers as the other pages do, whatever a browser's data prefer.

    In Persian they would use another calendar, in Persian and some kinds of Arabic other digits (RFC 6067). A tag that
    says how they are written is returned as it is.
    """
    parts = language.lower().split("-")
    if parts[0] not in {"ar", "fa"} or "u" in parts or "x" in parts:
        return language
    return f"{language}-u-ca-gregory-nu-latn"


def opposite(text: str, page: str) -> str | None:
    """Return the direction of a title, name or tag if it is opposite to the page's; None otherwise.

    It is opposite only if no letter has the page's direction: a Hebrew title may begin with a Latin name.
    """
    if page == "ltr" and text.isascii():
        return None
    other, like_page, unlike_page = _LETTERS[page]
    kinds = {unicodedata.bidirectional(character) for character in text}
    return other if kinds & unlike_page and not kinds & like_page else None


def han_region(language: str) -> str:
    """Return the region of Chinese character variants: `JP`, `KR`, `TC` or `SC`; simplified by default."""
    first, *others = language.lower().split("-")
    if first in {"ja", "ko"}:
        return {"ja": "JP", "ko": "KR"}[first]
    return "TC" if _TRADITIONAL & set(others) else "SC"
