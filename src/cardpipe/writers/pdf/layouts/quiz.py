"""The layout `quiz`: questions with writing lines, answers at the end, and page numbers from each to the other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from cardpipe.model.deck import FrontPart
from cardpipe.text.escaping import line
from cardpipe.writers.api import WriterOption
from cardpipe.writers.page.breaking import LONG, ROOM
from cardpipe.writers.page.grouping import group_cards
from cardpipe.writers.page.parts import CardParts
from cardpipe.writers.pdf.composing.assembly import assembled
from cardpipe.writers.pdf.composing.finish import Entry, finish
from cardpipe.writers.pdf.composing.links import outside
from cardpipe.writers.pdf.composing.measures import measured, openings_of
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
from cardpipe.writers.pdf.composing.slices import runs
from cardpipe.writers.pdf.composing.style import fonts, layout_document, page_rule, style
from cardpipe.writers.pdf.layouts.cards import BACK_OPTION
from cardpipe.writers.pdf.layouts.sheet import TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.text.translation import Words
    from cardpipe.writers.api import RenderedCard
    from cardpipe.writers.page.document import Slice
    from cardpipe.writers.page.grouping import Group
    from cardpipe.writers.page.opening import Opening
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.composing.measures import Measure
    from cardpipe.writers.pdf.composing.paper import Paper
    from cardpipe.writers.pdf.layout import PrintJob

_ANSWERS: Final = "answers"
_MARKS_TOP: Final = 14.0
"""Millimetres from the top of an answer to its labels, as in the style sheet."""

LINES_OPTION: Final = WriterOption(
    name="lines",
    flag="lines",
    choices=("0", "4", "8"),
    form=r"[1-3]?\d",
    form_name="NUMBER",
    default="4",
    help="The number of writing lines below each question in the layout quiz.",
)


class QuizLayout:
    """Questions first, answers last."""

    name = "quiz"
    summary = "questions with writing lines, answers at the end"
    options: Sequence[WriterOption] = (LINES_OPTION, BACK_OPTION)

    def make(self, job: PrintJob) -> bytes:
        """Return the finished PDF; raises RenderError if the engine fails or page numbers do not converge."""
        scale = job.scaled(TEXT)
        page = text_paper(job.paper, job.margin, scale)
        deck = job.deck
        groups = group_cards(deck, job.group)
        with DocumentPrinter(job.engine, deck.assets, fonts(deck), cards=len(deck.cards), memory=job.memory) as printer:
            css = printer.fonts + style(deck, "sheet", "quiz")
            css += narrow_rule(page) + tall_rule(page) + page_rule(page.margins)
            present = {card.id for card in deck.cards}
            parts = CardParts(
                address=printer.files.address,
                present=present,
                language=deck.settings.language.text,
                room=ROOM * page.share,
                code=code_letters(text_width(page), TEXT),
                margin=marks_width(page),
                marks_top=_MARKS_TOP,
            )
            quiz = _Quiz(job, groups, parts, css, page)
            titles = [
                *((group.anchor, group.title) for group in groups),
                (_ANSWERS, deck.settings.catalogue.gettext("Answers")),
            ]
            job.progress(0, 3)
            quiz.measure(printer, page)
            done = paged(
                printer,
                page,
                quiz.pieces(),
                heads=lambda places, run, pages: heads(deck, titles_by_page(titles, places, pages), run, page, css),
                scale=scale,
                step=lambda number: job.progress(min(number + 1, 2), 3),
            )
        finished = finish(
            assembled(page.width * scale, page.height * scale, done.sheets(page, scale)),
            deck,
            _outline(groups, done.places, deck.settings.catalogue),
            links=done.places,
        )
        job.progress(3, 3)
        return finished


class _Quiz:
    def __init__(self, job: PrintJob, groups: Sequence[Group], parts: CardParts, css: str, page: Paper) -> None:
        self._deck = job.deck
        self._groups = groups
        self._parts = parts
        self._style = f"{job.deck.math_style}{job.deck.code_style}{job.deck.note_style}{css}"
        self._longest = int(LONG * page.share)
        self._lines = int(job.options["lines"])
        self._everything = job.options["back"] != "answer"
        cards = [card for group in groups for card in group.cards]
        self._numbers = {card.id: number for number, card in enumerate(cards, 1)}
        self._long_questions: Mapping[str, Opening] = {}
        self._long_answers: Mapping[str, Opening] = {}

    def measure(self, printer: DocumentPrinter, page: Paper) -> None:
        """Measure which questions and answers may be broken: questions only if they are higher than a page."""
        self._long_questions = openings_of(self._measures(printer, page, answers=False), page, whole=1.0)
        self._long_answers = openings_of(self._measures(printer, page, answers=True), page)

    def _measures(self, printer: DocumentPrinter, page: Paper, *, answers: bool) -> dict[str, Measure]:
        documents = (
            (
                self._document(slices, {}, first=False, answers=answers, edges=True),
                [card.id for part in slices for card in part.cards],
            )
            for slices in runs(self._groups, _wherever)
        )
        return measured(printer, page, documents)

    def pieces(self) -> list[Piece]:
        """Return the title with the questions, then the answers."""
        parts = runs(self._groups, _wherever)
        return [
            Piece(document=partial(self._document, slices, first=number == 0, answers=answers))
            for answers in (False, True)
            for number, slices in enumerate(parts if answers else parts or [[]])
        ]

    def _document(
        self,
        slices: Sequence[Slice],
        pages: Mapping[str, str],
        *,
        first: bool,
        answers: bool,
        edges: bool = False,
    ) -> str:
        document = layout_document(
            "pdf/quiz.html",
            self._deck,
            self._style,
            about=self._deck.settings,
            parts=self._parts,
            edges=edges,
            slices=slices,
            pages=pages,
            first=first,
            answers=answers,
            numbers=self._numbers,
            shows_id=self._deck.settings.shows(FrontPart.ID),
            openings=self._long_answers if answers else self._long_questions,
            lines=self._lines,
            everything=self._everything,
            longest=self._longest,
        )
        return outside(document)


def _wherever(_name: str) -> bool:
    """Questions fill their pages, so that the end of a chunk is hardly visible."""
    return True


def _outline(groups: Sequence[Group], places: Mapping[str, Place], words: Words) -> list[Entry]:
    def cards(prefix: str, chosen: Sequence[RenderedCard]) -> tuple[Entry, ...]:
        return tuple(Entry(f"{card.source_id}  {line(card.label)}", places[f"{prefix}-{card.id}"]) for card in chosen)

    entries = [Entry(group.title, places[group.anchor], cards("card", group.cards)) for group in groups]
    if groups:
        every = [card for group in groups for card in group.cards]
        entries.append(Entry(words.gettext("Answers"), places[_ANSWERS], cards("answer", every)))
    return entries


LAYOUT: Final = QuizLayout()
