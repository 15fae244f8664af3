r"""Formulas between `\(` and `\)` or `\[` and `\]`, and bare environments, are errors with a fix."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from cardpipe.lint.rules.delimiters import _fixable, _formulas
from cardpipe.markup import scan
from cpu_time import assert_seconds_linear
from lint_sample import findings, markdown_findings

if TYPE_CHECKING:
    from cardpipe.model.diagnostics import Edit

FIXED = [
    (r"Is \(x^2 + y^2\) right?", r"Is $x^2 + y^2$ right?"),
    (r"Is \( x \) right?", "Is $x$ right?"),
    (r"The sum \(42\).", "The sum $42$."),
    (r"\[ x^2 \]", "$$x^2$$"),
    ("\\[\nx = 1\n\\]", "$$\nx = 1\n$$"),
    ("\\[\nx\n= 1\n\n- 2\n\\]", "$$\nx\n= 1\n\n- 2\n$$"),
    ("Here \\[c = d\\] too.", "Here $$c = d$$ too."),
    ("- item\n\n  \\[\n  a\n  \\]", "- item\n\n  $$\n  a\n  $$"),
    ("> \\(a\n> b\\)", "> $a\n> b$"),
    (r"\\(x^2\\) and \\[y^2\\]", "$x^2$ and $$y^2$$"),
    ("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}", "$$\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}$$"),
    (r"\begin{pmatrix}1\end{pmatrix}", r"$$\begin{pmatrix}1\end{pmatrix}$$"),
    (
        r"\begin{array}{c}\begin{array}{c}1\end{array}\end{array}",
        r"$$\begin{array}{c}\begin{array}{c}1\end{array}\end{array}$$",
    ),
    (r"*very* \(x_1 * x_2\) **bold**", r"*very* $x_1 * x_2$ **bold**"),
    (r"| \(a\) | b |" + "\n|---|---|\n| 1 | 2 |", "| $a$ | b |\n|---|---|\n| 1 | 2 |"),
]
REPORTED = [
    r"\begin{align} a &= b",
    r"a \end{align} b",
    r"\(x\)1",
    r"\(\text{if $x$}\) is",
]
LEFT_ALONE = [
    r"`\(x\)` and ``\[x\]``",
    "    \\(x\\)\n    \\begin{align}",
    "```\n\\(x\\)\n\\[y\\]\n\\begin{align}x\\end{align}\n```",
    r"$\begin{pmatrix}1\end{pmatrix}$",
    "$$\n\\begin{align}\na\n\\end{align}\n$$",
    r"He said \[sic\] it \(see above\).",
    r"As shown \[12\], \[3, 4\] and \[5-7\].",
    r"- \[ \] one" + "\n" + r"- \[x\] two",
    r"An interval \[0, 1).",
    r"Smile :\)",
    r"[a](https://example.org/\(x\))",
    r"one \) two \( three",
    "\\(a\n\nb\\)",
    "\\\\[2pt] is a distance",
]


def codes(text: str) -> list[str]:
    return [finding.code for finding in markdown_findings(text)]


@pytest.mark.parametrize(("text", "expected"), FIXED)
def test_a_formula_without_dollars_is_an_error_and_is_fixed(text: str, expected: str) -> None:
    edits: list[Edit] = []
    for finding in markdown_findings(text):
        if finding.code == "MTH020":
            assert finding.fix is not None
            assert finding.fix.safe
            edits += finding.fix.edits
    assert edits
    fixed = text
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for edit in sorted(edits, key=lambda edit: (-edit.span.line, -edit.span.column)):
        first = starts[edit.span.line - 1] + edit.span.column - 1
        last = starts[edit.span.end_line - 1] + edit.span.end_column - 1
        fixed = fixed[:first] + edit.replacement + fixed[last:]
    assert fixed == expected
    assert "MTH020" not in codes(expected)


@pytest.mark.parametrize("text", REPORTED)
def test_what_cannot_be_fixed_is_reported(text: str) -> None:
    found = [finding for finding in markdown_findings(text) if finding.code == "MTH020"]
    assert found
    assert all(finding.fix is None for finding in found)


def test_an_index_in_such_a_formula_is_not_reported_as_well() -> None:
    found = findings("details: 'It is \\(x_1^2\\), not y_2.'\n")
    assert [finding.span.column for finding in found if finding.code == "MTH010"] == [32]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_code_formulas_and_escaped_brackets_are_left_alone(text: str) -> None:
    assert "MTH020" not in codes(text)


@pytest.mark.parametrize("piece", [r"\(x\)", r"\(", r"\[ \)", r"\begin{a1}", r"\begin{ab}", r"\begin{ab}x\end{ab}"])
def test_a_text_of_delimiters_takes_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        start = time.process_time()
        list(_formulas(text := piece * (length // len(piece)), scanned := scan(text)))
        _fixable(text, list(_formulas(text, scanned)))
        return time.process_time() - start

    assert_seconds_linear(seconds, 5_000, factor=4, noticeable=0.0075)
