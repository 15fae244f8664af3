"""Convert rendered HTML to plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_PARAGRAPHS = frozenset(
    ("p", "div", "ul", "ol", "dl", "blockquote", "table", "pre", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr")
)
_LINES = frozenset(("br", "li", "tr", "figcaption", "dt", "dd"))
_SPACE = re.compile(r"[ \t\r\n\f]+")
_DELIMITERS = ((r"\(", r"\)", "$"), (r"\[", r"\]", "$$"))


def plain_text(html: str) -> str:
    """Return the text of a fragment: separate paragraphs, one line per list item and table row, TeX between dollars.

    A picture becomes its alternative text in square brackets, a link its text followed by the address.
    """
    if "<" not in html and "&" not in html:
        return _SPACE.sub(" ", html).strip(" ")
    reader = _TextReader()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts).strip("\n ")


class _TextReader(HTMLParser):
    """An HTML parser that collects text; line ends are inserted before the next text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.breaks = 0
        self.space = False
        self.lists: list[int | None] = []
        """The number of the last item of each open list, None where items have no numbers."""
        self.cells = 0
        self.preformatted = 0
        self.address = ""
        self.link_start = 0
        self.math: list[str] | None = None
        self.math_tag = ""
        self.silent = False
        """Within a sound, whose mark only Anki knows."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if self.math is not None:
            return
        self._break_before(tag)
        if self._opens_math(tag, attributes):
            self.math, self.math_tag = [], tag
        elif tag in ("ul", "ol"):
            self.lists.append(_first_number(attributes) if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag == "img":
            self._say(f"[{attributes.get('alt', '')}]")
        elif tag == "span" and attributes.get("class") == "sound" and attributes.get("title"):
            self._say(f"[sound: {attributes['title']}]")
            self.silent = True
        elif tag == "a":
            self.address, self.link_start = attributes.get("href", ""), len(self.parts)
        else:
            self._open_cell_or_mark(tag)

    def _open_cell_or_mark(self, tag: str) -> None:
        if tag == "tr":
            self.cells = 0
        elif tag in ("td", "th"):
            self.cells += 1
            if self.cells > 1:
                self.space = False
                self._say(" | ")
        elif tag == "pre":
            self.preformatted += 1
        elif tag in ("sub", "sup"):
            self._say("_" if tag == "sub" else "^")

    def handle_endtag(self, tag: str) -> None:
        if self.math is not None:
            if tag == self.math_tag:
                self._say(_between_dollars("".join(self.math)))
                self.math = None
                self._break_before(tag)
            return
        self._break_before(tag)
        self.silent = self.silent and tag != "span"
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        elif tag == "pre":
            self.preformatted = max(0, self.preformatted - 1)
        elif tag == "a" and self.address:
            shown = "".join(self.parts[self.link_start :]).strip()
            if self.address.removeprefix("mailto:") != shown and not self.address.startswith("#"):
                self._say(f" ({self.address})")
            self.address = ""

    def handle_data(self, data: str) -> None:
        if self.math is not None:
            self.math.append(data)
        elif self.silent:
            return
        elif self.preformatted:
            self._say(data)
        else:
            text = _SPACE.sub(" ", data)
            self.space = self.space or text.startswith(" ")
            if text.strip(" "):
                self._say(text.strip(" "))
                self.space = text.endswith(" ")

    def _opens_math(self, tag: str, attributes: dict[str, str]) -> bool:
        classes = attributes.get("class", "").split()
        return (tag == "span" and "math" in classes) or (tag == "div" and "equation" in classes)

    def _break_before(self, tag: str) -> None:
        wanted = 2 if tag in _PARAGRAPHS else 1 if tag in _LINES else 0
        if wanted == 2 and self.lists and tag in ("p", "ul", "ol"):
            wanted = 1  # the lines of a list stay together
        if self.breaks >= 0:
            self.breaks = max(self.breaks, wanted)

    def _item(self) -> None:
        self.breaks = abs(self.breaks)
        mark = "\u2022"
        if self.lists and self.lists[-1] is not None:
            self.lists[-1] += 1
            mark = f"{self.lists[-1]}."
        # Deeper levels than these do not say more.
        self._say("  " * min(len(self.lists) - 1, 8) + mark + " ")
        self.breaks = -1  # what follows stands beside the mark

    def _say(self, text: str) -> None:
        if self.breaks > 0 and self.parts:
            self.parts.append("\n" * self.breaks)
        elif self.space and self.breaks == 0 and self.parts:
            self.parts.append(" ")
        self.breaks, self.space = 0, False
        self.parts.append(text)


def _first_number(attributes: dict[str, str]) -> int:
    start = attributes.get("start", "1")
    return (int(start) if start.isascii() and start.isdigit() and len(start) < 10 else 1) - 1


def _between_dollars(text: str) -> str:
    tex = _SPACE.sub(" ", text).strip(" ")
    for opening, closing, dollars in _DELIMITERS:
        if tex.startswith(opening) and tex.endswith(closing):
            return f"{dollars}{tex[2:-2].strip(' ')}{dollars}"
    return tex
