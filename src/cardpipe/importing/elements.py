"""Elements of HTML as Markdown, by markdownify, with what cardpipe's Markdown has besides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from cardpipe.importing.flattening import flatten

if TYPE_CHECKING:
    from collections.abc import Callable

    from bs4 import BeautifulSoup, Tag

BREAK: Final = "\ue014"
_CELL, _ROW = "\ue012", "\ue013"
_SPECIAL: Final = re.compile(r"[\\`*\[\]<$]|&(?=#?[A-Za-z0-9]{1,31};)|~(?=~)|(?<=~)~")
_UNDERSCORE: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_AT_START: Final = re.compile(r"^([ ]*)(?:([#>=])|([-+])(?=[ \t]|$|-)|([0-9]{1,9})([.)])(?=[ \t]|$))")
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_PAIRED: Final = ("u", "mark", "small", "kbd", "samp", "q", "var", "ins", "sub", "sup", "s")
_KEPT: Final = frozenset({"var"})
_FENCE: Final = re.compile("`{3,}")


def to_markdown(html: str, is_block: Callable[[str], bool]) -> str:
    """Return well-formed HTML as Markdown, with `BREAK` for hard line breaks; tokens stay as they are.

    `is_block` says whether a token is a block of its own.
    """
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    for pre in soup.find_all("pre"):
        for line_break in pre.find_all("br"):
            line_break.replace_with("\n")
    flatten(soup, is_block)
    _merge(soup)
    made = str(_converter().convert_soup(soup))
    lines = (line.rstrip() if not line.strip() else line for line in made.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def escaped(text: str) -> str:
    """Return text in which nothing is Markdown within a line."""
    return _UNDERSCORE.sub(r"\\_", _SPECIAL.sub(r"\\\g<0>", text))


def with_starts_escaped(text: str) -> str:
    """Return lines in which nothing begins a list, a heading or a quotation."""
    return "".join(_AT_START.sub(_start, line) for line in re.split(f"(\n|{BREAK})", text))


def _start(match: re.Match[str]) -> str:
    if match[4]:
        return f"{match[1]}{match[4]}\\{match[5]}"
    return f"{match[1]}\\{match[2] or match[3]}"


def _merge(soup: BeautifulSoup) -> None:
    """Join elements of one name that follow each other, and unwrap those within one of their name."""
    for name in ("b", "strong", "i", "em", "u", "s", "mark", "sub", "sup"):
        for element in soup.find_all(name):
            if element.parent is None:
                continue
            if element.find_parent(name) is not None or not element.contents:
                element.unwrap()
                continue
            following = element.next_sibling
            while following is not None and getattr(following, "name", None) == name:
                for child in list(getattr(following, "contents", ())):
                    element.append(child.extract())
                following.extract()
                following = element.next_sibling


def _converter() -> Any:
    from markdownify import MarkdownConverter

    class Converter(MarkdownConverter):  # type: ignore[misc]  # markdownify ships no types
        """What cardpipe's Markdown writes differently."""

        def process_text(self, el: Any, parent_tags: Any = None) -> str:
            tags = parent_tags or set()
            if "pre" in tags:
                return str(el)
            text = _SPACES.sub(" ", str(el))
            return text if "_noformat" in tags and not _KEPT & tags else escaped(text)

        def convert_br(self, _el: Tag, text: str, **_context: Any) -> str:
            return f"{BREAK}{text}"

        def convert_p(self, _el: Tag, text: str, parent_tags: Any) -> str:
            text = with_starts_escaped(text.strip(" \t\n"))
            if "td" in parent_tags or "th" in parent_tags:
                return f"{text}{BREAK}{BREAK}"
            return f"\n\n{BREAK.join(line.strip() for line in text.split(BREAK))}\n\n" if text else ""

        def convert_li(self, el: Tag, text: str, parent_tags: Any) -> str:
            text = text.strip("\n")
            if el.find(["p", "ul", "ol", "pre", "table", "blockquote"]) is None:
                text = with_starts_escaped(text)
            elif [child.name for child in el.find_all(recursive=False)] in (["p", "ul"], ["p", "ol"]):
                text = re.sub(r"\n\n(?=- |[0-9]+\. )", "\n", text, count=1)
            made: str = super().convert_li(el, text, parent_tags)
            return made

        def convert_pre(self, _el: Tag, text: str, **_context: Any) -> str:
            text = text.strip("\n")
            if not text.strip():
                return ""
            longest = max((len(run) for run in _FENCE.findall(text)), default=2)
            fence = "`" * (longest + 1)
            return f"\n\n{fence}\n{text}\n{fence}\n\n"

        def convert_code(self, el: Tag, text: str, parent_tags: Any) -> str:
            if "pre" in parent_tags:
                return text
            made: str = super().convert_code(el, text, parent_tags)
            return made

        def convert_td(self, _el: Tag, text: str, **_context: Any) -> str:
            return f"{text.strip()}{_CELL}"

        convert_th = convert_td

        def convert_tr(self, _el: Tag, text: str, **_context: Any) -> str:
            return f"{text}{_ROW}"

        def convert_table(self, el: Tag, text: str, **_context: Any) -> str:
            rows = [row.strip().split(_CELL)[:-1] for row in text.split(_ROW) if _CELL in row]
            return f"\n\n{_table(rows, has_head=el.find('th') is not None)}\n\n" if rows else ""

        def convert_caption(self, _el: Tag, text: str, **_context: Any) -> str:
            return f"\n\n{text.strip()}\n\n"

        def convert_a(self, el: Tag, text: str, parent_tags: Any) -> str:
            address = str(el.get("href") or "").replace("(", "%28").replace(")", "%29").replace(" ", "%20")
            if not address or not text.strip():
                return text
            inner = text.strip()
            before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
            return f"{before}[{inner}]({address}){after}"

        def convert_img(self, el: Tag, _text: str, **_context: Any) -> str:
            return f"![{el.get('alt') or ''}]({el.get('src') or ''})"

    def paired(name: str) -> Callable[..., str]:
        def convert(_self: Any, _el: Tag, text: str, **_context: Any) -> str:
            inner = text.strip()
            if not inner:
                return text
            before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
            return f"{before}<{name}>{inner}</{name}>{after}"

        return convert

    for name in _PAIRED:
        setattr(Converter, f"convert_{name}", paired(name))
    setattr(Converter, "convert_strike", paired("s"))
    for name in ("cite", "dfn"):
        setattr(Converter, f"convert_{name}", Converter.convert_em)
    setattr(Converter, "convert_tt", Converter.convert_code)
    return Converter(heading_style="atx", bullets="-", autolinks=False)


def _table(rows: list[list[str]], *, has_head: bool) -> str:
    width = max(map(len, rows))
    cells = [[_cell(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    head = cells.pop(0) if has_head else ["&nbsp;"] + [""] * (width - 1)
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * width}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in cells)])


def _cell(text: str) -> str:
    text = text.strip(f" \n{BREAK}")
    text = re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split("\n")))
    return text.replace(BREAK, "<br>")
