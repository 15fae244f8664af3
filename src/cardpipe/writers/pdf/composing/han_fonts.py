"""Fonts for Chinese, Japanese and Korean (extra `cardpipe[cjk]`), subset to the characters of a deck.

The package `justmytype-intl-cjk` contains Noto Sans for the four regions (SIL Open Font License), each a variable font
of ten megabytes or more; a document gets the characters that it needs, in two weights.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.model.languages import han_region
from cardpipe.writers.pdf.composing.variable_fonts import covered, font_file, rules_of

if TYPE_CHECKING:
    from collections.abc import Set
    from pathlib import Path

_PACKAGE: Final = "justmytype_intl_cjk"
_HAN: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)
_REGIONS: Final = ("SC", "TC", "JP", "KR")


def han_characters(text: str) -> frozenset[str]:
    """Return the characters of a text that only these fonts have."""
    return frozenset(_HAN.findall(text))


def families(language: str) -> str:
    """Return the families in the order of preference of a language, as CSS."""
    return ", ".join(f'"{_family(region)}"' for region in _order(language))


def han_rules(characters: Set[str], language: str) -> tuple[str, frozenset[str]]:
    """Return the `@font-face` rules for some characters, and the characters that no installed font has."""
    rules = []
    left = set(characters)
    for region in _order(language):
        path = _file(region)
        if not left or path is None:
            continue
        found = covered(path, left)
        left -= found
        rules += [rules_of(path, _family(region), found)] if found else []
    return "".join(rules), frozenset(left)


def _order(language: str) -> list[str]:
    first = han_region(language)
    return [first, *(region for region in _REGIONS if region != first)]


def _family(region: str) -> str:
    return f"sheet han {region}"


def _file(region: str) -> Path | None:
    return font_file(_PACKAGE, f"notosans{region.lower()}", f"NotoSans{region}[wght].ttf")
