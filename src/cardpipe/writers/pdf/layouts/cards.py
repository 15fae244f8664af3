"""The layouts `cards` and `fold`: fronts and backs on facing sheets, or next to each other to be folded."""

from __future__ import annotations

import html
import math
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.model.deck import FrontPart
from cardpipe.text.escaping import line
from cardpipe.writers.api import WriterOption
from cardpipe.writers.page.grouping import group_cards
from cardpipe.writers.page.parts import CardParts, mark_words
from cardpipe.writers.pdf.composing import imposition
from cardpipe.writers.pdf.composing.assembly import assembled
from cardpipe.writers.pdf.composing.destinations import Place
from cardpipe.writers.pdf.composing.finish import Entry, finish
from cardpipe.writers.pdf.composing.imposition import DUPLEX_OPTION, OFFSET_OPTION, Arrangement, arranged, offset_of
from cardpipe.writers.pdf.composing.paper import MILLIMETRE, SIZE_FORM, Paper, in_inches, length_of, size_of
from cardpipe.writers.pdf.composing.printing import DocumentPrinter, LayoutJob
from cardpipe.writers.pdf.composing.sides import Face, Side, SideSetter
from cardpipe.writers.pdf.composing.style import fonts, page_rule, style
from cardpipe.writers.pdf.engine import Placed, Resources, draw
from cardpipe.writers.templating import finished, macros, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from markupsafe import Markup

    from cardpipe.model.deck import DeckSettings
    from cardpipe.writers.api import Asset, RenderedCard
    from cardpipe.writers.pdf.composing.sides import SetSides
    from cardpipe.writers.pdf.engine import Engine
    from cardpipe.writers.pdf.layout import PrintJob
    from cardpipe.writers.templating import Macros

_INCH: Final = 25.4
_SIZES: Final = {
    "business": (85.0, 55.0),
    "a7": (105.0, 74.0),
    "a6": (148.0, 105.0),
    "3x5in": (5 * _INCH, 3 * _INCH),
    "4x6in": (6 * _INCH, 4 * _INCH),
}
_AMERICAN: Final = {"business": (3.5 * _INCH, 2 * _INCH)}
"""The sizes of the same names where paper is measured in inches."""
_GRID: Final = "[1-9]x[1-9]"
_GRID_MARGIN: Final = 8.0
_MARGINS: Final = (5.0, 0.0)
"""Minimum margins in millimetres around cards of a size: none if more cards fit that way, as with A7 on A4."""
_FLOOR, _LARGE_FLOOR = 7.5, 16.0
"""In points."""
_STEPS: Final = 4
_LEAST: Final = (30.0, 20.0)
"""The minimum width and height of the text on a card, in millimetres."""
_SMALLEST: Final = 32.0
"""The safe margin of a side of a card, in millimetres."""
_SHORT: Final = 180
"""The maximum length of a centred question, in characters."""
ENDING: Final = 120
"""Characters of a last paragraph that tags below it can take along to another card or slide."""
_TAG: Final = re.compile(r'<(?:[^<>"]|"[^"]*")*>')
_AT_ONCE: Final = 100
"""The number of cards that are laid out together: more need more memory, fewer embed fonts more often."""

