r"""Blocks of original HTML: what an imported card showed and Markdown cannot say.

Such a block is a code fence of the language `html original`. Its HTML passes an allow-list that is wider than that of
texts (styles that colour or align, tables with spans), formulas are between `\(…\)` or `\[…\]`, pictures and sounds
are `<img>` and `<audio>` with the name of a file in `source/media/`.
"""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING, Any, Final

from cardpipe.markup.original import MEDIA_TAG
from cardpipe.render.cloze import ClozeForm
from cardpipe.render.cloze import open_marks as anki_marks
from cardpipe.text.addresses import encoded, is_safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from cardpipe.markup import Segment

_TAGS: Final = frozenset(
    [
        "a",
        "abbr",
        "b",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
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
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
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
        "strike",
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
        "u",
        "ul",
        "var",
        "wbr",
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
        "select",
        "button",
        "svg",
        "math",
        "video",
        "audio",
    ]
)
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"style"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "col": {"span"},
    "font": {"color"},
    "img": {"src", "alt"},
    "ol": {"start", "type"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}
_PROPERTIES: Final = frozenset(
    [
        "background",
        "background-color",
        "border",
        "border-collapse",
        "color",
        "display",
        "font-size",
        "font-style",
        "font-weight",
        "list-style-type",
        "text-align",
        "text-decoration",
        "text-decoration-line",
        "vertical-align",
        "visibility",
        "white-space",
    ]
)
_VALUE: Final = re.compile(r"[a-z0-9#%.,\s()-]{1,100}", re.IGNORECASE)
_NO_VALUE: Final = re.compile(r"url|expression|image|attr|var|fixed|env", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[0-9]{1,3}")
_WORD: Final = re.compile(r"[A-Za-z0-9#]{1,30}")
_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_RESERVED: Final = re.compile("[\ue000-\ue01f]")
_OPEN, _CLOSE = "\ue006", "\ue007"
_BLOCKS: Final = frozenset(
    [
        "blockquote",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
_TOKEN: Final = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
# A formula does not contain its own beginning, so that the time is linear.
_TAKEN: Final = re.compile(
    rf"{MEDIA_TAG.pattern}|\\\((?P<inline>(?:(?!\\\().)+?)\\\)|\\\[(?P<display>(?:(?!\\\[).)+?)\\\]", re.DOTALL
)
_PICTURE: Final = re.compile(r"<img\b[^<>]*>")
_CLOZE: Final = re.compile(r"\{\{c(?P<number>[0-9]{1,4})::|\}\}|::")
_BEGIN, _END = "\ue008", "\ue009"
_DEEPEST: Final = 20
_LEFT: Final = re.compile(f"{_BEGIN}[0-9]+{_CLOSE}|{_END}")
_SPAN: Final = re.compile(f"{_BEGIN}([0-9]+){_CLOSE}([^{_BEGIN}{_END}]*){_END}")


def cleaned(source: str) -> str:
    """Return HTML from the wide allow-list, well-formed; addresses of pictures are kept."""
    made: str = _cleaner().clean(source)
    return made


def original_html(
    block: Segment,
    *,
    math: Callable[[str, bool], str],
    media: Callable[[int], str | None],
    cloze: ClozeForm | None = None,
    numbered: bool = False,
) -> str:
    """Return the HTML of a block.

    `math(tex, display)` returns a formula, `media(index)` the picture or sound whose tag begins at an index of the
    text, None if it cannot be shown. With `numbered`, deletions have the attributes of `Capabilities.numbered`.
    """
    items: list[str] = []

    def put(made: str) -> str:
        items.append(made)
        return f"{_OPEN}{len(items) - 1}{_CLOSE}"

    def taken(match: re.Match[str]) -> str:
        if match["target"] is not None:
            return put(media(block.content_start + match.start()) or html.escape(html.unescape(match["alt"] or "")))
        inline = match["inline"]
        tex = html.unescape(inline if inline is not None else match["display"]).strip()
        made = math(tex, inline is None)
        return put(made if inline is not None else f'<span class="equation">{made}</span>')

    # Each reserved character is replaced by one, so that positions stay valid.
    made = cleaned(_TAKEN.sub(taken, _RESERVED.sub("\ufffd", block.content.rstrip())))
    # Pictures in another form than `MEDIA_TAG` name files that nobody has checked.
    made = _PICTURE.sub("", made)
    if cloze is not None:
        made = _Deletions(cloze, put, numbered=numbered).replaced(made)
    while (restored := _TOKEN.sub(lambda token: items[int(token[1])], made)) != made:
        made = restored
    return f'<div class="original">{made.strip()}</div>'


class _Deletions:
    """Writes the deletions of clean HTML in a form; they can contain elements, and each other."""

    def __init__(self, form: ClozeForm, put: Callable[[str], str], *, numbered: bool) -> None:
        self._form = form
        self._put = put
        self._numbered = numbered

    def replaced(self, made: str) -> str:
        """Return HTML with its deletions in the form, well-formed."""
        # Each level: the number of its deletion, its pieces, and where its hint begins.
        levels: list[tuple[int, list[str], int | None]] = [(0, [], None)]
        position = 0
        for match in _CLOZE.finditer(made):
            levels[-1][1].append(made[position : match.start()])
            position = match.end()
            number, pieces, hint = levels[-1]
            if match["number"]:
                levels.append((int(match["number"]), [], None))
            elif match.group() == "}}" and len(levels) > 1:
                levels.pop()
                levels[-1][1].append(self._written(number, pieces, hint))
            elif match.group() == "::" and number and hint is None:
                levels[-1] = (number, pieces, len(pieces))
            else:
                pieces.append(match.group())
        levels[-1][1].append(made[position:])
        while len(levels) > 1:
            number, pieces, _ = levels.pop()
            levels[-1][1].append(f"{{{{c{number}::{''.join(pieces)}")
        whole = "".join(levels[0][1])
        if self._form is ClozeForm.MARKS:
            return whole
        # A deletion that crosses elements leaves some of them open.
        made = cleaned(whole)
        for _ in range(_DEEPEST):
            made, count = _SPAN.subn(self._span, made)
            if not count:
                break
        return _LEFT.sub("", made)

    def _written(self, number: int, pieces: list[str], hint: int | None) -> str:
        hidden = "".join(pieces if hint is None else pieces[:hint])
        words = "".join(pieces[hint:]) if hint is not None else ""
        if self._form is ClozeForm.MARKS:
            return anki_marks(number, hidden, words)
        if self._form is ClozeForm.FILLED:
            return f"{_BEGIN}{number}{_CLOSE}{hidden}{_END}"
        plain = re.sub(r"<[^<>]*>", "", words)
        attributes = self._attributes(number) + (f' data-hint="{plain}"' if self._numbered and plain else "")
        return self._put(f'<span class="cloze blank"{attributes}>[{plain or "…"}]</span>')

    def _span(self, match: re.Match[str]) -> str:
        inner = match[2]
        opened = re.findall(r"<(/?)([a-z0-9]+)", inner)
        balance = sum(-1 if slash else 1 for slash, name in opened if name not in {"br", "hr", "wbr", "col"})
        if balance or any(name in _BLOCKS for _, name in opened):
            return inner
        return f'<span class="cloze"{self._attributes(int(match[1]))}>{inner}</span>'

    def _attributes(self, number: int) -> str:
        return f' data-cloze="{number}"' if self._numbered else ""


@functools.cache
def _cleaner() -> Any:
    import nh3

    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_filtered,
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


def _filtered(tag: str, name: str, value: str) -> str | None:
    """Return the value of an attribute, or None to remove it."""
    if name == "style":
        return _style(value) or None
    if name == "href":
        return encoded(value) if is_safe(value) else None
    if tag == "img":
        return re.sub('[<>"]', " ", value)
    if name in {"colspan", "rowspan", "start", "span"}:
        return value if _NUMBER.fullmatch(value) else None
    if name in {"align", "type", "color"}:
        return value if _WORD.fullmatch(value) else None
    return value


def _style(value: str) -> str:
    """Return the declarations that can only change how text looks."""
    kept = []
    for part in value.split(";"):
        name, _, content = (piece.strip() for piece in part.partition(":"))
        if name.lower() in _PROPERTIES and _VALUE.fullmatch(content) and not _NO_VALUE.search(content):
            kept.append(f"{name.lower()}:{content}")
    return ";".join(kept)
