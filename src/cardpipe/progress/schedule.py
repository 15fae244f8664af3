"""States of cards from their reviews, by the same script as on the study page."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cardpipe.errors import CardpipeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cardpipe.progress.progress_file import Review

_SCRIPT: Final = """
let state = NEW;
globalThis.cardpipe_states = parts => JSON.stringify(JSON.parse(parts).map(([isFirst, log]) => {
  if (isFirst) state = NEW;
  return log.map(([grade, time, day]) => {
    state = reviewed(state, {grade, time, day});
    const {phase, step, stability, difficulty, dueTime, dueDay, interval, lapses} = state;
    return [phase, step, stability, difficulty, dueTime, dueDay, interval, lapses];
  });
}));
"""
_BATCH: Final = 2_000
"""About how many reviews are handed over at once; at most twice as many."""
_MEMORY: Final = 192 * 1024 * 1024


class CardState(NamedTuple):
    """The state after a review.

    `phase` is learning, review or relearning; `step` counts from 0; `stability` and `interval` are in days.
    A card in review is due on `due_day`, counted from 1970-01-01, the others at `due_time` in epoch milliseconds.
    """

    phase: str
    step: int
    stability: float
    difficulty: float
    due_time: int | None
    due_day: int | None
    interval: int
    lapses: int


def histories(logs: Iterable[Sequence[Review]]) -> Iterator[tuple[CardState, ...]]:
    """Yield for each log the states after its reviews; raises CardpipeError if the script fails."""
    import quickjs

    context = quickjs.Context()
    context.set_memory_limit(_MEMORY)
    script = resources.files("cardpipe.writers.site").joinpath("assets", "fsrs.js").read_text(encoding="utf-8")
    context.module(script + _SCRIPT)
    run = context.get("cardpipe_states")
    states: list[CardState] = []
    for batch in _batches(logs):
        given = [[first, [[one.grade, one.time, one.day] for one in part]] for first, part in batch]
        try:
            found: list[list[list[Any]]] = json.loads(run(json.dumps(given)))
        except (quickjs.JSException, ValueError) as error:
            raise CardpipeError(f"The scheduler fails: {str(error).partition(chr(10))[0]}") from error
        for (first, _), made in zip(batch, found, strict=True):
            if first and states:
                yield tuple(states)
                states = []
            states += [CardState(*state) for state in made]
    if states:
        yield tuple(states)


_Part = tuple[bool, "Sequence[Review]"]
"""A part of a log, and whether it is the first one."""


def _batches(logs: Iterable[Sequence[Review]]) -> Iterator[list[_Part]]:
    """Yield parts of logs, none of which are empty, so that the script needs little memory at a time."""
    batch: list[_Part] = []
    size = 0
    for log in logs:
        for start in range(0, len(log), _BATCH):
            part = log[start : start + _BATCH]
            batch.append((start == 0, part))
            size += len(part)
            if size >= _BATCH:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch
