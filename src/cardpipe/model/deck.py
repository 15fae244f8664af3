"""The deck as written: its settings and its cards, decoded and checked for form, with places.

Everything here is immutable. A card is the unit of source; what Anki makes of it is the writers' business.
"""

from __future__ import annotations

import enum
import functools
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cardpipe.text.addresses import encoded, filled, is_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.text.nodes import MapNode
    from cardpipe.text.positions import SourceFile, SourceText, Span


CARD_PLACE = "{id}"
"""What stands for a card's ID in the addresses of `deck.yaml`."""


class CardKind(enum.Enum):
    """How a card asks."""

    BASIC = "basic"
    REVERSED = "reversed"
    CLOZE = "cloze"
    TYPED = "typed"


class Status(enum.Enum):
    """Whether a card is shipped: a draft only on request, a retired one only to those who may have it already."""

    ACTIVE = "active"
    DRAFT = "draft"
    RETIRED = "retired"


class Difficulty(enum.Enum):
    """How much a reader must know before."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture that the pipeline draws for a card, described by its kind and that kind's own fields."""

    id: SourceText
    kind: SourceText
    alt: SourceText | None
    caption: SourceText | None
    parameters: MapNode
    """All other keys, undecoded: the kind knows what they mean."""
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A source to read on: a text in Markdown, and the address if there is one."""

    text: SourceText
    url: SourceText | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One question with its answer, as written."""

    id: SourceText
    title: SourceText
    kind: CardKind
    question: SourceText
    answer: SourceText | None
    """None only for a cloze, which holds its answers in the question."""
    details: SourceText | None
    figures: tuple[Figure, ...]
    tags: tuple[SourceText, ...]
    related: tuple[SourceText, ...]
    references: tuple[Reference, ...]
    difficulty: Difficulty | None
    status: Status
    replaced_by: SourceText | None = None
    """The ID of the card that takes a retired one's place."""
    file: SourceFile
    span: Span
    """Of the card's `id` value: where a finding about the whole card points."""

    def texts(self) -> Iterator[tuple[str, SourceText]]:
        """The card's Markdown texts by field name, in reading order, captions and references included.

        What is to be typed is no Markdown and not among them.
        """
        yield "question", self.question
        if self.answer is not None and self.kind is not CardKind.TYPED:
            yield "answer", self.answer
        if self.details is not None:
            yield "details", self.details
        for figure in self.figures:
            if figure.caption is not None:
                yield "caption", figure.caption
        for reference in self.references:
            yield "reference", reference.text

    @property
    def typed(self) -> SourceText | None:
        """What a learner is to type: a plain text, in which every character stands for itself."""
        return self.answer if self.kind is CardKind.TYPED else None


@dataclass(frozen=True, slots=True)
class TagInfo:
    """A tag of the vocabulary and what it means."""

    name: SourceText
    description: SourceText


@dataclass(frozen=True, slots=True)
class Subdeck:
    """Which subdeck the cards with an ID prefix belong to."""

    prefix: SourceText
    name: SourceText


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Deck options that learners are offered; what is None is as Anki has it."""

    name: SourceText | None
    new_per_day: int | None
    reviews_per_day: int | None
    desired_retention: float | None


class EditionPart(enum.Enum):
    """What an edition may show beside the question."""

    ANSWER = "answer"
    DETAILS = "details"
    FIGURES = "figures"
    REFERENCES = "references"
    RELATED = "related"


@dataclass(frozen=True, slots=True, kw_only=True)
class LintSettings:
    """What the deck says of lint rules, by code or family."""

    select: tuple[SourceText, ...] = ()
    """Only these; empty for all."""
    ignore: tuple[SourceText, ...] = ()
    severity: tuple[tuple[SourceText, str], ...] = ()
    spelling: bool = False
    """Whether words are looked up, where the library for it is installed."""
    allow_unsafe: tuple[tuple[SourceText, SourceText], ...] = ()
    """Rules that keep learners safe and are off all the same, each with the reason."""
    per_path: tuple[tuple[SourceText, tuple[SourceText, ...]], ...] = ()
    """What is ignored in files whose path below `source/` matches a pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A named selection of the deck: which cards, which parts of them, and where the whole of a card is to be found."""

    name: SourceText
    title: SourceText | None
    tags: tuple[SourceText, ...]
    ids: tuple[SourceText, ...]
    without: tuple[SourceText, ...]
    """Tags of cards that are left out."""
    difficulty: tuple[Difficulty, ...]
    parts: frozenset[EditionPart]
    link: SourceText | None
    """An address in which `{id}` stands for a card's ID."""

    def card_address(self, card_id: str) -> str | None:
        """Where the whole of a card is, None where the edition names no address that is safe to open."""
        return _address(self.link, card_id)

    @property
    def is_reduced(self) -> bool:
        """Whether its cards differ from the deck's own."""
        return self.link is not None or self.parts != frozenset(EditionPart)


