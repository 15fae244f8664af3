"""Records of note types of an imported package for the release lock: where their fields and faces are.

Without them, fields that a release added would be elsewhere than in learners' collections.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from cardpipe.model.note_types import SPARE_NAME
from cardpipe.model.release_lock import ReleasedItem, ReleasedNoteType
from cardpipe.writers.anki.own_types import FIXED_NAMES, REMOVED
from cardpipe.writers.anki.shipment import note_type_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cardpipe.importing.api import ImportedField, ImportedTemplate
    from cardpipe.importing.shipped.types import ShippedType

_LONGEST_KEY: Final = 39


def released_types(types: Iterable[ShippedType]) -> dict[str, ReleasedNoteType]:
    """Return the records of note types by kind; one whose fields or templates have no ids has none."""
    return {shipped_name(one): made for one in types if (made := _released(one)) is not None}


def shipped_name(shipped: ShippedType) -> str:
    """Return the kind of the notes of a note type, as the lock says it."""
    return shipped.kind.value if shipped.kind is not None else shipped.key


def _released(shipped: ShippedType) -> ReleasedNoteType | None:
    """Return the record of a note type; None if its fields or templates have no ids."""
    source = shipped.note_type
    ids = [*(one.id for one in source.fields), *(one.id for one in source.templates)]
    if source.id is None or source.id < 0 or not all(one is not None and one >= 0 for one in ids):
        return None
    keys, faces = {one.name: one.key for one in shipped.fields}, {one.name: one.key for one in shipped.faces}
    is_own = shipped.kind is None
    fields = _items(source.fields, keys, FIXED_NAMES) if is_own else _items(source.fields)
    templates = _items(source.templates, faces, frozenset()) if is_own else _items(source.templates)
    sides = [side for one in source.templates for side in (one.front, one.back)]
    return ReleasedNoteType(
        id=source.id,
        name=source.name,
        mod=min(max(source.modified or 1, 1), int(time.time())),
        digest=note_type_digest(fields, templates, sides, source.css),
        fields=fields,
        templates=templates,
    )


def _items(
    items: Sequence[ImportedField | ImportedTemplate],
    keys: Mapping[str, str] | None = None,
    added: frozenset[str] = frozenset(),
) -> tuple[ReleasedItem, ...]:
    """Return records of fields or templates; with `keys`, what has none and is not added or spare was removed."""
    made = []
    for one in items:
        key = ""
        if keys is not None and one.name not in added:
            key = keys.get(one.name, "")
            if not key and SPARE_NAME.fullmatch(one.name) is None:
                key = REMOVED + (re.sub(r"[^a-z0-9]+", "-", one.name.lower()).strip("-")[:_LONGEST_KEY] or "x")
        made.append(ReleasedItem(one.id or 0, one.name, key))
    return tuple(made)
