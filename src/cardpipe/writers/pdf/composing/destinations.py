"""Named places of a PDF, as its links and its outline need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pikepdf


@dataclass(frozen=True, slots=True)
class Place:
    """Where a heading stands: its page, counted from 0, and its left and upper edge in points from the page's foot."""

    page: int
    left: float
    top: float

    def target(self, pages: Sequence[pikepdf.Object]) -> pikepdf.Array:
        """The place as the target of a link, on one of the PDF's pages."""
        import pikepdf

        # Looking a page up by its number takes the longer the more there are.
        return pikepdf.Array([pages[self.page], pikepdf.Name.XYZ, round(self.left, 3), round(self.top, 3), 0])
