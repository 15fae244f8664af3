"""The keys of `source/deck.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.deck import Deck, Difficulty, Edition, EditionPart, LintSettings, Preset, Subdeck, TagInfo
from cardpipe.source import bounds
from cardpipe.source.fields import Boolean, Choice, Field, Integer, ListOf, MapOf, MapOrWord, Number, Record, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.model.deck import FigureScript, Media
    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.text.positions import SourceFile, SourceText

_NOT_DEEPER: Final = rf"(?!(?:(?:(?!::)[^\n])*::){{{bounds.LEVELS}}})"
"""At most so many levels with “::” between them."""
# Anki's tags are parted by spaces and its hierarchy by “::”; commas and quotes part them in other programs.
TAG_NAME: Final = Text(
    single_line=True,
    pattern=_NOT_DEEPER + r"(?!::)[^\s,'\x22]+(?<!::)",
    pattern_doc="A tag has no spaces, commas or quotes, does not begin or end with “::”, "
    f"and has at most {bounds.LEVELS} levels.",
    max_length=bounds.TAG,
)
_PREFIX: Final = Text(pattern=r"[A-Z]{2,8}", pattern_doc="An ID prefix is two to eight capital letters, as in ML.")
_SUBDECK_NAME: Final = Text(
    single_line=True,
    pattern=_NOT_DEEPER + r"(?!::)[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s](?<!::)",
    pattern_doc="A subdeck's name does not begin or end with “::” or end with a space, has no control characters, "
    f"and has at most {bounds.LEVELS} levels.",
    max_length=bounds.LINE,
)
_DECK_NAME: Final = Text(
    single_line=True,
    pattern=_NOT_DEEPER + r"[^\n]+",
    pattern_doc=f"A deck's name has at most {bounds.LEVELS} levels, with “::” between them.",
    max_length=bounds.LINE,
)
_LINE: Final = Text(single_line=True, max_length=bounds.LINE)
_NAME: Final = Text(single_line=True, any_scalar=True, max_length=bounds.TAG)
_EDITION_NAME: Final = Text(
    pattern=r"[a-z0-9][a-z0-9-]*",
    pattern_doc="An edition's name has small letters a to z, digits and hyphens, no hyphen first.",
    max_length=40,
)

LINT_FIELDS: Final = (
    Field("select", ListOf(_NAME), "Only these rules: codes, families such as `MTH`, or `ALL`.", example=["ALL"]),
    Field("ignore", ListOf(_NAME), "Not these rules.", example=["REF005"]),
    Field(
        "severity",
        MapOf(Choice(("error", "warning", "info")), key=_LINE),
        "How bad a rule's findings are: an error stops an export, a warning a release, an info nothing.",
        example={"TAG002": "error"},
    ),
    Field(
        "per-path",
        MapOf(ListOf(_NAME), key=_LINE),
        "What is ignored in files whose path below `source/` matches a pattern.",
        example={"cards/old/*": ["MTH"]},
    ),
    Field(
        "allow-unsafe",
        MapOf(_LINE, key=_LINE),
        "Rules that keep learners safe and are off all the same, each with the reason. Lint and `cardpipe diff` show "
        "it; exports stay safe, so that what the rule refuses comes out as plain text.",
        example={"MKU001": "old cards, to be rewritten until May"},
    ),
    Field(
        "spelling",
        Boolean(),
        "Whether words are looked up in a dictionary; it needs the extra `cardpipe[spelling]`. Default: `false`.",
        example=True,
    ),
)
"""The keys of the lint settings."""

PRESET_FIELDS: Final = (
    Field("name", _LINE, "What the preset is called. Default: the deck's name.", example="Interview in a month"),
    Field("new-per-day", Integer(min=0, max=9999), "New cards a day.", example=10),
    Field("reviews-per-day", Integer(min=0, max=9999), "Reviews a day.", example=200),
    Field(
        "desired-retention",
        Number(min=0.7, max=0.99),
        "The chance to remember a card when it is due, for learners who use FSRS.",
        example=0.9,
    ),
)
"""The keys of the preset."""

EDITION_FIELDS: Final = (
    Field("title", _LINE, "What readers see beside the deck's name.", example="Short answers"),
    Field("tags", ListOf(_NAME, min=1), "Only cards with one of these tags, or named below `ids`.", example=["NN"]),
    Field("ids", ListOf(_NAME, min=1), "Only these cards, and those with one of the `tags`.", example=["ML0044"]),
    Field("without", ListOf(_NAME, min=1), "No cards with one of these tags.", example=["CNN"]),
    Field(
        "difficulty",
        ListOf(Choice(Difficulty), min=1),
        "Only cards of these difficulties; one that says nothing of it is left out.",
        example=["easy", "medium"],
    ),
    Field(
        "parts",
        ListOf(Choice(EditionPart)),
        "What a card shows beside its question. Default: everything.",
        example=["answer"],
    ),
    Field(
        "link",
        Text(
            pattern=r'https?://[^\s<>"]+',
            pattern_doc="An address that begins with https:// or http://; {id} stands for the card's ID.",
            max_length=bounds.ADDRESS,
        ),
        "Where the whole card is: printed on each card, with its ID for `{id}`.",
        example="https://example.org/deck/{id}",
    ),
)
"""The keys of an edition."""


DECK_FIELDS: Final = (
    Field(
        "uid",
        Text(single_line=True, any_scalar=True, max_length=bounds.LINE),
        "What makes this deck this deck, drawn by `cardpipe init`. It never changes: learners' progress hangs on it.",
        required=True,
        example="5b0f6c1e-6f0d-4c3e-9c0b-2f2f5f0a7a11",
    ),
    Field(
        "slug",
        Text(
            # Windows opens a device by the last names, whatever extension follows.
            pattern=r"(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$)[a-z0-9][a-z0-9-]*",
            pattern_doc="Small letters a to z, digits and hyphens, no hyphen first; no name that Windows reserves.",
            max_length=100,
        ),
        "File name of what is exported, without an extension: small letters, digits and hyphens.",
        required=True,
        example="ml-interview",
    ),
    Field(
        "name", _DECK_NAME, "The deck's name, as learners see it.", required=True, example="Machine learning interview"
    ),
    Field(
        "language",
        Text(
            pattern=r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*",
            pattern_doc="A language tag as in BCP 47: en, de, pt-BR.",
            max_length=bounds.NAME,
        ),
        "The cards' language, as a tag of BCP 47.",
        required=True,
        example="en",
    ),
    Field(
        "authors", ListOf(_LINE, min=1, max=bounds.AUTHORS), "Who wrote it.", required=True, example=["Ada Lovelace"]
    ),
    Field("licence", _LINE, "Under which terms others may use it; best an SPDX identifier.", example="CC-BY-4.0"),
    Field("description", Text(), "What the deck is, in Markdown.", required=True, example="Questions and answers."),
    Field(
        "homepage",
        Text(
            pattern=r'https?://[^\s<>"]+',
            pattern_doc="An address that begins with https:// or http://.",
            max_length=bounds.ADDRESS,
        ),
        "Where the deck lives.",
        example="https://example.org/deck",
    ),
    Field(
        "report",
        Text(
            pattern=r'(?:https?://|mailto:)[^\s<>"{}]+(?:\{id\}[^\s<>"{}]*)+',
            pattern_doc="An address (https://, http:// or mailto:) with {id} where the card's ID goes.",
            max_length=bounds.ADDRESS,
        ),
        "Where readers report an error; each card has a link to it, with its ID for `{id}`.",
        example="https://example.org/deck/issues/new?title={id}",
    ),
    Field(
        "tags",
        MapOrWord(MapOf(Text(max_length=bounds.DESCRIPTION), key=TAG_NAME), "open"),
        "The vocabulary: each tag (no spaces, commas or quotes; `::` makes levels) and what it means. "
        "A card has no other tags. With `open` in place of a vocabulary, cards may have any.",
        example={"NN": "Neural networks"},
    ),
    Field(
        "subdecks",
        MapOf(_SUBDECK_NAME, key=_PREFIX, min=1, max=bounds.SUBDECKS),
        "Which subdeck the cards of an ID prefix belong to; `::` makes levels.",
        required=True,
        example={"ML": "Machine learning"},
    ),
    Field(
        "preset",
        Record(PRESET_FIELDS),
        "Deck options for Anki. They are offered, not imposed: a learner ticks “import any deck presets” to take them.",
        example={"new-per-day": 10, "desired-retention": 0.9},
    ),
    Field(
        "words",
        ListOf(_NAME),
        "Words and acronyms that every learner of the deck knows: no rule asks for an explanation.",
        example=["ReLU", "SGD"],
    ),
    Field(
        "lint",
        Record(LINT_FIELDS),
        "Which rules count. Those on the form of files, on identity, on releases and on learners' safety always do.",
        example={"ignore": ["REF005"], "severity": {"TAG002": "error"}},
    ),
    Field(
        "editions",
        MapOf(Record(EDITION_FIELDS), key=_EDITION_NAME, max=bounds.EDITIONS),
        "Named selections for `cardpipe export --edition NAME`: small letters, digits and hyphens.",
        example={"short": {"title": "Short answers", "difficulty": ["easy"], "parts": ["answer"]}},
    ),
    Field(
        "formats",
        MapOf(MapOf(_NAME, key=_NAME), key=_NAME, nullable=True),
        "The formats that `cardpipe export` makes, in this order, each with its options or left empty.",
        example={"anki": {}, "pdf": {"paper": "a4"}},
    ),
)


def deck_of(
    values: Mapping[str, Any],
    file: SourceFile,
    *,
    media: tuple[Media, ...],
    scripts: tuple[FigureScript, ...],
    lock: ReleaseLock | None = None,
) -> Deck:
    """The deck with these decoded values, which hold all required ones; its cards are still to come."""
    formats = values.get("formats", ())
    tags = values.get("tags", ())
    return Deck(
        uid=values["uid"],
        slug=values["slug"],
        name=values["name"],
        language=values["language"],
        authors=values["authors"],
        licence=values.get("licence"),
        description=values["description"],
        homepage=values.get("homepage"),
        report=values.get("report"),
        preset=_preset_of(values["preset"]) if "preset" in values else None,
        tags=tuple(TagInfo(name, description) for name, description in tags) if tags != "open" else (),
        open_tags=tags == "open",
        subdecks=tuple(Subdeck(prefix, name) for prefix, name in values["subdecks"]),
        formats=tuple(name for name, _ in formats),
        format_options={name.text: {key.text: value for key, value in options or ()} for name, options in formats},
        option_names=tuple(key for _, options in formats for key, _ in options or ()),
        cards=(),
        media=media,
        scripts=scripts,
        file=file,
        lock=lock,
        lint=LintSettings(**{key.replace("-", "_"): value for key, value in values["lint"].items()})
        if "lint" in values
        else None,
        words=values.get("words", ()),
        editions=tuple(_edition_of(name, keys) for name, keys in values.get("editions", ())),
    )


def _preset_of(values: Mapping[str, Any]) -> Preset:
    return Preset(
        name=values.get("name"),
        new_per_day=values.get("new-per-day"),
        reviews_per_day=values.get("reviews-per-day"),
        desired_retention=values.get("desired-retention"),
    )


def _edition_of(name: SourceText, values: Mapping[str, Any]) -> Edition:
    return Edition(
        name=name,
        title=values.get("title"),
        tags=values.get("tags", ()),
        ids=values.get("ids", ()),
        without=values.get("without", ()),
        difficulty=values.get("difficulty", ()),
        parts=frozenset(values.get("parts", EditionPart)),
        link=values.get("link"),
    )
