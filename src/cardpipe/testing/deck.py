"""The small deck for testing plug-ins: every card kind, and texts that are hard to escape."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.errors import ProjectError
from cardpipe.model.trust import NOBODY

if TYPE_CHECKING:
    from cardpipe.model.deck import Deck
    from cardpipe.source.load import CardFile
    from cardpipe.writers.api import Capabilities, RenderedDeck

_SAMPLE: Final = Path(__file__).with_name("sample")
CARDS: Final = {path.stem: path.read_text(encoding="utf-8") for path in sorted(_SAMPLE.glob("source/cards/*.yaml"))}
"""The text of each card file, by card ID."""


@functools.cache
def rendered(capabilities: Capabilities) -> RenderedDeck:
    """Return the deck rendered for these capabilities."""
    from cardpipe.build.pipeline import no_progress, prepare_form

    with tempfile.TemporaryDirectory(prefix="cardpipe-") as place:
        folder = Path(shutil.copytree(_SAMPLE, Path(place, "sample")))
        prepared = prepare_form(folder, lambda _deck: capabilities, no_progress, trust=NOBODY)
    if prepared.rendered is None:
        messages = "; ".join(f"{found.code} {found.message}" for found in prepared.checked.diagnostics)
        raise ProjectError(f"The test deck for plug-ins has errors: {messages}")
    return prepared.rendered


@functools.cache
def loaded() -> Deck:
    """Return the deck with its cards."""
    from cardpipe.source.load import load

    deck = load(_SAMPLE).deck
    if deck is None:
        raise ProjectError("The test deck for plug-ins cannot be read.")
    return deck


def card_file(text: str, name: str = "EX0009") -> CardFile:
    """Return the cards of a file with this text."""
    from cardpipe.source.load import read_cards

    return read_cards(f"source/cards/{name}.yaml", text.encode())
