"""Malformed cloze deletions are reported; code, formulas and valid deletions are not."""

from __future__ import annotations

import pytest

from lint_sample import findings

CLOZE = "id: ML0044\ntitle: Photosynthesis\nkind: cloze\ntags: [NN]\n"
BASIC = "id: ML0044\ntitle: Photosynthesis\nquestion: What is it?\nanswer: A unit.\ntags: [NN]\n"


def found(card: str) -> list[str]:
    lines = card.splitlines()
    return [
        lines[one.span.line - 1][one.span.column - 1 : one.span.end_column - 1]
        for one in findings(card)
        if one.code == "KND011"
    ]


def test_each_malformed_deletion_of_a_cloze_is_found_at_its_place() -> None:
    text = "question: |\n  Make {{c1::glucose}} and {{oxygen}}, {{2::water}}, {{c3}}, {{c::b}}, {{c4::*d*}}.\n"
    assert found(CLOZE + text) == ["{{oxygen}}", "{{2::water}}", "{{c3}}", "{{c::b}}"]


@pytest.mark.parametrize("key", ["answer", "details"])
@pytest.mark.parametrize("head", [CLOZE + "question: A {{c1::b}}.\n", BASIC])
def test_every_text_is_looked_at(head: str, key: str) -> None:
    head = head.replace("answer: A unit.\n", "" if key == "answer" else "answer: A unit.\n")
    assert found(f"{head}{key}: |\n  It is {{{{2::water}}}} and {{{{oxygen}}}}.\n") == ["{{2::water}}", "{{oxygen}}"]


def test_a_number_without_its_letter_is_found_in_formulas() -> None:
    assert found(CLOZE + "question: |\n  A {{c1::b}} and $x = {{2::y}}$.\n") == ["{{2::"]


LEFT_ALONE = [
    "`{{ name }}` in a template",
    "the set \\{{a}}",
    "$\\frac{{a}}{{b}}$ and $x^{{2}}$",
    "{{{name}}} of a template",
    "{{% raw %}}",
    "{a} and {{",
    "a {{c1::b::hint}} and {{c12::c}}",
]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_no_deletion_by_intention_is_left_alone(text: str) -> None:
    assert found(f"{BASIC}details: |\n  It is {text}.\n") == []


def test_one_mistake_is_one_finding() -> None:
    for mark in ("{{C1::b}}", "{{c1:b}}", "{{c 1::b}}"):
        codes = [one.code for one in findings(f"{CLOZE}question: |\n  A {mark} and {{{{c1::c}}}}.\n")]
        assert codes == ["KND002"]
