"""Drawings of authors that PlutoPrint cannot draw in a PDF, as pixels on a ground that one sees through.

Of what is masked, or cut out and seen through at once, it makes pixels itself: of the whole page around it, over the
words that are there already.
"""

from __future__ import annotations

import functools
import io
import math
import re
from typing import Final

from cardpipe.pictures import NO_SIZE, svg_size
from cardpipe.writers.pdf.engine import BASE

_USE: Final = rb"""\s*[=:]\s*["']?\s*url"""
_MASKED: Final = re.compile(rb"(?<![\w-])mask" + _USE)
_CUT: Final = re.compile(rb"(?<![\w-])clip-path" + _USE)
_SEEN_THROUGH: Final = re.compile(rb"(?<![\w-])opacity\s*[=:]")
_ADDRESS: Final = f"{BASE}drawing"
_STYLE: Final = "@page { margin: 0; -pluto-page-scale: 1 } body { margin: 0 }"
_FINE: Final = 4.0
"""Pixels for one of CSS: 384 to the inch."""
_MOST: Final = 16e6
"""Pixels of a picture; a larger one is less fine."""


@functools.lru_cache(maxsize=16)
def in_pixels(drawing: bytes) -> bytes | None:
    """An SVG as PNG where the PDF would have pixels of it anyhow; None where it can be drawn."""
    cannot = _MASKED.search(drawing) or (_CUT.search(drawing) and _SEEN_THROUGH.search(drawing))
    if not cannot:
        return None
    import plutoprint

    class Fetcher(plutoprint.ResourceFetcher):
        def fetch_url(self, url: str) -> plutoprint.ResourceData:
            return plutoprint.ResourceData(drawing if url == _ADDRESS else b"", "image/svg+xml")

    width, height = svg_size(drawing) or NO_SIZE
    fine = min(_FINE, math.sqrt(_MOST / (width * height)))
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
