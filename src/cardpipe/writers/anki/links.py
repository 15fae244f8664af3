"""Rewrite what Anki does not support: links to other cards, pictures outside of notes.

The texts come from our own sanitiser: elements are balanced, attributes stand in double quotes, and `<` in words is
written `&lt;`. That is why expressions are enough here; a parser took five times as long for a whole deck.
"""

from __future__ import annotations

import re

from cardpipe.model.card_ids import ANY_ID

_CARD = 'href="#card-'
_ATTRIBUTES = r'(?: [a-z-]+="[^"]*")*'
_CARD_LINK = re.compile(rf'<a(?: (?!href=)[a-z-]+="[^"]*")* href="#card-({ANY_ID})"{_ATTRIBUTES}>(.*?)</a>', re.DOTALL)
_PICTURE = re.compile(rf"<img{_ATTRIBUTES} ?/?>")


def without_card_links(text: str) -> str:
    """Return the text with card links as emphasised words, followed by the card's ID if they do not contain it."""
    return _CARD_LINK.sub(_emphasised, text) if _CARD in text else text


def without_pictures(text: str) -> str:
    """Return the text without pictures and card links, for a deck's description."""
    return without_card_links(_PICTURE.sub("", text))


def _emphasised(link: re.Match[str]) -> str:
    card, words = link.groups()
    named = "" if card in words else f' <span class="card-id">({card})</span>'
    return f'<em class="card-link">{words}</em>{named}'
