"""Limit the findings in a report per rule and card, and per file; the others are only counted."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cardpipe.model.diagnostics import MORE, MOST_SHOWN_OF_CODE, MOST_SHOWN_OF_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile

_FIRST_LINE: Final = re.compile(r"^(?P<indent> *)(?!---|%)(?=[^\s#])(?P<item>-(?=[ \r\n]))?", re.MULTILINE)
"""The first line with content; in a file with several cards it begins a list item."""


def shortened(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> list[Diagnostic]:
    """Return sorted findings for a report: the last of a group represents all omitted ones, with their number.

    The total counts do not change. `files` tells where the cards of a file begin.
    """
    in_file = Counter(diagnostic.span.path for diagnostic in diagnostics)
    of_code = Counter((diagnostic.span.path, diagnostic.code) for diagnostic in diagnostics)
    if (
        max(in_file.values(), default=0) <= MOST_SHOWN_OF_FILE
        and max(of_code.values(), default=0) <= MOST_SHOWN_OF_CODE
    ):
        return list(diagnostics)
    cards = _Cards(files)
    shown: list[Diagnostic] = []
    listed: Counter[tuple[object, ...]] = Counter()
    left_out: dict[tuple[object, ...], list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        path, code = diagnostic.span.path, diagnostic.code
        card = (path, code, cards.number(diagnostic))
        if listed[path,] >= MOST_SHOWN_OF_FILE:
            left_out.setdefault((path, code), []).append(diagnostic)
        elif listed[card] >= MOST_SHOWN_OF_CODE:
            left_out.setdefault(card, []).append(diagnostic)
        else:
            listed[path,] += 1
            listed[card] += 1
            shown.append(diagnostic)
    shown += [_summed_up(group, "file" if len(key) == 2 else "card") for key, group in left_out.items()]
    return sorted(shown, key=lambda diagnostic: diagnostic.sort_key)


def _summed_up(group: Sequence[Diagnostic], place: str) -> Diagnostic:
    first, count = group[0], len(group)
    if count == 1:
        return first
    at_least = "at least " if any(diagnostic.message == MORE for diagnostic in group) else ""
    more = "finding" if count == 1 else "findings"
    return replace(
        first,
        message=f"The {place} has {at_least}{count} more {more} of {first.code}, which are not listed.",
        help="Fix those above first.",
        fix=None,
        count=count,
    )


class _Cards:
    """The lines on which the cards of each file begin."""

    def __init__(self, files: Mapping[str, SourceFile]) -> None:
        self._files = files
        self._lines: dict[str, list[int]] = {}

    def number(self, diagnostic: Diagnostic) -> int:
        """Return the number of the card that contains a finding; 0 in a file with a single card."""
        path = diagnostic.span.path
        if path not in self._lines:
            file = self._files.get(path)
            self._lines[path] = _first_lines(file) if file is not None else []
        return bisect_right(self._lines[path], diagnostic.span.line)


def _first_lines(file: SourceFile) -> list[int]:
    """Return the lines on which the items of a file's list begin; none if the file is not a block-style list."""
    first = _FIRST_LINE.search(file.text)
    if first is None or first["item"] is None:
        return []
    item = re.compile(rf"^ {{{len(first['indent'])}}}-(?=[ \r\n])", re.MULTILINE)
    return [file.position(match.start())[0] for match in item.finditer(file.text)]
