"""Pictures with a width that their author chose, as HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.text.escaping import html_text

if TYPE_CHECKING:
    from cardpipe.text.escaping import PlainText

_MARKS: Final = re.compile(r"[!$*:\[\\\]_`{|}~]")


def width_style(width: str) -> str:
    """Return the CSS of a picture with a chosen width: never wider than the text, and never distorted."""
    return f"width:{width};max-width:100%;height:auto;object-fit:contain"


def sized_picture(address: str, alt: PlainText, width: str) -> str:
    """Return a picture with a chosen width for Markdown, as the HTML that code hosts allow."""
    # Some readers look for their marks within tags too.
    words = _MARKS.sub(lambda match: f"&#{ord(match[0])};", html_text(alt))
    return f'<img src="{address}" alt="{words}" width="{width.removesuffix("px")}">'
