"""Warnings on a PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cardpipe.writers.pdf import WRITER
from page_sample import DISPLAY_MATH, WIDE_MATH, card, deck

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


def test_nothing_is_said_of_a_deck_that_prints_well() -> None:
    assert WRITER.warnings(deck(card("ML0001", details=f"<p>Größe, “quoted” — λ → Ω</p>{DISPLAY_MATH}"))) == []


def test_characters_without_a_font_are_named() -> None:
    (remark,) = WRITER.warnings(deck(card("ML0001", answer="<p>So 🎉 and 🦊 it is.</p>")))
    assert remark == "pdf: its fonts lack 2 characters (🎉🦊); they may be missing."


def test_formulas_that_become_small_are_named_with_their_size() -> None:
    (remark,) = WRITER.warnings(deck(card("ML0001", details=WIDE_MATH)))
    assert "pdf: formulas too wide for a page are scaled down, in ML0001 (“a_1 + a_2 + \\dots”: 4.1 points)" in remark
    assert r"\begin{aligned}" in remark


def test_a_formula_that_a_card_shows_several_times_is_named_once() -> None:
    (remark,) = WRITER.warnings(deck(card("ML0001", answer=WIDE_MATH, details=WIDE_MATH * 2)))
    assert remark.count("ML0001 (") == 1
    assert "more;" not in remark


def test_of_many_such_formulas_some_are_named() -> None:
    (remark,) = WRITER.warnings(deck(*(card(f"ML000{number}", details=WIDE_MATH) for number in range(1, 6))))
    assert "ML0003 (" in remark
    assert "ML0004" not in remark
    assert " and 2 more; " in remark


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize(("tex", "told"), [("{}", False), (r"\sqrt{{{}}}", True)])
def test_a_formula_that_cannot_be_broken_is_reported(run: Run, project: Path, tex: str, *, told: bool) -> None:
    tex = tex.format(" + ".join("x" for _ in range(45)))
    path = next((project / "source/cards").rglob("*.yaml"))
    text = path.read_text(encoding="utf-8")
    assert "\nanswer: |\n" in text
    path.write_text(
        text.replace("\nanswer: |\n", f"\nanswer: |\n  A sum of $x$:\n\n  $${tex}$$\n\n", 1), encoding="utf-8"
    )
    result = run("-C", project, "export", "--format", "pdf")
    assert result.returncode == 0, result.stderr
    assert ("formulas too wide" in result.stderr) is told
