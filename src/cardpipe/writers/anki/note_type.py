"""The note types: fields, templates, style, and constant ids by which Anki recognises renamed ones.

Fields are a promise. Anki ties a learner's notes to their order, so a new field takes the place of a spare one and
keeps that one's id; none is removed, none is moved.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from cardpipe.model import anki_identity as identity
from cardpipe.model.deck import CardKind, FrontPart
from cardpipe.model.languages import direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.model.deck import DeckSettings
    from cardpipe.text.translation import Words
    from cardpipe.writers.api import RenderedDeck

SPARE_FIELDS = 6
"""The number of spare fields in the first release of cardpipe."""


_ID_PLACE = "CARDPIPE0000"
"""Stands for the card's ID in an address until it is encoded."""


@dataclass(frozen=True, slots=True)
class NoteField:
    """A field of a note type: its name, the name that its id is derived from, and a hint for Anki's editor."""

    name: str
    first_name: str
    description: str
    right_to_left: bool = False

    @property
    def spare(self) -> bool:
        """Whether the field is unused."""
        return re.fullmatch(r"Spare [0-9]+", self.name) is not None


def _field(name: str, description: str) -> NoteField:
    return NoteField(name, name, description)


FIELDS = (
    _field("ID", "The card's ID; it never changes."),
    _field("Title", "What the card is about, in a few words."),
    _field("Question", "What the card asks."),
    _field("Answer", "The short answer, as said aloud."),
    _field("Details", "What stands behind the short answer."),
    _field("Figures", "Figures that stand after the details."),
    _field("References", "Where to read on."),
    _field("Related", "Other cards of the deck."),
    _field("Difficulty", "easy, medium or hard."),
    NoteField("Notice", "Spare 1", "What learners should know of this card, such as that it is retired."),
    *(_field(f"Spare {number}", "Kept free for later releases.") for number in range(2, SPARE_FIELDS + 1)),
)
"""The fields of every note type, so that a table has the same columns for all kinds."""

FILLED_FIELDS = tuple(field for field in FIELDS if not field.spare)


@dataclass(frozen=True, slots=True)
class Template:
    """A card template: its name in Anki, and the HTML of its sides."""

    name: str
    front: str
    back: str


@dataclass(frozen=True, slots=True)
class NoteType:
    """A deck's note type for one card kind."""

    id: int
    name: str
    kind: str

    @property
    def is_cloze(self) -> bool:
        """Whether Anki makes a card for each number of a deletion."""
        return self.kind == CardKind.CLOZE.value

    @property
    def fields(self) -> tuple[NoteField, ...]:
        """Return all fields, in Anki's order."""
        return FIELDS

    @property
    def filled(self) -> tuple[NoteField, ...]:
        """Return the fields that have values; the spare ones come after them."""
        return FILLED_FIELDS

    def field_id(self, number: int) -> int | None:
        """Return the constant id of the field at a position; None if an adopted one has none."""
        return identity.field_id(self.kind, self.fields[number].first_name)


@cache
def note_type(deck_uid: str, kind: CardKind) -> NoteType:
    """Return a deck's note type for a card kind."""
    return NoteType(
        identity.note_type_id(deck_uid, kind.value), identity.note_type_name(deck_uid, kind.value), kind.value
    )


def card_count(kind: str) -> int:
    """Return the number of templates of a card kind's note type."""
    return len(_SIDES[kind])


_SIDES = {
    CardKind.BASIC.value: ("",),
    CardKind.REVERSED.value: ("", "reverse-"),
    CardKind.CLOZE.value: ("cloze-",),
    CardKind.TYPED.value: ("typed-",),
}
"""By card kind, the files of each template."""


def templates(kind: str, settings: DeckSettings) -> tuple[Template, ...]:
    """Return the templates of a note type in Anki's order, with the deck's language and address for error reports."""
    language = html.escape(settings.language.text)
    sheet = f'<div lang="{language}" dir="{direction(settings.language.text)}" class="sheet'
    report = foot(settings)

    def side(name: str) -> str:
        made = _side(name) if settings.front is None else _chosen(_side(name), settings.front)
        made = spoken(made, name, settings)
        return in_words(made, settings.catalogue).replace('<div class="sheet', sheet).replace("%foot%\n", report)

    return tuple(
        Template(f"Card {number}", side(f"{prefix}front"), side(f"{prefix}back"))
        for number, prefix in enumerate(_SIDES[kind], start=1)
    )


