"""The rebuild log: what was rebuilt, and why it was not taken from the cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_SHOWN: Final = 5
"""Names per line; the others are counted."""


@dataclass(slots=True)
class RebuildLog:
    """Steps in the order in which they began, each with its subjects by reason."""

    steps: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    """The number of subjects per step, including cached ones."""

    def begin(self, step: str, total: int) -> None:
        """Begin a step with a number of subjects."""
        self.steps.setdefault(step, {})
        self.totals[step] = self.totals.get(step, 0) + total

    def note(self, step: str, subject: str, reason: str) -> None:
        """Record that a subject was rebuilt for a reason."""
        self.steps.setdefault(step, {}).setdefault(reason, []).append(subject)

    def add(self, other: RebuildLog) -> None:
        """Add the steps of another log."""
        for step, reasons in other.steps.items():
            self.begin(step, other.totals.get(step, 0))
            for reason, subjects in reasons.items():
                self.steps[step].setdefault(reason, []).extend(subjects)

    def lines(self) -> list[str]:
        """Return the log as lines of text."""
        made = []
        for step, reasons in self.steps.items():
            done = sum(map(len, reasons.values()))
            total = self.totals.get(step, done)
            made.append(f"{step}: {done} of {total} rebuilt" if done else f"{step}: all {total} from the cache")
            made += [f"  {reason}: {_listed(subjects)}" for reason, subjects in reasons.items()]
        return made


def _listed(subjects: list[str]) -> str:
    shown = ", ".join(subjects[:_SHOWN])
    return f"{shown} and {len(subjects) - _SHOWN} more" if len(subjects) > _SHOWN else shown
