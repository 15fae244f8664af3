"""Clean HTML of fields: well-formed, with inline styles that are shown, and without anything that runs or loads.

What is dropped is named. The same list of elements bounds the blocks of original HTML, `render/original.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from cardpipe.render.original import cleaned

STYLE_SHEET: Final = "a style sheet"
_DROPPED: Final = (
    (re.compile(r"<script\b", re.IGNORECASE), "a script"),
    (re.compile(r"<style\b", re.IGNORECASE), STYLE_SHEET),
    (re.compile(r"<(?:iframe|object|embed|frame|applet)\b", re.IGNORECASE), "an embedded page"),
    (re.compile(r"<(?:input|button|textarea|select|form)\b", re.IGNORECASE), "a form"),
    (re.compile(r"<(?:video)\b", re.IGNORECASE), "a video"),
    (re.compile(r"<[a-z][^<>]{0,2000}?\son[a-z]{3,20}\s*=", re.IGNORECASE), "an event handler"),
    (re.compile(r"""(?:href|src|action)\s*=\s*["']?\s*javascript:""", re.IGNORECASE), "a link that runs a script"),
    (re.compile(r"url\(\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE), "a style that loads a file"),
)
_REMOTE: Final = re.compile(
    r"""<img\b[^<>]{0,2000}?\ssrc\s*=\s*["']?\s*((?:https?:)?//[^\s"'<>]{1,300})""", re.IGNORECASE
)
_LONGEST_SHOWN: Final = 100
_MOST_OPEN: Final = 5_000
"""Maximum elements within each other: the time to clean HTML grows with the square of their number."""
_NESTED_TAG: Final = re.compile(
    r"<(/?)(?!(?:area|br|col|dd|dt|hr|img|input|li|link|meta|option|p|rp|rt|source|td|th|tr|wbr)\b)([a-z][a-z0-9-]*)",
    re.IGNORECASE,
)
"""A tag of an element that needs an end tag."""
_ELEMENT: Final = re.compile(r"</?(?!(?:br|img)\b)[a-z][^<>]*>", re.IGNORECASE)


def clean(html: str) -> str:
    """Return well-formed HTML with only what the project's renderer can show; pictures keep their addresses.

    Of HTML that is nested too deeply, only texts and pictures are kept.
    """
    if is_too_deep(html):
        html = _ELEMENT.sub(" ", html)
    if is_too_deep(html):
        html = html.replace("<", "&lt;")
    return cleaned(html)


def is_too_deep(html: str) -> bool:
    """Return whether so many elements are open at once that cleaning would take long."""
    opened: Counter[str] = Counter()
    count = 0
    for match in _NESTED_TAG.finditer(html) if html.count("<") > _MOST_OPEN else ():
        name = match[2].lower()
        if not match[1]:
            opened[name] += 1
            count += 1
            if count > _MOST_OPEN:
                return True
        elif opened[name]:
            opened[name] -= 1
            count -= 1
    return False


def dropped(html: str) -> list[str]:
    """Return in words what cleaning drops from HTML, each once."""
    found = [what for pattern, what in _DROPPED if pattern.search(html)]
    addresses = dict.fromkeys(match[1][:_LONGEST_SHOWN] for match in _REMOTE.finditer(html))
    return [*found, *(f"the remote picture {address}" for address in addresses)]
