"""Expressions in x: correct values, refused syntax with its position, and no execution of code."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.figures.charts.expression import FUNCTIONS, LONGEST, ExpressionFault, parse

if TYPE_CHECKING:
    from numpy.typing import NDArray

X = np.linspace(-3, 3, 13)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", X),
        ("  2*x**2 - x/4 + 1 ", 2 * X**2 - X / 4 + 1),
        ("3", np.full_like(X, 3)),
        ("-+x", -X),
        ("e**-x", np.exp(-X)),
        ("2**(x + 1)", 2 ** (X + 1)),
        ("sin(pi*x)", np.sin(np.pi * X)),
        ("where(x <= 0, -1, 1)", np.where(X <= 0, -1, 1)),
        ("min(x, 1) + max(x, 0)", np.minimum(X, 1) + np.maximum(X, 0)),
        ("relu(x)\n+ softplus(x)", np.maximum(X, 0) + np.log1p(np.exp(X))),
        ("sigmoid(x)", 1 / (1 + np.exp(-X))),
        ("abs(x)**0.5", np.sqrt(np.abs(X))),
    ],
)
def test_values(text: str, expected: NDArray[np.float64]) -> None:
    np.testing.assert_allclose(parse(text)(X), expected)


def test_values_that_do_not_exist_are_nan_or_infinite_and_silent() -> None:
    values = parse("log(x) + 1/x")(np.array([-1.0, 0.0, 1.0]))
    assert np.isnan(values[0])
    assert not np.isfinite(values[1])
    assert values[2] == 1.0


def test_sigmoid_does_not_overflow() -> None:
    assert parse("sigmoid(1000*x)")(np.array([-1.0, 1.0])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("__import__('os').system('true')", 0, 23),
        ("1 + __import__('os')", 4, 14),
        ("().__class__.__bases__", 0, 22),
        ("x.real", 0, 6),
        ("9**9**9", 0, 7),
        ("(9**9)**9**9", 0, 12),
        ("x**x", 0, 4),
        ("2*x**65", 5, 7),
        ("1" + "0" * 60, 0, 61),
        ("1e13", 0, 4),
        ("1e999", 0, 5),
        ("x^2", 0, 3),
        ("sinn(x)", 0, 4),
        ("é + y", 4, 5),
        ("sin", 0, 3),
        ("sin(x, x)", 0, 9),
        ("sin(*x)", 4, 6),
        ("sin(a=x)", 0, 8),
        ("x < 1", 0, 5),
        ("where(x, 1, 2)", 6, 7),
        ("where(0 < x < 1, 1, 2)", 6, 15),
        ("where(x == 1, 1, 2)", 6, 12),
        ("'a'*9", 0, 3),
        ("True", 0, 4),
        ("1j", 0, 2),
        ("lambda: 0", 0, 9),
        ("[x for x in x]", 0, 14),
        ("(y := x)", 1, 7),
        ("x if x else 1", 0, 13),
        ("f'{x}'", 0, 6),
        ("x // 2", 0, 6),
        ("", 0, 0),
        ("x\0", 0, 2),
    ],
)
def test_what_is_refused_has_its_place(text: str, start: int, end: int) -> None:
    with pytest.raises(ExpressionFault) as caught:
        parse(text)
    assert (caught.value.start, caught.value.end) == (start, end)


def test_a_misspelt_function_gets_the_nearest() -> None:
    with pytest.raises(ExpressionFault) as caught:
        parse("sigmiod(x)")
    assert caught.value.help == "Did you mean sigmoid?"


@pytest.mark.parametrize(
    "text",
    [
        "-" * (LONGEST - 1) + "x",
        "+".join("x" * 100),
        "abs(" * 40 + "x" + ")" * 40,
        "x**" * 60 + "2",
        "9" * LONGEST,
        "x" * 100_000,
        "where(x<0," * 15 + "x" + ",x)" * 15,
    ],
)
def test_towers_and_deserts_end_at_once(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ExpressionFault):
        parse(text)
    assert time.process_time() - start < 1


PARTS = st.sampled_from([*"x()+-*/,.<>=^_[]{}'\"\\#:; \n\t\0é1290", "**", "e", "pi", "lambda ", "where(", *FUNCTIONS])


@given(st.lists(PARTS, max_size=60).map("".join))
def test_any_text_is_an_expression_or_a_fault_within_it(text: str) -> None:
    fault: ExpressionFault | None = None
    try:
        values = parse(text)(X)
    except ExpressionFault as caught:
        fault = caught
    if fault is None:
        assert values.shape == X.shape
        assert values.dtype == np.float64
    else:
        assert 0 <= fault.start <= fault.end <= len(text)
