"""The study sheet: the page on paper, with true page numbers in its contents and running heads.

The engine cannot look ahead: it knows no page numbers of targets, and no running heads that change. So the document
is laid out twice, first to learn on which page each heading falls, then with these numbers; head and foot of each
page are a document of their own, drawn over the first.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from importlib import resources as package_files
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cardpipe.errors import RenderError
from cardpipe.writers.page.breaking import breakable
from cardpipe.writers.page.document import CONTENTS_ANCHOR, TAGS_ANCHOR, Setting, document, stylesheet
from cardpipe.writers.page.grouping import group_cards
from cardpipe.writers.pdf.engine import Resources, draw, lay_out
from cardpipe.writers.pdf.finish import Place, destinations, finish
from cardpipe.writers.pdf.fonts import MONO, SANS, SERIF, font_rules
from cardpipe.writers.pdf.han_fonts import families, han_characters, han_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.rendered import RenderedDeck, WriterOption
    from cardpipe.writers.page.grouping import Group
    from cardpipe.writers.pdf.layout import PrintJob

_MILLIMETRE: Final = 72 / 25.4
_ENDLESS: Final = 1_000_000.0
"""Points; beyond it the engine's numbers lose their fractions."""
_ROUNDS: Final = 5
"""Page numbers are as wide as their placeholder, so that two rounds are the rule."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A size of paper in points, and its margins in millimetres.

    Beside 22 mm for the IDs the text is 130 mm wide, some 75 characters a line.
    """

    width: float
    height: float
    top: float
    right: float
    bottom: float
    left: float

    @property
    def margins(self) -> str:
        """The margins as CSS."""
        return f"{self.top}mm {self.right}mm {self.bottom}mm {self.left}mm"


PAPERS: Final = {
    "a4": Paper(210 * _MILLIMETRE, 297 * _MILLIMETRE, 23, 32, 21, 26),
    "letter": Paper(8.5 * 72, 11 * 72, 22, 34.9, 20, 29),
}


class SheetLayout:
    """The study sheet."""

    name = "sheet"
    summary = "a study sheet"
    options: Sequence[WriterOption] = ()

    def make(self, job: PrintJob) -> bytes:
        """The finished PDF; raises RenderError where the engine fails or page numbers do not settle."""
        return study_sheet(job.deck, paper=job.paper, group=job.group, progress=job.progress)


LAYOUT: Final = SheetLayout()


def study_sheet(deck: RenderedDeck, *, paper: str, group: str, progress: Callable[[int, int], None]) -> bytes:
    """The finished PDF; raises RenderError where the engine fails or page numbers do not settle."""
    page = PAPERS[paper]
    files = Resources(deck.assets)
    han, _ = han_rules(han_characters(characters_of(deck)), deck.deck.language.text)
    groups = group_cards(deck, group)
    setting = Setting(
        group=group, address=files.address, style=han + _style(page, deck.deck.language.text), page_numbers={}
    )
    progress(0, 4)
    setting = replace(setting, long_cards=_long_cards(deck, groups, setting, page, files))
    progress(1, 4)
    places: Mapping[str, Place] = {}
    for number in range(_ROUNDS):
        first = number == 0
        numbers = {anchor: str(place.page + 1) for anchor, place in places.items()}
        book = lay_out(page, document(deck, replace(setting, page_numbers=numbers)), files, outlines=first)
        heads = (
            None
            if first
            else lay_out(page, _heads(deck, groups, places, book.get_page_count(), page, setting.style), files)
        )
        data = draw(page, book, heads)
        found = destinations(data, foot=page.bottom * _MILLIMETRE)
        progress(min(number + 2, 3), 4)
        if not first and _pages(found) == _pages(places):
            break
        places = found
    else:
        raise RenderError("The page numbers of the sheet's contents do not settle.")
    finished = finish(data, deck, groups, found)
    progress(4, 4)
    return finished


