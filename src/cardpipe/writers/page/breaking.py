"""Line breaks on paper in text without spaces: in long words, and in tables whose words are wider than the page.

The engine's `overflow-wrap` breaks a word in its middle even where the line could break before it, if an element ends
in between; so words get break opportunities, and only tables that would not fit have `overflow-wrap`.
"""

from __future__ import annotations

import html
import re
from typing import Final

LONG: Final = 32
"""Characters that always fit on a line of a whole page."""
_STEP: Final = 8
"""The distance between break opportunities."""
_PART: Final = re.compile(r'<(?P<close>/?)(?P<name>[A-Za-z0-9!]+)(?:[^<>"]++|"[^"]*+")*+>|[^<]+|<')
_UNIT: Final = re.compile(r"&[#\w]{1,32};|\s|[^\s]")
_INLINE: Final = frozenset({"a", "b", "code", "del", "em", "i", "img", "kbd", "s", "span", "strong", "sub", "sup"})
_WITHIN: Final = re.compile(
    rf'</?(?:{"|".join(sorted(_INLINE))})(?![A-Za-z0-9!])(?:[^<>"]++|"[^"]*+")*+>', re.IGNORECASE
)
_ANY: Final = re.compile(r'</?[A-Za-z0-9!]+(?:[^<>"]++|"[^"]*+")*+>')
_ARTICLE: Final = "<article "
_END: Final = "</article>"
_WIDTH: Final = re.compile(r"\bwidth:([0-9]{1,4}(?:\.[0-9]{1,4})?)em")
_TABLE: Final = '<div class="table">'
ROOM: Final = 86.0
"""Width of the text on paper in letters of a table's size."""
_PADDING: Final = 3.0
"""Width of a cell's padding in letters."""


_PARAGRAPH: Final = re.compile(r"<p>(?P<text>.*?)</p>", re.DOTALL)
_ITEM: Final = re.compile(
    r"<li>(?P<text>(?:[^<]+|<(?!/?(?:blockquote|div|dl|figure|h\d|li|ol|p|pre|table|ul)\b))*)(?P<end></li>)?"
)
_LEADING: Final = re.compile(r'<p>(?P<text>[^<]*(?:<(?!/p>)[^<]*)*)</p>(?=\s*<(?:ul|ol|div class="(?:equation|table)))')
_LEADING_LETTERS: Final = 90
"""The maximum length of a paragraph that leads to a list, an equation or a table, such as “where”."""
_CODE: Final = re.compile(r"<pre>(?P<text>.*?)</pre>", re.DOTALL)
_ROWS: Final = re.compile(r'<div class="(?P<class>table(?: tight)?)">(?P<text>.*?)</table>', re.DOTALL)
_KEPT_LINES: Final = 4
"""A paragraph of up to this many lines is kept whole, since an engine could leave its last one alone on a page."""
_KEPT_CODE: Final = 25
"""Lines of code that are kept together: half a page."""
_KEPT_ROWS: Final = 20
"""Rows of a table that are kept together: half a page."""
_TEXT: Final = 0.9
"""The text size of a table relative to the page's."""
_FORMULA: Final = 6
"""The assumed width of an inline formula in letters."""


def breakable(page: str, longest: int = LONG) -> str:
    """Return the HTML with `<wbr>` in runs of more characters than always fit on a line."""
    return "".join(_breakable(article, longest) for article in articles(page))


def breakable_around_cards(page: str, longest: int) -> str:
    """Return the same for a page whose cards are finished."""
    first, *others = articles(page)
    parts = [_breakable(first, longest)]
    for other in others:
        card, end, after = other.partition(_END)
        parts += [card, end, _breakable(after, longest)]
    return "".join(parts)


def _breakable(part: str, longest: int) -> str:
    return part if _is_short(part, longest) else _with_breaks(part, longest)


def articles(page: str) -> list[str]:
    """Return the HTML before the first `<article>`, and from each of them on."""
    first, *others = page.split(_ARTICLE)
    return [first, *(f"{_ARTICLE}{other}" for other in others)]


def _is_short(page: str, longest: int) -> bool:
    """Return whether no run is longer: a fast check, since few cards have such runs."""
    text = _ANY.sub(" ", _WITHIN.sub("", page))
    return max(map(len, text.split()), default=0) <= longest


