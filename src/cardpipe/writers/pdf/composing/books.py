"""Laid-out documents, and the placement of their pages on sheets: what engines create and layouts compose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.composing.links import PdfLink


class Page(Protocol):
    """A size of paper."""

    @property
    def width(self) -> float:
        """In points."""

    @property
    def height(self) -> float:
        """In points."""

    @property
    def top(self) -> float:
        """The upper margin in millimetres."""

    @property
    def bottom(self) -> float:
        """The lower margin in millimetres."""

    @property
    def left(self) -> float:
        """The left margin in millimetres."""


class Book(Protocol):
    """A laid-out document."""

    @property
    def page_count(self) -> int:
        """Return the number of pages."""

    def places(self, scale: float = 1.0, drawn: bytes = b"") -> Mapping[str, Place]:
        """Return the positions of linked anchors on the pages, scaled by a factor.

        `drawn` is the PDF of these pages if there is one, for an engine that can only read positions from it.
        """


@dataclass(frozen=True, slots=True)
class Placed:
    """A page of a book placed on a sheet; lengths in points, from the sheet's upper left corner."""

    book: Book
    page: int
    left: float
    top: float
    width: float
    """The size of the page before scaling."""
    height: float
    scale: float = 1.0
    turned: bool = False
    """Rotated by 180°."""


@runtime_checkable
class DrawnBook(Protocol):
    """A book that may have been drawn during layout."""

    drawn: bytes
    """Its pages as PDF in their own size; empty if they were not drawn."""


class PrintedBook(Book, Protocol):
    """A book that is already a PDF."""

    @property
    def links(self) -> Sequence[PdfLink]:
        """Links that are not on its pages."""

    def pdf(self) -> bytes | BinaryIO:
        """All pages as PDF; upper left corners are those of the book's pages; a file is read when needed."""
