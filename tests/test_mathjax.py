from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.mathjax import Equation, MathError, MathJax, mathjax_version

GOOD = [
    line.split("\t")[0]
    for line in Path(__file__).with_name("cases").joinpath("formulas-good.tsv").read_text(encoding="utf-8").splitlines()
]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def mathjax() -> MathJax:
    return MathJax()


def _drawn(mathjax: MathJax, tex: str, *, display: bool = True) -> Equation:
    equation = mathjax.typeset(tex, display=display)
    assert isinstance(equation, Equation), equation
    return equation


def _refused(mathjax: MathJax, tex: str) -> MathError:
    error = mathjax.check(tex, display=True)
    assert error is not None
    drawn = mathjax.typeset(tex, display=True)
    assert drawn == error
    return error


@pytest.mark.parametrize(
    ("tex", "place", "words"),
    [
        (r"\frac{1}{2 + \sotfmax}", r"\sotfmax", "Undefined control sequence"),
        ("\N{MATHEMATICAL SCRIPT CAPITAL X} " r"\text{Größe} + \foo", r"\foo", "Undefined control sequence"),
        (r"\left( \begin{bmatrix} 1 & \bar{\quux} \end{bmatrix}\right)", r"\quux", "Undefined"),
        (r"a + \left( b", r"\left(", r"missing \right"),
        (r"x + \begin{aligned} a", r"\begin", "Missing"),
        (r"x^2 + y_i_j", "_j", "Double subscripts"),
        (r"a + b}", "}", "Extra close brace"),
        (r"a \pmod{\foo}", r"\pmod", "Undefined"),
        (r"a + \sum_{i=1}^{n x_i", "{n", "missing close brace"),
        (r"\sqrt{\sqrt{\sqrt{\oops}}}", r"\oops", "Undefined"),
    ],
)
def test_a_fault_has_its_place(mathjax: MathJax, tex: str, place: str, words: str) -> None:
    error = _refused(mathjax, tex)
    assert error.offset == tex.index(place)
    assert words in error.message


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\def\x{1}\x",
        r"\newcommand{\x}{1}",
        r"\require{html}",
        r"\style{color:red}{x}",
        r"\class{a}{x}",
        r"\cssId{a}{x}",
        r"\mmlToken{mi}[href=javascript:alert(1)]{x}",
        r"\DeclareMathOperator{\foo}{foo}",
        r"\definecolor{a}{rgb}{1,0,0}",
        r"\\\unicode{65}",
        r"\let\a=b",
    ],
)
def test_what_reaches_past_a_formula_is_refused(mathjax: MathJax, tex: str) -> None:
    assert "not allowed" in _refused(mathjax, tex).message


def test_a_forbidden_name_after_a_line_break_is_only_a_name(mathjax: MathJax) -> None:
    assert mathjax.check(r"a \\def", display=True) is None


@pytest.mark.slow
def test_formulas_do_not_shape_each_other() -> None:
    texts = [
        *GOOD,
        r"\text{Größe}",
        r"\textbf{Größe}",
        r"\textit{é}\texttt{ß}",
        r"x \tag{1}",
        r"\label{a} x",
        r"\color{red} x",
    ]
    forward, backward = MathJax(), MathJax()
    there = {tex: forward.typeset(tex, display=True) for tex in texts}
    back = {tex: backward.typeset(tex, display=True) for tex in reversed(texts)}
    assert there == back
    assert {tex: forward.typeset(tex, display=True) for tex in texts} == there
    forward.close()
    backward.close()


@pytest.mark.parametrize("tex", [*GOOD, r"\bbox[red,border:1px solid blue]{x}", r"\ce{H2O}", r"\text{日本}"])
@pytest.mark.parametrize("display", [False, True])
def test_a_picture_is_complete_and_has_no_links(mathjax: MathJax, tex: str, display: bool) -> None:
    equation = _drawn(mathjax, tex, display=display)
    root = ElementTree.fromstring(equation.svg)  # noqa: S314 - our own output
    assert root.tag == f"{SVG}svg"
    left, top, width, height = (float(part) for part in root.get("viewBox", "").split())
    assert width == pytest.approx(equation.width * 1000, abs=1)
    assert height == pytest.approx((equation.height + equation.depth) * 1000, abs=1.1)
    assert top == pytest.approx(-equation.height * 1000, abs=1)
    assert left <= 0 < width
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {"svg", "g", "path", "rect", "line", "ellipse", "polygon", "text"}
        for name, value in element.attrib.items():
            assert name not in {"style", "class", "id", "href", "{http://www.w3.org/1999/xlink}href"}
            assert "currentColor" not in value
            assert "url(" not in value
            assert "%" not in value


def test_the_rules_of_an_array_are_drawn(mathjax: MathJax) -> None:
    svg = _drawn(mathjax, r"\begin{array}{c|c:c} a & b & c \\ \hline d & e & f \end{array}").svg
    lines = [element for element in ElementTree.fromstring(svg).iter() if element.tag == f"{SVG}line"]  # noqa: S314
    assert len(lines) == 3
    assert all(float(line.get("stroke-width", "0")) > 0 for line in lines)
    assert sum(line.get("stroke-dasharray") is not None for line in lines) == 1


