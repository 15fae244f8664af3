"""Running heads and page numbers: a document of their own, a page for each page, drawn over the text.

The engine knows no running heads that change.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from cardpipe.model.languages import direction
from cardpipe.text.escaping import html_text
from cardpipe.writers.page.breaking import breakable
from cardpipe.writers.pdf.composing.paper import MILLIMETRE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.composing.paper import Paper


def heads(
    deck: RenderedDeck, titles: Sequence[str], run: range, page: Paper, style: str, *, first: bool = False
) -> str:
    """The document with head and foot of the pages of a run, of all those that have titles.

    A title page has neither unless `first` says so.
    """
    name = html_text(deck.deck.name.text)
    leaves = []
    for number in run:
        parts = ""
        if number or first:
            parts = (
                f'<div class="head"><span class="deck">{name}</span>'
                f'<span class="part">{html_text(titles[number])}</span></div>'
                f'<div class="foot"><span dir="ltr">{number + 1} / {len(titles)}</span></div>'
            )
        leaves.append(f'<div class="leaf">{parts}</div>')
    size = f"@page {{ margin: 0; }} .leaf {{ height: {page.height / MILLIMETRE - 1:.1f}mm; }}"
    edges = (
        f".head, .foot {{ left: {page.left}mm; right: {page.right}mm; }} "
        f".head {{ top: {page.head}mm; }} .foot {{ bottom: {page.foot}mm; }}"
    )
    language = deck.deck.language.text
    return (
        f'<!DOCTYPE html><html lang="{html_text(language)}" dir="{direction(language)}"><head>'
        f'<style>{style}{size}{edges}</style></head><body class="heads">{breakable("".join(leaves))}</body></html>'
    )


def titles_by_page(parts: Iterable[tuple[str, str]], places: Mapping[str, Place], pages: int) -> list[str]:
    """What the running head of each page says: the part, given as anchor and title, that the page belongs to."""
    starts = sorted((places[anchor].page, title) for anchor, title in parts if anchor in places)
    titles = [""] * pages
    for (start, title), (end, _next) in pairwise([*starts, (pages, "")]):
        titles[start:end] = [title] * max(0, end - start)
    return titles
