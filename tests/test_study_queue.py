"""What the study page asks next, and its sums of days."""

from __future__ import annotations

from typing import Any

import pytest

from javascript import Script

DAY = 20_000
NOW = DAY * 86_400_000
SETTINGS = {"newPerDay": 20, "reviewsPerDay": 200, "tags": [], "decks": [], "difficulties": []}
PLAN = """(cards, states, marks, settings, sums, time) => {
  const found = plan(cards, {states: new Map(states), marks: new Map(marks), settings, sums}, DAY);
  const name = item => item && `${item.card.guid}/${item.face}`;
  return {learning: found.learning.map(name), due: found.due.map(name), fresh: found.fresh.map(name),
          next: name(next(found, time))};
}""".replace("DAY", str(DAY))


@pytest.fixture(scope="module")
def script() -> Script:
    return Script("fsrs.js", "progress.js", "queue.js")


def card(guid: str, kind: str = "basic", **more: Any) -> dict[str, Any]:
    plain = {"tags": ["x"], "deck": "", "difficulty": None, "clozes": [1, 3] if kind == "cloze" else []}
    return {"guid": guid, "kind": kind, **plain, **more}


def state(**values: Any) -> dict[str, Any]:
    return {"phase": "review", "dueTime": None, "dueDay": None, "lastDay": DAY - 5, **values}


def planned(
    script: Script,
    cards: list[dict[str, Any]],
    states: dict[str, Any] | None = None,
    marks: dict[str, Any] | None = None,
    *,
    sums: dict[str, int] | None = None,
    time: int = NOW,
    **settings: Any,
) -> dict[str, Any]:
    done = {"fresh": 0, "due": 0, **(sums or {})}
    found: dict[str, Any] = script.value(
        PLAN,
        cards,
        list((states or {}).items()),
        list((marks or {}).items()),
        {**SETTINGS, **settings},
        done,
        time,
    )
    return found


def test_learning_comes_before_due_and_due_before_new(script: Script) -> None:
    cards = [card("new"), card("late"), card("later"), card("step")]
    states = {
        "late/0": state(dueDay=DAY - 1),
        "later/0": state(dueDay=DAY - 3),
        "step/0": state(phase="learning", dueTime=NOW + 600_000, lastDay=DAY),
    }
    found = planned(script, cards, states)
    assert found == {"learning": ["step/0"], "due": ["later/0", "late/0"], "fresh": ["new/0"], "next": "later/0"}
    assert planned(script, cards, states, time=NOW + 600_000)["next"] == "step/0"


def test_a_learning_card_comes_early_only_when_nothing_else_is_left(script: Script) -> None:
    states = {"a/0": state(phase="learning", dueTime=NOW + 20 * 60_000, lastDay=DAY)}
    assert planned(script, [card("a")], states)["next"] == "a/0"
    assert planned(script, [card("a")], states, time=NOW - 1)["next"] is None
    assert planned(script, [card("a"), card("b")], states)["next"] == "b/0"


def test_one_face_of_a_card_is_asked_a_day(script: Script) -> None:
    cards = [card("r", "reversed"), card("c", "cloze")]
    assert planned(script, cards)["fresh"] == ["r/0", "c/0"]
    states = {"c/0": state(dueDay=DAY + 4, lastDay=DAY), "r/0": state(dueDay=DAY + 4), "r/1": state(dueDay=DAY)}
    found = planned(script, cards, states)
    assert (found["due"], found["fresh"]) == (["r/1"], [])
    assert planned(script, [cards[1]], {"c/0": state(dueDay=DAY + 4)})["fresh"] == ["c/2"]


def test_a_face_that_is_learnt_is_asked_although_its_sibling_was(script: Script) -> None:
    states = {
        "r/0": state(dueDay=DAY + 4, lastDay=DAY),
        "r/1": state(phase="relearning", dueTime=NOW, lastDay=DAY),
    }
    assert planned(script, [card("r", "reversed")], states)["next"] == "r/1"


@pytest.mark.parametrize(
    ("mark", "shown"),
    [
        ({"suspended": True, "buried": None}, []),
        ({"suspended": False, "buried": DAY + 1}, []),
        ({"suspended": False, "buried": DAY}, ["a/0"]),
        ({"suspended": False, "buried": None}, ["a/0"]),
    ],
)
def test_suspended_and_buried_cards_are_left_out(script: Script, mark: dict[str, Any], shown: list[str]) -> None:
    assert planned(script, [card("a")], {}, {"a/0": mark})["fresh"] == shown


def test_limits_count_what_was_done_today(script: Script) -> None:
    cards = [card(f"n{number}") for number in range(5)] + [card(f"d{number}") for number in range(5)]
    states = {f"d{number}/0": state(dueDay=DAY - number) for number in range(5)}
    found = planned(script, cards, states, sums={"fresh": 2, "due": 1}, newPerDay=3, reviewsPerDay=4)
    assert (len(found["fresh"]), found["due"]) == (1, ["d4/0", "d3/0", "d2/0"])
    assert planned(script, cards, states, sums={"fresh": 9}, newPerDay=3)["fresh"] == []


def test_the_choice_is_by_tag_subdeck_and_difficulty(script: Script) -> None:
    cards = [card("a", tags=["x", "y"]), card("b", deck="D"), card("c", difficulty=2)]
    assert planned(script, cards, tags=["y"])["fresh"] == ["a/0"]
    assert planned(script, cards, tags=["x", "other"])["fresh"] == ["a/0", "b/0", "c/0"]
    assert planned(script, cards, decks=["D"])["fresh"] == ["b/0"]
    assert planned(script, cards, difficulties=[None])["fresh"] == ["a/0", "b/0"]
    assert planned(script, cards, difficulties=[2], decks=["D"])["fresh"] == []


def test_a_review_that_is_taken_back_leaves_the_sums_as_they_were(script: Script) -> None:
    found = script.value(
        """(states, reviews, empty) => {
          const before = withReview(empty, states[0], reviews[0]);
          return states.map((state, place) => {
            const after = withReview(before, state, reviews[place]);
            return [JSON.stringify(without(after, state, reviews[place])) === JSON.stringify(before), after];
          });
        }""",
        [{"phase": "new"}, state(interval=5), state(interval=30), {**state(interval=30), "lastDay": DAY}],
        [{"day": DAY, "grade": grade, "duration": 1_000} for grade in (3, 1, 4, 3)],
        {"day": DAY, "reviews": 0, "milliseconds": 0, "fresh": 0, "due": 0, "young": [0, 0], "mature": [0, 0]},
    )
    assert all(same for same, _ in found)
    assert [(after["young"], after["mature"]) for _, after in found] == [
        ([0, 0], [0, 0]),
        ([0, 1], [0, 0]),
        ([0, 0], [1, 0]),
        ([0, 0], [0, 0]),
    ]


def test_the_forecast_counts_what_is_overdue_for_today(script: Script) -> None:
    cards = [card("a"), card("b"), card("c"), card("d", "reversed")]
    states = {
        "a/0": state(dueDay=DAY - 9),
        "b/0": state(phase="learning", dueTime=NOW),
        "c/0": state(dueDay=DAY + 2),
        "d/1": state(dueDay=DAY + 2),
        "d/0": state(dueDay=DAY + 9),
    }
    counts = f"(cards, states) => forecast(cards, {{states: new Map(states), marks: new Map()}}, {DAY}, 4)"
    assert script.value(counts, cards, list(states.items())) == [2, 0, 2, 0]
