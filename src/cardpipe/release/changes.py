"""Compare two states of a deck: added, removed and changed cards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cardpipe.model.deck import FrontPart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PART_ORDER: Final = (
    *("title", "kind", "question", "answer", "details", "figures", "references", "related", "difficulty", "notice"),
    *("tags", "files", "GUID"),
)
"""The order of the parts of a card; `files` are media names."""
_TELLING: Final = ("question", "answer")
_MOST_IDS: Final = 5
"""The number of IDs that a sentence on several cards names."""
_COMMON: Final = frozenset({"references", "related", "difficulty", "notice", "tags", "files", "GUID"})
"""Parts that do not tell notes of a deck's own type apart."""


@dataclass(frozen=True, slots=True)
class NotePart:
    """A part of a card: its digest, and its text if known."""

    digest: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardState:
    """A card in one state of the deck."""

    title: str
    deck: str
    whole: str
    """Different if anything that is shipped differs; empty if the parts are all there is."""
    parts: Mapping[str, NotePart]
    makes: Mapping[str, str] = field(default_factory=dict)
    """The names of the cards that a cloze or a note of a deck's own type makes, by what tells them apart, if known."""
    of_faces: bool = False
    """Whether these are faces of a deck's own note type, else they are cloze deletions."""
    former_fields: Mapping[str, str] = field(default_factory=dict)
    """The former keys of fields of a deck's own note type that have another key now, by the present ones."""
    former_faces: Mapping[str, str] = field(default_factory=dict)
    """The same of its faces, if these tell its cards apart."""
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A deck in one state."""

    name: str = ""
    cards: Mapping[str, CardState] = field(default_factory=dict)
    note_types: Mapping[str, str] = field(default_factory=dict)
    """Digests by card kind; empty if unknown."""
    unsafe: Mapping[str, str] = field(default_factory=dict)
    """Disabled safety rules with the reasons; empty if unknown."""
    front: str = ""
    """What cards show above their questions, in words; empty if unknown."""


@dataclass(frozen=True, slots=True)
class CardTitle:
    """A card that was added or removed."""

    id: str
    title: str
    deck: str


@dataclass(frozen=True, slots=True)
class ChangedPart:
    """A changed part, with both texts if known."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ChangedCard:
    """A changed card and its changed parts."""

    id: str
    title: str
    parts: tuple[ChangedPart, ...]
    deck: str


@dataclass(frozen=True, slots=True)
class EmptiedCloze:
    """A cloze that lost deletions, or a note that lost faces: learners keep an empty card for each of them."""

    id: str
    title: str
    cards: tuple[str, ...]
    """The names of the deletions or faces."""
    of_faces: bool = False

    @property
    def names(self) -> str:
        """Return them in words."""
        return ", ".join(f"“{name}”" if self.of_faces else f"c{name}" for name in self.cards)


@dataclass(frozen=True, slots=True)
class RenamedCard:
    """A renaming: of a card's ID, its deck, or the deck itself."""

    before: str
    after: str
    id: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class SafetyChange:
    """A safety rule that was enabled or disabled: the reasons before and after, None while it is enabled."""

    code: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class FrontChange:
    """Another choice of what cards show above their questions, in words."""

    before: str
    after: str


def front_in_words(names: Iterable[str] | None) -> str:
    """Return what cards show above their questions, in words; by default everything."""
    listed = [part.value for part in FrontPart] if names is None else list(names)
    return ", ".join("ID" if name == "id" else name for name in listed) or "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All changes, each list in the deck's order."""

    added: tuple[CardTitle, ...]
    changed: tuple[ChangedCard, ...]
    retired: tuple[CardTitle, ...] = ()
    """Cards that were not retired before; they are not in `changed`."""
    emptied: tuple[EmptiedCloze, ...] = ()
    removed: tuple[CardTitle, ...]
    moved: tuple[RenamedCard, ...]
    renamed: tuple[RenamedCard, ...]
    """Removed cards with an identical new card under another ID; they are in `added` and `removed` too."""
    note_types: tuple[str, ...]
    deck_name: RenamedCard | None = None
    safety: tuple[SafetyChange, ...] = ()
    front: FrontChange | None = None

    def __bool__(self) -> bool:
        return bool(
            self.added
            or self.changed
            or self.retired
            or self.removed
            or self.moved
            or self.note_types
            or self.deck_name is not None
            or self.safety
            or self.front is not None
        )


