"""Figure kinds with axes: findings and their positions, and extreme numbers."""

from __future__ import annotations

import time

import pytest

from figure_sample import drawn, found

TWO = "categories: [a, b]\n"
WIDE = "m" * 40
RISING = "series: [{values: [1, 2, 3]}]\n"


@pytest.mark.parametrize(
    ("name", "yaml", "line", "column", "message"),
    [
        # bars
        ("bars", f"{TWO}series: [{{values: [1]}}]", 2, 19, "Found 1 value for 2 categories."),
        (
            "bars",
            f"{TWO}series: [{{label: x, values: [1, 2]}}, {{values: [1, 2]}}]",
            2,
            38,
            "One of several series needs a label.",
        ),
        ("bars", f"{TWO}arrangement: stacked\nseries: [{{values: [1, -2]}}]", 3, 19, "Stacked bars cannot be negative"),
        (
            "bars",
            f"categories: [{'m' * 40}, b]\nseries: [{{values: [1, 2]}}]",
            1,
            14,
            "A word of this name is too wide",
        ),
        (
            "bars",
            f"categories: [{', '.join('abcdefgh')}]\nseries: [{{values: {[123456] * 8}}}]\nshow_values: true",
            3,
            14,
            "The bars are too narrow to show their values.",
        ),
        (
            "bars",
            f"categories: [{', '.join('abcdefghijkl')}]\nhorizontal: true\nshow_values: true\nseries:\n"
            + "\n".join(f"- {{label: {name}, values: {[1] * 12}}}" for name in "abcdef"),
            1,
            13,
            "There are too many horizontal bars for one picture.",
        ),
        (
            "bars",
            f"{TWO}series: [{{values: [1, 2], label: {'m' * 35}}}]",
            2,
            34,
            "This label is too wide for the legend.",
        ),
        (
            "bars",
            f"{TWO}series: [{{values: [1, 2]}}]\nvalue_label: {'m' * 30}",
            3,
            14,
            "There is no room for these words",
        ),
        # histogram
        ("histogram", "x_label: A", 1, 1, "A histogram must have either `values`, or `counts` with `edges`"),
        (
            "histogram",
            "values: [1]\ncounts: [1]\nedges: [0, 1]",
            2,
            9,
            "A histogram must have either `values`, or `counts`",
        ),
        ("histogram", "values: [1, 2]\nedges: [0, 1]", 2, 8, "`edges` requires `counts`."),
        ("histogram", "counts: [1, 2]\nedges: [0, 1]", 2, 8, "Found 2 edges for 2 counts."),
        ("histogram", "counts: [1, 2]\nedges: [0, 1, 1]", 2, 8, "These numbers are not increasing"),
        ("histogram", "values: [0, 5.0e-324]", 1, 9, "These numbers are too close together"),
        ("histogram", "values: [1, 2]\nguides: [{x: 3}]", 2, 14, "This is outside the x range."),
        ("histogram", "values: [1, 2]\nguides: [{label: a}]", 2, 10, "A line must have either x or y."),
        # lines
        ("lines", f"{RISING}x: [1, 2, 2]", 2, 4, "These numbers are not increasing."),
        ("lines", f"{RISING}x: [1, 2]", 1, 19, "Found 3 numbers, but x has 2."),
        (
            "lines",
            "series:\n- {label: a, values: [1, 2]}\n- {label: b, values: [1, 2, 3]}",
            3,
            22,
            "Found 3 numbers, but the first series has 2.",
        ),
        ("lines", "series: [{values: [1, 2], low: [0, 1]}]", 1, 10, "A band needs both `low` and `high`."),
        ("lines", "series: [{values: [1, 2], low: [0, 3], high: [1, 2]}]", 1, 32, "This edge of the band is above"),
        (
            "lines",
            "series: [{values: [1, 2]}, {label: a, values: [1, 2]}]",
            1,
            10,
            "One of several series needs a label.",
        ),
        ("lines", "series: [{values: [0, 1]}]\nscale: log", 1, 19, "A logarithmic scale needs numbers above zero."),
        ("lines", f"{RISING}scale: log\ny: [0, 1]", 3, 4, "A logarithmic scale needs numbers above zero."),
        ("lines", f"{RISING}y: [1, 1]", 2, 4, "The y range is empty."),
        ("lines", f"{RISING}guides: [{{x: 9}}]", 2, 14, "This is outside the x range."),
        ("lines", f"{RISING}x_label: {WIDE}", 2, 10, "There is no room for these words at the axis."),
        # scatter
        (
            "scatter",
            "classes: [{points: [[0, 0]]}, {label: a, points: [[1, 1]]}]",
            1,
            11,
            "One of several classes needs a label.",
        ),
        (
            "scatter",
            "classes: [{points: [[0, 0], [2, 0]]}]\nx: [0, 1]",
            1,
            29,
            "This point is outside the x range.",
        ),
        (
            "scatter",
            "classes: [{points: [[0, 0]]}]\nboundaries: [{label: a}]",
            2,
            14,
            "A boundary must have either `expression` or `points`",
        ),
        (
            "scatter",
            "classes: [{points: [[0, 0]]}]\nboundaries: [{expression: x + z}]",
            2,
            31,
            "Unknown name z.",
        ),
        (
            "scatter",
            "classes: [{points: [[0, 0]]}]\nboundaries: [{expression: x + 99}]",
            2,
            14,
            "This boundary is outside the picture.",
        ),
        (
            "scatter",
            "classes: [{points: [[0, 0]]}]\nx: [-1, 1]\nmarks: [{x: 2, y: 0}]",
            3,
            13,
            "This is outside the x range.",
        ),
    ],
)
def test_findings_have_their_places(name: str, yaml: str, line: int, column: int, message: str) -> None:
    findings = found(name, yaml)
    assert [(line, column) for line, column, _ in findings] == [(line, column)]
    assert findings[0][2].startswith(message)


