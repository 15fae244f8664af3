r"""The plug-in API for writers (entry point group `cardpipe.writers`): the rendered deck and artefacts.

A writer declares its `Capabilities` as data; the pipeline renders once for each distinct set of
capabilities; the writer returns artefacts in memory.

Internal addresses in rendered text, which the writer must rewrite for its format:

| what | `TextForm.HTML` | `TextForm.MARKDOWN` |
|---|---|---|
| an asset | `src="NAME"`, the bare asset name | `![alt](asset:NAME)`, or `<img src="asset:NAME" alt width>` |
| a card | `href="#card-ID"` | `[text](card:ID)` |

Links to cards that are not in this export are kept; a format without link targets drops the link and keeps its
text. No author can write a `src` of their own, nor a link to `asset:`.
`TextForm.HTML` is a fragment in the allow-list of `cardpipe.render.sanitise`, with these classes:

- `<figure class="figure drawn|media"><img src alt width height><figcaption>…` for a figure,
- `<img class="media" src alt width height>` for an author's file, also with a `style` if it has a width of its own,
- `<span class="math inline">\(…\)</span>`, `<div class="equation">\[…\]</div>` with `MathForm.MATHJAX`,
- `<img class="math inline|display" src alt style>` with `MathForm.SVG` and `MathForm.FONTS`, display in
  `<div class="equation">`; with `read_aloud` in a `<span class="formula">`, before a `<math>` that stands for it where
  a page is read aloud,
- `<audio controls src title>`, `[sound:NAME]` or `<span class="sound">` for a sound, by `SoundForm`,
- `<span class="cloze blank">[…]</span>` and `<span class="cloze">…</span>` for a cloze's deletions; with `numbered`,
  these and formulas with deletions have an attribute `data-cloze` with the numbers, and blanks `data-hint`,
- `<div class="table"><table>…` so that a wide table scrolls by itself,
- `<div class="highlight"><pre><code>…` with Pygments' short classes for code in a known language.
"""

from __future__ import annotations

import enum
import functools
import hashlib
import json
import re
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from cardpipe.errors import RenderError, UsageError
from cardpipe.model.deck import CardKind, DeckSettings, Difficulty, Status
from cardpipe.model.figure_form import FigureForm
from cardpipe.model.note_types import FieldKind, Show
from cardpipe.text.escaping import PlainText, anki_html, html_text, line, markdown_text
from cardpipe.writers.picture_width import sized_picture, width_style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.markup.templates import TemplateNode
    from cardpipe.model.diagnostics import Finding

__all__ = [
    "ALERTS",
    "FIGURES_OPTION",
    "OPAQUE",
    "Artefact",
    "Asset",
    "Capabilities",
    "CardKind",
    "ClozeText",
    "Configurable",
    "DeckSettings",
    "Difficulty",
    "FaceTemplate",
    "FieldKind",
    "FigureForm",
    "HasRemarks",
    "HasTools",
    "HasWarnings",
    "Incremental",
    "MathForm",
    "Memory",
    "PlainText",
    "RelatedCard",
    "RenderError",
    "RenderedCard",
    "RenderedDeck",
    "RenderedFace",
    "RenderedField",
    "RenderedFigure",
    "RenderedNoteType",
    "SoundForm",
    "Status",
    "TextForm",
    "UsageError",
    "Writer",
    "WriterOption",
    "anki_html",
    "as_text",
    "capabilities_of",
    "html_text",
    "line",
    "markdown_text",
    "recalled",
    "shown_faces",
    "sized_picture",
    "width_style",
]


class TextForm(enum.Enum):
    """The format of texts that a writer requests."""

    HTML = "html"
    MARKDOWN = "markdown"


class MathForm(enum.Enum):
    r"""The format of equations that a writer requests: `\( \)` for MathJax, an SVG asset, or TeX between dollars.

    The asset of `SVG` is complete in itself, of `FONTS` smaller: its glyphs are text in the fonts of
    `cardpipe.mathjax.fonts`. The writer puts it into a page that has them (`writers.page.formulas`).
    """

    MATHJAX = "mathjax"
    SVG = "svg"
    FONTS = "fonts"
    TEX = "tex"


