"""Selection of cards on request of a user."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from cardpipe.errors import UsageError
from cardpipe.model.deck import Difficulty, Status
from cardpipe.model.edition import chooses, is_below
from cardpipe.model.trust import NOBODY
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cardpipe.model.deck import Card, Deck, DeckSettings, Edition
    from cardpipe.model.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The request for an export; an empty value stands for the deck's default."""

    formats: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    include_drafts: bool = False
    edition: str | None = None
    trust: Trust = NOBODY
    """Which figure scripts may run."""
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Command-line values by format and option, which override `deck.yaml`."""


class Selectable(Protocol):
    """The properties of a card that a selection uses."""

    @property
    def id(self) -> str:
        """As written."""

    @property
    def tags(self) -> Sequence[str]:
        """As written."""

    @property
    def status(self) -> str:
        """The value of a `Status`."""

    @property
    def difficulty(self) -> str | None:
        """The value of a `Difficulty`."""


class CardEntry(NamedTuple):
    """An entry in the list of all cards, small enough to keep for each card during an export."""

    id: str
    label: str
    """What stands for it in lists: the title, or the beginning of the question."""
    path: str
    number: int
    """Its position among the cards of its file."""
    tags: Sequence[str]
    status: str
    difficulty: str | None
    kind: str
    content: str = ""
    """A digest of its record in a table; empty for a card in a file of its own."""


_Card = TypeVar("_Card", bound=Selectable)


@dataclass(frozen=True, slots=True)
class WholeCard:
    """A parsed card with the properties that a selection uses."""

    card: Card

    @property
    def id(self) -> str:
        """As written."""
        return self.card.id.text

    @property
    def tags(self) -> Sequence[str]:
        """As written."""
        return [tag.text for tag in self.card.tags]

    @property
    def status(self) -> str:
        """The value of its `Status`."""
        return self.card.status.value

    @property
    def difficulty(self) -> str | None:
        """The value of its `Difficulty`."""
        return self.card.difficulty.value if self.card.difficulty is not None else None


def select_whole(deck: Deck, request: Request) -> tuple[Card, ...]:
    """Return the cards of a deck that a request selects, as written."""
    return tuple(found.card for found in select(deck.settings, [WholeCard(card) for card in deck.cards], request))


def select(settings: DeckSettings, cards: Sequence[_Card], request: Request) -> tuple[_Card, ...]:
    """Return the cards that a request selects, in source order: those with one of the tags, and those named.

    A tag includes its subtags (`nets` includes `nets::cnn`). Drafts are included on request or if they are named. In an
    edition, only its cards can be selected. Raises UsageError for a tag, card or edition that does not exist.
    """
    known = (
        (tag for card in cards for tag in card.tags) if settings.open_tags else (tag.name.text for tag in settings.tags)
    )
    _refuse_unknown(request.tags, _with_parents(known), "tag")
    _refuse_unknown(request.ids, [card.id for card in cards], "card")
    edition = edition_named(settings, request.edition) if request.edition is not None else None
    return tuple(card for card in cards if is_chosen(card, request, edition))


def is_chosen(card: Selectable, request: Request, edition: Edition | None) -> bool:
    """Return whether a request for the cards of an edition or of the whole deck selects a card."""
    if edition is not None:
        difficulty = Difficulty(card.difficulty) if card.difficulty is not None else None
        if not chooses(edition, card.id, card.tags, difficulty):
            return False
    named = card.id in request.ids
    tagged = any(is_below(tag, wanted) for wanted in request.tags for tag in card.tags)
    wanted = named or tagged or not (request.ids or request.tags)
    return wanted and (named or request.include_drafts or card.status != Status.DRAFT.value)


def edition_named(settings: DeckSettings, name: str) -> Edition:
    """Return the edition with a name; raises UsageError if the deck has none."""
    known = {edition.name.text: edition for edition in settings.editions}
    if name not in known:
        near = nearest(name, list(known))
        hint = f"Did you mean {near}?" if near else "`cardpipe editions` lists them; `deck.yaml` describes them."
        raise UsageError(f"The deck has no edition “{name}”.", hint=hint)
    return known[name]


def _with_parents(tags: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for tag in tags:
        parts = tag.split("::")
        found.update({"::".join(parts[:depth]): None for depth in range(len(parts), 0, -1)})
    return list(found)


def _refuse_unknown(wanted: Iterable[str], known: Sequence[str], word: str) -> None:
    for name in wanted:
        if name not in known:
            near = nearest(name, known)
            hint = f"Did you mean {near}?" if near else "`cardpipe list` shows all cards and their tags."
            raise UsageError(f"The deck has no {word} “{name}”.", hint=hint)
