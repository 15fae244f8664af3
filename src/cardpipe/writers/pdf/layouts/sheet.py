"""The layout `sheet`: the page on paper, with page numbers in its contents and running heads.

Before paging, its cards are laid out on an endless page, to determine which are higher than a page, and where pages
will begin.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from cardpipe.text.escaping import line
from cardpipe.writers.api import WriterOption
from cardpipe.writers.page.document import CONTENTS_ANCHOR, IDS_ANCHOR, TAGS_ANCHOR, Contents, DeckDocument, PageSetting
from cardpipe.writers.page.grouping import group_cards
from cardpipe.writers.pdf.composing.assembly import assembled
from cardpipe.writers.pdf.composing.columns import COLUMNS_OPTION, SMALLER, Spread, column_heads
from cardpipe.writers.pdf.composing.finish import Entry, finish
from cardpipe.writers.pdf.composing.links import outside
from cardpipe.writers.pdf.composing.measures import measured, openings_of, page_starts
from cardpipe.writers.pdf.composing.paging import Piece, paged
from cardpipe.writers.pdf.composing.paper import (
    code_letters,
    marks_width,
    narrow_rule,
    tall_rule,
    text_paper,
    text_width,
)
from cardpipe.writers.pdf.composing.printing import DocumentPrinter
from cardpipe.writers.pdf.composing.running_heads import heads, titles_by_page
from cardpipe.writers.pdf.composing.slices import portions, runs, tag_portions
from cardpipe.writers.pdf.composing.style import fonts, page_rule, style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck
    from cardpipe.writers.page.document import Slice
    from cardpipe.writers.page.grouping import Group, TagUse
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.composing.measures import Measure
    from cardpipe.writers.pdf.composing.paging import Paged
    from cardpipe.writers.pdf.composing.paper import Paper
    from cardpipe.writers.pdf.layout import PrintJob

TEXT: Final = 10.0
"""The default text size in points, as in the style sheets."""
_LISTED: Final = 300
"""The maximum number of cards for contents that list each card: some three pages."""
CONTENTS_OPTION: Final = WriterOption(
    name="contents",
    flag="contents",
    choices=("auto", *(contents.value for contents in Contents)),
    default="auto",
    help="The table of contents of the layouts sheet and booklet; full: groups and cards; auto: full up to "
    f"{_LISTED} cards, groups beyond.",
)
_UNPAGED: Final = ".group { break-before: auto !important; }\n"


class SheetLayout:
    """The study sheet."""

    name = "sheet"
    summary = "a study sheet"
    options: Sequence[WriterOption] = (COLUMNS_OPTION, CONTENTS_OPTION)

    def make(self, job: PrintJob) -> bytes:
        """Return the finished PDF; raises RenderError if the engine fails or page numbers do not converge."""
        if job.options[COLUMNS_OPTION.name] == "2":
            return self._in_columns(job)
        scale = job.scaled(TEXT)
        page = text_paper(job.paper, job.margin, scale)
        sheet = study_sheet(job, page, scale=scale)
        entries = outline(job, sheet.places)
        finished = finish(
            assembled(page.width * scale, page.height * scale, sheet.sheets(page, scale)),
            job.deck,
            entries,
            links=sheet.places,
        )
        job.progress(4, 4)
        return finished

    def _in_columns(self, job: PrintJob) -> bytes:
        scale = job.scaled(TEXT * SMALLER) * SMALLER
        spread = Spread.of(job, scale)
        columns = study_sheet(job, spread.column, scale=scale, spread=spread)
        width, height = spread.size
        places = spread.places(columns)
        entries = outline(job, places)
        finished = finish(assembled(width, height, spread.sheets(columns)), job.deck, entries, links=places)
        job.progress(4, 4)
        return finished


LAYOUT: Final = SheetLayout()


def study_sheet(job: PrintJob, page: Paper, *, scale: float, spread: Spread | None = None) -> Paged:
    """Return the study sheet, scaled, in three of four steps; raises RenderError if page numbers do not converge.

    With a spread, its pages are columns, and their numbers those of the sheets that the columns are on.
    """
    deck = job.deck
    css = style(deck, "sheet", "columns") if spread else style(deck, "sheet") + narrow_rule(page)
    css += tall_rule(page) + page_rule(page.margins)
    head = heads if spread is None else column_heads
    with DocumentPrinter(job.engine, deck.assets, fonts(deck), cards=len(deck.cards), memory=job.memory) as printer:
        setting = PageSetting(
            group=job.group,
            address=printer.files.address,
            style=printer.fonts + css,
            paper=True,
            width=page.share,
            marks=0.0 if spread else marks_width(page),
            code=code_letters(text_width(page, beside_ids=spread is None), TEXT),
            contents=_contents(job),
            side_by_side=2 if spread else 1,
        )
        document = DeckDocument(deck, setting)
        job.progress(0, 4)
        measures = _measures(printer, page, document.changed(edges=True, style=f"{printer.fonts}{css}{_UNPAGED}"))
        openings = openings_of(measures, page)
        document = document.changed(openings=openings)
        starts = page_starts(document.groups, measures, openings, page)
        job.progress(1, 4)
        return paged(
            printer,
            page,
            _pieces(document, runs(document.groups, starts.__contains__)),
            heads=lambda places, run, pages: head(
                deck, titles_by_page(_parts(deck, document.groups), places, pages), run, page, printer.fonts + css
            ),
            scale=scale,
            step=lambda number: job.progress(min(number + 2, 3), 4),
        )


def _pieces(document: DeckDocument, cards: Sequence[Sequence[Slice]]) -> list[Piece]:
    """Return what precedes the cards, the cards, and the index, if there is one."""
    if not cards:
        return [Piece(document=lambda numbers: outside(document.numbered(numbers).whole()))]
    contents, tags = portions(document.groups), tag_portions(document.indexed) or [[]]
    pieces = [
        Piece(document=partial(_front, document, part, first=number == 0, last=number == len(contents) - 1))
        for number, part in enumerate(contents)
    ]
    pieces += [Piece(document=partial(_cards, document, slices), numbered=False) for slices in cards]
    if document.has_back:
        pieces += [
            Piece(document=partial(_back, document, part, first=number == 0, last=number == len(tags) - 1), last=True)
            for number, part in enumerate(tags)
        ]
    return pieces


def _contents(job: PrintJob) -> Contents:
    chosen = job.options[CONTENTS_OPTION.name]
    if chosen == "auto":
        return Contents.FULL if len(job.deck.cards) <= _LISTED else Contents.GROUPS
    return Contents(chosen)


def _front(
    document: DeckDocument, slices: Sequence[Slice], numbers: Mapping[str, str], *, first: bool, last: bool
) -> str:
    return outside(document.numbered(numbers).front(slices, first=first, last=last))


def _cards(document: DeckDocument, slices: Sequence[Slice], _numbers: Mapping[str, str]) -> str:
    return outside(document.cards(slices))


def _back(
    document: DeckDocument, tags: Sequence[TagUse], numbers: Mapping[str, str], *, first: bool, last: bool
) -> str:
    return outside(document.numbered(numbers).back(tags, first=first, last=last))


def _measures(printer: DocumentPrinter, page: Paper, document: DeckDocument) -> dict[str, Measure]:
    """Return the measures of each card; those of the first of a group include the group's heading."""
    parts = runs(document.groups, lambda _name: True)
    return measured(
        printer,
        page,
        ((outside(document.cards(slices)), [card.id for part in slices for card in part.cards]) for slices in parts),
    )


