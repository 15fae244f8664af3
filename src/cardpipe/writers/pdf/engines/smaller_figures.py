"""A figure that would fit into what remains of its page if it were a little smaller, made that small.

The alternative is a gap as high as most of it at the foot of the page, and a page more at the end of the card.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.writers.pdf.engines.places import NEAR, above_foot, below_head, mark
from cardpipe.writers.pdf.paper import MILLIMETRE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.writers.pdf.engine import Page
    from cardpipe.writers.pdf.finish import Place

STYLE: Final = """
.before { float: left; width: 1px; height: 1px; }
"""
"""What the marks look like that stand in the documents made here."""
_LEAST: Final = 0.75
"""How small a figure may become: words of a drawn one have 6 points then."""
_MARGIN: Final = 4 * MILLIMETRE
"""Above a figure, as the style sheet has it."""
_SPARE: Final = 1.0
"""Points that stay free, for what is rounded."""


@dataclass(frozen=True, slots=True)
class _Smaller:
    """How high the picture of a figure is to be."""

    below: float
    """Points from the head of the page to the end of what stands before the figure, for which this holds."""
    height: float
    """In points."""


class Figure:
    """A figure with its caption."""

    def __init__(self, name: str, element: str) -> None:
        opened, picture, rest = element.partition("<img ")
        attributes, closed, caption = rest.partition(">")
        self._opened, self._caption = opened, caption.removesuffix("</figure>")
        self._picture, self._closed = f"{picture}{attributes}", closed
        self._before, self._top, self._below, self._end = (
            f"{name}-{place}" for place in ("before", "top", "below", "end")
        )
        self._smaller: _Smaller | None = None
        self._in_vain = False

    def __str__(self) -> str:
        """The element as it is to be laid out now."""
        size = "" if self._smaller is None else f' style="max-height: {self._smaller.height:.2f}pt"'
        return (
            f"{mark(self._before, kind='before edge')}{self._opened}"
            f"{mark(self._top)}{self._picture}{size}{self._closed}"
            f"{mark(self._below)}{self._caption}{mark(self._end)}</figure>"
        )

    def look(self, places: Mapping[str, Place], page: Page) -> bool:
        """Change as the places of the marks ask for, and say whether that is another element now."""
        before, top, below, end = (places.get(name) for name in (self._before, self._top, self._below, self._end))
        if before is None or top is None or below is None or end is None or self._in_vain:
            return False
        former = self._smaller
        moved = top.page == before.page + 1 and top.page == below.page == end.page
        if former is not None:
            # Another would not help either, and where something changed before it, it is to be looked at anew.
            self._in_vain = moved and abs(below_head(before, page) - former.below) < NEAR
            if moved or abs(below_head(before, page) - former.below) >= NEAR:
                self._smaller = None
        elif moved:
            picture = top.top - below.top
            lacks = top.top - end.top + _MARGIN + _SPARE - above_foot(before, page)
            if 0 < lacks <= (1 - _LEAST) * picture:
                self._smaller = _Smaller(below_head(before, page), picture - lacks)
        return self._smaller != former

    def leave(self) -> None:
        """Be as it was written."""
        self._smaller = None
