"""Markdown of other programs: its HTML as Markdown where a tag has an equivalent, and all of it as HTML."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from cardpipe.importing.code import code_span
from cardpipe.markup import SegmentKind, scan
from cardpipe.markup.bounds import excess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.markup import HtmlTag

_DROPPED: Final = frozenset(
    ["", "details", "center", "span", "font", "figure", "figcaption", "section", "tbody", "thead", "wbr"]
)
_BLOCKS: Final = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6"})
_MARKS: Final = {"b": "**", "strong": "**", "i": "*", "em": "*", "summary": "**", "code": "`", "tt": "`"}
_PARAGRAPH_END: Final = re.compile(
    r"\n[ \t]*\n|\n[ \t]*(?:(?:[-*+]|[0-9]{1,4}[.)]|#{1,6}|>)[ \t]|```)|</?(?:p|div|li|ul|ol|table|h[1-6])\b"
)
_EDGES: Final = re.compile(r"\A(?:\s*<br>)+\s*|\s*(?:<br>\s*)+\Z")
_KEPT: Final = frozenset({"br", "del", "ins", "kbd", "mark", "q", "s", "samp", "small", "sub", "sup", "u", "var"})
_ATTRIBUTE: Final = re.compile(r"""\b(src|alt|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE)
_ITEM: Final = re.compile(r"[ ]{0,3}(?:[-*+]|1[.)]) ")
_INFO: Final = re.compile(r"(?m)^( {0,3}(?:`{3,}|~{3,})[ \t]*[\w+#-]*)[^`\n]*$")


def without_html(text: str) -> str:
    """Return a Markdown text with Markdown in place of tags; unknown tags stay."""
    tags = scan(text).html
    if not tags:
        return text
    marks = _marks(text, tags)
    parts: list[str] = []
    position = 0
    links: list[str] = []
    for index, tag in enumerate(tags):
        if tag.start < position:  # within code that is written already
            continue
        parts.append(text[position : tag.start])
        position = tag.end
        if index in marks:
            written, position = marks[index]
            if tag.text.startswith("</"):
                parts[-1] = parts[-1].rstrip()
            parts.append(written)
        elif tag.name not in _MARKS:
            parts.append(_written(tag, links))
    made = re.sub(r"\n{3,}", "\n\n", "".join([*parts, text[position:]]))
    return _EDGES.sub("", made)


def _marks(text: str, tags: Sequence[HtmlTag]) -> dict[int, tuple[str, int]]:
    """Return what stands for tags of emphasis and code, and where the text continues, by the number of the tag.

    White space at the edges is put outside, since Markdown wants it there. Emphasis that contains paragraphs, or that
    Markdown cannot express within a word, is left out.
    """
    found: dict[int, tuple[str, int]] = {}
    opened: dict[str, int] = {}
    for index, tag in enumerate(tags):
        if tag.name not in _MARKS:
            continue
        if not tag.text.startswith("</"):
            opened.setdefault(tag.name, index)
            continue
        first = opened.pop(tag.name, None)
        if first is None:
            continue
        begin, inner = tags[first], text[tags[first].end : tag.start]
        if not inner.strip() or _PARAGRAPH_END.search(inner) is not None:
            continue
        mark = _MARKS[tag.name]
        if mark == "`":
            found[first] = (_code(inner), tag.end)
            continue
        leading = inner[: len(inner) - len(inner.lstrip())]
        trailing = inner[len(inner.rstrip()) :]
        words = inner.strip()
        before, after = text[begin.start - 1 : begin.start] + leading, trailing + text[tag.end : tag.end + 1]
        if (before[-1:].isalnum() and not words[0].isalnum()) or (after[:1].isalnum() and not words[-1].isalnum()):
            continue
        found[first] = (f"{leading}{mark}", begin.end + len(leading))
        found[index] = (mark + ("\n\n" if tag.name == "summary" else trailing), tag.end)
    return found


def _code(inner: str) -> str:
    """Return the content of an element as a code span."""
    return code_span(" ".join(html.unescape(re.sub(r"<[^<>]*>", "", inner)).split()))


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


def html_of(text: str) -> str:
    """Return the HTML that other programs make of Markdown, with formulas in Anki's notation."""
    import markdown

    if excess(text) is not None:
        # Python-Markdown would take minutes; such a text is taken over as it is written.
        return "<br>".join(html.escape(line, quote=False) for line in text.split("\n"))
    found = scan(text)
    formulas: list[str] = []

    def put(tex: str, *, display: bool) -> str:
        tex = html.escape(tex)
        formulas.append(rf"\[{tex}\]" if display else rf"\({tex}\)")
        return f"\ue01c{len(formulas) - 1}\ue01d"

    masked_text = "".join(
        put(segment.tex.strip(), display=segment.kind is SegmentKind.DISPLAY_MATH) if segment.is_math else segment.text
        for segment in found.segments
    )
    masked_text = _INFO.sub(r"\1", masked_text)
    masked_text = _with_gaps(masked_text)
    made = markdown.markdown(masked_text, extensions=["tables", "fenced_code", "sane_lists"])
    return re.sub("\ue01c([0-9]+)\ue01d", lambda match: formulas[int(match[1])], made)


def _with_gaps(text: str) -> str:
    """Return a Markdown text with an empty line before each list, which Python-Markdown wants."""
    lines: list[str] = []
    for line in text.split("\n"):
        above = lines[-1] if lines else ""
        if _ITEM.match(line) and above.strip() and not _ITEM.match(above) and not above.startswith((" ", "\t")):
            lines.append("")
        lines.append(line)
    return "\n".join(lines)
