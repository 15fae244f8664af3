"""Estimate the cost of exporting the cards of a file."""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from cardpipe.markup import scan
from cardpipe.markup.templates import named
from cardpipe.model.diagnostics import Finding
from cardpipe.model.note_types import sides
from cardpipe.source import bounds
from cardpipe.source.tables import is_table_path
from cardpipe.text.nodes import ListNode, MapNode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.model.deck import Card
    from cardpipe.model.note_types import NoteType
    from cardpipe.text.nodes import Node

_CARD: Final = 20
_ENTRY: Final = 5
"""A tag, a related card, a reference, an author's picture."""
_DRAWING: Final = 1_200
"""A drawn figure takes a tenth of a second, so a hundred reach the limit."""
_PICTURE: Final = "image"
_LINE: Final = 3
_LINK: Final = 4
_FORMULA: Final = 4
"""Per character of its TeX, which becomes a separately positioned glyph."""
_NEW_FORMULA: Final = 30
"""The first of equal formulas in the file, for which MathJax takes 3 ms."""
_NEW_CHARACTER: Final = 3
"""With each character of its TeX, for which MathJax takes 0.2 ms."""
_BLANK: Final = 8
"""A cloze deletion is an element in each of the card's forms."""
_CHARACTERS: Final = 12
"""The number of characters that count as one piece."""
_MOST: Final = 24
"""Per character of a text, more than any can count: two dollars and a letter between them are 38 pieces."""
_MARK: Final = re.compile(r"[|\[]|(?P<inline>[*_`~<])")
"""Bars and brackets; and what begins or ends an element within a line, which is twice as much."""


def oversized(cards: Sequence[Card]) -> Iterator[Finding]:
    """Return a finding at the first card that exceeds the limit of a file."""
    if sum(map(_at_most, cards)) <= bounds.FILE_SIZE:
        return
    size = 0
    formulas: set[str] = set()
    for card in cards:
        size += size_of(card, formulas)
        most = bounds.TABLE_SIZE if is_table_path(card.file.path) else bounds.FILE_SIZE
        if size > most:
            yield Finding(
                "SCH008",
                card.span,
                f"The cards of this file exceed the limit of {most:,} pieces at this card.",
                "Split the file, preferably into one file per card.",
            )
            return


def size_of(card: Card, formulas: set[str]) -> int:
    """Return the number of pieces of a card, each of about the same cost in the slowest format.

    `formulas` holds the TeX of the cards before it in its file, to which that of this card is added.
    """
    times = _times_shown(card.note_type) if card.note_type is not None else {}
    texts = sum(times.get(name, 1) * _size_of_text(text.text, formulas) for name, text in card.texts())
    return _size_without_texts(card) + texts


def _at_most(card: Card) -> int:
    """Return a number that `size_of` does not exceed, in a tenth of the time: enough for the files of most cards."""
    times = _times_shown(card.note_type).values() if card.note_type is not None else ()
    length = sum(len(text.text) for _, text in card.texts())
    return _size_without_texts(card) + _MOST * length * max(times, default=1)


def _size_without_texts(card: Card) -> int:
    entries = len(card.tags) + len(card.related) + len(card.references) + len(card.figures)
    drawings = sum(1 + _parts(figure.parameters) for figure in card.figures if figure.kind.text != _PICTURE)
    return _CARD + _ENTRY * entries + _DRAWING * drawings


@functools.lru_cache(maxsize=64)
def _times_shown(note_type: NoteType) -> Mapping[str, int]:
    """Return how often the faces of a note show each field, if more than once."""
    times = Counter(key for face in note_type.faces for side in sides(face, note_type) for key in named(side))
    return {key: count for key, count in times.items() if count > 1}


def _parts(node: Node) -> int:
    """Return the number of figures in a figure, such as a panel: its inner mappings with a kind."""
    if isinstance(node, MapNode):
        own = any(key.text == "kind" for key, _ in node.entries)
        return own + sum(_parts(value) for _, value in node.entries)
    return sum(map(_parts, node.items)) if isinstance(node, ListNode) else 0


def _size_of_text(text: str, formulas: set[str]) -> int:
    lines = text.count("\n") + text.count("\r")
    marks = sum(2 if inline else 1 for inline in _MARK.findall(text))
    size = len(text) // _CHARACTERS + _LINE * lines + _LINK * text.count("](") + _BLANK * text.count("{{c") + marks
    if text.count("$") > 1:
        for formula in scan(text).math():
            size += _FORMULA + len(formula.tex)
            if formula.tex not in formulas:
                size += _NEW_FORMULA + _NEW_CHARACTER * len(formula.tex)
                formulas.add(formula.tex)
    return size
