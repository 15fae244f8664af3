"""Marks in a document, and their positions relative to the margins of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.writers.pdf.composing.paper import MILLIMETRE

if TYPE_CHECKING:
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.engine import Page

NEAR: Final = 0.5
"""The tolerance in points of a position between rounds."""


def mark(name: str, *, kind: str = "edge") -> str:
    """Return an element without size, which has a position because it links to itself."""
    return f'<a class="{kind}" id="{name}" href="#{name}"></a>'


def below_head(place: Place, page: Page) -> float:
    """Return how far a position is below the upper margin of its page, in points."""
    return page.height - page.top * MILLIMETRE - place.top


def above_foot(place: Place, page: Page) -> float:
    """Return how far a position is above the lower margin of its page, in points."""
    return place.top - page.bottom * MILLIMETRE


def full_height(page: Page) -> float:
    """Return the height of the text area of a page, in points."""
    return page.height - (page.top + page.bottom) * MILLIMETRE