def _parts(deck: RenderedDeck, groups: Sequence[Group]) -> list[tuple[str, str]]:
    """Return anchor and title of each part of the sheet, for the running heads."""
    gettext = deck.settings.catalogue.gettext
    return [
        (CONTENTS_ANCHOR, gettext("Contents")),
        *((group.anchor, group.title) for group in groups),
        (TAGS_ANCHOR, gettext("Cards by tag")),
        (IDS_ANCHOR, gettext("Cards by ID")),
    ]


def outline(job: PrintJob, places: Mapping[str, Place]) -> list[Entry]:
    """Return the outline of a sheet: its parts, and the cards of each group."""
    gettext = job.deck.settings.catalogue.gettext
    entries = [Entry(gettext("Contents"), places[CONTENTS_ANCHOR])] if CONTENTS_ANCHOR in places else []
    for group in group_cards(job.deck, job.group):
        cards = (
            Entry(f"{card.source_id}  {line(card.label)}", places[f"card-{card.id}"])
            for card in group.cards
            if not card.face
        )
        entries.append(Entry(group.title, places[group.anchor], tuple(cards)))
    if TAGS_ANCHOR in places:
        entries.append(Entry(gettext("Cards by tag"), places[TAGS_ANCHOR]))
    if IDS_ANCHOR in places:
        entries.append(Entry(gettext("Cards by ID"), places[IDS_ANCHOR]))
    return entries