class SoundForm(enum.Enum):
    """The format of sounds that a writer requests: words, an element, or Anki's mark."""

    WORDS = "words"
    ELEMENT = "element"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The capabilities of a writer."""

    text: TextForm
    math: MathForm
    figures: FigureForm = FigureForm.SVG
    sound: SoundForm = SoundForm.WORDS
    cloze: bool = False
    """Whether the format supports Anki's cloze deletions (`RenderedCard.cloze`)."""
    read_aloud: bool = False
    """Whether pictures of equations have MathML for screen readers."""
    numbered: bool = False
    """Whether the deletions of a cloze carry their numbers in an attribute `data-cloze`."""
    retired: bool = False
    """Whether retired cards are exported: only if learners keep copies of earlier exports."""
    faces: bool = False
    """Whether the writer shows all faces of a card itself; otherwise it gets each face as a card."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that rendered text refers to by its name.

    Cache keys use its digest: two assets can have the same name, for example in two layouts of a deck.
    """

    name: str
    media_type: str
    data: bytes = field(repr=False)
    opaque: bool = False
    """Whether it is a media picture without transparency, whose edge can be invisible on paper."""
    digest: str = field(init=False, repr=False, compare=False)
    """SHA-256 of its bytes, in hexadecimal digits."""

    def __post_init__(self) -> None:
        """Compute the digest."""
        object.__setattr__(self, "digest", hashlib.sha256(self.data).hexdigest())


OPAQUE: Final = "#opaque"
"""Ends the address of such a picture in a page, for style sheets to know it by."""


ALERTS: Final = ("Note", "Tip", "Important", "Warning", "Caution")
"""Kinds of alerts; each is the title of its quotation (docs.github.com, "Basic writing", on alerts)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFigure:
    """A rendered figure: an asset, its texts, and its natural size in CSS pixels."""

    id: str
    asset: str
    alt: PlainText
    caption: str
    """The caption in the writer's text format; empty if there is none."""
    width: float
    height: float
    drawn: bool
    """True if the pipeline drew it (dark mode can invert it), false for a media picture."""
    shown_width: str = ""
    """The width that the author chose: `50%` of the text's width or `240px`; empty for the natural one."""

    @property
    def style(self) -> str:
        """The CSS of its `img` element; empty if not needed."""
        return width_style(self.shown_width) if self.shown_width else ""


