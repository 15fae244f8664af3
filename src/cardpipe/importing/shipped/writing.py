"""HTML that cardpipe rendered as the Markdown that it was rendered from, line breaks included."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final, cast

from cardpipe.importing.code import fence_of
from cardpipe.importing.elements import escaped_signs, with_starts_escaped
from cardpipe.importing.masking import TOKEN
from cardpipe.importing.shipped.languages import language_of
from cardpipe.markup.html import PAIRED_TAGS
from cardpipe.markup.ruby import HAN, KANA
from cardpipe.writers.api import ALERTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from bs4 import Tag
    from bs4.element import PageElement

    from cardpipe.importing.shipped.atoms import Atom, Tokens

_BLOCKS: Final = frozenset(
    ["p", "ul", "ol", "blockquote", "pre", "div", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "table"]
)
_PAIRED: Final = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~"}
_WIDEST_TABLE: Final = 118
"""Maximum characters of a table whose columns are aligned; a wider one would not fit on lines of 120."""
_NUMBERED: Final = re.compile(r"[0-9]{1,3}")
_RUBY: Final = re.compile(f"[{HAN}{KANA}]+")
_BARE: Final = re.compile(r"https?://[^\s<>]+")


class MarkdownWriter:
    """Writes elements; `signs` are the characters that are escaped where Markdown could read them as markup.

    `starts` says whether beginnings of lines are escaped too, and `notes` whether superscript numbers are references to
    footnotes.
    """

    def __init__(
        self, tokens: Tokens, signs: AbstractSet[str] = frozenset(), *, starts: bool = False, notes: int = 0
    ) -> None:
        self._tokens = tokens
        self._signs = signs
        self._starts = starts
        self._notes = notes
        self._depth = 0
        """The number of open deletions, within which a line break is an element."""

    # --- Blocks ------------------------------------------------------------------------------------------------------

    def blocks(self, children: Iterable[PageElement], between: str = "\n\n") -> str:
        """Return blocks, and the text between them as paragraphs."""
        made: list[str] = []
        former = ""
        for group in grouped(children, self.is_block):
            written = self.block(group, former)
            if written:
                # Another marker divides two lists that follow each other.
                former = written.lstrip()[:1] if getattr(group[0], "name", "") in {"ul", "ol"} else ""
                former = ")" if former.isdigit() and ". " not in written.split("\n", 1)[0][:12] else former
                made.append(written)
        return between.join(made)

    def is_block(self, node: PageElement) -> bool:
        """Return whether a node is a block of its own."""
        return getattr(node, "name", None) in _BLOCKS

    def block(self, group: Sequence[PageElement], former: str = "") -> str:
        """Return a block, or a run of inline content as a paragraph."""
        element = group[0]
        name = getattr(element, "name", None)
        if name not in _BLOCKS:
            return self._paragraph(group)
        return self._element(cast("Tag", element), name, former)

    def _element(self, element: Tag, name: str, former: str) -> str:
        if name in {"ul", "ol"}:
            return self._list(element, former)
        if name[1:].isdigit():
            words = " ".join(self.inline(element.contents).split("\n")).strip()
            return f"{'#' * int(name[1:])} {words}".rstrip()
        write: dict[str, Callable[[], str]] = {
            "p": lambda: self._paragraph(element.contents),
            "blockquote": lambda: self._quotation(element),
            "pre": lambda: self._code(element),
            "hr": lambda: "---",
            "table": lambda: self._table(element),
            "div": lambda: self._division(element, former),
        }
        return write[name]()

    def _division(self, element: Tag, former: str) -> str:
        """Return an element around a block: a formula, a figure, code or a table."""
        atom = self._tokens.of(element.get_text())
        if atom is not None:
            return self._written(atom)
        inner = element.find(["pre", "table"], recursive=False)
        return self.blocks(element.contents) if inner is None else self._element(inner, inner.name, former)

    def _paragraph(self, content: Iterable[PageElement]) -> str:
        text = self.inline(content).strip(" \n")
        lines = [line.strip(" ") for line in text.split("\n")]
        text = "\n".join(lines)
        return with_starts_escaped(text) if self._starts else text

    def _list(self, element: Tag, former: str) -> str:
        items = list(element.find_all("li", recursive=False))
        is_loose = any(item.find("p", recursive=False) is not None for item in items)
        number = int(str(element.get("start") or 1)) if element.name == "ol" else None
        mark = "*" if former == "-" else "-"
        made = []
        for item in items:
            marker = f"{mark} " if number is None else f"{number}{')' if former.isdigit() else '.'} "
            text = self.blocks(item.contents, "\n\n" if is_loose else "\n")
            made.append(marker.rstrip() if not text else marker + _indented(text, len(marker)))
            number = number + 1 if number is not None else None
        return ("\n\n" if is_loose else "\n").join(made)

    def _quotation(self, element: Tag) -> str:
        children = [child for child in element.contents if str(child).strip()]
        first = children[0] if children else None
        title = first.get_text() if first is not None else ""
        is_alert = (
            title in ALERTS
            and getattr(first, "name", "") == "p"
            and [getattr(child, "name", "") for child in getattr(first, "contents", ())] == ["strong"]
        )
        text = self.blocks(children[1:] if is_alert else children)
        if is_alert:
            text = f"[!{title.upper()}]\n{text}"
        return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))

    def _code(self, element: Tag) -> str:
        code = element.find("code") or element
        text = self._tokens.restored(code.get_text(), lambda atom: atom.markdown)
        highlighted = html_of(code.contents) if _is_highlighted(element) else ""
        fence = fence_of(text)
        return f"{fence}{language_of(text, highlighted) if highlighted else ''}\n{text.removesuffix(chr(10))}\n{fence}"

    def _table(self, element: Tag) -> str:
        rows = [row.find_all(["th", "td"], recursive=False) for row in element.find_all("tr")]
        cells = [[self._cell(cell) for cell in row] for row in rows]
        aligns = [_align(cell) for cell in rows[0]] if rows else []
        widths = [max(3, *(len(row[index]) for row in cells if index < len(row))) for index in range(len(aligns))]
        if sum(widths) + 3 * len(widths) + 1 > _WIDEST_TABLE:
            head, *body = (f"| {' | '.join(row)} |" for row in cells)
            return "\n".join([head, f"|{'|'.join(_rule(align, 3) for align in aligns)}|", *body])
        head, *body = (f"| {' | '.join(map(_justified, row, widths, aligns))} |" for row in cells)
        rule = "|".join(_rule(align, width + 2) for align, width in zip(aligns, widths, strict=True))
        return "\n".join([head, f"|{rule}|", *body])

    def _cell(self, cell: Tag) -> str:
        self._depth += 1
        text = self.inline(cell.contents)
        self._depth -= 1
        return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split("\n")).strip())

    # --- Inline ------------------------------------------------------------------------------------------------------

    def inline(self, content: Iterable[PageElement]) -> str:
        """Return inline content."""
        parts: list[str] = []
        ruby: list[tuple[str, str]] = []
        for child in content:
            name = getattr(child, "name", None)
            if name == "ruby":
                ruby.append(_pair(cast("Tag", child)))
                continue
            parts += _ruby(ruby)
            ruby.clear()
            if name is None:
                text = self._text(str(child))
                parts.append(text.removeprefix("\n") if parts and parts[-1].endswith("\n") else text)
            else:
                parts.append(self._inline_element(cast("Tag", child), name))
        return "".join([*parts, *_ruby(ruby)])

    def _inline_element(self, element: Tag, name: str) -> str:
        if name == "br":
            return "<br>" if self._depth else "\\\n"
        if name == "code":
            return _code_span(self._tokens.restored(element.get_text(), lambda atom: atom.markdown))
        if name == "sup" and _NUMBERED.fullmatch(number := element.get_text()) and 0 < int(number) <= self._notes:
            return f"[^{number}]"
        inner = self.inline(element.contents)
        if name == "a":
            return self._link(element, inner)
        if name in _PAIRED:
            mark = _PAIRED[name]
            return f"{mark}{inner}{mark}" if inner.strip() else inner
        return f"<{name}>{inner}</{name}>" if name in PAIRED_TAGS else inner

    def _link(self, element: Tag, inner: str) -> str:
        address = str(element.get("href") or "")
        if address.startswith("#card-"):
            return f"[{inner}](card:{address.removeprefix('#card-')})"
        words = element.get_text()
        if words == address.removeprefix("mailto:") and (_BARE.fullmatch(address) or address.startswith("mailto:")):
            return f"<{words}>"
        address = address if not re.search(r"[()\s<>]", address) else f"<{address}>"
        title = str(element.get("title") or "")
        return f"[{inner}]({address}{_title(title) if title else ''})"

    def _text(self, text: str) -> str:
        parts = []
        position = 0
        for match in TOKEN.finditer(text):
            parts.append(escaped_signs(text[position : match.start()], self._signs))
            position = match.end()
            parts.append(self._written(self._tokens.atoms[int(match[1])]))
        return "".join([*parts, escaped_signs(text[position:], self._signs)])

    def _written(self, atom: Atom) -> str:
        self._depth += atom.cloze
        return atom.markdown


def grouped(children: Iterable[PageElement], is_block: Callable[[PageElement], bool]) -> list[list[PageElement]]:
    """Return blocks one by one, and what is between two blocks together; white space between blocks is left out."""
    groups: list[list[PageElement]] = []
    run: list[PageElement] = []
    for child in (*children, None):
        if child is not None and not is_block(child):
            run.append(child)
            continue
        if any(str(part).strip() for part in run):
            groups.append(run)
        run = []
        if child is not None:
            groups.append([child])
    return groups


def html_of(nodes: Iterable[PageElement]) -> str:
    """Return nodes as cardpipe writes them."""
    return "".join(map(_html, nodes))


def _html(node: PageElement) -> str:
    from bs4 import Tag
    from bs4.formatter import HTMLFormatter

    if not isinstance(node, Tag):
        return html.escape(str(node), quote=False)
    return node.decode(formatter=HTMLFormatter(lambda text: html.escape(text, quote=False)))


def _is_highlighted(element: Tag) -> bool:
    return "highlight" in (element.parent.get("class") or [] if element.parent is not None else [])


def _indented(text: str, width: int) -> str:
    return "\n".join(" " * width + line if number and line else line for number, line in enumerate(text.split("\n")))


def _align(cell: Tag) -> str:
    return str(cell.get("style") or "").removeprefix("text-align:")


def _rule(align: str, width: int) -> str:
    left = ":" if align in {"left", "center"} else "-"
    right = ":" if align in {"right", "center"} else "-"
    return f"{left}{'-' * (width - 2)}{right}"


def _justified(text: str, width: int, align: str) -> str:
    return text.rjust(width) if align == "right" else text.center(width) if align == "center" else text.ljust(width)


def _pair(element: Tag) -> tuple[str, str]:
    reading = element.find("rt")
    return "".join(str(child) for child in element.contents if getattr(child, "name", None) is None), (
        reading.get_text() if reading is not None else ""
    )


def _ruby(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return ruby elements that follow each other: characters with a reading each belong together."""
    if len(pairs) > 1 and all(len(base) == 1 and _RUBY.fullmatch(base) for base, _ in pairs):
        return [f"{{{''.join(base for base, _ in pairs)}|{'|'.join(reading for _, reading in pairs)}}}"]
    return [f"{{{base}|{reading}}}" for base, reading in pairs]


def _code_span(text: str) -> str:
    fence = fence_of(text, 1)
    ends = text[:1] + text[-1:]
    # A reader removes one space at both ends.
    needs_space = ("`" in ends or ends == "  ") and text.strip(" ")
    inner = f" {text} " if needs_space else text
    return f"{fence}{inner}{fence}"


def _title(title: str) -> str:
    return ' "' + re.sub(r'([\\"])', r"\\\1", title) + '"'
