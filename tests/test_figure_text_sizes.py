"""Numbers at axes have the boxes that matplotlib's own parser makes, and texts the sizes that matplotlib measures."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import matplotlib.text
import numpy as np
import pytest
from matplotlib import _mathtext
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import LoadFlags
from matplotlib.mathtext import MathTextParser

from cardpipe.figures import style, text_sizes
from cardpipe.figures.text_sizes import NumberParser, quick_sizes
from cardpipe.model.figure_form import FigureForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

MINUS = "\N{MINUS SIGN}"
NUMBERS = ("0", "10", "0.25", f"{MINUS}1.75", f"{MINUS}31", "1234567890.5")
OTHERS = (
    r"$\mathdefault{10^{-2}}$",
    r"$\mathdefault{.5}$",
    r"$\alpha_1 + 0.5$",
    "text $0.5$",
    r"$\mathdefault{1,000}$",
)


def boxes(parser: Any, text: str, size: float) -> object:
    fonts: Any = _mathtext.DejaVuSansFonts
    return as_data(parser.parse(text, fonts(FontProperties(), LoadFlags.NO_HINTING), size, 72))


def as_data(node: Any) -> object:
    shown = {name: value for name, value in vars(node).items() if isinstance(value, int | float | str)}
    return type(node).__name__, shown, [as_data(child) for child in getattr(node, "children", ())]


@pytest.mark.parametrize("text", [*(rf"$\mathdefault{{{number}}}$" for number in NUMBERS), *OTHERS])
def test_a_number_has_the_boxes_of_matplotlibs_parser(text: str) -> None:
    parsers: Any = _mathtext
    with style.shared_style(own_formulas=False):
        assert boxes(NumberParser(), text, 15) == boxes(parsers.Parser(), text, 15)
        assert boxes(NumberParser(), text, 10.5) == boxes(parsers.Parser(), text, 10.5)


def plot(figure: Figure) -> None:
    axes = figure.subplots(1, 2)
    places = np.linspace(-1.5, 1.5, 20)
    axes[0].plot(places, 1e-7 * places)
    axes[1].semilogy(places, np.exp(places))
    axes[1].set_title(r"Two lines" "\n" r"with $\alpha$", fontsize=20)


@pytest.mark.parametrize("form", FigureForm)
def test_a_figure_has_the_bytes_that_matplotlib_alone_would_give(
    form: FigureForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = drawn(plot, form)
    monkeypatch.setattr(text_sizes, "quick_sizes", contextlib.nullcontext)
    assert drawn(plot, form) == quick


def drawn(draw: Callable[[Figure], object], form: FigureForm) -> bytes:
    with style.shared_style(own_formulas=False):
        figure = style.new_figure()
        draw(figure)
        return style.save(figure, form).data


def test_matplotlib_is_as_before_afterwards() -> None:
    texts: Any = matplotlib.text
    parsers: Any = MathTextParser
    before = texts.get_font, parsers._parser
    with quick_sizes():
        assert (texts.get_font, parsers._parser) != before
    assert (texts.get_font, parsers._parser) == before
