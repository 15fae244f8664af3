"""The layout `slides`: one card per page, the question first and then the answer, for a screen or a projector.

A slide is a side of a small card that is scaled to the page, so that rules, gaps and figures grow with the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.model.deck import FrontPart
from cardpipe.text.escaping import line
from cardpipe.writers.page.grouping import group_cards
from cardpipe.writers.page.parts import CardParts, card_count
from cardpipe.writers.pdf.composing.assembly import assembled
from cardpipe.writers.pdf.composing.destinations import Place
from cardpipe.writers.pdf.composing.finish import Entry, finish
from cardpipe.writers.pdf.composing.links import outside
from cardpipe.writers.pdf.composing.paper import MILLIMETRE, SIZE_FORM, length_of, size_of
from cardpipe.writers.pdf.composing.printing import DocumentPrinter
from cardpipe.writers.pdf.composing.sides import Face, Side, SideSetter
from cardpipe.writers.pdf.composing.style import fonts, style
from cardpipe.writers.pdf.engine import Placed
from cardpipe.writers.pdf.layouts.cards import BACK_OPTION, ENDING, plain
from cardpipe.writers.templating import finished, macros

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

    from cardpipe.writers.api import RenderedCard, RenderedDeck, WriterOption
    from cardpipe.writers.pdf.composing.sides import SetSides
    from cardpipe.writers.pdf.layout import PrintJob
    from cardpipe.writers.templating import Macros

_WIDE: Final = (40 / 3 * 25.4, 7.5 * 25.4)
"""Millimetres: 16:9, as large as in presentation programs."""
_SET: Final = 84.0
"""Height in millimetres of the page that a slide is laid out on before it is scaled."""
_LEAST: Final = (40.0, 40.0)
"""The minimum width and height of its text, in millimetres."""
_SAFE: Final = 8.0
_SIZES: Final = (12.0, 11.0, 10.0, 9.0, 8.0)
"""Points on that page; on 7.5 inches they are 2.27 times as large."""
_COVER, _QUESTION, _ANSWER = 2.1, 1.5, 1.3
"""Sizes of the largest text in em, as in the style sheet; that of a cover is bold."""
_AT_ONCE: Final = 150
"""The number of slides that are laid out together."""
_MEDIA: Final = re.compile(
    r'(?P<start><figure class="figure media"><img |<img class="media" )(?P<rest>(?:[^<>"]|"[^"]*")*)>'
)
_HEADING: Final = re.compile(r"(?P<start></?h)(?P<level>[456])(?=[ >])")
_WIDTH: Final = re.compile(r'\bwidth="(\d{1,5})"')


class SlidesLayout:
    """One card after the other, question before answer."""

    name = "slides"
    summary = "a slide with the question, then one with the answer, 16:9"
    options: Sequence[WriterOption] = (BACK_OPTION,)

    def make(self, job: PrintJob) -> bytes:
        """Return the finished PDF; raises RenderError if the engine fails, UsageError if no text fits on the slide."""
        size = size_of(job.paper) if re.fullmatch(SIZE_FORM, job.paper) else _WIDE
        enlarged = size[1] / _SET if size[0] >= size[1] else size[0] / _SET
        slides = _Slides(job, _face(job, size, enlarged), enlarged)
        width, height = (side * MILLIMETRE for side in size)
        slides.set()
        places = {f"card-{name}": Place(page, 0, height) for name, page in slides.starts.items()}
        entries = slides.outline(height)
        return finish(assembled(width, height, slides.pages()), job.deck, entries, links=places)


LAYOUT: Final = SlidesLayout()


def _face(job: PrintJob, size: tuple[float, float], enlarged: float) -> Face:
    safe = _SAFE if job.margin == "auto" else length_of(job.margin) / enlarged
    scale = job.scaled(_SIZES[0] * enlarged)
    sizes = tuple(round(size * scale, 2) for size in _SIZES)
    face = Face(width=size[0] / enlarged, height=size[1] / enlarged, safe=safe, strip=4, sizes=sizes)
    if face.room[0] < _LEAST[0] or face.room[1] < _LEAST[1]:
        raise UsageError("No text fits on the slides.", hint="Choose a smaller margin (--margin).")
    return face


class _Slides:
    """The slides of a deck in order, and the pages on which groups and cards begin."""

    def __init__(self, job: PrintJob, face: Face, enlarged: float) -> None:
        self._job = job
        self._face = face
        self._enlarged = enlarged
        self._groups = group_cards(job.deck, job.group)
        self._done: list[SetSides] = []
        self.starts: dict[str, int] = {}
        self._group_starts: dict[str, int] = {}

    def set(self) -> None:
        """Lay out the slides, and record where each begins."""
        job, deck = self._job, self._job.deck
        with DocumentPrinter(job.engine, deck.assets, fonts(deck), cards=len(deck.cards), memory=job.memory) as printer:
            present = {card.id for card in deck.cards}
            parts = CardParts(
                address=printer.files.address,
                present=present,
                language=deck.settings.language.text,
                room=self._face.letters,
                code=self._face.code,
            )
            job.progress(0, len(self._face.sizes) + 1)
            slides = list(self._sides(parts))
            portions = [
                [side for side, _ in slides[start : start + _AT_ONCE]] for start in range(0, len(slides), _AT_ONCE)
            ]
            setter = SideSetter(printer, deck, self._face, style(deck, "sides", "slides"), self._enlarged)
            self._done = setter.set(portions, step=job.progress)
        count = 0
        for (_, remember), pages in zip(slides, (pages for done in self._done for pages in done.pages), strict=True):
            if remember is not None:
                starts, name = remember
                starts[name] = count
            count += len(pages)

    def pages(self) -> Iterator[list[Placed]]:
        """Yield each page once; slides are released when they are taken."""
        width, height = self._face.width * MILLIMETRE, self._face.height * MILLIMETRE
        size = (width * self._enlarged, height * self._enlarged)
        while self._done:
            done = self._done.pop(0)
            for number in range(done.book.page_count):
                yield [Placed(book, page, 0, 0, *size) for book, page in done.layers(number)]

    def outline(self, top: float) -> list[Entry]:
        """Return groups and their cards, after the layout; `top` is the slide's height in points."""
        entries = []
        for group in self._groups:
            cards = tuple(
                Entry(f"{card.source_id}  {line(card.label)}", Place(self.starts[card.id], 0, top))
                for card in group.cards
                if not card.face
            )
            page = self._group_starts.get(group.anchor, cards[0].place.page)
            entries.append(Entry(group.title, Place(page, 0, top), cards))
        return entries

    def _sides(self, parts: CardParts) -> Iterator[tuple[Side, tuple[dict[str, int], str] | None]]:
        """Yield each slide, and what to record its page as."""
        deck = self._job.deck
        template = macros("pdf/slides.html", deck.settings.language.text, parts=parts)
        cover = template.cover(deck, deck.settings, _facts(deck))
        yield Side(content=cover, classes="cover", largest=_COVER), None
        for group in self._groups:
            if len(self._groups) > 1:
                divider = Side(content=template.divider(group), classes="cover", largest=_COVER)
                yield divider, (self._group_starts, group.anchor)
            for card in group.cards:
                question, answer, *more = self._of_card(card, template)
                yield question, (self.starts, card.id)
                yield answer, None
                yield from ((side, None) for side in more)

    def _of_card(self, card: RenderedCard, template: Macros) -> Iterator[Side]:
        settings = self._job.deck.settings
        gettext = settings.catalogue.gettext
        yield Side(
            content=self._ready(template.question(card, titled=settings.shows(FrontPart.TITLE))),
            classes=f"ask{plain(card.question)}",
            label=card.source_id if settings.shows(FrontPart.ID) else "",
            parts=gettext("Question, {number} of {count}"),
            largest=_QUESTION,
        )
        label = f"{card.source_id} · {line(card.title)}" if card.title else card.source_id
        answer = self._ready(template.answer(card, ENDING))
        yield Side(
            content=answer,
            classes="solve",
            label=label,
            parts=gettext("Answer, {number} of {count}"),
            largest=_ANSWER,
        )
        if self._job.options["back"] != "answer" and (more := template.more(card)).strip():
            yield Side(
                content=self._ready(more),
                classes="more",
                label=label,
                parts=gettext("Details, {number} of {count}"),
            )

    def _ready(self, content: Markup) -> Markup:
        # Headings are below a card's title, since those of a sheet are one level lower.
        below = _HEADING.sub(lambda match: f"{match['start']}{int(match['level']) - 1}", str(content))
        return finished(outside(_MEDIA.sub(self._natural, below)))

    def _natural(self, match: re.Match[str]) -> str:
        """Limit an author's picture to its natural size: enlarging would show no more detail."""
        width = _WIDTH.search(match["rest"])
        if width is None or ' style="' in match["rest"]:  # the author chose a width
            return match[0]
        room = self._face.room[0] * MILLIMETRE / 0.75
        most = min(room, int(width[1]) / self._enlarged)
        return f'{match["start"]}style="max-width:{most:.0f}px" {match["rest"]}>'


def _facts(deck: RenderedDeck) -> list[str]:
    """Return the facts below the description on the cover; nothing without cards."""
    source, words, count = deck.settings, deck.settings.catalogue, len(deck.cards)
    if not count:
        return []
    authors = [words.comma.join(map(str, source.authors))] if source.authors else []
    licence = [str(source.licence)] if source.licence is not None else []
    return [card_count(count, words), *authors, *licence]
