"""Rasterise SVG pictures that PlutoPrint cannot draw as vectors: those with masks, or with clipping and transparency.

The engine would rasterise the whole page around them, over the text that is already there.
"""

from __future__ import annotations

import functools
import io
import math
import re
from typing import Final

from cardpipe.assets.pictures import NO_SIZE, svg_size
from cardpipe.assets.svg import read, work_of
from cardpipe.writers.pdf.engine import BASE

_MAY_BE_CUT: Final = re.compile(rb"mask|clip-path|&#")
"""Features that must be rasterised: these words, or character references that could spell them."""
_ADDRESS: Final = f"{BASE}drawing"
_STYLE: Final = "@page { margin: 0; -pluto-page-scale: 1 } body { margin: 0 }"
_FINE: Final = 4.0
"""Pixels per CSS pixel: 384 dpi."""
_MOST: Final = 16e6
"""The maximum number of pixels of a picture; a larger one has a lower resolution."""
_BUDGET: Final = 4e9
"""Nanoseconds for all of them; slow ones have a lower resolution too."""
_LEAST: Final = 250_000.0
"""The minimum number of pixels of a picture, however long it takes, which lint limits."""


@functools.lru_cache(maxsize=16)
def in_pixels(drawing: bytes) -> bytes | None:
    """Return an SVG as PNG if the PDF would rasterise it anyway; None if it can be drawn as vectors."""
    if not _MAY_BE_CUT.search(drawing):
        return None
    work = work_of(read(drawing))
    if not work.needs_pixels:
        return None
    import plutoprint

    class Fetcher(plutoprint.ResourceFetcher):
        def fetch_url(self, url: str) -> plutoprint.ResourceData:
            return plutoprint.ResourceData(drawing if url == _ADDRESS else b"", "image/svg+xml")

    width, height = svg_size(drawing) or NO_SIZE
    most = min(_MOST, max(_LEAST, _BUDGET / max(work.paint, 1.0)))
    fine = min(_FINE, math.sqrt(most / (width * height)))
    unit = plutoprint.UNITS_PX
    page = plutoprint.PageSize((width + 1) * unit, (height + 1) * unit)
    book = plutoprint.Book(page, plutoprint.PAGE_MARGINS_NONE)
    book.custom_resource_fetcher = Fetcher()
    shape = f"display: block; width: {width}px; height: {height}px"
    book.load_html(f'<style>{_STYLE}</style><img src="{_ADDRESS}" style="{shape}">', base_url=BASE)
    canvas = plutoprint.ImageCanvas(math.ceil(width * fine), math.ceil(height * fine))
    canvas.scale(fine, fine)
    book.render_page(canvas, 0)
    stream = io.BytesIO()
    canvas.write_to_png_stream(stream)
    return stream.getvalue()
