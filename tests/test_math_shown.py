"""Formulas that MathJax typesets in an unexpected way are reported; others are not."""

from __future__ import annotations

import pytest

from lint_sample import markdown_findings


def found(text: str, code: str) -> list[str]:
    codes = []
    for one in markdown_findings(text):
        if one.code == code:
            assert one.span.line == one.span.end_line
            codes.append(text.splitlines()[one.span.line - 1][one.span.column - 1 : one.span.end_column - 1])
    return codes


def test_each_macro_in_a_text_is_found() -> None:
    text = r"Here $a = \text{50\% of the \textbf{sum} \& a\_b caf\'e}$."
    assert found(text, "MTH022") == [r"\%", r"\textbf", r"\&", r"\_", r"\'"]
    assert found(r"Here $\mbox{a\,b} + \text{so \alpha}$.", "MTH022") == [r"\,", r"\alpha"]


@pytest.mark.parametrize(
    "tex",
    [
        *[r"\text{50% of $\alpha$}", r"\text{a \(\beta\) b}", r"\text{\$5 and \{x\}}", r"\alpha\,\text{so}\,\beta"],
        *[r"\ce{A \rightarrow B}", r"\textbf{sum} + \mathrm{d}x", r"\operatorname{a\,b}"],
    ],
)
def test_a_valid_text_is_unchanged(tex: str) -> None:
    assert found(f"Here ${tex}$.", "MTH022") == []


@pytest.mark.parametrize(
    "tex", [r"a = b \\ c = d", r"{a \\ b}", r"\left( a \\ b \right)", r"\begin{equation} a \\ b \end{equation}"]
)
def test_a_line_break_outside_of_rows_is_found(tex: str) -> None:
    assert found(f"$${tex}$$", "MTH023") == [r"\\"]


@pytest.mark.parametrize(
    "tex",
    [
        *[
            r"\begin{aligned} a \\ b \end{aligned}",
            r"\sum_{\substack{i \\ j}} x",
            r"\begin{cases} {a} \\ b \end{cases}",
        ],
        *[r"\left(\begin{matrix} a \\ b \end{matrix}\right)", r"a = b \\", r"\text{a \\ b}", r"\pmatrix{a \\ b}"],
    ],
)
def test_a_line_break_among_rows_is_left_alone(tex: str) -> None:
    assert found(f"$${tex}$$", "MTH023") == []


def test_each_price_is_found() -> None:
    text = "It costs $5/month or 10$/month. Prices: 5$, 10$ each."
    assert found(text, "MTH024") == ["$5/month or 10$", "$, 10$"]
    assert found("A$AP Rocky and Ke$ha.", "MTH024") == ["$AP Rocky and Ke$"]
    assert found("Prices: 5$-10$, 20 US$/m and 30 US$/m.", "MTH024") == ["$-10$", "$/m and 30 US$"]


@pytest.mark.parametrize(
    "text",
    [
        *["the $n$th, $k$NN and 2$x$", "a $3 + 4$ b", "$x$ and $y$", "the $n - 1$th", "$5$ apples", "其中$x$是"],
        *[r"costs \$5 or 10\$ a year", "$5 and $6", "`A$AP and Ke$ha`", "$10,000$"],
        *["$sin x$", r"$2 \text{ or } 3$", "$a, b$", "3$-$4"],
    ],
)
def test_a_true_formula_is_left_alone(text: str) -> None:
    assert found(text, "MTH024") == []
