"""The room for IDs that are longer than those of the default form, in lists and in the margin of paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cardpipe.writers.api import RenderedDeck

_USUAL: Final = 8
"""Letters of an ID that every list and margin has room for."""
_LONGEST: Final = 24
"""Letters of an ID that are on one line of a list."""
_LETTER: Final = 0.56
"""The mean width of a letter or digit in em."""
_IN_LISTS: Final = """
.contents .id, .contents li li .id, .compact .pair .id, .tags li .id, .cards .id, .results .id {
  flex-basis: %.1fem; overflow-wrap: anywhere;
}
"""
_ABOVE: Final = """
.card h3 .id, .number { position: static; display: block; width: auto; padding: 0; }
.number b { display: inline; margin-inline-start: 2mm; }
"""


def id_style(deck: RenderedDeck, *, paper: bool = False) -> str:
    """Return CSS for the IDs of a deck; empty for the default form, and for IDs that are as short."""
    longest = max((len(card.source_id) for card in deck.cards), default=0)
    if deck.settings.id_form.is_default or longest <= _USUAL:
        return ""
    in_lists = _IN_LISTS % (min(longest, _LONGEST) * _LETTER + 0.8)
    return f"{in_lists}{_ABOVE}" if paper else in_lists
