r"""All that a writer of the group `cardpipe.writers` needs: the rendered deck, and what a writer makes of it.

A writer says as data what it can take (`Capabilities`); the pipeline renders once for each distinct set of
capabilities; the writer returns artefacts in memory. Nothing here asks which format it serves.

How rendered text refers to things, for the writer to rewrite as its format needs:

| what | `TextForm.HTML` | `TextForm.MARKDOWN` |
|---|---|---|
| an asset | `src="NAME"`, the bare asset name | `![alt](asset:NAME)` |
| a card | `href="#card-ID"` | `[text](card:ID)` |

A card is linked whether or not this export has it; a format without link targets drops the link and keeps its
text. No author can write a `src` of their own, nor a link to `asset:`.
`TextForm.HTML` is a fragment in the allow-list of `cardpipe.render.sanitise`, with these classes:

- `<figure class="figure drawn|media"><img src alt width height><figcaption>…` for a figure,
- `<img class="media" src alt width height>` for an author's file,
- `<span class="math inline">\(…\)</span>`, `<div class="equation">\[…\]</div>` with `MathForm.MATHJAX`,
- `<img class="math inline|display" src alt style>` with `MathForm.SVG` and `MathForm.FONTS`, display in
  `<div class="equation">`; with `read_aloud` in a `<span class="formula">`, before a `<math>` that stands for it where
  a page is read aloud,
- `<audio controls src title>`, `[sound:NAME]` or `<span class="sound">` for a sound, by `SoundForm`,
- `<span class="cloze blank">[…]</span>` and `<span class="cloze">…</span>` for a cloze's deletions,
- `<div class="table"><table>…` so that a wide table scrolls by itself,
- `<div class="highlight"><pre><code>…` with Pygments' short classes for code in a known language.
"""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from cardpipe.errors import RenderError, UsageError
from cardpipe.model.deck import CardKind, Deck, Difficulty, Status
from cardpipe.text.escaping import PlainText, anki_html, html_text, line, markdown_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.model.diagnostics import Finding

__all__ = [
    "ALERTS",
    "FIGURES_OPTION",
    "OPAQUE",
    "Adapting",
    "Artefact",
    "Asset",
    "Capabilities",
    "CardKind",
    "ClozeText",
    "Deck",
    "Difficulty",
    "Equipped",
    "FigureForm",
    "MathForm",
    "Memory",
    "PlainText",
    "RelatedCard",
    "Remarking",
    "Remembering",
    "RenderError",
    "RenderedCard",
    "RenderedDeck",
    "RenderedFigure",
    "SoundForm",
    "Status",
    "TextForm",
    "UsageError",
    "Writer",
    "WriterOption",
    "anki_html",
    "capabilities_of",
    "html_text",
    "line",
    "markdown_text",
]


class TextForm(enum.Enum):
    """What a writer wants a card's text as."""

    HTML = "html"
    MARKDOWN = "markdown"


class MathForm(enum.Enum):
    r"""What a writer wants an equation as: `\( \)` for MathJax, an SVG asset, or TeX between dollars.

    The asset of `SVG` is complete in itself, of `FONTS` smaller: its glyphs are text in the fonts of
    `cardpipe.mathjax.fonts`. The writer puts it into a page that has them (`writers.page.formulas`).
    """

    MATHJAX = "mathjax"
    SVG = "svg"
    FONTS = "fonts"
    TEX = "tex"


class FigureForm(enum.Enum):
    """What a writer wants a drawn figure as."""

    SVG = "svg"
    PNG = "png"


