"""A first pass over the notes: which fields, decks and tags are used, and what follows from that."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.importing.adoption import Adoption, adoptions, is_one_to_one, obstacle
from cardpipe.importing.api import NoteTypeKind
from cardpipe.importing.existence import MOST_PATTERNS
from cardpipe.importing.names import Prefixes, deck_name
from cardpipe.importing.own_types import OwnType, can_be_own, declared_type, fields_of, label_of, pattern_of, type_key
from cardpipe.importing.plan import Plan, cloze_plan, is_title, plan_of, title_field
from cardpipe.importing.shipped.identity import ShippedDeck
from cardpipe.importing.shipped.lock import shipped_name
from cardpipe.importing.shipped.types import ShippedType, recognised, text_of
from cardpipe.importing.templates import is_blank
from cardpipe.model.note_types import spoken
from cardpipe.source import bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Set

    from cardpipe.importing.api import ImportedDeck, ImportedNote
    from cardpipe.importing.plan import TypeKey

MOST_NOTES: Final = 500_000
"""Maximum notes of an import."""
NUMBERS: Final = 9_999
"""The number of IDs of a prefix."""
PASTED: Final = "base64,"
"""What every picture in an address contains."""
LATEX: Final = "latex-"
"""What every name of a picture contains that Anki has made of a part in LaTeX."""
_MOST_DECKS: Final = 400
_NAMESPACE: Final = uuid.UUID("7c0c7b52-6f64-4c55-9d5c-2f3f4d1d9a10")
"""For uids of imported decks, which are derived from their content, so that two imports give the same files."""


@dataclass(slots=True)
class Survey:
    """What the notes of all sources use."""

    name: str
    uid: str
    notes: int
    cards: int
    plans: dict[TypeKey, Plan]
    """By the number of the source and the key of the note type."""
    notes_of_type: dict[TypeKey, int]
    prefixes: dict[str, list[str]]
    """The ID prefixes of each deck, by its full name."""
    subdecks: dict[str, str]
    """The subdeck of each prefix."""
    suspended: int = 0
    flagged: int = 0
    own: dict[TypeKey, OwnType] = field(default_factory=dict)
    """The note types that become note types of the deck."""
    patterns: dict[TypeKey, set[frozenset[int]]] = field(default_factory=dict)
    """The combinations of filled fields of the notes of these."""
    names_latex: bool = False
    """Whether a field may name a picture that Anki has made of a part in LaTeX."""
    has_pasted: bool = False
    """Whether a field contains a picture in an address."""
    adopted: dict[TypeKey, Adoption] = field(default_factory=dict)
    """The note types that are kept as learners have them."""
    obstacles: dict[TypeKey, str] = field(default_factory=dict)
    """Why others are not, as clauses; nothing is said of those that need not be."""
    root: str = ""
    others: list[str] = field(default_factory=list)
    """Decks beyond the limit, whose notes go to the first one."""
    shipped: dict[TypeKey, ShippedType] = field(default_factory=dict)
    """The note types of packages that cardpipe made."""
    deck: ShippedDeck = field(default_factory=ShippedDeck)
    """What these packages say of their deck."""

    def subdeck_of(self, name: str) -> str:
        """Return the name of the subdeck of a deck, by its full name."""
        inner = name[len(self.root) :].strip(":") if self.root else name
        return inner or name.rpartition("::")[2]


def survey(decks: Sequence[ImportedDeck], report: Callable[[int, int], None], *, adopts: bool = True) -> Survey:
    """Read all notes once; raises UsageError if there are none, or more than the limit.

    With `adopts`, note types that learners have are kept where that is possible.
    """
    used: dict[TypeKey, set[int]] = {}
    by_type: dict[TypeKey, int] = {}
    by_deck: dict[str, int] = {}
    types = {(number, kind.key): kind for number, deck in enumerate(decks) for kind in deck.note_types}
    shipped = {key: one for key, kind in types.items() if (one := recognised(kind)) is not None}
    shipped_deck = ShippedDeck()
    titles = {key: title_field(kind) for key, kind in types.items()}
    patterns: dict[TypeKey, set[frozenset[int]]] = {}
    digest = hashlib.sha256()
    cards = suspended = flagged = total = 0
    has_pasted = names_latex = False
    for number, deck in enumerate(decks):
        for note in deck.notes():
            total += 1
            if total > MOST_NOTES:
                raise UsageError(f"There are more than {MOST_NOTES:,} notes.", hint="Import a part of them.")
            key = (number, note.note_type)
            by_type[key] = by_type.get(key, 0) + 1
            used.setdefault(key, set()).update(index for index, value in enumerate(note.fields) if not is_blank(value))
            found = patterns.setdefault(key, set())
            if len(found) <= MOST_PATTERNS:
                found.add(pattern_of(types[key], note.fields))
            title = titles[key]
            if title is not None and not all(map(is_title, note.fields[title : title + 1])):
                titles[key] = None
            has_pasted = has_pasted or any(PASTED in value for value in note.fields)
            if key in shipped:
                shipped_deck.add(shipped[key], note, _deck_of(note, deck))
            names_latex = names_latex or any(LATEX in value for value in note.fields)
            by_deck[_deck_of(note, deck)] = by_deck.get(_deck_of(note, deck), 0) + 1
            cards += len(note.cards)
            suspended += sum(card.suspended for card in note.cards)
            flagged += sum(card.flag > 0 for card in note.cards)
            digest.update(_identity(note).encode("utf-8", "surrogatepass"))
            if total % 1000 == 0:
                report(total, total)
    if not total:
        raise UsageError("There are no notes in it, so there is nothing to import.")
    shipped = {key: one for key, one in shipped.items() if key in by_type}
    shipped_deck.finish(list(shipped.values()))
    plans = {key: plan_of(types[key], frozenset(indices), titles[key]) for key, indices in used.items()}
    obstacles = {key: obstacle(plan.note_type) for key, plan in plans.items()} if adopts else {}
    if adopts:
        _suit_adoption(plans, {key for key in plans if key in shipped or obstacles[key]}, patterns, used)
    made = Survey(
        name="",
        uid=shipped_deck.uid or str(uuid.uuid5(_NAMESPACE, digest.hexdigest())),
        notes=total,
        cards=cards,
        plans=plans,
        notes_of_type=by_type,
        prefixes={},
        subdecks={},
        suspended=suspended,
        flagged=flagged,
        has_pasted=has_pasted,
        names_latex=names_latex,
        own=_own_types(plans, by_type, shipped),
        shipped=shipped,
        deck=shipped_deck,
    )
    made.patterns = {key: patterns[key] for key in made.own}
    made.obstacles = {key: why for key, why in obstacles.items() if why}
    if adopts:
        _adopt(made, patterns)
    _name_decks(made, decks, by_deck)
    return made


def _own_types(
    plans: dict[TypeKey, Plan],
    by_type: dict[TypeKey, int],
    shipped: dict[TypeKey, ShippedType],
) -> dict[TypeKey, OwnType]:
    """Return the note types that become note types of the deck, without the kinds of their fields and their faces."""
    keys: set[str] = set()
    labels: set[str] = set()
    made = {}
    for key, one in shipped.items():
        if one.kind is None and one.key not in keys and one.name.casefold() not in labels:
            made[key] = declared_type(one)
            keys.add(one.key)
            labels.add(one.name.casefold())
    chosen = [
        key for key, plan in plans.items() if key not in shipped and not plan.is_direct and can_be_own(plan.note_type)
    ]
    chosen.sort(key=lambda key: -by_type[key])
    for key in sorted(chosen[: bounds.NOTE_TYPES]):
        source = plans[key].note_type
        own_key = type_key(source.name, keys)
        made[key] = OwnType(own_key, label_of(source.name, labels, spoken(own_key)), source, fields_of(source))
    return made


def _suit_adoption(
    plans: dict[TypeKey, Plan],
    others: Set[TypeKey],
    patterns: Mapping[TypeKey, set[frozenset[int]]],
    used: Mapping[TypeKey, set[int]],
) -> None:
    """Change the plans of note types that can be kept, not of others, so that each field has a place of its own."""
    for key, plan in plans.items():
        if key in others:
            continue
        if plan.is_direct and not is_one_to_one(plan, patterns[key]) and can_be_own(plan.note_type):
            plans[key] = Plan(plan.note_type)
        elif not plan.is_direct and plan.note_type.kind is NoteTypeKind.CLOZE:
            plans[key] = cloze_plan(plan.note_type, frozenset(used[key]), is_kept=True) or plan


def _adopt(made: Survey, patterns: Mapping[TypeKey, set[frozenset[int]]]) -> None:
    """Choose the note types that are kept."""
    able = [key for key in made.plans if key not in made.obstacles and key not in made.shipped]
    kept = [key for key in able if key in made.own or is_one_to_one(made.plans[key], patterns[key])]
    shipped = {shipped_name(one) for one in made.shipped.values()}
    made.adopted, refused = adoptions(made.plans, made.own, made.notes_of_type, kept, shipped, made.uid)
    made.obstacles |= refused
    others = [key for key in able if key not in kept]
    made.obstacles |= dict.fromkeys(others, "its cards show texts that have no form in cardpipe but the whole card")


def _deck_of(note: ImportedNote, deck: ImportedDeck) -> str:
    return deck_name(note.deck) or deck_name(deck.name) or "Deck"


def full_deck(note: ImportedNote, deck: ImportedDeck) -> str:
    """Return the full name of a note's deck."""
    return _deck_of(note, deck)


