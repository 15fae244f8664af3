"""Two cards with one ID: which of them gets a new one, and which references mean it.

Contributors on different branches can give one ID to two cards. The card that the main branch has keeps the ID, and so
do references that the main branch has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.authoring.card_places import ids_in_branches, used_ids
from cardpipe.authoring.card_renaming import renamed_cards
from cardpipe.authoring.references import all_cards
from cardpipe.errors import CardpipeError, UsageError
from cardpipe.files.git import Git, checkout_of
from cardpipe.model.card_ids import FreeIds, mention
from cardpipe.source.load import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from cardpipe.authoring.source_change import SourceChange
    from cardpipe.model.card_ids import IdForm
    from cardpipe.model.deck import Card, Deck
    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.source.load import LoadResult
    from cardpipe.text.positions import SourceText

_FOLDER: Final = "source"
_MOST_READ: Final = 2_000_000
"""Limit for characters that are parsed again: the deck is read for each new ID, which takes seconds up to here."""
_FEWEST: Final = 5
"""The minimum number of attempts, regardless of the deck's size."""
_LOCAL: Final = ("refs/heads/main", "refs/heads/master")


def references_of(root: Path, deck: Deck, card: Card) -> Callable[[SourceText], bool]:
    """Return whether a reference to the ID of a card means this card, and not another with the same ID.

    If another card has the ID, references in the card's own file and in files that the main branch lacks, or has
    without that ID, mean this card; without git, only those in its own file.
    """
    if sum(other.id.text == card.id.text for other in all_cards(deck)) < 2:
        return lambda _text: True
    before = main_texts(root)
    word = mention(card.id.text)

    def is_meant(text: SourceText) -> bool:
        path = text.file.path
        return path == card.file.path or (before is not None and word.search(before.get(path, "")) is None)

    return is_meant


def renumbered(root: Path, findings: Iterable[Diagnostic], change: SourceChange) -> list[Diagnostic]:
    """Add new IDs for cards with the ID of another one to a change; return the findings that this fixes.

    A card stays as it is if a release has shipped it, if something cannot be edited safely, and if very many cards of
    a large deck have the ID of another one; then the next call continues.
    """
    made = []
    before = main_texts(root)
    read = attempts = 0
    for finding in findings:
        if finding.fix is None or not finding.fix.new_id:
            continue
        if read > _MOST_READ and attempts >= _FEWEST:
            break
        attempts += 1
        loaded = load(root, contents=change.contents)
        read += sum(len(file.text) for file in loaded.files)
        if loaded.deck is not None and _renumber(root, loaded, finding, before, change):
            made.append(finding)
    return made


def _renumber(
    root: Path, loaded: LoadResult, finding: Diagnostic, before: Mapping[str, str] | None, change: SourceChange
) -> bool:
    deck = loaded.deck
    found = next((card for card in all_cards(deck) if card.id.span() == finding.span), None) if deck else None
    cards = [card for card in all_cards(deck) if found is not None and card.id.text == found.id.text] if deck else []
    if deck is None or found is None or len(cards) < 2:
        return False
    lock = deck.settings.lock
    card = found if lock is not None and found.id.text in lock.cards else newest(cards, before, found)
    form = deck.settings.id_form
    taken = used_ids(loaded) | ids_in_branches(root, form).ids | _new_ids(change, form)
    new = FreeIds(taken, form).after(card.id.text)
    if new is None:
        return False
    try:
        renamed = renamed_cards(root, loaded, [(card, new)], is_meant=references_of(root, deck, card)).change
    except CardpipeError:
        return False
    if not renamed.moves.keys().isdisjoint(change.moves):
        return False
    change.before = {**renamed.before, **change.before}
    change.contents |= renamed.contents
    change.moves |= renamed.moves
    return True


def _new_ids(change: SourceChange, form: IdForm) -> set[str]:
    return {card_id for path in change.moves.values() for card_id in form.of_path(path)}


def newest(cards: Sequence[Card], before: Mapping[str, str] | None, default: Card) -> Card:
    """Return the one of some cards with one ID that the main branch lacks, if it has the others."""
    if before is None:
        return default
    line = re.compile(rf"(?m)^(?:- +)?id:[ \t]+['\"]?{mention(default.id.text).pattern}")
    new = [card for card in cards if line.search(before.get(card.file.path, "")) is None]
    return default if default in new or len(new) in {0, len(cards)} else new[-1]


def main_texts(root: Path) -> dict[str, str] | None:
    """Return the YAML files of the main branch below `source/`; None without git or another main branch."""
    if checkout_of(root) is None:
        return None
    try:
        git = Git(root)
        head = git.commit("HEAD")
        main = git.main_branch()
        for name in [*([main] if main else []), *_LOCAL]:
            try:
                commit = git.commit(name)
            except UsageError:
                continue
            if commit != head:
                files = [file for file in git.files(commit, _FOLDER) if file.path.lower().endswith((".yaml", ".yml"))]
                return {
                    file.path: data.decode("utf-8", "replace")
                    for file, data in zip(files, git.contents(files), strict=True)
                }
    except UsageError:
        return None
    return None
