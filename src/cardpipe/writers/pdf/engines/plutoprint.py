"""The PDF engine `plutoprint`, an adapter for PlutoPrint."""

from __future__ import annotations

import base64
import functools
import html
import io
import math
import re
from typing import TYPE_CHECKING, Final, cast

from cardpipe.errors import RenderError, UsageError
from cardpipe.mathjax.fonts import PLAIN
from cardpipe.writers.pdf.composing.finish import destinations
from cardpipe.writers.pdf.composing.fonts import ADDRESS as FONTS
from cardpipe.writers.pdf.composing.fonts import font_data
from cardpipe.writers.pdf.composing.missing import without_missing
from cardpipe.writers.pdf.composing.paper import MILLIMETRE
from cardpipe.writers.pdf.engine import BASE, draw, lost_picture
from cardpipe.writers.pdf.engines import widows
from cardpipe.writers.pdf.engines.formulas import in_the_text
from cardpipe.writers.pdf.engines.messages import captured
from cardpipe.writers.pdf.engines.pixels import in_pixels
from cardpipe.writers.pdf.engines.relayout import MARK, Relayout
from cardpipe.writers.pdf.engines.ruby import with_ruby

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import plutoprint

    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.engine import Page, Placed, Resources

_STYLE: Final = (
    """<style>@page { -pluto-page-scale: 1 }
@media print {
p.parted::before, p.leads::before, .table.parted::before, .item {
  content: ""; display: block; height: 2.8em; margin-bottom: -2.8em; break-inside: avoid;
}
p.leads::before { height: 5em; margin-bottom: -5em; }
.table.parted::before { height: 7em; margin-bottom: -7em; }
li.parted > p.parted:first-child::before { content: none; }
"""
    + widows.STYLE
    + "}\n</style></head>"
)
"""By default, the engine scales the whole document down until its widest line fits.

It supports neither `orphans` nor `break-after: avoid`: what may be broken, and what must not be separated from the next
element, begins with an element without height that requires space, so that no line and no table header is alone at the
bottom of a page. That of a list item is before it, because the item's marker would not move with its content.
"""
_MEASURED: Final = """<style>
body, body * { color: transparent !important }
body { visibility: hidden }
[id]:not(main) { visibility: visible }
</style>"""
"""Of a document that is only measured, only its anchors are drawn, to find their places; other elements take room."""
_GLYPHS: Final = f".math text{{font-size:1000px;{PLAIN}}}"
_FORMULA: Final = f".math{{{PLAIN}}}.math text{{font-size:1000px}}"
"""The style of the text of formulas, which is set for each formula here, not for each of its runs of glyphs."""
_LOST: Final = re.compile(r"Unable to load image '?([^\s']+)")
"""The message of the engine on standard error for a picture that it cannot read."""
_INSTALL: Final = "Install it with: pip install plutoprint."
_AGAIN: Final = "Reinstall it with: pip install --force-reinstall plutoprint."
_ELSEWHERE: Final = "If it has no wheel for your system, use another engine: --engine auto selects one that works."
_ITEM: Final = '<li class="parted'


@functools.cache
def _font(url: str) -> plutoprint.ResourceData:
    """Return a font, loaded once per process.

    The engine keeps fonts until after Python has ended, and memory of Python would then crash the process; so the
    engine loads the file itself.
    """
    import plutoprint

    data = font_data(url.removeprefix(FONTS)) or b""
    return plutoprint.default_resource_fetcher.fetch_url(f"data:font/ttf;base64,{base64.b64encode(data).decode()}")


