"""A title that tells the answer is found; one that only names the subject is not."""

from __future__ import annotations

import pytest

from lint_sample import findings


def is_found(card: str) -> bool:
    return "WRD030" in [one.code for one in findings(f"id: ML0044\ntags: [NN]\n{card}\n")]


TOLD = [
    "title: Flag of Indonesia\nquestion: Whose flag is this?\nanswer: Indonesia",
    "title: Indonesia's flag\nquestion: What is this?\nanswer: The flag",
    "title: The ESC key\nkind: typed\nquestion: Which key leaves insert mode?\nanswer: Esc",
    "title: They maximise the return\nkind: cloze\nquestion: They maximise {{c1::the return}}.",
    "title: Water and light\nkind: cloze\nquestion: Plants need {{c1::water}} and {{c2::soil}}.",
    "title: 光合作用产生氧气\nkind: cloze\nquestion: 植物产生{{c1::氧气}}。",
]
NOT_TOLD = [
    "title: A red and white flag\nquestion: Whose flag is this?\nanswer: Indonesia",
    "title: Flag of Indonesia\nkind: reversed\nquestion: A red and white flag\nanswer: Indonesia",
    "title: The capital of Luxembourg\nquestion: What is the capital of Luxembourg called?\nanswer: Luxembourg",
    "title: Policy gradients\nkind: cloze\nquestion: They maximise {{c1::the expected return}}.",
    "title: Indonesian flags\nquestion: Whose flag is this?\nanswer: Indonesia",
    "title: Layer 2\nquestion: How many are there?\nanswer: '2'",
    "title: Vitamin C\nquestion: Which letter?\nanswer: C",
    "title: Water\nkind: cloze\nquestion: Water is {{c1::water}}.",
]


@pytest.mark.parametrize("card", TOLD)
def test_a_title_that_tells_the_answer_is_found(card: str) -> None:
    assert is_found(card)


@pytest.mark.parametrize("card", NOT_TOLD)
def test_a_title_that_names_the_subject_is_not(card: str) -> None:
    assert not is_found(card)
