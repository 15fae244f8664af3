"""Two cards with one ID: which of them gets a new one, and which references mean it.

Contributors on different branches can give one ID to two cards. The card that the main branch has keeps the ID, and so
do references that the main branch has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.authoring.references import all_cards
from cardpipe.errors import UsageError
from cardpipe.files.git import Git, checkout_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cardpipe.model.deck import Card, Deck
    from cardpipe.text.positions import SourceText

_FOLDER: Final = "source"
_LOCAL: Final = ("refs/heads/main", "refs/heads/master")


def references_of(root: Path, deck: Deck, card: Card) -> Callable[[SourceText], bool]:
    """Return whether a reference to the ID of a card means this card, and not another with the same ID.

    If another card has the ID, references in the card's own file and in files that the main branch lacks, or has
    without that ID, mean this card; without git, only those in its own file.
    """
    if sum(other.id.text == card.id.text for other in all_cards(deck)) < 2:
        return lambda _text: True
    before = main_texts(root)
    word = re.compile(rf"\b{re.escape(card.id.text)}\b")

    def is_meant(text: SourceText) -> bool:
        path = text.file.path
        return path == card.file.path or (before is not None and word.search(before.get(path, "")) is None)

    return is_meant


def newest(cards: Sequence[Card], before: Mapping[str, str] | None, *, kept: str) -> Card:
    """Return the one of some cards with one ID that the main branch lacks; by default the last one not in `kept`."""
    others = [card for card in cards if card.file.path != kept] or list(cards[1:])
    if before is None:
        return others[-1]
    line = re.compile(rf"(?m)^(?:- +)?id:[ \t]+['\"]?{re.escape(cards[0].id.text)}\b")
    new = [card for card in cards if line.search(before.get(card.file.path, "")) is None]
    return new[-1] if len(new) == len(cards) - 1 else others[-1]


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
