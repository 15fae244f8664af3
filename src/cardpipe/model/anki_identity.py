"""Anki identity of cards: GUIDs, constant ids and modification times.

Everything is derived from names that never change (the deck's uid, a card's ID, a card kind, a field's name) and never
from text that an author may edit. Learners' histories depend on these values: never change existing ones.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_RELEASE = 1_767_225_600
"""2026-01-01T00:00:00Z in epoch seconds, the modification time of everything without one of its own."""

GUID_FORM = r"(?! )[^\x00-\x1f\x7f-\xa0\xad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+(?<! )"
"""A regular expression of the GUIDs that an author can write, for Python and JavaScript.

Anki takes any text. Without control characters, invisible ones and spaces at the ends, people and other programs copy
it unchanged.
"""
LONGEST_GUID = 255
GUID = re.compile(rf"(?=.{{1,{LONGEST_GUID}}}\Z)(?!.*[\ud800-\udfff]){GUID_FORM}")
"""The same for texts that are not from YAML, which can have half characters."""

LARGEST_ID: Final = 2**63 - 1
"""The largest id that SQLite can hold."""
_EARLIEST_ID = 1_000_000_000_000
_LATEST_ID = 1_700_000_000_000
"""Anki's ids are creation times in epoch milliseconds; its integrity check replaces ids in the future."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """Modification times of shipped objects, in epoch seconds: Anki's `mod`, never 0 and never in the future.

    Anki only imports a note's new text if its time is newer than the learner's. So this must not be the build time,
    which would overwrite the learner's own edits.
    """

    default: int = FIRST_RELEASE
    notes: Mapping[str, int] = field(default_factory=dict)
    """By card ID."""
    note_types: Mapping[str, int] = field(default_factory=dict)
    """By card kind."""

    def note(self, card_id: str) -> int:
        """Return the modification time of a card's note."""
        return self.notes.get(card_id, self.default)

    def note_type(self, kind: str) -> int:
        """Return the modification time of a note type (fields, templates and style)."""
        return self.note_types.get(kind, self.default)


def note_guid(deck_uid: str, card_id: str, written: str = "") -> str:
    """Return the GUID by which Anki recognises a card's note: the one that its author wrote, if there is one.

    A derived GUID has 16 lower-case letters and digits, 80 bits of a hash.
    """
    return written or base64.b32encode(_digest("note", deck_uid, card_id)[:10]).decode("ascii").lower()


def note_type_id(deck_uid: str, kind: str) -> int:
    """Return the id of a deck's note type for a card kind; decks do not share note types, nor their styles."""
    return _id("note type", deck_uid, kind)


def note_type_name(deck_uid: str, kind: str) -> str:
    """Return the note type's name in Anki: unique to the deck, without the deck's name, which an author may change.

    Anki renames the second note type of one name to `Name+`, and a text import that asks for an unknown name silently
    uses another note type. So the name must be as constant as the id.
    """
    return f"cardpipe {kind} {_digest('note type name', deck_uid).hex()[:8]}"


def field_id(kind: str, name: str) -> int:
    """Return the constant id of a note type's field, by the name with which it was first released."""
    return _id("field", kind, name)


def template_id(kind: str, name: str) -> int:
    """Return the constant id of a note type's template, by the name with which it was first released."""
    return _id("template", kind, name)


def anki_deck_id(deck_uid: str, name: str) -> int:
    """Return the id of a deck by its full name; Anki matches decks by name and only needs different ids."""
    return _id("deck", deck_uid, name)


def preset_id(deck_uid: str) -> int:
    """Return the id of the deck options that a deck offers."""
    return _id("preset", deck_uid)


def first_row_id(deck_uid: str) -> int:
    """Return the first id for notes and cards of a package: a time on the day of the first release.

    It depends on the deck, since Anki replaces ids that already exist in the collection.
    """
    return FIRST_RELEASE * 1000 + int.from_bytes(_digest("rows", deck_uid)[:8], "big") % 86_400_000


def _id(*names: str) -> int:
    return _EARLIEST_ID + int.from_bytes(_digest(*names)[:8], "big") % (_LATEST_ID - _EARLIEST_ID)


def _digest(*names: str) -> bytes:
    # The lengths distinguish ("a", "bc") from ("ab", "c").
    text = "".join(f"{len(name)}:{name}" for name in ("cardpipe", *names))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