def compare(before: Snapshot, after: Snapshot) -> Changes:
    """Return the changes between two states."""
    added = _listed(after, (card_id for card_id in after.cards if card_id not in before.cards))
    removed = _listed(before, (card_id for card_id in before.cards if card_id not in after.cards))
    both = [(card_id, before.cards[card_id], now) for card_id, now in after.cards.items() if card_id in before.cards]
    deck_name = RenamedCard(before.name, after.name) if before.name and before.name != after.name else None
    return Changes(
        added=added,
        changed=tuple(
            ChangedCard(card_id, now.title, parts, now.deck)
            for card_id, former, now in both
            if not (now.retired and not former.retired) and (parts := _parts(former, now))
        ),
        retired=_listed(after, (card_id for card_id, former, now in both if now.retired and not former.retired)),
        emptied=tuple(
            EmptiedCloze(card_id, now.title, lost, now.of_faces)
            for card_id, former, now in both
            if now.makes and (lost := _lost(former, now))
        ),
        removed=removed,
        moved=tuple(
            RenamedCard(former.deck, now.deck, card_id, now.title)
            for card_id, former, now in both
            if former.deck != now.deck
        ),
        renamed=_renamed(before, after, added, removed),
        note_types=tuple(
            sorted(
                kind
                for kind, digest in after.note_types.items()
                if kind in before.note_types and before.note_types[kind] != digest
            )
        ),
        deck_name=deck_name,
        front=FrontChange(before.front, after.front)
        if before.front and after.front and before.front != after.front
        else None,
        safety=tuple(
            SafetyChange(code, before.unsafe.get(code), after.unsafe.get(code))
            for code in sorted(before.unsafe.keys() | after.unsafe.keys())
            if before.unsafe.get(code) != after.unsafe.get(code)
        ),
    )


def emptied_together(emptied: Iterable[EmptiedCloze]) -> Iterator[tuple[str, EmptiedCloze]]:
    """Yield what notes lost, once for all notes that lost the same, with their IDs in words."""
    groups: dict[tuple[tuple[str, ...], bool], list[EmptiedCloze]] = {}
    for card in emptied:
        groups.setdefault((card.cards, card.of_faces), []).append(card)
    for cards in groups.values():
        ids = [card.id for card in cards]
        more = len(ids) - _MOST_IDS
        yield (f"{', '.join(ids[:_MOST_IDS])} and {more} more" if more > 1 else ", ".join(ids)), cards[0]


def _listed(snapshot: Snapshot, ids: Iterable[str]) -> tuple[CardTitle, ...]:
    return tuple(CardTitle(card_id, snapshot.cards[card_id].title, snapshot.cards[card_id].deck) for card_id in ids)


def _lost(former: CardState, now: CardState) -> tuple[str, ...]:
    """Return the names of the cards that a note no longer makes."""
    made = now.makes.keys() | {now.former_faces.get(key) for key in now.makes}
    return tuple(name for key, name in former.makes.items() if key not in made)


def _parts(former: CardState, now: CardState) -> tuple[ChangedPart, ...]:
    if now.whole and former.whole == now.whole:
        return ()
    renamed = {was: key for key, was in now.former_fields.items() if key in now.parts and key not in former.parts}
    old = {renamed.get(name, name): part for name, part in former.parts.items()}
    found = []
    for name in sorted(old.keys() | now.parts.keys(), key=_place):
        one, other = old.get(name), now.parts.get(name)
        if (one.digest if one else None) != (other.digest if other else None):
            found.append(ChangedPart(name, _text(one, other), _text(other, one)))
    return tuple(found) or ((ChangedPart("files", None, None),) if now.whole else ())


def _place(name: str) -> tuple[int, str]:
    return (PART_ORDER.index(name) if name in PART_ORDER else len(PART_ORDER), name)


def _text(part: NotePart | None, other: NotePart | None) -> str | None:
    """Return a part's text; a missing part is empty if the other state's text is known."""
    if part is None:
        return "" if other is not None and other.text is not None else None
    return part.text


def _renamed(
    before: Snapshot, after: Snapshot, added: tuple[CardTitle, ...], removed: tuple[CardTitle, ...]
) -> tuple[RenamedCard, ...]:
    by_words: dict[tuple[str, ...], CardTitle] = {}
    for card in added:
        by_words.setdefault(_words(after.cards[card.id]), card)
    return tuple(
        RenamedCard(card.id, now.id, now.id, now.title)
        for card in removed
        if (now := by_words.get(_words(before.cards[card.id]))) is not None
    )


def _words(card: CardState) -> tuple[str, ...]:
    if card.of_faces:
        return tuple(f"{name} {part.digest}" for name, part in sorted(card.parts.items()) if name not in _COMMON)
    return tuple(card.parts[name].digest if name in card.parts else "" for name in _TELLING)
