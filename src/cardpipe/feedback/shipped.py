"""What was shipped: the fields of cards in the source now, in earlier revisions, and in packages."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from cardpipe.build.one_card import CardBuilder, references
from cardpipe.build.pipeline import cache_of
from cardpipe.errors import UsageError
from cardpipe.feedback.field_parts import parts_of, values_of, written
from cardpipe.feedback.package import notes_of
from cardpipe.files.git import REVISIONS, Git, UnknownRevisionError, checkout_of
from cardpipe.model.card_label import card_label
from cardpipe.model.release_lock import LOCK_PATH
from cardpipe.model.trust import NOBODY
from cardpipe.release.revision import extracted
from cardpipe.source.load import load
from cardpipe.writers.anki.decks import decks_of
from cardpipe.writers.anki.notes import notes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import ExitStack

    from cardpipe.cache.store import Cache
    from cardpipe.feedback.field_parts import Part
    from cardpipe.model.deck import Card, Deck
    from cardpipe.writers.anki.note_type import NoteType
    from cardpipe.writers.anki.notes import NoteContent

_MOST_RELEASES: Final = 20
"""The number of releases that a learner's text is compared with."""
_STAND_IN: Final = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2" width="4" height="2"/>'

FieldsByPart = dict[str, str]
"""HTML of fields by the keys of their parts."""


class Shipped(Protocol):
    """A state of the deck that learners can have."""

    @property
    def name(self) -> str:
        """What it is, for people."""

    def fields(self, card_id: str) -> FieldsByPart | None:
        """Return the fields of a card; None if the state does not have it."""

    def is_like_now(self, card: Card, part: Part, now: str) -> bool:
        """Return whether a part is as it is now, whose HTML is given; false if that takes rendering to know."""


class Renderer:
    """Renders single cards of a deck as notes; no script runs, and no figure is drawn."""

    def __init__(self, deck: Deck, cache: Cache) -> None:
        from cardpipe.figures.api import Drawing

        self.deck = deck
        self.kinds: dict[str, NoteType] = {}
        """The note types of cards, as far as they are known."""
        self._builder = CardBuilder(deck.settings, cache, NOBODY, "", Drawing(_STAND_IN, "image/svg+xml", 4, 2, False))
        self._decks = decks_of(deck.settings)
        self._labels = {card.id.text: card_label(card) for card in deck.cards}

    def note(self, card: Card) -> NoteContent:
        """Return the note of a card; raises RenderError as an export does."""
        named = {name: self._labels[name] for name in references(card) if name in self._labels}
        [made] = notes(self._builder.rendered(card, named, "anki").deck, self._decks)
        return made

    def fields(self, card: Card) -> FieldsByPart:
        """Return the fields of a card."""
        made = self.note(card)
        parts = parts_of(made.note_type, self.deck.settings)
        return {part.key: made.fields[part.index] if part.index < len(made.fields) else "" for part in parts}

    def parts(self, card: Card) -> tuple[Part, ...]:
        """Return the parts of a card that have fields."""
        return parts_of(self.kind(card), self.deck.settings)

    def kind(self, card: Card) -> NoteType:
        """Return the note type in which a card is shipped."""
        if card.id.text not in self.kinds:
            self.kinds[card.id.text] = self.note(card).note_type
        return self.kinds[card.id.text]

    def close(self) -> None:
        """Stop background work."""
        self._builder.close()


class SourceState:
    """The source as it is now, if nothing else is known to have been shipped."""

    name = "the source as it is now"

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._cards = {card.id.text: card for card in renderer.deck.cards}

    def fields(self, card_id: str) -> FieldsByPart | None:
        """Return the fields of a card."""
        return self._renderer.fields(self._cards[card_id]) if card_id in self._cards else None

    def is_like_now(self, card: Card, part: Part, now: str) -> bool:  # noqa: ARG002 - the interface
        """Return true."""
        return True


class RevisionState:
    """The source at a git revision; it is read when it is first needed."""

    def __init__(self, root: Path, commit: str, name: str, resources: ExitStack) -> None:
        self.name = name
        self._root = root
        self._commit = commit
        self._resources = resources

    @functools.cached_property
    def _renderer(self) -> Renderer | None:
        folder = self._resources.enter_context(extracted(self._root, self._commit))
        if not (folder / "source" / "deck.yaml").is_file():
            return None
        deck = load(folder).deck
        if deck is None:
            return None
        renderer = Renderer(deck, self._resources.enter_context(cache_of(self._root)))
        self._resources.callback(renderer.close)
        return renderer

    @functools.cached_property
    def _cards(self) -> Mapping[str, Card]:
        return {card.id.text: card for card in self._renderer.deck.cards} if self._renderer is not None else {}

    def fields(self, card_id: str) -> FieldsByPart | None:
        """Return the fields of a card."""
        card = self._cards.get(card_id)
        return self._renderer.fields(card) if card is not None and self._renderer is not None else None

    def is_like_now(self, card: Card, part: Part, now: str) -> bool:  # noqa: ARG002 - the interface
        """Return whether the part is written in the same way."""
        former = self._cards.get(card.id.text)
        return former is not None and [text.text for text in written(former, part)] == [
            text.text for text in written(card, part)
        ]


class PackageState:
    """A package that was shipped."""

    def __init__(self, path: Path, guids: Mapping[str, Card], renderer: Renderer) -> None:
        self.name = path.name
        self._fields: dict[str, FieldsByPart] = {}
        found = notes_of(path, guids.keys())
        for guid, (note, note_type) in found.ours.items():
            card = guids[guid]
            values = values_of(note.fields, note_type, renderer.kind(card), renderer.parts(card))
            if values is not None:
                self._fields[card.id.text] = dict(values)
        if not self._fields:
            raise UsageError(
                f"{path} has no notes of this deck.", hint="Name a package that `cardpipe export --format anki` wrote."
            )

    def fields(self, card_id: str) -> FieldsByPart | None:
        """Return the fields of a card."""
        return self._fields.get(card_id)

    def is_like_now(self, card: Card, part: Part, now: str) -> bool:
        """Return whether the field is the same."""
        return self._fields.get(card.id.text, {}).get(part.key) == now


def shipped_states(
    root: Path, named: Sequence[str], renderer: Renderer, guids: Mapping[str, Card], resources: ExitStack
) -> list[Shipped]:
    """Return the states that learners can have, the newest first: those that are named, else the releases in git.

    A name is a package or a git revision. Without any release, it is the source as it is now. Raises UsageError if
    there is no such state.
    """
    if named:
        return [_named(root, name, renderer, guids, resources) for name in named]
    commits: list[str] = []
    if checkout_of(root) is not None:
        # Without git, cards that changed since the release are not compared.
        with contextlib.suppress(UsageError):
            commits = Git(root).commits_of(LOCK_PATH, _MOST_RELEASES)
    found: list[Shipped] = [
        RevisionState(root, commit, f"the release in commit {commit[:10]}", resources) for commit in commits
    ]
    return found or [SourceState(renderer)]


def _named(root: Path, name: str, renderer: Renderer, guids: Mapping[str, Card], resources: ExitStack) -> Shipped:
    if name.endswith((".apkg", ".colpkg")):
        return PackageState(Path(name), guids, renderer)
    try:
        commit = Git(root).commit(name)
    except UnknownRevisionError as error:
        raise UsageError(error.message, hint=f"Name {REVISIONS}, or a package (.apkg, .colpkg).") from None
    return RevisionState(root, commit, name, resources)
