"""Anki's card templates: which fields they show, which cards they make, and HTML of a stranger made safe.

The language is that of Anki's manual, “Card Templates”. Text of a template is kept as it is; elements and attributes
that could run something, load something or cover the page are removed.
"""

from __future__ import annotations

import functools
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final

from cardpipe.text.addresses import encoded, is_safe
from cardpipe.text.escaping import inert
from cardpipe.text.style_sheets import faults

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MARK: Final = re.compile(r"\{\{[^{}<>\"\x00-\x1f]{1,500}\}\}")
"""A field or a condition; without signs that could end an attribute or begin an element."""
_MARK_PARTS: Final = re.compile(r"\{\{(?P<sign>[#^/]?)(?P<name>[^{}<>\"\x00-\x1f]{1,500})\}\}")
_PLACE: Final = re.compile(r"(?:<|&lt;)!--mark-([0-9]{1,9})--(?:>|&gt;)")
_TAGS_MARK: Final = "{{Tags}}"
_TAGS_PLACE: Final = "<!--mark-0-->"
"""The only mark in attributes: tags contain neither quotation marks nor spaces, while a field can end the attribute."""
_BEFORE_MARK: Final = re.compile(r"\\+(?=<!--mark-)")

_TAGS: Final = frozenset(
    (
        "a abbr b bdi bdo big blockquote br center code dd del details dfn div dl dt em figcaption figure font footer "
        "h1 h2 h3 h4 h5 h6 header hr i ins kbd label li main mark nav ol p pre q rp rt ruby s samp section small span "
        "strong sub summary sup table tbody td tfoot th thead tr tt u ul var"
    ).split()
)
_DROPPED: Final = frozenset(
    "script style iframe object embed noscript template title textarea svg math audio video select".split()
)
"""Elements that are removed with what they contain."""
_EVERYWHERE: Final = frozenset({"class", "id", "style", "dir", "lang", "align"})
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "details": {"open"},
    "font": {"color", "face", "size"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "valign", "width"},
    "th": {"colspan", "rowspan", "valign", "width"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "hr": {"width", "size", "noshade"},
}
_VALUE: Final = re.compile(r"[\w \-.,#%:;()/'+]{0,300}")
_SPECIAL: Final = frozenset({"FrontSide", "Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "CardID"})


def field_names(template: str) -> frozenset[str]:
    """Return the names of the fields that a side shows, also within conditions."""
    return frozenset(name for sign, name in _marks(template) if not sign and name not in _SPECIAL)


def makes_card(front: str, filled: Collection[str]) -> bool:
    """Return whether Anki makes a card of a front: whether it shows a field that is filled."""
    hidden: list[bool] = []
    for sign, name in _marks(front):
        if sign == "/":
            if hidden:
                hidden.pop()
        elif sign:
            hidden.append((name in filled) is (sign == "^"))
        elif name in filled and not any(hidden):
            return True
    return False


def _marks(template: str) -> Iterator[tuple[str, str]]:
    for match in _MARK_PARTS.finditer(_COMMENT.sub("", template)):
        yield match["sign"], match["name"].rpartition(":")[2].strip() if not match["sign"] else match["name"].strip()


def safe_template(template: str) -> str:
    """Return a side without scripts, forms, pictures, sounds, embedded pages and what else is not known to be safe.

    The result is unchanged by a second call.
    """
    marks = [_TAGS_MARK]

    def hidden(match: re.Match[str]) -> str:
        if match[0] != _TAGS_MARK:
            marks.append(match[0])
        return _TAGS_PLACE if match[0] == _TAGS_MARK else f"<!--mark-{len(marks) - 1}-->"

    clean: str = _cleaner().clean(_MARK.sub(hidden, _COMMENT.sub("", template)))
    clean = _COMMENT.sub(lambda match: match[0] if _PLACE.fullmatch(match[0]) else "", clean)
    # Commands and formulas of Anki could have a field in between, which can be empty.
    clean = inert(_BEFORE_MARK.sub("", clean).replace("[", "&#91;"))
    return _PLACE.sub(lambda match: marks[int(match[1])] if int(match[1]) < len(marks) else "", clean)


def safe_style(css: str) -> str:
    """Return a style sheet; empty if any of it is not safe."""
    return "" if any(faults(css)) else css


def template_faults(template: str) -> Iterator[tuple[int, int, str]]:
    """Yield what `safe_template` would remove from a side: start and end offsets, and what it is."""
    finder = _Finder(template)
    finder.feed(template)
    finder.close()
    yield from finder.found
    bare = _COMMENT.sub(lambda match: " " * len(match[0]), template)
    if not finder.found and inert(_MARK.sub("", bare)) != _MARK.sub("", bare):
        yield 0, len(template), "a command or formula of the template itself"


class _Finder(HTMLParser):
    def __init__(self, template: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, int, str]] = []
        self._starts = [0]
        for line in template.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        start = self._starts[line - 1] + column
        end = start + len(self.get_starttag_text() or "")
        if tag not in _TAGS:
            self.found.append((start, end, f"the element <{tag[:40]}>"))
            return
        for name, value in attrs:
            if name not in _EVERYWHERE | _ATTRIBUTES.get(tag, set()) or _filtered(tag, name, value or "") is None:
                self.found.append((start, end, f"the attribute “{name[:40]}” of <{tag}>"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)


@functools.cache
def _cleaner() -> Any:
    import nh3

    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={"*": set(_EVERYWHERE), **{tag: set(names) for tag, names in _ATTRIBUTES.items()}},
        attribute_filter=_filtered,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        strip_comments=False,
    )


def _filtered(_tag: str, name: str, value: str) -> str | None:
    """Return the value of an attribute, or None to remove it."""
    if name == "href":
        return encoded(value) if "{{" not in value and is_safe(value) else None
    if name == "style":
        return value if re.search(r"[{}]", value) is None and not any(faults(f"x {{ {value} }}")) else None
    plain = value.replace(_TAGS_PLACE, "x").replace(_TAGS_MARK, "x")
    return value if _VALUE.fullmatch(plain) else None
