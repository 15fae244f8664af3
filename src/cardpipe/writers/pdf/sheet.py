"""The study sheet: the page on paper, with true page numbers in its contents and running heads.

The engine cannot look ahead: it knows no page numbers of targets, and no running heads that change. So the document
is laid out twice, first to learn on which page each heading falls, then with these numbers; head and foot of each
page are a document of their own, drawn over the first.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cardpipe.errors import RenderError
from cardpipe.writers.page.document import CONTENTS_ANCHOR, TAGS_ANCHOR, Setting, document
from cardpipe.writers.page.grouping import group_cards
from cardpipe.writers.pdf.engine import Resources, draw, lay_out
from cardpipe.writers.pdf.finish import Entry, Place, destinations, finish
from cardpipe.writers.pdf.heads import heads, titles_by_page
from cardpipe.writers.pdf.paper import MILLIMETRE, Paper, narrow_rule, text_paper
from cardpipe.writers.pdf.style import page_rule, style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.rendered import RenderedDeck, WriterOption
    from cardpipe.writers.page.grouping import Group
    from cardpipe.writers.pdf.layout import PrintJob

_ENDLESS: Final = 1_000_000.0
"""Points; beyond it the engine's numbers lose their fractions."""
_ROUNDS: Final = 5
"""Page numbers are as wide as their placeholder, so that two rounds are the rule."""


class SheetLayout:
    """The study sheet."""

    name = "sheet"
    summary = "a study sheet"
    options: Sequence[WriterOption] = ()

    def make(self, job: PrintJob) -> bytes:
        """The finished PDF; raises RenderError where the engine fails or page numbers do not settle."""
        page = text_paper(job.paper, job.margin, job.scale)
        return study_sheet(job.deck, page, scale=job.scale, group=job.group, progress=job.progress)


LAYOUT: Final = SheetLayout()


def study_sheet(
    deck: RenderedDeck, page: Paper, *, scale: float, group: str, progress: Callable[[int, int], None]
) -> bytes:
    """The finished PDF, enlarged; raises RenderError where the engine fails or page numbers do not settle."""
    files = Resources(deck.assets)
    groups = group_cards(deck, group)
    css = style(deck, "sheet") + narrow_rule(page) + page_rule(page.margins)
    setting = Setting(group=group, address=files.address, style=css, page_numbers={}, width=page.share)
    progress(0, 4)
    setting = replace(setting, long_cards=_long_cards(deck, groups, setting, page, files))
    progress(1, 4)
    places: Mapping[str, Place] = {}
    for number in range(_ROUNDS):
        first = number == 0
        numbers = {anchor: str(place.page + 1) for anchor, place in places.items()}
        book = lay_out(page, document(deck, replace(setting, page_numbers=numbers)), files, outlines=first)
        over = None
        if not first:
            titles = titles_by_page(_parts(groups), places, book.get_page_count())
            over = lay_out(page, heads(deck, titles, page, setting.style), files)
        data = draw(page, book, over, scale)
        found = destinations(data, foot=page.bottom * MILLIMETRE * scale)
        progress(min(number + 2, 3), 4)
        if not first and _pages(found) == _pages(places):
            break
        places = found
    else:
        raise RenderError("The page numbers of the sheet's contents do not settle.")
    finished = finish(data, deck, _outline(groups, found))
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
    foot = page.bottom * MILLIMETRE
    places = destinations(draw(endless, book), foot=foot)
    room = page.height - page.top * MILLIMETRE - foot
    upper = endless.height - page.top * MILLIMETRE
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


def _parts(groups: Sequence[Group]) -> list[tuple[str, str]]:
    """Anchor and title of each part of the sheet, for the running heads."""
    return [
        (CONTENTS_ANCHOR, "Contents"),
        *((group.anchor, group.title) for group in groups),
        (TAGS_ANCHOR, "Cards by tag"),
    ]


def _outline(groups: Sequence[Group], places: Mapping[str, Place]) -> list[Entry]:
    entries = [Entry("Contents", places[CONTENTS_ANCHOR])] if CONTENTS_ANCHOR in places else []
    for group in groups:
        cards = (Entry(f"{card.id}  {card.title}", places[f"card-{card.id}"]) for card in group.cards)
        entries.append(Entry(group.title, places[group.anchor], tuple(cards)))
    if TAGS_ANCHOR in places:
        entries.append(Entry("Cards by tag", places[TAGS_ANCHOR]))
    return entries
