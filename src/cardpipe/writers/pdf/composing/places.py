"""Marks in a document of an engine, and where they stand on a page with margins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.writers.pdf.composing.paper import MILLIMETRE

if TYPE_CHECKING:
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.engine import Page

NEAR: Final = 0.5
"""Points by which a place may differ from itself in another round."""


def mark(name: str, *, kind: str = "edge") -> str:
    """An element that takes no room, and has a place since it links to itself."""
    return f'<a class="{kind}" id="{name}" href="#{name}"></a>'


def below_head(place: Place, page: Page) -> float:
    """How far a place is below the upper margin of its page, in points."""
    return page.height - page.top * MILLIMETRE - place.top


def above_foot(place: Place, page: Page) -> float:
    """How far a place is above the lower margin of its page, in points."""
    return place.top - page.bottom * MILLIMETRE


def full_height(page: Page) -> float:
    """How high the text of a page can be, in points."""
    return page.height - (page.top + page.bottom) * MILLIMETRE
