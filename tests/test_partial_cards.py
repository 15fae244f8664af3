"""A card with an invalid key is linted for everything else in the same run, and offered fixes are applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cardpipe.fix.proposals import fixed
from cardpipe.lint.engine import lint
from cardpipe.source.load import load
from cardpipe.text.suggestions import nearest
from lint_sample import CACHE

if TYPE_CHECKING:
    from pathlib import Path

DECK = """uid: 5b0f6c1e-0000-4000-8000-000000000000
slug: sample
name: Sample
language: en
authors: [An Author]
description: A sample.
tags: {NN: Neural networks}
subdecks: {ML: Machine learning}
"""
CARD = {
    "id": "id: ML0044\n",
    "title": "title: Unit.\n",
    "question": "question: Does it learn the the weights?\n",
    "answer": "answer: Yes, $\\foo$ does.\n",
    "details": "details: |\n  This is a TODO, see ![](figure:one) and [it](card:ML0099).\n",
    "tags": "tags: [NN, XY]\n",
    "related": "related: [ML0098]\n",
    "figures": "figures:\n  - {id: one, kind: grid, values: [[0, 1]], alt: Two cells.}\n",
}
ALL = {
    "WRD011": "title",
    "WRD002": "question",
    "WRD010": "question",
    "MTH001": "answer",
    "WRD009": "details",
    "TAG001": "tags",
}
"""Rules that find something in the card, and the key in which they do."""


def codes(folder: Path, text: str) -> list[str]:
    contents = {"source/deck.yaml": DECK.encode(), "source/cards/ML0044.yaml": text.encode()}
    loaded = load(folder, contents=contents)
    return [finding.code for finding in lint(loaded.deck, loaded.findings, CACHE)]


WRONG = [
    ("", "difficulty: [easy]\n"),
    ("", "difficulty: hart\n"),
    ("", "status: gone\n"),
    ("", "kind: bsic\n"),
    ("", "colour: red\n"),
    ("", "references: 7\n"),
    ("tags", "tags: NN\n"),
    ("related", "related: ML0098\n"),
    ("id", "id: [ML0044]\n"),
    ("id", ""),
    ("title", "titel: Unit.\n"),
    ("question", ""),
    ("question", "question: [Does it?]\n"),
    ("question", "qestion: Does it learn the the weights?\n"),
    ("answer", ""),
    ("answer", "answr: Yes, $\\foo$ does.\n"),
    ("details", "details: 7\n"),
    ("details", "detials: |\n  This is a TODO, see ![](figure:one).\n"),
    ("figures", "figures:\n  - {id: one, kindd: grid, values: [[0, 1]], alt: Two cells.}\n"),
    ("figures", "figures: {id: one, kind: grid, values: [[0, 1]], alt: Two cells.}\n"),
]


@pytest.mark.parametrize(("key", "wrong"), WRONG)
def test_one_wrong_key_hides_nothing_else(tmp_path: Path, key: str, wrong: str) -> None:
    found = codes(tmp_path, "".join(line for name, line in CARD.items() if name != key) + wrong)
    assert any(code.startswith("SCH") for code in found)
    is_misspelt = "the the" in wrong or "foo" in wrong or "TODO" in wrong or "Unit." in wrong
    expected = {code for code, place in ALL.items() if place != key or is_misspelt}
    assert expected <= set(found)
    assert "FIG001" not in found, "the figure is there, though it cannot be read"
    assert "IDN001" not in found


def mended(folder: Path, text: str) -> tuple[str, bool]:
    """The card after unsafe fixes, and whether a fix is still offered."""
    card = folder / "source" / "cards" / "ML0044.yaml"
    card.parent.mkdir(parents=True)
    (folder / "source" / "deck.yaml").write_text(DECK, "utf-8")
    card.write_text(text, "utf-8")
    result = fixed(folder, CACHE, is_wanted=lambda finding: True, unsafe=True)  # noqa: ARG005 - all are wanted
    made = result.contents.get("source/cards/ML0044.yaml", text.encode()).decode()
    return made, any(finding.fix is not None for finding in result.linted.diagnostics)


START = "id: ML0044\ntitle: Unit\nquestion: What learns?\nanswer: A unit.\n"


@pytest.mark.parametrize(
    ("wrong", "after"),
    [
        ("tag: NN\n", "tags: [NN]\n"),
        ("tag: [NN]\n", "tags: [NN]\n"),
        ("Tags: NN, XY\n", "tags: [NN, XY]\n"),
        ("dificulty: easy\n", "difficulty: easy\n"),
        ("dificulty: esay\n", "difficulty: easy\n"),
        ("detials: 7\n", None),
        ("reference: {text: [a]}\n", None),
        ("tags: [NN]\ntag: NN\n", None),
        ("tag:\n", None),
    ],
)
def test_a_fix_that_is_offered_is_made(tmp_path: Path, wrong: str, after: str | None) -> None:
    made, offers = mended(tmp_path, START + wrong)
    assert made == START + (wrong if after is None else after)
    assert not offers


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("HAM/TSP", ["HAP"], None),
        ("ME/CFS", ["mecA"], None),
        ("BIO0007", ["BIO0012", "BIO0017"], None),
        ("ML0044", ["ML0045"], None),
        ("ML0440", ["ML0044"], "ML0044"),
        ("ml44", ["ML0044"], "ML0044"),
        ("titel", ["title"], "title"),
        ("anwser", ["answer"], "answer"),
        ("sotfmax", ["softmax"], "softmax"),
        ("colour", ["color"], "color"),
    ],
)
def test_only_what_can_be_meant_is_guessed(word: str, known: list[str], expected: str | None) -> None:
    assert nearest(word, known) == expected
