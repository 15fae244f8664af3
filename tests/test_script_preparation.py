"""What figure scripts need is started while the deck is linted, if a script will run, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from cardpipe.build import pipeline
from cardpipe.figures import sandbox
from cardpipe.lint.project import lint_project
from cardpipe.model.selection import Request
from cardpipe.model.trust import EVERYBODY, NOBODY, Trust

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT: Final = 'def draw(figure):\n    """Test."""\n'
CARD: Final = """\
id: EX0001
title: Gradients
question: What does the gradient of a function show?
answer: |
  The direction of the steepest ascent.

  ![](figure:ascent)
figures:
  - id: ascent
    kind: script
    script: ascent.py
    alt: An arrow uphill.
"""


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happened, in order."""
    happened: list[str] = []
    run_script, lint = sandbox.run_script, lint_project
    monkeypatch.setattr(sandbox, "prepare", lambda: happened.append("prepared"))

    def running(*given: object) -> object:
        happened.append("run")
        return run_script(*given)  # type: ignore[arg-type] # as they come

    def linting(*given: object, **named: object) -> object:
        try:
            return lint(*given, **named)  # type: ignore[arg-type] # as they come
        finally:
            happened.append("linted")

    monkeypatch.setattr(sandbox, "run_script", running)
    monkeypatch.setattr("cardpipe.build.pipeline.lint_project", linting)
    return happened


@pytest.fixture
def scripted(project: Path) -> Path:
    """A project with one card, whose figure is a script's."""
    for card in (project / "source" / "cards").glob("*.yaml"):
        card.unlink()
    (project / "source" / "cards" / "EX0001.yaml").write_text(CARD, encoding="utf-8")
    (project / "source" / "figures").mkdir(exist_ok=True)
    (project / "source" / "figures" / "ascent.py").write_text(SCRIPT, encoding="utf-8")
    return project


def export(root: Path, trust: Trust = EVERYBODY) -> pipeline.Export:
    return pipeline.export(root, root / "output", Request(formats=("csv",), trust=trust))


def test_it_is_started_before_the_deck_is_linted_and_the_script_runs_after_that(
    scripted: Path, prepared: list[str]
) -> None:
    assert not export(scripted).checked.errors
    assert sorted(prepared[:2]) == ["linted", "prepared"]
    assert prepared[2:] == ["run"]


def test_a_drawn_figure_needs_nothing(scripted: Path, prepared: list[str]) -> None:
    export(scripted)
    prepared.clear()
    card = scripted / "source" / "cards" / "EX0001.yaml"
    card.write_text(CARD.replace("steepest", "steepest local"), encoding="utf-8")
    assert not export(scripted).checked.errors
    assert prepared == ["linted"]


def test_a_script_that_is_not_trusted_needs_nothing(scripted: Path, prepared: list[str]) -> None:
    assert not export(scripted, NOBODY).checked.errors
    assert prepared == ["linted"]


def test_no_script_runs_after_an_error(scripted: Path, prepared: list[str]) -> None:
    (scripted / "source" / "cards" / "EX0002.yaml").write_text("id: EX0002\n", encoding="utf-8")
    assert export(scripted).checked.errors
    assert "run" not in prepared


def test_lint_starts_nothing(scripted: Path, prepared: list[str]) -> None:
    pipeline.check(scripted)
    assert prepared == ["linted"]