def _identity(note: ImportedNote) -> str:
    return note.guid or "\x1f".join(note.fields)


def _name_decks(made: Survey, decks: Sequence[ImportedDeck], by_deck: dict[str, int]) -> None:
    """Choose the deck's name, and a subdeck with ID prefixes for each deck."""
    names = sorted(by_deck)
    tops = {name.partition("::")[0] for name in names}
    made.root = _root(made, names) or (_common(names) if len(tops) == 1 else "")
    made.name = (
        text_of(made.deck.facts, "name", bounds.LINE) or made.root or deck_name(decks[0].name) or "Imported deck"
    )
    for prefix, name in made.deck.prefixes().items():
        made.subdecks[prefix] = made.subdeck_of(name)
    prefixes = Prefixes(made.subdecks)
    for name in names[:_MOST_DECKS]:
        count = by_deck[name] * max(1, _most_cards(made))
        known = [prefix for prefix, deck in made.deck.prefixes().items() if deck == name]
        made.prefixes[name] = known
        for _ in range(count // NUMBERS + (0 if known else 1)):
            prefix = prefixes.of(made.subdeck_of(name))
            prefix = prefix if made.deck.form.takes_prefix(prefix) else prefix.lower()
            made.prefixes[name].append(prefix)
            made.subdecks[prefix] = made.subdeck_of(name)
    made.others = names[_MOST_DECKS:]
    for name in made.others:
        made.prefixes[name] = made.prefixes[names[0]]


def _root(made: Survey, names: Sequence[str]) -> str:
    """Return the name of a deck that cardpipe shipped, if all decks are below it."""
    root = deck_name(text_of(made.deck.facts, "name", bounds.LINE))
    return root if root and all(f"{name}::".startswith(f"{root}::") for name in names) else ""


def _most_cards(made: Survey) -> int:
    """Return the highest number of cards that a note becomes."""
    several = (plan for key, plan in made.plans.items() if not plan.is_direct and key not in {*made.own, *made.shipped})
    return max((len(plan.note_type.templates) for plan in several), default=1)


def _common(names: Sequence[str]) -> str:
    """Return the deck above all others, and not itself the only one with levels above it."""
    levels = [name.split("::") for name in names]
    shared = []
    for parts in zip(*levels, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    if len(names) == 1 and len(shared) > 1:
        shared.pop()
    return "::".join(shared)
