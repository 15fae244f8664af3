"""What a reviewer must know first: changes that can harm learners or the reviewer's machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cardpipe.release.changes import emptied_together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.review.state import Review


class Risk(NamedTuple):
    """A risk: what it concerns, a sentence, and what to do about it."""

    subject: str
    sentence: str
    remedy: str = ""


def risks(review: Review) -> list[Risk]:
    """Return the risks of a change, the most serious ones first."""
    return [*_safety(review), *_history(review), *_code(review)]


def _safety(review: Review) -> Iterator[Risk]:
    for item in review.changes.safety:
        if item.after is None:
            yield Risk("Safety", f"{item.code} is enabled again.")
        else:
            yield Risk("Safety", f"{item.code}, a safety rule, is disabled: {item.after}")


def _history(review: Review) -> Iterator[Risk]:
    if review.release is not None:
        yield from (Risk("History", item.reason, item.remedy) for item in review.release.refusals)
    else:
        # The checks of a release need a deck without errors.
        settings = review.after.checked.settings
        lock = settings.lock if settings is not None else None
        for card in review.changes.removed:
            if lock is not None and card.id in lock.cards:
                yield Risk(
                    "History",
                    f"{card.id} “{card.title}” was released and is now missing or a draft: learners keep it, and it "
                    "gets no further updates.",
                    "Restore it, or retire it with `status: retired`.",
                )
    for ids, emptied in emptied_together(review.changes.emptied):
        lost = f"no card {emptied.names} is made" if emptied.of_faces else f"there is no cloze deletion {emptied.names}"
        yield Risk(
            "History",
            f"{ids}: {lost} any more, and learners keep an empty card for it.",
            "Fill the fields that its face needs." if emptied.of_faces else "If it only moved, restore its old number.",
        )


def _code(review: Review) -> Iterator[Risk]:
    for path in review.scripts:
        yield Risk("Code", f"{path} is a figure script.", "Read it before you run it.")
    for card_id in review.unreadable:
        yield Risk("Error", f"{card_id} cannot be read, so its change is not shown.")
