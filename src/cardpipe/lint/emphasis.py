"""Emphasis by CommonMark's rules (0.31, section 6.2), to find delimiters that other parsers pair differently.

Strikethrough (`~~`) follows the same rules (GitHub Flavored Markdown, section 6.5).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cardpipe.markup import LinkForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.markup import Scan

_MARK = re.compile(r"[*_]|~~")
_RUN = re.compile(r"\\.|(\*+|_+|~{2,})", re.DOTALL)
_STARS = re.compile(r"(\*+)")
_OTHER_SIGNS = ("\\", "_", "~~")
"""Most texts have none of these, and their stars are found in a fraction of the time."""


@dataclass(slots=True)
class _Run:
    start: int
    length: int
    mark: str
    can_open: bool
    can_close: bool
    left: int
    partners: list[_Run] = field(default_factory=list)

    @property
    def is_loose(self) -> bool:
        """Whether the run looks like emphasis, but is not completely paired."""
        return self.left > 0 and (self.can_open or self.can_close)


def unpaired_marks(scan: Scan) -> Iterator[tuple[int, int]]:
    """Return the runs of `*`, `_` or `~~` that look like emphasis, but are not completely paired in their block."""
    texts = sorted((link.text_start, link.text_end) for link in scan.links() if link.form is LinkForm.INLINE)
    for runs in _paired(scan):
        for mark in "*_~":
            same = [run for run in runs if run.mark == mark]
            # All parsers take a single mark as a character.
            if len(same) > 1:
                yield from ((run.start, run.start + run.length) for run in same if run.is_loose)
        for run in runs:
            if len(run.partners) > 1 and not run.left and not _is_clear(run):
                yield run.start, run.start + run.length
        if texts and runs:
            yield from _across_links(runs, texts)


def _across_links(runs: list[_Run], texts: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Return runs paired across the edge of a link, and runs in a link that is within emphasis of the same mark.

    A link's text is read before the emphasis around it (CommonMark 0.31, section 6.2, rule 17), but not everywhere.
    """
    open_until: dict[str, int] = {}
    for run in runs:
        place = bisect_left(texts, (run.start + 1, 0)) - 1
        first, last = texts[place] if place >= 0 else (0, 0)
        inside = first <= run.start < last
        partners = run.partners
        if any((first <= other.start < last) != inside for other in partners) or (
            inside and partners and run.start < open_until.get(run.mark, -1)
        ):
            yield run.start, run.start + run.length
        elif not inside:
            open_until[run.mark] = max([open_until.get(run.mark, -1), *(other.start for other in partners)])


def emphasised(scan: Scan) -> Iterator[tuple[str, int, int, int]]:
    """Yield the emphasis between runs of equal length: mark, length, start and end."""
    for runs in _paired(scan):
        for run in runs:
            for other in run.partners[:1]:
                if other.start > run.start and other.length == run.length and not run.left and not other.left:
                    yield run.mark, run.length, run.start, other.start + other.length


def _paired(scan: Scan) -> Iterator[list[_Run]]:
    """Return the runs of each block, paired."""
    prose = scan.prose_alone
    only_stars = not any(sign in prose for sign in _OTHER_SIGNS)
    marks = [match.start() for match in (_STARS if only_stars else _MARK).finditer(prose)]
    if not marks:
        return
    pattern = _STARS if only_stars else _RUN
    hidden = _hidden(scan)
    for start, end in scan.blocks:
        first = bisect_left(marks, start)
        runs = list(_runs(scan, start, end, hidden, pattern)) if first < len(marks) and marks[first] < end else []
        if runs:
            _pair(runs)
            yield runs


def _is_clear(run: _Run) -> bool:
    """Return whether all parsers agree on a run with two partners.

    They do for `***bold italic***`, and for cases such as `***italic* bold**`, where one mark and two close what three
    opened.
    """
    if run.length != 3 or run.mark == "~" or len(run.partners) != 2:
        return False
    one, other = run.partners
    if one is other:
        return one.length == 3
    same_side = (one.start < run.start) == (other.start < run.start)
    return same_side and len(one.partners) == len(other.partners) == 1 and one.length + other.length == 3


def _hidden(scan: Scan) -> list[tuple[int, int]]:
    """Return the spans of prose in which marks are not emphasis: tags and link targets; sorted."""
    spans = [(tag.start, tag.end) for tag in scan.html]
    spans.extend((link.target_start, link.end) for link in scan.links())
    return sorted(spans)


def _runs(scan: Scan, start: int, end: int, hidden: list[tuple[int, int]], pattern: re.Pattern[str]) -> Iterator[_Run]:
    text = scan.text
    index = _first_ending_after(hidden, start)
    for match in pattern.finditer(scan.prose_alone, start, end):
        if match.group(1) is None:
            continue
        first, last = match.span()
        while index < len(hidden) and hidden[index][1] <= first:
            index += 1
        if index < len(hidden) and hidden[index][0] <= first:
            continue
        before = text[first - 1] if first > start else "\n"
        after = text[last] if last < end else "\n"
        yield _run(first, match.group(1), before, after)


def _first_ending_after(hidden: list[tuple[int, int]], position: int) -> int:
    low, high = 0, len(hidden)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if hidden[middle][1] <= position else (low, middle)
    return low


def _run(start: int, marks: str, before: str, after: str) -> _Run:
    space_before, space_after = before.isspace(), after.isspace()
    sign_before, sign_after = _is_sign(before), _is_sign(after)
    opens = not space_after and (not sign_after or space_before or sign_before)
    closes = not space_before and (not sign_before or space_after or sign_after)
    if marks[0] == "_":
        opens, closes = opens and (not closes or sign_before), closes and (not opens or sign_after)
    return _Run(start, len(marks), marks[0], opens, closes, len(marks))


def _is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _pair(runs: list[_Run]) -> None:
    """Pair openers and closers; `bottoms` avoids repeating a failed search."""
    stack: list[int] = []
    bottoms: dict[tuple[str, bool, int], int] = {}
    for index, closer in enumerate(runs):
        while closer.can_close and closer.left:
            kind = (closer.mark, closer.can_open, closer.left % 3)
            found = _opener(runs, stack, closer, bottoms.get(kind, 0))
            if found is None:
                bottoms[kind] = len(stack)
                break
            opener = runs[stack[found]]
            used = 2 if opener.left >= 2 and closer.left >= 2 else 1
            opener.left -= used
            closer.left -= used
            opener.partners.append(closer)
            closer.partners.append(opener)
            del stack[found + (opener.left > 0) :]
            for key, bottom in bottoms.items():
                bottoms[key] = min(bottom, len(stack))
        if closer.can_open and closer.left:
            stack.append(index)


def _opener(runs: list[_Run], stack: list[int], closer: _Run, bottom: int) -> int | None:
    for place in range(len(stack) - 1, bottom - 1, -1):
        opener = runs[stack[place]]
        both = opener.can_close or closer.can_open
        thirds = both and (opener.length + closer.length) % 3 == 0 and (opener.length % 3 or closer.length % 3)
        if opener.mark == closer.mark and not thirds:
            return place
    return None
