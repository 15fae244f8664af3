"""The site's scheduler against py-fsrs, over many random histories."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fsrs import Card, Rating, Scheduler, State

from javascript import Script

DAY = 86_400_000
HISTORIES = 5_000
START = datetime(2026, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ORACLE = Scheduler(enable_fuzzing=False)
PHASES = {State.Learning: "learning", State.Review: "review", State.Relearning: "relearning"}


@pytest.fixture(scope="module")
def script() -> Script:
    return Script("fsrs.js")


def gap(chance: random.Random) -> timedelta:
    """Within minutes, within a day, some days with an hour, or years."""
    kind = chance.randrange(4)
    if kind == 0:
        return timedelta(seconds=chance.randrange(1, 900))
    if kind == 1:
        return timedelta(seconds=chance.randrange(1, 86_400))
    if kind == 2:
        return timedelta(days=chance.randrange(1, 40), seconds=chance.randrange(86_400))
    return timedelta(days=chance.randrange(1, 3_000))


def is_close(one: float, other: float | None) -> bool:
    return other is not None and math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)


@pytest.mark.slow_cases("5000")
@pytest.mark.parametrize("count", [500, HISTORIES])
def test_stability_and_difficulty_equal_those_of_py_fsrs(script: Script, count: int) -> None:
    chance = random.Random(6)  # noqa: S311 - the same examples in each run
    histories, expected = [], []
    for _ in range(count):
        card, time, steps = Card(), START, []
        wanted = []
        for number in range(chance.randrange(1, 14)):
            step = gap(chance) if number else timedelta()
            time += step
            grade = chance.choice((1, 2, 3, 3, 3, 4))
            steps.append([grade, step.days])
            card, _ = ORACLE.review_card(card, Rating(grade), time)
            wanted.append((card.stability, card.difficulty))
        histories.append(steps)
        expected.append(wanted)
    found = script.value(
        """histories => histories.map(steps => {
             let memory = {stability: null, difficulty: null};
             return steps.map(([grade, days]) => {
               memory = memoryAfter(memory, grade, days);
               return [memory.stability, memory.difficulty];
             });
           })""",
        histories,
    )
    assert sum(map(len, expected)) > 5 * count
    for wanted, got in zip(expected, found, strict=True):
        for one, other in zip(wanted, got, strict=True):
            assert all(map(is_close, other, one))


def test_phases_steps_and_due_days_equal_those_of_py_fsrs(script: Script) -> None:
    # py-fsrs counts periods of 24 hours, the site days of the learner. With all reviews of a day at its beginning, or
    # some minutes later, both count the same.
    chance = random.Random(7)  # noqa: S311 - the same examples in each run
    histories, expected = [], []
    for _ in range(HISTORIES // 5):
        card, steps, wanted = Card(), [], []
        day, minutes = (START - EPOCH).days, 0
        for number in range(chance.randrange(1, 14)):
            days = chance.choice((0, 0, 1, 2, 5, 30, 400)) if number else 0
            day, minutes = day + days, minutes + chance.randrange(1, 30)
            grade = chance.choice((1, 2, 3, 3, 3, 4))
            steps.append({"grade": grade, "day": day, "time": day * DAY + minutes * 60_000})
            reviewed_at = EPOCH + timedelta(days=day, minutes=minutes)
            card, _ = ORACLE.review_card(card, Rating(grade), reviewed_at)
            due = (card.due - EPOCH) / timedelta(milliseconds=1)
            in_review = card.state is State.Review
            wanted.append(
                {
                    "phase": PHASES[card.state],
                    "step": card.step or 0,
                    "dueDay": (card.due - timedelta(minutes=minutes) - EPOCH).days if in_review else None,
                    "dueTime": None if in_review else due,
                }
            )
        histories.append(steps)
        expected.append(wanted)
    found = script.value(
        """histories => histories.map(steps => steps.map((_, end) => {
             const {phase, step, dueDay, dueTime} = stateAfter(steps.slice(0, end + 1));
             return {phase, step, dueDay, dueTime};
           }))""",
        histories,
    )
    assert found == expected


def states(script: Script, *reviews: tuple[int, int, int]) -> list[dict[str, Any]]:
    """The states after each review (grade, day, minute of the day)."""
    log = [{"grade": grade, "day": day, "time": day * DAY + minute * 60_000} for grade, day, minute in reviews]
    found: list[dict[str, Any]] = script.value("log => log.map((_, end) => stateAfter(log.slice(0, end + 1)))", log)
    return found


def test_a_new_card_takes_two_steps_and_comes_again_after_days(script: Script) -> None:
    first, second = states(script, (3, 100, 0), (3, 100, 10))
    assert (first["phase"], first["dueTime"]) == ("learning", 100 * DAY + 600_000)
    assert (second["phase"], second["dueDay"], second["interval"]) == ("review", 102, 2)


def test_a_lapse_is_counted_and_relearnt(script: Script) -> None:
    *_, lapsed, back = states(script, (4, 100, 0), (1, 108, 0), (3, 108, 10))
    assert (lapsed["phase"], lapsed["lapses"], lapsed["dueTime"]) == ("relearning", 1, 108 * DAY + 600_000)
    assert (back["phase"], back["dueDay"]) == ("review", 109)


def test_reviews_in_the_evening_and_the_next_morning_are_a_day_apart(script: Script) -> None:
    evening, morning = states(script, (4, 100, 1_200), (3, 101, 480))
    assert morning["stability"] > evening["stability"]
    same_day = states(script, (4, 100, 480), (3, 100, 1_200))[-1]
    assert same_day["stability"] != morning["stability"]


def test_an_interval_never_exceeds_a_hundred_years(script: Script) -> None:
    assert script.value("[intervalOf(1e12), intervalOf(0.001), intervalOf(2.4), intervalOf(2.6)]") == [36_500, 1, 2, 3]


def test_a_day_begins_at_four_in_the_morning(script: Script) -> None:
    found = script.value(
        "[new Date(2026, 2, 29, 3, 59), new Date(2026, 2, 29, 4), new Date(2026, 2, 30, 3, 59)].map(dayOf)"
    )
    assert found[1] == found[0] + 1 == found[2]
    assert script.value("dayOf(startOfDay(20500)) === 20500 && dayOf(startOfDay(20500) - 1) === 20499")
