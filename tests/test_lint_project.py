"""Linting a whole project: all findings in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cardpipe.build.pipeline import check

if TYPE_CHECKING:
    from pathlib import Path

FAULTY_IN_THREE_WAYS = """\
id: EX0003
title: Three faults
kind: essay
question: What is it?
answer: It is $\\frac{a$ and <b>bold</b>.
"""


def found(project: Path) -> list[tuple[str, int, int]]:
    path = "source/cards/EX0003.yaml"
    return [(d.code, d.span.line, d.span.column) for d in check(project).diagnostics if d.span.path == path]


def add(project: Path, text: str) -> None:
    (project / "source" / "cards" / "EX0003.yaml").write_text(text, encoding="utf-8")


def test_a_card_with_a_faulty_key_has_its_texts_checked_in_the_same_run(project: Path) -> None:
    add(project, FAULTY_IN_THREE_WAYS)
    assert found(project) == [("SCH004", 3, 7), ("MTH001", 5, 16), ("MKU001", 5, 29)]


def test_media_of_a_card_that_cannot_be_loaded_is_not_called_unused(project: Path) -> None:
    media = project / "source" / "media"
    media.mkdir()
    picture = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    (media / "neuron.svg").write_text(picture, encoding="utf-8")
    assert "MED002" in {d.code for d in check(project).diagnostics}
    add(project, FAULTY_IN_THREE_WAYS)
    assert "MED002" not in {d.code for d in check(project).diagnostics}


@pytest.mark.parametrize(
    ("question", "places"),
    [
        (r'"Is $\theta$ right?"', [("MTH007", 3, 16)]),
        (r'"Is $\nu$ right?"', [("MTH007", 3, 16)]),
        (r'"Is $a \times b$ right?\nnot so?"', [("MTH007", 3, 18)]),
        (r'"Is $\\theta$ right?\nnot so?"', []),
        (r"'Is $\theta$ right?'", []),
        (r"Is $\theta$ right?", []),
    ],
)
def test_a_backslash_that_yaml_took_is_found(project: Path, question: str, places: list[tuple[str, int, int]]) -> None:
    add(project, f"id: EX0003\ntitle: Greek\nquestion: {question}\nanswer: Yes.\n")
    assert [place for place in found(project) if place[0] == "MTH007"] == places
