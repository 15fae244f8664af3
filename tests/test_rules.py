"""Each rule reports what it should, at the exact position, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cardpipe.assets.svg import svg_faults
from cardpipe.cache.store import Cache
from cardpipe.lint.engine import lint
from cardpipe.lint.tex_advice import MACROS, OPERATORS
from cardpipe.mathjax import MathJax
from cardpipe.mathjax.refusals import REFUSED
from lint_sample import PNG, cards_of, codes, deck_of, findings, markdown_findings

if TYPE_CHECKING:
    from cardpipe.model.diagnostics import Diagnostic


def only(found: list[Diagnostic], code: str) -> list[tuple[int, int, int, int]]:
    spans = [finding.span for finding in found if finding.code == code]
    return [(span.line, span.column, span.end_line, span.end_column) for span in spans]


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("details: a $\\foo$\n", (1, 13, 1, 17)),
        ("details: '😀 it''s $\\foo$'\n", (1, 20, 1, 24)),
        ('details: "\\u00e9\\t$\\\\foo$"\n', (1, 20, 1, 25)),
        ("details: |\n  one\n\n  a $\\foo$\n", (4, 6, 4, 10)),
        ("details: |\r\n  one\r\n  a $\\foo$\r\n", (3, 6, 3, 10)),
        ("details: >\n  one\n  two 😀 $\\foo$\n", (3, 10, 3, 14)),
        ("details: |\n  > - $$\n  >   a\n  >   \\foo\n  >   $$\n", (4, 7, 4, 11)),
    ],
)
def test_a_wrong_macro_is_underlined_at_its_own_column(source: str, place: tuple[int, int, int, int]) -> None:
    assert only(findings(source), "MTH001") == [place]


@pytest.mark.parametrize(
    ("source", "code", "place"),
    [
        ("id: ml-44\n", "IDN001", (1, 5, 1, 10)),
        ("- {id: ML0001}\n- {id: ML0001}\n", "IDN002", (2, 8, 2, 14)),
        ("id: ML0045\n", "IDN003", (1, 5, 1, 11)),
        ("id: XX0001\n", "IDN004", (1, 5, 1, 11)),
        ("tags: [NN, Nm]\n", "TAG001", (1, 12, 1, 14)),
        ("tags: [NN, nn]\n", "TAG002", (1, 12, 1, 14)),
        ("tags: [neural nets]\n", "TAG003", (1, 8, 1, 19)),
        ("related: [ML0440]\n", "REF001", (1, 11, 1, 17)),
        ("answer: 'See [it](card:ML0440).'\n", "REF001", (1, 19, 1, 30)),
        ("id: ML0044\nrelated: [ML0044]\n", "REF002", (2, 11, 2, 17)),
        ("answer: See [it](javascript:alert(1)).\n", "REF003", (1, 18, 1, 37)),
        ("answer: See [it](other.html).\n", "REF003", (1, 18, 1, 28)),
        ("references: [{text: A, url: 'data:text/html,x'}]\n", "REF003", (1, 29, 1, 47)),
        ("answer: '![](figure:xr)'\n", "FIG001", (1, 14, 1, 23)),
        ("figures: [{id: x, kind: grid}]\n", "FIG002", (1, 16, 1, 17)),
        ("figures: [{id: x, kind: grid, alt: ' '}]\n", "FIG002", (1, 36, 1, 39)),
        ("figures: [{id: x, kind: grid, alt: a}, {id: x, kind: grid, alt: b}]\n", "FIG003", (1, 45, 1, 46)),
        ("figures: [{id: x, kind: gird, alt: a}]\n", "FIG004", (1, 25, 1, 29)),
        ("figures: [{id: x, kind: matrix, alt: a}]\n", "FIG004", (1, 25, 1, 31)),
        ("figures: [{id: x, kind: grid, alt: a, values: 5}]\n", "FIG005", (1, 47, 1, 48)),
        ("figures: [{id: x, kind: grid, alt: a, valeus: [[1]]}]\n", "FIG005", (1, 39, 1, 45)),
        ("answer: '![a](no.png)'\n", "MED001", (1, 15, 1, 21)),
        ("answer: '![a](../a.png)'\n", "MED003", (1, 15, 1, 23)),
        ("answer: '![a](C:a.png)'\n", "MED003", (1, 15, 1, 22)),
        ("answer: '![a](https://a.b/c.png)'\n", "MED005", (1, 15, 1, 32)),
        ("answer: '![](a.png)'\n", "MED006", (1, 10, 1, 20)),
        ("answer: $ $\n", "MTH001", None),
        ("answer: $$ $$\n", "MTH001", (1, 9, 1, 14)),
        ("answer: a $\\href{x}{y}$\n", "MTH002", (1, 12, 1, 17)),
        ("answer: a $50% b$\n", "MTH003", (1, 14, 1, 15)),
        ("answer: a $$x \\ $$\n", "MTH003", None),
        ("answer: By $\\eqref{a}$.\n", "MTH003", (1, 13, 1, 22)),
        ("answer: By $\\ref {a}$.\n", "MTH003", (1, 13, 1, 21)),
        ("answer: By $x \\tag{1}\\label{a} \\eqref{a}$.\n", "MTH003", None),
        ("answer: By $\\eqref{a} x \\label{a}$.\n", "MTH003", (1, 13, 1, 22)),
        ("answer: By $\\begin{align}a \\tag{1}\\\\ b \\label{b} \\ref{b}\\end{align}$.\n", "MTH003", (1, 50, 1, 57)),
        ("answer: $\\begin{align}a \\label{a} \\substack{a\\\\b} \\tag{1} \\eqref{a}\\end{align}$.\n", "MTH003", None),
        ("answer: $\\eqref{a} x \\tag{\\text{A}} \\label{a}$.\n", "MTH003", None),
        ("answer: '`\\eqref{a}`'\n", "MTH003", None),
        ("answer: $$a \\\\ b$$\n", "MTH023", (1, 13, 1, 15)),
        ("answer: $a \\newline b$\n", "MTH023", (1, 12, 1, 20)),
        ("answer: $$\\begin{aligned}a\\end{aligned} \\\\ b$$\n", "MTH023", (1, 41, 1, 43)),
        ("answer: $$\\begin{aligned}a \\\\ b\\end{aligned}$$\n", "MTH023", None),
        ("answer: $$\\sum_{\\substack{a \\\\ b}} x$$\n", "MTH023", None),
        ("answer: $$\\matrix{a \\\\ b}$$\n", "MTH023", None),
        ("answer: $$a \\\\ $$\n", "MTH023", None),
        ("answer: $$x + $y$ + z$$\n", "MTH004", (1, 15, 1, 16)),
        ("answer: $\\text{if $x$} y$\n", "MTH004", None),
        ("answer: $\\begin{array} a & b \\end{array}$\n", "MTH005", (1, 10, 1, 23)),
        ("answer: $\\begin{array}{c} a & b \\end{array}$\n", "MTH005", (1, 29, 1, 30)),
        ("answer: $\\begin{array}{} a \\end{array}$\n", "MTH005", (1, 23, 1, 25)),
        ("answer: $\\begin{array}{c} \\begin{matrix} a & b \\end{matrix} \\end{array}$\n", "MTH005", None),
        ("answer: $\\begin{array}{*{3}{c}|@{x}p{2em}} a & b & c & d \\end{array}$\n", "MTH005", None),
        ("answer: let $\\alpha be\n", "MTH006", (1, 13, 1, 14)),
        ("answer: It costs $5 and $6.\n", "MTH006", None),
        ("answer: a <b>c</b>\n", "MKU001", (1, 11, 1, 14)),
        ("answer: a <sub>c\n", "MKU001", (1, 11, 1, 16)),
        ("answer: a <sub class='x'>c</sub>\n", "MKU001", (1, 11, 1, 26)),
        ('answer: a <span style="color:#0055aa">b</span> <span style="color:#05A;">c</span>\n', "MKU001", None),
        ('answer: a <span style="color:red">b</span>\n', "MKU001", (1, 11, 1, 35)),
        ('answer: a <span style="color:#05a;position:fixed">b</span>\n', "MKU001", (1, 11, 1, 51)),
        ("answer: a <span class='x' style=\"color:#05a\">b</span>\n", "MKU001", (1, 11, 1, 46)),
        ('answer: a <span style="color:#05a">b\n', "MKU001", (1, 11, 1, 36)),
        ("answer: a <span>b</span>\n", "MKU001", (1, 11, 1, 17)),
        ("answer: a</span>\n", "MKU001", (1, 10, 1, 17)),
        ("answer: a <!-- c -->\n", "MKU001", (1, 11, 1, 21)),
        ("answer: a<sub>1</sub><br>b <kbd>x</kbd> 1 < 2 `<b>` <https://x.y>\n", "MKU001", None),
        ("title: a [sound:x.mp3]\n", "MKU002", (1, 10, 1, 17)),
        ("answer: a \\[sound:x.mp3]\n", "MKU002", (1, 11, 1, 19)),
        ("answer: a &#91;latex]x[/latex]\n", "MKU002", (1, 11, 1, 22)),
        ("answer: a [$]x[/$] [[type:x]] [anki:play]\n", "MKU002", (1, 11, 1, 14)),
        ("answer: a {{c1::b}}\n", "KND004", (1, 11, 1, 17)),
        ("answer: a {{b}} [$x$] $\\frac{{a}}{b}$\n", "MKU002", None),
        ('title: "a\\u202eb"\n', "MKU003", (1, 10, 1, 16)),
        ('answer: "`a\\u200db`"\n', "MKU003", (1, 12, 1, 18)),
        ("answer: 👩‍💻 می‌خواهم\n", "MKU003", None),
        ("answer: See https://a.b/c now\n", "MDN001", (1, 13, 1, 26)),
        ("answer: See <https://a.b/c> and [www.a.b](https://www.a.b)\n", "MDN001", None),
        ("answer: |\n  a  \n  b\n", "MDN001", (2, 4, 2, 6)),
        ("answer: |\n  a\n  ---\n", "MDN001", (3, 3, 3, 6)),
        ("answer: |\n  - x\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n", "MDN001", (4, 3, 4, 12)),
        ("answer: |\n  | a | b |\n  |---|\n  | 1 | 2 |\n", "MDN001", (3, 3, 3, 8)),
        ("answer: |\n  | a | b |\n  :-- | --:\n  | 1 | 2 |\n", "MDN001", None),
        ("answer: |\n  > | a |\n  > |---|\n\n  A `|---|` and\n\n  ```\n  |---|---|\n  ```\n", "MDN001", None),
        ("answer: |\n  > | a | b |\n  > |---|---|\n  > | 1 | 2 |\n", "MDN001", None),
        ("answer: |\n  > | a | b |\n  > |---|---|\n  > | 1 | 2 | 3 |\n", "MDN001", (4, 14, 4, 18)),
        ("answer: |\n  - [ ] a\n", "MDN001", (2, 5, 2, 8)),
        ("answer: |\n  ![foo]\n\n  [foo]: https://a.b/c.png\n", "MDN001", (2, 3, 2, 9)),
        ("answer: so![1] it\n", "MDN001", None),
        ("answer: '*[bar*](https://a.b/u) z'\n", "MDN001", (1, 15, 1, 16)),
        ("answer: a *foo [*bar*](https://a.b/u)* z\n", "MDN001", (1, 17, 1, 18)),
        ("answer: a *foo [**bar** *](https://a.b/u) and [*c*](https://a.b/u)\n", "MDN001", (1, 11, 1, 12)),
        ("answer: a *foo [bar](https://a.b/u)* z, **[b](https://a.b)**, [*c*](https://a.b) *d*\n", "MDN001", None),
        ("answer: 'a[^1]'\n", "MDN001", None),
        ("answer: a *b* __c__ d_e_f 2 * 3 * 4\n", "MDN001", None),
        ('answer: a **"b"**c d**\n', "MDN001", (1, 11, 1, 13)),
        ("answer: |\n  ```\n  code\n", "MDN001", (2, 3, 2, 6)),
        ("answer: |\n  | a | b |\n  |---|---|\n  | 1 | 2 | 3 |\n", "MDN001", (4, 12, 4, 16)),
        ("answer: '" + "[" * 60 + "'\n", "MDN002", (1, 10, 1, 11)),
    ],
)
def test_a_rule_finds_the_place_or_nothing(source: str, code: str, place: tuple[int, int, int, int] | None) -> None:
    found = only(findings(source, media={"a.png": PNG}), code)
    assert found[:1] == ([] if place is None else [place])


BROKEN = r"""
\frac{a}{b
\frac
x^{2}}
x_i_j
\left( \frac{a}{b}
\left{ x \right}
\begin{bmatrix} 1 & 0 \\ 0 & 1
1 & 0 \end{bmatrix}
\begin{foo} x \end{foo}
\sotfmax(x)
\sqrt[3{x}
\hat
50% of x
\begin{array} a & b \end{array}
\middle| x
a \\ b \hline c
a & b
x + $y$
\text{if $x}
a # b
\limits x
\cr
\bigl x
\hspace{1zz}
\begin{subarray} a \\ b \end{subarray}
\begin{array}{qz} a & b \end{array}
\require{physics}
\let\a\b
"""

SOUND = r"""
\text{if $x$ holds} y
\text{50% of } x
10^{-3} \times 5\,\%, \quad \$100, \quad A \& B
f(x) = \left\{ \begin{array}{ll} 1 & x \ge 0 \\ 0 & x < 0 \end{array} \right.
\begin{array}[t]{c|cc} & a & b \\ \hline c & d & e \end{array}
\begin{aligned} a &= b \\ c &= d \end{aligned}
\color{red}{x} + \textcolor{blue}{y}
a \mid b \ \text{and} \ c
\sum_{\substack{i \\ j}} x
\left. x \right|_0^1
"""


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize("tex", BROKEN.strip().splitlines())
def test_a_broken_formula_is_an_error_inside_the_formula(tex: str) -> None:
    found = [finding for finding in markdown_findings(f"$${tex}$$") if finding.code.startswith("MTH")]
    assert found
    assert all(3 <= finding.span.column <= finding.span.end_column <= 3 + len(tex) for finding in found)
    assert all(finding.help for finding in found)


@pytest.mark.parametrize("tex", SOUND.strip().splitlines())
def test_a_valid_formula_is_unchanged(tex: str) -> None:
    assert markdown_findings(f"$${tex}$$") == []


def shared(name: str) -> list[str]:
    lines = (Path(__file__).parent / "cases" / name).read_text(encoding="utf-8").splitlines()
    return [line.partition("\t")[0] for line in lines]


def test_invalid_formulas_are_reported_and_valid_ones_are_not() -> None:
    """One deck for all of them, so that MathJax starts once."""
    broken, sound = shared("formulas-broken.tsv"), shared("formulas-good.tsv")
    text = "".join(f"$$ {tex} $$\n\n" for tex in [*broken, *sound])
    lines = {finding.span.line for finding in markdown_findings(text)}
    assert lines == {2 * number + 1 for number in range(len(broken))}


@pytest.mark.parametrize(
    ("macro", "proposal"),
    [
        ("\\sotfmax", "\\operatorname{softmax}"),
        ("\\argmax", "\\operatorname*{arg\\,max}"),
        ("\\lamda", "\\lambda"),
        ("\\KL", "\\operatorname{KL}"),
        ("\\R", "\\mathbb{R}"),
        ("\\xyzzyq", "\\operatorname{xyzzyq}"),
    ],
)
def test_an_unknown_macro_gets_a_proposal(macro: str, proposal: str) -> None:
    (finding,) = markdown_findings(f"${macro}$")
    assert proposal in (finding.help or "")


def test_what_is_proposed_is_known_to_mathjax() -> None:
    mathjax = MathJax()
    refused = []
    for macro in MACROS:
        tex = next(
            (form for form in _forms(macro) if mathjax.check(form, display=True) is None),
            None,
        )
        if tex is None:
            refused.append(macro)
    mathjax.close()
    assert refused == []
    assert set(MACROS) & set(OPERATORS) == set()


def _forms(macro: str) -> list[str]:
    name = f"\\{macro}"
    known = {"left": "\\left(\\right)", "right": "\\left(\\right)", "middle": "\\left(\\middle|\\right)"}
    known |= {"begin": "\\begin{matrix}\\end{matrix}", "end": "\\begin{matrix}\\end{matrix}"}
    known |= {
        "hline": "\\begin{array}{c}\\hline a\\end{array}",
        "limits": "\\sum\\limits",
        "nolimits": "\\sum\\nolimits",
    }
    return [known.get(macro, name), f"{name} x", f"{name}{{x}}", f"{name}{{x}}{{y}}", f"{name}("]


def test_every_macro_that_mathjax_is_forbidden_has_a_reason() -> None:
    script = Path(__file__).parents[1] / "src" / "cardpipe" / "mathjax" / "typeset.js"
    names = re.search(r"FORBIDDEN = new Set\(\[(.*?)\]\)", script.read_text(encoding="utf-8"), re.DOTALL)
    assert names is not None
    assert set(re.findall(r'"(\w+)"', names.group(1))) <= set(REFUSED)


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("macro", sorted(REFUSED))
def test_an_unsafe_macro_is_reported_once_with_its_reason(macro: str) -> None:
    found = markdown_findings(f"$x \\{macro} y$")
    assert codes(found).count("MTH002") == 1


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("neuron.png", PNG, None),
        ("Neuron.png", PNG, None),
        ("my neuron.png", PNG, "MED004"),
        ("_neuron.png", PNG, "MED004"),
        ("con.png", PNG, "MED004"),
        ("neuron.bmp", PNG, "MED004"),
        ("neuron", PNG, "MED004"),
        ("neuron.jpg", PNG, "MED004"),
        ("neuron.png", b"", "MED004"),
        ("größe.png", PNG, None),
        ("neuron.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        ("neuron.svg", b"<svg><script/></svg>", "MED007"),
    ],
)
def test_media_files(name: str, data: bytes, code: str | None) -> None:
    found = findings("answer: x\n", media={name: data})
    assert [finding.code for finding in found if finding.code in {"MED004", "MED007"}] == ([code] if code else [])
    assert ("MED002", f"source/media/{name}") in [(finding.code, finding.span.path) for finding in found]


def test_media_that_a_text_or_a_figure_names_are_used() -> None:
    source = "answer: '![a](a.png)'\nfigures: [{id: x, kind: image, file: b.png, alt: a}]\n"
    assert "MED002" not in codes(findings(source, media={"a.png": PNG, "b.png": PNG, ".gitkeep": b""}))


@pytest.mark.parametrize(
    ("svg", "line"),
    [
        (b"<svg>\n<script/></svg>", 2),
        (b"<svg onload='x()'/>", 1),
        (b"<svg>\n\n<a href='https://x.y'/></svg>", 3),
        (b"<svg xmlns:xlink='x'><image xlink:href='../a.png'/></svg>", 1),
        (b"<svg><style>@import url(x)</style></svg>", 1),
        (b"<svg><rect style='fill:url(https://x.y)'/></svg>", 1),
        (b"<svg><foreignObject/></svg>", 1),
        (b"<svg><set attributeName='href' to='javascript:x'/></svg>", 1),
        (b"<!DOCTYPE svg [<!ENTITY a 'b'>]>\n<svg/>", 1),
        (b"<?xml-stylesheet href='x'?><svg/>", 1),
        (b"<svg>\n<g></svg>", 2),
        (b"\xff\xfe\x00", 1),
    ],
)
def test_an_unsafe_svg_has_a_place(svg: bytes, line: int) -> None:
    assert svg_faults(svg)[0].line == line


def test_a_plain_svg_is_left_alone() -> None:
    svg = b"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 1 1">
    <style>.a{fill:url(#g)}</style><g id="g"/><use xlink:href="#g"/><path d="M0 0" style="clip-path:url('#g')"/>
    <image href="data:image/png;base64,AAAA"/></svg>"""
    assert svg_faults(svg) == []


def test_one_pair_of_tags_is_one_finding() -> None:
    assert codes(markdown_findings("a <b>c</b> <sub class='x'>d</sub> <i>e")) == ["MKU001", "MKU001", "MKU001"]


def test_two_spellings_of_a_tag_in_the_vocabulary_are_one_to_anki() -> None:
    deck = deck_of(cards_of("id: ML0044\n"), tags=["NN", "nn", "marked", "a b"])
    assert codes(lint(deck, (), Cache.disabled())) == ["TAG003", "TAG003", "TAG003"]


def test_a_reference_to_another_formula_gets_its_number() -> None:
    found = markdown_findings(
        "By $\\eqref{b}$.\n\n$$\\begin{align}x \\tag{1}\\label{a} \\\\ y \\tag{2}\\label{b}\\end{align}$$"
    )
    assert [finding.help for finding in found if finding.code == "MTH003"] == ["Write (2) in its place."]
