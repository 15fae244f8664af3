"""The size of labels: estimates are at least the drawn size, and tall formulas make lines taller."""

from __future__ import annotations

import re

import pytest

from cardpipe.figures.diagrams.boxes import box_size
from cardpipe.figures.formulas import SIZE, shape
from cardpipe.figures.label_lines import LINE, approximate_width, line_height, shown_length
from cardpipe.figures.style import TEXT_SIZE
from figure_sample import drawn, found

HIGH = r"$\begin{pmatrix} 1 \\ 2 \\ 3 \end{pmatrix}$"


@pytest.mark.parametrize(
    "tex",
    [
        *(
            "x",
            "x_1",
            "w_{ij}",
            "x^2",
            r"\sigma(x)",
            "w_1 x_1 + w_2 x_2 + b",
            "y = f(x)",
            r"\sum_i w_i x_i",
            "f(x) = 0",
        ),
        *(
            r"\alpha",
            r"x_1 \cdot x_2",
            r"a \leq b",
            "10^{-3}",
            "(0, 0.5)",
            "m",
            "M",
            "W",
            r"x \to y",
            "n=100",
            r"\Theta",
        ),
        *("H_0", "A", r"\infty", r"-\eta g", "x_{t+1}", r"\ldots", "a,b,c", r"\lambda \times \mu"),
    ],
)
def test_an_estimate_holds_what_is_drawn(tex: str) -> None:
    wide = shape(tex).width / 1000 * SIZE * TEXT_SIZE
    assert wide <= approximate_width(f"${tex}$") <= 1.5 * wide


@pytest.mark.parametrize("tex", [r"\frac{\partial L}{\partial w}", r"\begin{cases}0&x<0\\1&x>0\end{cases}", r"\hat y"])
def test_what_cannot_be_estimated_is_measured(tex: str) -> None:
    assert approximate_width(f"${tex}$") == pytest.approx(shape(tex).width / 1000 * SIZE * TEXT_SIZE)


def test_a_faulty_formula_has_some_width() -> None:
    assert approximate_width(r"$\frac{1}{$") > 0


def test_a_high_formula_needs_a_high_line() -> None:
    assert line_height("words and $x_1^2$") == LINE
    assert line_height(r"$\frac{\partial L}{\partial w}$") > LINE
    assert line_height(HIGH) > 2 * LINE
    assert box_size(HIGH, 100).height > line_height(HIGH)


@pytest.mark.parametrize(
    ("kind", "yaml"),
    [
        ("table", "rows: [[a, {}], [b, c]]"),
        ("tree", "root: {{label: a, children: [{}]}}"),
        ("timeline", "steps: [{{label: a, text: {}}}, {{label: b}}]"),
        ("timeline", "steps: [{{label: {}}}, {{label: b}}]\ndirection: right"),
        ("grid", "values: [[1]]\ntitle: {}"),
        ("heatmap", "values: [[1]]\nrows: [{}]"),
        ("heatmap", "values: [[1]]\ncolumns: [{}]"),
        ("network", "layers: [{{units: 1, label: {}}}, {{units: 1}}]"),
        ("venn", "sets: [{}, b]"),
        ("panel", "figures: [{{kind: grid, values: [[1]], heading: {}}}, {{kind: grid, values: [[1]], heading: a}}]"),
    ],
)
def test_pictures_grow_with_a_high_formula(kind: str, yaml: str) -> None:
    high, low = (drawn(kind, yaml.format(f"'{label}'")).height for label in (HIGH, "$x$"))
    assert high > low + LINE


def test_a_label_is_as_long_as_what_readers_see() -> None:
    assert shown_length("plain words") == 11
    assert shown_length(r"$\frac{\partial L}{\partial w}$") == 5
    assert shown_length(HIGH) < 12
    assert found("graph", f"nodes: [{{id: a, label: '{HIGH}'}}]") == []


def test_tex_without_end_is_found() -> None:
    [(_, _, message)] = found("table", f"rows: [['${'x' * 301}$']]")
    assert "more than 80" in message


def test_numbers_at_an_axis_stand_apart() -> None:
    yaml = "classes: [{points: [[100000, 1], [200000, 2]]}]\n"
    wide, narrow = (
        drawn(
            "panel", f"figures: [{{kind: scatter, {yaml.strip()}}}, {{kind: grid, values: [[1]]}}]\ncolumns: {columns}"
        )
        for columns in (1, 2)
    )
    ticks = [len(re.findall('id="(?:part1-)?xtick_', picture.data.decode())) for picture in (wide, narrow)]
    assert ticks[1] < ticks[0]


def test_numbers_below_zero_are_hatched_where_cells_do_not_tell_them() -> None:
    hatches = [
        drawn("heatmap", yaml).data.count(b"url(#h")
        for yaml in (
            "values: [[-1, 1, -2]]\nshow_values: false",
            "values: [[-1, 1, -2]]",
            "values: [[3, 1, 2]]\nshow_values: false",
        )
    ]
    assert hatches == [3, 0, 0]  # two cells, and the scale's lower half


def test_numbers_of_units_are_short_in_all_layers_or_none() -> None:
    from cardpipe.figures.diagrams.layered_network import NetworkPlan
    from cardpipe.text.positions import SourceText

    network = {"layers": [{"units": units, "label": SourceText.inline("Hidden")} for units in (784, 30, 300)]}
    assert all("units" in name[-1] for name in NetworkPlan(network, 480).names)
    names = NetworkPlan(network, 300).names
    assert [name[-1] for name in names] == ["(784)", "(30)", "(300)"]