def test_a_tag_is_beside_its_equation(mathjax: MathJax) -> None:
    plain, tagged = _drawn(mathjax, "E = mc^2"), _drawn(mathjax, r"E = mc^2 \tag{1}")
    assert plain.width + 2 < tagged.width < plain.width + 5


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{Größe ÄÖÜ ß é ł}",
        r"\mathbb{1}",
        "\N{GREEK SMALL LETTER ALPHA}_2",
        r"\text{Ж}",
        r"\textbf{ü}\textit{ü}\texttt{ü}",
    ],
)
def test_no_character_is_left_to_the_readers_fonts(mathjax: MathJax, tex: str) -> None:
    assert "<text" not in _drawn(mathjax, tex).svg


def test_a_character_that_no_font_has_is_still_there(mathjax: MathJax) -> None:
    assert "日" in _drawn(mathjax, r"\text{日本}").svg


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize(
    "tex",
    [
        "x" * 100_000,
        "{" * 2000 + "x" + "}" * 2000,
        "{" * 39 + "x" + "}" * 39,
        r"\hat" * 900 + "x",
        r"\sqrt" * 700 + "x",
        r"\frac" * 700 + "x" * 700,
        "x^" * 1900 + "x",
        r"\left(" * 600 + r"\right)" * 570,
        r"\begin{matrix}" * 100 + r"\end{matrix}" * 100,
        r"\mathchoice{x}{x}{x}{x}" * 170,
        "&" * 3000,
        r"\\" * 1900,
        r"\begin{array}{" + "c" * 3000 + r"} \end{array}",
        r"\text{$" * 300 + "x" + "$}" * 300,
        r"\underbrace{" * 35 + "x" + "}" * 35,
        r"\hspace{99999999em}",
        r"\rule{1e9em}{1e9em}",
        r"\ce{" + "->[" * 200 + "}",
        "\x00",
        "\ud800",
        "\\",
        "",
        r"\verb|" + "x" * 3000,
    ],
)
def test_hostile_formulas_come_to_an_end(mathjax: MathJax, tex: str) -> None:
    begun = time.process_time()
    for display in (False, True):
        mathjax.check(tex, display=display)
        mathjax.typeset(tex, display=display)
    assert time.process_time() - begun < 45
    assert mathjax.check("x", display=False) is None
    assert _drawn(mathjax, "x") == _drawn(MathJax(), "x")


def test_a_formula_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardpipe.mathjax.engine._SECONDS", 0.001)
    slow = MathJax()
    error = slow.check(r"\begin{matrix}" + "x & " * 900 + r"\end{matrix}", display=True)
    assert error is not None
    assert "too large" in error.message
    slow.close()


@given(
    st.lists(
        st.sampled_from(
            [
                *r"\{}[]&^_$%#~'x1 ",
                r"\frac",
                r"\left(",
                r"\right)",
                r"\begin{array}{c}",
                r"\end{array}",
                r"\\",
                "é",
                "😀",
                r"\text{",
            ]
        ),
        max_size=25,
    ).map("".join)
)
def test_any_text_is_drawn_or_refused_within_it(tex: str) -> None:
    engine = _SHARED
    error = engine.check(tex, display=True)
    drawn = engine.typeset(tex, display=True)
    if error is None:
        assert isinstance(drawn, Equation) or "too large" in drawn.message
    else:
        assert drawn == error
        assert 0 <= error.offset <= len(tex)


_SHARED = MathJax()


def test_threads_may_share_one(mathjax: MathJax) -> None:
    found: list[Equation | MathError] = []
    threads = [threading.Thread(target=lambda: found.append(mathjax.typeset("x^2", display=False))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [mathjax.typeset("x^2", display=False)] * 8


_CHILD = """
import hashlib, sys
from cardpipe.mathjax import MathJax
engine = MathJax()
for tex in sys.argv[1:]:
    print(hashlib.sha256(repr(engine.typeset(tex, display=True)).encode()).hexdigest())
    print(engine.typeset(tex, display=True).svg)
engine.close()
"""


def test_every_process_draws_the_same() -> None:
    texts = [r"\text{Größe}_1", r"E = mc^2 \tag{1}", r"\mathbb{1}", r"\begin{array}{c|c} a & b \end{array}"]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", _CHILD, *texts],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8", "LC_ALL": "C", "TZ": zone},
            check=True,
            capture_output=True,
        ).stdout
        for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"))
    }
    assert len(outputs) == 1


def test_the_version_names_what_shapes_a_picture() -> None:
    assert "django-static-mathjax 3.2.2" in mathjax_version()


