"""Named destinations of a PDF, for its links and its outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pikepdf


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a heading: page, counted from 0, and left and upper edge in points from the page's lower edge."""

    page: int
    left: float
    top: float

    def target(self, pages: Sequence[pikepdf.Object]) -> pikepdf.Array:
        """Return the position as the target of a link, on one of the PDF's pages."""
        import pikepdf

        # Looking up a page by its number takes linear time.
        return pikepdf.Array([pages[self.page], pikepdf.Name.XYZ, round(self.left, 3), round(self.top, 3), 0])
