"""The field table of `source/deck.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.card_ids import ANY_PREFIX, DEFAULT_FORM, ID_FORMS, form_of
from cardpipe.model.deck import (
    DeckSettings,
    Difficulty,
    Edition,
    EditionPart,
    FrontPart,
    LintSettings,
    Macro,
    Preset,
    SiteSettings,
    Subdeck,
    TagInfo,
)
from cardpipe.model.diagnostics import Finding
from cardpipe.source import bounds
from cardpipe.source.fields import (
    Boolean,
    Choice,
    Field,
    Integer,
    ListOf,
    MapOf,
    MapOrWord,
    Number,
    OneOf,
    Record,
    Text,
)
from cardpipe.source.note_type_fields import NOTE_TYPES, VOICE, note_types_of
from cardpipe.text.escaping import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.model.deck import FigureScript, Media, StyleSheet
    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.text.nodes import MapNode
    from cardpipe.text.positions import SourceFile, SourceText

_NOT_DEEPER: Final = rf"(?!(?:(?:(?!::)[^\n])*::){{{bounds.LEVELS}}})"
"""At most so many levels with “::” between them."""
# Anki separates tags by spaces and levels by “::”; other programs use commas and quotes.
TAG_NAME: Final = Text(
    single_line=True,
    pattern=_NOT_DEEPER + r"(?!::)[^\s,'\x22]+(?<!::)",
    pattern_doc="A tag cannot contain spaces, commas or quotes, cannot begin or end with “::”, "
    f"and has at most {bounds.LEVELS} levels.",
    max_length=bounds.TAG,
)
_PREFIX: Final = Text(
    pattern=ANY_PREFIX,
    pattern_doc="An ID prefix is letters, as in ML; before a slash also digits and hyphens, beginning with a letter.",
    max_length=40,
)
"""`checked_prefixes` checks whether the deck's IDs can have it."""
_SUBDECK_NAME: Final = Text(
    single_line=True,
    pattern=_NOT_DEEPER + r"(?!::)[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s](?<!::)",
    pattern_doc="A subdeck's name cannot begin or end with “::”, end with a space or contain control characters, "
    f"and has at most {bounds.LEVELS} levels.",
    max_length=bounds.LINE,
)
_DECK_NAME: Final = Text(
    single_line=True,
    pattern=_NOT_DEEPER + r"[^\n]+",
    pattern_doc=f"A deck's name can have at most {bounds.LEVELS} levels, separated by “::”.",
    max_length=bounds.LINE,
)
_LINE: Final = Text(single_line=True, max_length=bounds.LINE)
_NAME: Final = Text(single_line=True, any_scalar=True, max_length=bounds.TAG)
_MACRO_NAME: Final = Text(
    pattern="[A-Za-z]{1,40}",
    pattern_doc="A macro's name is 1 to 40 letters a to z or A to Z, without its backslash.",
)
_MACRO_BODY: Final = Text(any_scalar=True, max_length=bounds.MACRO)
_EDITION_NAME: Final = Text(
    pattern=r"[a-z0-9][a-z0-9-]*",
    pattern_doc="An edition's name must be lower-case letters a to z, digits and hyphens, not beginning with a hyphen.",
    max_length=40,
)

LINT_FIELDS: Final = (
    Field("select", ListOf(_NAME), "Rules to enable: codes, families such as `MTH`, or `ALL`.", example=["ALL"]),
    Field("ignore", ListOf(_NAME), "Rules to disable.", example=["WRD012"]),
    Field(
        "severity",
        MapOf(Choice(("error", "warning", "info")), key=_LINE),
        "Severities by rule: an error prevents exports, a warning prevents releases, an info neither.",
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
        "Safety rules to disable, each with the reason. Lint and `cardpipe diff` report "
        "them; exports stay safe, since rejected content is exported as plain text.",
        example={"MKU001": "old cards, to be rewritten by May"},
    ),
    Field(
        "spelling",
        Boolean(),
        "Whether to check spelling; requires the extra `cardpipe[spelling]`. Default: `false`.",
        example=True,
    ),
)
"""The keys of the lint settings."""

PRESET_FIELDS: Final = (
    Field("name", _LINE, "The preset's name. Default: the deck's name.", example="Interview in a month"),
    Field("new-per-day", Integer(min=0, max=9999), "New cards per day.", example=10),
    Field("reviews-per-day", Integer(min=0, max=9999), "Reviews per day.", example=200),
    Field(
        "desired-retention",
        Number(min=0.7, max=0.99),
        "The desired retention, for learners who use FSRS.",
        example=0.9,
    ),
)
"""The keys of the preset."""

