"""What a piece of HTML shows, in a form that can be compared: lines of words with their marks, pictures and formulas.

Two pieces of HTML that show the same give the same list. White space, vertical gaps, fonts, sizes and alignment do not
count; emphasis, colours, links, lists, tables, quotations, code, line breaks, pictures, sounds, formulas and cloze
deletions do.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import Final, NamedTuple
from urllib.parse import unquote

from cardpipe.importing.styles import colour_of, marks_of_element

_MARKS: Final = {
    "b": "strong",
    "strong": "strong",
    "i": "em",
    "em": "em",
    "var": "em",
    "cite": "em",
    "dfn": "em",
    "u": "u",
    "ins": "u",
    "s": "s",
    "strike": "s",
    "del": "s",
    "sub": "sub",
    "sup": "sup",
    "code": "code",
    "tt": "code",
    "samp": "code",
    "kbd": "kbd",
    "mark": "mark",
    "small": "small",
    "q": "q",
    "big": "big",
    "ruby": "ruby",
    "rt": "rt",
}
_LISTS: Final = frozenset({"ul", "ol"})
_BLOCKS: Final = frozenset(
    [
        "div",
        "p",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "center",
        "address",
        "figure",
        "figcaption",
        "dl",
        "dd",
        "dt",
        "details",
        "summary",
        "form",
        "fieldset",
        "nav",
    ]
)
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_VOID: Final = frozenset({"br", "hr", "img", "col", "wbr", "audio-atom"})
_CONTAINERS: Final = {"blockquote": "quote", "pre": "pre", "td": "cell", "th": "head", "ul": "ul", "ol": "ol"}
_SPACE: Final = re.compile(r"[ \t\n\r\f\xa0]+")
_PIECE: Final = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?P<attributes>(?:\s+[\w-]+(?:=(?:\"[^\"]*\"|'[^']*'))?)*)\s*/?>|[^<]+|<"
)
_ATTRIBUTE: Final = re.compile(r"([\w-]+)(?:=(?:\"([^\"]*)\"|'([^']*)'))?")
_CLOZE: Final = re.compile(r"\{\{c[0-9]{1,4}::|\}\}|::")
_SPACE_WORD: Final = ("space",)


class Line(NamedTuple):
    """A line, or a cell's line: the containers around it and its words."""

    containers: tuple[str, ...]
    words: tuple[tuple[object, ...], ...]


def shown(html: str, *, clozes: bool = False) -> list[Line]:
    """Return what HTML shows; it must be well-formed, as the sanitiser and our renderer write it.

    `<math-atom>` stands for a formula; `clozes` says whether `{{c1::…}}` are deletions.
    """
    reader = _Reader(clozes=clozes)
    for piece in _PIECE.finditer(html):
        name = piece["name"]
        if name is None:
            reader.text(unescape(piece[0]))
        elif piece["end"]:
            reader.end(name.lower())
        else:
            reader.start(name.lower(), piece["attributes"])
    reader.end_line()
    return reader.lines


def is_same(one: str, other: str, *, clozes: bool = False) -> bool:
    """Return whether two pieces of HTML show the same."""
    return shown(one, clozes=clozes) == shown(other, clozes=clozes)


