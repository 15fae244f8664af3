r"""Numbers of equations: `\eqref` shows the same number in every format."""

from __future__ import annotations

import pytest

from cardpipe.cache.store import Cache
from cardpipe.mathjax import Equation, MathJax
from cardpipe.mathjax.references import with_numbers
from cardpipe.render.equations import Equations
from cardpipe.writers.api import MathForm

TWO = r"\begin{align} a &= b \text{ by \eqref{y}} \tag{1} \label{x} \\ c &= \eqref{x} \tag{2.1} \label{y} \end{align}"


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (TWO, r"\begin{align} a &= b \text{ by (2.1)} \tag{1}  \\ c &= (1) \tag{2.1}  \end{align}"),
        (r"x = y \tag{3} \label {e} \ref{e}", r"x = y \tag{3}  3"),
        (r"x = y \label{never-used}", r"x = y "),
        (r"a \\\label{z}\tag*{7} b \eqref{z}", r"a \\\tag*{7} b (7)"),
        (
            r"\begin{equation} \tag{4} \begin{pmatrix} a \\ b \end{pmatrix} \label{m} \eqref{m} \end{equation}",
            r"\begin{equation} \tag{4} \begin{pmatrix} a \\ b \end{pmatrix}  (4) \end{equation}",
        ),
        (r"x \tag{A} \label{e} \eqref{e}", r"x \tag{A}  \text{(A)}"),
        (r"x \tag{*} \label{e} \text{by \eqref{e}}", r"x \tag{*}  \text{by \text{(*)}}"),
        (r"x \tag{1$'_{a}$} \label{e} \ref{e}", r"x \tag{1$'_{a}$}  \text{1$'_{a}$}"),
        (r"x \tag1 \label{e} \ref{e}", r"x \tag1  1"),
        # What is left to MathJax, or to lint.
        (r"x \label{e} \eqref{e}", r"x \label{e} \eqref{e}"),
        (r"x \tag{1} \label{e} \eqref{f}", r"x \tag{1} \label{e} \eqref{f}"),
        (r"x \\ label{e} \eqref{e}", r"x \\ label{e} \eqref{e}"),
        (r"x + y", r"x + y"),
    ],
)
def test_references_become_numbers(tex: str, expected: str) -> None:
    assert with_numbers(tex) == expected


@pytest.mark.parametrize("tex", [TWO, r"\ref{q} = a \tag{12} \label{q}", r"\eqref{q} = a \tag{1$'_{a}$} \label{q}"])
def test_the_numbers_are_those_of_mathjax(tex: str) -> None:
    mathjax = MathJax()
    with_labels, without = (mathjax.typeset(one, display=True) for one in (tex, with_numbers(tex)))
    mathjax.close()
    assert isinstance(with_labels, Equation)
    assert isinstance(without, Equation)
    assert "???" not in with_labels.mathml
    assert with_labels.width == without.width


def test_a_picture_has_the_numbers_too() -> None:
    equations = Equations(MathForm.FONTS, Cache.disabled(), read_aloud=True)
    made = equations.html(r"x = y \tag{3} \label{e} \text{, as in \eqref{e}}", display=True)
    equations.close()
    assert "as in (3)" in made.replace("\u00a0", " ")


def test_anki_gets_no_label_that_another_formula_could_have() -> None:
    equations = Equations(MathForm.MATHJAX, Cache.disabled())
    assert equations.html(r"x \tag{1} \label{e} + \eqref{e}", display=True) == r"\[x \tag{1}  + (1)\]"
