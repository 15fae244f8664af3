"""A rendered card that can be cached and passed between processes.

It does not depend on other cards: their titles and which of them an export contains are filled in at the end.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from cardpipe.cache.shards import as_json
from cardpipe.model.deck import CardKind, Difficulty, Status
from cardpipe.text.escaping import PlainText
from cardpipe.writers.api import ClozeText, RelatedCard, RenderedCard, RenderedFigure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set


class AssetSource(NamedTuple):
    """An asset's name and type, and the source of its bytes: a cache key, or `media:` and the name of a file."""

    name: str
    media_type: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedCard:
    """A rendered card, without what depends on other cards."""

    id: str
    title: str
    kind: CardKind
    status: Status
    difficulty: Difficulty | None
    tags: tuple[str, ...]
    question: str
    answer: str
    details: str
    typed: str
    figures: tuple[RenderedFigure, ...]
    references: tuple[str, ...]
    cloze: ClozeText | None
    related: tuple[str, ...]
    """IDs."""
    replaced_by: str | None
    assets: tuple[AssetSource, ...]
    digest: str = ""
    """A digest of the whole card; empty if unknown."""


def encoded(part: CachedCard) -> str:
    """Return a card as JSON."""
    content: list[object] = [
        part.id,
        part.title,
        part.kind.value,
        part.status.value,
        part.difficulty.value if part.difficulty is not None else None,
        part.tags,
        part.question,
        part.answer,
        part.details,
        part.typed,
        [_figure_values(figure) for figure in part.figures],
        part.references,
        astuple(part.cloze) if part.cloze is not None else None,
        part.related,
        part.replaced_by,
        part.assets,
    ]
    return as_json(content)


def digest_of(card: str) -> str:
    """Return the digest of a card that `encoded` has written."""
    return hashlib.blake2b(card.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def decoded(content: Any, digest: str = "") -> CachedCard:
    """Return a card from parsed JSON, with the given digest; raises ValueError or TypeError if it is invalid."""
    (card_id, title, kind, status, difficulty, tags, question, answer, details, typed, *rest) = content
    figures, references, cloze, related, replaced_by, assets = rest
    return CachedCard(
        id=card_id,
        title=title,
        kind=CardKind(kind),
        status=Status(status),
        difficulty=Difficulty(difficulty) if difficulty is not None else None,
        tags=tuple(tags),
        question=question,
        answer=answer,
        details=details,
        typed=typed,
        figures=tuple(_figure(*figure) for figure in figures),
        references=tuple(references),
        cloze=_cloze(*cloze) if cloze is not None else None,
        related=tuple(related),
        replaced_by=replaced_by,
        assets=tuple(AssetSource(*asset) for asset in assets),
        digest=digest,
    )


def _figure_values(figure: RenderedFigure) -> list[object]:
    alt = figure.alt.characters
    return [figure.id, figure.asset, alt, figure.caption, figure.width, figure.height, figure.drawn]


def _figure(name: str, asset: str, alt: str, caption: str, width: float, height: float, drawn: bool) -> RenderedFigure:
    return RenderedFigure(
        id=name, asset=asset, alt=PlainText(alt), caption=caption, width=width, height=height, drawn=drawn
    )


def _cloze(text: str, numbers: Sequence[int], remark: str) -> ClozeText:
    return ClozeText(text=text, numbers=tuple(numbers), remark=remark)


def completed(part: CachedCard, titles: Mapping[str, str], included: Set[str], path: str = "") -> RenderedCard:
    """Return the complete card, with titles of other cards by ID, and which of them the export contains."""

    def link(card_id: str | None) -> RelatedCard | None:
        if card_id is None or card_id not in titles:
            return None
        return RelatedCard(id=card_id, title=PlainText(titles[card_id]), included=card_id in included)

    card = RenderedCard(
        id=part.id,
        title=PlainText(part.title),
        kind=part.kind,
        status=part.status,
        difficulty=part.difficulty,
        tags=part.tags,
        question=part.question,
        answer=part.answer,
        details=part.details,
        typed=PlainText(part.typed),
        figures=part.figures,
        references=part.references,
        related=tuple(found for card_id in part.related if (found := link(card_id)) is not None),
        cloze=part.cloze,
        replacement=link(part.replaced_by),
        path=path,
        assets=tuple(sorted(asset.name for asset in part.assets)),
    )
    # Not an argument, so that no copy with other content has it.
    object.__setattr__(card, "digest", part.digest)
    return card
