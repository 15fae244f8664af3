"""Running heads and page numbers: a separate document with a page for each page, drawn over the text.

The engine does not support running heads that change.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from cardpipe.writers.pdf.composing.paper import MILLIMETRE
from cardpipe.writers.pdf.composing.style import layout_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.composing.paper import Paper


def heads(deck: RenderedDeck, titles: Sequence[str], run: range, page: Paper, style: str) -> str:
    """Return the document with head and foot of a range of pages; a title page has none."""
    return heads_document("pdf/heads.html", deck, titles, run, page, style)


def heads_document(
    template: str, deck: RenderedDeck, titles: Sequence[str], run: range, page: Paper, style: str
) -> str:
    """Return a document with a template's head and foot of a range of pages."""
    size = f"@page {{ margin: 0; }} .leaf {{ height: {page.height / MILLIMETRE - 1:.1f}mm; }}"
    edges = (
        f".head, .foot {{ left: {page.left}mm; right: {page.right}mm; }} "
        f".head {{ top: {page.head}mm; }} .foot {{ bottom: {page.foot}mm; }}"
    )
    return layout_document(
        template, deck, f"{style}{size}{edges}", kind="heads", name=deck.settings.name.text, titles=titles, run=run
    )


def titles_by_page(parts: Iterable[tuple[str, str]], places: Mapping[str, Place], pages: int) -> list[str]:
    """Return the title for the running head of each page: the part, given as anchor and title, of the page."""
    starts = sorted((places[anchor].page, title) for anchor, title in parts if anchor in places)
    titles = [""] * pages
    for (start, title), (end, _next) in pairwise([*starts, (pages, "")]):
        titles[start:end] = [title] * max(0, end - start)
    return titles
