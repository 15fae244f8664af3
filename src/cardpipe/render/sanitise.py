"""Sanitise HTML from a card's text by nh3, with an allow-list.

Everything that Markdown renders and everything that an author writes is sanitised here; our own pictures, formulas and
code are inserted afterwards and never come from an author's HTML.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from cardpipe.markup.html import COLOUR, COLOURED
from cardpipe.model.card_ids import ANY_ID
from cardpipe.render.placeholders import RESERVED
from cardpipe.text.addresses import encoded, is_safe

TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
        "var",
    ]
)
_DROPPED = frozenset({"script", "style", "iframe", "object", "embed", "noscript", "template", "title", "textarea"})
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),  # nh3 would allow `title` and `lang` everywhere
    "a": {"href", "title"},
    "abbr": {"title"},
    "ol": {"start"},
    COLOURED: {"style"},
    "td": {"align"},
    "th": {"align"},
}
_SCHEMES = frozenset({"http", "https", "mailto", "card"})
_CARD = re.compile(rf"card:({ANY_ID})")
_NUMBER = re.compile(r"[0-9]{1,9}")
_ALIGNED = re.compile(r'<(td|th) align="(left|center|right)">')


def sanitise(html: str) -> str:
    """Return HTML from the allow-list, well-formed; links may go to the web, to mail or to `#card-ID`."""
    clean: str = _cleaner().clean(html)
    clean = _ALIGNED.sub(r'<\1 style="text-align:\2">', clean)
    return clean.replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")


@functools.cache
def _cleaner() -> Any:
    import nh3

    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_filtered,
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer",
    )


def _filtered(_tag: str, name: str, value: str) -> str | None:
    """Return the value of an attribute, or None to remove the attribute."""
    if name == "href":
        return link(value)
    if name == "style":
        colour = COLOUR.fullmatch(value)
        return f"color:{colour[1].lower()}" if colour is not None else None
    if name == "start":
        return value if _NUMBER.fullmatch(value) else None
    if name == "align":
        return value if value in {"left", "center", "right"} else None
    return value


def link(target: str) -> str | None:
    """Return an allowed target of a link (the web, mail, or a card on this page); None for any other."""
    if RESERVED.search(target):
        return None
    card = _CARD.fullmatch(target)
    if card:
        return f"#card-{card.group(1)}"
    return encoded(target) if is_safe(target) else None
