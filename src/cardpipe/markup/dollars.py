r"""Find the dollars in a text, and the one that closes an inline formula.

A dollar after an odd number of backslashes is a character. A dollar inside the braces of `\text{…}` and similar
macros opens math within text within math, so it does not close the outer formula.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field

_RUN = re.compile(r"\$+")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_TEXT_COMMAND = re.compile(
    r"\\(?:text(?:rm|bf|it|sf|tt|normal|up)?|[mhf]box|ce|pu|tag\*?"
    r"|(?:Axiom|(?:Un|Bin|Trin|Quatern|Quin)aryInf)C|(?:Left|Right)Label)[ \t]{0,8}\{"
)


@dataclass(slots=True)
class Dollars:
    """The runs of unescaped dollars of a text."""

    text: str
    starts: list[int] = field(init=False)
    ends: list[int] = field(init=False)
    _group_starts: list[int] = field(init=False)
    _group_ends: list[int] = field(init=False)
    _closers: dict[int, int] = field(init=False, default_factory=dict)
    _pairs: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Find the runs, and the braces of text commands that hold dollars."""
        self.starts, self.ends, self._pairs = [], [], []
        for match in _RUN.finditer(self.text):
            start, end = match.span()
            before = start
            while before and self.text[before - 1] == "\\":
                before -= 1
            start += (start - before) % 2
            if start < end:
                self.starts.append(start)
                self.ends.append(end)
                if end - start >= 2:
                    self._pairs.append(start)
        self._group_starts, self._group_ends = [], []
        if self.starts:
            self._find_groups()

    def next_pair(self, position: int) -> int | None:
        """Return the position of the next two consecutive dollar signs, at or after a position."""
        inside = bisect_left(self.starts, position) - 1
        if inside >= 0 and self.ends[inside] - position >= 2:
            return position
        index = bisect_left(self._pairs, position)
        return self._pairs[index] if index < len(self._pairs) else None

    def next_closer(self, position: int) -> int | None:
        """The next dollar at or after a position that is not inside a text command opened since then."""
        path: list[int] = []
        while position not in self._closers:
            path.append(position)
            run = self._next(position)
            if run is None:
                self._closers[position] = -1
                break
            group = bisect_left(self._group_starts, position)
            if group < len(self._group_starts) and self._group_starts[group] < run < self._group_ends[group]:
                position = self._group_ends[group]
                continue
            self._closers[position] = run
            break
        found = self._closers[position]
        # Remembered for each step of the way, so that no chain of groups is walked twice.
        for step in path:
            self._closers[step] = found
        return None if found < 0 else found

    def _next(self, position: int) -> int | None:
        index = bisect_left(self.starts, position)
        if index and self.ends[index - 1] > position:
            return position
        return self.starts[index] if index < len(self.starts) else None

    def _find_groups(self) -> None:
        closing = _brace_pairs(self.text)
        for match in _TEXT_COMMAND.finditer(self.text):
            opening = match.end() - 1
            close = closing.get(opening)
            if close is None:
                continue
            run = self._next(opening)
            if run is not None and run < close:
                self._group_starts.append(opening)
                self._group_ends.append(close)


def _brace_pairs(text: str) -> dict[int, int]:
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for match in _BRACE.finditer(text):
        if match.group() == "{":
            stack.append(match.start())
        elif match.group() == "}" and stack:
            pairs[stack.pop()] = match.start()
    return pairs
