"""No last line of a paragraph alone at the head of a page, from an engine that does not know `widows`.

Where a line stands is known only when the pages are drawn. So paragraphs that may be parted get marks; where the last
line of one turns out to be alone, the paragraph gets two floats: one without width, as high as the lines that may stay,
and below it one as wide as the paragraph, in the place of the line that is to go along. No word is touched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.writers.pdf.paper import MILLIMETRE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.writers.pdf.engine import Page
    from cardpipe.writers.pdf.finish import Place

MARK: Final = "last-lines-"
"""How the names of the marks begin."""
STYLE: Final = """
.stay { float: left; width: 0; }
.barrier { float: left; clear: left; width: 100%; }
p.whole { break-inside: avoid !important; }
"""
"""What the elements look like that stand in the documents made here."""
_ARTICLE: Final = re.compile("(?=<article )")
_WHOLE: Final = '<article class="card" '
"""A card that no page parts."""
_PARAGRAPH: Final = re.compile(r'<p class="parted">(.*?)</p>', re.DOTALL)
_ROUNDS: Final = 8
"""Each holds for all paragraphs up to the next one that moves on account of it; two are the rule."""
_ONE_LINE: Final = 2.4
"""Ems: one line is lower, even with a formula in it, and two are higher."""
_TOUCH: Final = 0.5
"""Points by which a place may differ, and by which a float must reach into a line."""


@dataclass(frozen=True, slots=True)
class _Mended:
    """How a paragraph is kept from leaving a line alone: held back, or whole where nothing is left to hold back."""

    below: float = 0.0
    """Points from the head of the page to the paragraph, for which this holds."""
    stays: float = 0.0
    """Points from its upper edge that its lines may fill on the first page; 0 where it is to be whole."""
    goes: float = 0.0
    """Points between these and the foot."""


class LastLines:
    """A document in which no last line is to stand alone; laid out until that is so."""

    def __init__(self, document: str) -> None:
        self._parts: list[str] = []
        """By turns what is between paragraphs, and the text of one."""
        text = ""
        for article in _ARTICLE.split(document):
            if article.startswith(_WHOLE):
                text += article
                continue
            first, *others = _PARAGRAPH.split(article)
            text += first
            for number, part in enumerate(others):
                if number % 2 == 0:
                    self._parts += [text, part]
                    text = ""
                else:
                    text = part
        self._parts.append(text)
        self._mended: dict[int, _Mended] = {}

    @property
    def rounds(self) -> range:
        """Those in which the document is to be laid out at most; the last one takes back what did not settle."""
        return range(_ROUNDS if len(self._parts) > 1 else 0)

    def document(self) -> str:
        """The document as it is to be laid out now."""
        return "".join(
            self._paragraph(number // 2, part) if number % 2 else part for number, part in enumerate(self._parts)
        )

    def _paragraph(self, number: int, text: str) -> str:
        mended = self._mended.get(number)
        if mended is not None and not mended.stays:
            return f'<p class="whole">{text}</p>'
        floats = ""
        if mended is not None:
            floats = (
                f'<span class="stay" style="height: {mended.stays:.2f}pt"></span>'
                f'<span class="barrier" style="height: {mended.goes:.2f}pt"></span>'
            )
        start, em, end = (f'<a class="edge" id="{name}" href="#{name}"' for name in _names(number))
        return (
            f'<p class="parted">{start}></a>{em} style="position: relative; top: 1em"></a>{floats}{text}{end}></a></p>'
        )

    def settled(self, places: Mapping[str, Place], page: Page) -> bool:
        """Whether no last line stands alone where the marks stand; if one does, the document is another now."""
        wanted: dict[int, _Mended] = {}
        for number in range(len(self._parts) // 2):
            former = self._mended.get(number)
            start, em, end = (places.get(name) for name in _names(number))
            if former is not None and not former.stays:
                wanted[number] = former
            elif start is not None and em is not None and end is not None:
                if former is None:
                    found = _alone(start, start.top - em.top, end, page)
                else:
                    found = former if abs(_below(start, page) - former.below) < _TOUCH else None
                if found is not None:
                    wanted[number] = found
        if wanted == self._mended:
            return True
        self._mended = wanted
        return False

    def take_back(self) -> None:
        """Mend nothing, for a document that does not settle."""
        self._mended = {}


def _names(number: int) -> tuple[str, str, str]:
    """Of the marks at the upper edge of a paragraph, an em below it and at its lower edge."""
    return f"{MARK}{number}-start", f"{MARK}{number}-em", f"{MARK}{number}-end"


def _below(place: Place, page: Page) -> float:
    """How far a place is below the head of its page, in points."""
    return page.height - page.top * MILLIMETRE - place.top


def _alone(start: Place, em: float, end: Place, page: Page) -> _Mended | None:
    """How to mend a paragraph whose last line stands alone; None where it does not."""
    line = _below(end, page)
    if end.page == start.page or not em / 2 < line < _ONE_LINE * em:
        return None
    full = page.height - (page.top + page.bottom) * MILLIMETRE
    room = start.top - page.bottom * MILLIMETRE + (end.page - start.page - 1) * full
    # One of three lines alone cannot be given a second without leaving the first alone.
    if room < 3 * line:
        return _Mended()
    # The line before the last ends where there is no room for the last below it.
    return _Mended(below=_below(start, page), stays=room - line + _TOUCH, goes=line - _TOUCH)
