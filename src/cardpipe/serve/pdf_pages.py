"""The pages of a PDF that show a card, as pictures."""

from __future__ import annotations

import io
from typing import Final

from cardpipe.writers.pdf.composing.finish import destinations

PDF: Final = "card.pdf"
_SCALE: Final = 2.0
"""Pixels per point."""
_MOST: Final = 12
"""Pages of a card that are shown."""


def with_pictures(data: bytes, card_id: str) -> dict[str, bytes]:
    """Return the PDF and a picture of each of the card's pages; only the PDF if pypdfium2 is not installed."""
    files = {PDF: data}
    try:
        import pypdfium2
    except ImportError:
        return files
    with pypdfium2.PdfDocument(data) as pdf:
        for number in _pages(data, card_id, len(pdf)):
            out = io.BytesIO()
            pdf[number].render(scale=_SCALE).to_pil().save(out, "PNG")
            files[f"page-{number + 1:03}.png"] = out.getvalue()
    return files


def _pages(data: bytes, card_id: str, count: int) -> range:
    """Return the pages from the card's anchor to the next part of the document; all pages if it has no anchor."""
    places = destinations(data, foot=0.0)
    own = places.get(f"card-{card_id}")
    if own is None:
        return range(min(count, _MOST))
    following = [place.page for place in places.values() if place.page > own.page]
    return range(own.page, min([count, own.page + _MOST, *following]))
