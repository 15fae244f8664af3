"""Summaries of cards for rules that compare cards, so that cached cards need not be read again.

A summary has no positions. A rule with a finding loads the card itself, which is rarely necessary for many cards.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cardpipe.markup.templates import named
from cardpipe.markup.words import content_words
from cardpipe.mathjax.macros import commands
from cardpipe.model.card_label import card_label
from cardpipe.model.deck import media_key
from cardpipe.model.note_types import MEDIA, filled_keys, needed, sides
from cardpipe.source.tables import is_table_path
from cardpipe.text.nodes import scalars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cardpipe.lint.rule import Context
    from cardpipe.markup import Scan
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.text.positions import Span

_NUMBER = re.compile(r"\d+")
_QUOTED = re.compile(
    r"[“„«「『‹][^“”„«»「」『』‹›\n]{1,80}[“”»」』›]|\"[^\"\n]{1,80}\"|(?<![\w*])\*[^*\s][^*\n]{0,80}\*|(?<!\w)_[^_\s][^_\n]{0,80}_(?!\w)"
)
_SHORTEST_TERM = 5
_FEWEST_WORDS = 4


class CardSummary(NamedTuple):
    """A summary of one card."""

    path: str
    number: int
    """Its index among the cards of its file."""
    id: str
    title: str
    """As written; empty without one."""
    label: str
    """What stands for it in lists: the title, or the beginning of the question."""
    guid: str
    """As written; empty without one."""
    kind: str
    status: str
    difficulty: str | None
    replaced_by: str | None
    tags: Sequence[str]
    related: Sequence[str]
    links: Sequence[str]
    """The cards that its texts link to."""
    shown: Sequence[str]
    """The files of `source/media/` that its texts and figures name."""
    asked: Sequence[str]
    """The significant words of the question."""
    particulars: Sequence[str]
    """Parts that duplicate questions must have in common: formulas, code, pictures, numbers, quotations."""
    terms: str
    """Its longer words in lower case, without repetition, separated by spaces; references are left out."""
    macros: Sequence[str]
    """The deck's macros that its formulas use."""
    fronts: Sequence[str] = ()
    """What the faces of a note of a deck's own type ask, as digests."""
    content: str = ""
    """A digest of its record in a table, by which it is known when another record changes; empty for other cards."""


class SummaryLink(NamedTuple):
    """A link to a card from the deck's description or an incomplete card."""

    card_id: str
    place: Span


@dataclass(frozen=True, slots=True)
class CardSummaries:
    """Summaries of all cards of a deck, in source order."""

    settings: DeckSettings
    """The deck without its cards."""
    cards: Sequence[CardSummary]
    faulty_ids: frozenset[str]
    """IDs of cards that could not be read completely."""
    loose_links: Sequence[SummaryLink]
    """Links in the deck's description and in incomplete cards."""
    find: Callable[[CardSummary], Card]

    def whole(self, summary: CardSummary) -> Card:
        """Return the card itself, with positions."""
        return self.find(summary)

    def ids(self) -> set[str]:
        """All card IDs of the source."""
        return {card.id for card in self.cards} | self.faulty_ids


def summary_of(card: Card, number: int, context: Context) -> CardSummary:
    """Summarise a card."""
    texts = [text for _, text in card.texts()]
    scans = [context.scan(text) for text in texts]
    media = context.media_names.keys()
    shown = {media_key(image.target) for scan in scans for image in scan.images()} if media else set()
    if media:
        parts = (part for value in card.values if value.field.kind in MEDIA for part in value.parts)
        shown.update(media_key(part.text) for part in parts)
        shown.update(media_key(value.text) for figure in card.figures for value in scalars(figure.parameters))
    return CardSummary(
        path=card.file.path,
        number=number,
        id=card.id.text,
        title=card.title.text if card.title is not None else "",
        label=card_label(card),
        guid=card.guid.text if card.guid is not None else "",
        kind=card.kind_name,
        status=card.status.value,
        difficulty=card.difficulty.value if card.difficulty is not None else None,
        replaced_by=card.replaced_by.text if card.replaced_by is not None else None,
        tags=[tag.text for tag in card.tags],
        related=[other.text for other in card.related],
        links=sorted({link.card_id or "" for scan in scans for link in scan.card_links()}),
        shown=sorted(shown & media),
        asked=sorted(_asked(card, context)),
        particulars=sorted(_particulars(card, context)),
        terms=" ".join(sorted(_terms(card, context))),
        fronts=list(_fronts(card)),
        content=_content(card) if is_table_path(card.file.path) else "",
        macros=sorted(_macros(card, scans, context)),
    )


def _content(card: Card) -> str:
    """Return a digest of everything that is rendered of a record."""
    parts: list[object] = [
        card.id.text,
        card.title.text if card.title is not None else "",
        card.guid.text if card.guid is not None else "",
        card.note_type.key.text if card.note_type is not None else "",
        [(value.field.key.text, [(part.text, part.style) for part in value.parts]) for value in card.values],
        [tag.text for tag in card.tags],
        [other.text for other in card.related],
        [(each.text.text, each.url.text if each.url is not None else None) for each in card.references],
        card.difficulty,
        card.status,
        card.replaced_by.text if card.replaced_by is not None else None,
    ]
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _fronts(card: Card) -> Iterator[str]:
    if card.note_type is None:
        return
    values = {value.field.key.text: " ".join(part.text.casefold() for part in value.parts) for value in card.values}
    filled = filled_keys(card)
    for face in card.note_type.faces:
        front, back = sides(face, card.note_type)
        if all(key in filled for key in needed(face, front, back)):
            shown = [f"{len(text)}:{text}" for key in named(front) if (text := values.get(key, ""))]
            asked = hashlib.blake2b("".join(shown).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
            yield f"{card.note_type.key.text} {face.key.text} {asked}"


def _asked(card: Card, context: Context) -> set[str]:
    bare = context.bare_words(card.question)
    words = content_words(bare)
    # In a short question every word is significant: “the simple past of to be”.
    return set(words) if len(words) >= _FEWEST_WORDS else {word.lower() for word in bare}


def _macros(card: Card, scans: Sequence[Scan], context: Context) -> set[str]:
    if not context.settings.macros:
        return set()
    labels = [value.text for figure in card.figures for value in scalars(figure.parameters)]
    used = [commands(text) for text in (*(formula.tex for scan in scans for formula in scan.math()), *labels)]
    return {macro.name.text for macro in context.settings.macros}.intersection(*[set().union(*used)])


def _particulars(card: Card, context: Context) -> set[str]:
    scan = context.scan(card.question)
    formulas = {formula.tex.strip() for formula in scan.math()}
    pictures = {image.target for image in scan.images()}
    code = {segment.content.strip() for segment in scan.code()}
    return {*formulas, *pictures, *code, *_NUMBER.findall(card.question.text), *_QUOTED.findall(card.question.text)}


def _terms(card: Card, context: Context) -> set[str]:
    words = set().union(*(context.bare_words(text) for name, text in card.texts() if name != "reference"))
    return {word.lower() for word in words if len(word) >= _SHORTEST_TERM}
