"""Comparison of two states of a deck: words, parts, and their display."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cardpipe.release.changes import CardState, NotePart, Snapshot, compare
from cardpipe.release.presentation import as_json, as_markdown, as_text, markdown
from cardpipe.release.word_diff import NEW, OLD, SAME, Budget, word_diff
from cpu_time import assert_linear

TEXTS = st.lists(st.sampled_from(["one", "two", " ", "\n", ".", "é", "$x$"]), max_size=30).map("".join)


def state(title: str, deck: str = "D", **texts: str) -> CardState:
    return CardState(
        title=title,
        deck=deck,
        whole=repr(sorted(texts.items())),
        parts={name: NotePart(text, text) for name, text in texts.items()},
    )


@given(TEXTS, TEXTS)
def test_words_give_both_texts_back(before: str, after: str) -> None:
    pieces = word_diff(before, after, Budget())
    assert "".join(text for sign, text in pieces if sign in (SAME, OLD)) == before
    assert "".join(text for sign, text in pieces if sign in (SAME, NEW)) == after
    assert all(text for _, text in pieces)


def test_long_texts_take_no_long_time() -> None:
    assert_linear(lambda size: word_diff("a b " * size, "b a " * size, Budget()), 50_000)
    # What is compared word by word costs no more than the budget, however many words there are.
    assert_linear(lambda size: word_diff("a " * size, "a b" * size, Budget()), 500)


def test_many_texts_take_no_long_time() -> None:
    budget = Budget(400)
    first = word_diff(",;" * 50, ".!" * 100 + ",;", budget)
    assert len(first) > 2
    others = {word_diff(",;" * 50, ".!" * 100 + f",;{number}", budget)[0] for number in range(100)}
    assert others == {(OLD, ",;" * 50)}


def test_every_kind_of_change_is_reported() -> None:
    before = Snapshot(
        name="Old",
        cards={
            "ML0001": state("Same", question="q1"),
            "ML0002": state("Gone", question="q2", answer="a2"),
            "ML0003": state("Moves", deck="Old::A", question="q3"),
            "ML0004": state("Changes", question="q4", answer="one two"),
            "ML0005": state("Gone for good", question="q5"),
        },
        note_types={"basic": "1"},
    )
    after = Snapshot(
        name="New",
        cards={
            "ML0001": state("Same", question="q1"),
            "ML0003": state("Moves", deck="New::A", question="q3"),
            "ML0004": state("Changes", question="q4", answer="one three", details="more"),
            "ML0006": state("Gone", question="q2", answer="a2"),
        },
        note_types={"basic": "2", "cloze": "1"},
    )
    changes = compare(before, after)
    assert [card.id for card in changes.added] == ["ML0006"]
    assert [card.id for card in changes.removed] == ["ML0002", "ML0005"]
    assert [(item.before, item.after) for item in changes.renamed] == [("ML0002", "ML0006")]
    assert [(item.before, item.after) for item in changes.moved] == [("Old::A", "New::A")]
    [card] = changes.changed
    assert [(part.name, part.before, part.after) for part in card.parts] == [
        ("answer", "one two", "one three"),
        ("details", "", "more"),
    ]
    assert changes.note_types == ("basic",)
    assert changes.deck_name is not None
    for text in (as_text(changes), as_markdown(changes), as_json(changes, "x")):
        assert "ML0006" in text
        assert "three" in text
    assert not compare(after, after)
    assert as_text(compare(after, after)) == "No changes.\n"


@given(st.text(max_size=50))
def test_no_text_reaches_a_terminal_with_commands_in_it(text: str) -> None:
    changes = compare(
        Snapshot(cards={"ML0001": state(text, question="a")}), Snapshot(cards={"ML0001": state(text, question=text)})
    )
    for shown in (as_text(changes), as_markdown(changes)):
        assert all(character.isprintable() or character in "\n\t" or ord(character) >= 0xA0 for character in shown)
        assert "\x1b" not in shown
    line = markdown(text)
    assert "\n" not in line
    assert "<" not in line
    assert "@" not in line
