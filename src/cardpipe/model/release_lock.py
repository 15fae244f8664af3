"""The release lock: what was released last, and when each part last changed.

Only `cardpipe release` writes it. It is JSON with one card per line, so that a release is a small diff. It is parsed
defensively, since contributions can change it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NoReturn

from cardpipe.model.anki_identity import GUID, LARGEST_ID
from cardpipe.model.card_ids import ANY_ID, ANY_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LOCK_PATH: Final = "source/release.lock"
LARGEST_LOCK: Final = 64 * 1024 * 1024
"""The maximum size of the file in bytes, enough for a hundred thousand cards."""
FORMAT: Final = 1
IMPORTED: Final = "0"
"""The version of what learners had before an import; the first release is 1."""
VERSION_FORM: Final = r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,4}"

_VERSION: Final = re.compile(VERSION_FORM)
_CARD_ID: Final = re.compile(ANY_ID)
_PREFIX: Final = re.compile(ANY_PREFIX)
_DIGEST: Final = re.compile(r"[0-9a-f]{8,64}")
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_LINE: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{0,2000}")
_TAG: Final = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,250}")
_LATEST: Final = 253_402_300_799
"""The last second of the year 9999, the largest valid time."""


class LockError(ValueError):
    """The text is not a release lock; `offset` is the position of the error."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedCard:
    """A released card: digests, not texts."""

    guid: str
    kind: str
    """The card kind, which determines its note type."""
    mod: int
    """When its released content last changed, in epoch seconds."""
    title: str
    deck: str
    """The full name of its Anki deck."""
    tags: tuple[str, ...]
    digest: str
    """The digest of its fields, tags and media."""
    parts: Mapping[str, str]
    """Digests of the non-empty parts (question, figures, …)."""
    mark: str = ""
    """The version in its tag `changed::VERSION`; empty if there is none."""
    clozes: tuple[int, ...] = ()
    """The numbers of its deletions if it is a cloze, or of its faces if its note type is the deck's own.

    Anki has one card for each.
    """
    retired: bool = False


@dataclass(frozen=True, slots=True)
class ReleasedItem:
    """A field or template: the constant id that Anki uses, and the name."""

    id: int
    """0 if it has none, as in many adopted note types."""
    name: str
    key: str = ""
    """The key of the field or face in `deck.yaml`, if the note type is the deck's own and it is not spare.

    It begins with `-` if the deck no longer has it: then its place stays empty.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedNoteType:
    """A released note type."""

    id: int
    name: str
    mod: int
    digest: str
    """The digest of its fields, templates and style."""
    fields: tuple[ReleasedItem, ...]
    templates: tuple[ReleasedItem, ...]


@dataclass(frozen=True, kw_only=True)
class ReleaseLock:
    """The last release."""

    uid: str
    name: str
    """The parent deck's name in Anki."""
    subdecks: Mapping[str, str]
    """Full deck names by ID prefix."""
    version: str
    time: int
    """In epoch seconds; no modification time is newer."""
    cards: Mapping[str, ReleasedCard]
    note_types: Mapping[str, ReleasedNoteType]
    """By card kind."""
    gone: Mapping[str, str] = field(default_factory=dict)
    """IDs that were removed, each with the version that removed it; none can be reused."""
    front: tuple[str, ...] | None = None
    """What cards show above their questions; None if the deck does not choose."""
    history: Mapping[str, int] = field(default_factory=dict)
    """The times of earlier releases by version; locks of cardpipe before this record have none."""

    def kind_of(self, guid: str) -> str | None:
        """Return the kind with which a note was released; None if it was not."""
        return self._kinds.get(guid)

    @cached_property
    def _kinds(self) -> Mapping[str, str]:
        return {card.guid: card.kind for card in self.cards.values()}

    @property
    def imported(self) -> int:
        """Return a time that no note had changed after when the deck was imported; 0 if it was not."""
        return self.time if self.version == IMPORTED else self.history.get(IMPORTED, 0)

    @property
    def newest(self) -> int:
        """Return a time that is not older than any modification time in the lock."""
        return self.time


