"""The quiz: questions with lines to write on, answers at the end, and page numbers from each to the other."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

from cardpipe.languages import direction
from cardpipe.rendered import WriterOption
from cardpipe.writers.page.breaking import LONG, ROOM, breakable
from cardpipe.writers.page.document import NO_CARDS, plural
from cardpipe.writers.page.fragment import keep_end
from cardpipe.writers.page.grouping import group_cards
from cardpipe.writers.page.parts import CardParts, marks
from cardpipe.writers.pdf.cards import BACK_OPTION
from cardpipe.writers.pdf.engine import Resources
from cardpipe.writers.pdf.finish import Entry, finish
from cardpipe.writers.pdf.heads import heads, titles_by_page
from cardpipe.writers.pdf.paging import paged
from cardpipe.writers.pdf.paper import narrow_rule, text_paper
from cardpipe.writers.pdf.sheet import TEXT
from cardpipe.writers.pdf.style import page_rule, style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.rendered import RenderedCard
    from cardpipe.writers.page.grouping import Group
    from cardpipe.writers.pdf.finish import Place
    from cardpipe.writers.pdf.layout import PrintJob

_ANSWERS: Final = "answers"

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
        files = Resources(job.deck.assets)
        css = style(job.deck, "sheet", "quiz") + narrow_rule(page) + page_rule(page.margins)
        groups = group_cards(job.deck, job.group)
        parts = CardParts(address=files.address, present={card.id for card in job.deck.cards}, room=ROOM * page.share)
        quiz = _Quiz(job, groups, parts, css, int(LONG * page.share))
        titles = [*((group.anchor, group.title) for group in groups), (_ANSWERS, "Answers")]
        job.progress(0, 3)
        done = paged(
            page,
            files,
            document=quiz.document,
            heads=lambda places, pages: heads(job.deck, titles_by_page(titles, places, pages), page, css),
            scale=scale,
            step=lambda number: job.progress(min(number + 1, 2), 3),
        )
        finished = finish(done.data, job.deck, _outline(groups, done.places))
        job.progress(3, 3)
        return finished


class _Quiz:
    def __init__(self, job: PrintJob, groups: Sequence[Group], parts: CardParts, css: str, longest: int) -> None:
        self._deck = job.deck
        self._groups = groups
        self._parts = parts
        self._style = f"{job.deck.math_style}{job.deck.code_style}{css}"
        self._longest = longest
        self._lines = '<div class="line"></div>' * int(job.options["lines"])
        self._everything = job.options["back"] == "all"
        cards = [card for group in groups for card in group.cards]
        self._numbers = {card.id: number for number, card in enumerate(cards, 1)}

    def document(self, pages: Mapping[str, str]) -> str:
        """The whole of it as HTML, with page numbers by anchor."""
        deck = self._deck.deck
        body = f"{self._title(pages)}{''.join(self._group(group, pages) for group in self._groups) or NO_CARDS}"
        if self._groups:
            answers = "".join(self._answer(card, pages) for group in self._groups for card in group.cards)
            body += f'<section class="answers">{_heading(_ANSWERS, "Answers")}{answers}</section>'
        language = html.escape(deck.language.text)
        return (
            f'<!DOCTYPE html><html lang="{language}" dir="{direction(deck.language.text)}"><head><style>{self._style}'
            f"</style></head><body>{breakable(body, self._longest)}</body></html>"
        )

    def _title(self, pages: Mapping[str, str]) -> str:
        name = html.escape(self._deck.deck.name.text)
        hint = ""
        if self._groups:
            count = plural(len(self._numbers), "question")
            hint = (
                f'<p class="hint">{count}. Answers from <a href="#{_ANSWERS}">page {pages.get(_ANSWERS, "")}</a>.</p>'
            )
        return f'<header class="title"><h1>{name}</h1>{hint}</header>'

    def _group(self, group: Group, pages: Mapping[str, str]) -> str:
        first, *others = (self._question(card, pages) for card in group.cards)
        heading = _heading(group.anchor, group.title)
        return f'<section class="group"><div class="keep">{heading}{first}</div>{"".join(others)}</section>'

    def _question(self, card: RenderedCard, pages: Mapping[str, str]) -> str:
        anchor = f"answer-{html.escape(card.id)}"
        return (
            f'<article class="card ask" id="card-{html.escape(card.id)}">{self._number(card)}'
            f'<div class="question">{self._parts.fragment(card.question)}</div>{self._lines}'
            f'<p class="see"><a href="#{anchor}">Answer on page {pages.get(anchor, "")}</a></p></article>\n'
        )

    def _answer(self, card: RenderedCard, pages: Mapping[str, str]) -> str:
        anchor = f"card-{html.escape(card.id)}"
        tail = f'<p class="see"><a href="#{anchor}">Question on page {pages.get(anchor, "")}</a></p>'
        body = ""
        if self._everything:
            body = self._parts.details(card)
            tail = f"{self._parts.references(card)}{self._parts.related(card)}{tail}"
        answer = f'<div class="answer">{self._parts.fragment(card.answer)}</div>' if card.answer else ""
        return (
            f'<article class="card solve"><div class="keep"><h3 id="answer-{html.escape(card.id)}">'
            f"{self._number(card)}{html.escape(card.title)}</h3>{marks(card)}{answer}</div>"
            f'<div class="back">{keep_end(body, tail)}</div></article>\n'
        )

    def _number(self, card: RenderedCard) -> str:
        return f'<span class="number">{self._numbers[card.id]} <b>{html.escape(card.id)}</b></span>'


def _heading(anchor: str, title: str) -> str:
    # Only what is linked to has a place, so the heading links to itself.
    return f'<h2 id="{anchor}"><a href="#{anchor}">{html.escape(title)}</a></h2>'


def _outline(groups: Sequence[Group], places: Mapping[str, Place]) -> list[Entry]:
    def cards(prefix: str, chosen: Sequence[RenderedCard]) -> tuple[Entry, ...]:
        return tuple(Entry(f"{card.id}  {card.title}", places[f"{prefix}-{card.id}"]) for card in chosen)

    entries = [Entry(group.title, places[group.anchor], cards("card", group.cards)) for group in groups]
    if groups:
        every = [card for group in groups for card in group.cards]
        entries.append(Entry("Answers", places[_ANSWERS], cards("answer", every)))
    return entries


LAYOUT: Final = QuizLayout()
