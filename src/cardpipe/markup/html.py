"""Raw HTML in Markdown: the allowed elements, and where CommonMark 0.31 recognises HTML."""

from __future__ import annotations

import re
from typing import Final

PAIRED_TAGS: Final = frozenset(["del", "ins", "kbd", "mark", "q", "s", "samp", "small", "sub", "sup", "u", "var"])
"""Elements that a text can contain, without attributes."""
SINGLE_TAGS: Final = frozenset(["br"])
"""The same for elements without an end tag."""
COLOURED: Final = "span"
"""The element of coloured words; its start tag has the attribute of `COLOUR`, and no other."""
COLOUR: Final = re.compile(r"color: ?(#(?:[0-9a-fA-F]{3}){1,2});?")
"""The style of coloured words."""
_START: Final = re.compile(rf'<{COLOURED} style="{COLOUR.pattern}">')
_PLAIN: Final = re.compile(r"</?[a-zA-Z]+ ?/?>")

TAG: Final = re.compile(r"""</?([A-Za-z][A-Za-z0-9-]*+)(?:[^<>"']|"[^"]*+"|'[^']*+')*+>""")
"""A tag of CommonMark 6.6, and what looks like one: each part is possessive, so that it takes linear time."""


def is_allowed(tag: str, name: str) -> bool:
    """Return whether a text can contain a tag with this name."""
    if name == COLOURED:
        return tag.lower() == f"</{COLOURED}>" or _START.fullmatch(tag) is not None
    return name in PAIRED_TAGS | SINGLE_TAGS and _PLAIN.fullmatch(tag) is not None


_BLOCK_TAGS: Final = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|"
    "fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|"
    "menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|"
    "track|ul"
)
BLOCK_START: Final = re.compile(
    r"<(?:(script|pre|style|textarea)(?=[ \t\n>]|\Z)"
    rf"|/?({_BLOCK_TAGS})(?=[ \t\n>]|/>|\Z)"
    r"|!--|\?|![A-Za-z]|!\[CDATA\[)",
    re.IGNORECASE,
)
"""The beginning of a line that starts an HTML block even within a paragraph (CommonMark 4.6, 1 to 6)."""
