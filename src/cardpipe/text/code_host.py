"""Texts of strangers as HTML for a comment, in which a code host finds nothing to act on.

Code hosts read Markdown and HTML, and afterwards look for mentions (`@name`), references (`#1`, `!1`, commit IDs),
addresses and emoji in the text between tags, after entities are resolved. So signs are written as entities against
Markdown, and a zero-width space parts what would be found afterwards; commands of GitLab and of bots at the beginning
of a line are prevented by both. Within `code` and `pre`, hosts look for nothing, so code and formulas stay as they are.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_HARMFUL: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SIGN: Final = re.compile(r"[!-/:-@\[-`{-~]")
_HARMLESS: Final = frozenset(",;()?.-'")
_SPLIT: Final = re.compile(
    r"(?<=[@\#!~%&$^:*\[])(?=[^\s.,;?)])"  # mentions, references, emoji, addresses
    r"|(?<=[wW]{3})(?=\.)|(?<=/)(?=/)|(?<=\bGH)(?=-\d)|(?<=\bgh)(?=-\d)|(?<=\bGh)(?=-\d)|(?<=\bgH)(?=-\d)"
)
_COMMIT: Final = re.compile(r"\b[0-9a-fA-F]{7,}\b")
_PART: Final = re.compile(r".{1,5}")
_NOTHING: Final = "\u200b"
"""A zero-width space; a text has none of its own."""
_KEPT: Final = frozenset(
    ("p", "b", "strong", "i", "em", "code", "pre", "ul", "ol", "li", "sub", "sup", "del", "ins", "blockquote")
) | frozenset(("table", "thead", "tbody", "tr", "th", "td"))
_ALONE: Final = frozenset(("br", "hr"))
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_DEEPEST: Final = 20
_TAG: Final = re.compile(r'<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<rest>(?:[^<>"]|"[^"]*")*)>')
"""A tag as the sanitiser writes it; anything else is text."""
_ATTRIBUTE: Final = re.compile(r'\s([A-Za-z][\w:-]*)="([^"]*)"')
_SPACE: Final = re.compile(r"\s+")


def inert(text: str) -> str:
    """Return a text of one line as HTML without elements."""
    shown = _HARMFUL.sub("\ufffd", " ".join(text.split()))
    shown = _COMMIT.sub(lambda match: _NOTHING.join(_PART.findall(match[0])), shown)
    return _escaped(_SPLIT.sub(_NOTHING, shown)).replace(_NOTHING, "&#8203;")


def inert_lines(text: str) -> str:
    """Return a text as HTML with a `br` for each line end."""
    return "<br>".join(_keeping_spaces(line) for line in text.split("\n"))


def code(text: str) -> str:
    """Return a text of one line as code."""
    return f"<code>{_escaped(_HARMFUL.sub(chr(0xFFFD), text.replace(chr(10), ' ')))}</code>"


def inert_words(words: Iterable[tuple[str, str]]) -> str:
    """Return a word diff as HTML with `del` and `ins`."""
    elements = {"-": "del", "+": "ins"}
    made = []
    for sign, text in words:
        element = elements.get(sign)
        made.append(f"<{element}>{inert_lines(text)}</{element}>" if element else inert_lines(text))
    return "".join(made)


def inert_html(fragment: str) -> str:
    """Return the text and the simplest elements of any HTML, on one line, without attributes.

    A formula becomes the code of its TeX, another picture its alternative text in brackets.
    """
    writer, start = _Writer(), 0
    for match in _TAG.finditer(fragment):
        writer.text(fragment[start : match.start()])
        start = match.end()
        if match["close"]:
            writer.close(match["name"].lower())
        else:
            attributes = {found[1].lower(): html.unescape(found[2]) for found in _ATTRIBUTE.finditer(match["rest"])}
            writer.begin(match["name"].lower(), attributes)
    writer.text(fragment[start:])
    return writer.finished()


def _escaped(text: str) -> str:
    return _SIGN.sub(lambda match: match[0] if match[0] in _HARMLESS else f"&#{ord(match[0])};", text)


def _keeping_spaces(text: str) -> str:
    """Return the text of a line with the spaces at its ends, which part words from the next piece."""
    shown = inert(text)
    if not shown:
        return " " if text else ""
    return f"{' ' * text[:1].isspace()}{shown}{' ' * text[-1:].isspace()}"


class _Writer:
    """Writes HTML with known elements only."""

    def __init__(self) -> None:
        self._made: list[str] = []
        self._open: list[str] = []
        self._text: list[str] = []
        """Text since the last element that was written: elements that are left out must not hide a mention."""
        self._address = ""

    def text(self, text: str) -> None:
        """Keep text until the next element."""
        self._text.append(text)

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Write a known element, or the text that stands for a picture."""
        if name == "img":
            alt = attributes.get("alt", "")
            is_formula = "math" in attributes.get("class", "").split()
            self._write(code(alt) if is_formula else f"<i>picture: {inert(alt)}</i>")
        elif name == "audio":
            self._write(f"<i>sound: {inert(attributes.get('title', ''))}</i>")
        elif name in _ALONE:
            self._write(f"<{name}>")
        elif name == "a":
            self._address = attributes.get("href", "")
        elif (name in _KEPT or name in _HEADINGS) and len(self._open) < _DEEPEST:
            self._write("<p><b>" if name in _HEADINGS else f"<{name}>")
            self._open.append(name)

    def close(self, name: str) -> None:
        """Close an element with all that are open in it."""
        if name == "a" and self._address and not self._address.startswith("#"):
            # A reviewer must see where a link leads.
            self._write(f" ({code(self._address[:300])})")
            self._address = ""
        if name not in self._open:
            return
        innermost = ""
        while innermost != name:
            innermost = self._open[-1]
            self._write("</b></p>" if innermost in _HEADINGS else f"</{innermost}>")
            self._open.pop()

    def finished(self) -> str:
        """Close all elements, and return the HTML."""
        while self._open:
            self.close(self._open[-1])
        self._write("")
        return "".join(self._made)

    def _write(self, element: str) -> None:
        text = html.unescape("".join(self._text))
        self._text.clear()
        if text:
            self._made.append(self._shown(text))
        self._made.append(element)

    def _shown(self, text: str) -> str:
        if "pre" in self._open:
            # An empty line would end the HTML.
            return _escaped(_HARMFUL.sub("\ufffd", text)).replace("\n", "&#10;")
        if "code" in self._open:
            return _escaped(_HARMFUL.sub("\ufffd", _SPACE.sub(" ", text)))
        return _keeping_spaces(text)
