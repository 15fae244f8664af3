"""Linting a whole project: all findings in one run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cardpipe.build.pipeline import check
from cardpipe.model.diagnostics import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

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


@pytest.mark.parametrize("tags", ["[example, growth]", "example", "{example: [a], growth: b}", "7"])
def test_a_faulty_vocabulary_is_one_finding(project: Path, tags: str) -> None:
    deck = project / "source" / "deck.yaml"
    text = re.sub(r"(?m)^tags:(?:\n  .*)*$", f"tags: {tags}", deck.read_text(encoding="utf-8"))
    deck.write_text(text, encoding="utf-8")
    assert [d.span.path for d in check(project).diagnostics if d.severity is Severity.ERROR] == ["source/deck.yaml"]


def test_a_mapping_in_place_of_a_list_is_explained_with_its_key(project: Path) -> None:
    add(project, "id: EX0003\nquestion: What is it?\nanswer: A thing.\nfigures:\n  id: a\n  kind: bars\n")
    [advice] = [d.help for d in check(project).diagnostics if d.code == "SCH003"]
    assert advice is not None
    assert "“- ” before `id:`" in advice


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
def test_a_backslash_lost_in_yaml_is_found(project: Path, question: str, places: list[tuple[str, int, int]]) -> None:
    add(project, f"id: EX0003\ntitle: Greek\nquestion: {question}\nanswer: Yes.\n")
    assert [place for place in found(project) if place[0] == "MTH007"] == places


def found_with(project: Path, *changes: tuple[str, str]) -> list[str]:
    """The codes of all findings after changes of `deck.yaml`, and the lines of those there."""
    deck = project / "source/deck.yaml"
    text = deck.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    deck.write_text(text, encoding="utf-8")
    return [d.code if d.span.path != "source/deck.yaml" else f"{d.code} in deck" for d in check(project).diagnostics]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("slug: sample", "slug: Ex 2"), "SCH004"),
        (("slug: sample", "slgu: sample"), "SCH001"),
        (("slug: sample", ""), "SCH002"),
        (("language: en", "language: english"), "SCH004"),
        (("language: en", "language: 5"), "SCH003"),
        (("authors: [Your name]", "authors: Me"), "SCH003"),
        (("  EX: Examples", "  Ex: Examples"), "SCH004"),
        (("  EX: Examples", "  EX:"), "SCH004"),
        (("subdecks:", "subdeks:"), "SCH001"),
        (("  growth: Growth and decay", "  growth:"), "SCH004"),
        (("tags:", "tgas:"), "SCH001"),
    ],
)
def test_a_fault_of_the_deck_hides_no_other_and_causes_none(project: Path, change: tuple[str, str], code: str) -> None:
    add(project, FAULTY_IN_THREE_WAYS)
    others = (("  csv:\n", "  cvs:\n"), ("  pdf:\n", "  pdf: {papr: a4}\n"))
    formats = found_with(project, *others)
    assert [one for one in formats if one.endswith("deck")] == ["SCH005 in deck", "SCH006 in deck"]
    assert sorted(found_with(project, change)) == sorted([*formats, f"{code} in deck"])


def test_a_deck_with_a_fault_is_not_exported(project: Path, run: Run) -> None:
    found_with(project, ("slug: sample", "slug: Ex 2"), ("  csv:\n", "  cvs:\n"))
    done = run("-C", project, "export")
    assert done.returncode == 1
    assert "slug" in done.stderr
    assert "cvs" in done.stderr
    assert not (project / "output").exists()