FAR = "1000000000"


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize(
    ("name", "yaml"),
    [
        ("bars", "categories: [a]\nseries: [{values: [0]}]\nshow_values: true\narrangement: stacked"),
        ("bars", f"categories: [a, b]\nseries: [{{values: [{FAR}, -{FAR}]}}]"),
        ("bars", "categories: [a]\nseries: [{values: [1.0e-300]}]\nshow_values: true"),
        ("histogram", "values: [5, 5]\nbins: 60"),
        ("histogram", f"values: [{FAR}, -{FAR}]\nbins: 60"),
        ("histogram", "counts: [0]\nedges: [0, 1]"),
        ("lines", "series: [{values: [0, 0]}]"),
        ("lines", "series: [{values: [999999999.9999999, 1000000000]}]"),
        ("lines", "series: [{values: [1.0e-300, 1000000000]}]\nscale: log"),
        ("lines", "x: [0, 1.0e-300]\nseries: [{values: [0, 1]}]"),
        ("lines", f"series: [{{values: {list(range(500))}}}]\ny: [0, 0.00000001]"),
        ("scatter", "classes: [{points: [[0, 0], [0, 0]]}]"),
        ("scatter", f"classes: [{{points: [[{FAR}, 0], [-{FAR}, 1.0e-300]]}}]"),
        ("scatter", "classes: [{points: [[0, 0], [1, 1]]}]\nboundaries: [{expression: 1/x**64}]"),
    ],
)
def test_numbers_at_the_bounds_are_drawn_at_once(name: str, yaml: str) -> None:
    drawn("bars", "categories: [a]\nseries: [{values: [1]}]")  # imports matplotlib
    begin = time.process_time()
    drawing = drawn(name, yaml)
    assert time.process_time() - begin < 3
    assert len(drawing.data) < 500_000
    assert drawing.width < 520


def test_bars_of_several_series_differ_without_colour() -> None:
    svg = drawn("bars", "categories: [a]\nseries: [{label: x, values: [1]}, {label: y, values: [2]}]").data
    assert b"<pattern" in svg
