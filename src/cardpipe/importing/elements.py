"""Elements of HTML as Markdown, by markdownify."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final

from cardpipe.importing.flattening import flatten, has_content
from cardpipe.importing.masking import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from bs4 import BeautifulSoup

BREAK: Final = "\ue014"
_SPECIAL: Final = re.compile(r"[\\`*\[<$]|\{(?=\{c[0-9])|&(?=#?[A-Za-z0-9]{1,31};)|~(?=~)|(?<=~)~")
_UNDERSCORE: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_MARKS: Final = frozenset({"b", "strong", "i", "em", "u", "s", "mark", "sub", "sup"})
_SIMPLE_MARKS: Final = {
    **dict.fromkeys(("b", "strong"), "**"),
    **dict.fromkeys(("i", "em"), "*"),
    **{name: f"<{name}>" for name in ("u", "sub", "sup", "mark", "small", "kbd")},
}
_SIMPLE: Final = re.compile(rf"<(?P<end>/?)(?P<name>{'|'.join(_SIMPLE_MARKS)})>|(?P<break><br>)|(?P<text>[^<]+)|<")
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_NAME: Final = re.compile(r"<([a-z][a-z0-9]*)")
_AT_START: Final = re.compile(r"^([ ]*)(?:([#>=])|([-+])(?=[ \t]|$|-)|([0-9]{1,9})([.)])(?=[ \t]|$))")


def to_markdown(html: str, is_block: Callable[[str], bool]) -> str:
    """Return well-formed HTML as Markdown, with `BREAK` for hard line breaks; tokens stay as they are.

    `is_block` says whether a token is a block of its own.
    """
    from bs4 import BeautifulSoup, Tag

    from cardpipe.importing.elements_by_name import QuickTag, converter

    # A field that begins like an address would cause a warning.
    soup = BeautifulSoup(f"<wbr>{html}", "html.parser", element_classes={Tag: QuickTag})
    # Looking for elements that a field does not have would take most of the time.
    names = {"wbr", *_NAME.findall(html)}
    for pre in soup.find_all("pre") if "pre" in names else ():
        for line_break in pre.find_all("br"):
            line_break.replace_with("\n")
    flatten(soup, is_block, names)
    _merge(soup)
    made = converter().convert_soup(soup)
    lines = (line.rstrip() if not line.strip() else line for line in made.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def simple_markdown(html: str) -> str | None:
    """Return well-formed HTML of lines with emphasis as Markdown, without a tree; None for any other HTML."""
    lines = [""]
    opened = ""
    for piece in _SIMPLE.finditer(html):
        if piece["break"]:
            if opened:
                return None
            lines.append("")
        elif piece["name"]:
            mark = _SIMPLE_MARKS[piece["name"]]
            if piece["end"]:
                if piece["name"] != opened or lines[-1].endswith((" ", mark)):
                    return None
                opened = ""
                lines[-1] += mark.replace("<", "</")
            else:
                if opened or (lines[-1][-1:].isalnum() and mark[0] == "*"):
                    return None
                opened = piece["name"]
                lines[-1] += mark
        elif piece["text"] is None or OPEN in piece["text"]:
            return None
        else:
            text = escaped(_SPACES.sub(" ", unescape(piece["text"])))
            if opened and text.startswith(" "):
                return None
            lines[-1] += text
    paragraphs = re.split(r"\n{2,}", "\n".join(with_starts_escaped(line.strip()) for line in lines).strip("\n"))
    return None if opened else "\n\n".join(paragraph.replace("\n", "\\\n") for paragraph in paragraphs)


def escaped(text: str) -> str:
    """Return text in which nothing is Markdown within a line, outside of links.

    A closing bracket means nothing without an opening one, and two escaped ones would look like a formula to lint.
    """
    return _UNDERSCORE.sub(r"\\_", _SPECIAL.sub(r"\\\g<0>", text))


SIGNS: Final = frozenset("\\`*_[<${&~")
"""The characters that `escaped` escapes; the opening bracket stands for both."""


def escaped_signs(text: str, signs: AbstractSet[str]) -> str:
    """Return text in which only these of `SIGNS` are escaped."""
    if not signs:
        return text

    def sign(match: re.Match[str]) -> str:
        return f"\\{match[0]}" if match[0].replace("]", "[") in signs else match[0]

    return _UNDERSCORE.sub(sign, _SPECIAL.sub(sign, text))


def with_starts_escaped(text: str) -> str:
    """Return lines in which nothing begins a list, a heading or a quotation."""
    return "".join(_AT_START.sub(_start, line) for line in re.split(f"(\n|{BREAK})", text))


def _start(match: re.Match[str]) -> str:
    if match[4]:
        return f"{match[1]}{match[4]}\\{match[5]}"
    return f"{match[1]}\\{match[2] or match[3]}"


def _merge(soup: BeautifulSoup) -> None:
    """Join elements of one name that follow each other, and unwrap those within one of their name."""
    from bs4 import Tag

    for element in [one for one in soup.descendants if isinstance(one, Tag) and one.name in _MARKS]:
        name = element.name
        if element.parent is None:
            continue
        if any(parent.name == name for parent in element.parents) or not has_content(element):
            element.unwrap()
            continue
        following = element.next_sibling
        while following is not None and getattr(following, "name", None) == name:
            for child in list(getattr(following, "contents", ())):
                element.append(child.extract())
            following.extract()
            following = element.next_sibling


def table(rows: list[list[str]], *, has_head: bool) -> str:
    """Return a table of cells in Markdown; without a head, its head is empty."""
    width = max(map(len, rows))
    cells = [[_cell(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    head = cells.pop(0) if has_head else ["&nbsp;"] + [""] * (width - 1)
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * width}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in cells)])


def _cell(text: str) -> str:
    text = text.strip(f" \n{BREAK}")
    text = re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split("\n")))
    return text.replace(BREAK, "<br>")
