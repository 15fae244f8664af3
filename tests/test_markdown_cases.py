"""Markdown with formulas, case by case: the HTML for Anki."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cardpipe.cache.store import Cache
from cardpipe.mathjax import Equation, MathJax
from cardpipe.render.equations import Equations
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.placeholders import Item
from cardpipe.writers.api import MathForm

CASES = yaml.safe_load(Path(__file__).with_name("cases").joinpath("markdown-math.yaml").read_text(encoding="utf-8"))
# Math to Markdown, but not to TeX: `&` and `#` mean something there.
_NOT_TEX = {"entity-in-math", "display-gt-hash-line"}
_MATH = re.compile(r"\\(\()(.*?)\\\)|\\(\[)(.*?)\\\]", re.DOTALL)
_MATH_HTML = re.compile(r'<(span) class="math inline">(.*?)</span>|<(div|span) class="equation">(.*?)</\3>', re.DOTALL)
_IMAGE = re.compile(r'<img class="math (inline|display)" src="[^"]+" alt="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")


def _renderer(form: MathForm) -> MarkdownRenderer:
    equations = Equations(form, Cache.disabled())
    return MarkdownRenderer(
        math=equations.html,
        picture=lambda image: Item(image.segment.text, html.escape(image.alt)),
        live_mathjax=form is MathForm.MATHJAX,
    )


@pytest.fixture(scope="module")
def mathjax() -> MarkdownRenderer:
    return _renderer(MathForm.MATHJAX)


@pytest.fixture(scope="module")
def svg() -> MarkdownRenderer:
    return _renderer(MathForm.SVG)


def _flat(tex: str) -> str:
    return " ".join(tex.split())


def _without_math(made: str) -> str:
    return _MATH_HTML.sub("", made)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case_in_the_form_of_anki(case: dict[str, Any], mathjax: MarkdownRenderer) -> None:
    made = mathjax.block(case["input"])
    found = []
    for match in _MATH_HTML.finditer(made):
        tex = html.unescape(match.group(2) or match.group(4))
        kind = "display" if tex.startswith(r"\[") else "inline"
        found.append([kind, _flat(tex[2:-2])])
    assert found == [[kind, _flat(tex)] for kind, tex in case["math"]], made
    for part in case.get("has", []):
        assert part in made
    for part in case.get("lacks", []):
        assert part not in made
    text = html.unescape(_TAG.sub("", _without_math(made)))
    for part in case.get("text", []):
        assert part in text
    assert len(_MATH.findall(_TAG.sub("\0", made))) == len(found)  # no math that MathJax would see and we did not mean


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case_with_drawn_equations(case: dict[str, Any], svg: MarkdownRenderer) -> None:
    made = svg.block(case["input"])
    if case["id"] in _NOT_TEX:
        assert '<code class="math error">' in made
        return
    found = [[kind, _flat(html.unescape(tex))] for kind, tex in _IMAGE.findall(made)]
    assert found == [[kind, _flat(tex)] for kind, tex in case["math"]], made
    for part in case.get("text", []):
        assert part in html.unescape(_TAG.sub("", made))


def _formulas(name: str) -> list[str]:
    path = Path(__file__).with_name("cases") / name
    return [line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def engine() -> MathJax:
    return MathJax()


@pytest.mark.parametrize("tex", _formulas("formulas-good.tsv"))
def test_a_good_formula_is_drawn(tex: str, engine: MathJax) -> None:
    assert engine.check(tex, display=True) is None
    assert isinstance(engine.typeset(tex, display=True), Equation)


# Two lose text without MathJax minding; lint has rules of its own for them.
_UNNOTICED = ("50% of x", r"\begin{array} a & b \end{array}")


@pytest.mark.parametrize("tex", [tex for tex in _formulas("formulas-broken.tsv") if tex not in _UNNOTICED])
def test_a_broken_formula_is_refused_at_a_place(tex: str, engine: MathJax) -> None:
    error = engine.check(tex, display=True)
    assert error is not None
    assert 0 <= error.offset < len(tex)
    assert error.message
