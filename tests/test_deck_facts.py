"""Statements on the shipped cards equal what their figures compute."""

from __future__ import annotations

import re
import runpy
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

SOURCE = Path(__file__).parent.parent / "source"
DRIFT = 0.03
"""By what part a stated loss may be off: it has two digits, and machines round their sums differently."""

Array = NDArray[np.float64]


def card(card_id: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((SOURCE / "cards" / f"{card_id}.yaml").read_text(encoding="utf-8"))
    return loaded


def words(text: str) -> str:
    return " ".join(text.split())


def details(card_id: str) -> str:
    return words(card(card_id)["details"])


def alt(card_id: str) -> str:
    return words(card(card_id)["figures"][0]["alt"])


def number(text: str) -> float:
    return float(text.replace(",", ""))


def stated(text: str, pattern: str) -> list[float]:
    """The numbers that a text states where a pattern, with `#` for each number, matches it once."""
    expression = re.escape(pattern).replace(r"\#", r"(-?[\d,]*\.?\d+)").replace(r"\ ", " ")
    found = re.findall(expression, text)
    assert len(found) == 1, f"{pattern!r} matches {len(found)} times"
    return [number(each) for each in (found[0] if isinstance(found[0], tuple) else [found[0]])]


def tables(card_id: str) -> list[list[str]]:
    """The cells of all table rows of a card's details, without heads and rules."""
    rows = [line.strip() for line in card(card_id)["details"].splitlines() if line.strip().startswith("|")]
    heads = {index - 1 for index, row in enumerate(rows) if set(row) <= set("|-: ")}
    rules = {index + 1 for index in heads}
    return [
        [cell.strip() for cell in row.strip("|").split("|")]
        for index, row in enumerate(rows)
        if index not in heads | rules
    ]


def script(name: str) -> dict[str, Any]:
    return runpy.run_path(str(SOURCE / "figures" / f"{name}.py"))


@pytest.fixture(scope="session")
def rings() -> Any:
    return script("depth_rings")["results"]()


@pytest.fixture(scope="session")
def weights() -> Any:
    return script("sparsity_l1")["results"]()


@pytest.fixture(scope="session")
def fits() -> Any:
    return script("linear_depth")["results"]()


def test_the_network_of_the_first_figure_has_the_stated_parameters() -> None:
    widths = [int(layer["units"]) for layer in card("ML0041")["figures"][0]["layers"]]
    pairs = list(pairwise(widths))
    edges, biases = sum(a * b for a, b in pairs), sum(b for _, b in pairs)
    text = details("ML0041")
    assert stated(text, "= #$ weights and $4 + 2 = #$ biases, so # parameters") == [edges, biases, edges + biases]


def test_perceptron_learns_or_and_three_points_of_xor_are_the_most() -> None:
    perceptron = script("perceptron_xor")
    assert perceptron["train"](perceptron["OR"])[2][-1] == 4
    assert max(perceptron["train"](perceptron["XOR"])[2]) < 4
    lines = perceptron["nearest_lines"]()
    assert len(lines) == 4
    for line_weights, bias in lines:
        predicted = perceptron["predict"](line_weights, bias, perceptron["POINTS"])
        assert np.count_nonzero(predicted == perceptron["XOR"]) == 3
    assert stated(details("ML0044"), "Of the # Boolean functions of two inputs a perceptron can represent #") == [
        16,
        len(perceptron["representable"]()),
    ]
    missing = {tuple(map(int, f"{index:04b}")) for index in range(16)} - set(perceptron["representable"]())
    xor = tuple(int(value) for value in perceptron["XOR"])
    assert missing == {xor, tuple(1 - value for value in xor)}


def test_multi_layer_perceptron_gets_the_stated_points_right() -> None:
    result = script("mlp_regions")["results"]()
    text = details("ML0045")
    assert stated(text, "get all # points right") == [result.right] == [len(result.x)]
    assert stated(text, "gets # of the # right") == [result.right_linear, len(result.x)]
    assert result.network.w1.shape == (2, 3)


def test_two_hidden_units_compute_xor() -> None:
    rows = [[number(cell) for cell in row] for row in tables("ML0045")]
    assert [row[:2] for row in rows] == [[0, 0], [0, 1], [1, 0], [1, 1]]
    for first, second, h1, h2, output in rows:
        assert h1 == max(0, first + second)
        assert h2 == max(0, first + second - 1)
        assert output == h1 - 2 * h2 == (first != second)


def matrices(text: str) -> dict[str, Array]:
    """The matrices of a text, by name."""
    found = re.findall(r"(\w+) = \\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", text)
    return {name: np.array([[float(x) for x in row.split("&")] for row in body.split(r"\\")]) for name, body in found}


def test_worked_forward_pass_is_right() -> None:
    given = matrices(details("ML0046"))
    steps = {row[0].split("=")[0].strip(" $"): row for row in tables("ML0046")}
    shown = {name: np.array([float(x) for x in re.findall(r"-?[\d.]+", row[2])]) for name, row in steps.items()}
    assert {name: number(row[1]) for name, row in steps.items()} == {name: len(value) for name, value in shown.items()}
    z1 = given["W_1"] @ shown["a_0"] + given["b_1"].ravel()
    a1 = np.maximum(0, z1)
    z2 = given["W_2"] @ a1 + given["b_2"].ravel()
    a2 = np.exp(z2) / np.exp(z2).sum()
    for name, value in (("z_1", z1), ("a_1", a1), ("z_2", z2), ("a_2", a2)):
        assert shown[name].tolist() == np.round(value, 3).tolist(), name
    layers = card("ML0046")["figures"][0]["layers"]
    drawn = [[float(label) for label in layer["unit_labels"]] for layer in layers]
    assert drawn == [shown[name].tolist() for name in ("a_0", "a_1", "a_2")]
    assert stated(details("ML0046"), "class 2 a probability of #") == [round(float(a2[1]), 3)]
    assert f"the class probabilities {a2[0]:.3f} and {a2[1]:.3f}" in alt("ML0046")


def test_each_bias_moves_the_sigmoid_to_the_stated_place() -> None:
    figure = card("ML0037")["figures"][0]
    biases = [stated(curve["label"], "$b = #$")[0] for curve in figure["curves"]]
    sums = ["2 * x" + (f" {'-' if bias < 0 else '+'} {abs(bias):g}" if bias else "") for bias in biases]
    assert [curve["expression"] for curve in figure["curves"]] == [f"1 / (1 + exp(-({each})))" for each in sums]
    assert [(point["x"], point["y"]) for point in figure["points"]] == [(-bias / 2, 0.5) for bias in biases]
    assert stated(details("ML0037"), "at $#$, # and # for the three biases") == [-bias / 2 for bias in biases]


def test_linear_networks_of_any_depth_end_on_the_least_squares_line(fits: Any) -> None:
    best = script("linear_depth")["best_line_loss"]()
    assert fits[2, False].loss == pytest.approx(best, rel=1e-6)
    assert fits[20, False].loss == pytest.approx(best, rel=1e-6)
    text = details("ML0066")
    line, small, large = stated(text, "error of #, though one has # parameters and the other #.")
    assert line == round(best, 3)
    assert [small, large] == [fits[2, False].parameters, fits[20, False].parameters]
    two, twenty = stated(text, "with ReLU: # with 2 layers and # with 20.")
    assert two == pytest.approx(fits[2, True].loss, rel=DRIFT)
    assert twenty == pytest.approx(fits[20, True].loss, rel=DRIFT)
    assert fits[20, True].loss < stated(text, "has a variance of #")[0] < fits[2, True].loss


@pytest.mark.parametrize(
    ("row", "widths"), [(0, [10] * 3), (1, [10] * 21), (2, [*[10] * 10, 1, *[10] * 10])], ids=["2", "20", "narrow"]
)
def test_parameters_do_not_buy_rank(row: int, widths: list[int]) -> None:
    rng = np.random.default_rng(0)
    product, parameters = np.eye(widths[0]), 0
    for fan_in, fan_out in pairwise(widths):
        side = max(fan_in, fan_out)
        # Orthogonal, for a product of many Gaussian matrices loses rank to rounding.
        product = np.linalg.qr(rng.standard_normal((side, side)))[0][:fan_out, :fan_in] @ product
        parameters += fan_in * fan_out + fan_out
    _, stated_parameters, rank = tables("ML0066")[row]
    assert number(stated_parameters) == parameters
    assert number(rank) == np.linalg.matrix_rank(product) == min(widths)


def test_collapsed_weights_and_biases_are_right() -> None:
    rng = np.random.default_rng(1)
    layers = [(rng.standard_normal((3, 3)), rng.standard_normal(3)) for _ in range(5)]
    x = rng.standard_normal(3)
    y = x
    for weight, bias in layers:
        y = weight @ y + bias
    products = [np.linalg.multi_dot([np.eye(3), *[w for w, _ in reversed(layers[at:])], np.eye(3)]) for at in range(5)]
    effective = layers[-1][1] + sum((products[at + 1] @ layers[at][1] for at in range(4)), np.zeros(3))
    assert products[0] @ x + effective == pytest.approx(y)


def test_depth_card_states_the_losses_of_both_networks(rings: Any) -> None:
    shallow, deep = rings["shallow"], rings["deep"]
    text = details("DL0019")
    assert stated(text, "Both ReLU networks have # parameters") == [shallow.parameters] == [deep.parameters]
    assert stated(text, "one hidden layer of # units against three of #") == [152, 16]
    medians = stated(text, "error is # shallow and # deep")
    assert medians == pytest.approx([shallow.median, deep.median], rel=DRIFT)
    ranges = stated(text, "reach from # to #, the shallow ones from # to #:")
    expected = [deep.losses.min(), deep.losses.max(), shallow.losses.min(), shallow.losses.max()]
    assert ranges == pytest.approx(expected, rel=DRIFT)
    assert deep.losses.max() > shallow.median
    numbers = stated(alt("DL0019"), "shallow from # to # with a median of #, deep from # to # with a median of #")
    assert numbers == [*ranges[2:], medians[0], *ranges[:2], medians[1]]


def test_products_of_twenty_factors_vanish_and_explode_as_stated() -> None:
    text = details("DL0019")
    base, value = stated(text, "$#^{20} \\approx #$ of the gradient")
    assert value == float(f"{base**20:.2g}")
    base, value = stated(text, "$#^{20} \\approx #$ times")
    assert value == round(base**20)


def test_sparsity_card_states_what_each_way_of_training_gives(weights: Any) -> None:
    none, plain, proximal = weights["none"], weights["subgradient"], weights["proximal"]
    text = details("DL0051")
    assert none.zeros == plain.zeros == 0
    assert stated(text, "none of its # input weights is zero") == [none.weights.size]
    count, bound = stated(text, "# are smaller than #.")
    assert count == np.count_nonzero(np.abs(plain.weights) < bound)
    assert stated(text, "# are exactly zero") == [proximal.zeros]
    before, after = stated(text, "falls from # to # with either")
    assert before == pytest.approx(none.test, rel=DRIFT)
    assert after == pytest.approx(plain.test, rel=DRIFT)
    assert after == pytest.approx(proximal.test, rel=DRIFT)
    assert stated(alt("DL0051"), "of # weights over") == [none.weights.size]
    assert stated(alt("DL0051"), "by proximal steps # are") == [proximal.zeros]


def test_padding_card_shows_a_true_convolution() -> None:
    image, padded, kernel, output = (
        np.array(grid["values"], dtype=float) for grid in card("DL0012")["figures"][0]["grids"]
    )
    assert padded.tolist() == np.pad(image, 1).tolist()
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    assert output.tolist() == (windows * kernel).sum(axis=(2, 3)).tolist()
    assert output[0, 0] == stated(alt("DL0012"), "its output is #")[0]
    n, k = len(image), len(kernel)
    assert stated(details("DL0012"), "Here $n = #$, $k = #$, $s = #$: with $p = #$ the output is again # by #")[:2] == [
        n,
        k,
    ]
    assert stated(details("DL0012"), "without padding it would be # by #") == [n - k + 1] * 2


def test_pixels_fall_into_as_many_windows_as_stated() -> None:
    def windows(padding: int) -> Array:
        size, kernel = 7, 3
        used = np.zeros((size + 2 * padding,) * 2)
        for row in range(size + 2 * padding - kernel + 1):
            for column in range(size + 2 * padding - kernel + 1):
                used[row : row + kernel, column : column + kernel] += 1
        return used[padding : padding + size, padding : padding + size]

    inner, corner, padded = stated(
        details("DL0012"),
        "an inner pixel falls into # windows, but a corner pixel into only # without padding and # with $p = 1$",
    )
    assert [inner, corner, padded] == [windows(0)[3, 3], windows(0)[0, 0], windows(1)[0, 0]]


def test_zero_scores_take_the_stated_share_of_attention() -> None:
    share = 2 / (np.exp(2) + np.exp(1) + 2)
    assert stated(details("DL0012"), "gives the paddings # % of the weight") == [round(100 * share)]
