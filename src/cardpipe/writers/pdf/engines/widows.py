"""Avoid widows (the last line of a paragraph alone at the top of a page) for an engine without `widows`.

If the last line of a paragraph is a widow, the paragraph gets two floats: one without width, as high as the lines that
stay, and below it one as wide as the paragraph, in the place of the line that is to move along. The text is not
changed.
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
"""The style of the inserted elements."""
_OPEN: Final = '<p class="parted">'
_CLOSE: Final = "</p>"
_ONE_LINE: Final = 2.4
"""Ems: one line is lower, even with a formula in it, and two are higher."""
_TOUCH: Final = 0.5
"""Points by which a float extends into the line that it is to move."""
_RAISED: Final = 4
"""How often a float that moves no line is made half a line higher."""


@dataclass(frozen=True, slots=True)
class _Floats:
    """The floats next to the lines of a paragraph."""

    below: float
    """Points from the top of the page to the paragraph, for which this is valid."""
    line: float
    """Height of the widow, in points."""
    stays: float
    """Points from the paragraph's upper edge that its lines may fill on the first page."""
    goes: float
    """Points between these and the bottom of the page."""
    raised: int = 0

    def __str__(self) -> str:
        """Return them as HTML."""
        return (
            f'<span class="stay" style="height: {self.stays:.2f}pt"></span>'
            f'<span class="barrier" style="height: {self.goes:.2f}pt"></span>'
        )

    def adjusted(self, below: float, *, alone: bool) -> _Floats | None:
        """Return the floats for a paragraph that now begins here, whether a widow is left or not; None if it moved."""
        if abs(below - self.below) >= NEAR:
            return None
        # The engine places floats for a line of text height; a tall formula in it is placed later.
        step = self.line / 2
        if not alone or self.raised == _RAISED or self.stays < 3 * self.line:
            return self
        return replace(self, stays=self.stays - step, goes=self.goes + step, raised=self.raised + 1)


class Paragraph:
    """A paragraph that may be broken between pages."""

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

    def update(self, places: Mapping[str, Place], page: Page) -> bool:
        """Change according to the positions of the marks, and return whether the paragraph is different now."""
        start, em, end = (places.get(name) for name in (self._start, self._em, self._end))
        if self._whole or start is None or em is None or end is None:
            return False
        line, size = below_head(end, page), start.top - em.top
        alone = end.page != start.page and size / 2 < line < _ONE_LINE * size
        before = self._floats
        if before is not None:
            self._floats = before.adjusted(below_head(start, page), alone=alone)
        elif alone:
            room = above_foot(start, page) + (end.page - start.page - 1) * full_height(page)
            # If one of three lines is a widow, moving a second one would leave the first alone.
            self._whole = room < 3 * line
            # The last line but one ends where the last does not fit below it.
            self._floats = _Floats(below_head(start, page), line, room - line + _TOUCH, line - _TOUCH)
        return self._floats != before

    def restore(self) -> None:
        """Restore the original."""
        self._floats = None
        self._whole = False