class _Reader:
    """Takes the tags and texts of well-formed HTML; a parser of all HTML would take most of the time of an import."""

    def __init__(self, *, clozes: bool) -> None:
        self.lines: list[Line] = []
        self._clozes = clozes
        self._containers: list[str] = []
        self._open: list[tuple[str, frozenset[str], int]] = []
        """Open elements: name, the marks before it, and the number of containers before it."""
        self._marks: frozenset[str] = frozenset()
        self._words: list[tuple[object, ...]] = []
        self._text: list[tuple[str, frozenset[str]]] = []
        self._atom: str | None = None
        self._rows = 0
        self._items: dict[int, str] = {}
        """The last item of a list, by the number of containers around it."""
        self._numbers: dict[str, int] = {}

    # --- Elements ----------------------------------------------------------------------------------------------------

    def start(self, tag: str, attributes: str) -> None:
        """Take the start tag of an element."""
        values: dict[str, str] = {}
        if attributes:
            values = {
                match[1].lower(): unescape(match[2] or match[3] or "") for match in _ATTRIBUTE.finditer(attributes)
            }
        if tag == "math-atom":
            self._atom = "display" if values.get("d") == "1" else "inline"
            return
        if tag in _VOID:
            self._void(tag, values)
            return
        self._open.append((tag, self._marks, len(self._containers)))
        is_link = tag == "a" and bool(values.get("href"))
        self._marks |= marks_of_element(tag, values.get("style", ""), is_link=is_link)
        if tag in _MARKS:
            self._marks |= {_MARKS[tag]}
        if tag == "font" and (colour := colour_of(values.get("color", ""))):
            self._marks |= {f"color {colour}"}
        if is_link:
            self._marks |= {f"link {unquote(values['href'])}"}
        self._enter(tag, values)

    def _void(self, tag: str, values: dict[str, str]) -> None:
        if tag == "br":
            self.end_line()
        elif tag == "hr":
            self.end_line()
            self.lines.append(Line(self._around(), (("hr",),)))
        elif tag == "img":
            self._add(("picture", unicodedata.normalize("NFC", values.get("src", "")), *self._visible()))
        elif tag == "audio-atom":
            self._add(("sound", unicodedata.normalize("NFC", values.get("src", ""))))

    def _enter(self, tag: str, values: dict[str, str]) -> None:
        if tag in _CONTAINERS or tag in _HEADINGS or tag in _BLOCKS or tag in {"li", "tr", "table"}:
            self.end_line()
        innermost = self._containers[-1].partition(" ")[0] if self._containers else ""
        if tag in _LISTS and innermost in _LISTS and len(self._containers) in self._items:
            # A list between the items of another one is shown like one within the item before it.
            self._containers.append(self._items[len(self._containers)])
        if tag in _CONTAINERS:
            name = _CONTAINERS[tag]
            if name == "ol" and values.get("start", "1") != "1":
                name = f"ol from {values['start']}"
            spans = "".join(f" {key} {values[key]}" for key in ("colspan", "rowspan") if values.get(key, "1") != "1")
            self._items.pop(len(self._containers) + 1, None)
            self._containers.append(name + spans)
        elif tag in _HEADINGS:
            self._containers.append(tag)
        elif tag == "li":
            self._rows += 1
            if innermost not in _LISTS:
                self._containers.append("ul")
            self._items[len(self._containers)] = f"item {self._rows}"
            self._containers.append(f"item {self._rows}")
        elif tag == "tr":
            self._rows += 1
            self._containers.append(f"row {self._rows}")

    def end(self, tag: str) -> None:
        """Take the end tag of an element."""
        if tag == "math-atom":
            self._atom = None
            return
        if tag in _VOID or not any(name == tag for name, _, _ in reversed(self._open)):
            return
        if tag in _CONTAINERS or tag in _HEADINGS or tag in _BLOCKS or tag in {"li", "tr", "table"}:
            self.end_line()
        while self._open:
            name, self._marks, depth = self._open.pop()
            del self._containers[depth:]
            if name == tag:
                break

    # --- Text --------------------------------------------------------------------------------------------------------

    def text(self, data: str) -> None:
        """Take a text; brackets for programs that show no ruby are not shown."""
        if self._open and self._open[-1][0] == "rp":
            return
        if self._atom is not None:
            tex = "".join(data.split())
            if self._atom == "display":
                self.end_line()
            self._add(("formula", self._atom, tex))
            if self._atom == "display":
                self.end_line()
            return
        if "pre" in self._containers:
            first, *rest = data.split("\n")
            self._text.append((first.expandtabs(4), self._visible_marks()))
            for line in rest:
                self.end_line()
                self._text.append((line.expandtabs(4), self._visible_marks()))
            return
        self._text.append((_SPACE.sub(" ", data), self._visible_marks()))

    def _visible_marks(self) -> frozenset[str]:
        # Headings and heads of tables are bold by themselves, and code in a block is no different from its block.
        inner = self._containers[-1] if self._containers else ""
        marks = self._marks
        if inner in _HEADINGS or inner == "head":
            marks -= {"strong"}
        return marks - {"code"} if inner == "pre" else marks

    def _visible(self) -> tuple[str, ...]:
        return tuple(sorted(mark for mark in self._marks if mark.startswith("link ")))

    def _add(self, atom: tuple[object, ...]) -> None:
        self._end_text()
        self._words.append(atom)

    def _end_text(self) -> None:
        """Divide the text since the last atom into words with their marks; spaces have none."""
        word: list[tuple[str, tuple[str, ...]]] = []
        for text, marks in self._text:
            visible = tuple(sorted(marks)) if marks else ()
            plain = text if text.isascii() else unicodedata.normalize("NFC", text)
            for number, piece in enumerate(plain.split(" ")):
                if number:
                    self._end_word(word)
                    self._space()
                if piece:
                    for part in self._parts(piece):
                        if part.startswith("{{c") or part in {"}}", "::"}:
                            self._end_word(word)
                            self._words.append(("cloze", part))
                        elif word and word[-1][1] == visible:
                            word[-1] = (word[-1][0] + part, visible)
                        else:
                            word.append((part, visible))
        self._end_word(word)
        self._text.clear()

    def _parts(self, piece: str) -> list[str]:
        if not self._clozes:
            return [piece]
        parts = []
        position = 0
        for match in _CLOZE.finditer(piece):
            parts += [piece[position : match.start()], match[0]]
            position = match.end()
        return [part for part in (*parts, piece[position:]) if part]

    def _end_word(self, word: list[tuple[str, tuple[str, ...]]]) -> None:
        if word:
            # An address in the text is a link in some formats by itself.
            plain = [
                (text, tuple(mark for mark in marks if mark != f"link {unquote(text)}") if marks else marks)
                for text, marks in word
            ]
            self._words.append(("word", *plain))
            word.clear()

    def _space(self) -> None:
        if self._words and self._words[-1] != _SPACE_WORD:
            self._words.append(_SPACE_WORD)

    def _around(self) -> tuple[str, ...]:
        """Return the containers; items and rows are numbered by the first of their lines that shows something."""
        for name in self._containers:
            if name.startswith(("item ", "row ")):
                self._numbers.setdefault(name, len(self._numbers) + 1)
        return tuple(
            f"{name.partition(' ')[0]} {self._numbers[name]}" if name in self._numbers else name
            for name in self._containers
        )

    def end_line(self) -> None:
        """End the current line; one without content is left out."""
        self._end_text()
        # Spaces are neither at the beginning nor side by side.
        words = self._words[:-1] if self._words and self._words[-1] == _SPACE_WORD else self._words
        kept = self._without_edges(words) if self._clozes else list(words)
        if kept:
            self.lines.append(Line(self._around(), tuple(kept)))
        self._words.clear()

    @staticmethod
    def _without_edges(words: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
        """Return words without the white space at the edges of deletions, and of the line, which is not shown."""
        kept: list[tuple[object, ...]] = []
        for number, word in enumerate(words):
            before = kept[-1] if kept else ("cloze", "::")
            after = words[number + 1] if number + 1 < len(words) else ("cloze", "}}")
            opens = before[0] == "cloze" and before[1] != "}}"
            closes = after[0] == "cloze" and not str(after[1]).startswith("{{c")
            if word == _SPACE_WORD and (opens or closes):
                continue
            kept.append(word)
        return kept
