"""Warnings on a PDF: characters without a font, formulas that are scaled down."""

from __future__ import annotations

import html
import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from cardpipe.plugins.extras import install_command
from cardpipe.writers.page.formulas import PICTURE
from cardpipe.writers.pdf.composing.fonts import covered
from cardpipe.writers.pdf.composing.han_fonts import han_characters, han_rules
from cardpipe.writers.pdf.composing.indic_fonts import indic_characters, indic_rules
from cardpipe.writers.pdf.composing.style import characters_of
from cardpipe.writers.pdf.layouts.sheet import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from cardpipe.writers.api import RenderedDeck

_WIDTH: Final = re.compile(r"width:(\d+)[.\d]*em")
_ROOM: Final = 36.8
"""Width of the sheet's text in em: 130 mm of ten points."""
_LEGIBLE: Final = 6.0
"""Points; the indices of a formula are smaller by a third."""
_SHOWN: Final = 3
_BEGINNING: Final = 24


def warnings_on(deck: RenderedDeck) -> Sequence[str]:
    """Yield warnings on characters that the PDF's fonts lack, and on formulas that are too wide for paper."""
    return [*_characters(deck), *_formulas(deck)]


def _characters(deck: RenderedDeck) -> Iterator[str]:
    shown = characters_of(deck)
    strange = {character for character in shown if character > "\u2fff" or "\u0530" <= character < "\u1e00"}
    strange = {character for character in strange if ord(character) not in covered() and character.isprintable()}
    han = han_characters(shown) & strange
    _, left = han_rules(han, deck.settings.language.text)
    if left:
        yield (
            f"pdf: fonts for Chinese, Japanese and Korean are installed by `{install_command('cjk')}`; without them "
            f"{len(left)} characters ({_some(left)}) depend on the machine's fonts, or are missing."
        )
    indic = indic_characters(shown) & strange
    _, left = indic_rules(indic)
    if left:
        yield (
            f"pdf: fonts for scripts of South Asia are in the extra `pip install 'cardpipe[indic]'`; without them "
            f"{len(left)} characters ({_some(left)}) depend on the machine's fonts, or are missing."
        )
    if others := strange - han - indic:
        yield f"pdf: its fonts lack {len(others)} characters ({_some(others)}); they may be missing."


def _formulas(deck: RenderedDeck) -> Iterator[str]:
    # A formula that a card shows several times is named once.
    found = {
        f"{card.id} ({_beginning(match['tex'])}: {TEXT * _ROOM / width:.1f} points)": None
        for card in deck.cards
        for text in (card.question, card.answer, card.details)
        for match in PICTURE.finditer(text)
        for width in map(int, _WIDTH.findall(match["style"]))
        if width * _LEGIBLE > TEXT * _ROOM
    }
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield (
            f"pdf: formulas too wide for a page are scaled down, in {', '.join(islice(found, _SHOWN))}{more}; "
            r"break them into lines (`\begin{aligned} … \\ … \end{aligned}`)."
        )


def _beginning(tex: str) -> str:
    text = " ".join(html.unescape(tex).split())
    return f"“{text[:_BEGINNING].rstrip()}{'…' if len(text) > _BEGINNING else ''}”"


def _some(characters: Set[str]) -> str:
    return "".join(sorted(characters)[:8]) + ("…" if len(characters) > 8 else "")
