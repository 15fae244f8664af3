"""Show what a learner changed: as text for a terminal, and as Markdown for a pull request."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from cardpipe.feedback.comparison import Outcome
from cardpipe.model.card_label import card_label
from cardpipe.release.changes import ChangedPart
from cardpipe.release.presentation import part_words
from cardpipe.release.word_diff import NEW, OLD, SAME, Budget
from cardpipe.report.terminal import clean, safe
from cardpipe.text.code_host import inert, inert_words
from cardpipe.text.counting import counted
from cardpipe.text.escaping import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.feedback.comparison import Feedback, LearnerChange

_HEADINGS: Final = {
    Outcome.CHANGE: "Changes",
    Outcome.CONFLICT: "Conflicts",
    Outcome.PRESENT: "Already there",
    Outcome.REFUSED: "Not taken",
}
_SIGNS: Final = {SAME: ("", ""), OLD: ("[-", "-]"), NEW: ("{+", "+}")}
_COLOURS: Final = {OLD: "31", NEW: "32"}
_LONGEST_NAME: Final = 200
_LONGEST_PIECE: Final = 2_000
"""Maximum characters of a changed piece that is shown; the patch has all of it."""


def as_text(feedback: Feedback, changes: Sequence[LearnerChange], *, colour: bool) -> str:
    """Return the changes as text without control sequences but those of colours."""
    lines = [*_head(feedback)]
    budget = Budget()
    for outcome, heading in _HEADINGS.items():
        found = [change for change in changes if change.outcome is outcome]
        if found:
            lines += ["", heading]
            for change in found:
                lines += [f"  {line}" for line in change_lines(change, budget, colour=colour)]
    if feedback.refused_notes:
        lines += [
            "",
            "Notes that cannot be compared",
            *(f"  {safe(name)}: {why}" for name, why in feedback.refused_notes),
        ]
    return "\n".join([*lines, "", f"{summary(changes)}."]) + "\n"


def _head(feedback: Feedback) -> Iterator[str]:
    yield f"{counted(feedback.notes, 'note')} of this deck, compared with {safe(feedback.against)}."
    if feedback.others:
        yield f"{counted(feedback.others, 'note')} of other decks: not read."


def summary(changes: Sequence[LearnerChange]) -> str:
    """Return the numbers of changes in one line."""
    words = {Outcome.CHANGE: "can be taken", Outcome.CONFLICT: "in conflict"}
    numbers = [(sum(change.outcome is outcome for change in changes), outcome) for outcome in Outcome]
    found = [f"{number} {words.get(outcome, outcome.value)}" for number, outcome in numbers if number]
    return f"{counted(len(changes), 'change')}: {', '.join(found)}" if found else "No changes"


def change_lines(change: LearnerChange, budget: Budget, *, colour: bool) -> Iterator[str]:
    """Yield what is shown of a change, line by line."""
    title = safe(card_label(change.card))
    reason = f": {safe(change.reason)}" if change.reason else ""
    yield f"{safe(change.card.id.text)} {safe(change.part.key)}{reason}  {safe(change.place)}"
    yield f"  {title[:100]}"
    for name, words in _word_diffs(change, budget):
        if not words:
            continue
        text = "".join(_painted(sign, piece, colour=colour) for sign, piece in words)
        # The bar keeps commands for build servers from the beginning of a line.
        yield from (f"    {name:8}| {line}" for line in text.split("\n"))
    if change.left_out and change.outcome is not Outcome.REFUSED:
        yield f"    Left out: {', '.join(change.left_out)}."


def _painted(sign: str, text: str, *, colour: bool) -> str:
    first, last = _SIGNS[sign]
    shown = f"{first}{clean(text)}{last}"
    if not colour or sign not in _COLOURS:
        return shown
    return "\n".join(f"\x1b[{_COLOURS[sign]}m{line}\x1b[0m" for line in shown.split("\n"))


def _word_diffs(change: LearnerChange, budget: Budget) -> Iterator[tuple[str, Sequence[tuple[str, str]]]]:
    """Yield the word diffs of a change, each with what it is the change of."""
    if change.outcome is Outcome.CHANGE:
        for before, after in itertools.zip_longest(change.before, change.after, fillvalue=""):
            yield "", _diff(before, after, budget)
    elif change.outcome is Outcome.CONFLICT:
        yield "learner", _diff(change.base or "", change.theirs, budget)
        yield "source", _diff(change.base or "", change.now, budget)
    elif change.outcome is Outcome.REFUSED:
        yield (
            "learner",
            _diff(change.base, change.theirs, budget)
            if change.base is not None
            else ((NEW, shortened(change.theirs, _LONGEST_PIECE)),),
        )


def _diff(before: str, after: str, budget: Budget) -> Sequence[tuple[str, str]]:
    words = part_words(ChangedPart("", before.strip("\n"), after.strip("\n")), budget)
    return tuple((sign, shortened(text, _LONGEST_PIECE)) for sign, text in words)


# --- Pull requests ---------------------------------------------------------------------------------------------------


def as_markdown(feedback: Feedback, changes: Sequence[LearnerChange], name: str) -> str:
    """Return the description of a pull request: what changed, by whom, and the conflicts side by side."""
    budget = Budget()
    by = f" from {inert(name[:_LONGEST_NAME])}" if name.strip() else ""
    lines = [f"Corrections{by}: {summary(changes)}.", "", f"Compared with {inert(feedback.against)}."]
    for outcome, heading in _HEADINGS.items():
        found = [change for change in changes if change.outcome is outcome]
        if found:
            lines += ["", f"### {heading}"]
            for change in found:
                lines += ["", *_markdown_change(change, budget)]
    return "\n".join(lines) + "\n"


def _markdown_change(change: LearnerChange, budget: Budget) -> Iterator[str]:
    reason = f": {inert(change.reason)}" if change.reason else ""
    yield f"**{inert(change.card.id.text)}** {inert(change.part.key)} · {inert(card_label(change.card)[:100])}{reason}"
    diffs = [(name, inert_words(words)) for name, words in _word_diffs(change, budget) if words]
    if change.outcome is Outcome.CONFLICT:
        yield from ("", f"| {' | '.join(name for name, _ in diffs)} |", f"|{'---|' * len(diffs)}")
        yield f"| {' | '.join(words for _, words in diffs)} |"
    else:
        for _, words in diffs:
            yield from ("", f"> {words}")
    if change.left_out and change.outcome is not Outcome.REFUSED:
        yield from ("", f"Left out: {inert(', '.join(change.left_out))}.")