_HEAD = re.compile(r"<header .*?</header>\n?", re.DOTALL)
_MARKS = {FrontPart.ID: '"id"', FrontPart.DIFFICULTY: '"difficulty"', FrontPart.TAGS: '"tags"'}
_TITLE = '<p class="title">{{Title}}</p>\n'
_BACK = '<div class="sheet back">\n'


def _chosen(side: str, front: tuple[FrontPart, ...]) -> str:
    """Return a side that shows some parts above the question, and all others with the answer."""
    head, title = own_text("templates/head.html"), f"{{{{#Title}}}}{_TITLE.rstrip()}{{{{/Title}}}}\n"
    above = [mark for part, mark in _MARKS.items() if part in front]
    below = [mark for part, mark in _MARKS.items() if part not in front]
    is_titled = FrontPart.TITLE in front
    side = _HEAD.sub(_head(head, above), side, count=1).replace(_TITLE, title if is_titled else "")
    return side.replace(_BACK, f"{_BACK}{_head(head, below)}{'' if is_titled else title}")


def _head(head: str, marks: Sequence[str]) -> str:
    lines = [line for line in head.split("\n") if any(f"class={mark}" in line for mark in marks)]
    return "\n".join(['<header class="head">', *lines, "</header>", ""]) if lines else ""


def foot(settings: DeckSettings) -> str:
    """Return the foot of a back with the address for error reports; empty without one."""
    address = settings.report_address(_ID_PLACE)
    if address is None:
        return ""
    # Anki puts the ID in; it is made of letters and digits, which any address can hold.
    href = html.escape(address).replace(_ID_PLACE, "{{ID}}")
    return in_words(own_text("templates/foot.html"), settings.catalogue).replace("%address%", href)


def spoken(side: str, name: str, settings: DeckSettings) -> str:
    """Return a side that reads the deck's choice of fields aloud, right after they are shown.

    Anki does not read the front again on the back, nor what a typed answer hides (docs.ankiweb.net, "Text to speech").
    """
    for part, voice in settings.tts.items():
        field = part.capitalize()
        tag = f"{{{{tts {voice.text}:{field}}}}}"
        side = side.replace(f"{{{{{field}}}}}", f"{{{{{field}}}}}{tag}")
        side = side.replace(f"{{{{cloze:{field}}}}}", f"{{{{cloze:{field}}}}}{tag.replace(':', ':cloze:')}")
        if name.endswith("back"):
            side = side.replace(f"{{{{type:{field}}}}}", f"{{{{type:{field}}}}}{tag}")
    return side


def in_words(template: str, words: Words) -> str:
    """Return a template with the words of a language."""
    texts = {
        "%references%": words.gettext("References"),
        "%related%": words.gettext("Related cards"),
        "%reverse%": words.gettext("Which question has this answer?"),
        "%report%": words.gettext("Report an error"),
    }
    for place, text in texts.items():
        template = template.replace(place, html.escape(text, quote=False))
    return template


@cache
def _side(name: str) -> str:
    side = own_text(f"templates/{name}.html")
    for part in ("head", "rest"):
        side = side.replace(f"%{part}%", own_text(f"templates/{part}.html").strip())
    return side.strip() + "\n"


@cache
def style() -> str:
    """Return the stylesheet of all cards."""
    return own_text("style.css")


_CHOSEN = ".head {\n  margin-bottom: 0.5rem;\n}"
_WITHOUT_TITLE = ".title:empty {\n  display: none;\n}"


def card_style(deck: RenderedDeck) -> str:
    """Return the stylesheet with additions for equations and code, in light and dark mode."""
    untitled = "" if all(card.title for card in deck.cards) else _WITHOUT_TITLE
    chosen = "" if deck.settings.front is None else _CHOSEN
    night = deck.code_style_dark.replace(".highlight", ".nightMode .highlight")
    return "\n".join(part for part in (style(), untitled, chosen, deck.math_style, deck.code_style, night) if part)


def own_text(name: str) -> str:
    """Return a file of this package."""
    # A checkout may have turned line ends into CRLF; they are part of the package's bytes.
    return (files("cardpipe.writers.anki") / name).read_text(encoding="utf-8").replace("\r\n", "\n")
