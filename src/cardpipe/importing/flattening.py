"""Give a field's HTML the form in which Markdown thinks: paragraphs of lines, lists, tables, quotations, code.

Anki's editor writes each line as an element of its own or ends it with `<br>`, without paragraphs. Here consecutive
lines become a paragraph with breaks, and an empty line ends a paragraph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.importing.styles import marks_of_style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bs4 import BeautifulSoup, Tag
    from bs4.element import PageElement

_LINES: Final = frozenset(
    ["div", "section", "center", "figure", "figcaption", "dt", "dd", "dl", "details", "summary", "address"]
)
_BLOCKS: Final = frozenset(["ul", "ol", "table", "blockquote", "pre", "hr", "h1", "h2", "h3", "h4", "h5", "h6"])
_INNER: Final = frozenset({"li", "td", "th", "blockquote"})
_UNWRAPPED: Final = frozenset({"span", "font", "big", "wbr"})
_ELEMENTS: Final = {"strong": "b", "em": "i", "u": "u", "s": "s", "sub": "sub", "sup": "sup", "mark": "mark"}


def flatten(soup: BeautifulSoup, is_block: Callable[[str], bool], names: set[str]) -> None:
    """Rearrange the tree, whose elements have these names.

    `is_block` says whether a text is a block of its own, like a displayed formula.
    """
    for element in soup.find_all(style=True):
        _marks_as_elements(soup, element)
    if not _UNWRAPPED.isdisjoint(names):
        for element in soup.find_all(_UNWRAPPED):
            element.unwrap()
    if "rp" in names:
        for element in soup.find_all("rp"):
            element.decompose()
    inner = soup.find_all(_INNER) if not _INNER.isdisjoint(names) else []
    for element in [*inner, soup]:
        _Lines(soup, is_block).rearrange(element)


def _marks_as_elements(soup: BeautifulSoup, element: Tag) -> None:
    """Replace the emphasis of a style by elements."""
    style = element.attrs.pop("style", None)
    if not style:
        return
    for mark in sorted(marks_of_style(str(style))):
        if mark in _ELEMENTS and element.name != _ELEMENTS[mark]:
            inner = soup.new_tag(_ELEMENTS[mark])
            for child in list(element.contents):
                inner.append(child.extract())
            element.append(inner)


class _Lines:
    """Collects the inline content of an element into lines, and lines into paragraphs."""

    def __init__(self, soup: BeautifulSoup, is_block: Callable[[str], bool]) -> None:
        self._soup = soup
        self._is_block = is_block
        self._made: list[PageElement] = []
        self._paragraph: list[list[PageElement]] = []
        self._line: list[PageElement] = []

    def rearrange(self, element: Tag) -> None:
        """Replace the content of an element."""
        children = [child.extract() for child in list(element.contents)]
        self._walk(children)
        self._end_paragraph()
        only = self._made[0] if len(self._made) == 1 else None
        if element.name in _INNER and only is not None and getattr(only, "name", None) == "p":
            self._made = [child.extract() for child in list(getattr(only, "contents", ()))]
        for child in self._made:
            element.append(child)

    def _walk(self, children: Iterable[PageElement]) -> None:
        from bs4 import Tag
        from bs4.element import NavigableString

        for child in children:
            if isinstance(child, NavigableString):
                if self._is_block(str(child).strip()):
                    self._block(child)
                else:
                    self._texts(child)
            elif isinstance(child, Tag):
                self._element(child)

    def _texts(self, child: PageElement) -> None:
        """Add a text, in which blocks can be between words."""
        from bs4.element import NavigableString

        for piece in _divided(str(child), self._is_block):
            if self._is_block(piece.strip()):
                self._block(NavigableString(piece.strip()))
            elif piece:
                self._line.append(NavigableString(piece))

    def _element(self, child: Tag) -> None:
        if child.name == "br":
            if not self._line and not self._paragraph:
                return
            if _is_blank(self._line):
                self._end_paragraph()
            else:
                self._end_line()
        elif child.name in _BLOCKS:
            self._block(child)
        elif child.name == "p":
            self._end_paragraph()
            self._walk([inner.extract() for inner in list(child.contents)])
            self._end_paragraph()
        elif child.name in _LINES:
            self._end_line()
            before = len(self._paragraph)
            self._walk([inner.extract() for inner in list(child.contents)])
            self._end_line()
            if len(self._paragraph) == before and not _has_content(child):
                self._end_paragraph()
        elif child.find(["br", *_LINES, *_BLOCKS, "p"]) is not None:
            self._split(child)
        else:
            self._line.append(child)

    def _split(self, child: Tag) -> None:
        """Divide an inline element that contains line breaks or blocks, such as `<b>one<br>two</b>`."""
        for number, made in enumerate(self._inner(child)):
            if getattr(made, "name", None) != "p":
                self._block(made)
                continue
            if number:
                self._end_paragraph()
            for index, line in enumerate(_lines_of(made)):
                if index:
                    self._end_line()
                copy = self._soup.new_tag(child.name)
                copy.attrs.update(child.attrs)
                for part in line:
                    copy.append(part.extract())
                self._line.append(copy)

    def _inner(self, element: Tag) -> list[PageElement]:
        """Return the paragraphs and blocks of an element's content."""
        inner = _Lines(self._soup, self._is_block)
        inner._walk([part.extract() for part in list(element.contents)])
        inner._end_paragraph()
        return inner._made

    def _block(self, child: PageElement) -> None:
        from bs4.element import NavigableString

        self._end_paragraph()
        if isinstance(child, NavigableString):
            paragraph = self._soup.new_tag("p")
            paragraph.append(child)
            self._made.append(paragraph)
        else:
            self._made.append(child)

    def _end_line(self) -> None:
        if not _is_blank(self._line):
            self._paragraph.append(self._line)
        self._line = []

    def _end_paragraph(self) -> None:
        self._end_line()
        if self._paragraph:
            paragraph = self._soup.new_tag("p")
            for number, line in enumerate(self._paragraph):
                if number:
                    paragraph.append(self._soup.new_tag("br"))
                for part in line:
                    paragraph.append(part)
            self._made.append(paragraph)
        self._paragraph = []


def _divided(text: str, is_block: Callable[[str], bool]) -> list[str]:
    import re

    from cardpipe.importing.masking import CLOSE, OPEN

    pieces = re.split(f"({OPEN}[0-9]+{CLOSE})", text)
    made = [""]
    for piece in pieces:
        if piece and is_block(piece):
            made += [piece, ""]
        else:
            made[-1] += piece
    return made


def _lines_of(paragraph: PageElement) -> list[list[PageElement]]:
    lines: list[list[PageElement]] = [[]]
    for part in list(getattr(paragraph, "contents", ())):
        if getattr(part, "name", None) == "br":
            lines.append([])
        else:
            lines[-1].append(part)
    return lines


def _is_blank(line: Iterable[PageElement]) -> bool:
    return not any(_has_content(part) for part in line)


def _has_content(part: PageElement) -> bool:
    if getattr(part, "name", None) == "img":
        return True
    find = getattr(part, "find", None)
    if callable(find) and not isinstance(part, str) and find("img") is not None:
        return True
    return bool(part.get_text().replace("\xa0", " ").strip())
