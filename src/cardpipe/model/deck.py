"""The deck as written: settings and cards, decoded and checked for form, with source positions.

Everything here is immutable. A card is the unit of the source; writers decide what Anki makes of it.
"""

from __future__ import annotations

import enum
import functools
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from cardpipe.model.card_ids import DEFAULT_FORM, form_of
from cardpipe.text.addresses import encoded, filled, is_safe
from cardpipe.text.style_sheets import faults
from cardpipe.text.translation import Words, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.adopted import AdoptedType
    from cardpipe.model.card_ids import IdForm
    from cardpipe.model.note_types import FieldValue, NoteType
    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.text.nodes import MapNode
    from cardpipe.text.positions import SourceFile, SourceText, Span


CARD_PLACE = "{id}"
"""The placeholder for a card's ID in the addresses of `deck.yaml`."""
PATH_PLACE = "{path}"
"""The placeholder for the path of a card's file in the address for editing it."""


class CardKind(enum.Enum):
    """How a card asks its question."""

    BASIC = "basic"
    REVERSED = "reversed"
    CLOZE = "cloze"
    TYPED = "typed"


class Status(enum.Enum):
    """Whether a card is exported: drafts only on request, retired cards only if learners may have them already."""

    ACTIVE = "active"
    DRAFT = "draft"
    RETIRED = "retired"


