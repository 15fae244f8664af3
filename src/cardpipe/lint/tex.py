r"""A partial TeX parser for the rules: tokens, text in `\text{…}`, and columns of arrays."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(r"\\(?P<macro>[A-Za-z]+)|\\.|\\|[{}$%&]|(?P<other>[^\\{}$%&]+)", re.DOTALL)
_TEXT_ARGUMENT = """
    text textrm textbf textit textsf texttt textnormal textup mbox hbox fbox intertext shortintertext tag ce pu
    AxiomC UnaryInfC BinaryInfC TrinaryInfC QuaternaryInfC QuinaryInfC LeftLabel RightLabel AXC UIC BIC TIC LL RL
"""
_TEXT_MACROS = {**dict.fromkeys(_TEXT_ARGUMENT.split(), 0), "colorbox": 1, "fcolorbox": 2}
"""Macros that read an argument as text, in which dollars delimit formulas, and the number of arguments before it."""
_TEXT_COLUMN = frozenset(["cases*", "dcases*", "rcases*", "drcases*", "numcases", "subnumcases"])
"""Environments whose second column is text."""
_BRACED = re.compile(r"[ \t\n]*\{")
_COLUMNS = re.compile(r"[ \t\n]*\{((?:[^{}]|\{[^{}]*\})*)\}")
_POSITION = re.compile(r"[ \t\n]*\[[^\[\]]*\]")
_COUNTED = re.compile(r"[lcr|:; \t\n]*")
_KNOWN_COLUMNS = re.compile(r"(?:[lcr|:; \t\n]|[pmbw](?:\{[^{}]*\}){1,2}|[@!<>]\{[^{}]*\}|\*\{\d+\}\{[^{}]*\})*")


class Token(NamedTuple):
    r"""A macro, an escaped character, or one of `{}$%&`; `macro` is empty if it is not a macro."""

    start: int
    end: int
    text: str
    macro: str
    in_text: bool


def tokens(tex: str) -> tuple[Token, ...]:
    """Return the special tokens of a formula, in order; comments are not skipped."""
    return _read(tex)[0]


def text_spans(tex: str) -> tuple[tuple[int, int], ...]:
    r"""Return the spans of text in a formula: arguments of `\text{…}` and similar, second columns of `cases*`."""
    return _read(tex)[1]


@functools.lru_cache(maxsize=16_384)
def _read(tex: str) -> tuple[tuple[Token, ...], tuple[tuple[int, int], ...]]:
    """Return the tokens and the spans of text; cached, since several rules need them.

    One rule after another asks for them.
    """
    reader = _Reader(tex)
    return tuple(reader.tokens()), tuple(reader.spans)


class _Reader:
    def __init__(self, tex: str) -> None:
        self.tex = tex
        self.spans: list[tuple[int, int]] = []
        self.depth = 0
        self.text_depth: int | None = None
        self.text_start = 0
        self.awaiting: int | None = None
        """The number of arguments before the text argument; None if none is expected."""
        self.environments: list[tuple[str, int]] = []
        """The open environments, and the brace depth at which each began."""
        self.cell_start: int | None = None
        """Where the text of a cell began, if one is open."""

    def tokens(self) -> Iterator[Token]:
        for match in _TOKEN.finditer(self.tex):
            if match.group("other") is not None:
                if match.group().strip(" \t\n*"):
                    self.awaiting = None
                continue
            symbol, macro = match.group(), match.group("macro") or ""
            if symbol == "{":
                self._open(match.end())
            elif symbol == "}":
                self._close(match.start())
            elif self.text_depth is None:
                self._environment(symbol, macro, match.start(), match.end())
            if symbol not in "{}":
                self.awaiting = _TEXT_MACROS.get(macro)
            in_cell = self.cell_start is not None and match.start() >= self.cell_start
            yield Token(match.start(), match.end(), symbol, macro, self.text_depth is not None or in_cell)

    def _open(self, end: int) -> None:
        self.depth += 1
        if self.awaiting == 0 and self.text_depth is None:
            self.text_depth, self.text_start = self.depth, end
            self.awaiting = None

    def _close(self, start: int) -> None:
        if self.text_depth == self.depth:
            self.text_depth = None
            self.spans.append((self.text_start, start))
        elif self.awaiting and self.text_depth is None:
            self.awaiting -= 1
        self.depth -= 1

    def _environment(self, symbol: str, macro: str, start: int, end: int) -> None:
        if macro == "begin":
            self.environments.append((_name(self.tex, end)[0], self.depth))
        elif macro == "end" or symbol == "\\\\" or macro == "cr":
            if self.cell_start is not None and self._is_here():
                self.spans.append((self.cell_start, start))
                self.cell_start = None
            if macro == "end" and self.environments:
                self.environments.pop()
        elif symbol == "&" and self.cell_start is None and self._is_here():
            self.cell_start = end

    def _is_here(self) -> bool:
        """Return whether the position is in the innermost environment's text column, outside of inner braces."""
        return (
            bool(self.environments)
            and self.environments[-1][0] in _TEXT_COLUMN
            and self.environments[-1][1] == self.depth
        )


class ArrayFault(NamedTuple):
    """A fault in an array's columns, and its position in the TeX."""

    start: int
    end: int
    message: str
    help: str


@dataclass(slots=True)
class _Level:
    """An open environment or group of braces."""

    name: str
    columns: int | None = None
    cells: int = field(default=1)


def array_faults(tex: str) -> Iterator[ArrayFault]:
    """Return the faults in the columns of the arrays in a formula."""
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
                f"This row has more cells than the array's {level.columns} column{plural}.",
                "Add a column after \\begin{array}, or end the row with \\\\.",
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
    """Return the number of columns (None if unknown), where the cells begin, and the faults."""
    optional = _POSITION.match(tex, position)
    begin = optional.end() if optional else position
    match = _COLUMNS.match(tex, begin)
    if match is None:
        message = f"\\begin{{{name}}} has no column specification, so the first character after it is lost."
        return None, position, ArrayFault(start, position, message, f"Write, for two columns, \\begin{{{name}}}{{cc}}.")
    columns = match.group(1)
    if not _KNOWN_COLUMNS.fullmatch(columns) or not columns.strip():
        what = (
            f"“{columns}” is not a column specification." if columns.strip() else "The column specification is empty."
        )
        fault = ArrayFault(
            match.start(), match.end(), what, "Write l, c or r for each column, | for a line between columns."
        )
        return None, match.end(), fault
    counted = sum(columns.count(mark) for mark in "lcr") if _COUNTED.fullmatch(columns) else None
    return counted, match.end(), None
