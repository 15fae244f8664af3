"""Pictures, sounds and scripts that are named after a card, and get a new name with it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from cardpipe.authoring.references import all_cards
from cardpipe.markup import scan
from cardpipe.model.deck import media_key
from cardpipe.source.load import FIGURES_FOLDER, MEDIA_FOLDER
from cardpipe.source.partial_cards import STAND_IN_PATH
from cardpipe.source.splicing import replacing
from cardpipe.source.tree import found_files
from cardpipe.text.nodes import scalars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cardpipe.authoring.references import FileEdits
    from cardpipe.model.card_ids import IdForm
    from cardpipe.model.deck import Deck
    from cardpipe.text.positions import SourceText


def asset_moves(root: Path, deck: Deck, ids: Mapping[str, str]) -> dict[str, str]:
    """Return the new paths of files below `source/media/` and `source/figures/` that are named after cards.

    These begin with an ID, or are in such a folder: `ML0044-xor.png`, `ml0044_xor.py`, `ML0044/xor.png`. After an ID
    with slashes comes the extension or a slash: `geo/france.svg`, `geo/france/map.svg`. A file that a script names
    keeps its name.
    """
    moves = {}
    for folder in (MEDIA_FOLDER, FIGURES_FOLDER):
        for file in found_files(root, folder, []):
            name = file.path.removeprefix(f"{folder}/")
            new = _new_name(name, ids, deck.settings.id_form)
            if new != name and not any(_last(name).encode() in script.data for script in deck.settings.scripts):
                moves[file.path] = f"{folder}/{new}"
    return moves


def edit_asset_references(deck: Deck, moves: Mapping[str, str], edits: FileEdits) -> None:
    """Let texts and figures name the new paths of such files."""
    new_names = {}
    for old, new in moves.items():
        for folder in (MEDIA_FOLDER, FIGURES_FOLDER):
            if old.startswith(f"{folder}/"):
                new_names[media_key(old.removeprefix(f"{folder}/"))] = new.removeprefix(f"{folder}/")
    if not new_names:
        return
    for text, start, end in _references(deck):
        new_name = new_names.get(media_key(text.text[start:end]))
        if new_name is not None and text.file.path != STAND_IN_PATH:
            edits.add(text, replacing(text, start, end, new_name))


def _references(deck: Deck) -> Iterator[tuple[SourceText, int, int]]:
    texts = [deck.settings.description]
    for card in all_cards(deck):
        texts += [text for _, text in card.texts()]
        for figure in card.figures:
            for scalar in scalars(figure.parameters):
                yield scalar, 0, len(scalar.text)
    for text in texts:
        for image in scan(text.text).images() if "![" in text.text else ():
            yield text, image.target_start, image.target_end


def _new_name(name: str, ids: Mapping[str, str], form: IdForm) -> str:
    if form.separator == "/":
        return _new_part(name, ids, form)
    return "/".join(_new_part(part, ids, form) for part in PurePosixPath(name).parts)


def _new_part(part: str, ids: Mapping[str, str], form: IdForm) -> str:
    for found in form.leading(part):
        new = next((ids[one] for one in (found, found.upper(), found.lower()) if one in ids), None)
        if new is not None:
            return (new.lower() if found.islower() else new) + part[len(found) :]
    return part


def _last(name: str) -> str:
    return PurePosixPath(name).name