_NO_TEXT: Final = PlainText("")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedCard:
    """A link to another card of the deck."""

    id: str
    title: PlainText
    """Its title, or the beginning of its question."""
    included: bool
    """False if this export does not contain the card, so that a link would be broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClozeText:
    """A cloze for a format with cloze deletions."""

    text: str
    """The question with its deletions as `{{c1::hidden::hint}}`."""
    numbers: tuple[int, ...]
    """The distinct numbers of its deletions, sorted."""
    remark: str
    """The answer in addition to the deletions; empty if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedField:
    """A filled field of a card of a deck's own note type."""

    key: str
    name: str
    """What people see."""
    kind: FieldKind
    content: str
    """In the writer's text format: blocks for the kinds `text` and `list`, otherwise within a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFace:
    """A card that a note of a deck's own type makes: front and back as Anki shows them, in the writer's text format."""

    key: str
    name: str
    """What people see."""
    number: int
    """The position of the face in its note type, from 0; faces that the note does not make are left out."""
    front: str
    back: str
    """The back without the front."""
    typed: PlainText
    """The answer to type; else empty."""
    hint: str
    """What the front shows on request; else empty."""
    hint_name: str
    """What people see as the name of the hint's field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceTemplate:
    """A face of a note type: its sides in the writer's text format, with fields and conditions."""

    key: str
    name: str
    front: tuple[TemplateNode, ...]
    back: tuple[TemplateNode, ...]
    needs: tuple[str, ...]
    """The keys of the fields without which a note does not make this card."""
    type_in: str
    """The key of the field to type; else empty."""
    hint: str
    """The key of the field that the front shows on request; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedNoteType:
    """A note type of the deck with the templates of its faces."""

    key: str
    name: str
    faces: tuple[FaceTemplate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedCard:
    """A card rendered for a writer: texts are HTML fragments or Markdown, titles plain text."""

    id: str
    title: PlainText
    """Its title; empty if it has none. For lists, there is `label`."""
    kind: CardKind
    status: Status
    difficulty: Difficulty | None
    tags: tuple[str, ...]
    question: str
    """The question; of a cloze, the text with blanks."""
    answer: str
    """The answer; of a cloze, the text with its deletions filled in, and the answer below."""
    details: str
    typed: PlainText
    """The one-line answer of a typed card; else empty."""
    figures: tuple[RenderedFigure, ...]
    """The figures that no text refers to; the others are part of the texts."""
    references: tuple[str, ...]
    related: tuple[RelatedCard, ...]
    assets: tuple[str, ...]
    """The names of all assets of the card, sorted."""
    cloze: ClozeText | None = None
    """The text of a cloze, if requested by `Capabilities.cloze`."""
    replacement: RelatedCard | None = None
    """The card that replaces a retired one, if there is one."""
    path: str = ""
    """The path of its file in the project; empty if unknown."""
    note_type: str = ""
    """The key of the deck's own note type (`settings.note_types`); empty for the built-in kinds.

    Then `question` and `answer` are those of a face, or show all faces or the record, as the note type's `show` says.
    """
    fields: tuple[RenderedField, ...] = ()
    """The filled fields of a note type, in its order."""
    faces: tuple[RenderedFace, ...] = ()
    """The faces that the note makes, in order."""
    face: str = ""
    """The key of the face that this card is, after the first one; its `id` ends with a dot and this key."""
    question_label: PlainText = _NO_TEXT
    """The beginning of its question on one line, if it has no title; empty otherwise."""
    guid: str = ""
    """The GUID that its author wrote; empty for the one that is derived from the ID."""
    digest: str = field(default="", init=False, compare=False, repr=False)
    """A digest of everything except the related cards, the replacement and the path; empty if unknown.

    `dataclasses.replace` does not copy it.
    """

    @property
    def source_id(self) -> str:
        """Return the ID in its file."""
        return self.id.removesuffix(f".{self.face}") if self.face else self.id

    @property
    def label(self) -> PlainText:
        """Return what stands for it in lists, links and names: its title, or the beginning of its question."""
        return self.title or self.question_label


def shown_faces(card: RenderedCard, settings: DeckSettings) -> tuple[RenderedFace, ...]:
    """Return the faces that a format shows one by one; none for a built-in kind or a note type that shows a record."""
    if not card.note_type or settings.note_types[card.note_type].show is Show.RECORD:
        return ()
    return card.faces


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedDeck:
    """The deck rendered for a writer."""

    settings: DeckSettings
    """Its settings, media and scripts; the rendered cards are in `cards`."""
    cards: tuple[RenderedCard, ...]
    assets: Mapping[str, Asset]
    description: str
    """The deck's description in the writer's text format."""
    faults: tuple[Finding, ...] = ()
    """Findings of rendering; a deck with errors is not written."""
    note_types: tuple[RenderedNoteType, ...] = ()
    """The deck's own note types."""
    math_style: str = ""
    """CSS for equations in this format, to add to the writer's own; empty if not needed."""
    code_style: str = ""
    """CSS for code on a light background, one rule per line, all selectors beginning with `.highlight`."""
    note_style: str = ""
    """The style sheets of note types, limited to elements within those of the class `note-KEY`, in which texts are."""
    code_style_dark: str = ""
    """The same for a dark background, to add under the writer's condition for dark mode."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file of an export: a path below the output folder, with forward slashes, and its bytes."""

    path: str
    data: bytes = field(repr=False)
    _digest: str = field(default="", init=False, repr=False, compare=False)

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.data)

    @property
    def digest(self) -> str:
        """Return the digest of the bytes, as in the manifest of the output folder; it is computed once."""
        if not self._digest:
            object.__setattr__(self, "_digest", file_digest(self.data))
        return self._digest

    def has(self, data: bytes) -> bool:
        """Return whether these are its bytes."""
        return self.data == data


class LazyArtefact(Artefact):
    """A file whose bytes are only read when they are needed: all pages of a large site would take much memory."""

    __slots__ = ("_load", "_size")
    _size: int
    _load: Callable[[], bytes]

    def __init__(self, path: str, size: int, digest: str, load: Callable[[], bytes]) -> None:
        for name, value in (("path", path), ("_size", size), ("_digest", digest), ("_load", load)):
            object.__setattr__(self, name, value)

    @property
    def data(self) -> bytes:
        """Return the bytes, which are read each time."""
        return self._load()

    @property
    def size(self) -> int:
        """Return the number of bytes, without reading them."""
        return self._size

    def has(self, data: bytes) -> bool:
        """Return whether these are its bytes, by their digest."""
        return len(data) == self._size and file_digest(data) == self._digest


def file_digest(data: bytes) -> str:
    """Return the digest of an exported file: BLAKE2b of 32 bytes, in hexadecimal digits."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterOption:
    """A setting of a writer, available as `--FORMAT-NAME` and as `formats: {FORMAT: {NAME: …}}` in `deck.yaml`."""

    name: str
    choices: tuple[str, ...]
    default: str
    help: str
    form: str = ""
    """A regular expression that other values must match completely; empty if there are none."""
    form_name: str = ""
    """The name of such a value in help and messages: `WIDTHxHEIGHTmm`."""
    flag: str = ""
    """A short flag in addition to `--FORMAT-NAME`, without dashes: lower-case words with hyphens; empty for none.

    Writers that have the same flag for the same values share it.
    """
    bare: str = ""
    """The value that the short flag sets if it takes no value."""
    named: bool = False
    """Whether files are named after a value that is not the deck's default."""

    @property
    def values(self) -> tuple[str, ...]:
        """Describe the accepted values; empty if any text is accepted."""
        return (*self.choices, self.form_name) if self.form else self.choices

    def takes(self, value: str) -> bool:
        """Return whether a value is accepted: one of the choices or of the form; any text if there are neither."""
        if value in self.choices or not (self.choices or self.form):
            return True
        return bool(self.form) and re.fullmatch(self.form, value, re.ASCII) is not None


