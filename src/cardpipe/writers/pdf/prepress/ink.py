"""Reduced ink: thinner rules, no shaded backgrounds, and figures with paler areas and thinner lines.

Text is made lighter in the finished PDF (`recolour`); an author's own pictures are not changed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cardpipe.writers.api import RenderedDeck

_RULES: Final = (
    "@media print { html body .answer { border-width: 0.5pt; } html body h2 { border-width: 0.25pt; } "
    "html body pre, html body :not(pre) > code { background: none; } html body pre { border-width: 0.25pt; } "
    "html body thead th, html body tbody tr:last-child td, html body tbody tr:last-child th { border-width: 0.4pt; } "
    "html body th, html body td { border-width: 0.25pt; } html body blockquote { border-width: 0.5pt; } "
    "html body .line, html body .head, html body .facts, html body .facts > div { border-width: 0.25pt; } }\n"
)
_PLACED: Final = re.compile(r'<figure class="figure drawn"><img(?:[^<>"]|"[^"]*")*? src="([^"]*)"')
_FILL: Final = re.compile(rb'(?<=[ ";]fill: #)[0-9a-f]{6}(?=[;"])')
_WIDTH: Final = re.compile(rb'(?<=[ ";]stroke-width: )\d+(?:\.\d+)?(?=[;"])')
_PALE: Final = 0xA0
"""A colour that is no darker than this in each of red, green and blue, and not grey, is an area, not a line or text."""
_PALER: Final = 0.5
_THINNER: Final = 0.75


def with_less_ink(deck: RenderedDeck) -> RenderedDeck:
    """Return the deck with style and figures that need less ink."""
    assets = dict(deck.assets)
    for name in _drawn(deck):
        asset = assets.get(name)
        if asset is not None and asset.media_type == "image/svg+xml":
            assets[name] = replace(asset, data=_WIDTH.sub(_thinner, _FILL.sub(_paler, asset.data)))
    return replace(deck, assets=assets, code_style=f"{deck.code_style}{_RULES}")


def _drawn(deck: RenderedDeck) -> frozenset[str]:
    """Return the assets of the figures that cardpipe drew."""
    found: set[str] = set()
    for card in deck.cards:
        found.update(figure.asset for figure in card.figures if figure.drawn)
        for text in (card.question, card.answer, card.details):
            found.update(_PLACED.findall(text))
    return frozenset(found)


def _paler(match: re.Match[bytes]) -> bytes:
    parts = bytes.fromhex(match[0].decode())
    if min(parts) < _PALE or min(parts) == max(parts) == 0xFF:
        return match[0]
    return bytes(round(part + (255 - part) * _PALER) for part in parts).hex().encode()


def _thinner(match: re.Match[bytes]) -> bytes:
    return f"{float(match[0]) * _THINNER:g}".encode()