@dataclass(frozen=True, slots=True)
class Media:
    """A file that an author supplied in `source/media/`, by its path below that folder."""

    name: str
    data: bytes = field(repr=False)


@functools.lru_cache(maxsize=4096)
def media_key(name: str) -> str:
    """What two spellings of a media file's name have in common: macOS takes letters apart (NFD), keyboards do not."""
    return unicodedata.normalize("NFC", name.removeprefix("./"))


@dataclass(frozen=True, slots=True)
class FigureScript:
    """A Python file in `source/figures/`, by its path below that folder."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeckSettings:
    """A deck without its cards: what `deck.yaml` says, and the files that cards refer to."""

    uid: SourceText
    slug: SourceText
    """File name of the artefacts, without an extension; what is exported has what `suffix` says in it."""
    name: SourceText
    language: SourceText
    authors: tuple[SourceText, ...]
    licence: SourceText | None
    description: SourceText
    homepage: SourceText | None
    report: SourceText | None = None
    """An address in which `{id}` stands for a card's ID."""
    preset: Preset | None = None
    tags: tuple[TagInfo, ...]
    open_tags: bool = False
    """Whether cards may have any tag; the vocabulary is empty then."""
    subdecks: tuple[Subdeck, ...]
    formats: tuple[SourceText, ...]
    format_options: Mapping[str, Mapping[str, SourceText]]
    """By format name, then by option name, as in `deck.yaml`."""
    option_names: tuple[SourceText, ...] = ()
    """All option names as they stand there."""
    media: tuple[Media, ...]
    scripts: tuple[FigureScript, ...]
    file: SourceFile
    lock: ReleaseLock | None = None
    """What the last release shipped; None before the first one."""
    lint: LintSettings | None = None
    words: tuple[SourceText, ...] = ()
    """Words that the deck uses without explaining them, and that are spelt right."""
    editions: tuple[Edition, ...] = ()
    edition: Edition | None = None
    """Which edition this is; None for the whole deck."""
    suffix: str = ""
    """What `slug` has beyond the whole deck's; empty for the whole deck in its usual form."""

    def report_address(self, card_id: str) -> str | None:
        """Where a reader reports an error in a card, None where the deck names no address that is safe to open."""
        return _address(self.report, card_id)

    @property
    def web_address(self) -> str | None:
        """Where the deck lives, None where it names no address that is safe to open."""
        return encoded(self.homepage.text) if self.homepage is not None and is_safe(self.homepage.text) else None

    def media_file(self, name: str) -> Media | None:
        """The author's file that a text names, in whichever way Unicode composes its letters."""
        wanted = media_key(name)
        return next((media for media in self.media if media_key(media.name) == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """A deck with its cards, in source order."""

    settings: DeckSettings
    cards: tuple[Card, ...]
    faulty_ids: frozenset[str] = frozenset()
    """IDs of cards that are too faulty to be in `cards`: a link to one is not broken."""
    faulty_cards: tuple[Card, ...] = ()
    """Those cards as far as they can be read: what else is wrong in them is found in the same run."""


def _address(template: SourceText | None, card_id: str) -> str | None:
    if template is None or not is_safe(template.text.replace(CARD_PLACE, "ML0044")):
        return None
    return filled(template.text, CARD_PLACE, card_id)
