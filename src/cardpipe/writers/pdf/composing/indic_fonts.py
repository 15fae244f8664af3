"""Fonts for scripts of South Asia (extra `cardpipe[indic]`), subset to the characters of a deck.

The package `justmytype-intl-south-asia` contains Noto Sans for each script (SIL Open Font License).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.writers.pdf.composing.variable_fonts import covered, font_file, rules_of

if TYPE_CHECKING:
    from collections.abc import Set
    from pathlib import Path

_PACKAGE: Final = "justmytype_intl_south_asia"
_SCRIPTS: Final = {
    "Devanagari": re.compile("[\u0900-\u097f\u1cd0-\u1cff\ua8e0-\ua8ff]"),
    "Bengali": re.compile("[\u0980-\u09ff]"),
    "Tamil": re.compile("[\u0b80-\u0bff]"),
    "Telugu": re.compile("[\u0c00-\u0c7f]"),
}
_JOINERS: Final = frozenset("\u200c\u200d")
"""What stands between letters and decides how they join; in the same font, so that they are shaped together."""
INDIC_FAMILIES: Final = ", ".join(f'"sheet {script}"' for script in _SCRIPTS)
"""The families as CSS."""


def indic_characters(text: str) -> frozenset[str]:
    """Return the characters of a text that only these fonts have."""
    return frozenset(character for found in _SCRIPTS.values() for character in found.findall(text))


def indic_rules(characters: Set[str]) -> tuple[str, frozenset[str]]:
    """Return the `@font-face` rules for some characters, and the characters that no installed font has."""
    rules = []
    left = set(characters)
    for script, letters in _SCRIPTS.items():
        wanted = {character for character in left if letters.match(character)}
        path = _file(script) if wanted else None
        if path is None:
            continue
        found = covered(path, wanted)
        left -= found
        rules += [rules_of(path, f"sheet {script}", found | covered(path, _JOINERS))] if found else []
    return "".join(rules), frozenset(left)


def _file(script: str) -> Path | None:
    return font_file(_PACKAGE, f"notosans{script.lower()}", f"NotoSans{script}[wdth,wght].ttf")
