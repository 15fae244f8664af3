"""The width of a picture, in percent of the text's width or in CSS pixels."""

from __future__ import annotations

import re
from typing import Final

MOST_PIXELS: Final = 2000
PATTERN: Final = "(?:100|[1-9][0-9]?)%|(?:2000|1[0-9]{3}|[1-9][0-9]{0,2})(?:px)?"
"""1% to 100%, or 1 to 2000 pixels; it means the same in Python and JavaScript."""
EXPLAINED: Final = "Write a width from 1% to 100%, or from 1px to 2000px."

_TITLE: Final = re.compile(rf"[ \t]*width[ \t]*=[ \t]*({PATTERN})[ \t]*")
_INTENDED: Final = re.compile(r"[ \t]*(?:width|height|size|max-width|scale)[ \t]*[=:]", re.IGNORECASE)


def width_of(title: str) -> str:
    """Return the width in a picture's title, as CSS: `50%`, `120px`; empty for any other title."""
    match = _TITLE.fullmatch(title)
    return css_width(match[1]) if match else ""


def css_width(value: str) -> str:
    """Return a width as CSS; empty if it is not one."""
    if not re.fullmatch(PATTERN, value):
        return ""
    return value if value.endswith(("%", "px")) else f"{value}px"


def is_faulty(title: str) -> bool:
    """Return whether a title looks like a size, but is not a width."""
    return _INTENDED.match(title) is not None and not width_of(title)
