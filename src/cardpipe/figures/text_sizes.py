"""Sizes of texts in a figure; imports matplotlib, so import it only for drawing.

Matplotlib measures each text of a figure several times. It converts tables of the font each time, and parses a number
at an axis like any formula, which together take a third of the time of a figure.
The sizes stay the same.
"""

from __future__ import annotations

import contextlib
import functools
import re
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib import _mathtext, font_manager
from matplotlib import text as matplotlib_text
from matplotlib.mathtext import MathTextParser

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBER: Final = re.compile(r"\$\\mathdefault\{(\N{MINUS SIGN}?[0-9]+(?:\.[0-9]+)?)\}\$")
"""A number at an axis as matplotlib writes it; one with a power of ten is parsed."""


class NumberParser:
    """A parser of matplotlib's formulas that knows what becomes of a number without parsing it."""

    @functools.cached_property
    def _whole(self) -> Any:
        return _mathtext.Parser()

    def parse(self, s: str, fonts_object: Any, fontsize: float, dpi: float) -> Any:
        """Return the boxes of a formula."""
        number = _NUMBER.fullmatch(s)
        if number is None:
            return self._whole.parse(s, fonts_object, fontsize, dpi)
        state = _mathtext.ParserState(fonts_object, "default", "rm", fontsize, dpi)
        # In this order, since the first also sets the class of the font.
        state.font = mpl.rcParams["mathtext.default"]
        state.font = "default"
        digits = _mathtext.Hlist([_mathtext.Char(character, state) for character in number[1]])
        # Before and behind a formula there is text, which is empty here.
        return _mathtext.Hlist([_mathtext.Hlist([]), _mathtext.Hlist([digits]), _mathtext.Hlist([])])


_PARSER: Final = NumberParser()


class _Tables:
    """The tables of a font, each converted once."""

    def __init__(self, font: Any) -> None:
        self.get_sfnt_table = functools.cache(font.get_sfnt_table)


@contextlib.contextmanager
def quick_sizes() -> Iterator[None]:
    """Let matplotlib measure texts faster; this affects the whole process, so that only one thread may draw."""

    @functools.cache
    def tables(paths: tuple[Any, ...]) -> _Tables:
        return _Tables(font_manager.get_font(paths))

    parsers: Any = MathTextParser
    texts: Any = matplotlib_text
    former = parsers._parser, texts.get_font
    parsers._parser = _PARSER
    # There, a font is only asked for its tables.
    texts.get_font = lambda paths: tables(tuple(paths))
    try:
        yield
    finally:
        parsers._parser, texts.get_font = former
