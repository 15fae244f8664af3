"""The direction of paragraphs: a `dir` attribute where it differs from the page's, since not every engine detects it.

The first letter with a direction determines it (HTML, `dir="auto"`).
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from cardpipe.render.placeholders import CUT_TOKEN
from cardpipe.writers.api import ALERTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.render.placeholders import Placeholders

_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_BLOCK: Final = re.compile(
    r"<(?P<close>/?)(?P<name>p|ul|ol|li|table|td|th|dt|dd|h[1-6]|figcaption|blockquote)"
    r"(?P<rest>(?: [a-z-]+=\"[^\"]*\")*)>"
)
_ALERT_TITLE: Final = re.compile(rf"^\s*(?:<p>)?<strong>(?:{'|'.join(ALERTS)})</strong>(?:</p>|$)")
_TAG: Final = re.compile(r"<[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>")
_LOOKED_AT: Final = 400
"""The number of characters of a paragraph, tags included, in which its first letter is searched."""


def direction_of(text: str) -> str | None:
    """Return `rtl` or `ltr` by the first letter of a plain text; None if no letter has a direction."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            return "ltr"
    return None


def directed(fragment: str, page: str, placeholders: Placeholders | None = None) -> str:
    """Return the HTML with `dir` on each paragraph, list item and cell whose direction differs from the page's.

    A paragraph in the page's direction has it too, within an element of the other direction. `placeholders` has the
    items of the fragment; formulas, code, pictures and titles of alerts have no direction.
    """

    def words(part: str) -> str:
        return placeholders.words(part) if placeholders is not None else part

    if page == "ltr" and (fragment.isascii() or _RIGHT_TO_LEFT.search(words(fragment)) is None):
        return fragment
    parts = []
    position = 0
    around = [page]
    tags = list(_BLOCK.finditer(fragment))
    for tag, end in zip(tags, _ends(tags, len(fragment)), strict=True):
        if tag["close"]:
            if len(around) > 1:
                around.pop()
            continue
        start = tag.end()
        looked_at = words(CUT_TOKEN.sub("", _ALERT_TITLE.sub("", fragment[start : min(end, start + _LOOKED_AT)])))
        own = direction_of(html.unescape(_TAG.sub("", looked_at)))
        if own is not None and (own != page or own != around[-1]):
            parts += [fragment[position : tag.start()], f'<{tag["name"]} dir="{own}"{tag["rest"]}>']
            position = start
        around.append(own or around[-1])
    return "".join([*parts, fragment[position:]])


def _ends(tags: Sequence[re.Match[str]], length: int) -> list[int]:
    """Return the end of the element of each opening tag."""
    ends = [length] * len(tags)
    opened: list[int] = []
    for number, tag in enumerate(tags):
        if not tag["close"]:
            opened.append(number)
        elif opened:
            ends[opened.pop()] = tag.start()
    return ends