EDITION_FIELDS: Final = (
    Field("title", _LINE, "The title that readers see with the deck's name.", example="Short answers"),
    Field("tags", ListOf(_NAME, min=1), "Only cards with one of these tags, or listed under `ids`.", example=["NN"]),
    Field("ids", ListOf(_NAME, min=1), "Only these cards, and those with one of the `tags`.", example=["ML0044"]),
    Field("without", ListOf(_NAME, min=1), "No cards with one of these tags.", example=["CNN"]),
    Field(
        "difficulty",
        ListOf(Choice(Difficulty), min=1),
        "Only cards of these difficulties; cards without a difficulty are left out.",
        example=["easy", "medium"],
    ),
    Field(
        "parts",
        ListOf(Choice(EditionPart)),
        "The parts that a card shows besides its question. Default: everything.",
        example=["answer"],
    ),
    Field(
        "link",
        Text(
            pattern=r'https?://[^\s<>"]+',
            pattern_doc="An address that begins with https:// or http://; {id} is replaced by the card's ID.",
            max_length=bounds.ADDRESS,
        ),
        "The address of the full card, printed on each card; `{id}` is replaced by its ID.",
        example="https://example.org/deck/{id}",
    ),
)
"""The keys of an edition."""

SITE_FIELDS: Final = (
    Field(
        "base_url",
        Text(
            pattern=r'https?://[^\s<>"{}?#]+',
            pattern_doc="An address that begins with https:// or http://, without `?` and `#`.",
            max_length=bounds.ADDRESS,
        ),
        "The address of the site's start page, for canonical links, previews, the feed and the site map.",
        example="https://example.org/deck/",
    ),
    Field(
        "edit_url",
        Text(
            pattern=r'https?://[^\s<>"{}]+(?:\{path\}[^\s<>"{}]*)+',
            pattern_doc="An address that begins with https:// or http:// and contains {path} for the card's file.",
            max_length=bounds.ADDRESS,
        ),
        "The address for editing a card, linked from its page; `{path}` is replaced by the path of its file.",
        example="https://example.org/deck/edit/main/{path}",
    ),
    Field(
        "robots",
        Choice(("allow", "deny")),
        "Whether search engines may list the site. Default: `allow`.",
        example="deny",
    ),
    Field(
        "card_pictures",
        Boolean(),
        "Whether previews of links to a card show a picture of its title and question, for which 12 kB are written per "
        "card. They need `base_url`. Default: false.",
        example="true",
    ),
)
"""The keys of the site's settings."""


MACRO_FIELDS: Final = (
    Field("args", Integer(min=0, max=9), "The number of arguments. Default: 0.", example=1),
    Field(
        "body",
        _MACRO_BODY,
        "What it stands for; `#1` is the first argument.",
        required=True,
        example=r"\lVert #1 \rVert",
    ),
)
"""The keys of a macro."""


def _macro(values: dict[str, Any], _node: MapNode) -> tuple[int, SourceText]:
    return values.get("args", 0), values["body"]


def _macro_from_text(text: SourceText) -> tuple[int, SourceText]:
    return 0, text


TTS_FIELDS: Final = (
    Field("question", VOICE, "The language of the questions.", example="en_US"),
    Field("answer", VOICE, "The language of the answers.", example="fr_FR"),
)
"""The parts of a card that Anki can read aloud."""

