"""markdownify with what cardpipe's Markdown writes differently; imported only when a field has elements."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final

import markdownify
from bs4 import Tag

from cardpipe.importing.code import fence_of
from cardpipe.importing.elements import BREAK, escaped, table, with_starts_escaped
from cardpipe.markup import ruby

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

_CELL, _ROW = "\ue012", "\ue013"
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_IN_ITEM: Final = frozenset({"p", "ul", "ol", "pre", "table", "blockquote"})
_BASE: Any = markdownify.MarkdownConverter
"""Its type stubs do not declare the methods `convert_NAME`, by which it finds the conversion of an element."""


def _paired(name: str) -> Callable[..., str]:
    """Return the conversion to a pair of tags that texts can contain."""

    def convert(_self: Any, _el: Tag, text: str, parent_tags: Any) -> str:
        before, inner, after = _chomped(text)
        return f"{before}<{name}>{inner}</{name}>{after}" if inner and "code" not in parent_tags else text

    return convert


def _chomped(text: str) -> tuple[str, str, str]:
    """Divide a text into the white space before it, itself, and the white space after it."""
    inner = text.strip()
    if not inner:
        return text, "", ""
    return text[: len(text) - len(text.lstrip())], inner, text[len(text.rstrip()) :]


class QuickTag(Tag):
    """An element that finds its parents by name quickly: markdownify asks each element whether it is in a `pre`."""

    def find_parent(self, name: Any = None, *args: Any, **wanted: Any) -> Tag | None:
        """Return the innermost element around this one that fits."""
        if not isinstance(name, str) or args or wanted:
            found: Any = super().find_parent(name, *args, **wanted)
            return found if isinstance(found, Tag) else None
        return next((parent for parent in self.parents if parent.name == name), None)


def _contains(element: Tag, names: AbstractSet[str]) -> bool:
    return any(isinstance(part, Tag) and part.name in names for part in element.descendants)


class _Converter(_BASE):  # type: ignore[misc]  # see `_BASE`
    def process_text(self, el: Any, parent_tags: Any = None) -> str:
        tags = parent_tags or set()
        if "pre" in tags:
            return str(el)
        text = _SPACES.sub(" ", str(el))
        # In these, only code is not Markdown.
        if "code" in tags:
            return text
        return escaped(text).replace("]", "\\]") if "a" in tags else escaped(text)

    def convert_br(self, _el: Tag, text: str, **_context: Any) -> str:
        return f"{BREAK}{text}"

    def convert_p(self, _el: Tag, text: str, parent_tags: Any) -> str:
        text = with_starts_escaped(text.strip(" \t\n"))
        if "td" in parent_tags or "th" in parent_tags:
            return f"{text}{BREAK}{BREAK}"
        return f"\n\n{BREAK.join(line.strip() for line in text.split(BREAK))}\n\n" if text else ""

    def convert_li(self, el: Tag, text: str, parent_tags: Any) -> str:
        text = text.strip("\n")
        if not _contains(el, _IN_ITEM):
            text = with_starts_escaped(text)
        elif [child.name for child in el.find_all(recursive=False)] in (["p", "ul"], ["p", "ol"]):
            text = re.sub(r"\n\n(?=- |[0-9]+\. )", "\n", text, count=1)
        made: str = super().convert_li(el, text, parent_tags)
        return made

    def convert_hr(self, _el: Tag, _text: str, parent_tags: Any) -> str:
        # After the dash of an item, three dashes more would make the whole line a rule.
        return "\n\n***\n\n" if "li" in parent_tags else "\n\n---\n\n"

    def convert_pre(self, _el: Tag, text: str, **_context: Any) -> str:
        text = text.strip("\n")
        if not text.strip():
            return ""
        fence = fence_of(text)
        return f"\n\n{fence}\n{text}\n{fence}\n\n"

    def convert_code(self, el: Tag, text: str, parent_tags: Any) -> str:
        if "pre" in parent_tags:
            return text
        made: str = super().convert_code(el, text, parent_tags)
        return made

    def convert_td(self, _el: Tag, text: str, **_context: Any) -> str:
        return f"{text.strip()}{_CELL}"

    def convert_th(self, el: Tag, text: str, **_context: Any) -> str:
        return self.convert_td(el, text)

    def convert_tr(self, _el: Tag, text: str, **_context: Any) -> str:
        return f"{text}{_ROW}"

    def convert_table(self, el: Tag, text: str, **_context: Any) -> str:
        rows = [row.strip().split(_CELL)[:-1] for row in text.split(_ROW) if _CELL in row]
        return f"\n\n{table(rows, has_head=_contains(el, {'th'}))}\n\n" if rows else ""

    def convert_caption(self, _el: Tag, text: str, **_context: Any) -> str:
        return f"\n\n{text.strip()}\n\n"

    def convert_a(self, el: Tag, text: str, **_context: Any) -> str:
        address = str(el.get("href") or "").replace("(", "%28").replace(")", "%29").replace(" ", "%20")
        before, inner, after = _chomped(text)
        return f"{before}[{inner}]({address}){after}" if address and inner else text

    def convert_img(self, el: Tag, _text: str, **_context: Any) -> str:
        return f"![{el.get('alt') or ''}]({el.get('src') or ''})"

    def convert_ruby(self, el: Tag, text: str, **_context: Any) -> str:
        pairs: list[tuple[str, str]] = []
        base = ""
        for child in el.children:
            if isinstance(child, Tag) and child.name == "rt":
                pairs.append((base.strip(), child.get_text().strip()))
                base = ""
            else:
                base += child.get_text()
        written = [f"{{{before}|{reading}}}" for before, reading in pairs]
        return "".join(written) if not base.strip() and all(map(ruby.read, written)) else text

    def convert_cite(self, el: Tag, text: str, parent_tags: Any) -> str:
        made: str = super().convert_em(el, text, parent_tags)
        return made

    def convert_coloured(self, el: Tag, text: str, parent_tags: Any) -> str:
        before, inner, after = _chomped(text)
        is_shown = inner and "code" not in parent_tags
        return f'{before}<span style="color:{el.get("value")}">{inner}</span>{after}' if is_shown else text

    convert_dfn = convert_cite
    convert_tt = convert_code
    convert_u = _paired("u")
    convert_ins = _paired("ins")
    convert_mark = _paired("mark")
    convert_small = _paired("small")
    convert_kbd = _paired("kbd")
    convert_samp = _paired("samp")
    convert_q = _paired("q")
    convert_var = _paired("var")
    convert_sub = _paired("sub")
    convert_sup = _paired("sup")
    convert_s = _paired("s")
    convert_strike = _paired("s")


@functools.cache
def converter() -> Any:
    """Return the converter, which keeps no state between fields."""
    return _Converter(heading_style="atx", bullets="-", autolinks=False)
