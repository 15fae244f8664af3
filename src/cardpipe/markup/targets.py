"""The target of an inline link or image, in parentheses (CommonMark 0.31, 6.3)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MAXIMUM_PARENTHESES: Final = 32
"""The maximum nesting depth of parentheses in an address, the same as in CommonMark's reference parser."""

# Every repeat is possessive, and none goes beyond the sign that began it, so that reading takes linear time.
_OPENING: Final = re.compile(r"\([ \t\n]*+")
_ANGLED: Final = re.compile(r"<((?:[^<>\n\\]|\\.|\\)*+)>")
_RUN: Final = re.compile(r"(?:[^\s()\\]++|\\[!-/:-@\[-`{-~]|\\)*+")
_CLOSING: Final = re.compile(
    r"""(?:[ \t\n]++(?P<title>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|\((?:[^()\\]|\\.)*+\)))?+[ \t\n]*+\)""", re.DOTALL
)


class LinkTarget(NamedTuple):
    """A link target: its address (`start` to `stop`), its title, and the end of the link."""

    start: int
    stop: int
    title: str
    """As written, without its quotes."""
    end: int


def read_target(text: str, at: int, end: int) -> LinkTarget | None:
    """Return the target that begins with a parenthesis at an index; None if there is none."""
    opening = _OPENING.match(text, at, end)
    if opening is None:
        return None
    angled = _ANGLED.match(text, opening.end(), end)
    if angled is not None:
        (start, stop), after = angled.span(1), angled.end()
    else:
        start = opening.end()
        stop = after = _bare(text, start, end)
    closing = _CLOSING.match(text, after, end)
    if closing is None:
        return None
    title = closing.group("title")
    return LinkTarget(start, stop, title[1:-1] if title else "", closing.end())


def _bare(text: str, start: int, end: int) -> int:
    """Return the end of an address without angle brackets: at whitespace, or at a parenthesis that it did not open."""
    if text.startswith("<", start, end):
        return start
    depth = 0
    position = start
    while (run := _RUN.match(text, position, end)) is not None:
        position = run.end()
        sign = text[position] if position < end else ""
        if sign == "(" and depth < MAXIMUM_PARENTHESES:
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
        else:
            break
        position += 1
    return position
