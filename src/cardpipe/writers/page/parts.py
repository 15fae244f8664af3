"""The parts of a card as HTML: what every page and every layout is put together from."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Final

from cardpipe.model import CardKind, Status
from cardpipe.writers.page.breaking import fitted_tables, parted
from cardpipe.writers.page.code_lines import wrapped_code
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
    where the medium is no paper; `code` is that width in letters of code.
    """

    def __init__(
        self, *, address: Callable[[str], str], present: Collection[str], room: float | None, code: float = 0
    ) -> None:
        self._address = address
        self._present = present
        self._room = room
        self._code = code

    def fragment(self, fragment: str, heading: int = _HEADING) -> str:
        """A rendered text, with its headings from that level on."""
        rewritten = rewrite(fragment, address=self._address, present=self._present, heading=heading)
        if self._room is None:
            return rewritten
        rewritten = wrapped_code(keep_headings(rewritten), self._code)
        return parted(fitted_tables(rewritten, self._room), self._room)

    def details(self, card: RenderedCard) -> str:
        """The details, and the figures that no text places."""
        return self.fragment(card.details) + "".join(map(self._figure, card.figures))

    def _figure(self, figure: RenderedFigure) -> str:
        caption = f"<figcaption>{self.fragment(figure.caption)}</figcaption>" if figure.caption else ""
        return (
            f'<figure class="figure {"drawn" if figure.drawn else "media"}">'
            f'<img src="{html.escape(self._address(figure.asset))}" alt="{html.escape(figure.alt)}" '
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
            name = f'<span class="id">{html.escape(other.id)}</span> {html.escape(other.title)}'
            items.append(
                f'<li><a href="#card-{html.escape(other.id)}">{name}</a></li>' if other.included else f"<li>{name}</li>"
            )
        return f'<div class="related"><h4>Related</h4>\n<ul>{"".join(items)}</ul></div>\n'


def marks(card: RenderedCard) -> str:
    """Tags, kind, difficulty and status, as far as the card has them."""
    words = mark_words(card)
    items = "".join(f"<li>{html.escape(word)}</li>" for word in words)
    return f'<ul class="marks" aria-label="Tags and difficulty">{items}</ul>\n' if words else ""


def marks_height(card: RenderedCard, top: float) -> float:
    """How far below the edge of an element its marks reach that hang beside it, in millimetres; 0 without marks."""
    lines = sum(math.ceil(len(word) / _MARK_LETTERS) for word in mark_words(card))
    return top + lines * _MARK_LINE if lines else 0.0


def mark_words(card: RenderedCard) -> list[str]:
    """What the marks of a card say."""
    words = [*card.tags]
    if card.kind in KIND_MARKS:
        words.append(KIND_MARKS[card.kind])
    if card.difficulty is not None:
        words.append(card.difficulty.value)
    if card.status is Status.DRAFT:
        words.append("draft")
    return words
