"""Two texts compared word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

_TOKEN: Final = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_TOKENS: Final = 3000
"""Above this a comparison would take seconds; such a text is shown as written anew."""

SAME, OLD, NEW = "=", "-", "+"


def word_diff(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """Stretches of text in reading order, each with `=` (in both), `-` (only before) or `+` (only after)."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if max(len(old), len(new)) > _MOST_TOKENS:
        return tuple((sign, text) for sign, text in ((OLD, before), (NEW, after)) if text)
    found: list[tuple[str, str]] = []
    for tag, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append((SAME, "".join(old[old_start:old_end])))
            continue
        for sign, text in ((OLD, "".join(old[old_start:old_end])), (NEW, "".join(new[new_start:new_end]))):
            if text:
                found.append((sign, text))
    return tuple(found)
