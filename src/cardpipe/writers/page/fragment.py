"""Rewrite a rendered HTML fragment for a page.

Fragments come from the sanitiser: every `<` of a text is escaped and every attribute is in double quotes, so that tags
can be matched one after another, in linear time.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from cardpipe.text.escaping import html_text
from cardpipe.text.translation import ENGLISH
from cardpipe.writers.api import ALERTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cardpipe.text.translation import Words

_TAG: Final = re.compile(r'<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<rest>(?:[^<>"]++|"[^"]*+")*+)>')
_REWRITTEN: Final = re.compile(
    r"<(?:math(?: [^<>]*)?>.*?</math>"
    r'|(?P<close>/?)(?P<name>a|audio|h[1-6]|img)(?![A-Za-z0-9])(?P<rest>(?:[^<>"]++|"[^"]*+")*+)>'
    r'|[A-Za-z][^<>"]*+(?:"[^"]*+"[^<>"]*+)++>)',
    re.DOTALL | re.IGNORECASE,
)
"""A tag that may be rewritten; or what can contain text that looks like one: a tag with attributes, or the MathML of a
formula, which authors cannot write.
"""
_ATTRIBUTE: Final = re.compile(r'\s+(?P<name>[A-Za-z][\w:-]*)(?:="(?P<value>[^"]*)")?')
_SOURCE: Final = re.compile(
    r'(?P<before>(?:\s+(?!src(?![\w:-]))[A-Za-z][\w:-]*(?:="[^"]*")?)*+)\s+src(?:="(?P<address>[^"]*)")?', re.IGNORECASE
)
"""The address of a picture or sound, and the attributes before it."""
_ABSOLUTE: Final = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_ALONE: Final = re.compile(r'<p>(<img class="media"(?:[^<>"]++|"[^"]*+")*+>)</p>')
"""A paragraph that contains only a picture, which CSS selectors cannot distinguish."""
_ALERT: Final = re.compile(rf'<blockquote((?: dir="[a-z]+")?)>(\s*<p>)(?=<strong>({"|".join(ALERTS)})</strong></p>)')
"""The beginning of an alert, which CSS selectors cannot distinguish from another quotation."""
_ALERT_TITLE: Final = re.compile(
    rf'(<blockquote(?: class="alert [a-z]+")?(?: dir="[a-z]+")?>\s*<p><strong>)({"|".join(ALERTS)})(</strong></p>)'
)
_SHORT: Final = 700
"""The number of characters that can be moved to the next page without leaving a large gap."""
_PARTED: Final = 'parted">'
"""The end of the tag of elements that `breaking` allows to be broken."""
_HEADING: Final = re.compile("<h[1-6]", re.IGNORECASE)
_LIST: Final = re.compile(r'<(?P<name>ul|ol)(?: start="(?P<start>\d{1,9})")?>')
_VOID: Final = frozenset({"br", "col", "hr", "img", "input", "wbr"})
_LOWEST_HEADING: Final = 6


def rewrite(
    fragment: str,
    *,
    address: Callable[[str], str],
    present: Collection[str],
    heading: int,
    card_address: Callable[[str], str] | None = None,
) -> str:
    """Return the fragment with addresses of assets, headings from level `heading`, and without broken links.

    `address` returns the address of an asset by name; `present` has the IDs of the cards of this export, and
    `card_address` returns the address of one that is not on the same page. A link to another card, or one that goes
    neither to a card nor to the web, is replaced by its text. Exceptions of `address` for unknown pictures are
    propagated.
    """
    above: list[int] = []
    open_links: list[bool] = []

    def tag(match: re.Match[str]) -> str:
        if match["name"] is None:
            return match[0]
        name, rest = match["name"].lower(), match["rest"]
        if name == "a":
            return _link(match, open_links, present, card_address)
        if name in {"img", "audio"} and not match["close"]:
            return f"<{name}{_source(rest, address)}>"
        if _is_heading(name):
            if not match["close"]:
                # One level below the last higher heading, so that screen readers find no gap.
                while above and above[-1] >= int(name[1]):
                    above.pop()
                above.append(int(name[1]))
            level = min(heading + len(above) - 1, _LOWEST_HEADING)
            return f"<{match['close']}h{level}{rest}>"
        return match[0]

    rewritten = _ALONE.sub(r'<p class="alone">\1</p>', _REWRITTEN.sub(tag, fragment))
    return _ALERT.sub(_alert, rewritten) if "<blockquote" in rewritten else rewritten


def alerts_in_words(fragment: str, words: Words) -> str:
    """Return a rendered text with the titles of alerts in the words of a language."""
    if words.language == ENGLISH or "<blockquote" not in fragment:
        return fragment
    titles = {
        # Translators: the title of a remark in a text, as are the next four; of rising importance.
        "Note": words.gettext("Note"),
        "Tip": words.gettext("Tip"),
        "Important": words.gettext("Important"),
        "Warning": words.gettext("Warning"),
        "Caution": words.gettext("Caution"),
    }
    return _ALERT_TITLE.sub(lambda match: f"{match[1]}{html_text(titles[match[2]])}{match[3]}", fragment)


def _alert(match: re.Match[str]) -> str:
    return f'<blockquote class="alert {match[3].lower()}"{match[1]}>{match[2]}'


def _is_heading(name: str) -> bool:
    return len(name) == 2 and name[0] in "hH" and name[1] in "123456"


def _source(rest: str, address: Callable[[str], str]) -> str:
    found = _SOURCE.match(rest)
    if found is None:
        return rest
    return f'{found["before"]} src="{html.escape(address(html.unescape(found["address"] or "")))}"{rest[found.end() :]}'


def _link(
    match: re.Match[str],
    open_links: list[bool],
    present: Collection[str],
    card_address: Callable[[str], str] | None,
) -> str:
    """Keep a valid link, remove the tags of a broken one; links are never nested in HTML."""
    if match["close"]:
        return match[0] if not open_links or open_links.pop() else ""
    attributes = {found["name"].lower(): found["value"] or "" for found in _ATTRIBUTE.finditer(match["rest"])}
    target = html.unescape(attributes.get("href", ""))
    card = target.removeprefix("#card-") if target.startswith("#card-") else None
    kept = card in present if card is not None else bool(_ABSOLUTE.match(target))
    open_links.append(kept)
    if kept and card is not None and card_address is not None:
        return match[0].replace(f'href="{target}"', f'href="{html.escape(card_address(card))}"', 1)
    return match[0] if kept else ""


def keep_headings(fragment: str) -> str:
    """Return the fragment with each heading and the element after it in a `<div class="keep">`.

    For an engine that supports `break-inside: avoid` but not `break-after: avoid`.
    """
    if _HEADING.search(fragment) is None:
        return fragment
    tags = list(_TAG.finditer(fragment))
    parts = []
    position = index = 0
    while index < len(tags):
        start = tags[index]
        if start["close"] or not _is_heading(start["name"]):
            index += 1
            continue
        last = _end_of_kept(fragment, tags, index)
        end = tags[last].end()
        parts += [fragment[position : start.start()], '<div class="keep">', fragment[start.start() : end], "</div>"]
        position, index = end, last + 1
    return "".join([*parts, fragment[position:]])


def keep_end(fragment: str, tail: str, short: int = _SHORT) -> str:
    """Return the fragment with a tail, and its last element with the tail in a `<div class="keep">` unless it is long.

    So that a page does not begin with only a card's references. For a list, the last item is enough. An element of more
    than `short` characters is long.
    """
    if not tail:
        return fragment
    tags = list(_TAG.finditer(fragment))
    if not tags:
        return f"{fragment}{tail}"
    last = index = 0
    while index < len(tags):
        last = index
        index = _end_of_element(tags, index) + 1
    start = tags[last].start()
    before, end = _parted(fragment, tags, last)
    # A long table can have few words.
    if len(_TAG.sub("", end)) > short or _PARTED in end:
        before, end = fragment[start:], ""
    return f'{fragment[:start]}{before}<div class="keep">{end}{tail}</div>'


def _parted(fragment: str, tags: list[re.Match[str]], first: int) -> tuple[str, str]:
    """Split the last element of a fragment and what follows: a list before its last item."""
    start = tags[first].start()
    opening = _LIST.fullmatch(tags[first][0])
    if opening is None:
        return "", fragment[start:]
    items, index = [], first + 1
    while index < len(tags) - 1:
        items.append(index)
        index = _end_of_element(tags, index) + 1
    if len(items) < 2 or fragment[tags[-1].end() :].strip():
        return "", fragment[start:]
    name, number = opening["name"], int(opening["start"] or 1) + len(items) - 1
    begin, cut, close = tags[first].end(), tags[items[-1]].start(), tags[-1][0]
    again = f'<{name} start="{number}">' if name == "ol" else f"<{name}>"
    return f'{tags[first][0][:-1]} class="on">{fragment[begin:cut]}{close}', f"{again}{fragment[cut:]}"


def _end_of_kept(fragment: str, tags: list[re.Match[str]], index: int) -> int:
    """Return the tag that ends the first element after a heading and after immediately following headings."""
    last = _end_of_element(tags, index)
    while True:
        following = last + 1
        if following >= len(tags) or tags[following]["close"]:
            return last
        if fragment[tags[last].end() : tags[following].start()].strip():
            return last
        last = _end_of_element(tags, following)
        if not _is_heading(tags[following]["name"]):
            return last


def _end_of_element(tags: list[re.Match[str]], index: int) -> int:
    depth = 0
    for number in range(index, len(tags)):
        tag = tags[number]
        if tag["name"].lower() not in _VOID:
            depth += -1 if tag["close"] else 1
        if depth <= 0:
            return number
    return len(tags) - 1
