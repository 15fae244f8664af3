"""A `#` that cuts a text short is found, a true comment is left alone, and the fix keeps every word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cardpipe.cache.store import Cache
from cardpipe.fix.proposals import fixed
from cardpipe.model.card_label import card_label
from cardpipe.source.load import load
from lint_sample import findings
from test_unread_files import project

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "id: ML0044\nquestion: What is it?\nanswer: A unit.\n"

LEFT_ALONE = [
    "title: Issue#5",
    "title: 'Issue #5'",
    'title: "Issue #5"',
    "title: >-\n  Issue #5",
    "title: Perceptron # cardpipe: ignore[WRD011] a reason",
    "title: Perceptron\n# a comment on its own line",
    "title: Perceptron\nstatus: draft # until somebody has checked it",
    "title: Perceptron\ntags: [NN] # one is enough",
    "title: Perceptron # cardpipe: ignore[WRD011] a reason\r\ntags: [NN]",
    "title: Perceptron\nfigures:\n- id: a\n  kind: grid\n  alt: A.\n  values: [[1]]\n  columns: 3 # or four",
]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_no_text_is_cut_here(text: str) -> None:
    assert "SRC001" not in [one.code for one in findings(f"{HEAD}{text}\n")]


FIXED = [
    ("title: Issue #5 explained", "Issue #5 explained"),
    ("title: It's F #  ", "It's F #"),
    ('title: The "F" #\t', 'The "F" #'),
    ("title:   C# and F # major", "C# and F # major"),
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("text", "title"), FIXED)
def test_the_unsafe_fix_quotes_the_whole_text(text: str, title: str, end: str, tmp_path: Path) -> None:
    root = project(tmp_path, "source/cards/ML0044.yaml", f"{HEAD}{text}\ntags: [NN]\n".replace("\n", end))
    changed = fixed(root, Cache.in_memory(), is_wanted=lambda _: True, unsafe=True).contents
    deck = load(root, contents=changed).deck
    assert deck is not None
    assert card_label(deck.cards[0]) == title
    assert fixed(root, Cache.in_memory(), is_wanted=lambda _: True, unsafe=False).contents == {}


def test_a_card_in_brackets_is_not_quoted_as_a_whole(tmp_path: Path) -> None:
    card = "{id: ML0044, question: What, answer: A,\n title: Issue #5, or\n , tags: [NN]}\n"
    root = project(tmp_path, "source/cards/ML0044.yaml", card)
    assert [one.code for one in load(root).findings] == []
    assert fixed(root, Cache.in_memory(), is_wanted=lambda one: one.code == "SRC001", unsafe=True).contents == {}
