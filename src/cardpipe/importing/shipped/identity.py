"""What the cards of a package of cardpipe keep: the uid of their deck, their IDs, and the subdecks of prefixes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cardpipe.importing.shipped.notes import note_id, stem_of
from cardpipe.importing.shipped.types import text_of, uid_of
from cardpipe.model.anki_identity import note_guid
from cardpipe.model.card_ids import DEFAULT_FORM, form_of, id_prefix
from cardpipe.source import bounds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.importing.api import ImportedNote
    from cardpipe.importing.shipped.types import ShippedType
    from cardpipe.model.card_ids import IdForm

_DIGITS: Final = (":4", *(f":{count}" for count in (3, 2, 1, 5, 6, 7, 8)), "")
_FORMS: Final = (
    DEFAULT_FORM,
    *(f"{{prefix}}{separator}{{number{digits}}}" for separator in ("", "-", "_", "/") for digits in _DIGITS),
    "{prefix}/{name}",
)
"""The forms of IDs in the order in which they are tried."""


@dataclass(slots=True)
class ShippedDeck:
    """The deck of the notes of cardpipe's packages; without any, everything in it is empty."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the packages say of it, unchecked; empty if they differ."""
    template: str = DEFAULT_FORM
    """The form of the IDs."""
    decks: dict[str, str] = field(default_factory=dict)
    """The full name of the deck of each ID."""
    _stems: set[str] | None = None

    @property
    def uid(self) -> str:
        """The uid; empty if it is unknown."""
        return uid_of(self.facts)

    @property
    def form(self) -> IdForm:
        """The form of the IDs."""
        return form_of(self.template)

    def add(self, shipped: ShippedType, note: ImportedNote, deck: str) -> None:
        """Take the ID of a note into account; of two notes with the same, the first has it."""
        card_id = note_id(shipped, note.fields)
        if card_id:
            self.decks.setdefault(card_id, deck)

    def finish(self, types: list[ShippedType]) -> None:
        """Find the facts and the form of the IDs."""
        if len({one.uid for one in types}) == 1 and types[0].uid:
            self.facts = types[0].facts
        template = text_of(self.facts, "ids", bounds.LINE)
        forms = (template, *_FORMS) if template else _FORMS
        for one in forms:
            if all(form_of(one).matches(card_id) for card_id in self.decks):
                self.template = one
                return
        # Other IDs are made for the cards that do not fit.
        self.decks = {card_id: deck for card_id, deck in self.decks.items() if self.form.matches(card_id)}

    def prefixes(self) -> dict[str, str]:
        """Return the full name of the deck of each prefix, in the order of the cards."""
        found: dict[str, str] = {}
        for card_id, deck in self.decks.items():
            found.setdefault(id_prefix(card_id), deck)
        return found

    def may_have_figure(self, media: str) -> bool:
        """Return whether a file can be a figure of a card, by its name, which begins with the card's ID."""
        if self._stems is None:
            self._stems = {stem_of(card_id) for card_id in self.decks}
        ends = (match.start() for match in re.finditer("-", media))
        return any(media[:end] in self._stems for end in ends)

    def needs_guid(self, card_id: str, guid: str) -> bool:
        """Return whether a card must say its GUID, since it does not follow from the uid and its ID."""
        return not self.uid or note_guid(self.uid, card_id) != guid
