r"""TeX read just far enough for the rules: its tokens, what stands in `\text{…}`, and the columns of arrays."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(r"\\(?P<macro>[A-Za-z]+)|\\.|\\|[{}$%&]|(?P<other>[^\\{}$%&]+)", re.DOTALL)
_TEXT_MACROS = frozenset(
    ["text", "textrm", "textbf", "textit", "textsf", "texttt", "textnormal", "textup", "mbox", "hbox", "fbox"]
)
_BRACED = re.compile(r"[ \t\n]*\{")
_COLUMNS = re.compile(r"[ \t\n]*\{((?:[^{}]|\{[^{}]*\})*)\}")
_POSITION = re.compile(r"[ \t\n]*\[[^\[\]]*\]")
_COUNTED = re.compile(r"[lcr|:; \t\n]*")
_KNOWN_COLUMNS = re.compile(r"(?:[lcr|:; \t\n]|[pmbw](?:\{[^{}]*\}){1,2}|[@!<>]\{[^{}]*\}|\*\{\d+\}\{[^{}]*\})*")


class Token(NamedTuple):
    r"""A macro, an escaped character, or one of `{}$%&`; `macro` is empty where it is no macro."""

    start: int
    end: int
    text: str
    macro: str
    in_text: bool


@functools.lru_cache(maxsize=16_384)
def tokens(tex: str) -> tuple[Token, ...]:
    """The tokens of a formula that mean something by themselves, in order; comments are not skipped.

    Remembered for as many formulas as a text can have, since one rule after another asks for them.
    """
    return tuple(_tokens(tex))


def _tokens(tex: str) -> Iterator[Token]:
    depth = 0
    text_depth: int | None = None
    awaiting = False
    for match in _TOKEN.finditer(tex):
        if match.group("other") is not None:
            awaiting = awaiting and match.group().isspace()
            continue
        symbol, macro = match.group(), match.group("macro") or ""
        if symbol == "{":
            depth += 1
            if awaiting and text_depth is None:
                text_depth = depth
        elif symbol == "}":
            if text_depth == depth:
                text_depth = None
            depth -= 1
        awaiting = macro in _TEXT_MACROS
        yield Token(match.start(), match.end(), symbol, macro, text_depth is not None)


class ArrayFault(NamedTuple):
    """What is wrong with an array's columns, and where in the TeX."""

    start: int
    end: int
    message: str
    help: str


@dataclass(slots=True)
class _Level:
    """An environment or a group of braces that is open."""

    name: str
    columns: int | None = None
    cells: int = field(default=1)


def array_faults(tex: str) -> Iterator[ArrayFault]:
    """What is wrong with the columns of the arrays in a formula."""
    levels: list[_Level] = []
    skip = 0
    for token in tokens(tex):
        if token.start < skip or token.in_text:
            continue
        if token.macro in {"begin", "end"}:
            name, skip = _name(tex, token.end)
            if token.macro == "end":
                _leave(levels, name)
                continue
            level = _Level(name)
            levels.append(level)
            if name in {"array", "subarray"}:
                columns, skip, fault = _columns(tex, token.start, skip, name)
                level.columns = columns
                if fault is not None:
                    yield fault
        elif token.text == "{":
            levels.append(_Level("{"))
        elif token.text == "}":
            _leave(levels, "{")
        elif levels:
            yield from _cell(token, levels[-1])


def _cell(token: Token, level: _Level) -> Iterator[ArrayFault]:
    if token.text == "\\\\" or token.macro == "cr":
        level.cells = 1
    elif token.text == "&" and level.columns is not None:
        level.cells += 1
        if level.cells == level.columns + 1:
            plural = "" if level.columns == 1 else "s"
            yield ArrayFault(
                token.start,
                token.end,
                f"This cell is one more than the {level.columns} column{plural} of the array.",
                "Name another column after \\begin{array}, or end the row with \\\\.",
            )


def _leave(levels: list[_Level], name: str) -> None:
    if levels and levels[-1].name == name:
        levels.pop()


def _name(tex: str, position: int) -> tuple[str, int]:
    brace = _BRACED.match(tex, position)
    if brace is None:
        return "", position
    close = tex.find("}", brace.end(), brace.end() + 40)
    return (tex[brace.end() : close], close + 1) if close >= 0 else ("", position)


def _columns(tex: str, start: int, position: int, name: str) -> tuple[int | None, int, ArrayFault | None]:
    """The number of columns (None where it cannot be told), where the cells begin, and what is wrong."""
    optional = _POSITION.match(tex, position)
    begin = optional.end() if optional else position
    match = _COLUMNS.match(tex, begin)
    if match is None:
        message = f"\\begin{{{name}}} does not say which columns it has, so the first character after it is lost."
        return None, position, ArrayFault(start, position, message, f"Write, for two columns, \\begin{{{name}}}{{cc}}.")
    columns = match.group(1)
    if not _KNOWN_COLUMNS.fullmatch(columns) or not columns.strip():
        what = f"“{columns}” names no columns." if columns.strip() else "No column is named here."
        fault = ArrayFault(match.start(), match.end(), what, "Write l, c or r for each column, | for a rule between.")
        return None, match.end(), fault
    counted = sum(columns.count(mark) for mark in "lcr") if _COUNTED.fullmatch(columns) else None
    return counted, match.end(), None
