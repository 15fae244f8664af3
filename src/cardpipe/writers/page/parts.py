"""The parts of a card as HTML: what every page and every layout is put together from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from cardpipe.escaping import html_text
from cardpipe.model import CardKind, Status
from cardpipe.writers.page.breaking import fitted_tables, parted
from cardpipe.writers.page.fragment import keep_headings, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cardpipe.rendered import RenderedCard, RenderedFigure

_HEADING: Final = 4
_MARK_LINE: Final = 4.1
"""Height of a line of the marks in millimetres, where they hang in the margin of paper."""
_MARK_LETTERS: Final = 11
"""How many letters surely fit on such a line."""
KIND_MARKS: Final = {CardKind.REVERSED: "asked both ways", CardKind.CLOZE: "cloze", CardKind.TYPED: "to type"}
"""What a card's head says of a kind that is not the usual one."""


class CardParts:
    """Makes the parts of the cards of one document.

    `address` gives what to write as the `src` of an asset and raises RenderError for an unknown name; `present` holds
    the IDs of the cards that a link can lead to; `room` is the width of the text in letters of a table's size, None
    where the medium is no paper.
    """

    def __init__(self, *, address: Callable[[str], str], present: Collection[str], room: float | None) -> None:
        self._address = address
        self._present = present
        self._room = room

    def fragment(self, fragment: str, heading: int = _HEADING) -> str:
        """A rendered text, with its headings from that level on."""
        rewritten = rewrite(fragment, address=self._address, present=self._present, heading=heading)
        if self._room is None:
            return rewritten
        return parted(fitted_tables(keep_headings(rewritten), self._room), self._room)

    def details(self, card: RenderedCard) -> str:
        """The details, and the figures that no text places."""
        return self.fragment(card.details) + "".join(map(self._figure, card.figures))

    def _figure(self, figure: RenderedFigure) -> str:
        caption = f"<figcaption>{self.fragment(figure.caption)}</figcaption>" if figure.caption else ""
        return (
            f'<figure class="figure {"drawn" if figure.drawn else "media"}">'
            f'<img src="{html_text(self._address(figure.asset))}" alt="{html_text(figure.alt)}" '
            f'width="{figure.width:.0f}" height="{figure.height:.0f}">{caption}</figure>\n'
        )

    def references(self, card: RenderedCard) -> str:
        """What the card refers to; empty where that is nothing."""
        if not card.references:
            return ""
        items = "".join(f"<li>{self.fragment(text)}</li>" for text in card.references)
        return f'<div class="references"><h4>References</h4>\n<ul>{items}</ul></div>\n'

    def related(self, card: RenderedCard) -> str:
        """The related cards, each with a link where this export has it."""
        if not card.related:
            return ""
        items = []
        for other in card.related:
            name = f'<span class="id">{html_text(other.id)}</span> {html_text(other.title)}'
            items.append(
                f'<li><a href="#card-{html_text(other.id)}">{name}</a></li>' if other.included else f"<li>{name}</li>"
            )
        return f'<div class="related"><h4>Related</h4>\n<ul>{"".join(items)}</ul></div>\n'


def marks(card: RenderedCard) -> str:
    """Tags, kind, difficulty and status, as far as the card has them."""
    words = _mark_words(card)
    items = "".join(f"<li>{html_text(word)}</li>" for word in words)
    return f'<ul class="marks" aria-label="Tags and difficulty">{items}</ul>\n' if words else ""


def room_for_marks(card: RenderedCard, top: float) -> str:
    """A `style` that makes an element as high as the marks that hang beside it, so many millimetres below its edge.

    What hangs in the margin takes no room: it would run into the next card, or over the foot of the page.
    """
    height = _marks_height(card, top)
    return f' style="min-height: {height:.1f}mm"' if height else ""


def hold_for_marks(card: RenderedCard, top: float) -> str:
    """An element that takes no room and lets what follows begin a page where the marks beside it would leave this one.

    For a card that may go on on the next page: it is high enough for its marks, but they all hang beside its beginning.
    """
    height = _marks_height(card, top)
    return f'<div class="hold" style="height: {height:.1f}mm; margin-bottom: -{height:.1f}mm"></div>' if height else ""


def _marks_height(card: RenderedCard, top: float) -> float:
    lines = sum(math.ceil(len(word) / _MARK_LETTERS) for word in _mark_words(card))
    return top + lines * _MARK_LINE if lines else 0.0


def _mark_words(card: RenderedCard) -> list[str]:
    words = [*card.tags]
    if card.kind in KIND_MARKS:
        words.append(KIND_MARKS[card.kind])
    if card.difficulty is not None:
        words.append(card.difficulty.value)
    if card.status is Status.DRAFT:
        words.append("draft")
    return words
