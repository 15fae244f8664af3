"""Anki's card templates: which fields they show, which cards they make, and HTML of a stranger made safe.

The language is that of Anki's manual, “Card Templates”. Text of a template is kept as it is; elements and attributes
that could run something, load something or cover the page are removed.
"""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING, Any, Final

from cardpipe.text.addresses import encoded, is_safe
from cardpipe.text.escaping import inert, shortened
from cardpipe.text.style_sheets import faults

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MARK: Final = re.compile(r"\{\{[^{}<>\"\x00-\x1f]{1,500}\}\}")
"""A field or a condition; without signs that could end an attribute or begin an element."""
_MARK_PARTS: Final = re.compile(r"\{\{(?P<sign>[#^/]?)(?P<name>[^{}<>\"\x00-\x1f]{1,500})\}\}")
_PLACE: Final = re.compile(r"(?:<|&lt;)!--mark-([0-9]{1,9})--(?:>|&gt;)")
_TAGS_MARK: Final = "{{Tags}}"
_TAGS_PLACE: Final = "<!--mark-0-->"
"""The only mark in attributes: tags contain neither quotation marks nor spaces, while a field can end the attribute."""
_BEFORE_MARK: Final = re.compile(r"\\+(?=<!--mark-)")

_TAGS: Final = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "center",
        "code",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "ins",
        "kbd",
        "label",
        "li",
        "main",
        "mark",
        "nav",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "tts",  # AnkiDroid reads its text aloud; elsewhere it is an element without a meaning
        "u",
        "ul",
        "var",
    ]
)
_DROPPED: Final = frozenset(
    [
        "script",
        "style",
        "iframe",
        "object",
        "embed",
        "noscript",
        "template",
        "title",
        "textarea",
        "svg",
        "math",
        "audio",
        "video",
        "select",
    ]
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
    "tts": {"service", "voice"},
}
_ELEMENT: Final = re.compile(
    r"<(?P<tag>[a-zA-Z][a-zA-Z0-9-]{0,40})(?P<attributes>(?:\"[^\"]{0,1000}\"|'[^']{0,1000}'|[^\"'<>]){0,2000}>)?"
)
"""A start tag as far as it can be read; what is unreadable is removed, too."""
_ATTRIBUTE: Final = re.compile(
    r"(?P<name>[^\s\"'<>/=]{1,40})(?:\s{0,20}=\s{0,20}(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'<>]*))?"
)
_VALUE: Final = re.compile(r"[\w \-.,#%+]{0,300}")
SPECIAL: Final = frozenset({"FrontSide", "Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "CardID"})
"""The names that are no fields. A field with such a name cannot be shown, and Anki renames it."""
_CLOZE_CONDITION: Final = re.compile(r"c[0-9]{1,4}")


def field_names(template: str) -> frozenset[str]:
    """Return the names of the fields that a side shows, also within conditions."""
    return frozenset(name for sign, name in _marks(template) if not sign and name not in SPECIAL)


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


def mark_fault(template: str, names: Collection[str]) -> tuple[int, int, str] | None:
    """Return the first mark because of which Anki shows an error in place of a card: its offsets, and what is wrong.

    `names` are those of the fields. Anki reads a `{{` without an end as text.
    """
    bare = COMMENT.sub(lambda match: " " * len(match[0]), template)
    conditions: list[tuple[int, int, str]] = []
    position = 0
    while (start := bare.find("{{", position)) >= 0 and (end := bare.find("}}", start)) >= 0:
        position = end + 2
        mark = bare[start + 2 : end].lstrip("{").strip()
        shown = f"“{{{{{shortened(mark)}}}}}”"
        sign, name = (mark[0], mark[1:].strip()) if mark[:1] in {"#", "^", "/"} else ("", mark)
        if sign == "/":
            if not conditions or conditions.pop()[2] != name:
                return start, position, f"{shown} does not end the condition before it"
            continue
        if not sign and name != "tts-voices:":
            name = name.rpartition(":")[2].strip()
            if name not in names and name not in SPECIAL:
                return start, position, f"{shown} names no field"
        elif sign:
            if name not in names and name not in SPECIAL - {"FrontSide"} and not _CLOZE_CONDITION.fullmatch(name):
                return start, position, f"{shown} names no field"
            conditions.append((start, position, name))
    return (*conditions[-1][:2], "this condition has no end") if conditions else None


def asks(front: str, names: Collection[str], *, is_cloze: bool) -> bool:
    """Return whether a front shows a field, or with clozes one of which Anki hides the deletions."""
    found = (match for match in _MARK_PARTS.finditer(COMMENT.sub("", front)) if not match["sign"])
    for match in found:
        *filters, name = (part.strip() for part in match["name"].split(":"))
        if name in names and ("cloze" in filters) is is_cloze:
            return True
    return False


def _marks(template: str) -> Iterator[tuple[str, str]]:
    for match in _MARK_PARTS.finditer(COMMENT.sub("", template)):
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

    clean: str = _cleaner().clean(_MARK.sub(hidden, COMMENT.sub("", template)))
    clean = COMMENT.sub(lambda match: match[0] if _PLACE.fullmatch(match[0]) else "", clean)
    # Commands and formulas of Anki could have a field in between, which can be empty.
    clean = inert(_BEFORE_MARK.sub("", clean).replace("[", "&#91;"))
    return _PLACE.sub(lambda match: marks[int(match[1])] if int(match[1]) < len(marks) else "", clean)


def safe_style(css: str) -> str:
    """Return a style sheet; empty if any of it is not safe."""
    return "" if any(faults(css)) else css


def template_faults(template: str) -> Iterator[tuple[int, int, str]]:
    """Yield what `safe_template` would remove from a side: start and end offsets, and what it is."""
    bare = COMMENT.sub(lambda match: " " * len(match[0]), template)
    is_clean = True
    for match in _ELEMENT.finditer(bare):
        tag = match["tag"].lower()
        for what in _faults_of(tag, match["attributes"] or ""):
            is_clean = False
            yield match.start(), match.end(), what
    text = _MARK.sub("", bare)
    if is_clean and inert(text) != text:
        yield 0, len(template), "a command or formula of its own"


def _faults_of(tag: str, attributes: str) -> Iterator[str]:
    if tag not in _TAGS:
        yield f"the element <{tag}>"
        return
    for match in _ATTRIBUTE.finditer(attributes):
        name, value = match["name"].lower(), html.unescape((match["value"] or "").strip("\"'"))
        if name not in _EVERYWHERE | _ATTRIBUTES.get(tag, frozenset()) or _filtered(tag, name, value) is None:
            yield f"the attribute “{name}” of <{tag}>"


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
