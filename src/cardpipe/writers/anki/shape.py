"""The whole shape of a note type in Anki: fields, templates and style, for built-in kinds and a deck's own types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cardpipe.model import anki_identity as identity
from cardpipe.writers.anki.adopted import AdoptedNoteType
from cardpipe.writers.anki.note_type import NoteType, Template, card_style, templates
from cardpipe.writers.anki.origin import IMPORTED, deck_facts, declaration, templates_digest
from cardpipe.writers.anki.own_types import OwnNoteType, own_templates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.writers.api import RenderedDeck


@dataclass(frozen=True, slots=True)
class NoteTypeShape:
    """A note type with its templates, their constant ids, and its style sheet."""

    note_type: NoteType
    templates: tuple[Template, ...]
    template_ids: tuple[int | None, ...]
    """None where an adopted note type has none."""
    style: str
    origin: Mapping[str, Any] = field(default_factory=dict)
    """What an import of the package needs to restore the source."""


class NoteTypeShapes:
    """The shapes of a deck's note types, each made once."""

    def __init__(self, deck: RenderedDeck) -> None:
        self._deck = deck
        self._style = card_style(deck)
        self._made: dict[str, NoteTypeShape] = {}

    def of(self, note_type: NoteType) -> NoteTypeShape:
        """Return the shape of a note type."""
        if note_type.kind not in self._made:
            self._made[note_type.kind] = self._shape(note_type)
        return self._made[note_type.kind]

    def _shape(self, note_type: NoteType) -> NoteTypeShape:
        settings = self._deck.settings
        facts: dict[str, Any] = {"deck": deck_facts(settings)}
        if isinstance(note_type, OwnNoteType):
            rendered = next(each for each in self._deck.note_types if each.key == note_type.key)
            declared = settings.note_types[note_type.key]
            own = settings.style_of(declared)
            made = own_templates(note_type, rendered, settings)
            style = "\n".join(filter(None, [self._style, own]))
            sides = (side for template in made for side in (template.front, template.back))
            facts |= {"type": declaration(declared, own), "digest": templates_digest(sides, style)}
            return NoteTypeShape(note_type, made, tuple(place.id for place in note_type.faces), style, facts)
        if isinstance(note_type, AdoptedNoteType):
            ids = tuple(one.id for one in note_type.source.templates)
            imported = settings.lock.imported if settings.lock is not None else 0
            origin = {IMPORTED: imported} if imported else {}
            return NoteTypeShape(note_type, note_type.templates, ids, note_type.source.css, origin)
        made = templates(note_type.kind, settings)
        ids = tuple(identity.template_id(note_type.kind, template.name) for template in made)
        return NoteTypeShape(note_type, made, ids, self._style, facts)