def _long_cards(
    deck: RenderedDeck, groups: Sequence[Group], setting: Setting, page: Paper, files: Resources
) -> frozenset[str]:
    """The cards that no page can hold, measured on paper as long as the deck.

    Kept whole, such a card would begin on a new page and leave the heading of its group alone on the one before. The
    first card of a group shares its page with that heading.
    """
    endless = replace(page, height=min(_ENDLESS, 20_000 + 2_000 * len(deck.cards)))
    book = lay_out(endless, document(deck, replace(setting, edges=True)), files, outlines=True)
    foot = page.bottom * _MILLIMETRE
    places = destinations(draw(endless, book), foot=foot)
    room = page.height - page.top * _MILLIMETRE - foot
    upper = endless.height - page.top * _MILLIMETRE
    long = set()
    for group in groups:
        edges = [places.get(f"edge-{name}") for name in (*(card.id for card in group.cards), f"end-{group.anchor}")]
        for number, (card, (above, below)) in enumerate(zip(group.cards, pairwise(edges), strict=True)):
            if above is None or below is None or above.page != below.page:
                continue
            start = above.top if number else upper
            if start - below.top > room:
                long.add(card.id)
    return frozenset(long)


def _pages(places: Mapping[str, Place]) -> dict[str, int]:
    return {anchor: place.page for anchor, place in places.items()}


def characters_of(deck: RenderedDeck) -> str:
    """Each character that the sheet shows, once."""
    found = set(f"{deck.deck.name}{deck.description}{''.join(map(str, deck.deck.authors))}")
    for tag in deck.deck.tags:
        found.update(tag.description.text)
    for subdeck in deck.deck.subdecks:
        found.update(subdeck.name.text)
    for card in deck.cards:
        found.update(card.title, card.question, card.answer, card.details, *card.references, *card.tags)
        for figure in card.figures:
            found.update(figure.caption)
    return "".join(sorted(found))


def _style(page: Paper, language: str) -> str:
    own = package_files.files(__package__).joinpath("sheet.css").read_text(encoding="utf-8")
    han = families(language)
    for name, value in {"var(--serif)": SERIF, "var(--sans)": SANS, "var(--mono)": MONO}.items():
        own = own.replace(name, f"{value}, {han}")
    # Left to itself, the engine scales the whole sheet down until its widest line fits.
    size = f"@page {{ margin: {page.margins}; -pluto-page-scale: 1; }}\n"
    return f"{font_rules()}{stylesheet('common')}{stylesheet('print')}{own}{size}"


def _heads(
    deck: RenderedDeck, groups: Sequence[Group], places: Mapping[str, Place], pages: int, page: Paper, style: str
) -> str:
    """A document with the head and the foot of each page; the title page has neither."""
    titles = _titles_by_page(groups, places, pages)
    name = html.escape(deck.deck.name.text)
    leaves = []
    for number, title in enumerate(titles):
        parts = ""
        if number:
            parts = (
                f'<div class="head"><span class="deck">{name}</span>'
                f'<span class="part">{html.escape(title)}</span></div>'
                f'<div class="foot">{number + 1} / {pages}</div>'
            )
        leaves.append(f'<div class="leaf">{parts}</div>')
    size = f"@page {{ margin: 0; }} .leaf {{ height: {page.height / _MILLIMETRE - 1:.1f}mm; }}"
    edges = f".head, .foot {{ left: {page.left}mm; right: {page.right}mm; }}"
    return (
        f'<!DOCTYPE html><html lang="{html.escape(deck.deck.language.text)}"><head><style>{style}{size}{edges}'
        f'</style></head><body class="heads">{breakable("".join(leaves))}</body></html>'
    )


def _titles_by_page(groups: Sequence[Group], places: Mapping[str, Place], pages: int) -> list[str]:
    """What the running head of each page says: the part that the page belongs to."""
    parts = [
        (CONTENTS_ANCHOR, "Contents"),
        *((group.anchor, group.title) for group in groups),
        (TAGS_ANCHOR, "Cards by tag"),
    ]
    starts = sorted((places[anchor].page, title) for anchor, title in parts if anchor in places)
    titles = [""] * pages
    for (start, title), (end, _next) in pairwise([*starts, (pages, "")]):
        titles[start:end] = [title] * max(0, end - start)
    return titles
