"""Documents on their pages, and where these stand on sheets: what engines make and layouts compose."""

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
    """A document on its pages."""

    @property
    def page_count(self) -> int:
        """How many pages it has."""

    def places(self, scale: float = 1.0, drawn: bytes = b"") -> Mapping[str, Place]:
        """Where each anchor that something links to stands on the pages, enlarged by a factor.

        `drawn` are these pages as PDF where one has them, for an engine that can only read the places there.
        """


@dataclass(frozen=True, slots=True)
class Placed:
    """A page of a book in its place on a sheet; lengths in points, from the sheet's upper left corner."""

    book: Book
    page: int
    left: float
    top: float
    width: float
    """Of the page before it is enlarged."""
    height: float
    scale: float = 1.0
    turned: bool = False
    """Upside down."""


@runtime_checkable
class DrawnBook(Protocol):
    """A book that may have been drawn to be laid out."""

    drawn: bytes
    """Its pages as PDF in their own size; empty where they were not."""


class PrintedBook(Book, Protocol):
    """A book that is a PDF already."""

    @property
    def links(self) -> Sequence[PdfLink]:
        """Those that are not on its pages."""

    def pdf(self) -> bytes | BinaryIO:
        """All its pages, their upper left corners where those of the book's pages are; a file is read when needed."""
