"""What a note of cardpipe's package says of its card: figures, references, related cards, difficulty, status."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.importing.plan import Draft
from cardpipe.importing.shipped.atoms import picture_of
from cardpipe.model.card_ids import ANY_ID, LONGEST_ID
from cardpipe.model.deck import CardKind, Difficulty
from cardpipe.render.media import CONTENT_NAME
from cardpipe.source import bounds
from cardpipe.text.addresses import is_safe
from cardpipe.writers.anki.notes import RETIRED_TAG
from cardpipe.writers.anki.shipment import MARK_PREFIX
from cardpipe.writers.page.parts import difficulty_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cardpipe.importing.shipped.texts import ShippedTexts
    from cardpipe.importing.shipped.types import ShippedType
    from cardpipe.text.translation import Words

_FIGURE: Final = re.compile(
    r'<figure class="figure (?:drawn|media)">(<img [^<>]*>)(?:<figcaption>((?:(?!</?fig).)*)</figcaption>)?</figure>',
    re.DOTALL,
)
_IMAGE: Final = re.compile(r"<img [^<>]*>")
_ITEM: Final = re.compile(r"<li>((?:(?!</?li[ >]).)*)</li>", re.DOTALL)
_CARD_ID: Final = re.compile(rf'<span class="card-id"[^<>]*>({ANY_ID})</span>')
_WHOLE_LINK: Final = re.compile(r'<a href="([^"]*)" rel="noopener noreferrer">((?:(?!</?a[ >]).)*)</a>', re.DOTALL)
_LINK_BEHIND: Final = re.compile(r'(.*</a>.*) <a href="([^"]*)" rel="noopener noreferrer">\2</a>', re.DOTALL)
_FIGURE_ID: Final = re.compile(r"[A-Za-z0-9-]{1,60}")
_LONGEST_REFERENCE: Final = 10_000
"""Maximum characters of a reference in HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedFigure:
    """A figure as a picture: `alt` is that behind the question, `front_alt` that in it, if it is another."""

    id: str
    file: str
    alt: str = ""
    front_alt: str = ""
    caption: str = ""
    width: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardParts:
    """The keys of a card besides its texts and fields."""

    figures: tuple[ShippedFigure, ...] = ()
    assets: Mapping[str, str] = field(default_factory=dict)
    """The IDs of figures by the names of their assets."""
    related: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    """Texts and addresses; an address can be empty."""
    difficulty: str = ""
    retired: bool = False
    replaced_by: str = ""


def note_id(shipped: ShippedType, fields: Sequence[str]) -> str:
    """Return the ID of a note's card; empty if it is none."""
    found = html.unescape(shipped.value(fields, "ID")).strip()
    return found if len(found) <= LONGEST_ID and re.fullmatch(ANY_ID, found) else ""


def stem_of(card_id: str) -> str:
    """Return an ID as the names of its figures begin with it."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", card_id).strip("-")


def tags_of(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags of a card without those that cardpipe adds to its note."""
    return tuple(tag for tag in tags if tag != RETIRED_TAG and not tag.startswith(MARK_PREFIX))


def parts_of(
    shipped: ShippedType,
    fields: Sequence[str],
    tags: Iterable[str],
    texts: ShippedTexts,
    name_of: Callable[[str], str | None],
    words: Words,
) -> CardParts:
    """Return what a note's fields say; what is not as cardpipe writes it is left out."""
    figures = _figures(shipped, fields, texts, name_of)
    is_retired = RETIRED_TAG in tags
    replacement = _CARD_ID.search(shipped.value(fields, "Notice")) if is_retired else None
    return CardParts(
        figures=tuple(figures.values()),
        assets={asset: one.id for asset, one in figures.items()},
        related=tuple(dict.fromkeys(_CARD_ID.findall(shipped.value(fields, "Related"))))[: bounds.RELATED],
        references=tuple(_references(shipped.value(fields, "References"), texts)),
        difficulty=_difficulty(html.unescape(shipped.value(fields, "Difficulty")).strip(), words),
        retired=is_retired,
        replaced_by=replacement[1] if replacement is not None else "",
    )