DECK_FIELDS: Final = (
    Field(
        "uid",
        Text(single_line=True, any_scalar=True, max_length=bounds.LINE),
        "The deck's unique ID, generated by `cardpipe init`. It must never change: learners' progress depends on it. "
        "Any text is allowed, but another deck must not have the same.",
        required=True,
        example="5b0f6c1e-6f0d-4c3e-9c0b-2f2f5f0a7a11",
    ),
    Field(
        "slug",
        Text(
            # Windows opens a device by the last names, whatever extension follows.
            pattern=r"(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$)[a-z0-9][a-z0-9-]*",
            pattern_doc="Lower-case letters a to z, digits and hyphens, no leading hyphen, no reserved Windows name.",
            max_length=100,
        ),
        "The base name of exported files: lower-case letters, digits and hyphens.",
        required=True,
        example="ml-interview",
    ),
    Field(
        "name", _DECK_NAME, "The deck's name, as learners see it.", required=True, example="Machine learning interview"
    ),
    Field(
        "language",
        Text(
            # Registered languages have two or three letters (RFC 5646, section 2.2.1), so “english” is none.
            pattern=r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*",
            pattern_doc="A language tag as in BCP 47: en, de, pt-BR.",
            max_length=bounds.NAME,
        ),
        "The language of the cards, as a BCP 47 tag.",
        required=True,
        example="en",
    ),
    Field("authors", ListOf(_LINE, min=1, max=bounds.AUTHORS), "The authors.", required=True, example=["Ada Lovelace"]),
    Field("licence", _LINE, "The licence, preferably as an SPDX identifier.", example="CC-BY-4.0"),
    Field(
        "description",
        Text(),
        "A description of the deck, in Markdown.",
        required=True,
        example="Questions and answers.",
    ),
    Field(
        "homepage",
        Text(
            pattern=r'https?://[^\s<>"]+',
            pattern_doc="An address that begins with https:// or http://.",
            max_length=bounds.ADDRESS,
        ),
        "The deck's home page.",
        example="https://example.org/deck",
    ),
    Field(
        "report",
        Text(
            pattern=r'(?:https?://|mailto:)[^\s<>"{}]+(?:\{id\}[^\s<>"{}]*)+',
            pattern_doc="An address (https://, http:// or mailto:) that contains {id} for the card's ID.",
            max_length=bounds.ADDRESS,
        ),
        "The address for error reports, linked from each card; `{id}` is replaced by its ID.",
        example="https://example.org/deck/issues/new?title={id}",
    ),
    Field(
        "tags",
        MapOrWord(MapOf(Text(max_length=bounds.DESCRIPTION), key=TAG_NAME), "open"),
        "The vocabulary: each tag (no spaces, commas or quotes; `::` separates levels) and its meaning. "
        "Cards cannot have other tags. With `open` instead of a vocabulary, any tag is allowed.",
        example={"NN": "Neural networks"},
    ),
    Field(
        "subdecks",
        MapOf(_SUBDECK_NAME, key=_PREFIX, min=1, max=bounds.SUBDECKS),
        "The subdeck for each ID prefix; `::` separates levels.",
        required=True,
        example={"ML": "Machine learning"},
    ),
    Field(
        "ids",
        Text(
            single_line=True,
            pattern=ID_FORMS,
            pattern_doc="Write {prefix}, then nothing, a hyphen, an underscore or a slash, then {number} or, with four "
            "digits, {number:4}; or write {prefix}/{name}.",
            max_length=bounds.NAME,
        ),
        "The form of card IDs: `{prefix}`, a separator (`-`, `_`, `/` or none) and `{number}`, which `{number:4}` pads "
        f"to four digits; or `{{prefix}}/{{name}}`. Default: `{DEFAULT_FORM}`.",
        example=DEFAULT_FORM,
    ),
    Field(
        "front",
        ListOf(Choice(FrontPart)),
        "What a card shows above its question; everything else is shown with the answer. `[]` shows nothing. Without "
        "the key, everything is shown.",
        example=["id"],
    ),
    Field(
        "preset",
        Record(PRESET_FIELDS),
        "Deck options for Anki. They are optional: learners tick “import any deck presets” to use them.",
        example={"new-per-day": 10, "desired-retention": 0.9},
    ),
    Field(
        "words",
        ListOf(_NAME),
        "Words and acronyms that need no explanation, and are not checked for spelling.",
        example=["ReLU", "SGD"],
    ),
    Field(
        "macros",
        MapOf(OneOf(_MACRO_BODY, Record(MACRO_FIELDS, _macro), _macro_from_text), key=_MACRO_NAME, max=bounds.MACROS),
        "TeX macros for all formulas of the deck, without their backslash: what each stands for, or also its number of "
        "arguments.",
        example={"RR": r"\mathbb{R}", "norm": {"args": 1, "body": r"\lVert #1 \rVert"}},
    ),
    Field(
        "tts",
        Record(TTS_FIELDS),
        "Parts of each card that Anki reads aloud with a voice of the learner's device, and their languages. Default: "
        "none.",
        example={"question": "en_US", "answer": "fr_FR"},
    ),
    Field(
        "lint",
        Record(LINT_FIELDS),
        "Lint settings. Rules on file structure, identity, releases and learners' safety cannot be disabled here.",
        example={"ignore": ["WRD012"], "severity": {"TAG002": "error"}},
    ),
    Field(
        "editions",
        MapOf(Record(EDITION_FIELDS), key=_EDITION_NAME, max=bounds.EDITIONS),
        "Named selections for `cardpipe export --edition NAME`; names are lower-case letters, digits and hyphens.",
        example={"short": {"title": "Short answers", "difficulty": ["easy"], "parts": ["answer"]}},
    ),
    Field(
        "site",
        Record(SITE_FIELDS),
        "Settings of the site that `cardpipe export --format site` writes.",
        example={"base_url": "https://example.org/deck/"},
    ),
    Field(
        "note_types",
        NOTE_TYPES,
        "Note types of the deck: named fields, and faces, the cards that a note makes of them.",
        example={
            "word": {
                "fields": {"word": "line", "meaning": "line"},
                "faces": {"meaning": {"front": "What does **{word}** mean?", "back": "{meaning}"}},
            }
        },
    ),
    Field(
        "formats",
        MapOf(MapOf(_NAME, key=_NAME), key=_NAME, nullable=True),
        "The formats that `cardpipe export` writes, in this order, each with its options or left empty.",
        example={"anki": {}, "pdf": {"paper": "a4"}},
    ),
)


