"""Formulas in labels are typeset by MathJax, in SVG and PNG; unsupported ones are findings."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from cardpipe.figures import style
from cardpipe.figures.formulas import UnfitFormula, runs, shape
from cardpipe.writers.api import FigureForm
from figure_sample import drawn, found

CURVE = "curves: [x]\nx: [0, 1]\n"


@pytest.mark.parametrize(
    ("label", "parts"),
    [
        ("plain", [("plain", False, 0)]),
        ("a $x$ b", [("a ", False, 0), ("x", True, 3), (" b", False, 5)]),
        ("$x$$y$", [("x", True, 1), ("y", True, 4)]),
        (r"\$5 for $x$", [("$5 for ", False, 0), ("x", True, 9)]),
        (r"$a\$b$", [(r"a\$b", True, 1)]),
        ("$$", [("", True, 1)]),
    ],
)
def test_a_label_is_divided_at_its_dollars(label: str, parts: list[tuple[str, bool, int]]) -> None:
    assert [(run.text, run.is_formula, run.start) for run in runs(label)] == parts


def test_a_shape_has_the_measures_of_the_formula() -> None:
    letter, fraction = shape("x"), shape(r"\frac{1}{2}")
    assert letter.depth < letter.height < fraction.height
    assert fraction.depth > 200  # of thousandths of an em, below the baseline
    xs = [x for _, points in fraction.steps for x, _ in points]
    ys = [y for _, points in fraction.steps for _, y in points]
    assert -fraction.depth <= min(ys) < 0 < max(ys) <= fraction.height
    assert 0 <= min(xs) < max(xs) <= fraction.width


def test_lines_and_bars_of_a_formula_are_drawn() -> None:
    plain, struck = shape("x"), shape(r"\cancel{x}")
    assert len(struck.steps) == len(plain.steps) + 5
    assert len(shape(r"\frac{1}{2}").steps) == len(shape("1").steps) + len(shape("2").steps) + 5


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{pmatrix}1\\2\end{pmatrix}",
        r"\operatorname{argmax}_i",
        r"\text{Größe}",
        r"\underbrace{x + y}_n",
        r"\dfrac12",
    ],
)
def test_what_the_text_of_a_card_can_show_a_label_can(tex: str) -> None:
    picture = drawn("function", f"{CURVE}x_label: '${tex}$'").data
    without = drawn("function", CURVE).data
    assert picture.count(b"formula-") > without.count(b"formula-")


@pytest.mark.parametrize(
    ("tex", "column", "message"),
    [
        (r"x \nothing", 14, r"Undefined control sequence \nothing."),
        (r"\frac{1}{", 12, "Missing close brace."),
        (r"\enclose{circle}{x}", 12, "Labels cannot show this formula"),
        (r"\color{red}x", 12, "Labels cannot show this formula"),
        (r"\boxed{x}", 12, "Labels cannot show this formula"),
        (r"\def\a{b}", 12, ""),
        (r"\href{javascript:alert(1)}{x}", 12, ""),
    ],
)
def test_what_a_label_cannot_show_is_found_at_its_place(tex: str, column: int, message: str) -> None:
    [(line, place, said)] = found("function", f"{CURVE}x_label: '${tex}$'")
    assert (line, place) == (3, column)
    assert message in said


def test_text_beside_a_formula_must_have_glyphs() -> None:
    [(line, column, message)] = found("function", f"{CURVE}x_label: '$x$ 重'")
    assert (line, column) == (3, 15)
    assert "has no 重" in message


def test_a_formula_that_is_refused_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(UnfitFormula):
            shape(r"\nothing")


def test_pixels_show_formulas_where_outlines_do() -> None:
    def dark(label: str) -> int:
        data = drawn("function", f"{CURVE}points: [{{x: 0.2, y: 0.8, label: '{label}'}}]\n", FigureForm.PNG).data
        return sum(pixel < 128 for pixel in Image.open(io.BytesIO(data)).convert("L").tobytes())

    assert dark(r"$\begin{pmatrix}1\\\\2\end{pmatrix}$") > dark("$1$") + 100
    assert dark("$1$") > dark("$$")


def test_room_is_made_for_a_high_formula() -> None:
    def frame(label: str) -> float:
        """The lower end of the plot's frame in CSS pixels."""
        data = drawn("function", f"{CURVE}x_label: '{label}'").data.decode()
        axes = data[data.index('id="axes_1"') :]
        return max(float(y) for y in re.findall(r"L [\d.]+ ([\d.]+)", axes[: axes.index("</g>")]))

    assert frame(r"$\frac{1}{\frac{1}{2}}$") < frame("x") - 10


def test_powers_at_an_axis_stay_matplotlibs() -> None:
    data = drawn("function", "curves: [100000000 * x]\nx: [0, 1]\n").data
    assert b"formula-" not in data


def test_others_settings_are_back_afterwards() -> None:
    from matplotlib import text
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.textpath import TextToPath

    measures = RendererAgg.get_text_width_height_descent
    with style.shared_style():
        assert text.TextToPath is not TextToPath
    assert text.TextToPath is TextToPath
    assert RendererAgg.get_text_width_height_descent is measures
