"""The parts of a card: what every page and every layout is put together from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.model.deck import CardKind, Status
from cardpipe.model.languages import opposite
from cardpipe.text.escaping import PlainText, html_text
from cardpipe.writers.page.breaking import fitted_tables, parted
from cardpipe.writers.page.code_lines import wrapped_code
from cardpipe.writers.page.fragment import keep_headings, rewrite
from cardpipe.writers.templating import finished

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from markupsafe import Markup

    from cardpipe.writers.api import RenderedCard

_HEADING: Final = 4
_MARK_LINE: Final = 4.1
"""Height of a line of the marks in millimetres, where they hang in the margin of paper."""
_MARK_POINTS: Final = 8.0
_MARK_PART: Final = re.compile(r"[^-_:/.\s]*[-_:/.\s]*")
"""What stays together of a mark."""
_NARROW, _CAPITALS = frozenset("iljtfrI.,:;/!|'()[] -"), 0.66
"""Letters of a third of an em, and the width in em of a capital, of which the widest have more."""
KIND_MARKS: Final = {CardKind.REVERSED: "asked both ways", CardKind.CLOZE: "cloze", CardKind.TYPED: "to type"}
"""What a card's head says of a kind that is not the usual one."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A word of a card's marks."""

    word: str
    parts: Sequence[str]
    """What a line may break between."""
    direction: str | None
    """Its own, where it runs the other way than the page."""


class CardParts:
    """The parts of the cards of one document, as the macros of `templates/page/parts.html` print them.

    `address` gives what to write as the `src` of an asset and raises RenderError for an unknown name; `present` holds
    the IDs of the cards that a link can lead to; `page` is the direction of the deck's language; `room` is the width of
    the text in letters of a table's size, None where the medium is no paper; `code` is that width in letters of code.
    Marks hang in a `margin` of so many millimetres, `marks_top` below a card's upper edge, where it has room for each
    of their words; else they stand in a row.
    """

    def __init__(
        self,
        *,
        address: Callable[[str], str],
        present: Collection[str],
        page: str,
        room: float | None,
        code: float = 0,
        margin: float = 0.0,
        marks_top: float = 0.0,
    ) -> None:
        self.address = address
        self.page = page
        self._present = present
        self._room = room
        self._code = code
        self._margin = margin
        self._marks_top = marks_top

    def fragment(self, fragment: str, heading: int = _HEADING) -> Markup:
        """A rendered text, with its headings from that level on."""
        rewritten = rewrite(fragment, address=self.address, present=self._present, heading=heading)
        if self._room is not None:
            rewritten = wrapped_code(keep_headings(rewritten), self._code)
            rewritten = parted(fitted_tables(rewritten, self._room), self._room)
        return finished(rewritten)

    def name(self, text: PlainText | str) -> Markup:
        """A title, a name or a tag, with a direction of its own where it runs the other way than the page."""
        own = opposite(text.characters if isinstance(text, PlainText) else text, self.page)
        return finished(html_text(text) if own is None else f'<span dir="{own}">{html_text(text)}</span>')

    def marks(self, card: RenderedCard) -> list[Mark]:
        """Tags, kind, difficulty and status, as far as the card has them."""
        return [Mark(word, _parts_of(word), opposite(word, self.page)) for word in mark_words(card)]

    def marks_hang(self, card: RenderedCard) -> bool:
        """Whether the marks need no row of their own."""
        return not self._margin or _hang(mark_words(card), self._margin)

    def marks_height(self, card: RenderedCard) -> float:
        """How far below the edge of a card its marks reach, in millimetres; 0 where none hang in the margin."""
        words = mark_words(card)
        if not words or not self._margin or not _hang(words, self._margin):
            return 0.0
        lines = 0
        for word in words:
            left = 0.0
            for part in _parts_of(word):
                width = _width(part)
                if width > left:
                    lines += 1
                    left = self._margin
                left -= width
        return self._marks_top + lines * _MARK_LINE


def _parts_of(word: str) -> list[str]:
    return [part for part in _MARK_PART.findall(word) if part]


def _hang(words: Sequence[str], margin: float) -> bool:
    return all(_width(part) <= margin for word in words for part in _parts_of(word))


def _width(text: str) -> float:
    """About how wide a text is as a mark, in millimetres."""
    ems = 0.0
    for letter in text.rstrip():
        if letter in _NARROW:
            ems += 0.33
        elif letter in "mwMW" or letter.isupper():
            ems += 0.85 if letter in "mwMW" else _CAPITALS
        else:
            ems += 1.0 if letter >= "\u2e80" else 0.53
    return ems * _MARK_POINTS * 25.4 / 72


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
