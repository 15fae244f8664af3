"""Displayed formulas that are too wide for a page are broken into lines without loss."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardpipe.mathjax import Equation, MathJax

if TYPE_CHECKING:
    from collections.abc import Iterator

MEASURE = 36.8
"""Em; 130 mm of text in ten points."""
TERMS = " + ".join(f"a_{{{number}}} x^{{{number}}}" for number in range(30))


@pytest.fixture(scope="module")
def mathjax() -> Iterator[MathJax]:
    made = MathJax()
    yield made
    made.close()


def drawn(mathjax: MathJax, tex: str, *, display: bool = True) -> Equation:
    equation = mathjax.typeset(tex, display=display)
    assert isinstance(equation, Equation), equation
    return equation


def shapes(equation: Equation) -> Counter[str]:
    return Counter(re.findall(r'<path d="([^"]*)"', equation.svg))


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize(
    ("tex", "count"),
    [
        (f"f(x) = {TERMS}", 3),
        (f"f(x) = {TERMS} = g(x) + h(x) + {TERMS[:338]}", 5),
        (f"({TERMS})^2", 3),
        (" = ".join(r"\left(\frac{a+b+c}{d+e+f}\right)" for _ in range(10)), 3),
        (r",\quad ".join(f"x_{{{number}}} = {number}" for number in range(14)), 2),
        (r"\alpha " * 20 + r"\leq " + r"\beta " * 20 + r"\leq " + r"\gamma " * 20, 2),
    ],
)
def test_a_wide_formula_goes_on_in_lines(mathjax: MathJax, tex: str, count: int) -> None:
    parted, whole = drawn(mathjax, tex), drawn(mathjax, tex, display=False)
    assert parted.width < MEASURE < whole.width
    assert parted.height + parted.depth > count * 0.9
    assert parted.height + parted.depth < count * 2.8
    # Under a fraction's line and in a line of text glyphs are other ones.
    if "frac" not in tex:
        assert shapes(parted) == shapes(whole)
    assert parted.mathml == whole.mathml


@pytest.mark.slow
def test_no_last_line_is_a_single_term(mathjax: MathJax) -> None:
    for count in range(16, 30):
        tex = "y = " + " + ".join(f"a_{{{number}}} x^{{{number}}}" for number in range(count))
        parted = drawn(mathjax, tex)
        places = [float(place) for place in re.findall(r"translate\(0,(-?[\d.]+)\)", parted.svg)]
        signs = parted.svg.count('d="M56 237')  # a plus
        assert signs == count - 1
        if len(places) < 2:
            continue
        last = parted.svg.rindex(f"translate(0,{places[-1]:g})")
        assert parted.svg[last:].count('d="M56 237') >= 3


def test_a_line_begins_with_its_sign_as_between_two_terms(mathjax: MathJax) -> None:
    """A sign that opens a line would else be one of a number: -1 and not a - 1."""
    tex = "y = " + " - ".join("b" for _ in range(30))
    parted = drawn(mathjax, tex)
    minus = 'd="M84 237'
    found = re.search(
        rf'<g transform="translate\((-?[\d.]+),0\)"><path {minus}[^>]*></g><g transform="translate\((-?[\d.]+),0\)">',
        parted.svg[parted.svg.rindex("translate(0,") :],
    )
    assert found is not None
    assert float(found[2]) - float(found[1]) == pytest.approx(778 + 222, abs=1), "its width and TeX's medium space"


@pytest.mark.parametrize(
    "tex",
    [
        rf"\sqrt{{{TERMS}}}",
        rf"\begin{{aligned}} y &= {TERMS} \end{{aligned}}",
        "x" * 100,
        rf"y = {TERMS} \tag{{1}}",
    ],
)
def test_what_has_no_place_to_part_stays_on_its_line(mathjax: MathJax, tex: str) -> None:
    assert drawn(mathjax, tex).width > MEASURE


def test_what_fits_is_left_alone(mathjax: MathJax) -> None:
    tex = " + ".join("a" for _ in range(21))
    assert drawn(mathjax, tex).width == pytest.approx(drawn(mathjax, tex, display=False).width, abs=0.001)
    assert drawn(mathjax, tex).width > 30


def test_in_a_line_of_text_nothing_is_parted(mathjax: MathJax) -> None:
    equation = drawn(mathjax, TERMS, display=False)
    assert equation.width > MEASURE
    assert equation.height + equation.depth < 1.5


PARTS = ["a", "b_1", "+", "-", "=", r"\leq", "(", ")", ",", r"\quad", r"\frac{a}{b}", r"\left(x\right)", "|", r"\sum_i"]
PARTS += [
    r"\text{if }",
    r"\,",
    "-1",
    r"\begin{pmatrix}1\\2\end{pmatrix}",
    r"{\color{red}x}",
    "[",
    "]",
    "!",
    r"\dots",
    ":",
]


@settings(max_examples=settings().max_examples // 10)
@given(st.lists(st.sampled_from(PARTS), min_size=30, max_size=120))
def test_parting_loses_no_part_whatever_they_are(mathjax: MathJax, parts: list[str]) -> None:
    tex = " ".join(parts)
    equation, inline = drawn(mathjax, tex), drawn(mathjax, rf"\displaystyle {tex}", display=False)
    assert shapes(equation) == shapes(inline)
    assert equation.width <= inline.width + 0.01
