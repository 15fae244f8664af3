"""Groups of cards under headings, and the cards of each tag."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.model.card_ids import id_prefix
from cardpipe.model.deck import Difficulty
from cardpipe.writers.api import WriterOption
from cardpipe.writers.page.parts import difficulty_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cardpipe.writers.api import RenderedCard, RenderedDeck

GROUP_OPTION: Final = WriterOption(
    name="group",
    flag="group-by",
    choices=("deck", "tag", "id", "difficulty"),
    default="deck",
    help="The grouping of cards; deck: by subdeck; tag: by a card's first tag in the deck's order; id: no groups, in "
    "the order of IDs; difficulty: easy, medium, hard.",
)

_NUMBERS: Final = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Group:
    """Cards under one heading; the label is short (a prefix or a tag), the title is readable."""

    anchor: str
    label: str
    title: str
    cards: tuple[RenderedCard, ...]


@dataclass(frozen=True, slots=True)
class TagUse:
    """A tag, its description, and the cards of this export that have it."""

    anchor: str
    name: str
    description: str
    cards: tuple[RenderedCard, ...]


def group_cards(deck: RenderedDeck, by: str) -> tuple[Group, ...]:
    """Return every card once, in groups in the order of `deck.yaml`; in a group, cards keep the deck's order.

    By `deck`, a group is a subdeck. By `tag`, a card is in the group of the first of its tags in the vocabulary's
    order, so that it is printed once; `used_tags` lists it under the others. Cards without a known tag are last, and so
    are those without a difficulty when grouped by it. By `id`, all cards are one group, in the order of their IDs: by
    prefix, then by number.
    """
    words = deck.settings.catalogue
    if by == "tag":
        return _by_tag(deck)
    if by == "id":
        return _groups([("cards", "", words.gettext("All cards"), sorted(deck.cards, key=_id_key))])
    return _by_difficulty(deck) if by == "difficulty" else _by_prefix(deck)


def out_of_order(groups: Sequence[Group], by: str) -> tuple[RenderedCard, ...]:
    """Return all cards in the order of their IDs if the groups have another order; otherwise none.

    Subdecks are in the order of `deck.yaml`, so a group can be found by an ID's prefix.
    """
    cards = [card for group in groups for card in group.cards]
    runs = [group.cards for group in groups] if by == "deck" else [cards]
    if all(list(run) == sorted(run, key=_id_key) for run in runs):
        return ()
    return tuple(sorted(cards, key=_id_key))


def used_tags(deck: RenderedDeck) -> tuple[TagUse, ...]:
    """Return the vocabulary's tags that cards of this export have, in the vocabulary's order."""
    carriers: dict[str, list[RenderedCard]] = {}
    for card in deck.cards:
        for tag in dict.fromkeys(card.tags):
            carriers.setdefault(tag, []).append(card)
    described = {tag.name.text: tag.description.text for tag in deck.settings.tags}
    names = [*(name for name in described if name in carriers), *sorted(carriers.keys() - described.keys())]
    taken: set[str] = set()
    return tuple(
        TagUse(_anchor("tag", name, taken), name, described.get(name, ""), tuple(carriers[name])) for name in names
    )


def _by_prefix(deck: RenderedDeck) -> tuple[Group, ...]:
    # Translators: the heading of cards that belong to no group.
    other = deck.settings.catalogue.gettext("Other cards")
    names = {subdeck.prefix.text: subdeck.name.text for subdeck in deck.settings.subdecks}
    found: dict[str, list[RenderedCard]] = {prefix: [] for prefix in names}
    for card in deck.cards:
        found.setdefault(id_prefix(card.id), []).append(card)
    return _groups((prefix, prefix, names.get(prefix, prefix or other), cards) for prefix, cards in found.items())


def _by_tag(deck: RenderedDeck) -> tuple[Group, ...]:
    titles = {tag.name: tag.description or tag.name for tag in used_tags(deck)}
    found: dict[str, list[RenderedCard]] = {tag: [] for tag in titles}
    rest: list[RenderedCard] = []
    for card in deck.cards:
        first = next((tag for tag in titles if tag in card.tags), None)
        (rest if first is None else found[first]).append(card)
    groups = [(tag, tag, titles[tag], cards) for tag, cards in found.items()]
    return _groups([*groups, ("", "", deck.settings.catalogue.gettext("Other cards"), rest)])


def _by_difficulty(deck: RenderedDeck) -> tuple[Group, ...]:
    words = deck.settings.catalogue
    found: dict[Difficulty | None, list[RenderedCard]] = {level: [] for level in (*Difficulty, None)}
    for card in deck.cards:
        found[card.difficulty].append(card)
    return _groups(
        (level.value, "", difficulty_label(level, words).capitalize(), cards)
        if level is not None
        else ("unstated", "", words.gettext("Difficulty not stated"), cards)
        for level, cards in found.items()
    )


def _id_key(card: RenderedCard) -> tuple[tuple[str, int], ...]:
    """Return the sort key of an ID: `ML9` is before `ML10`."""
    return tuple((part, 0) if not part.isdecimal() else ("", int(part)) for part in _NUMBERS.split(card.id))


def _groups(found: Iterable[tuple[str, str, str, list[RenderedCard]]]) -> tuple[Group, ...]:
    """Return the groups with cards, from anchor, label, title and cards of each."""
    groups = []
    taken: set[str] = set()
    for key, label, title, cards in found:
        if cards:
            anchor = _anchor("group", key, taken)
            groups.append(Group(anchor, label, title, tuple(cards)))
    return tuple(groups)


def _anchor(kind: str, key: str, taken: set[str]) -> str:
    """Return an ASCII anchor: PDF engines encode other characters in different ways."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-") or ("other" if key.isascii() else "")
    if not key.isascii():
        plain = f"{plain}-{zlib.crc32(key.encode()):08x}".strip("-")
    anchor = f"{kind}-{plain}"
    number = 2
    while anchor.casefold() in taken:
        anchor = f"{kind}-{plain}-{number}"
        number += 1
    taken.add(anchor.casefold())
    return anchor