def version_key(version: str) -> tuple[int, ...]:
    """Return the comparison key of a version: 1.10 is newer than 1.9, and 1.0 equals 1."""
    numbers = [int(number) for number in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def is_version(text: str) -> bool:
    """Return whether a text is a version: up to five numbers separated by dots."""
    return _VERSION.fullmatch(text) is not None


def dump(lock: ReleaseLock) -> str:
    """Return the lock as text: sorted keys, one card, note type or ID per line, with a final line break."""
    sections: dict[str, Any] = {
        "cards": {card_id: _card_json(card) for card_id, card in lock.cards.items()},
        "deck": {
            "name": lock.name,
            "subdecks": dict(lock.subdecks),
            "uid": lock.uid,
            **({"front": list(lock.front)} if lock.front is not None else {}),
        },
        "format": FORMAT,
        "gone": dict(lock.gone),
        "note_types": {kind: _note_type_json(note_type) for kind, note_type in lock.note_types.items()},
        "release": {"time": lock.time, "version": lock.version},
    }
    if lock.history:
        sections["history"] = dict(lock.history)
    return (
        "{\n"
        + ",\n".join(f"{_json(name)}: {_section(content)}" for name, content in sorted(sections.items()))
        + "\n}\n"
    )


def _section(content: Any) -> str:
    if not isinstance(content, dict) or not content:
        return _json(content)
    return "{\n" + ",\n".join(f" {_json(key)}: {_json(content[key])}" for key in sorted(content)) + "\n}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _card_json(card: ReleasedCard) -> dict[str, Any]:
    content: dict[str, Any] = {
        "deck": card.deck,
        "digest": card.digest,
        "guid": card.guid,
        "kind": card.kind,
        "mod": card.mod,
        "parts": dict(card.parts),
        "tags": list(card.tags),
        "title": card.title,
    }
    if card.mark:
        content["mark"] = card.mark
    if card.clozes:
        content["clozes"] = list(card.clozes)
    if card.retired:
        content["retired"] = True
    return content


def _note_type_json(note_type: ReleasedNoteType) -> dict[str, Any]:
    return {
        "digest": note_type.digest,
        "fields": [_item_json(field) for field in note_type.fields],
        "id": note_type.id,
        "mod": note_type.mod,
        "name": note_type.name,
        "templates": [_item_json(template) for template in note_type.templates],
    }


def _item_json(item: ReleasedItem) -> list[int | str]:
    return [item.id, item.name, item.key] if item.key else [item.id, item.name]


def parse(text: str) -> ReleaseLock:
    """Parse a lock; raises LockError if it is invalid."""
    try:
        content = json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_number, parse_float=_no_number)
    except json.JSONDecodeError as error:
        raise LockError("The release lock is invalid JSON from here on.", error.pos) from None
    except LockError as error:
        raise LockError(error.message, max(0, text.find(error.message.partition("“")[2].partition("”")[0]))) from None
    except (ValueError, RecursionError):
        raise LockError("The release lock does not have the structure that `cardpipe release` writes.") from None
    try:
        return _lock(content)
    except LockError as error:
        raise LockError(error.message, max(0, _place(text, error.message))) from None


def _place(text: str, message: str) -> int:
    """Return the position of the key that a message names first."""
    named = message.partition("“")[2].partition("”")[0]
    return text.find(_json(named)) if named else 0


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise LockError(f"The release lock has “{key[:60]}” twice.")
            seen.add(key)
    return found


def _no_number(text: str) -> NoReturn:
    raise LockError(f"The release lock has the number “{text[:40]}”, which is not a valid number.")


def _lock(content: Any) -> ReleaseLock:
    top = _mapping(content, "the lock", ("cards", "deck", "format", "gone", "note_types", "release"), ("history",))
    if top["format"] != FORMAT or isinstance(top["format"], bool):
        raise LockError("This version of cardpipe does not support the “format” of the release lock.")
    deck = _mapping(top["deck"], "deck", ("name", "subdecks", "uid"), optional=("front",))
    release = _mapping(top["release"], "release", ("time", "version"))
    time = _number(release["time"], "release", _LATEST)
    cards = {_text(key, key, _CARD_ID): _card(key, value, time) for key, value in _entries(top["cards"], "cards")}
    lock = ReleaseLock(
        uid=_text(deck["uid"], "deck", _LINE),
        name=_text(deck["name"], "deck", _LINE),
        subdecks={
            _text(key, "subdecks", _PREFIX): _text(name, key, _LINE)
            for key, name in _entries(deck["subdecks"], "subdecks")
        },
        front=tuple(_text(part, "front", _WORD) for part in _list(deck["front"], "front")) if "front" in deck else None,
        version=_text(release["version"], "release", _VERSION),
        time=time,
        cards=cards,
        note_types={
            _text(key, "note_types", _WORD): _note_type(key, value, time)
            for key, value in _entries(top["note_types"], "note_types")
        },
        gone={
            _text(key, "gone", _CARD_ID): _text(value, key, _VERSION) for key, value in _entries(top["gone"], "gone")
        },
        history={
            _text(key, "history", _VERSION): _number(value, key, time)
            for key, value in _entries(top.get("history", {}), "history")
        },
    )
    both = sorted(lock.gone.keys() & cards.keys())
    if both:
        raise LockError(f"The release lock lists “{both[0]}” both as released and as removed.")
    return lock


