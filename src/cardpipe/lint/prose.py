"""Prose in a text, and the spans that rules on prose skip."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from cardpipe.markup import SegmentKind

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from cardpipe.markup import Scan


def not_prose(scan: Scan) -> list[tuple[int, int]]:
    """Return the spans that are not prose: formulas, code, images, links and footnote marks; sorted."""
    return sorted(
        [
            *((segment.start, segment.end) for segment in scan.segments if segment.kind is not SegmentKind.PROSE),
            *((link.start, link.end) for link in scan.links()),
        ]
    )


def matches_in_prose(pattern: re.Pattern[str], text: str, taken: list[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern that do not begin within one of the spans of `not_prose`."""
    for match in pattern.finditer(text):
        before = bisect_right(taken, (match.start(), len(text))) - 1
        if before < 0 or taken[before][1] <= match.start():
            yield match
