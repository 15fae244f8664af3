"""The parts of a card that the page and all layouts consist of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.model.deck import CardKind, Difficulty, Status
from cardpipe.model.languages import direction, opposite
from cardpipe.text.escaping import PlainText, html_text
from cardpipe.text.translation import Words, catalogue
from cardpipe.writers.page.breaking import fitted_tables, parted
from cardpipe.writers.page.code_lines import wrapped_code
from cardpipe.writers.page.fragment import alerts_in_words, keep_headings, rewrite
from cardpipe.writers.templating import finished

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from markupsafe import Markup

    from cardpipe.writers.api import RenderedCard

_HEADING: Final = 4
_MARK_LINE: Final = 4.1
"""Height of a line of labels in millimetres, in the margin of paper."""
_MARK_POINTS: Final = 8.0
_MARK_PART: Final = re.compile(r"[^-_:/.\s]*[-_:/.\s]*")
"""The parts of a label that are not broken."""
_NARROW, _CAPITALS = frozenset("iljtfrI.,:;/!|'()[] -"), 0.66
"""Letters that are a third of an em wide, and the width of a capital in em, enough for most words."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A label of a card: tag, kind, difficulty or status."""

    word: str
    parts: Sequence[str]
    """The parts between which a line may break."""
    direction: str | None
    """Its own direction, if it differs from the page's."""


class CardParts:
    """The parts of the cards of one document, as printed by the macros of `templates/page/parts.html`.

    `address` returns the `src` of an asset and raises RenderError for an unknown name; `present` has the IDs of the
    cards that a link can go to, and `card_address` returns the address of one that is not on the same page; `language`
    is the deck's; `room` is the width of the text in letters of a table's size, None for a screen; `code` is that width
    in letters of code. Labels are in a `margin` of a width in millimetres, `marks_top` below a card's upper edge, if
    all of their words fit; otherwise they are in a row.
    """

    def __init__(
        self,
        *,
        address: Callable[[str], str],
        present: Collection[str],
        language: str,
        room: float | None,
        code: float = 0,
        margin: float = 0.0,
        marks_top: float = 0.0,
        card_address: Callable[[str], str] | None = None,
    ) -> None:
        self.address = address
        self.page = direction(language)
        self._words = catalogue(language)
        self._present = present
        self._room = room
        self._code = code
        self._margin = margin
        self._marks_top = marks_top
        self._card_address = card_address

    def fragment(self, fragment: str, heading: int = _HEADING) -> Markup:
        """Return a rendered text, with its headings from that level on."""
        rewritten = rewrite(
            fragment,
            address=self.address,
            present=self._present,
            heading=heading,
            card_address=self._card_address,
        )
        rewritten = alerts_in_words(rewritten, self._words)
        if self._room is not None:
            rewritten = wrapped_code(keep_headings(rewritten), self._code)
            rewritten = parted(fitted_tables(rewritten, self._room), self._room)
        return finished(rewritten)

    def name(self, text: PlainText | str) -> Markup:
        """Return a title, a name or a tag, with its own direction if it differs from the page's."""
        own = opposite(text.characters if isinstance(text, PlainText) else text, self.page)
        return finished(html_text(text) if own is None else f'<span dir="{own}">{html_text(text)}</span>')

    def marks(self, card: RenderedCard) -> list[Mark]:
        """Return the labels of a card: tags, kind, difficulty and status."""
        return [Mark(word, _parts_of(word), opposite(word, self.page)) for word in mark_words(card, self._words)]

    def marks_hang(self, card: RenderedCard) -> bool:
        """Return whether the labels are in the margin."""
        return not self._margin or _hang(mark_words(card, self._words), self._margin)

    def marks_height(self, card: RenderedCard) -> float:
        """Return how far the labels extend below the upper edge of a card, in millimetres; 0 if they are in a row."""
        words = mark_words(card, self._words)
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
    """Return the approximate width of a label's text in millimetres."""
    ems = 0.0
    for letter in text.rstrip():
        if letter in _NARROW:
            ems += 0.33
        elif letter in "mwMW" or letter.isupper():
            ems += 0.85 if letter in "mwMW" else _CAPITALS
        else:
            ems += 1.0 if letter >= "\u2e80" else 0.53
    return ems * _MARK_POINTS * 25.4 / 72


def mark_words(card: RenderedCard, words: Words) -> list[str]:
    """Return the labels of a card: its tags, then the others."""
    return [*card.tags, *labels(card, words)]


def labels(card: RenderedCard, words: Words) -> list[str]:
    """Return the labels of a card besides its tags, in the words of a language: kind, difficulty and status."""
    found = [label] if (label := kind_label(card.kind, words)) else []
    if card.difficulty is not None:
        found.append(difficulty_label(card.difficulty, words))
    if card.status is Status.DRAFT:
        # Translators: the status of a card that is not finished; a label in small letters.
        found.append(words.gettext("draft"))
    return found


def card_count(count: int, words: Words) -> str:
    """Return a number of cards, as in “10 cards”."""
    return words.ngettext("%(count)s card", "%(count)s cards", count) % {"count": words.number(count)}


def kind_label(kind: CardKind, words: Words) -> str:
    """Return the label of an unusual kind of card; empty for others."""
    labels = {
        # Translators: a card that is also asked the other way round; a label, as are the next two.
        CardKind.REVERSED: words.gettext("reversed"),
        # Translators: a card with gaps in a text.
        CardKind.CLOZE: words.gettext("cloze"),
        # Translators: a card whose answer learners type.
        CardKind.TYPED: words.gettext("type-in"),
    }
    return labels.get(kind, "")


def difficulty_label(difficulty: Difficulty, words: Words) -> str:
    """Return the label of a difficulty."""
    labels = {
        Difficulty.EASY: words.gettext("easy"),
        Difficulty.MEDIUM: words.gettext("medium"),
        Difficulty.HARD: words.gettext("hard"),
    }
    return labels[difficulty]
