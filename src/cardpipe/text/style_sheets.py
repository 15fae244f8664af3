"""Style sheets of note types: which are safe, and how they are limited to the cards of their note type.

A sheet consists of rules, `selectors { declarations }`, without at-rules, nested rules and addresses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_SHEET: Final = 20_000
"""The maximum number of characters; Anki stores it in each note type."""
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_UNSAFE: Final = (
    (re.compile(r"<|-->"), "A style sheet cannot contain “<” or “-->”, which a page would read as HTML."),
    (re.compile(r"@[^\s;{]*"), "At-rules such as @import are not supported."),
    (re.compile(r"\\"), "Escapes with a backslash are not supported."),
    (
        re.compile(r"(?i)(?:url|src|image|image-set|element|expression|attr|paint)\s*\("),
        "This function is not allowed, since it could load something.",
    ),
    (re.compile(r"(?i)(?:javascript|data|vbscript|https?)\s*:"), "Addresses are not allowed."),
    (re.compile(r"(?i)\b(?:behavior|-moz-binding)\b"), "This property is not allowed."),
    (
        re.compile(r"(?i)\bposition\s*:(?!\s*(?:relative|static)\s*(?:[;}]|$))"),
        "A card cannot cover the rest of the page.",
    ),
    (re.compile(r"\{\{|\}\}"), "Double braces are not supported."),
)
_NIGHT: Final = re.compile(r"(?:(?:\.card)?\.(?:nightMode|night_mode)\s+)+(?=\S)")
_CARD: Final = re.compile(r"^\.card(?![\w-])\s*")
_PAIRED: Final = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|[\"'()\[\]]")
_CLOSING: Final = {"(": ")", "[": "]"}
_SELECTOR: Final = re.compile(r"[A-Za-z0-9.#:*_\-\s>+~\[\]=\"'()]+")


def faults(css: str) -> Iterator[tuple[int, int, str]]:
    """Return what makes a sheet unsafe or unreadable: start and end offsets, and the reason."""
    if len(css) > LARGEST_SHEET:
        yield LARGEST_SHEET, LARGEST_SHEET, f"A style sheet can have at most {LARGEST_SHEET:,} characters."
        return
    bare = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), css)
    if "/*" in bare or "*/" in bare:
        place = bare.find("/*") if "/*" in bare else bare.find("*/")
        yield place, place + 2, "This comment is not closed."
        return
    found = False
    for pattern, reason in _UNSAFE:
        for match in pattern.finditer(bare):
            found = True
            yield match.start(), match.end(), reason
    if found:
        return
    position = 0
    for start, opening, end in _rules(bare):
        selectors = bare[start:opening]
        if not selectors.strip() or not all(_is_selector(part.strip()) for part in selectors.split(",")):
            yield start + len(selectors) - len(selectors.lstrip()), opening, "This selector is not supported."
        elif not _is_balanced(bare[opening + 1 : end - 1]):
            yield opening, end, "Quotation marks and brackets in declarations must come in pairs."
        position = end
    rest = bare[position:]
    if rest.strip():
        start = position + len(rest) - len(rest.lstrip())
        yield start, len(css.rstrip()), "This is no rule of the form `selectors { declarations }`."


def _is_selector(part: str) -> bool:
    """Return whether a selector is supported: it names elements within a card, and cannot continue in the next one."""
    return _SELECTOR.fullmatch(part) is not None and not _inner(part)[1].startswith(("+", "~")) and _is_balanced(part)


def _is_balanced(css: str) -> bool:
    """Return whether quotation marks and brackets come in pairs; or else CSS reads the next rules as a part of it."""
    open_brackets: list[str] = []
    for match in _PAIRED.finditer(css):
        sign = match[0]
        if sign in _CLOSING:
            open_brackets.append(_CLOSING[sign])
        elif len(sign) == 1 and (sign in "\"'" or not open_brackets or open_brackets.pop() != sign):
            return False
    return not open_brackets


def _rules(bare: str) -> Iterator[tuple[int, int, int]]:
    """Return each rule up to the first fault: where its selectors begin, its opening brace, and its end."""
    position = 0
    while True:
        opening = bare.find("{", position)
        closing = bare.find("}", position)
        if opening < 0 or closing < opening or 0 <= bare.find("{", opening + 1) < closing:
            return
        yield position, opening, closing + 1
        position = closing + 1


def scoped(css: str, selector: str) -> str:
    """Return a sheet without faults that only affects elements within those of a selector."""
    bare = _COMMENT.sub("", css)
    rules = []
    for start, opening, end in _rules(bare):
        named = ", ".join(_within(part.strip(), selector) for part in bare[start:opening].split(","))
        rules.append(f"{named} {{ {' '.join(bare[opening + 1 : end - 1].split())} }}")
    return "\n".join(rules)


def _within(part: str, selector: str) -> str:
    nights, inner = _inner(part)
    return " ".join(word for word in (nights, selector, inner) if word)


def _inner(part: str) -> tuple[str, str]:
    """Return the classes of Anki's night mode that a selector begins with, and what it names within a card."""
    nights = _NIGHT.match(part)
    rest = part[nights.end() :] if nights is not None else part
    return nights[0].strip() if nights is not None else "", _CARD.sub("", rest)
