r"""Show a note as Anki's reviewer does: its templates filled in, formulas typeset, in a page like the reviewer's.

Anki does it in this order: sections (`{{#Field}}`), fields with their filters, then MathJax on the finished page. Only
what our own templates use is supported; a test compares the result with that of Anki.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.writers.anki.decks import decks_of
from cardpipe.writers.anki.note_type import own_text
from cardpipe.writers.anki.notes import notes
from cardpipe.writers.anki.own_types import OwnNoteType
from cardpipe.writers.anki.shape import NoteTypeShapes
from cardpipe.writers.templating import finished, macros, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cardpipe.writers.api import RenderedDeck
    from cardpipe.writers.templating import Macros

    Typeset = Callable[[str, bool], str]
    """Returns the HTML of a formula, given its TeX and whether it is displayed."""

_SECTION: Final = re.compile(r"\{\{(?P<sign>[#^/])(?P<field>[^{}]+)\}\}")
_FIELD: Final = re.compile(r"\{\{(?:(?P<filter>[a-z]+):)?(?P<name>[^{}:]+)\}\}")
_SPOKEN: Final = re.compile(r"\{\{tts [a-z]{2,3}_[A-Z]{2}:[^{}]+\}\}")
"""What a device reads aloud."""
_CLOZE: Final = re.compile(r"\{\{c(?P<number>[0-9]+)::(?P<text>.*?)(?:::(?P<hint>.*?))?\}\}", re.DOTALL)
_SOUND: Final = re.compile(r"\[sound:(?P<name>[^\]\"<>]+)\]")
_FORMULA: Final = re.compile(r"\\\((?P<inline>.+?)\\\)|\\\[(?P<display>.+?)\\\]", re.DOTALL)
_ELEMENT: Final = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class ReviewedCard:
    """A card that Anki makes of a note."""

    number: int
    """The number of its template, or of its deletion."""
    front: str
    """HTML, with assets by their names."""
    back: str


class Reviewer:
    """Shows the note of the only card of a deck."""

    def __init__(self, deck: RenderedDeck, typeset: Typeset) -> None:
        self._deck = deck
        self._typeset = typeset
        self._note = next(notes(deck, decks_of(deck.settings)))
        self._macros = macros("anki/reviewer.html", deck.settings.language.text)

    @property
    def cards(self) -> Mapping[int, str]:
        """The cards that Anki makes of the note: the name of the face by number, empty in built-in kinds."""
        note_type = self._note.note_type
        faces = NoteTypeShapes(self._deck).of(note_type).templates if isinstance(note_type, OwnNoteType) else ()
        return {number + 1: faces[number].name if faces else "" for number in self._note.cards}

    def card(self, number: int) -> ReviewedCard:
        """Return both sides of a card."""
        note = self._note
        named = zip(note.note_type.filled, note.fields, strict=True)
        fields = {**{field.name: text for field, text in named}, "Tags": html.escape(" ".join(note.tags))}
        made = NoteTypeShapes(self._deck).of(note.note_type).templates
        template = made[0 if note.note_type.is_cloze else number - 1]
        front = _Side(self._macros, fields, number).filled(template.front)
        back = _Side(self._macros, fields, number, front=front).filled(template.back)
        return ReviewedCard(number, self._shown(front), self._shown(back))

    def document(self, side: str, number: int, *, night: bool, phone: bool) -> str:
        """Return a side of a card as a page like that of the reviewer, on a computer or a phone."""
        return render(
            "anki/reviewer_page.html",
            self._deck.settings.language.text,
            style=finished(f"{own_text('reviewer.css')}{NoteTypeShapes(self._deck).of(self._note.note_type).style}"),
            side=finished(side),
            number=number,
            night=night,
            phone=phone,
        )

    def _shown(self, side: str) -> str:
        sounding = _SOUND.sub(lambda match: str(self._macros.sound(match["name"])), side)
        return _FORMULA.sub(self._formula, sounding)

    def _formula(self, match: re.Match[str]) -> str:
        # Anki removes the elements of a deletion in a formula.
        tex = html.unescape(_ELEMENT.sub("", match["inline"] or match["display"]))
        return self._typeset(tex, match["display"] is not None)


@dataclass(frozen=True, slots=True)
class _Side:
    macros: Macros
    fields: Mapping[str, str]
    number: int
    front: str | None = None
    """None while the front itself is made."""

    def filled(self, template: str) -> str:
        """Return a template with the fields."""
        return _FIELD.sub(self._field, _SPOKEN.sub("", "".join(self._kept(template))))

    def _kept(self, template: str) -> Iterator[str]:
        """Return the parts of a template whose conditions hold."""
        hidden, depth, position = 0, 0, 0
        for match in _SECTION.finditer(template):
            if not hidden:
                yield template[position : match.start()]
            position = match.end()
            depth += -1 if match["sign"] == "/" else 1
            if match["sign"] == "/":
                hidden = 0 if depth < hidden else hidden
            elif not hidden and bool(self.fields.get(match["field"])) is (match["sign"] == "^"):
                hidden = depth
        yield template[position:]

    def _field(self, match: re.Match[str]) -> str:
        name, text = match["name"], self.fields.get(match["name"], "")
        if name == "FrontSide":
            return self.front or ""
        if match["filter"] == "cloze":
            return _CLOZE.sub(self._deletion, text)
        if match["filter"] == "type":
            return str(self.macros.typed(finished(text), answered=self.front is not None))
        if match["filter"] == "hint":
            return str(self.macros.hint(name, finished(text))) if text.strip() else ""
        return text

    def _deletion(self, match: re.Match[str]) -> str:
        number, text, hint = int(match["number"]), finished(match["text"]), match["hint"]
        shown = text if number != self.number or self.front is not None else None
        return str(self.macros.deletion(number, shown, finished(hint or ""), active=number == self.number))
