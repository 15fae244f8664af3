"""File names of exports: a separate name for each selection and each variant of a format.

A name lists the choices: `-short-NN-cards` for the edition `short`, the tag `NN` and the layout `cards`. If another
choice could have the same name, or if it would be long, a digest of the exact choice follows.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cardpipe.model.edition import levels_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cardpipe.model.deck import DeckSettings
    from cardpipe.model.selection import Request, Selectable
    from cardpipe.writers.api import Writer

_LONGEST: Final = 64
"""The maximum length of a name's readable part in bytes; with the deck's name it fits into 255, the limit of file
systems.
"""
_DIGITS: Final = 8
_DRAFTS: Final = "drafts"
_WRITTEN: Final = "test-page"
"""Suffixes that built-in writers append themselves."""


def output_suffix(
    deck_settings: DeckSettings,
    cards: Iterable[Selectable],
    request: Request,
    writer: Writer,
    settings: Mapping[str, str],
) -> str:
    """Return what follows the deck's name in file names of an export; empty for the whole deck in its usual form.

    `deck` is the whole deck, `cards` are all of its cards, and `settings` contains the value of each option of the
    writer. Different choices have different suffixes, also on case-insensitive file systems.
    """
    named = [option for option in writer.options if option.named]
    usual = deck_settings.format_options.get(writer.name, {})
    variants = [
        settings[option.name]
        for option in named
        if settings[option.name] != (usual[option.name].text if option.name in usual else option.default)
    ]
    edition = [request.edition] if request.edition is not None else []
    ids, tags = sorted(set(request.ids)), sorted(set(request.tags))
    drafts = [_DRAFTS] if request.include_drafts else []
    chosen = [edition, ids, tags, drafts, variants]
    tokens = [token for part in chosen for token in part]
    if tokens == edition:
        return "".join(f"-{name}" for name in edition)
    parts = [_plain(token) for token in tokens]
    readable = "-".join(filter(None, parts))
    listed = list(cards)
    levels = {level for card in listed for level in levels_of(card.tags)}
    levels.update(level for tag in deck_settings.tags for level in levels_of([tag.name.text]))
    known = [
        [edition.name.text for edition in deck_settings.editions],
        {card.id for card in listed} | set(ids),
        levels | set(tags),
        [_DRAFTS],
        [*(value for option in named for value in option.choices), _WRITTEN],
    ]
    if all(parts) and len(readable.encode()) <= _LONGEST and _readings(readable, known) == 1:
        return f"-{readable}"
    digest = hashlib.sha256(repr(chosen).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return "".join(f"-{part}" for part in (_shortened(readable), digest) if part)


def with_suffix(settings: DeckSettings, slug: str, suffix: str) -> DeckSettings:
    """Return a deck whose file names have a suffix."""
    return replace(settings, slug=settings.slug._replace(text=f"{slug}{suffix}"), suffix=suffix)


def _plain(token: str) -> str:
    """Return a word in a form that every system allows in file names."""
    return re.sub(r"[^\w]+", "-", unicodedata.normalize("NFC", token)).strip("-")


def _shortened(readable: str) -> str:
    """Return the first words of a name that fit beside a digest."""
    room = _LONGEST - _DIGITS - 1
    if len(readable.encode()) <= room:
        return readable
    cut = readable.encode()[:room].decode(errors="ignore")
    return cut.rpartition("-")[0] or cut


def _readings(name: str, known: Sequence[Iterable[str]]) -> int:
    """Return in how many ways a name can be read as words of several vocabularies, one after the other."""
    segments = name.casefold().split("-")
    ways = [1] + [0] * len(segments)
    """By number of segments that are read."""
    for words in known:
        plain = Counter(_plain(word).casefold() for word in words)
        for start in range(len(segments)):
            for end in range(start + 1, len(segments) + 1):
                ways[end] += ways[start] * plain["-".join(segments[start:end])]
    return ways[-1]
