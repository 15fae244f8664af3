"""Labels of figures never overlap, in figures with every feature and in difficult ones."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from cardpipe.figures import style
from cardpipe.writers.api import FigureForm
from figure_hard_samples import HARD
from figure_sample import SAMPLES, decoded, found, kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOUCHING = 3.0
"""By so many CSS pixels the boxes of two words may overlap: they are a little larger than the letters."""


def beyond(axes: Axes) -> set[int]:
    """The numbers beyond the ends of an axis, which matplotlib keeps and does not draw."""
    return {
        id(text)
        for axis in (axes.xaxis, axes.yaxis)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        for text in (tick.label1, tick.label2)
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }


def words_drawn(name: str, yaml: str, monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[str, Any]]]:
    """The words on each canvas that a figure is drawn on, with their boxes in CSS pixels."""
    from matplotlib.text import Text

    canvases = []
    original = style.save

    def save(figure: Figure, form: FigureForm) -> Any:
        drawing = original(figure, form)
        hidden = set().union(*(beyond(axes) for axes in figure.axes))
        texts: Any = (text for text in figure.findobj(Text) if id(text) not in hidden)
        shown = [text for text in texts if text.get_visible() and text.get_text().strip()]
        canvases.append([(text.get_text(), text.get_window_extent()) for text in shown])
        return drawing

    monkeypatch.setattr(style, "save", save)
    _, values = decoded(name, yaml)
    kind(name).draw(values, None, FigureForm.SVG)  # type: ignore[arg-type]  # these kinds look at no files
    return canvases


ALL = {**{f"{name}/all": yaml for name, yaml in SAMPLES.items()}, **HARD}


@pytest.mark.parametrize("name", HARD)
def test_hard_figures_have_no_findings(name: str) -> None:
    assert found(name.partition("/")[0], HARD[name]) == []


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("name", ALL)
def test_no_words_lie_over_others(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    over = []
    for words in words_drawn(name.partition("/")[0], ALL[name], monkeypatch):
        for (one, first), (other, second) in itertools.combinations(words, 2):
            across = min(first.x1, second.x1) - max(first.x0, second.x0)
            down = min(first.y1, second.y1) - max(first.y0, second.y0)
            if across > TOUCHING and down > TOUCHING:
                over.append((one, other, round(float(across), 1), round(float(down), 1)))
    assert over == []
