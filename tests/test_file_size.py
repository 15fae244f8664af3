"""The estimate of the cost of a file's cards, and the number that it never exceeds."""

from __future__ import annotations

from itertools import product

import pytest

from cardpipe.source import bounds, file_size
from cardpipe.source.file_size import oversized, size_of
from lint_sample import cards_of

PIECES = ["$", "a", "$b$", "$$", "](", "{{c", "*", "|", "[", "`", r"\\(", " ", "<", "é", r"$\\alpha$"]
FORMULAS = " ".join(f"${letter}$" for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def texts() -> list[str]:
    return [FORMULAS, *("".join(pieces) for pieces in product(PIECES, repeat=2)), *(20 * piece for piece in PIECES)]


def card(text: str, more: str = "") -> str:
    return f"- id: ML0044\n  title: A title\n  question: What is it?\n  answer: '{text}'\n{more}"


def test_no_card_is_larger_than_the_upper_bound_without_reading_its_texts() -> None:
    cards = [*cards_of("".join(map(card, texts()))), *cards_of(card("a", "  tags: [a, b]\n  references: [c, d]\n"))]
    assert len(cards) > 100
    for found in cards:
        assert size_of(found, set()) <= file_size._at_most(found)


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (10**9, 0)])
def test_texts_are_read_only_where_the_upper_bound_exceeds_the_limit(
    monkeypatch: pytest.MonkeyPatch, limit: int, count: int
) -> None:
    monkeypatch.setattr(bounds, "FILE_SIZE", limit)
    read: list[str] = []

    def size(text: str, _formulas: set[str]) -> int:
        read.append(text)
        return len(text)

    monkeypatch.setattr(file_size, "_size_of_text", size)
    assert len(list(oversized(cards_of(card("$x$"))))) == count
    assert bool(read) == bool(count)