@pytest.mark.parametrize(
    ("tex", "mathml"),
    [
        ("x_1", "<msub><mi>x</mi><mn>1</mn></msub>"),
        (r"\frac{a}{b}", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
        (r"\mathbb{R}^n", "<msup><mi>\u211d</mi><mi>n</mi></msup>"),
        (r"\mathcal{L} \mathbf{x} \boldsymbol{\omega}", "<mi>\u2112</mi><mi>\U0001d431</mi><mi>\U0001d74e</mi>"),
        (
            r"\mathbf{1}\mathtt{0}\mathfrak{g}\mathbf{\Gamma}",
            "<mn>\U0001d7cf</mn><mn>\U0001d7f6</mn><mi>\U0001d524</mi><mi>\U0001d6aa</mi>",
        ),
        (r"\mathrm{d}x^\top", '<mi mathvariant="normal">d</mi><msup><mi>x</mi><mi>\u22a4</mi></msup>'),
        (r"\mathbf{ab}", '<mi mathvariant="bold">ab</mi>'),
        (r"\sqrt{a+b}", "<msqrt><mi>a</mi><mo>+</mo><mi>b</mi></msqrt>"),
        (r"\binom n k", '<mrow><mo>(</mo><mfrac linethickness="0"><mi>n</mi><mi>k</mi></mfrac><mo>)</mo></mrow>'),
        (r"x\phantom{yyy}\quad", "<mi>x</mi>"),
        (r"{}_a X", "<msub><mrow></mrow><mi>a</mi></msub><mi>X</mi>"),
        (r"\text{<b> & \"}", "<mtext>&lt;b&gt; &amp; \\&quot;</mtext>"),
        (r"\color{red}x", "<mi>x</mi>"),
        (r"\boxed{x}", '<menclose notation="box"><mi>x</mi></menclose>'),
        (r"a \tag{1}", "<mtable><mtr><mtd><mi>a</mi></mtd><mtd><mtext>(1)</mtext></mtd></mtr></mtable>"),
        ("", ""),
    ],
)
def test_a_formula_can_be_spoken(mathjax: MathJax, tex: str, mathml: str) -> None:
    assert _drawn(mathjax, tex).mathml == mathml


@pytest.mark.parametrize("tex", GOOD)
def test_spoken_text_is_well_formed_and_bounded(mathjax: MathJax, tex: str) -> None:
    told = ElementTree.fromstring(f"<math>{_drawn(mathjax, tex).mathml}</math>")  # noqa: S314 - we have just made it
    letters = [element.text or "" for element in told.iter() if element.tag in {"mi", "mn", "mo", "mtext"}]
    assert "".join(letters).strip() or not tex.strip()
    names = {name for element in told.iter() for name in element.attrib}
    assert names <= {"mathvariant", "linethickness", "accent", "accentunder", "notation"}
    children = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
    for element in told.iter():
        assert len(element) == children.get(element.tag, len(element)), element.tag


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\u05d0\u05d1\u05d2", "\u05d2\u05d1\u05d0"),
        ("\u05d0\u05d1 \u05d2", "\u05d2 \u05d1\u05d0"),
        ("a \u05d0\u05d1 b", "a \u05d1\u05d0 b"),
        ("\u05d0 (\u05d1) 12,5", "12,5 (\u05d1) \u05d0"),
        ("12 \u05d0\u05d1", "12 \u05d1\u05d0"),
        # Letters of Arabic join: initial, medial, final; alef only the letter before it; lam with alef is one.
        ("\u0628\u064a\u062a", "\ufe96\ufef4\ufe91"),
        ("\u0628\u0627\u0628", "\ufe8f\ufe8e\ufe91"),
        ("\u0633\u0644\u0627\u0645", "\ufee1\ufefc\ufeb3"),
        ("\u06a9\u06cc", "\ufbfd\ufb90"),
    ],
)
def test_text_from_right_to_left_is_drawn_as_it_is_seen(mathjax: MathJax, text: str, seen: str) -> None:
    def outlines(tex: str) -> list[str]:
        return re.findall(r' d="([^"]+)"', _drawn(mathjax, tex).svg)

    single = [rf"\text{{{character}}}" for character in seen.replace(" ", "")]
    assert outlines(rf"\text{{{text}}}") == [path for tex in single for path in outlines(tex)]


def test_text_from_right_to_left_is_read_aloud_as_written(mathjax: MathJax) -> None:
    assert (
        "<mtext>\u05d0\u05d1 \u0628\u064a\u062a</mtext>"
        in _drawn(mathjax, "\\text{\u05d0\u05d1 \u0628\u064a\u062a}").mathml
    )


@pytest.mark.parametrize("tex", [r"\hspace{-100em} x", r"\kern-20em", r"\mkern-90mu y", r"\rule{-9em}{1em}"])
def test_text_after_a_formula_stays_where_it_can_be_seen(mathjax: MathJax, tex: str) -> None:
    """A formula takes no place from what follows it."""
    drawn = _drawn(mathjax, tex, display=False)
    assert drawn.width - drawn.left - drawn.right >= -0.001
