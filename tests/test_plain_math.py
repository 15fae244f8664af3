"""Formulas that skip MathJax's check are valid in MathJax."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.mathjax import MathJax
from cardpipe.mathjax.plain import _DELIMITERS, _ONE_ARGUMENT, _OPERATORS, _SPACES, _SYMBOLS, _TWO_ARGUMENTS, is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = Path(__file__).parent / "cases"


@pytest.fixture(scope="module")
def mathjax() -> Iterator[MathJax]:
    engine = MathJax()
    yield engine
    engine.close()


def formulas() -> st.SearchStrategy[str]:
    """Formulas of the grammar, and some a little beyond it."""
    pieces = [
        *sorted(_SYMBOLS | _OPERATORS | _SPACES),
        *"abxyzRN0123+-=<>()[],.;:!|/*",
        "{",
        "}",
        "_",
        "^",
        "'",
        "&",
        "#",
    ]
    atom = st.sampled_from(pieces)
    return st.recursive(
        atom,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(" ".join),
            st.lists(inner, max_size=3).map("".join),
            inner.map(lambda tex: f"{{{tex}}}"),
            st.tuples(st.sampled_from("xyR)]"), st.sampled_from("_^"), inner).map("".join),
            st.tuples(st.sampled_from("xyR)]"), inner, inner).map(
                lambda parts: f"{parts[0]}_{{{parts[1]}}}^{{{parts[2]}}}"
            ),
            st.tuples(st.sampled_from(sorted(_ONE_ARGUMENT)), inner).map(lambda parts: f"{parts[0]}{{{parts[1]}}}"),
            st.tuples(st.sampled_from(sorted(_TWO_ARGUMENTS)), inner, inner).map(
                lambda parts: f"{parts[0]}{{{parts[1]}}}{{{parts[2]}}}"
            ),
            st.tuples(st.sampled_from(sorted(_DELIMITERS)), inner, st.sampled_from(sorted(_DELIMITERS))).map(
                lambda parts: f"\\left{parts[0]} {parts[1]} \\right{parts[2]}"
            ),
        ),
        max_leaves=12,
    )


@given(tex=formulas(), display=st.booleans())
def test_mathjax_takes_whatever_is_plain(mathjax: MathJax, tex: str, display: bool) -> None:
    if is_plain(tex):
        assert mathjax.check(tex, display=display) is None


@pytest.mark.parametrize("symbol", sorted(_SYMBOLS | _OPERATORS | _SPACES))
def test_every_symbol_is_one_that_mathjax_knows(mathjax: MathJax, symbol: str) -> None:
    for tex in (symbol, f"x_{symbol}" if symbol in _SYMBOLS else symbol, f"a {symbol} b"):
        assert is_plain(tex)
        assert mathjax.check(tex, display=True) is None


@pytest.mark.parametrize(
    "tex",
    [
        "x_i",
        r"w \in \mathbb{R}^d",
        r"\frac{1}{n} \sum_{i=1}^n x_i",
        r"\left( a + b \right)^2",
        r"\operatorname{softmax}(z)",
    ],
)
def test_everyday_formulas_are_plain(tex: str) -> None:
    assert is_plain(tex)


@pytest.mark.parametrize(
    "tex",
    [
        "x_i_j",
        "x^",
        "{x",
        "x}",
        r"\softmax",
        r"\frac{1}",
        r"\left( x",
        r"x \right)",
        "a & b",
        r"a \\ b",
        "x'",
        "50% x",
        "$",
    ],
)
def test_what_may_be_wrong_is_left_to_mathjax(tex: str) -> None:
    assert not is_plain(tex)


def test_no_broken_formula_is_plain() -> None:
    lines = (CASES / "formulas-broken.tsv").read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if is_plain(line.split("\t")[0])] == []
