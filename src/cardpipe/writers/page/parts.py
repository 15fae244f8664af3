"""The parts of a card as HTML: what every page and every layout is put together from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.model.deck import CardKind, Status
from cardpipe.model.languages import opposite
from cardpipe.text.escaping import PlainText, html_text
from cardpipe.writers.page.breaking import fitted_tables, parted
from cardpipe.writers.page.code_lines import wrapped_code
from cardpipe.writers.page.fragment import keep_headings, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from cardpipe.writers.api import RenderedCard, RenderedFigure

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


class CardParts:
    """Makes the parts of the cards of one document.

    `address` gives what to write as the `src` of an asset and raises RenderError for an unknown name; `present` holds
    the IDs of the cards that a link can lead to; `page` is the direction of the deck's language; `room` is the width of
    the text in letters of a table's size, None where the medium is no paper; `code` is that width in letters of code.
    """

    def __init__(
        self, *, address: Callable[[str], str], present: Collection[str], page: str, room: float | None, code: float = 0
    ) -> None:
        self._address = address
        self._present = present
        self._page = page
        self._room = room
        self._code = code

    def fragment(self, fragment: str, heading: int = _HEADING) -> str:
        """A rendered text, with its headings from that level on."""
        rewritten = rewrite(fragment, address=self._address, present=self._present, heading=heading)
        if self._room is None:
            return rewritten
        rewritten = wrapped_code(keep_headings(rewritten), self._code)
        return parted(fitted_tables(rewritten, self._room), self._room)

    def name(self, text: PlainText | str) -> str:
        """A title, a name or a tag, with a direction of its own where it runs the other way than the page."""
        own = opposite(text.characters if isinstance(text, PlainText) else text, self._page)
        return html_text(text) if own is None else f'<span dir="{own}">{html_text(text)}</span>'

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
            name = f'<span class="id">{html_text(other.id)}</span> {self.name(other.title)}'
            items.append(
                f'<li><a href="#card-{html_text(other.id)}">{name}</a></li>' if other.included else f"<li>{name}</li>"
            )
        return f'<div class="related"><h4>Related</h4>\n<ul>{"".join(items)}</ul></div>\n'

    def marks(self, card: RenderedCard, margin: float = 0.0, anchors: Mapping[str, str] | None = None) -> str:
        """Tags, kind, difficulty and status, as far as the card has them.

        They hang in a margin of so many millimetres where it has room for each word of theirs, else they stand in a
        row. `anchors` says for a tag what it leads to.
        """
        words = mark_words(card)
        if not words:
            return ""
        row = " row" if margin and not _hang(words, margin) else ""
        shown = ["<wbr>".join(map(html_text, _parts_of(word))) for word in words]
        for number, word in enumerate(words):
            own = opposite(word, self._page)
            if own is not None:
                shown[number] = f'<span dir="{own}">{shown[number]}</span>'
            # Tags are the first of the words.
            if anchors is not None and number < len(card.tags):
                shown[number] = f'<a href="#{html_text(anchors[word])}">{shown[number]}</a>'
        items = "".join(f"<li>{word}</li>" for word in shown)
        return f'<ul class="marks{row}" aria-label="Tags and difficulty">{items}</ul>\n'


def marks_height(card: RenderedCard, top: float, margin: float) -> float:
    """How far below the edge of an element its marks reach, in millimetres; 0 where none hang in the margin."""
    words = mark_words(card)
    if not words or not margin or not _hang(words, margin):
        return 0.0
    lines = 0
    for word in words:
        left = 0.0
        for part in _parts_of(word):
            width = _width(part)
            if width > left:
                lines += 1
                left = margin
            left -= width
    return top + lines * _MARK_LINE


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