class SoundForm(enum.Enum):
    """What a writer wants a sound as: words for those who cannot hear it there, an element, or Anki's own mark."""

    WORDS = "words"
    ELEMENT = "element"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a writer can take."""

    text: TextForm
    math: MathForm
    figures: FigureForm = FigureForm.SVG
    sound: SoundForm = SoundForm.WORDS
    cloze: bool = False
    """Whether the format has clozes of its own, written as Anki writes them (`RenderedCard.cloze`)."""
    read_aloud: bool = False
    """Whether pictures of equations come with MathML, which programs that read a page aloud know to tell."""
    retired: bool = False
    """Whether retired cards are shipped: only where a learner could have got them before."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that rendered text refers to by its name.

    Cache keys take its digest: two assets can have the same name, in two layouts of a deck for example.
    """

    name: str
    media_type: str
    data: bytes = field(repr=False)
    opaque: bool = False
    """Whether it is an author's picture through which nothing can be seen, so that its edge may be lost on paper."""
    digest: str = field(init=False, repr=False, compare=False)
    """SHA-256 of its bytes, in hexadecimal digits."""

    def __post_init__(self) -> None:
        """Compute the digest, so that no asset is without one."""
        object.__setattr__(self, "digest", hashlib.sha256(self.data).hexdigest())


OPAQUE: Final = "#opaque"
"""Ends the address of such a picture in a page, for style sheets to know it by."""


ALERTS: Final = ("Note", "Tip", "Important", "Warning", "Caution")
"""Kinds of alerts; each is the title of its quotation (docs.github.com, "Basic writing", on alerts)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFigure:
    """A figure ready to place: an asset, its words, and its natural size in CSS pixels."""

    id: str
    asset: str
    alt: PlainText
    caption: str
    """In the writer's text form, empty where there is none."""
    width: float
    height: float
    drawn: bool
    """True where the pipeline drew it (dark mode may invert it), false for an author's own picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedCard:
    """A link to another card of the deck."""

    id: str
    title: PlainText
    included: bool
    """False where this export leaves that card out, so that a link would lead nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClozeText:
    """A cloze for a format that has clozes of its own."""

    text: str
    """The question with its deletions as `{{c1::hidden::hint}}`."""
    numbers: tuple[int, ...]
    """The distinct numbers of its deletions, sorted."""
    remark: str
    """What the author wrote as the answer beside the deletions, empty for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedCard:
    """A card in the form that a writer takes: texts are HTML fragments or Markdown, titles plain text."""

    id: str
    title: PlainText
    kind: CardKind
    status: Status
    difficulty: Difficulty | None
    tags: tuple[str, ...]
    question: str
    """Of a cloze, the text with blanks."""
    answer: str
    """Of a cloze, the text filled in, and below it what else the author wrote."""
    details: str
    typed: PlainText
    """Of a card to type, the answer in one line; else empty."""
    figures: tuple[RenderedFigure, ...]
    """The figures that no text of the card places; those that a text places stand in it."""
    references: tuple[str, ...]
    related: tuple[RelatedCard, ...]
    assets: tuple[str, ...]
    """Names of all assets that any part of the card refers to, sorted."""
    cloze: ClozeText | None = None
    """Of a cloze, if `Capabilities.cloze` asks for it."""
    replacement: RelatedCard | None = None
    """What takes a retired card's place, if anything does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedDeck:
    """The deck in the form that a writer takes."""

    deck: Deck
    """Its settings, media and scripts; what it has of cards is in `cards`."""
    cards: tuple[RenderedCard, ...]
    assets: Mapping[str, Asset]
    description: str
    """The deck's description in the writer's text form."""
    faults: tuple[Finding, ...] = ()
    """What the source got wrong and only drawing could find; such a deck is not written."""
    math_style: str = ""
    """CSS that equations need in this form, to be put beside the writer's own; empty where they need none."""
    code_style: str = ""
    """CSS that colours code on a light ground, one rule a line, each of its selectors beginning with `.highlight`."""
    code_style_dark: str = ""
    """The same for a dark ground, for the writer to put under what says dark there."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file of an export: a path below the output folder, with forward slashes, and its bytes."""

    path: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterOption:
    """A setting of a writer, offered as `--FORMAT-NAME` and as `formats: {FORMAT: {NAME: …}}` in `deck.yaml`."""

    name: str
    choices: tuple[str, ...]
    default: str
    help: str
    form: str = ""
    """A regular expression that values beside the choices match whole; empty where there are none."""
    form_name: str = ""
    """What such a value is called in help and messages: `WIDTHxHEIGHTmm`."""
    flag: str = ""
    """A short flag beside `--FORMAT-NAME`, without dashes: small letters in words with hyphens; empty for none.

    Writers that have the same flag for the same values share it.
    """
    bare: str = ""
    """Where the short flag takes no value, the value that it stands for."""
    named: bool = False
    """Whether another value than the deck's usual one is so different a product that its files are named for it."""

    @property
    def values(self) -> tuple[str, ...]:
        """What it takes, for people to read; empty where it takes any text."""
        return (*self.choices, self.form_name) if self.form else self.choices

    def takes(self, value: str) -> bool:
        """Whether a value is one of the choices or of the form beside them; without either, any text is."""
        if value in self.choices or not (self.choices or self.form):
            return True
        return bool(self.form) and re.fullmatch(self.form, value, re.ASCII) is not None