def _card(card_id: str, content: Any, latest: int) -> ReleasedCard:
    keys = ("deck", "digest", "guid", "kind", "mod", "parts", "tags", "title")
    card = _mapping(content, card_id, keys, optional=("clozes", "mark", "retired"))
    if card.get("retired", True) is not True:
        _wrong(card_id)
    return ReleasedCard(
        guid=_text(card["guid"], card_id, GUID),
        kind=_text(card["kind"], card_id, _WORD),
        mod=_number(card["mod"], card_id, latest),
        title=_text(card["title"], card_id, _LINE),
        deck=_text(card["deck"], card_id, _LINE),
        tags=tuple(_text(tag, card_id, _TAG) for tag in _list(card["tags"], card_id)),
        digest=_text(card["digest"], card_id, _DIGEST),
        parts={
            _text(key, card_id, _WORD): _text(value, card_id, _DIGEST)
            for key, value in _entries(card["parts"], card_id)
        },
        mark=_text(card.get("mark", "0"), card_id, _VERSION) if "mark" in card else "",
        clozes=tuple(_number(number, card_id, LARGEST_ID) for number in _list(card.get("clozes", []), card_id)),
        retired="retired" in card,
    )


def _note_type(kind: str, content: Any, latest: int) -> ReleasedNoteType:
    note_type = _mapping(content, kind, ("digest", "fields", "id", "mod", "name", "templates"))
    return ReleasedNoteType(
        id=_number(note_type["id"], kind, LARGEST_ID),
        name=_text(note_type["name"], kind, _LINE),
        mod=_number(note_type["mod"], kind, latest),
        digest=_text(note_type["digest"], kind, _DIGEST),
        fields=_named(note_type["fields"], kind),
        templates=_named(note_type["templates"], kind),
    )


def _named(content: Any, where: str) -> tuple[ReleasedItem, ...]:
    found = []
    for item in _list(content, where):
        pair = _list(item, where)
        if len(pair) not in {2, 3}:
            _wrong(where)
        key = _text(pair[2], where, _WORD) if len(pair) == 3 else ""
        found.append(ReleasedItem(_item_id(pair[0], where), _text(pair[1], where, _LINE), key))
    return tuple(found)


def _mapping(content: Any, where: str, keys: Iterable[str], optional: Iterable[str] = ()) -> Mapping[str, Any]:
    expected = set(keys)
    if not isinstance(content, dict) or not expected <= content.keys() <= expected | set(optional):
        _wrong(where)
    return content


def _entries(content: Any, where: str) -> Iterable[tuple[str, Any]]:
    if not isinstance(content, dict):
        _wrong(where)
    return content.items()


def _list(content: Any, where: str) -> Sequence[Any]:
    if not isinstance(content, list):
        _wrong(where)
    return content


def _text(content: Any, where: str, form: re.Pattern[str]) -> str:
    if not isinstance(content, str) or form.fullmatch(content) is None:
        _wrong(where)
    return content


def _number(content: Any, where: str, largest: int) -> int:
    if not isinstance(content, int) or isinstance(content, bool) or not 0 < content <= largest:
        _wrong(where)
    return content


def _item_id(content: Any, where: str) -> int:
    # Anki's own ids of fields and templates are random and can be negative.
    if not isinstance(content, int) or isinstance(content, bool) or abs(content) > LARGEST_ID:
        _wrong(where)
    return content


def _wrong(where: str) -> NoReturn:
    raise LockError(f"The entry “{where[:60]}” of the release lock is invalid.")
