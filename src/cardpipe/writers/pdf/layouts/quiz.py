"""The quiz: questions with lines to write on, answers at the end, and page numbers from each to the other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from cardpipe.model.languages import direction
from cardpipe.text.escaping import html_text, line
from cardpipe.writers.api import WriterOption
from cardpipe.writers.page.breaking import LONG, ROOM, breakable
from cardpipe.writers.page.document import NO_CARDS, plural
from cardpipe.writers.page.fragment import keep_end
from cardpipe.writers.page.grouping import group_cards
from cardpipe.writers.page.opening import Article, edge, hold
from cardpipe.writers.page.parts import CardParts, marks_height
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
from cardpipe.writers.pdf.composing.style import fonts, page_rule, style
from cardpipe.writers.pdf.layouts.cards import BACK_OPTION
from cardpipe.writers.pdf.layouts.sheet import TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.writers.api import RenderedCard
    from cardpipe.writers.page.document import Slice
    from cardpipe.writers.page.grouping import Group
    from cardpipe.writers.page.opening import Opening
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.composing.paper import Paper
    from cardpipe.writers.pdf.layout import PrintJob

_ANSWERS: Final = "answers"
_MARKS_TOP: Final = 14.0
"""Millimetres from the top of an answer to its marks, as the style sheet has it."""

LINES_OPTION: Final = WriterOption(
    name="lines",
    flag="lines",
    choices=("0", "4", "8"),
    form=r"[1-3]?\d",
    form_name="NUMBER",
    default="4",
    help="How many lines to write on the layout quiz leaves below each question.",
)


class QuizLayout:
    """Questions first, answers last."""

    name = "quiz"
    summary = "questions with lines to write on, answers at the end"
    options: Sequence[WriterOption] = (LINES_OPTION, BACK_OPTION)

    def make(self, job: PrintJob) -> bytes:
        """The finished PDF; raises RenderError where the engine fails or page numbers do not settle."""
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
                page=direction(deck.deck.language.text),
                room=ROOM * page.share,
                code=code_letters(text_width(page), TEXT),
            )
            quiz = _Quiz(job, groups, parts, css, page)
            titles = [*((group.anchor, group.title) for group in groups), (_ANSWERS, "Answers")]
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
            _outline(groups, done.places),
            links=done.places,
        )
        job.progress(3, 3)
        return finished


class _Quiz:
    def __init__(self, job: PrintJob, groups: Sequence[Group], parts: CardParts, css: str, page: Paper) -> None:
        self._deck = job.deck
        self._groups = groups
        self._parts = parts
        self._style = f"{job.deck.math_style}{job.deck.code_style}{css}"
        self._longest = int(LONG * page.share)
        self._margin = marks_width(page)
        self._lines = '<div class="line"></div>' * int(job.options["lines"])
        self._everything = job.options["back"] != "answer"
        cards = [card for group in groups for card in group.cards]
        self._numbers = {card.id: number for number, card in enumerate(cards, 1)}
        self._edges = False
        self._long_questions: Mapping[str, Opening] = {}
        self._long_answers: Mapping[str, Opening] = {}

    def measure(self, printer: DocumentPrinter, page: Paper) -> None:
        """Learn which questions and answers may go on on another page: questions only where no page holds them."""
        parts = runs(self._groups, _wherever)
        names = [[card.id for part in slices for card in part.cards] for slices in parts]
        self._edges = True
        questions = (self._questions(slices, {}, first=False) for slices in parts)
        answers = (self._answers(slices, {}, first=False) for slices in parts)
        long_questions = openings_of(measured(printer, page, zip(questions, names, strict=True)), page, whole=1.0)
        self._long_answers = openings_of(measured(printer, page, zip(answers, names, strict=True)), page)
        self._long_questions = long_questions
        self._edges = False

    def pieces(self) -> list[Piece]:
        """The title with the questions, then the answers."""
        parts = runs(self._groups, _wherever)
        pieces = [
            Piece(document=partial(self._questions, slices, first=number == 0))
            for number, slices in enumerate(parts or [[]])
        ]
        return pieces + [
            Piece(document=partial(self._answers, slices, first=number == 0)) for number, slices in enumerate(parts)
        ]

    def _questions(self, slices: Sequence[Slice], pages: Mapping[str, str], *, first: bool) -> str:
        questions = "".join(self._group(part, pages) for part in slices) or NO_CARDS
        return self._page(f"{self._title(pages) if first else ''}{questions}{self._edge('end')}")

    def _answers(self, slices: Sequence[Slice], pages: Mapping[str, str], *, first: bool) -> str:
        answers = "".join(self._answer(card, pages) for part in slices for card in part.cards)
        heading = _heading(_ANSWERS, "Answers") if first else ""
        return self._page(f'<section class="answers">{heading}{answers}{self._edge("end")}</section>')

    def _page(self, body: str) -> str:
        deck = self._deck.deck
        language = html_text(deck.language.text)
        return outside(
            f'<!DOCTYPE html><html lang="{language}" dir="{direction(deck.language.text)}"><head><style>{self._style}'
            f"</style></head><body>{breakable(body, self._longest)}</body></html>"
        )

    def _title(self, pages: Mapping[str, str]) -> str:
        name = self._parts.name(self._deck.deck.name.text)
        hint = ""
        if self._groups:
            count = plural(len(self._numbers), "question")
            hint = (
                f'<p class="hint"><span dir="ltr">{count}. '
                f'Answers from <a href="#{_ANSWERS}">page {pages.get(_ANSWERS, "")}</a>.</span></p>'
            )
        return f'<header class="title"><h1>{name}</h1>{hint}</header>'

    def _group(self, part: Slice, pages: Mapping[str, str]) -> str:
        first, *others = part.cards
        heading = "" if part.start else _heading(part.group.anchor, self._parts.name(part.group.title))
        opening = self._long_questions.get(first.id)
        if heading and opening is None:
            start = f'<div class="keep">{heading}{self._question(first, pages)}</div>'
        else:
            start = f"{hold(opening.height) if heading and opening else ''}{heading}{self._question(first, pages)}"
        rest = "".join(f"{self._edge(card.id)}{self._question(card, pages)}" for card in others)
        return f'<section class="group">{self._edge(first.id)}{start}{rest}</section>'

    def _question(self, card: RenderedCard, pages: Mapping[str, str]) -> str:
        anchor, own = (f"{name}-{html_text(card.id)}" for name in ("answer", "card"))
        question = (
            f'<div class="question">{self._parts.fragment(card.question)}</div>{self._edge(card.id, "asked")}'
            f'{self._lines}<p class="see"><a href="#{anchor}">Answer on page {pages.get(anchor, "")}</a></p>'
        )
        title = f"{self._number(card)}{_place(own)}"
        article = Article(title=title, question=question, kind="ask", attributes=f' id="{own}"')
        return article.element(self._long_questions.get(card.id))

    def _answer(self, card: RenderedCard, pages: Mapping[str, str]) -> str:
        anchor, question = (f"{name}-{html_text(card.id)}" for name in ("answer", "card"))
        tail = f'<p class="see"><a href="#{question}">Question on page {pages.get(question, "")}</a></p>'
        body = ""
        if self._everything:
            body = self._parts.details(card)
            tail = f"{self._parts.references(card)}{self._parts.related(card)}{tail}"
        answer = f'<div class="answer">{self._parts.fragment(card.answer)}</div>' if card.answer else ""
        title = f"{self._number(card)}{self._parts.name(card.title)}{_place(anchor)}"
        marks = self._parts.marks(card, self._margin)
        article = Article(
            title=f'<h3 id="{anchor}">{title}</h3>{marks}{self._edge(card.id, "asked")}',
            answer=f"{answer}{self._edge(card.id, 'answered')}",
            back=keep_end(body, tail),
            kind="solve",
            marks=marks_height(card, _MARKS_TOP, self._margin),
        )
        return f"{self._edge(card.id)}{article.element(self._long_answers.get(card.id))}"

    def _edge(self, name: str, kind: str = "edge") -> str:
        return edge(name, kind) if self._edges else ""

    def _number(self, card: RenderedCard) -> str:
        return f'<span class="number">{self._numbers[card.id]} <b>{html_text(card.id)}</b></span>'


def _heading(anchor: str, title: str) -> str:
    return f'<h2 id="{anchor}">{title}{_place(anchor)}</h2>'


def _place(anchor: str) -> str:
    # Only what is linked to has a place, so it links to itself.
    return f'<a class="edge" href="#{html_text(anchor)}"></a>'


def _wherever(_name: str) -> bool:
    """Questions fill their pages, so that hardly anybody sees where a run of them ends."""
    return True


def _outline(groups: Sequence[Group], places: Mapping[str, Place]) -> list[Entry]:
    def cards(prefix: str, chosen: Sequence[RenderedCard]) -> tuple[Entry, ...]:
        return tuple(Entry(f"{card.id}  {line(card.title)}", places[f"{prefix}-{card.id}"]) for card in chosen)

    entries = [Entry(group.title, places[group.anchor], cards("card", group.cards)) for group in groups]
    if groups:
        every = [card for group in groups for card in group.cards]
        entries.append(Entry("Answers", places[_ANSWERS], cards("answer", every)))
    return entries


LAYOUT: Final = QuizLayout()