def draft_of(shipped: ShippedType, fields: Sequence[str], parts: CardParts | None) -> Draft:
    """Return the card of a note; one of a note type of the deck without any face shows all of its fields."""
    if shipped.kind is None:
        values = [fields[one.place] for one in shipped.fields if one.place < len(fields) and fields[one.place].strip()]
        question, *others = values or ["–"]
        return Draft(kind=CardKind.BASIC, question=question, answer="<br>".join(others), parts=parts)
    title = html.unescape(shipped.value(fields, "Title")).strip()
    placed = {f'<img src="{asset}"' for asset in parts.assets} if parts is not None else set()
    details = shipped.value(fields, "Details")
    rest = shipped.value(fields, "Figures")
    return Draft(
        kind=CardKind.BASIC if shipped.kind is CardKind.TYPED else shipped.kind,
        question=shipped.value(fields, "Question"),
        answer=shipped.value(fields, "Answer"),
        details=tuple(text for text in (details, "" if any(one in rest for one in placed) else rest) if text.strip()),
        title=" ".join(title.split()),
        typed=shipped.kind is CardKind.TYPED,
        parts=parts,
    )


def _difficulty(label: str, words: Words) -> str:
    return next((one.value for one in Difficulty if label in {one.value, difficulty_label(one, words)}), "")


def _references(written: str, texts: ShippedTexts) -> Iterator[tuple[str, str]]:
    for match in list(_ITEM.finditer(written))[: bounds.REFERENCES]:
        if len(match[1]) > _LONGEST_REFERENCE:
            continue
        whole, behind = _WHOLE_LINK.fullmatch(match[1]), _LINK_BEHIND.fullmatch(match[1])
        if whole is not None:
            text, address = whole[2], html.unescape(whole[1])
        elif behind is not None:
            text, address = behind[1], html.unescape(behind[2])
        else:
            text, address = match[1], ""
        if not is_safe(address):
            text, address = match[1], ""
        made = texts.converted(text, is_line=True).text
        if made:
            yield made, address


# --- Figures ---------------------------------------------------------------------------------------------------------


def _figures(
    shipped: ShippedType, fields: Sequence[str], texts: ShippedTexts, name_of: Callable[[str], str | None]
) -> dict[str, ShippedFigure]:
    """Return the figures of a note by the names of their assets, in the order in which they stand in it."""
    found: dict[str, ShippedFigure] = {}
    stem = f"{stem_of(note_id(shipped, fields))}-"
    for place, value in enumerate(fields):
        if "<img " not in value:
            continue
        in_question = place == shipped.places.get("Question") and shipped.kind is not None
        captions = {match[1]: match[2] or "" for match in _FIGURE.finditer(value)}
        for match in _IMAGE.finditer(value):
            picture = picture_of(match[0])
            file = name_of(picture.asset)
            named = CONTENT_NAME.fullmatch(picture.asset)
            own = (named["stem"] if named is not None else PurePosixPath(picture.asset).stem).removeprefix(stem)
            is_figure = not picture.is_media and stem != "-" and picture.asset.startswith(stem)
            if file is None or not is_figure or _FIGURE_ID.fullmatch(own) is None or len(found) >= bounds.FIGURES:
                continue
            known = found.get(picture.asset)
            alt = "" if picture.alt == own else picture.alt
            if known is None:
                caption = texts.converted(captions.get(match[0], ""), is_line=True).text
                found[picture.asset] = ShippedFigure(
                    id=own,
                    file=file,
                    alt=alt,
                    caption=caption,
                    width=picture.width,
                    front_alt=alt if in_question else "",
                )
            elif not in_question and known.front_alt and known.front_alt != alt:
                found[picture.asset] = replace(known, alt=alt)
    return {asset: _plain(one) for asset, one in found.items()}


def _plain(figure: ShippedFigure) -> ShippedFigure:
    return replace(figure, front_alt="") if figure.front_alt == figure.alt else figure
