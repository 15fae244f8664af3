"""The note types: fields, templates, style, and constant ids by which Anki recognises renamed ones.

Fields are a promise. Anki ties a learner's notes to their order, so a new field takes the place of a spare one and
keeps that one's id; none is removed, none is moved.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from cardpipe.model import anki_identity as identity
from cardpipe.model.deck import CardKind
from cardpipe.model.languages import direction

if TYPE_CHECKING:
    from cardpipe.model.deck import DeckSettings
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

    @property
    def spare(self) -> bool:
        """Whether the field is unused."""
        return self.name.startswith("Spare ")


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
    foot = _foot(settings)

    def side(name: str) -> str:
        return spoken(_side(name), name, settings).replace('<div class="sheet', sheet).replace("%foot%\n", foot)

    return tuple(
        Template(f"Card {number}", side(f"{prefix}front"), side(f"{prefix}back"))
        for number, prefix in enumerate(_SIDES[kind], start=1)
    )


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


def _foot(settings: DeckSettings) -> str:
    address = settings.report_address(_ID_PLACE)
    if address is None:
        return ""
    # Anki puts the ID in; it is made of letters and digits, which any address can hold.
    href = html.escape(address).replace(_ID_PLACE, "{{ID}}")
    return own_text("templates/foot.html").replace("%address%", href)


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


def card_style(deck: RenderedDeck) -> str:
    """Return the stylesheet with additions for equations and code, in light and dark mode."""
    night = deck.code_style_dark.replace(".highlight", ".nightMode .highlight")
    return "\n".join(part for part in (style(), deck.math_style, deck.code_style, night) if part)


def own_text(name: str) -> str:
    """Return a file of this package."""
    # A checkout may have turned line ends into CRLF; they are part of the package's bytes.
    return (files("cardpipe.writers.anki") / name).read_text(encoding="utf-8").replace("\r\n", "\n")
