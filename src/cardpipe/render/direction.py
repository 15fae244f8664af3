"""Which way each paragraph runs: an attribute where it differs from the page, since not every engine finds it out.

The first letter with a direction decides (HTML, the rule of `dir="auto"`).
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from cardpipe.render.shelf import CUT_TOKEN

if TYPE_CHECKING:
    from cardpipe.render.shelf import Shelf

_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_BLOCK: Final = re.compile(r"<(p|ul|ol|li|table|td|th|dt|dd|h[1-6]|figcaption|blockquote)((?: [a-z-]+=\"[^\"]*\")*)>")
_TAG: Final = re.compile(r"<[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>")
_LOOKED_AT: Final = 400
"""Characters of a paragraph, tags included, among which its first letter is looked for."""


def direction_of(text: str) -> str | None:
    """`rtl` or `ltr` by the first letter of a plain text; None where no letter has a direction."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            return "ltr"
    return None


def directed(fragment: str, page: str, shelf: Shelf | None = None) -> str:
    """The HTML with `dir` on each paragraph, list item and cell that runs the other way than the page.

    `shelf` holds what the fragment's placeholders stand for; formulas, code and pictures have no direction.
    """

    def words(part: str) -> str:
        return shelf.words(part) if shelf is not None else part

    if page == "ltr" and (fragment.isascii() or _RIGHT_TO_LEFT.search(words(fragment)) is None):
        return fragment

    def marked(block: re.Match[str]) -> str:
        start = block.end()
        looked_at = words(CUT_TOKEN.sub("", fragment[start : start + _LOOKED_AT]))
        own = direction_of(html.unescape(_TAG.sub("", looked_at)))
        if own is None or own == page:
            return block[0]
        return f'<{block[1]} dir="{own}"{block[2]}>'

    return _BLOCK.sub(marked, fragment)