class Difficulty(enum.Enum):
    """The level of a card."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture that cardpipe draws for a card, described by its kind and that kind's fields."""

    id: SourceText
    kind: SourceText
    alt: SourceText | None
    caption: SourceText | None
    parameters: MapNode
    """All other keys, undecoded; the kind decodes them."""
    span: Span
    width: SourceText | None = None
    """In percent of the text's width or in pixels, as written."""
    front_alt: SourceText | None = None
    """The alternative text in the question, if it differs."""

    @property
    def alts(self) -> tuple[SourceText, ...]:
        """Return the alternative texts, that of the question first."""
        return tuple(alt for alt in (self.front_alt, self.alt) if alt is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference for further reading: Markdown text, and an address if there is one."""

    text: SourceText
    url: SourceText | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A question with its answer, as written."""

    id: SourceText
    title: SourceText | None
    kind: CardKind
    question: SourceText
    answer: SourceText | None
    """None only for a cloze, whose answers are in the question."""
    details: SourceText | None
    figures: tuple[Figure, ...]
    tags: tuple[SourceText, ...]
    related: tuple[SourceText, ...]
    references: tuple[Reference, ...]
    difficulty: Difficulty | None
    status: Status
    replaced_by: SourceText | None = None
    """The ID of the card that replaces a retired one."""
    note_type: NoteType | None = None
    """The deck's note type, with which `question` is empty and `answer` is None; None for a card of a built-in kind."""
    values: tuple[FieldValue, ...] = ()
    """The filled fields of a note type, in its order."""
    guid: SourceText | None = None
    """The GUID of a note that learners have already, in place of the one that is derived from the ID."""
    file: SourceFile
    span: Span
    """The span of the `id` value, for findings about the whole card."""

    @property
    def kind_name(self) -> str:
        """The key of its note type, or its built-in kind."""
        return self.note_type.key.text if self.note_type is not None else self.kind.value

    def texts(self) -> Iterator[tuple[str, SourceText]]:
        """Return the card's Markdown texts by field name, in reading order, including captions and references.

        The typed answer is not Markdown, and therefore not included.
        """
        if self.note_type is None:
            yield "question", self.question
        for value in self.values:
            yield from value.texts
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
        """Return the typed answer as plain text."""
        return self.answer if self.kind is CardKind.TYPED else None


@dataclass(frozen=True, slots=True)
class TagInfo:
    """A tag of the vocabulary and its description."""

    name: SourceText
    description: SourceText


@dataclass(frozen=True, slots=True)
class Subdeck:
    """The subdeck of the cards with an ID prefix."""

    prefix: SourceText
    name: SourceText


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Deck options that are offered to learners; None stands for Anki's default."""

    name: SourceText | None
    new_per_day: int | None
    reviews_per_day: int | None
    desired_retention: float | None


class FrontPart(enum.Enum):
    """What a card shows above its question; without a choice, all of it."""

    ID = "id"
    TITLE = "title"
    TAGS = "tags"
    DIFFICULTY = "difficulty"


class EditionPart(enum.Enum):
    """A part of a card that an edition can include in addition to the question."""

    ANSWER = "answer"
    DETAILS = "details"
    FIGURES = "figures"
    REFERENCES = "references"
    RELATED = "related"


@dataclass(frozen=True, slots=True, kw_only=True)
class LintSettings:
    """Lint settings of the deck, by code or family."""

    select: tuple[SourceText, ...] = ()
    """Enabled rules only; empty for all."""
    ignore: tuple[SourceText, ...] = ()
    severity: tuple[tuple[SourceText, str], ...] = ()
    spelling: bool = False
    """Whether spelling is checked, if the library is installed."""
    allow_unsafe: tuple[tuple[SourceText, SourceText], ...] = ()
    """Disabled safety rules, each with the reason."""
    per_path: tuple[tuple[SourceText, tuple[SourceText, ...]], ...] = ()
    """Ignored rules by pattern of file paths below `source/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A named selection of the deck: its cards, their parts, and where the complete card can be found."""

    name: SourceText
    title: SourceText | None
    tags: tuple[SourceText, ...]
    ids: tuple[SourceText, ...]
    without: tuple[SourceText, ...]
    """Tags of excluded cards."""
    difficulty: tuple[Difficulty, ...]
    parts: frozenset[EditionPart]
    link: SourceText | None
    """An address in which `{id}` stands for a card's ID."""

    def card_address(self, card_id: str) -> str | None:
        """Return the address of the complete card; None if the edition has no safe address."""
        return _address(self.link, card_id)

    @property
    def is_reduced(self) -> bool:
        """Return whether its cards differ from the deck's."""
        return self.link is not None or self.parts != frozenset(EditionPart)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """The settings of the site that publishes the deck."""

    base_url: SourceText | None = None
    """The address of its start page; None if it is not known."""
    edit_url: SourceText | None = None
    """An address in which `{path}` stands for the path of a card's file in the project."""
    robots: bool = True
    """Whether search engines may list it."""
    card_pictures: bool = False
    """Whether a picture of each card is drawn for previews of links to it."""

    @property
    def base(self) -> str | None:
        """Return the address of the start page with a final slash; None if there is no safe one."""
        if self.base_url is None or not is_safe(self.base_url.text):
            return None
        return f"{encoded(self.base_url.text).rstrip('/')}/"

    def edit_address(self, path: str) -> str | None:
        """Return the address for editing a file of the project; None without a safe one."""
        if self.edit_url is None or not path:
            return None
        address = filled(self.edit_url.text, PATH_PLACE, quote(path))
        return address if is_safe(address) else None


@dataclass(frozen=True, slots=True)
class Media:
    """An author's file in `source/media/`, by its path below that folder."""

    name: str
    data: bytes = field(repr=False)


@functools.lru_cache(maxsize=4096)
def media_key(name: str) -> str:
    """Normalise the name of a media file to NFC: macOS decomposes letters (NFD), keyboards do not."""
    return unicodedata.normalize("NFC", name.removeprefix("./"))


@dataclass(frozen=True, slots=True)
class StyleSheet:
    """A file in `source/styles/`, by its path below that folder."""

    name: str
    file: SourceFile


@dataclass(frozen=True, slots=True)
class FigureScript:
    """A Python file in `source/figures/`, by its path below that folder."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """A TeX macro of the deck."""

    name: SourceText
    """Without the backslash."""
    args: int
    body: SourceText
    """What it stands for; `#1` to `#9` are the arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeckSettings:
    """The settings of a deck without its cards: the content of `deck.yaml`, and the files that cards refer to."""

    uid: SourceText
    slug: SourceText
    """The file name of artefacts without extension; `suffix` is appended for selections and variants."""
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
    ids: SourceText | None = None
    """The template of the IDs; None for the default form."""
    front: tuple[FrontPart, ...] | None = None
    """What cards show above their questions; None if the deck does not choose, which shows everything."""
    formats: tuple[SourceText, ...]
    format_options: Mapping[str, Mapping[str, SourceText]]
    """By format name and option name, as in `deck.yaml`."""
    option_names: tuple[SourceText, ...] = ()
    """All option names as written."""
    media: tuple[Media, ...]
    scripts: tuple[FigureScript, ...]
    file: SourceFile
    lock: ReleaseLock | None = None
    """The content of the last release; None before the first one."""
    lint: LintSettings | None = None
    words: tuple[SourceText, ...] = ()
    """Words that need no explanation and are spelt correctly."""
    macros: tuple[Macro, ...] = ()
    tts: Mapping[str, SourceText] = field(default_factory=dict)
    """The language in which Anki reads a part of each card aloud, by the part: `question`, `answer`."""
    editions: tuple[Edition, ...] = ()
    site: SiteSettings = field(default_factory=SiteSettings)
    note_types: Mapping[str, NoteType] = field(default_factory=dict)
    """The deck's own note types by key, in order."""
    styles: tuple[StyleSheet, ...] = ()
    adopted: Mapping[str, AdoptedType] = field(default_factory=dict)
    """The adopted note types by key, in the order of their files."""
    edition: Edition | None = None
    """The name of this edition; None for the whole deck."""
    faulty: frozenset[str] = frozenset()
    """The keys of `deck.yaml` whose values are placeholders, or lack entries, because of errors."""
    suffix: str = ""
    """The suffix of `slug` for selections and variants; empty for the whole deck in its usual form."""

    def report_address(self, card_id: str) -> str | None:
        """Return the address for reports of errors in a card; None if the deck has no safe address."""
        return _address(self.report, card_id)

    @property
    def id_form(self) -> IdForm:
        """The form of the IDs."""
        return form_of(self.ids.text if self.ids is not None else DEFAULT_FORM)

    @property
    def front_names(self) -> tuple[str, ...] | None:
        """What cards show above their questions, in a fixed order; None if the deck does not choose."""
        return None if self.front is None else tuple(part.value for part in FrontPart if part in self.front)

    def shows(self, part: FrontPart) -> bool:
        """Return whether cards show something above their questions."""
        return self.front is None or part in self.front

    @property
    def catalogue(self) -> Words:
        """The words around the cards, in the deck's language."""
        return catalogue(self.language.text)

    @property
    def web_address(self) -> str | None:
        """Return the home page of the deck; None if it has no safe address."""
        return encoded(self.homepage.text) if self.homepage is not None and is_safe(self.homepage.text) else None

    def style_of(self, note_type: NoteType) -> str:
        """Return the style sheet of a note type; empty without one, or where it is not safe, which lint reports."""
        wanted = note_type.style.text if note_type.style is not None else ""
        sheet = next((sheet.file.text for sheet in self.styles if sheet.name == wanted), "")
        return "" if any(faults(sheet)) else sheet.replace("\r\n", "\n").strip()

    def media_file(self, name: str) -> Media | None:
        """Return the media file with a name, in any Unicode normalisation form."""
        wanted = media_key(name)
        return next((media for media in self.media if media_key(media.name) == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """A deck with its cards in source order."""

    settings: DeckSettings
    cards: tuple[Card, ...]
    faulty_ids: frozenset[str] = frozenset()
    """IDs of invalid cards, which are not in `cards`; links to them are not broken."""
    faulty_cards: tuple[Card, ...] = ()
    """Invalid cards as far as they can be read, so that their other errors are found in the same run."""


def _address(template: SourceText | None, card_id: str) -> str | None:
    if template is None or not is_safe(template.text.replace(CARD_PLACE, "ML0044")):
        return None
    return filled(template.text, CARD_PLACE, card_id)
