"""A fast path for texts that are plain paragraphs, as most texts are."""

from __future__ import annotations

import functools
import re
from typing import Final

# Signs of Markdown, HTML, TeX and clozes; controls and whitespace but space and line feed, which not everybody reads
# alike; half characters; and those that rendering keeps for itself.
_SIGN: Final = re.compile(
    r"[\\`*_~\[\]<>&$|{}\x00-\x09\x0b-\x1f\x7f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff"
    "\ue000-\ue003]"
)
_MARKED_LINE: Final = re.compile(r"\n[ #+\-=0-9]")
_MARKS: Final = tuple(" \n#+-=0123456789")
_PARAGRAPH: Final = re.compile(r"[^\n]+(?:\n[^\n]+)*")
REMEMBERED: Final = 256
"""The size of the cache: the texts of the files of a job, which are linted and then rendered."""


@functools.lru_cache(REMEMBERED)
def plain_paragraphs(text: str) -> tuple[tuple[int, int], ...] | None:
    """Return the spans of the paragraphs of a plain text; None if it can contain markup."""
    may_be_more = (
        text.startswith(_MARKS)
        or text.endswith(" ")
        or " \n" in text
        or "://" in text
        or "www." in text.lower()
        or _MARKED_LINE.search(text) is not None
        or _SIGN.search(text) is not None
    )
    return None if may_be_more else tuple(match.span() for match in _PARAGRAPH.finditer(text))
