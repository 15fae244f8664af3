"""The names of what an export writes: one of its own for each selection and each variant of a format.

A name says what was chosen: `-short-NN-cards` for the edition `short`, the tag `NN` and the layout `cards`. Where
another choice could have the same name, or where it would be long, a digest of the exact choice follows.
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
"""Bytes of a name's readable part, so that with the deck's own name it fits into the 255 that file systems allow."""
_DIGITS: Final = 8
_DRAFTS: Final = "drafts"
_WRITTEN: Final = "test-page"
"""What a writer of ours puts at the end of a name itself."""


def output_suffix(
    deck_settings: DeckSettings,
    cards: Iterable[Selectable],
    request: Request,
    writer: Writer,
    settings: Mapping[str, str],
) -> str:
    """What follows the deck's name in the names of an export's files; empty for the whole deck in its usual form.

    `deck` is the whole deck, `cards` are all of its cards, and `settings` holds the value of each of the writer's
    options. No two choices have the same suffix, also where a file system takes capitals for small letters.
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
    """A deck with the name that its files shall have: that of the whole deck, and what follows it."""
    return replace(settings, slug=settings.slug._replace(text=f"{slug}{suffix}"), suffix=suffix)


def _plain(token: str) -> str:
    """A word as it may stand in the name of a file on every system."""
    return re.sub(r"[^\w]+", "-", unicodedata.normalize("NFC", token)).strip("-")


def _shortened(readable: str) -> str:
    """As many whole words as there is room for beside a digest."""
    room = _LONGEST - _DIGITS - 1
    if len(readable.encode()) <= room:
        return readable
    cut = readable.encode()[:room].decode(errors="ignore")
    return cut.rpartition("-")[0] or cut


def _readings(name: str, known: Sequence[Iterable[str]]) -> int:
    """In how many ways a name can be read as words of each of some vocabularies, one vocabulary after the other."""
    segments = name.casefold().split("-")
    ways = [1] + [0] * len(segments)
    """By how many segments are read."""
    for words in known:
        plain = Counter(_plain(word).casefold() for word in words)
        for start in range(len(segments)):
            for end in range(start + 1, len(segments) + 1):
                ways[end] += ways[start] * plain["-".join(segments[start:end])]
    return ways[-1]
