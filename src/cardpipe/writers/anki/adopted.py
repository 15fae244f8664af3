"""Notes in adopted note types: the parts of a card in the fields that learners have.

A part without a field stands below the text of another field if that cannot give away an answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardpipe.model.adopted import MORE_PARTS, AdoptedType, adopted_type
from cardpipe.model.deck import CardKind
from cardpipe.model.note_types import EMPTY
from cardpipe.text.anki_templates import makes_card
from cardpipe.writers.anki.note_type import NoteField, NoteType, Template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.model.deck import DeckSettings
    from cardpipe.writers.api import RenderedCard

_PARAGRAPH = re.compile(r"<p>((?:(?!</?p[ >]).)*)</p>\s*", re.DOTALL)
"""A text that is one paragraph."""
_SIZED = re.compile(r'(<img(?P<media> class="media")? src="[^"<>]*" alt="[^"<>]*") width="(?P<width>\d+)" height="\d+"')
_YES = "y"
"""What makes the reversed card of a note type with such a field."""


@dataclass(frozen=True, slots=True)
class AdoptedNoteType(NoteType):
    """An adopted note type; its `kind` is the key of its file."""

    source: AdoptedType

    @property
    def is_cloze(self) -> bool:
        """Whether Anki makes a card for each number of a deletion."""
        return self.source.is_cloze

    @property
    def fields(self) -> tuple[NoteField, ...]:
        """Return all fields, in Anki's order."""
        return tuple(NoteField(one.name.text, one.name.text, "", one.right_to_left) for one in self.source.fields)

    @property
    def filled(self) -> tuple[NoteField, ...]:
        """Return all fields: none is spare."""
        return self.fields

    def field_id(self, number: int) -> int | None:
        """Return the constant id of the field at a position, if it has one."""
        return self.source.fields[number].id

    @property
    def templates(self) -> tuple[Template, ...]:
        """Return the templates in Anki's order."""
        pairs = zip(self.source.templates, self.source.sides, strict=True)
        return tuple(Template(one.name.text, front, back) for one, (front, back) in pairs)

    @staticmethod
    def sized(html: str) -> str:
        """Return HTML whose pictures keep their shape without cardpipe's style sheet.

        Anki limits the width and the height of pictures. A size that is given in both directions is then distorted, so
        files of the author have none, and figures, whose files can have more pixels, have only a width.
        """
        return _SIZED.sub(lambda match: match[1] + ("" if match["media"] else f' width="{match["width"]}"'), html)

    def values(self, parts: Mapping[str, str]) -> tuple[str, ...]:
        """Return the HTML of the fields, given that of a card's parts."""
        below = self.source.below
        held = self.source.held
        homeless = [parts[name] for name in ("details", *MORE_PARTS) if name not in held and parts.get(name)]

        def value(name: str) -> str:
            texts = [parts.get(name, ""), *(homeless if name == below else ())]
            filled = [text for text in texts if text]
            # Templates of Anki put a field into a line of their own text.
            alone = _PARAGRAPH.fullmatch(filled[0]) if len(filled) == 1 else None
            return alone[1] if alone is not None else "\n\n".join(filled)

        return tuple(value(one.holds.text) if one.holds is not None else "" for one in self.source.fields)

    def shipped(self, parts: Mapping[str, str]) -> dict[str, str]:
        """Return the parts of a card that its note has."""
        more = {"details", *MORE_PARTS} if self.source.below else set()
        return {name: text for name, text in parts.items() if text and (name in self.source.held or name in more)}

    def cards(self, values: tuple[str, ...]) -> tuple[int, ...]:
        """Return the templates of which Anki makes cards; the first one if there would be none."""
        pairs = zip(self.source.fields, values, strict=True)
        filled = {one.name.text for one, value in pairs if EMPTY.fullmatch(value) is None}
        numbers = [number for number, (front, _) in enumerate(self.source.sides) if makes_card(front, filled)]
        return tuple(numbers) or (0,)


def adopted_note_type(card: RenderedCard, guid: str, settings: DeckSettings) -> AdoptedNoteType | None:
    """Return the adopted note type in which a card is shipped; None for one of cardpipe's."""
    found = adopted_type(settings, card.note_type or card.kind.value, guid)
    return AdoptedNoteType(found.id, found.name.text, found.key, found) if found is not None else None


def reverse(card: RenderedCard) -> str:
    """Return what the field holds that makes the reversed card."""
    return _YES if card.kind is CardKind.REVERSED and card.answer else ""
