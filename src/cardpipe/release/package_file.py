"""Read an older `.apkg` as a state to compare with; it is untrusted, so all sizes and times are limited."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final

from cardpipe.errors import UsageError
from cardpipe.model.card_ids import ANY_ID
from cardpipe.model.card_label import question_label
from cardpipe.release.changes import Snapshot
from cardpipe.release.snapshots import of_shipped_card
from cardpipe.source import bounds
from cardpipe.writers.anki.container import (
    LARGEST_FILE,
    LARGEST_MAP,
    LARGEST_MEDIA,
    UnusableError,
    bounded,
    database,
    opened,
)
from cardpipe.writers.anki.note_type import FILLED_FIELDS
from cardpipe.writers.anki.own_types import FIXED_NAMES
from cardpipe.writers.anki.shipment import MARK_PREFIX, card_record
from cardpipe.writers.csv.html_to_text import plain_text

if TYPE_CHECKING:
    import sqlite3
    import zipfile
    from collections.abc import Mapping
    from pathlib import Path

_LONGEST_TAGS: Final = bounds.TAGS * (bounds.TAG + 1) + 100
_LONGEST_NOTE: Final = 16 * 1024 * 1024
"""Maximum characters of a note's fields; the longest texts that lint allows, full of formulas, have a tenth."""
_LONGEST_DECK: Final = 2 * bounds.LINE + 2
_MARK: Final = re.compile(rf"{MARK_PREFIX}[0-9.]+")
_CARD_ID: Final = re.compile(ANY_ID)
_NOTES: Final = (
    "SELECT n.guid, n.mid, n.tags, n.flds, min(c.did) FROM notes n LEFT JOIN cards c ON c.nid = n.id "
    "GROUP BY n.id ORDER BY min(c.due), n.id"
)


def of_package(path: Path) -> Snapshot:
    """Return the cards of a package that cardpipe wrote; raises UsageError for anything else."""
    with opened(path, lambda reason: _refusal(path, reason)) as package:
        return _snapshot(package)


def _refusal(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"{path} cannot be compared: {reason}.", hint="Use a package that `cardpipe export --format anki` wrote."
    )


def _snapshot(package: zipfile.ZipFile) -> Snapshot:
    media = _media(package, set(package.namelist()))
    with database(package) as connection:
        return _cards(connection, media)


def _cards(connection: sqlite3.Connection, media: Mapping[str, str]) -> Snapshot:
    [(models, decks)] = connection.execute("SELECT models, decks FROM col LIMIT 1").fetchall()
    fields = {int(key): [str(field["name"]) for field in model["flds"]] for key, model in json.loads(models).items()}
    deck_names = {int(key): str(deck["name"]) for key, deck in json.loads(decks).items()}
    cards = {}
    for guid, model, tags, values, deck in connection.execute(_NOTES):
        if len(str(tags)) > _LONGEST_TAGS or len(deck_names.get(int(deck or 0), "")) > _LONGEST_DECK:
            raise UnusableError("its tags or deck names are longer than those of cardpipe")
        if len(str(values)) > _LONGEST_NOTE:
            raise UnusableError("its notes are longer than those of cardpipe")
        found = dict(zip(fields[int(model)], str(values).split("\x1f"), strict=False))
        is_own = any(field.name not in found for field in FILLED_FIELDS)
        named = (
            {_key(name): text for name, text in found.items() if text}
            if is_own
            else {field.name: found.get(field.name, "") for field in FILLED_FIELDS}
        )
        card_id = named.get("ID", "")
        if _CARD_ID.fullmatch(card_id) is None:
            raise UnusableError("its notes have no card IDs, so it was not written by cardpipe")
        made = card_record(
            named,
            sorted(tag for tag in str(tags).split() if _MARK.fullmatch(tag) is None),
            media,
            guid=str(guid),
            kind="",
            title=_named(found) if is_own else _beginning(named["Title"]) or _label(named["Question"][:2000]),
            deck=deck_names.get(int(deck or 0), ""),
        )
        cards[card_id] = of_shipped_card(made)
    if not cards:
        raise UnusableError("it has no notes")
    return Snapshot(name=_parent([card.deck for card in cards.values()], deck_names.values()), cards=cards)


def _key(name: str) -> str:
    """Return the key of a field of a deck's own note type, as far as its name tells it."""
    return name if name in FIXED_NAMES else re.sub(r"[^a-z0-9_-]+", "_", name.lower()).strip("_")[:40]


def _named(fields: Mapping[str, str]) -> str:
    """Return what stands for a note of a deck's own type in lists: its first text."""
    texts = (_beginning(content) for name, content in fields.items() if name != "ID")
    return next(filter(None, texts), "")


def _beginning(content: str) -> str:
    return plain_text(content[:2000])[:300]


def _label(question: str) -> str:
    text = plain_text(question)
    return question_label(text, is_cloze="{{c" in text)


def _parent(used: list[str], names: Any) -> str:
    """Return the common parent of all decks with cards."""
    above = [name for name in names if name and all(deck == name or deck.startswith(f"{name}::") for deck in used)]
    return max(above, key=len) if len(set(used)) > 1 and above else ""


def _media(package: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    """Return digests of the media files by their names in notes."""
    if "media" not in names:
        return {}
    listed = json.loads(bounded(package, "media", LARGEST_MAP))
    digests = {}
    left = LARGEST_MEDIA
    for number, name in listed.items():
        if number in names:
            data = bounded(package, number, LARGEST_FILE)
            left -= len(data)
            if left < 0:
                raise UnusableError("its media are larger than 2 GiB")
            digests[str(name)] = hashlib.sha256(data).hexdigest()
    return digests