@runtime_checkable
class Remarking(Protocol):
    """A writer that has something to say about what it wrote: what a user should know, and no finding in the cards."""

    def remarks(self, deck: RenderedDeck) -> Sequence[str]:
        """Sentences for the terminal; empty where all is well."""


class Memory(Protocol):
    """What a writer made on the way to its artefacts, kept from export to export.

    A key is everything that shapes the value, and says first what it is; versions of cardpipe and of the packages that
    it needs are added to it.
    """

    def recall(self, key: Sequence[str | bytes]) -> bytes | None:
        """The value that was kept under a key, if it is still there."""

    def remember(self, key: Sequence[str | bytes], value: bytes) -> None:
        """Keep a value."""


@runtime_checkable
class Remembering(Protocol):
    """A writer that makes again only what changed."""

    def write_anew(
        self,
        deck: RenderedDeck,
        options: Mapping[str, str],
        progress: Callable[[int, int], None],
        memory: Memory,
    ) -> Sequence[Artefact]:
        """As `write`, with what was kept of former exports; the artefacts are the same with any memory."""


FIGURES_OPTION = WriterOption(
    name="figures",
    choices=tuple(form.value for form in FigureForm),
    default=FigureForm.SVG.value,
    help="svg: drawn figures as vectors; png: as pixels, two for each of a screen's, where a program shows no vectors.",
)
"""For a writer whose files may be shown by programs that know no SVG."""


@runtime_checkable
class Adapting(Protocol):
    """A writer whose settings decide on what it can take."""

    def capabilities_with(self, options: Mapping[str, str]) -> Capabilities:
        """What it can take with these settings."""


def capabilities_of(writer: Writer, options: Mapping[str, str]) -> Capabilities:
    """What a writer can take with its settings."""
    return writer.capabilities_with(options) if isinstance(writer, Adapting) else writer.capabilities


@runtime_checkable
class Settling(Protocol):
    """A writer that leaves some settings to the machine on which it runs."""

    def settled(self, options: Mapping[str, str]) -> tuple[Mapping[str, str], Sequence[str]]:
        """The settings with what this machine decides, and sentences for the terminal on what a user would not expect.

        Raises UsageError where this machine offers nothing that would do.
        """


@runtime_checkable
class Equipped(Protocol):
    """A writer that uses something which is not among cardpipe's own requirements."""

    def tools(self, options: Mapping[str, str]) -> Sequence[str]:
        """Its name and version, for output is made anew with another one; raises UsageError where it is missing."""


class Writer(Protocol):
    """A plug-in of the group `cardpipe.writers`: a rendered deck to artefacts; it never touches the disk."""

    @property
    def name(self) -> str:
        """The format's name, as a user types it."""

    @property
    def summary(self) -> str:
        """One line for `cardpipe formats`."""

    @property
    def capabilities(self) -> Capabilities:
        """What the writer can take."""

    @property
    def options(self) -> Sequence[WriterOption]:
        """The writer's settings."""

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """Make the artefacts; the first is the one that the report names (or its folder)."""
