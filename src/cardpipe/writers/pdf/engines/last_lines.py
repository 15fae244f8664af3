"""Widow control (no last line of a paragraph alone at the top of a page) for an engine without `widows`.

Where the last line of a paragraph turns out to be alone, the paragraph gets two floats: one without width, as high as
the lines that may stay, and below it one as wide as the paragraph, in the place of the line that is to go along. No
word is touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cardpipe.writers.pdf.composing.places import NEAR, above_foot, below_head, full_height, mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.engine import Page

STYLE: Final = """
.em { display: block; height: 1px; margin-bottom: -1px; position: relative; top: 1em; }
.stay { float: left; width: 0; }
.barrier { float: left; clear: left; width: 100%; }
p.whole { break-inside: avoid !important; }
"""
"""The style of the elements that are inserted here."""
_OPEN: Final = '<p class="parted">'
_CLOSE: Final = "</p>"
_ONE_LINE: Final = 2.4
"""Ems: one line is lower, even with a formula in it, and two are higher."""
_TOUCH: Final = 0.5
"""Points by which a float reaches into the line that it is to move."""
_RAISED: Final = 4
"""How often a float that moves no line is made half a line higher."""


@dataclass(frozen=True, slots=True)
class _Floats:
    """The floats next to the lines of a paragraph."""

    below: float
    """Points from the head of the page to the paragraph, for which this holds."""
    line: float
    """Height of the line that was alone, in points."""
    stays: float
    """Points from the paragraph's upper edge that its lines may fill on the first page."""
    goes: float
    """Points between these and the foot."""
    raised: int = 0

    def __str__(self) -> str:
        """As HTML."""
        return (
            f'<span class="stay" style="height: {self.stays:.2f}pt"></span>'
            f'<span class="barrier" style="height: {self.goes:.2f}pt"></span>'
        )

    def again(self, below: float, *, alone: bool) -> _Floats | None:
        """Those for a paragraph that begins here now, and whose last line is alone still or not; none if it moved."""
        if abs(below - self.below) >= NEAR:
            return None
        # The engine looks for floats beside a line as high as one of words; a high formula in it comes later.
        step = self.line / 2
        if not alone or self.raised == _RAISED or self.stays < 3 * self.line:
            return self
        return replace(self, stays=self.stays - step, goes=self.goes + step, raised=self.raised + 1)


class Paragraph:
    """A paragraph that may go on on another page."""

    def __init__(self, name: str, element: str) -> None:
        self._text = element.removeprefix(_OPEN).removesuffix(_CLOSE)
        self._start, self._em, self._end = (f"{name}-{place}" for place in ("start", "em", "end"))
        self._floats: _Floats | None = None
        self._whole = False

    def __str__(self) -> str:
        """Return the HTML of the paragraph for the next layout."""
        if self._whole:
            return f'<p class="whole">{self._text}{_CLOSE}'
        upper = f"{mark(self._start)}{mark(self._em, kind='em')}"
        return f"{_OPEN}{upper}{self._floats or ''}{self._text}{mark(self._end)}{_CLOSE}"

    def look(self, places: Mapping[str, Place], page: Page) -> bool:
        """Change as the places of the marks ask for, and say whether that is another element now."""
        start, em, end = (places.get(name) for name in (self._start, self._em, self._end))
        if self._whole or start is None or em is None or end is None:
            return False
        line, size = below_head(end, page), start.top - em.top
        alone = end.page != start.page and size / 2 < line < _ONE_LINE * size
        before = self._floats
        if before is not None:
            self._floats = before.again(below_head(start, page), alone=alone)
        elif alone:
            room = above_foot(start, page) + (end.page - start.page - 1) * full_height(page)
            # One of three lines alone cannot be given a second without leaving the first alone.
            self._whole = room < 3 * line
            # The line before the last ends where there is no room for the last below it.
            self._floats = _Floats(below_head(start, page), line, room - line + _TOUCH, line - _TOUCH)
        return self._floats != before

    def leave(self) -> None:
        """Be as it was written."""
        self._floats = None
        self._whole = False