def _with_breaks(page: str, longest: int) -> str:
    parts = []
    run = 0
    for part in _PART.finditer(page):
        if part["name"]:
            # An inline element does not end a word; any other ends the line.
            run = run if part["name"].lower() in _INLINE else 0
            parts.append(part[0])
            continue
        words = part[0].split()
        first = 0 if part[0][0].isspace() else run
        if not words:
            run = 0
        elif first + len(words[0]) <= longest and all(len(word) <= longest for word in words):
            alone = len(words) == 1 and not part[0][-1].isspace()
            run = 0 if part[0][-1].isspace() else len(words[-1]) + (first if alone else 0)
        else:
            text, run = _broken(part[0], run, longest)
            parts.append(text)
            continue
        parts.append(part[0])
    return "".join(parts)


def _broken(text: str, run: int, longest: int) -> tuple[str, int]:
    """Return the text with break opportunities, and the length of the run at its end."""
    units = []
    for unit in _UNIT.findall(text):
        run = 0 if unit.isspace() else run + 1
        units.append(unit)
        if run >= longest - _STEP and run % _STEP == 0:
            units.append("<wbr>")
    return "".join(units), run


def fitted_tables(fragment: str, room: float = ROOM) -> str:
    """Return the fragment with the class `tight` on tables whose longest words side by side are wider than the text.

    `room` is the width of the text in letters of a table's size.
    """
    first, *tables = fragment.split(_TABLE)
    parts = [first]
    for table in tables:
        tight = _least(table.partition("</div>")[0]) > room
        parts += [_TABLE.replace("table", "table tight") if tight else _TABLE, table]
    return "".join(parts)


def _least(table: str) -> float:
    """Return the minimum width of a table in letters: that of the widest word in each of its columns."""
    widths: list[float] = []
    column = -1
    for part in _PART.finditer(table):
        name = (part["name"] or "").lower()
        if name == "tr":
            column = -1
        elif name in {"td", "th"} and not part["close"]:
            column += 1
            widths += [0.0] * (column + 1 - len(widths))
        elif column >= 0:
            widths[column] = max(widths[column], _widest(part[0], name))
    return sum(widths) + _PADDING * len(widths)


def _widest(part: str, name: str) -> float:
    if name == "img":
        width = _WIDTH.search(part)
        return 2 * float(width[1]) if width else 0.0
    return 0.0 if name else float(max(map(len, html.unescape(part).split()), default=0))


def parted(fragment: str, room: float) -> str:
    """Return the fragment with the class `parted` on elements that are long enough to be broken between pages.

    These are paragraphs and items of lists beyond some lines, long code and long tables; the room is the width of the
    text in letters of a table's size. The text of a long item becomes a paragraph, and the item gets the class `bare`.
    A short paragraph that leads to the next element gets the class `leads`.
    """
    most = _KEPT_LINES * room * _TEXT

    def paragraph(match: re.Match[str]) -> str:
        return f'<p class="parted">{match["text"]}</p>' if _is_longer(match["text"], most) else match[0]

    def item(match: re.Match[str]) -> str:
        end = match["end"] or ""
        if _is_longer(match["text"], most):
            # As a paragraph, so that widows and orphans are avoided in it too.
            return f'<li class="parted bare"><p class="parted">{match["text"]}</p>{end}'
        return match[0] if end else f'<li class="parted">{match["text"]}'

    def code(match: re.Match[str]) -> str:
        return f'<pre class="parted">{match["text"]}</pre>' if match["text"].count("\n") >= _KEPT_CODE else match[0]

    def table(match: re.Match[str]) -> str:
        long = match["text"].count("<tr") > _KEPT_ROWS
        return f'<div class="{match["class"]} parted">{match["text"]}</table>' if long else match[0]

    def leading(match: re.Match[str]) -> str:
        long = _is_longer(match["text"], _LEADING_LETTERS)
        return match[0] if long else f'<p class="leads">{match["text"]}</p>'

    for tag, pattern, mark in (
        ("<p>", _LEADING, leading),
        ("<p>", _PARAGRAPH, paragraph),
        ("<li>", _ITEM, item),
        ("<pre>", _CODE, code),
    ):
        if tag in fragment:
            fragment = pattern.sub(mark, fragment)
    return _ROWS.sub(table, fragment) if "<table" in fragment else fragment


def _is_longer(text: str, letters: float) -> bool:
    """Return whether a paragraph's text is wider than so many letters, as far as `_letters` knows."""
    # No tag of a picture, entity or ASCII character counts more letters than it has characters.
    return (len(text) > letters or not text.isascii()) and _letters(text) > letters


def _letters(text: str) -> int:
    """Return the approximate width of a paragraph's text in letters."""
    plain = html.unescape(_ANY.sub("", text))
    wide = sum("\u2e80" <= letter < "\ufb00" for letter in plain) if not plain.isascii() else 0
    return len(plain) + wide + _FORMULA * text.count("<img ")
