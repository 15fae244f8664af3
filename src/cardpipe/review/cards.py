"""The cards of a review: old beside new, with the words that differ marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cardpipe.release.presentation import part_words
from cardpipe.release.word_diff import SAME, Budget
from cardpipe.review.html_words import marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.release.changes import CardTitle, ChangedCard
    from cardpipe.review.state import Review
    from cardpipe.writers.api import RenderedCard

RENDERED: Final = frozenset({"question", "answer", "details", "references", "figures"})
"""Parts that the rendered card shows; of the others only the words are shown."""

_LONGEST_SOURCE: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PartWords:
    """A changed part with the word diff of its source; `words` is empty if only files differ."""

    name: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedCard:
    """A card of the change; a side is None if it does not exist or cannot be rendered."""

    id: str
    title: str
    path: str
    parts: tuple[PartWords, ...] = ()
    before: RenderedCard | None = None
    after: RenderedCard | None = None
    changed_figures: frozenset[str] = frozenset()
    """Names of the pictures of figures that differ, of both sides."""
    findings: tuple[Diagnostic, ...] = ()
    same: frozenset[str] = frozenset()
    """What both sides show alike: `details` (with figures and references), or `card` for everything."""

    @property
    def other_parts(self) -> tuple[PartWords, ...]:
        """Return the changed parts that the rendered card does not show."""
        return tuple(part for part in self.parts if part.name not in RENDERED)

    @property
    def source_parts(self) -> tuple[PartWords, ...]:
        """Return the changed parts that the rendered card shows, with the words of their source."""
        return tuple(part for part in self.parts if part.name in RENDERED and part.words)


def changed_cards(review: Review, budget: Budget, most: int | None = None) -> Iterator[ReviewedCard]:
    """Return the changed cards, or the first of them."""
    for card in review.changes.changed[:most]:
        words = tuple(PartWords(name=part.name, words=part_words(part, budget)) for part in card.parts)
        yield _compared(review, card, budget, words)


def listed_cards(review: Review, cards: Sequence[CardTitle]) -> Iterator[ReviewedCard]:
    """Return added or retired cards, with the states that the review has."""
    budget = Budget()
    for card in cards:
        yield _compared(review, card, budget, () if card.id in review.after.cards else tuple(_source(review, card.id)))


def _source(review: Review, card_id: str) -> Iterator[PartWords]:
    """Return the texts of a card as written, because it cannot be rendered."""
    state = review.source.cards.get(card_id)
    for name, part in (state.parts if state is not None else {}).items():
        if name in RENDERED and part.text:
            yield PartWords(name=name, words=((SAME, part.text[:_LONGEST_SOURCE]),))


def _compared(
    review: Review, card: ChangedCard | CardTitle, budget: Budget, parts: tuple[PartWords, ...]
) -> ReviewedCard:
    before, after = review.before.cards.get(card.id), review.after.cards.get(card.id)
    path = next((one.path for one in review.after.checked.cards or () if one.id == card.id), "")
    found = ReviewedCard(
        id=card.id,
        title=card.title,
        path=path,
        parts=parts,
        before=before,
        after=after,
        findings=tuple(item for item in review.findings if path and item.span.path == path),
    )
    if before is None or after is None:
        return found
    details = all(getattr(before, name) == getattr(after, name) for name in ("details", "figures", "references"))
    whole = details and before.question == after.question and before.answer == after.answer
    pictures = {figure.asset for figure in before.figures} ^ {figure.asset for figure in after.figures}
    old, new = _marked(before, after, budget)
    return replace(
        found,
        before=old,
        after=new,
        changed_figures=frozenset(pictures),
        same=frozenset({"card"} if whole else {"details"} if details else ()),
    )


def _marked(before: RenderedCard, after: RenderedCard, budget: Budget) -> tuple[RenderedCard, RenderedCard]:
    question = marked(before.question, after.question, budget)
    answer = marked(before.answer, after.answer, budget)
    details = marked(before.details, after.details, budget)
    kept = set(before.references) & set(after.references)
    gone = tuple(text if text in kept else marked(text, "", budget)[0] for text in before.references)
    come = tuple(text if text in kept else marked("", text, budget)[1] for text in after.references)
    return (
        replace(before, question=question[0], answer=answer[0], details=details[0], references=gone),
        replace(after, question=question[1], answer=answer[1], details=details[1], references=come),
    )
