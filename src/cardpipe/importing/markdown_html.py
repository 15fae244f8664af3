"""HTML within Markdown of other programs, as Markdown: outside of code, where a tag has an equivalent."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from cardpipe.markup import scan

if TYPE_CHECKING:
    from cardpipe.markup import HtmlTag

_DROPPED: Final = frozenset(
    ["details", "center", "span", "font", "figure", "figcaption", "section", "tbody", "thead", "wbr"]
)
_BLOCKS: Final = frozenset({"p", "div"})
_MARKS: Final = {"b": "**", "strong": "**", "i": "*", "em": "*", "summary": "**", "code": "`", "tt": "`"}
_KEPT: Final = frozenset({"br", "del", "ins", "kbd", "mark", "q", "s", "samp", "small", "sub", "sup", "u", "var"})
_ATTRIBUTE: Final = re.compile(r"""\b(src|alt|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE)


def without_html(text: str) -> str:
    """Return a Markdown text with Markdown in place of tags; unknown tags stay."""
    tags = scan(text).html
    if not tags:
        return text
    parts = []
    position = 0
    links: list[str] = []
    for tag in tags:
        parts += [text[position : tag.start], _written(tag, links)]
        position = tag.end
    made = "".join([*parts, text[position:]])
    # A mark at the edge of spaces is none.
    made = re.sub(r"(?<!\*)(\*\*)[ \t]+([^*\n]+?)[ \t]*\1(?!\*)", r"\1\2\1", made)
    return re.sub(r"\n{3,}", "\n\n", made).replace("****", "")


def _written(tag: HtmlTag, links: list[str]) -> str:
    closes = tag.text.startswith("</")
    values = {
        match[1].lower(): html.unescape(match[2] or match[3] or match[4] or "")
        for match in _ATTRIBUTE.finditer(tag.text)
    }
    if not tag.name or tag.name in _DROPPED:
        return ""
    if tag.name in _BLOCKS:
        return "\n\n"
    if tag.name in _MARKS:
        return _MARKS[tag.name]
    if tag.name == "hr":
        return "\n\n---\n\n"
    if re.fullmatch("h[1-6]", tag.name):
        return "\n\n" if closes else f"\n\n{'#' * int(tag.name[1])} "
    if tag.name == "img" and values.get("src"):
        alt = re.sub(r"[^\w ]+", " ", values.get("alt", ""))
        return f"![{alt}]({values['src'].replace(' ', '%20')})"
    if tag.name == "a":
        if not closes:
            links.append(values.get("href", ""))
            return "[" if links[-1].startswith(("http", "mailto:")) else ""
        address = links.pop() if links else ""
        return f"]({address.replace(' ', '%20')})" if address.startswith(("http", "mailto:")) else ""
    if tag.name in _KEPT:
        return f"</{tag.name}>" if closes else f"<{tag.name}>"
    return tag.text
