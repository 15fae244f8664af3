"""Our note type: its fields, its template, its style, and the constant ids that let Anki follow a renaming.

Fields are a promise. Anki ties a learner's notes to their order, so a new field takes the place of a spare one and
keeps that one's id; none is removed, none is moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from cardpipe import identity

if TYPE_CHECKING:
    from cardpipe.model import CardKind
    from cardpipe.rendered import RenderedDeck

SPARE_FIELDS = 6


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the note type: its name today, the name that its id comes from, and a hint for Anki's editor."""

    name: str
    first_name: str
    description: str

    @property
    def spare(self) -> bool:
        """True while nothing has been put into it yet."""
        return self.name.startswith("Spare ")


def _field(name: str, description: str) -> Field:
    return Field(name, name, description)


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
    *(_field(f"Spare {number}", "Kept free for later releases.") for number in range(1, SPARE_FIELDS + 1)),
)

FILLED_FIELDS = tuple(field for field in FIELDS if not field.spare)

TEMPLATE_NAME = "Card 1"


@dataclass(frozen=True, slots=True)
class NoteType:
    """A deck's note type for one card kind."""

    id: int
    name: str
    kind: str


def note_type(deck_uid: str, kind: CardKind) -> NoteType:
    """The note type that a deck uses for a card kind."""
    return NoteType(
        identity.note_type_id(deck_uid, kind.value),
        identity.note_type_name(deck_uid, kind.value),
        kind.value,
    )


@cache
def template(side: str) -> str:
    """The HTML of a card's side, `front` or `back`."""
    return _text(f"{side}.html")


@cache
def style() -> str:
    """The stylesheet of all cards."""
    return _text("style.css")


def card_style(deck: RenderedDeck) -> str:
    """Our stylesheet with what the deck's equations and code need, by day and by night."""
    night = deck.code_style_dark.replace(".highlight", ".nightMode .highlight")
    return "\n".join(part for part in (style(), deck.math_style, deck.code_style, night) if part)


def _text(name: str) -> str:
    # A checkout may have turned line ends into CRLF; they are part of the package's bytes.
    return (files("cardpipe.writers.anki") / name).read_text(encoding="utf-8").replace("\r\n", "\n")
