"""Give a field's HTML the form in which Markdown thinks: paragraphs of lines, lists, tables, quotations, code.

Anki's editor writes each line as an element of its own or ends it with `<br>`, without paragraphs. Here consecutive
lines become a paragraph with breaks, and an empty line ends a paragraph.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.importing.masking import CLOSE, OPEN
from cardpipe.importing.styles import colour_of, marks_of_element

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

    from bs4 import BeautifulSoup, Tag
    from bs4.element import PageElement

COLOUR_ELEMENT: Final = "coloured"
"""Stands for words in a colour; its attribute `value` is the colour."""
_STRUCTURES: Final = frozenset({"ul", "ol", "table", "thead", "tbody", "tfoot", "tr"})
_CELLS: Final = ["li", "td", "th"]
_HEX: Final = re.compile("#[0-9a-f]{6}")
_LINES: Final = frozenset(
    ["div", "section", "center", "figure", "figcaption", "dt", "dd", "dl", "details", "summary", "address"]
)
_BLOCKS: Final = frozenset(["ul", "ol", "table", "blockquote", "pre", "hr", "h1", "h2", "h3", "h4", "h5", "h6"])
_HEADINGS: Final = ["h1", "h2", "h3", "h4", "h5", "h6"]
_WITH_LINES: Final = _LINES | _BLOCKS | {"br", "p"}
_LISTS: Final = frozenset({"ul", "ol"})
_INNER: Final = frozenset({"li", "td", "th", "blockquote"})
_UNWRAPPED: Final = frozenset({"span", "font", "big", "wbr"})
_ELEMENTS: Final = {"strong": "b", "em": "i", "u": "u", "s": "s", "sub": "sub", "sup": "sup", "mark": "mark"}


def flatten(soup: BeautifulSoup, is_block: Callable[[str], bool], names: set[str]) -> None:
    """Rearrange the tree, whose elements have these names.

    `is_block` says whether a text is a block of its own, like a displayed formula.
    """
    from bs4 import Tag

    for element in [one for one in soup.descendants if isinstance(one, Tag) and "style" in one.attrs]:
        _marks_as_elements(soup, element)
    for element in soup.find_all("font", color=True) if "font" in names else ():
        _colour(soup, element, colour_of(str(element["color"])))
    if "li" in names:
        _complete_lists(soup)
    for bracket in soup.find_all("rp") if "rp" in names else ():
        bracket.decompose()
    if not _UNWRAPPED.isdisjoint(names):
        for element in _named(soup, _UNWRAPPED):
            element.unwrap()
    inner = _named(soup, _INNER) if not _INNER.isdisjoint(names) else []
    for element in inner:
        if not _is_line(element):
            _Lines(soup, is_block).rearrange(element)
    _Lines(soup, is_block).rearrange(soup)


def _named(soup: BeautifulSoup, names: AbstractSet[str]) -> list[Tag]:
    """Return the elements with these names, in their order; `find_all` takes several times as long."""
    from bs4 import Tag

    return [one for one in soup.descendants if isinstance(one, Tag) and one.name in names]


def _is_line(element: Tag) -> bool:
    """Return whether an element is a single line of words and inline elements, which nothing would rearrange."""
    from bs4 import Tag

    return has_content(element) and not any(
        part.name in _WITH_LINES if isinstance(part, Tag) else OPEN in str(part) for part in element.descendants
    )


def _complete_lists(soup: BeautifulSoup) -> None:
    """Put items outside of lists into lists, and lists between items into the items before them."""
    for item in _named(soup, {"li"}):
        if item.parent is not None and item.parent.name in _LISTS:
            continue
        following = _sibling(item)
        made = soup.new_tag("ul")
        item.replace_with(made)
        made.append(item)
        while following is not None and following.name == "li":
            after = _sibling(following)
            made.append(following.extract())
            following = after
    for inner in _named(soup, _LISTS):
        before = _sibling(inner, forward=False)
        if inner.parent is not None and inner.parent.name in _LISTS and before is not None and before.name == "li":
            before.append(inner.extract())


def _sibling(element: Tag, *, forward: bool = True) -> Tag | None:
    """Return the next element beside an element, if only white space is between them."""
    from bs4 import Tag

    found = element.next_sibling if forward else element.previous_sibling
    while found is not None and not isinstance(found, Tag) and not str(found).strip():
        found = found.next_sibling if forward else found.previous_sibling
    return found if isinstance(found, Tag) else None


def _marks_as_elements(soup: BeautifulSoup, element: Tag) -> None:
    """Replace the emphasis of a style by elements."""
    style = element.attrs.pop("style", None)
    if not style:
        return
    marked = element.find_all(_CELLS) if element.name in _STRUCTURES else [element]
    is_link = element.name == "a" and bool(element.get("href"))
    for mark in sorted(marks_of_element(element.name, str(style), is_link=is_link)):
        for one in marked:
            if mark in _ELEMENTS and one.name != _ELEMENTS[mark]:
                _enclose(one, soup.new_tag(_ELEMENTS[mark]))
            elif mark.startswith("color "):
                _colour(soup, one, mark.removeprefix("color "))


def _colour(soup: BeautifulSoup, element: Tag, colour: str) -> None:
    """Put the content of an element into one of coloured words, if the colour is known."""
    if _HEX.fullmatch(colour):
        inner = soup.new_tag(COLOUR_ELEMENT)
        inner["value"] = colour
        _enclose(element, inner)


def _enclose(element: Tag, inner: Tag) -> None:
    """Put the content of an element into another one, which becomes its content."""
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
            if len(self._paragraph) == before and not has_content(child):
                self._end_paragraph()
        elif _has_lines(child):
            self._split(child)
        else:
            self._line.append(child)

    def _split(self, child: Tag) -> None:
        """Divide an inline element that contains line breaks or blocks, such as `<b>one<br>two</b>`."""
        while (line_break := _edge(child, 0)) is not None:
            self._element(line_break.extract())
        after = []
        while (line_break := _edge(child, -1)) is not None:
            after.append(line_break.extract())
        for number, made in enumerate(self._inner(child)):
            if getattr(made, "name", None) != "p":
                self._spread(made, child)
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
        for line_break in after:
            self._element(line_break)

    def _spread(self, block: PageElement, mark: Tag) -> None:
        """Give the texts in a block a mark that was around it."""
        find = getattr(block, "find_all", None)
        if not callable(find) or getattr(block, "name", None) in {"pre", "hr"}:
            return
        for element in find([*_CELLS, "p", *_HEADINGS]) or [block]:
            copy: Tag | None = None
            for part in list(element.contents):
                name = getattr(part, "name", None)
                if name in _BLOCKS or name == "p":
                    copy = None
                    continue
                if copy is None:
                    if not has_content(part):
                        continue
                    copy = self._soup.new_tag(mark.name)
                    copy.attrs.update(mark.attrs)
                    part.insert_before(copy)
                copy.append(part.extract())

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


def _has_lines(element: Tag) -> bool:
    """Return whether an inline element contains line breaks or blocks; `find` with so many names is slow."""
    return any(getattr(part, "name", None) in _WITH_LINES for part in element.descendants)


def _edge(element: Tag, index: int) -> Tag | None:
    """Return the line break with which the content of an inline element begins or ends."""
    from bs4 import Tag

    part: PageElement = element
    while isinstance(part, Tag) and part.name != "br":
        inner = [child for child in part.contents if isinstance(child, Tag) or str(child).strip()]
        if not inner or part.name in _BLOCKS or part.name in _LINES or part.name == "p":
            return None
        part = inner[index]
    return part if isinstance(part, Tag) else None


def _divided(text: str, is_block: Callable[[str], bool]) -> list[str]:
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
    return not any(has_content(part) for part in line)


def has_content(part: PageElement) -> bool:
    """Return whether a part of a tree shows words or a picture."""
    if isinstance(part, str):
        return bool(part.strip())
    inner = getattr(part, "descendants", ())
    return getattr(part, "name", None) == "img" or any(
        bool(one.strip()) if isinstance(one, str) else getattr(one, "name", None) == "img" for one in inner
    )
