"""The spelling checker: enabled by the deck, in its language, with its own words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cardpipe.lint import spelling
from cardpipe.lint.engine import lint
from cardpipe.model.deck import LintSettings
from cardpipe.text.positions import SourceText
from lint_sample import CACHE, cards_of, deck_of


def found(
    answer: str, *, language: str = "en", words: tuple[str, ...] = (), wanted: bool = True
) -> list[tuple[str, int]]:
    deck = deck_of(cards_of(f"id: ML0044\nanswer: {answer}\n"), language=language)
    own = tuple(SourceText.inline(word, "source/deck.yaml") for word in words)
    deck = replace(deck, settings=replace(deck.settings, words=own, lint=LintSettings(spelling=wanted)))
    return [(i.message, i.span.column) for i in lint(deck, (), CACHE) if i.code == "WRD018"]


def test_a_misspelt_word_is_found_at_its_place() -> None:
    assert found("The 😀 wieghts of a well-knwon unit.") == [
        ("“wieghts” is not in the dictionary.", 15),
        ("“knwon” is not in the dictionary.", 33),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "Colour and color, normalise and normalize, centre, centred and centering, modelling, licences.",
        "Rosenblatt's XOR and ReLU at IBM, `wieghts`, $wieghts$, https://example.org/wieghts.",
        "A multi-layer hypercube, preprocessed, isn't it.",
    ],
)
def test_what_is_right_in_either_english_or_no_word_is_left_alone(answer: str) -> None:
    assert found(answer) == []


def test_the_decks_own_words_are_right_in_the_plural_too() -> None:
    assert found("Two perzeptrons.")
    assert found("Two perzeptrons.", words=("Perzeptron",)) == []


def test_other_languages_have_their_own_words() -> None:
    assert found("Die Gewichte werden angepasst und nicht vergessen.", language="de-AT") == []
    assert found("Die werden angepazst.", language="de")
    assert found("Wieghts of sometheng.", language="cs") == []


def test_it_is_silent_where_nobody_asks_or_the_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found("The wieghts.", wanted=False) == []
    monkeypatch.setattr(spelling, "find_spec", lambda _: None)
    assert found("The wieghts.") == []


def test_the_suggestion_is_the_same_in_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    library = spelling._library("en")
    candidates = ["arg", "argo"]
    # Versions of the library know different words.
    monkeypatch.setattr(type(library), "__getitem__", lambda _self, _word: 50)
    given = set()
    for order in (candidates, candidates[::-1]):
        monkeypatch.setattr(type(library), "candidates", lambda _self, _word, order=order: dict.fromkeys(order))
        given.add(spelling._Speller("en", (), CACHE).likely("argv"))
    assert given == {"arg"}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_list_of_words_knows_what_the_library_knows(language: str) -> None:
    library, lines = spelling._library(language), spelling._listed(language)
    words = list(library)
    for word in (*words[::50], *(f"{word}x" for word in words[::50]), "", "\n", "nan", "1e5", "\ud800", "\U0010ffff"):
        assert spelling._contains(lines, word) == bool(library.known([word])), word
