"""Find the card files, and report files that look like misplaced cards."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.assets.pictures import MEDIA_TYPES
from cardpipe.assets.sounds import SOUND_TYPES
from cardpipe.errors import ProjectError
from cardpipe.model.diagnostics import Finding
from cardpipe.source.adopted_types import ADOPTED_FILE
from cardpipe.source.tables import TABLES_FOLDER
from cardpipe.source.tree import at_file, found_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cardpipe.source.tree import FoundFile

CARDS_FOLDER: Final = "source/cards"
_SOURCE: Final = "source"
_OTHER_FOLDERS: Final = ("source/figures", "source/media")
_CARD: Final = re.compile(r"(?s).+\.ya?ml", re.IGNORECASE)
_YAML: Final = re.compile(r"\.ya?ml(?:\.[^/]*)?\Z", re.IGNORECASE)
"""The end of a YAML file name, also if a program added another extension."""
_NAMED_AFTER_CARD: Final = re.compile(r"[A-Z]{2,8}[0-9]{4}\.ya?ml(?:\.[^/]*)?", re.IGNORECASE)
_NOT_A_CARD: Final = re.compile(r"(?:readme|licen[cs]e)\b.*|.*~|#.*#", re.IGNORECASE | re.DOTALL)
"""README and licence files, and files that editors create."""
_NOWHERE: Final = "This file is not read: cards are `.yaml` files under `source/cards/`."


def is_card_path(path: str) -> bool:
    """Return whether a path is a card file or a table: `.yaml` or `.yml`, in any case."""
    return (
        path.startswith((f"{CARDS_FOLDER}/", f"{TABLES_FOLDER}/"))
        and _CARD.fullmatch(PurePosixPath(path).name) is not None
    )


def unread_files(root: Path, in_cards: Iterable[FoundFile]) -> Iterator[Finding]:
    """Report files among the cards that are not card files, and cards in other places of the project.

    Hidden files, links, and files of the system or of editors are ignored. Raises ProjectError if a folder
    cannot be read.
    """
    for file in in_cards:
        if not is_card_path(file.path) and _NOT_A_CARD.fullmatch(_name(file)) is None:
            yield _unread(file.path)
    for file in found_files(root, _SOURCE, [], skip={CARDS_FOLDER, TABLES_FOLDER, *_OTHER_FOLDERS}):
        if ADOPTED_FILE.fullmatch(file.path) is not None:
            continue
        if file.path != "source/deck.yaml" and _YAML.search(file.path) is not None and not _name(file).endswith("~"):
            yield _unread(file.path)
    for folder in (*_OTHER_FOLDERS, "cards"):
        yield from (_unread(file.path) for file in found_files(root, folder, []) if _is_named_after_card(_name(file)))
    # Only the folder itself: deeper files of a project can be anything.
    try:
        names = sorted(path.name for path in root.iterdir() if _is_named_after_card(path.name) and path.is_file())
    except OSError as error:
        raise ProjectError(f"The folder {root} cannot be read: {error.strerror or error}.") from error
    yield from map(_unread, names)


def _is_named_after_card(name: str) -> bool:
    return _NAMED_AFTER_CARD.fullmatch(name) is not None and not name.endswith("~")


def _name(file: FoundFile) -> str:
    return PurePosixPath(file.path).name


def _unread(path: str) -> Finding:
    name = PurePosixPath(path)
    if name.suffix.lower() in MEDIA_TYPES or name.suffix.lower() in SOUND_TYPES:
        message = "This file is not read: pictures and sounds must be under `source/media/`."
        return Finding("SCH010", at_file(path), message, help="Move it there.")
    ending = _YAML.search(path)
    target = f"{path[: ending.start()]}.yaml" if ending is not None else f"{path}.yaml"
    if not path.startswith(f"{CARDS_FOLDER}/"):
        advice = f"Move it to {CARDS_FOLDER}/{PurePosixPath(target).name}."
    elif ending is not None or not name.suffix:
        advice = f"Rename it to {PurePosixPath(target).name}."
    else:
        advice = "If it contains a card, rename it to end in `.yaml`; otherwise move it out of `source/cards/`."
    return Finding("SCH010", at_file(path), _NOWHERE, help=advice)
