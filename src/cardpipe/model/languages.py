"""What a language tag (BCP 47) says of the direction of writing and of the forms of Chinese characters."""

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
"""By the direction of a page: the other one, and the kinds of letters (Unicode, Bidi_Class) that run like either."""
_TRADITIONAL: Final = frozenset(["hant", "tw", "hk", "mo"])


def direction(language: str) -> str:
    """`rtl` or `ltr`: that of the script if the tag names one, else that which the language is usually written in."""
    first, *others = language.lower().split("-")
    script = next((part for part in others if len(part) == 4 and part.isalpha()), "")
    if script:
        return "rtl" if script in _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if first in _RIGHT_TO_LEFT else "ltr"


def opposite(text: str, page: str) -> str | None:
    """The direction of a title, name or tag that runs the other way than its page: only if no letter runs like it.

    A title in Hebrew may begin with a Latin name. None where the text runs like the page.
    """
    other, like_page, unlike_page = _LETTERS[page]
    kinds = {unicodedata.bidirectional(character) for character in text}
    return other if kinds & unlike_page and not kinds & like_page else None


def han_region(language: str) -> str:
    """Whose forms Chinese characters have: `JP`, `KR`, `TC` or `SC`; simplified where nothing is said."""
    first, *others = language.lower().split("-")
    if first in {"ja", "ko"}:
        return {"ja": "JP", "ko": "KR"}[first]
    return "TC" if _TRADITIONAL & set(others) else "SC"
