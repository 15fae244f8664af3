"""TeX macros of a deck: expansion, findings with places, and the same formulas in every format."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.lint.engine import lint
from cardpipe.mathjax import MathJax
from cardpipe.mathjax.formula import MAX_LENGTH
from cardpipe.mathjax.macros import MacroError, expanded, expander
from cardpipe.model.deck import Macro
from cardpipe.source.load import load
from cardpipe.text.positions import SourceText
from lint_sample import CACHE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cardpipe.model.diagnostics import Diagnostic
    from conftest import Run


def macros(**bodies: str | tuple[int, str]) -> Mapping[str, Macro]:
    made = {}
    for name, body in bodies.items():
        args, text = body if isinstance(body, tuple) else (0, body)
        made[name] = Macro(name=SourceText.inline(name), args=args, body=SourceText.inline(text))
    return made


TABLE = macros(
    RR=r"\mathbb{R}",
    al=r"\alpha",
    norm=(1, r"\lVert #1 \rVert"),
    pair=(2, "(#1, #2)"),
    bold=(1, r"\mathbf#1"),
    goes=(1, r"#1\to"),
    eq=r"\mathrel{:=}",
    rn=(1, r"\RR^{#1}"),
    hash=(1, r"\# #1"),
)


@pytest.mark.parametrize(
    ("tex", "made"),
    [
        (r"x", "x"),
        (r"\RR", r"\mathbb{R}"),
        (r"\RR x", r"\mathbb{R} x"),
        (r"\al x", r"\alpha x"),
        (r"\al{}x", r"\alpha{}x"),
        (r"\RRR", r"\RRR"),
        (r"\\RR", r"\\RR"),
        (r"\norm{x}", r"\lVert x \rVert"),
        (r"\norm x", r"\lVert x \rVert"),
        (r"\norm \al", r"\lVert \alpha \rVert"),
        (r"\norm{\norm{x}}", r"\lVert \lVert x \rVert \rVert"),
        (r"\norm{a \} b}", r"\lVert a \} b \rVert"),
        (r"\pair{a}{b}", "(a, b)"),
        (r"\pair ab", "(a, b)"),
        (r"\bold{ab}", r"\mathbf ab"),
        (r"\goes{x}y", r"x\to y"),
        (r"a \eq b", r"a \mathrel{:=} b"),
        (r"x^\RR", r"x^{\mathbb{R}}"),
        (r"x^\al", r"x^\alpha"),
        (r"x_ \RR", r"x_ {\mathbb{R}}"),
        (r"\frac\RR2", r"\frac{\mathbb{R}}2"),
        (r"\hat\RR", r"\hat{\mathbb{R}}"),
        (r"\rn{n}", r"\mathbb{R}^{n}"),
        (r"\hash{x}", r"\# x"),
        (r"{{c1::\RR}}", r"{{c1::\mathbb{R}}}"),
        (r"\norm{{{c1::x}}}", r"\lVert {{c1::x}} \rVert"),
    ],
)
def test_macros_are_expanded(tex: str, made: str) -> None:
    found = expanded(tex, TABLE)
    assert found.text == made
    assert len(found.origins) == len(found.from_macros) == len(found.text)
    assert all(0 <= origin < len(tex) for origin in found.origins)
    for index, name in enumerate(found.from_macros):
        if not name and not found.text[index].isspace():
            assert found.text[index] == tex[found.origins[index]]


@given(st.lists(st.sampled_from([*r"\{}#^_ 1ax", r"\RR", r"\norm", r"\pair"]), max_size=12).map("".join))
def test_anything_is_expanded_or_refused(tex: str) -> None:
    error = None
    try:
        found = expanded(tex, TABLE)
    except MacroError as failed:
        error = failed.error
    if error is None:
        assert len(found.origins) == len(found.text)
    else:
        assert 0 <= error.offset < len(tex)


@pytest.fixture(scope="module")
def mathjax() -> Iterator[MathJax]:
    engine = MathJax()
    yield engine
    engine.close()


@pytest.mark.parametrize("tex", [r"x^\RR", r"\frac\RR2", r"\norm\al", r"\hat\RR", r"\bold{ab}", r"\sqrt\RR"])
def test_an_expanded_formula_is_valid(tex: str, mathjax: MathJax) -> None:
    assert mathjax.judge(expanded(tex, TABLE).text, display=False).error is None


@pytest.mark.parametrize("tex", [r"\norm", r"\norm{a", r"{\norm}", r"a & \norm & b", r"\pair{a}"])
def test_a_missing_argument_is_an_error(tex: str) -> None:
    with pytest.raises(MacroError, match=r"needs [12] argument"):
        expanded(tex, TABLE)
    assert expander(tuple(TABLE.values()))(tex) == tex


BOMBS = {
    "itself": (macros(a=r"\a"), r"\a"),
    "each other": (macros(a=r"x\b", b=r"y\a"), r"\a"),
    "doubling": (macros(**{chr(97 + n): rf"\{chr(98 + n)}\{chr(98 + n)}" for n in range(20)}, u="x"), r"\a"),
    "nine times": (macros(**{chr(97 + n): (1, rf"\{chr(98 + n)}{{{'#1' * 9}}}") for n in range(20)}), r"\a{xxxxxxxxx}"),
    "its argument": (macros(a=(1, r"\a{#1#1}")), r"\a{x}"),
    "many": (macros(a=r"\mathbb{R}"), r"\a" * 1999),
    "nested": (macros(a=(1, "{#1}")), r"\a{" * 60 + "x" + "}" * 60),
    "long": (macros(a="x" * 500), r"\a" * 100),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(name: str) -> None:
    table, tex = BOMBS[name]
    begun = time.process_time()
    with pytest.raises(MacroError, match=r"without end|too long"):
        expanded(tex, table)
    assert time.process_time() - begun < 1
    assert len(expander(tuple(table.values()))(tex)) <= MAX_LENGTH


# --- Findings --------------------------------------------------------------------------------------------------------

DECK = """\
uid: 5b0f6c1e-0000-4000-8000-000000000000
slug: sample
name: Sample
language: en
authors: [An Author]
description: A sample.
subdecks: {ML: Machine learning}
macros:
"""
CARD = "id: ML0044\ntitle: Norms\nquestion: What is $%s$ here?\nanswer: A norm.\n"


def found(folder: Path, written: str, formula: str) -> list[Diagnostic]:
    deck = DECK + "".join(f"  {line}\n" for line in written.splitlines())
    contents = {"source/deck.yaml": deck.encode(), "source/cards/ML0044.yaml": (CARD % formula).encode()}
    loaded = load(folder, contents=contents)
    return list(lint(loaded.deck, loaded.findings, CACHE, files=loaded.files))


@pytest.mark.parametrize(
    ("written", "code", "underlined"),
    [
        (r"nrm: {args: 1, body: '\lVert #2 \rVert'}", "MTH030", "#2"),
        (r"nrm: {args: 1, body: '\lVert #0 \rVert'}", "MTH030", "#0"),
        (r"nrm: {args: 1, body: '\lVert # \rVert'}", "MTH030", "# "),
        (r"nrm: 'a#1'", "MTH030", "#1"),
        (r"nrm: '\href{x}{y}'", "MTH030", r"\href"),
        (r"nrm: '\newcommand{x}{y}'", "MTH030", r"\newcommand"),
        (r"nrm: '{a'", "MTH030", "{"),
        (r"nrm: 'a}'", "MTH030", "}"),
        (r"nrm: 'a$b'", "MTH030", "$"),
        (r"nrm: 'a%b'", "MTH030", "%"),
        (r"nrm: '\foo'", "MTH030", r"\foo"),
        (r"nrm: 'a\nrm'", "MTH030", r"a\nrm"),
        ("nrm: 'a'\nlft: 'a'", "MTH031", "lft"),
        ("nrm: 'a'\nalpha: 'b'", "MTH032", "alpha"),
        ("nrm: 'a'\nn1: 'b'", "SCH004", "n1"),
        ("nrm: 'a'\nnrm: 'b'", "YML002", "nrm"),
        ("nrm: {args: 12, body: a}", "SCH004", "12"),
        ("nrm: {args: 1}", "SCH002", "args"),
    ],
)
def test_a_macro_is_checked(written: str, code: str, underlined: str, tmp_path: Path) -> None:
    diagnostics = found(tmp_path, written, r"\nrm{x}")
    wanted = [one for one in diagnostics if one.code == code and one.span.path == "source/deck.yaml"]
    assert wanted, diagnostics
    lines = (DECK + "".join(f"  {line}\n" for line in written.splitlines())).split("\n")
    span = wanted[0].span
    assert lines[span.line - 1][span.column - 1 : span.end_column - 1] == underlined


def test_sound_macros_are_no_finding(tmp_path: Path) -> None:
    written = "RR: '\\mathbb{R}'\nnrm: {args: 1, body: '\\lVert #1 \\rVert_{\\RR}'}"
    assert not found(tmp_path, written, r"\nrm{x} + \RR")


@pytest.mark.parametrize(
    ("formula", "underlined"),
    [
        (r"\nrm{x} + \foo", r"\foo"),
        (r"\nrm{\foo} + 1", r"\foo"),
        (r"a + \nrm", r"\nrm"),
        (r"\nrm{x} + \href{a}{b}", r"\href"),
    ],
)
def test_a_fault_in_a_formula_has_its_place(formula: str, underlined: str, tmp_path: Path) -> None:
    diagnostics = found(tmp_path, r"nrm: {args: 1, body: '\lVert #1 \rVert'}", formula)
    [fault] = [one for one in diagnostics if one.code in {"MTH001", "MTH002"}]
    line = (CARD % formula).split("\n")[fault.span.line - 1]
    assert line[fault.span.column - 1 : fault.span.end_column - 1] == underlined


def test_a_fault_that_only_arises_together_names_the_macro(tmp_path: Path) -> None:
    diagnostics = found(tmp_path, r"half: '\left('", r"a + \half b")
    [fault] = [one for one in diagnostics if one.code == "MTH001"]
    assert "Missing \\right" in fault.message or "right" in fault.message


# --- In every format -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, drawn_project: Path, run: Run) -> Path:
    folder = tmp_path_factory.mktemp("macros")
    cards = r"""id: EX0001
