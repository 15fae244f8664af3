"""Where new cards go: free IDs, the folder of a prefix, and the schema that files there name."""

from __future__ import annotations

import os
import posixpath
import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.errors import UsageError
from cardpipe.files.git import Git, checkout_of
from cardpipe.fix.splice import Splice
from cardpipe.model.card_ids import IdForm, id_prefix
from cardpipe.model.release_lock import LOCK_PATH
from cardpipe.source.card_paths import CARDS_FOLDER, is_card_path
from cardpipe.source.tree import found_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cardpipe.model.deck import Deck
    from cardpipe.source.load import LoadResult
    from cardpipe.text.positions import SourceFile

_SCHEMA: Final = re.compile(r"(?m)\A(?:#[^\n]*\n)*# yaml-language-server: \$schema=(\S+)[ \t]*\r?$")
_OWN_SCHEMA: Final = "source/card.schema.json"
"""Where `cardpipe init` puts the schema of cards."""


class BranchIds(NamedTuple):
    """The IDs in git branches."""

    ids: frozenset[str]
    unread: tuple[str, ...]
    """Why a branch could not be read, one sentence each."""


def used_ids(loaded: LoadResult) -> set[str]:
    """Return all IDs that a deck uses or used: of its cards, of its card files, and in its release lock.

    If the lock is invalid, everything in it that looks like an ID counts.
    """
    deck = loaded.deck
    form = deck.settings.id_form if deck is not None else IdForm()
    found = {card_id for file in loaded.files if is_card_path(file.path) for card_id in _named_by(form, file.path)}
    if deck is not None:
        found |= {card.id.text for card in (*deck.cards, *deck.faulty_cards)} | deck.faulty_ids
    released = deck.settings.lock if deck is not None else None
    if released is not None:
        found |= released.cards.keys() | released.gone.keys()
    else:
        found.update(word for file in loaded.files if file.path == LOCK_PATH for word in form.found_in(file.text))
    return {card_id for card_id in found if form.matches(card_id)}


def _named_by(form: IdForm, path: str) -> Iterator[str]:
    return form.of_path(path.removeprefix(f"{CARDS_FOLDER}/"))


def ids_of_files(root: Path, form: IdForm) -> set[str]:
    """Return the IDs of a form that name card files, as they are now."""
    return {card_id for file in found_files(root, CARDS_FOLDER, []) for card_id in _named_by(form, file.path)}


def ids_in_branches(root: Path, form: IdForm) -> BranchIds:
    """Return the IDs that name card files in other git branches; none if git cannot tell.

    Only the newest branches that this clone has are read, and only names of files.
    """
    if checkout_of(root) is None:
        return BranchIds(frozenset(), ())
    try:
        found = Git(root).paths_in_branches(CARDS_FOLDER)
    except UsageError:
        return BranchIds(frozenset(), ())
    named = (card_id for path in found.paths if is_card_path(path) for card_id in _named_by(form, path))
    return BranchIds(frozenset(named), tuple(found.unread))


def base_folder(path: str, card_id: str) -> str:
    """Return the folder of a card's file; of a file that is named after an ID with folders, the folder of these."""
    stem = str(PurePosixPath(path).with_suffix(""))
    base = stem.removesuffix(f"/{card_id}")
    return base if base != stem else str(PurePosixPath(path).parent)


def card_folder(deck: Deck, prefix: str) -> str:
    """Return the folder for new cards of a prefix: where most of its cards are.

    The folders that belong to an ID with slashes are not part of it. A prefix without cards gets a folder of its own
    if each other prefix has one; otherwise `source/cards`.
    """
    by_prefix: dict[str, Counter[str]] = {}
    for card in deck.cards:
        folder = base_folder(card.file.path, card.id.text)
        by_prefix.setdefault(id_prefix(card.id.text), Counter())[folder] += 1
    if prefix in by_prefix:
        return _most_common(by_prefix[prefix])
    folders = {other: _most_common(found) for other, found in by_prefix.items()}
    if deck.settings.id_form.separator == "/":
        return CARDS_FOLDER
    own = {PurePosixPath(folder).name == other for other, folder in folders.items()}
    own_in_lower_case = {PurePosixPath(folder).name == other.lower() for other, folder in folders.items()}
    if own == {True}:
        return f"{CARDS_FOLDER}/{prefix}"
    return f"{CARDS_FOLDER}/{prefix.lower()}" if own_in_lower_case == {True} else CARDS_FOLDER


def card_suffix(deck: Deck) -> str:
    """Return the extension of card files that the deck uses: `.yaml`, or `.yml` if most files have it."""
    suffixes = Counter(PurePosixPath(card.file.path).suffix for card in deck.cards)
    return ".yml" if suffixes[".yml"] > suffixes[".yaml"] else ".yaml"


def schema_address(root: Path, loaded: LoadResult, folder: str) -> str | None:
    """Return the schema that a card file in a folder names, relative to it: as other cards do, or as in a new project.

    None if no card names a schema and the project has none.
    """
    known: Counter[str] = Counter()
    for file in loaded.files:
        match = _SCHEMA.search(file.text[:2000]) if is_card_path(file.path) else None
        if match is not None:
            schema = _absolute(match[1], posixpath.dirname(file.path))
            if ":" in schema or os.path.lexists(root / schema):
                known[schema] += 1
    if known:
        schema = _most_common(known)
    elif os.path.lexists(root / _OWN_SCHEMA):
        schema = _OWN_SCHEMA
    else:
        return None
    return schema if ":" in schema or schema.startswith("/") else posixpath.relpath(schema, folder)


def moved_schema(file: SourceFile, new_path: str) -> Splice | None:
    """Return the edit that lets a file name its schema from its new path; None if nothing changes."""
    match = _SCHEMA.search(file.text[:2000])
    if match is None or ":" in match[1] or match[1].startswith("/"):
        return None
    schema = posixpath.relpath(_absolute(match[1], posixpath.dirname(file.path)), posixpath.dirname(new_path))
    return Splice(match.start(1), match.end(1), schema) if schema != match[1] else None


def _absolute(address: str, folder: str) -> str:
    """Return the path in the project of a schema that a file in a folder names; a web address is unchanged."""
    return address if ":" in address else posixpath.normpath(posixpath.join(folder, address))


def _most_common(found: Counter[str]) -> str:
    return min(found, key=lambda name: (-found[name], name))


def prefixes(deck: Deck) -> list[str]:
    """Return the prefixes of the deck's subdecks, in the order of `deck.yaml`."""
    return [subdeck.prefix.text for subdeck in deck.settings.subdecks]
