"""HTML within Markdown of other programs, as Markdown: outside of code, where a tag has an equivalent."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from cardpipe.markup import scan

if TYPE_CHECKING:
    from cardpipe.markup import HtmlTag

_DROPPED: Final = frozenset(
    ["", "details", "center", "span", "font", "figure", "figcaption", "section", "tbody", "thead", "wbr"]
)
_BLOCKS: Final = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6"})
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
    return re.sub(r"\n{3,}", "\n\n", "".join([*parts, text[position:]]))


def _written(tag: HtmlTag, links: list[str]) -> str:
    closes = tag.text.startswith("</")
    values = {
        match[1].lower(): html.unescape(match[2] or match[3] or match[4] or "")
        for match in _ATTRIBUTE.finditer(tag.text)
    }
    made = _simple(tag.name, closes=closes)
    if made is not None:
        return made
    if tag.name == "img" and values.get("src"):
        alt = re.sub(r"[^\w ]+", " ", values.get("alt", ""))
        return f"![{alt}]({values['src'].replace(' ', '%20')})"
    return _link(links, values.get("href", ""), closes=closes) if tag.name == "a" else tag.text


def _simple(name: str, *, closes: bool) -> str | None:
    """Return what stands for a tag, whatever its attributes; None if that depends on them."""
    if name in _DROPPED:
        return ""
    if name in _MARKS:
        return _MARKS[name]
    if name in _KEPT:
        return f"</{name}>" if closes else f"<{name}>"
    if re.fullmatch("h[1-6]", name) and not closes:
        return f"\n\n{'#' * int(name[1])} "
    if name == "hr":
        return "\n\n---\n\n"
    return "\n\n" if name in _BLOCKS else None


def _link(links: list[str], address: str, *, closes: bool) -> str:
    """Return the begin or the end of a link; one to a place in the same project is only its text."""
    if not closes:
        links.append(address)
    elif links:
        address = links.pop()
    if not address.startswith(("http://", "https://", "mailto:")):
        return ""
    return f"]({address.replace(' ', '%20')})" if closes else "["
