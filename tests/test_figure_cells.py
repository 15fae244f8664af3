"""Figure kinds with rows and columns: findings and their positions, tints, and what does not fit."""

from __future__ import annotations

import time

import pytest

from cardpipe.figures import style
from cardpipe.figures.cells.tinted_cells import DEEPEST, tint
from cardpipe.figures.number_format import alike
from figure_sample import drawn, found
from test_figure_style import contrast, in_dark_mode, rgb

LONG = "m" * 40


@pytest.mark.parametrize(
    ("name", "yaml", "line", "column", "message"),
    [
        # heatmap
        ("heatmap", "values: [[1, 2], [3]]", 1, 18, "This row has 1 number, but the first has 2."),
        ("heatmap", "values: [[1, 2]]\nrows: [a, b]", 2, 7, "Found 2 names for 1 row."),
        ("heatmap", "values: [[1, 2]]\ncolumns: [a]", 2, 10, "Found 1 name for 2 columns."),
        ("heatmap", "values: [[1, 2]]\nscale: [1, 1]", 2, 8, "The scale is empty."),
        ("heatmap", "values: [[1, 2]]\npadding: 1", 2, 10, "The padding leaves no inner cell."),
        (
            "heatmap",
            "values: [[1, 2]]\nhighlight: [{row: 2, column: 1}]",
            2,
            13,
            "This block is partly outside of the heatmap",
        ),
        ("heatmap", f"values: [[1]]\nrows: [{LONG}]", 2, 8, "A word of this name is too wide"),
        ("heatmap", f"values: [[{', '.join('12345678')}]]\ncolumns: [{LONG}, b, c, d, e, f, g, h]", 2, 11, "This name"),
        ("heatmap", f"values: [[{', '.join(['-0.125'] * 18)}]]", 1, 9, "The cells are too narrow for their content."),
        ("heatmap", f"values: [[1]]\nx_label: {LONG}", 2, 10, "There is no room for these words above the columns."),
        ("heatmap", f"values: [[1]]\ny_label: {LONG}", 2, 10, "There is no room for these words beside the rows."),
        ("heatmap", f"values: [[1]]\ntitle: {LONG}", 2, 8, "A word of the title is wider than the figure."),
        # confusion-matrix
        (
            "confusion-matrix",
            "classes: [a, b]\ncounts: [[1, 2], [3, 4], [5, 6]]",
            2,
            9,
            "Found 3 rows for 2 classes.",
        ),
        (
            "confusion-matrix",
            "classes: [a, b]\ncounts: [[1, 2, 3], [3, 4]]",
            2,
            10,
            "This row has 3 items for 2 classes.",
        ),
        (
            "confusion-matrix",
            "classes: [a, b]\ncounts: [[1, 2], [3, 4]]\ncells: [[a, b], [c, d, e]]",
            3,
            17,
            "This row has 3 items",
        ),
        (
            "confusion-matrix",
            f"classes: [a, b]\ncounts: [[1, 2], [3, 4]]\ncells: [[{LONG}, b], [c, d]]",
            2,
            9,
            "The cells are too narrow for their content.",
        ),
        # table
        ("table", "rows: [[a, b], [c]]", 1, 16, "This row has 1 cell, but the first has 2."),
        ("table", "rows: [[a, b]]\nheader: [a]", 2, 9, "Found 1 item for 2 columns."),
        ("table", "rows: [[a, b]]\nalign: [left]", 2, 8, "Found 1 item for 2 columns."),
        ("table", f"rows: [[a]]\ntitle: {LONG}", 2, 8, "A word of the title is wider than the figure."),
        ("table", "rows: [[a]]\nhighlight: [{row: 2, column: 1}]", 2, 13, "This block is partly outside of the table"),
        ("table", f"rows: [[{', '.join(['x' * 20] * 8)}]]", 1, 7, "The columns are too wide for one picture."),
        ("table", f"rows: {[['a b c d e f g h'] * 8] * 18}", 1, 7, "The table is too high for one picture."),
    ],
)
def test_findings_have_their_places(name: str, yaml: str, line: int, column: int, message: str) -> None:
    findings = found(name, yaml)
    assert [(line, column) for line, column, _ in findings] == [(line, column)]
    assert findings[0][2].startswith(message)


@pytest.mark.parametrize("deepest", DEEPEST)
def test_ink_can_be_read_on_the_deepest_tint(deepest: str) -> None:
    assert contrast(rgb(style.INK), rgb(deepest)) >= 4.5
    assert contrast(in_dark_mode(rgb(style.INK)), in_dark_mode(rgb(deepest))) >= 4.5


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0, 0, 1, "#ffffff"),
        (1, 0, 1, DEEPEST[0]),
        (5, 0, 1, DEEPEST[0]),
        (0, -1, 2, "#ffffff"),
        (2, -1, 2, DEEPEST[0]),
        (-2, -2, 1, DEEPEST[1]),
        (-2, -2, -1, DEEPEST[1]),
        (-1, -2, -1, "#ffffff"),
        (1e9, -1e9, 1e9, DEEPEST[0]),
        (7, 7, 7, "#c9def0"),
    ],
)
def test_tints_say_how_far_a_number_is_from_zero_or_the_least(
    value: float, low: float, high: float, expected: str
) -> None:
    assert tint(value, low, high) == expected


@pytest.mark.parametrize(
    ("name", "yaml"),
    [
        ("heatmap", "values: [[0]]"),
        ("heatmap", "values: [[0, 0], [0, 0]]\nshow_values: false"),
        ("heatmap", "values: [[1000000000, -1000000000, 1.0e-300]]"),
        ("heatmap", f"values: {[[9] * 18] * 18}\nhighlight: [{{row: 1, column: 1, rows: 18, columns: 18}}]"),
        ("confusion-matrix", "classes: [a, b]\ncounts: [[0, 0], [0, 0]]\nshares: columns"),
        ("confusion-matrix", "classes: [a, b]\ncounts: [[1000000000, 0.5], [0, 0]]\nshares: rows"),
        ("table", "rows: [[x]]"),
        ("table", f"rows: {[['a b c d'] * 8] * 18}"),
    ],
)
def test_tables_at_the_bounds_are_drawn_at_once(name: str, yaml: str) -> None:
    drawn("table", "rows: [[x]]")  # imports matplotlib
    begin = time.process_time()
    drawing = drawn(name, yaml)
    assert time.process_time() - begin < 3
    assert len(drawing.data) < 1_500_000
    assert drawing.width <= 480.01


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ((0.7, 0.71), ["0.70", "0.71"]),
        ((0.1, 0.18, 0), ["0.10", "0.18", "0.00"]),
        ((1, 2, 30), ["1", "2", "30"]),
        ((1, 0.35, -0.5), ["1.00", "0.35", "\N{MINUS SIGN}0.50"]),
        ((12.5, 0.25), ["12.50", "0.25"]),
        ((123.4, 0.123), ["123", "0.123"]),  # 123.400 would claim what nobody measured
        ((1e9, 0.5), ["10⁹", "0.5"]),
        ((-0.001, 1.25), ["\N{MINUS SIGN}0.001", "1.250"]),
        ((-0.0, 0.5), ["0.0", "0.5"]),
        ((), []),
    ],
)
def test_numbers_side_by_side_have_as_many_decimals_where_that_is_fair(
    values: tuple[float, ...], shown: list[str]
) -> None:
    written = alike(values)
    assert [written(value) for value in values] == shown