@runtime_checkable
class HasWarnings(Protocol):
    """A writer with warnings about its output that are not findings in cards."""

    def warnings(self, deck: RenderedDeck) -> Sequence[str]:
        """Return sentences for the terminal; empty if there are no warnings."""


@runtime_checkable
class HasRemarks(Protocol):
    """A writer whose settings decide what its output lacks."""

    def remarks(self, deck: RenderedDeck, options: Mapping[str, str]) -> Sequence[str]:
        """Return sentences for the terminal on what is left out or changed; empty if nothing is."""


class Memory(Protocol):
    """A cache of a writer's intermediate results across exports.

    A key contains everything that determines the value, its kind first; versions of cardpipe and of the packages that
    it needs are added to it.
    """

    def recall(self, key: Sequence[str | bytes]) -> bytes | None:
        """Return the value of a key, if it is cached."""

    def remember(self, key: Sequence[str | bytes], value: bytes) -> None:
        """Store a value."""


def as_text(card: RenderedCard) -> str:
    """Return text that differs for different cards, for keys of the memory: a card's digest, or all of its content."""
    if card.digest:
        return _TEXT.encode((card.digest, card.related, card.replacement, card.path))
    return _TEXT.encode(card)


def _values(part: Any) -> Any:
    return _getter(part.__class__)(part)


@functools.cache
def _getter(kind: Any) -> Callable[[Any], Any]:
    return attrgetter("value") if issubclass(kind, enum.Enum) else attrgetter(*kind.__slots__)


_TEXT: Final = json.JSONEncoder(ensure_ascii=False, default=_values)


def recalled(memory: Memory | None, key: Sequence[str | bytes], make: Callable[[], bytes]) -> bytes:
    """Return the value of a key from the cache; without one, or where it lacks the key, what `make` returns."""
    kept = memory.recall(key) if memory is not None else None
    if kept is not None:
        return kept
    made = make()
    if memory is not None:
        memory.remember(key, made)
    return made


@runtime_checkable
class Incremental(Protocol):
    """A writer that reuses intermediate results."""

    def write_incrementally(
        self,
        deck: RenderedDeck,
        options: Mapping[str, str],
        progress: Callable[[int, int], None],
        memory: Memory,
    ) -> Sequence[Artefact]:
        """Write like `write`, with cached results of earlier exports; the artefacts are the same without cache."""


FIGURES_OPTION = WriterOption(
    name="figures",
    choices=tuple(form.value for form in FigureForm),
    default=FigureForm.SVG.value,
    help="svg: figures as vectors; png: figures as PNG at double resolution, for programs that cannot show SVG.",
)
"""The option of writers whose files can be shown by programs without SVG support."""


@runtime_checkable
class Configurable(Protocol):
    """A writer whose capabilities depend on its settings."""

    def capabilities_with(self, options: Mapping[str, str]) -> Capabilities:
        """Return its capabilities with these settings."""


def capabilities_of(writer: Writer, options: Mapping[str, str]) -> Capabilities:
    """Return the capabilities of a writer with its settings."""
    return writer.capabilities_with(options) if isinstance(writer, Configurable) else writer.capabilities


@runtime_checkable
class AutoOptions(Protocol):
    """A writer with settings that depend on the machine."""

    def resolve_options(self, options: Mapping[str, str]) -> tuple[Mapping[str, str], Sequence[str]]:
        """Return the resolved settings, and sentences for the terminal on unexpected choices.

        Raises UsageError if there is no usable choice on this machine.
        """


@runtime_checkable
class HasTools(Protocol):
    """A writer that uses a tool that is not a dependency of cardpipe."""

    def tools(self, options: Mapping[str, str]) -> Sequence[str]:
        """Return names and versions of its tools, which are part of cache keys; raises UsageError if one is missing."""


class Writer(Protocol):
    """A plug-in of the group `cardpipe.writers`: converts a rendered deck to artefacts in memory."""

    @property
    def name(self) -> str:
        """The format's name on the command line."""

    @property
    def summary(self) -> str:
        """A one-line description for `cardpipe formats`."""

    @property
    def capabilities(self) -> Capabilities:
        """The writer's capabilities."""

    @property
    def options(self) -> Sequence[WriterOption]:
        """The writer's settings."""

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """Return the artefacts; the report names the first one (or its folder)."""