class _Book:
    """A document laid out by PlutoPrint."""

    def __init__(self, book: plutoprint.Book, page: Page) -> None:
        self.book = book
        self._page = page
        self.drawn = b""
        """The pages as PDF in their own size, if they were drawn to find marks."""
        self._marks: Mapping[str, Place] | None = None

    @property
    def page_count(self) -> int:
        """The number of pages."""
        return int(self.book.get_page_count())

    def places(self, scale: float = 1.0, drawn: bytes = b"") -> Mapping[str, Place]:
        """Return the position of each anchor, read from the drawn pages, since the engine has no other interface."""
        return {name: place for name, place in self.marks(scale, drawn).items() if not name.startswith(MARK)}

    def marks(self, scale: float = 1.0, drawn: bytes = b"") -> Mapping[str, Place]:
        """Return the positions including the engine's own marks."""
        if scale == 1 and self._marks is not None:
            return self._marks
        data = drawn or draw(ENGINE, self._page, self, scale=scale)
        found = destinations(data, foot=self._page.bottom * MILLIMETRE * scale)
        if scale == 1:
            self.drawn, self._marks = data, found
        return found


class PlutoPrint:
    """The default engine: fast, a single package, without hyphenation or tags."""

    name = "plutoprint"
    summary = "fast; installed with cardpipe if it has a wheel"

    def version(self) -> str:
        """Return the package's version; raises UsageError if it is missing, or built for another system."""
        try:
            import plutoprint
        except ModuleNotFoundError as error:
            raise UsageError("PlutoPrint is not installed.", hint=f"{_INSTALL} {_ELSEWHERE}") from error
        except (ImportError, OSError) as error:
            why = " ".join(str(error).split())
            raise UsageError(f"PlutoPrint cannot be loaded: {why}.", hint=f"{_AGAIN} {_ELSEWHERE}") from error
        return str(plutoprint.__version__)

    def lay_out(self, page: Page, document: str, resources: Resources, *, outlines: bool = False) -> _Book:
        """Lay out a document on pages of a size; raises RenderError if the engine fails."""

        def drawn(probe: str) -> bytes:
            # With its letters, also where only places are measured: it is they that are looked for.
            return draw(self, page, self._loaded(page, probe, resources, outlines=False))

        look = Relayout(without_missing(document, drawn))
        for _ in look.rounds:
            book = self._loaded(page, look.document(), resources, outlines=outlines)
            if look.settled(book.marks(), page):
                return book
        look.give_up()
        return self._loaded(page, look.document(), resources, outlines=outlines)

    def _loaded(self, page: Page, document: str, resources: Resources, *, outlines: bool) -> _Book:
        import plutoprint

        class Fetcher(plutoprint.ResourceFetcher):
            def fetch_url(self, url: str) -> plutoprint.ResourceData:
                if url.startswith(FONTS):
                    return _font(url)
                data, media_type = resources.find(html.unescape(url), outlines=outlines)
                if media_type == "image/svg+xml" and (pixels := in_pixels(data)) is not None:
                    data, media_type = pixels, "image/png"
                return plutoprint.ResourceData(data, media_type)

        book = plutoprint.Book(plutoprint.PageSize(page.width, page.height))
        book.custom_resource_fetcher = Fetcher()
        document = with_ruby(in_the_text(document, resources, outlines=outlines), raised="bottom")
        document = document.replace(_ITEM, f'<span class="item"></span>{_ITEM}')
        document = document.replace(_GLYPHS, _FORMULA, 1)
        document = document.replace("</head>", f"{_MEASURED if outlines else ''}{_STYLE}", 1)
        try:
            with captured() as messages:
                book.load_html(document, base_url=BASE)
                book.get_page_count()  # only now it loads the pictures
        except plutoprint.Error as error:
            raise RenderError(f"The PDF could not be laid out: {error}.") from error
        lost = next((found for line in messages if (found := _LOST.search(line))), None)
        if lost is not None:
            raise lost_picture(lost[1], "PlutoPrint")
        return _Book(book, page)

    def compose(self, width: float, height: float, sheets: Iterable[Iterable[Placed]]) -> bytes:
        """Return sheets of a size in points as PDF; raises RenderError if the engine fails."""
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
    cast("_Book", placed.book).book.render_page(canvas, placed.page)
    canvas.restore_state()


ENGINE: Final = PlutoPrint()
