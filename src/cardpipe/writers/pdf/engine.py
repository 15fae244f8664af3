"""The thin room around PlutoPrint: HTML pages onto one PDF canvas, with nothing fetched from outside."""

from __future__ import annotations

import hashlib
import html
import io
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import quote, unquote

from cardpipe.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import plutoprint

    from cardpipe.rendered import Asset

BASE: Final = "https://sheet.invalid/"
"""Base address of the document: a name that the internet reserves for nothing, needed for links within it."""

_ROOT: Final = re.compile(rb'\A\s*(?:<\?xml[^>]*>\s*)?<svg\b(?:[^>"]|"[^"]*")*(?<!/)>')
_NOTHING: Final = b'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"/>'


class Page(Protocol):
    """A size of paper."""

    @property
    def width(self) -> float:
        """In points."""

    @property
    def height(self) -> float:
        """In points."""


class Resources:
    """What a document may fetch: the assets of its deck. Everything else is nothing.

    The address of an asset ends with a digest of all assets: no picture can hold it, so no picture can draw another
    or itself without end.
    """

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        self._assets = assets
        digest = hashlib.sha256()
        for name in sorted(assets):
            digest.update(hashlib.sha256(assets[name].data).digest())
        self._seal = digest.hexdigest()[:32]
        self.refused: list[str] = []

    @property
    def names(self) -> tuple[str, ...]:
        """Of the assets."""
        return tuple(self._assets)

    def address(self, name: str) -> str:
        """Where the document finds an asset; raises RenderError where there is none of that name."""
        if name not in self._assets:
            raise RenderError(f"A text refers to the asset “{name}”, which was not rendered.")
        return f"{BASE}asset/{quote(name, safe='')}?{self._seal}"

    def find(self, url: str, *, outlines: bool) -> tuple[bytes, str]:
        """Bytes and media type for an address; with `outlines` an SVG has its size and no content."""
        kind, _, rest = url.removeprefix(BASE).partition("/")
        name, _, seal = rest.partition("?")
        asset = self._assets.get(unquote(name)) if url.startswith(BASE) and kind == "asset" else None
        if asset is None or seal != self._seal:
            self.refused.append(url)
            return _NOTHING, "image/svg+xml"
        root = _ROOT.match(asset.data) if outlines else None
        return (root[0] + b"</svg>" if root else asset.data), asset.media_type


def lay_out(page: Page, document: str, resources: Resources, *, outlines: bool = False) -> plutoprint.Book:
    """Lay a document out on pages of a size; raises RenderError where the engine gives up."""
    import plutoprint

    class Fetcher(plutoprint.ResourceFetcher):
        def fetch_url(self, url: str) -> plutoprint.ResourceData:
            data, media_type = resources.find(html.unescape(url), outlines=outlines)
            return plutoprint.ResourceData(data, media_type)

    book = plutoprint.Book(plutoprint.PageSize(page.width, page.height))
    book.custom_resource_fetcher = Fetcher()
    try:
        book.load_html(document, base_url=BASE)
    except plutoprint.Error as error:
        raise RenderError(f"The PDF could not be laid out: {error}.") from error
    return book


def draw(page: Page, book: plutoprint.Book, over: plutoprint.Book | None = None, scale: float = 1.0) -> bytes:
    """The pages of a book as PDF, each with the page of another book drawn over it, enlarged by a factor."""
    layers = [layer for layer in (book, over) if layer is not None]
    leaves = (
        [Placed(layer, number, 0, 0, page.width, page.height, scale=scale) for layer in layers]
        for number in range(book.get_page_count())
    )
    return compose(page.width * scale, page.height * scale, leaves)


@dataclass(frozen=True, slots=True)
class Placed:
    """A page of a book in its place on a sheet; lengths in points, from the sheet's upper left corner."""

    book: plutoprint.Book
    page: int
    left: float
    top: float
    width: float
    """Of the page before it is enlarged."""
    height: float
    scale: float = 1.0
    turned: bool = False
    """Upside down."""


def compose(width: float, height: float, sheets: Iterable[Iterable[Placed]]) -> bytes:
    """Sheets of a size in points as PDF; raises RenderError where the engine gives up."""
    import plutoprint

    stream = io.BytesIO()
    try:
        with plutoprint.PDFCanvas.create_for_stream(stream, plutoprint.PageSize(width, height)) as canvas:
            for sheet in sheets:
                for placed in sheet:
                    _place(canvas, placed)
                canvas.show_page()
    except plutoprint.Error as error:
        raise RenderError(f"The PDF could not be drawn: {error}.") from error
    return stream.getvalue()


def _place(canvas: plutoprint.PDFCanvas, placed: Placed) -> None:
    import plutoprint

    canvas.save_state()
    if placed.left or placed.top:
        canvas.translate(placed.left, placed.top)
    if placed.turned:
        canvas.translate(placed.width * placed.scale, placed.height * placed.scale)
        canvas.rotate(math.pi)
    unit = plutoprint.UNITS_PX * placed.scale
    canvas.scale(unit, unit)
    placed.book.render_page(canvas, placed.page)
    canvas.restore_state()