CARD_OPTION: Final = WriterOption(
    name="card",
    flag="card-size",
    choices=("2x4", "3x3", *_SIZES),
    form=rf"{_GRID}|{SIZE_FORM}",
    form_name="COLUMNSxROWS|WIDTHxHEIGHTmm",
    default="2x4",
    help="The size of cards in the layouts cards and fold: a number per sheet, or a size.",
)
BACK_OPTION: Final = WriterOption(
    name="back",
    flag="back",
    choices=("auto", "all", "answer"),
    default="auto",
    help="The back of a card: everything, or only the short answer; auto: the answer on cards to cut "
    "out, everything in a quiz and on slides.",
)
CORNERS_OPTION: Final = WriterOption(
    name="corners",
    flag="corners",
    choices=("square", "rounded"),
    default="square",
    help="rounded: with a thin line around each card for cutting rounded corners.",
)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One side as a page, ready to be placed."""

    set: SetSides
    page: int

    def placed(self, face: Face, corner: tuple[float, float], *, turned: bool = False) -> list[Placed]:
        """Return the side and its foot, placed."""
        left, top = corner
        place = (left * MILLIMETRE, top * MILLIMETRE, face.width * MILLIMETRE, face.height * MILLIMETRE)
        return [Placed(book, page, *place, turned=turned) for book, page in self.set.layers(self.page)]


def _by_book(sides: Sequence[Sequence[Placed]]) -> list[Placed]:
    """LayoutJob the pages of a sheet by book, sides before their feet, so that pages of one book are adjacent."""
    return [placed for layer in zip(*sides, strict=True) for placed in layer]


@dataclass(frozen=True, slots=True)
class _PaperCard:
    """A printed card: a card of the deck has several if its text continues."""

    card: RenderedCard
    first: bool
    front: _Leaf
    back: _Leaf


class CardsLayout:
    """Fronts on one sheet and their backs on the next, aligned for duplex printing."""

    name = "cards"
    summary = "cards to cut out, for duplex printing"
    options: Sequence[WriterOption] = (CARD_OPTION, BACK_OPTION, CORNERS_OPTION, DUPLEX_OPTION, OFFSET_OPTION)

    def make(self, job: PrintJob) -> bytes:
        """Return the finished PDF; raises RenderError if the engine fails, UsageError if no card fits on the paper."""
        arrangement = _arrangement(job)
        face = _face(arrangement.card, job)
        duplex = self.edge(job)
        right, down = offset_of(job.options["offset"])
        entries: list[Entry] = []

        def sheets(lines: Placed, cards: Iterator[_PaperCard]) -> Iterator[list[Placed]]:
            for number, group in enumerate(_grouped(cards, arrangement.count)):
                fronts, backs = [], []
                for slot, paper_card in enumerate(group):
                    corner = arrangement.front(slot)
                    _note(entries, paper_card, 2 * number, corner, arrangement)
                    fronts.append(paper_card.front.placed(face, corner))
                    left, top = arrangement.back(slot, duplex)
                    turned = not arrangement.sideways(duplex)
                    backs.append(paper_card.back.placed(face, (left + right, top + down), turned=turned))
                yield [lines, *_by_book(fronts)]
                yield _by_book(backs)

        return _finished(job, arrangement, face, sheets, entries, duplex=duplex)

    def sheet(self, job: PrintJob) -> tuple[float, float]:
        """Return width and height of the paper in millimetres, portrait or landscape."""
        return _arrangement(job).sheet

    def edge(self, job: PrintJob) -> str:
        """Return the edge over which the printer flips the paper."""
        return "long" if job.options["duplex"] == "auto" else job.options["duplex"]


class FoldLayout:
    """Fronts next to backs, to be cut out and folded: for single-sided printing."""

    name = "fold"
    summary = "cards to cut out and fold, front next to back, for single-sided printing"
    options: Sequence[WriterOption] = (CARD_OPTION, BACK_OPTION, CORNERS_OPTION)

    def make(self, job: PrintJob) -> bytes:
        """Return the finished PDF; raises RenderError if the engine fails, UsageError if no card fits on the paper."""
        arrangement = _arrangement(job, sides=2)
        width, height = arrangement.card
        face = _face((width / 2, height), job)
        entries: list[Entry] = []

        def sheets(lines: Placed, cards: Iterator[_PaperCard]) -> Iterator[list[Placed]]:
            for number, group in enumerate(_grouped(cards, arrangement.count)):
                sides = []
                for slot, paper_card in enumerate(group):
                    left, top = arrangement.front(slot)
                    _note(entries, paper_card, number, (left, top), arrangement)
                    sides.append(paper_card.front.placed(face, (left, top)))
                    sides.append(paper_card.back.placed(face, (left + face.width, top)))
                yield [lines, *_by_book(sides)]

        return _finished(job, arrangement, face, sheets, entries, fold=True)


def _arrangement(job: PrintJob, sides: int = 1) -> Arrangement:
    """Return the sheet; with two sides, a piece of paper is twice as wide as the card."""
    paper = size_of(job.paper)
    name = job.options["card"]
    margins: Sequence[float] = _MARGINS if job.margin == "auto" else (length_of(job.margin),)
    if re.fullmatch(_GRID, name):
        columns, rows = map(int, name.split("x"))
        margins = (_GRID_MARGIN,) if job.margin == "auto" else margins
        width, height = (paper[0] - 2 * margins[0]) / columns, (paper[1] - 2 * margins[0]) / rows
    else:
        width, height = _size(name, job.paper)
    return arranged((width * sides, height), paper, margins)


def _size(name: str, paper: str) -> tuple[float, float]:
    if name in _AMERICAN and in_inches(paper):
        return _AMERICAN[name]
    return _SIZES[name] if name in _SIZES else size_of(name, "card", _SMALLEST)


def _face(card: tuple[float, float], job: PrintJob) -> Face:
    width, height = card
    usual = min(12.0, max(8.0, round(10 + math.sqrt(width * height) / 10) / 2))
    floor = _FLOOR
    if job.points:
        usual, floor = job.points, min(job.points, _LARGE_FLOOR if job.points > _LARGE_FLOOR else _FLOOR)
    elif job.scale > 1:
        usual, floor = max(_LARGE_FLOOR + 2, usual * job.scale), _LARGE_FLOOR
    sizes = tuple(round(usual + (floor - usual) * step / (_STEPS - 1), 2) for step in range(_STEPS))
    face = Face(width=width, height=height, safe=4 if min(card) < 60 else 5, strip=4, sizes=sizes)
    if face.room[0] < _LEAST[0] or face.room[1] < _LEAST[1]:
        raise UsageError(f"No text fits on a card of {width:.0f} by {height:.0f} mm.", hint="Choose a larger one.")
    return face


def _set(job: PrintJob, face: Face, printer: DocumentPrinter) -> list[SetSides]:
    """Lay out fronts and backs of all cards, in chunks of cards."""
    deck = job.deck
    language = deck.settings.language.text
    # Links are useless on paper that is cut.
    parts = CardParts(address=printer.files.address, present=(), language=language, room=face.letters, code=face.code)
    template = macros("pdf/cards.html", language, parts=parts)
    everything = job.options["back"] == "all"
    job.progress(0, len(face.sizes) + 1)
    cards = _in_order(job)
    portions = [
        [
            side
            for card in cards[start : start + _AT_ONCE]
            for side in _sides(card, template, face, deck.settings, everything=everything)
        ]
        for start in range(0, len(cards), _AT_ONCE)
    ]
    return SideSetter(printer, deck, face, style(deck, "sides")).set(portions, together=2, step=job.progress)


def _in_order(job: PrintJob) -> list[RenderedCard]:
    """Return the cards in the order of the study sheet."""
    return [card for group in group_cards(job.deck, job.group) for card in group.cards]


def _paper_cards(cards: Sequence[RenderedCard], sides: list[SetSides]) -> Iterator[_PaperCard]:
    """Yield each printed card once; sides are released when they are taken."""
    for start in range(0, len(cards), _AT_ONCE):
        done = sides.pop(0)
        for number, card in enumerate(cards[start : start + _AT_ONCE]):
            pages = zip(done.pages[2 * number], done.pages[2 * number + 1], strict=True)
            for part, (front, back) in enumerate(pages):
                yield _PaperCard(card, part == 0, _Leaf(done, front), _Leaf(done, back))


def _sides(
    card: RenderedCard, template: Macros, face: Face, settings: DeckSettings, *, everything: bool
) -> tuple[Side, Side]:
    words = settings.catalogue
    shows_title = settings.shows(FrontPart.TITLE)
    label = " · ".join((card.source_id, *mark_words(card, words)))
    labelled = everything and len(label) <= face.foot_letters
    front: Markup = template.front(card, titled=shows_title and _words(card.question) != line(card.title))
    back: Markup = template.back(
        card, everything=everything, marked=everything and not labelled, ending=ENDING, titled=not shows_title
    )
    # Both sides have the same alignment: a short answer behind a list of questions would have another.
    look = plain(card.question) and plain(back)
    return (
        Side(
            content=front,
            classes=f"front{look}",
            label=card.source_id if settings.shows(FrontPart.ID) else "",
            filler=words.gettext("The question is on the card before."),
        ),
        # After an empty element, the next side could begin on the same page.
        Side(
            content=back or template.topic(card),
            classes=f"reverse{look}",
            label=label if labelled else card.source_id,
            filler=words.gettext("The answer is on the card before."),
        ),
    )


def _words(fragment: str) -> str:
    return html.unescape(_TAG.sub("", fragment)).strip()


def plain(fragment: str) -> str:
    """Return the class for a text that is centred: short, without blocks."""
    wide = ("<ul", "<ol", "<table", "<pre", "<figure", "<blockquote", "<h")
    short = len(_TAG.sub("", fragment)) <= _SHORT and fragment.count("<p>") <= 2
    return " plain" if short and not any(tag in fragment for tag in wide) else ""


def _grouped(paper_cards: Iterator[_PaperCard], count: int) -> Iterator[list[_PaperCard]]:
    while group := list(islice(paper_cards, count)):
        yield group


def _note(
    entries: list[Entry], paper_card: _PaperCard, page: int, corner: tuple[float, float], arrangement: Arrangement
) -> None:
    """Remember where a card begins, for the outline."""
    if paper_card.first:
        left, top = corner
        place = Place(page, left * MILLIMETRE, (arrangement.sheet[1] - top) * MILLIMETRE)
        entries.append(Entry(f"{paper_card.card.source_id}  {line(paper_card.card.label)}", place))


def _marks(arrangement: Arrangement, printer: DocumentPrinter, drawing: Asset) -> Placed:
    """Return the marks of a sheet as a page to be placed."""
    layout = sheet_job(arrangement.sheet, printer.files.address(drawing.name))
    [book] = printer.print([layout])
    return Placed(book, 0, 0, 0, layout.page.width, layout.page.height)


def sheet_drawing(
    engine: Engine, sheet: tuple[float, float], files: Resources, content: Markup, style: str = ""
) -> Placed:
    """Return a sheet in millimetres as a page to be placed: one asset in full size, with HTML over it."""
    layout = sheet_job(sheet, files.address(files.names[0]), content, style)
    book = engine.lay_out(layout.page, layout.document, files)
    return Placed(book, 0, 0, 0, layout.page.width, layout.page.height)


def sheet_job(sheet: tuple[float, float], address: str, content: Markup | str = "", style: str = "") -> LayoutJob:
    """Return the document of such a sheet."""
    width, height = sheet
    across, down = imposition.drawing_size(sheet)
    css = finished(f"{style}{page_rule('0')}")
    document = render("pdf/sheet.html", "en", style=css, address=address, content=content, across=across, down=down)
    return LayoutJob(page=Paper(width * MILLIMETRE, height * MILLIMETRE), document=document)


def _finished(
    job: PrintJob,
    arrangement: Arrangement,
    face: Face,
    sheets: Callable[[Placed, Iterator[_PaperCard]], Iterator[list[Placed]]],
    entries: Sequence[Entry],
    *,
    fold: bool = False,
    duplex: str = "",
) -> bytes:
    """Return the sheets as a PDF; the outline is read after they are joined."""
    width, height = (side * MILLIMETRE for side in arrangement.sheet)
    deck = job.deck
    if not deck.cards:
        page = Paper(width, height, 20, 20, 20, 20)
        css = finished(f"{fonts(deck)}{style(deck)}{page_rule(page.margins)}")
        text = render("pdf/no_cards.html", deck.settings.language.text, style=css)
        return finish(draw(job.engine, page, job.engine.lay_out(page, text, Resources({}))), deck, ())
    drawing = imposition.marks(arrangement, fold=fold, rounded=job.options["corners"] == "rounded")
    assets = {**deck.assets, drawing.name: drawing}
    with DocumentPrinter(job.engine, assets, fonts(deck), cards=len(deck.cards), memory=job.memory) as printer:
        lines = _marks(arrangement, printer, drawing)
        sides = _set(job, face, printer)
    return finish(
        assembled(width, height, sheets(lines, _paper_cards(_in_order(job), sides))), deck, entries, duplex=duplex
    )


CARDS: Final = CardsLayout()
FOLD: Final = FoldLayout()
