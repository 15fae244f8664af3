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
from cardpipe.writers.api import (
    ClozeText,
    FieldKind,
    RelatedCard,
    RenderedCard,
    RenderedFace,
    RenderedField,
    RenderedFigure,
)

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
    label: str
    """What stands for it in lists if it has no title; empty otherwise."""
    guid: str
    """As its author wrote it; empty for one that is derived from the ID."""
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
    note_type: str = ""
    fields: tuple[RenderedField, ...] = ()
    faces: tuple[RenderedFace, ...] = ()
    digest: str = ""
    """A digest of the whole card; empty if unknown."""


def encoded(part: CachedCard) -> str:
    """Return a card as JSON."""
    content: list[object] = [
        part.id,
        part.title,
        part.label,
        part.guid,
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
        [
            part.note_type,
            [(field.key, field.name, field.kind.value, field.content) for field in part.fields],
            [_face_values(face) for face in part.faces],
        ]
        if part.note_type
        else None,
    ]
    return as_json(content)


def digest_of(card: str) -> str:
    """Return the digest of a card that `encoded` has written."""
    return hashlib.blake2b(card.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def decoded(content: Any, digest: str = "") -> CachedCard:
    """Return a card from parsed JSON, with the given digest; raises ValueError or TypeError if it is invalid."""
    (card_id, title, label, guid, kind, status, difficulty, tags, question, answer, details, typed, *rest) = content
    figures, references, cloze, related, replaced_by, assets, note = rest
    note_type, fields, faces = note if note is not None else ("", (), ())
    return CachedCard(
        id=card_id,
        title=title,
        label=label,
        guid=guid,
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
        note_type=note_type,
        fields=tuple(_field(*field) for field in fields),
        faces=tuple(_face(*face) for face in faces),
        digest=digest,
    )


def _field(key: str, name: str, kind: str, content: str) -> RenderedField:
    return RenderedField(key=key, name=name, kind=FieldKind(kind), content=content)


def _face_values(face: RenderedFace) -> list[object]:
    return [face.key, face.name, face.number, face.front, face.back, face.typed.characters, face.hint, face.hint_name]


def _face(
    key: str, name: str, number: int, front: str, back: str, typed: str, hint: str, hint_name: str
) -> RenderedFace:
    return RenderedFace(
        key=key,
        name=name,
        number=number,
        front=front,
        back=back,
        typed=PlainText(typed),
        hint=hint,
        hint_name=hint_name,
    )


def _figure_values(figure: RenderedFigure) -> list[object]:
    alt = figure.alt.characters
    return [figure.id, figure.asset, alt, figure.caption, figure.width, figure.height, figure.drawn, figure.shown_width]


def _figure(
    name: str, asset: str, alt: str, caption: str, width: float, height: float, drawn: bool, shown_width: str
) -> RenderedFigure:
    return RenderedFigure(
        id=name,
        asset=asset,
        alt=PlainText(alt),
        caption=caption,
        width=width,
        height=height,
        drawn=drawn,
        shown_width=shown_width,
    )


def _cloze(text: str, numbers: Sequence[int], remark: str) -> ClozeText:
    return ClozeText(text=text, numbers=tuple(numbers), remark=remark)


def completed(part: CachedCard, titles: Mapping[str, str], included: Set[str], path: str = "") -> RenderedCard:
    """Return the complete card, with labels of other cards by ID, and which of them the export contains."""

    def link(card_id: str | None) -> RelatedCard | None:
        if card_id is None or card_id not in titles:
            return None
        return RelatedCard(id=card_id, title=PlainText(titles[card_id]), included=card_id in included)

    card = RenderedCard(
        id=part.id,
        title=PlainText(part.title),
        question_label=PlainText(part.label),
        guid=part.guid,
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
        note_type=part.note_type,
        fields=part.fields,
        faces=part.faces,
    )
    # Not an argument, so that no copy with other content has it.
    object.__setattr__(card, "digest", part.digest)
    return card