def checked_prefixes(values: Mapping[str, Any], findings: list[Finding]) -> dict[str, Any]:
    """Return the values without subdecks whose prefix no ID can have, or that differs from another in case only."""
    form = form_of(values["ids"].text if "ids" in values else DEFAULT_FORM)
    seen: dict[str, str] = {}
    kept = []
    for prefix, name in values.get("subdecks", ()):
        same = seen.setdefault(prefix.text.casefold(), prefix.text)
        if form.takes_prefix(prefix.text) and same == prefix.text:
            kept.append((prefix, name))
            continue
        if same != prefix.text:
            advice = f"Choose another one: it differs from {same} only in case, which many file systems ignore."
        else:
            advice = f"A prefix is {form.prefix_described()}, as in {form.example()}."
        findings.append(
            Finding("SCH004", prefix.span(), f"Invalid value “{shortened(prefix.text)}” for an ID prefix.", help=advice)
        )
    return {**values, "subdecks": tuple(kept)} if "subdecks" in values else dict(values)


def deck_of(
    values: Mapping[str, Any],
    file: SourceFile,
    *,
    media: tuple[Media, ...],
    scripts: tuple[FigureScript, ...],
    styles: tuple[StyleSheet, ...] = (),
    lock: ReleaseLock | None = None,
    faulty: frozenset[str] = frozenset(),
) -> DeckSettings:
    """Build the deck without its cards from its decoded values, which must include all required ones."""
    formats = values.get("formats", ())
    tags = values.get("tags", ())
    return DeckSettings(
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
        ids=values.get("ids"),
        front=values.get("front"),
        formats=tuple(name for name, _ in formats),
        format_options={name.text: {key.text: value for key, value in options or ()} for name, options in formats},
        option_names=tuple(key for _, options in formats for key, _ in options or ()),
        media=media,
        scripts=scripts,
        file=file,
        lock=lock,
        faulty=faulty,
        lint=LintSettings(**{key.replace("-", "_"): value for key, value in values["lint"].items()})
        if "lint" in values
        else None,
        words=values.get("words", ()),
        tts=values.get("tts", {}),
        macros=tuple(Macro(name=name, args=args, body=body) for name, (args, body) in values.get("macros", ())),
        site=_site_of(values.get("site", {})),
        note_types={note_type.key.text: note_type for note_type in note_types_of(values.get("note_types", ()))},
        styles=styles,
        editions=tuple(_edition_of(name, keys) for name, keys in values.get("editions", ())),
    )


def _preset_of(values: Mapping[str, Any]) -> Preset:
    return Preset(
        name=values.get("name"),
        new_per_day=values.get("new-per-day"),
        reviews_per_day=values.get("reviews-per-day"),
        desired_retention=values.get("desired-retention"),
    )


def _site_of(values: Mapping[str, Any]) -> SiteSettings:
    return SiteSettings(
        base_url=values.get("base_url"),
        edit_url=values.get("edit_url"),
        robots=values.get("robots", "allow") == "allow",
        card_pictures=values.get("card_pictures", False),
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
