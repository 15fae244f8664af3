"""Measure cards: their heights, and how much of each must be kept together at its beginning.

Cards are first laid out on an endless page. A low card is kept whole. Any other begins where its title, question,
answer and two more lines fit; if an answer or a question takes half a page, its first lines are enough.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cardpipe.writers.page.opening import Opening, Through
from cardpipe.writers.pdf.composing.paper import MILLIMETRE
from cardpipe.writers.pdf.composing.printing import LayoutJob

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cardpipe.writers.page.grouping import Group
    from cardpipe.writers.pdf.composing.paper import Paper
    from cardpipe.writers.pdf.composing.printing import DocumentPrinter

_ENDLESS: Final = 1_000_000.0
"""Points; beyond this height, the engine's numbers lose precision."""
_GAP: Final = 7 * MILLIMETRE
"""The gap below each card."""
_WHOLE: Final = 0.25
"""The maximum height of a card that is kept whole, relative to the page's text area."""
_TOGETHER: Final = 0.5
"""The maximum height of the part of a longer card that is kept together at its beginning."""
_TITLE: Final = 12 * MILLIMETRE
"""A title of two lines, with the space above it."""
_TWO_LINES: Final = 12 * MILLIMETRE
"""Two lines of text with a formula in them, and the space above them."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Heights in points from a card's upper edge: of its question, of its answer, and in total with the gap below."""

    question: float
    answer: float
    whole: float


def measured(
    printer: DocumentPrinter, page: Paper, documents: Iterable[tuple[str, Sequence[str]]]
) -> dict[str, Measure]:
    """Return the measures of cards by ID, from documents with the anchors of `Setting.edges` and the IDs in each."""
    names: list[Sequence[str]] = []

    def jobs() -> Iterable[LayoutJob]:
        for document, of_document in documents:
            names.append(of_document)
            endless = replace(page, height=min(_ENDLESS, 20_000 + 2_000 * len(of_document)))
            yield LayoutJob(page=endless, document=document, measured=True)

    found = {}
    for printed, of_document in zip(printer.print(jobs()), names, strict=True):
        for name, following in pairwise((*of_document, "end")):
            anchors = (f"edge-{name}", f"asked-{name}", f"answered-{name}", f"edge-{following}")
            start, *ends = map(printed.anchors.get, anchors)
            heights = [start.top - end.top if start and end and start.page == end.page else _ENDLESS for end in ends]
            found[name] = Measure(*heights)
    return found


def openings_of(cards: Mapping[str, Measure], page: Paper, whole: float = _WHOLE) -> dict[str, Opening]:
    """Return how cards begin that are not kept whole; `whole` is the maximum height of whole ones in pages."""
    room = _room(page)
    found = {name: _opening(card, room) for name, card in cards.items() if card.whole - _GAP > whole * room}
    return dict(sorted(found.items()))


def _opening(card: Measure, room: float) -> Opening:
    if card.answer <= _TOGETHER * room:
        return Opening(Through.ANSWER, min(card.answer + _TWO_LINES, card.whole - _GAP) / MILLIMETRE)
    if card.question <= _TOGETHER * room:
        return Opening(Through.QUESTION, (card.question + _TWO_LINES) / MILLIMETRE)
    return Opening(Through.TITLE, (_TITLE + _TWO_LINES) / MILLIMETRE)


def _room(page: Paper) -> float:
    return page.height - (page.top + page.bottom) * MILLIMETRE


def page_starts(
    groups: Sequence[Group], cards: Mapping[str, Measure], openings: Mapping[str, Opening], page: Paper
) -> frozenset[str]:
    """Return the IDs of the cards at the top of pages if cards of these measures fill pages.

    The gap below a card can disappear at the bottom of a page. After a card that is broken, this is an estimate.
    """
    room = _room(page)
    found = set()
    for group in groups:
        below = 0.0
        for number, card in enumerate(group.cards):
            height = cards[card.id].whole
            opening = openings.get(card.id)
            least = height - _GAP if opening is None else opening.height * MILLIMETRE
            if number == 0 or below + least > room:
                found.add(card.id)
                below = 0.0
            below = (below + height) % room if below + height - _GAP > room else below + height
    return frozenset(found)