title: Norms
kind: {kind}
question: |
  Is {open}${norm}${close} small, in
  $$x^{real}$$
answer: It is in ${real}$.
details: |
  > A quotation: $$
  > {norm} = 1
  > $$
figures:
  - {{id: labels, kind: grid, values: [[1]], title: 'In ${real}$', alt: A grid with a label of a set.}}
references: ['A book on ${real}$']
tags: [example]
"""
    for name, real, norm in (("short", r"\RR", r"\nrm{x}"), ("long", r"{\mathbb{R}}", r"\lVert x \rVert")):
        project = folder / name
        shutil.copytree(drawn_project, project)
        shutil.rmtree(project / "source/cards")
        (project / "source/cards").mkdir()
        for number, kind in enumerate(("basic", "cloze"), start=1):
            marks = ("{{c1::", "}}") if kind == "cloze" else ("", "")
            values = {"kind": kind, "real": real, "norm": norm, "open": marks[0], "close": marks[1]}
            text = cards.format(**values).replace("EX0001", f"EX000{number}").replace("title: Norms", f"title: {kind}")
            (project / f"source/cards/EX000{number}.yaml").write_text(text, "utf-8")
        deck = project / "source/deck.yaml"
        written = "macros: {RR: '{\\mathbb{R}}', nrm: {args: 1, body: '\\lVert #1 \\rVert'}}\n"
        if name == "short":
            deck.write_text(deck.read_text("utf-8") + written, "utf-8")
        formats = [part for name in ("csv", "html", "markdown", "text") for part in ("--format", name)]
        result = run("-C", project, "export", *formats)
        assert result.returncode == 0, result.stdout + result.stderr
    return folder


def test_every_format_has_the_formulas_of_a_deck_without_macros(exported: Path) -> None:
    files = sorted(path.relative_to(exported / "long") for path in (exported / "long/output").rglob("[!.]*.*"))
    assert len(files) > 5
    for path in files:
        assert (exported / "short" / path).read_bytes() == (exported / "long" / path).read_bytes(), path
