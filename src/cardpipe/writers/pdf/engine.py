"""The plug-in API for PDF engines (entry point group `cardpipe.pdf_engines`): they lay out HTML on pages.

An engine fetches nothing from outside: a document can only use its `Resources`. An engine whose books are
already PDFs (`PrintedBook`) composes its sheets with `assemble`.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, Protocol, cast
from urllib.parse import quote, unquote

from cardpipe import plugins
from cardpipe.errors import RenderError, UsageError
from cardpipe.writers.api import OPAQUE
from cardpipe.writers.page.formulas import with_fonts
from cardpipe.writers.pdf.composing import fonts
from cardpipe.writers.pdf.composing.assembly import assemble
from cardpipe.writers.pdf.composing.books import Book, DrawnBook, Page, Placed, PrintedBook
from cardpipe.writers.pdf.composing.destinations import Place
from cardpipe.writers.pdf.composing.links import PdfLink
from cardpipe.writers.pdf.composing.photographs import for_print

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cardpipe.writers.api import Asset

__all__ = [
    "BASE",
    "Book",
    "DrawnBook",
    "Engine",
    "Page",
    "PdfLink",
    "Place",
    "Placed",
    "PrintedBook",
    "RenderError",
    "Resources",
    "UsageError",
    "assemble",
    "draw",
    "installed_engine",
    "lost_picture",
]

BASE: Final = "https://sheet.invalid/"
"""Base address of the document: a reserved host name (RFC 2606), needed for links within it."""

_ROOT: Final = re.compile(rb'\A\s*(?:<\?xml[^>]*>\s*)?<svg\b(?:[^>"]|"[^"]*")*(?<!/)>')
_FORMULA: Final = re.compile(re.escape(BASE) + r"asset/math-[0-9a-f]{16}\.svg\?")
_NOTHING: Final = b'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"/>'


class Resources:
    """What a document can load: the assets of its deck, and the built-in fonts.

    The address of an asset ends with a digest of all assets: no picture can hold it, so no picture can draw another
    or itself without end. A document that shows only some of a deck's assets can be given these, and the digest of all.
    """

    def __init__(self, assets: Mapping[str, Asset], digest: str = "") -> None:
        self._assets = assets
        self.digest = digest or _assets_digest(assets)
        self.refused: list[str] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the assets."""
        return tuple(self._assets)

    def address(self, name: str) -> str:
        """Return the address of an asset in the document; raises RenderError if it does not exist."""
        if name not in self._assets:
            raise RenderError(f"A text refers to the asset “{name}”, which was not rendered.")
        return f"{BASE}asset/{quote(name, safe='')}?{self.digest}{OPAQUE if self._assets[name].opaque else ''}"

    def find(self, url: str, *, outlines: bool, page_fonts: bool = False) -> tuple[bytes, str]:
        """Return bytes and media type for an address; with `outlines`, an SVG has its size but no content.

        A formula is complete in itself, unless it is to be put into a page that has the fonts of its glyphs.
        """
        font = fonts.font_data(url.removeprefix(fonts.ADDRESS)) if url.startswith(fonts.ADDRESS) else None
        if font is not None:
            return font, "font/ttf"
        kind, _, rest = url.removeprefix(BASE).partition("/")
        name, _, digest = rest.removesuffix(OPAQUE).partition("?")
        asset = self._assets.get(unquote(name)) if url.startswith(BASE) and kind == "asset" else None
        if asset is None or digest != self.digest:
            self.refused.append(url)
            return _NOTHING, "image/svg+xml"
        root = _ROOT.match(asset.data) if outlines else None
        if root:
            return root[0] + b"</svg>", asset.media_type
        if is_formula(url):
            return asset.data if page_fonts else with_fonts(asset.data), asset.media_type
        return for_print(asset.data, asset.media_type), asset.media_type


def is_formula(url: str) -> bool:
    """Return whether an address is that of a formula."""
    return _FORMULA.match(url) is not None


def lost_picture(url: str, engine: str) -> RenderError:
    """Return the error for a picture that an engine cannot show."""
    name = unquote(url.removeprefix(BASE).removeprefix("asset/").partition("?")[0])
    return RenderError(
        f"{engine} cannot read the picture {name}, which would be missing in the PDF.",
        hint="Save the picture again as PNG or JPEG, or print with another engine (--engine).",
    )


def _assets_digest(assets: Mapping[str, Asset]) -> str:
    digest = hashlib.sha256()
    for name in sorted(assets):
        digest.update(assets[name].digest.encode())
    return digest.hexdigest()[:32]


class Engine(Protocol):
    """A PDF engine. It has no state, so that it can be pickled for other processes."""

    @property
    def name(self) -> str:
        """The name for `--engine`."""

    @property
    def summary(self) -> str:
        """A short description for the help text."""

    def version(self) -> str:
        """Return the engine's version; raises UsageError, with help, if it cannot be used on this machine."""

    def lay_out(self, page: Page, document: str, resources: Resources, *, outlines: bool = False) -> Book:
        """Lay out a document on pages of a size; raises RenderError if the engine fails.

        With `outlines` the book is only measured, so that SVG may be empty boxes of their size.
        """

    def compose(self, width: float, height: float, sheets: Iterable[Iterable[Placed]]) -> bytes:
        """Return sheets of a size in points as PDF, from books of this engine; raises RenderError if it fails."""


def installed_engine(name: str) -> Engine:
    """Load the engine with a name; raises UsageError or PluginError if it cannot be loaded."""
    return cast("Engine", plugins.load(plugins.PDF_ENGINES, name))


def draw(engine: Engine, page: Page, book: Book, over: Book | None = None, scale: float = 1.0) -> bytes:
    """Return the pages of a book as PDF, each overlaid with the page of another book, scaled by a factor."""
    # An engine may have drawn them during layout.
    if isinstance(book, DrawnBook) and book.drawn and over is None and scale == 1:
        return book.drawn
    layers = [layer for layer in (book, over) if layer is not None]
    leaves = (
        [Placed(layer, number, 0, 0, page.width, page.height, scale=scale) for layer in layers]
        for number in range(book.page_count)
    )
    return engine.compose(page.width * scale, page.height * scale, leaves)
