"""The study sheet: the page on paper, with true page numbers in its contents and running heads.

Before it is paged, it is laid out on paper as long as the deck, to learn which cards no page can hold.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cardpipe.writers.page.document import CONTENTS_ANCHOR, TAGS_ANCHOR, Setting, document
from cardpipe.writers.page.grouping import group_cards
from cardpipe.writers.pdf.engine import Resources, draw, lay_out
from cardpipe.writers.pdf.finish import Entry, destinations, finish
from cardpipe.writers.pdf.heads import heads, titles_by_page
from cardpipe.writers.pdf.paging import paged
from cardpipe.writers.pdf.paper import MILLIMETRE, narrow_rule, text_paper
from cardpipe.writers.pdf.style import page_rule, style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.rendered import RenderedDeck, WriterOption
    from cardpipe.writers.page.grouping import Group
    from cardpipe.writers.pdf.finish import Place
    from cardpipe.writers.pdf.layout import PrintJob
    from cardpipe.writers.pdf.paging import Paged
    from cardpipe.writers.pdf.paper import Paper

TEXT: Final = 10.0
"""Points that the text usually has; what the style sheets say."""
_ENDLESS: Final = 1_000_000.0
"""Points; beyond it the engine's numbers lose their fractions."""


class SheetLayout:
    """The study sheet."""

    name = "sheet"
    summary = "a study sheet"
    options: Sequence[WriterOption] = ()

    def make(self, job: PrintJob) -> bytes:
        """The finished PDF; raises RenderError where the engine fails or page numbers do not settle."""
        scale = job.scaled(TEXT)
        page = text_paper(job.paper, job.margin, scale)
        sheet = study_sheet(job.deck, page, scale=scale, group=job.group, progress=job.progress)
        finished = finish(sheet.data, job.deck, outline(group_cards(job.deck, job.group), sheet.places))
        job.progress(4, 4)
        return finished


LAYOUT: Final = SheetLayout()


def study_sheet(
    deck: RenderedDeck, page: Paper, *, scale: float, group: str, progress: Callable[[int, int], None]
) -> Paged:
    """The sheet, enlarged, in three of four steps; raises RenderError where page numbers do not settle."""
    files = Resources(deck.assets)
    groups = group_cards(deck, group)
    css = style(deck, "sheet") + narrow_rule(page) + page_rule(page.margins)
    setting = Setting(group=group, address=files.address, style=css, page_numbers={}, width=page.share)
    progress(0, 4)
    setting = replace(setting, long_cards=_long_cards(deck, groups, setting, page, files))
    progress(1, 4)
    return paged(
        page,
        files,
        document=lambda numbers: document(deck, replace(setting, page_numbers=numbers)),
        heads=lambda places, pages: heads(deck, titles_by_page(_parts(groups), places, pages), page, css),
        scale=scale,
        step=lambda number: progress(min(number + 2, 3), 4),
    )


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


def _parts(groups: Sequence[Group]) -> list[tuple[str, str]]:
    """Anchor and title of each part of the sheet, for the running heads."""
    return [
        (CONTENTS_ANCHOR, "Contents"),
        *((group.anchor, group.title) for group in groups),
        (TAGS_ANCHOR, "Cards by tag"),
    ]


def outline(groups: Sequence[Group], places: Mapping[str, Place]) -> list[Entry]:
    """The outline of a sheet: its parts, and the cards of each group."""
    entries = [Entry("Contents", places[CONTENTS_ANCHOR])] if CONTENTS_ANCHOR in places else []
    for group in groups:
        cards = (Entry(f"{card.id}  {card.title}", places[f"card-{card.id}"]) for card in group.cards)
        entries.append(Entry(group.title, places[group.anchor], tuple(cards)))
    if TAGS_ANCHOR in places:
        entries.append(Entry("Cards by tag", places[TAGS_ANCHOR]))
    return entries
