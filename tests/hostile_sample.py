"""A hostile text in every field of a card and of a deck; the field tables are walked, so that none is missed."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cardpipe.cache.rebuild_log import RebuildLog
from cardpipe.figures.image import KIND as IMAGE
from cardpipe.model.card_label import card_label
from cardpipe.model.deck import DeckSettings, Media
from cardpipe.model.edition import as_edition
from cardpipe.model.selection import CardEntry
from cardpipe.model.trust import NOBODY
from cardpipe.render.batch import BatchRenderer
from cardpipe.render.deck import RenderSetting, render_deck
from cardpipe.source.card_fields import CARD_FIELDS
from cardpipe.source.deck_fields import DECK_FIELDS
from cardpipe.source.fields import ListOf, MapOf, MapOrWord, OneOf, Record, Text
from cardpipe.source.load import load
from lint_sample import CACHE, PNG

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cardpipe.model.deck import Card
    from cardpipe.source.fields import Field, FieldType
    from cardpipe.writers.api import Capabilities, RenderedDeck

SPOT = "\ufdd0"
"""Stands in a model of a card or deck where the hostile text goes."""

CARD: dict[str, Any] = {
    "id": "EX0001",
    "title": "A title",
    "question": "Why?",
    "answer": "So.",
    "figures": [{"id": "f", "kind": "image", "file": "a.png", "alt": "A picture"}],
}
DECK: dict[str, Any] = {
    "uid": "5b0f6c1e-8a52-4a57-9d5e-0c9a2f6f3c11",
    "slug": "hostile",
    "name": "Deck",
    "language": "en",
    "authors": ["An Author"],
    "description": "Words.",
    "subdecks": {"EX": "Examples"},
    "tags": {"NN": "Networks"},
    "editions": {"short": {"title": "Short"}},
}
_FIGURE: dict[str, Any] = CARD["figures"][0]


def spots(fields: Sequence[Field], base: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Text]]:
    """Every text that a mapping with these fields can hold: its name, the mapping with SPOT there, and its type."""
    for field in fields:
        for name, value, kind in _values(field.name, field.type, base.get(field.name)):
            yield name, {**copy.deepcopy(base), field.name: value}, kind


def _values(name: str, kind: FieldType, base: Any) -> Iterator[tuple[str, Any, Text]]:
    if isinstance(kind, Text):
        yield name, SPOT, kind
    elif isinstance(kind, ListOf):
        first = base[0] if base else None
        for inner, value, text in _values(name, kind.item, first):
            yield inner, [value], text
    elif isinstance(kind, MapOrWord):
        yield from _values(name, kind.mapping, base)
    elif isinstance(kind, MapOf):
        key, first = next(iter(base.items())) if base else ("short", None)
        yield f"{name} (key)", {SPOT: first if first is not None else _any(kind.value)}, kind.key
        for inner, value, text in _values(name, kind.value, first):
            yield inner, {key: value}, text
    elif isinstance(kind, OneOf):
        yield name, SPOT, kind.text
        yield from _values(name, kind.mapping, base)
    elif isinstance(kind, Record):
        given = dict(base) if isinstance(base, dict) else {}
        for field in kind.fields:
            if field.required and field.name not in given:
                given[field.name] = field.example
        for inner, value, text in spots(kind.fields, given):
            yield f"{name}: {inner}", value, text


def _any(kind: FieldType) -> Any:
    return {} if isinstance(kind, Record | MapOf) else "x"


_LINE = Text(single_line=True)


def _more_of_cards() -> Iterator[tuple[str, dict[str, Any], Text]]:
    """Places that are no fields of their own: other kinds of cards, and what Markdown makes of a text."""
    yield "typed answer", {**CARD, "kind": "typed", "answer": SPOT}, Text()
    yield "cloze", {**CARD, "kind": "cloze", "question": f"{{{{c1::{SPOT}::{SPOT}}}}} {SPOT}"}, Text()
    yield "retired", {**CARD, "title": SPOT, "status": "retired", "replaced_by": "EX0002"}, _LINE
    for name, details, kind in (
        ("image", f"![{SPOT}](none.png) ![{SPOT}](a.png) ![{SPOT}](a.mp3)", _LINE),
        ("link", f'[{SPOT}](https://example.org "{SPOT}") [x](<{SPOT}>) <https://example.org/{SPOT}>', Text()),
        ("formula", f"${SPOT}$\n\n$${SPOT}$$", Text()),
        ("code", f"`{SPOT}`\n\n    {SPOT}\n\n```python\n{SPOT}\n```\n", Text()),
    ):
        yield name, {**CARD, "details": details}, kind
        yield f"{name} in a cloze", {**CARD, "kind": "cloze", "question": f"{{{{c1::a}}}} {details}"}, kind


CARD_SPOTS = [*spots(CARD_FIELDS, CARD), *_more_of_cards()]
DECK_SPOTS = list(spots(DECK_FIELDS, DECK))


def fitting(payload: str, kind: Text) -> str | None:
    """The hostile text in a form that a field takes, None where it takes none: then the schema refuses it."""
    joined = "".join(payload.split())
    address = f"https://example.org/{joined}"
    forms = (payload, joined, address, f"{address}{{id}}", f"mailto:a@example.org?subject={joined}{{id}}")
    for form in forms:
        short = kind.max_length is None or len(form) <= kind.max_length
        if short and (kind.pattern is None or re.fullmatch(kind.pattern, form)):
            return " ".join(form.split()) if kind.single_line else form
    return None


def filled(model: Any, text: str) -> Any:
    """A model of a card or deck with the hostile text in its place."""
    if isinstance(model, str):
        return model.replace(SPOT, text)
    if isinstance(model, list):
        return [filled(item, text) for item in model]
    if isinstance(model, dict):
        return {filled(key, text): filled(value, text) for key, value in model.items()}
    return model


class HostileDeck:
    """A deck with one hostile text in all fields that take it, rendered without asking lint."""

    def __init__(self, payload: str, folder: Path) -> None:
        cards: list[dict[str, Any]] = []
        for _, model, kind in CARD_SPOTS:
            text = fitting(payload, kind)
            if text is not None:
                card = filled(model, text)
                card.setdefault("related", ["EX0002"])  # has the hostile title
                cards.append({**card, "id": card["id"] if text in card["id"] else f"EX{len(cards) + 1:04}"})
        deck = copy.deepcopy(DECK)
        for _, model, kind in DECK_SPOTS:
            text = fitting(payload, kind)
            if text is not None:
                _merge(deck, filled(model, text))
        contents = {"source/deck.yaml": json.dumps(deck).encode()}
        for number, card in enumerate(cards):
            contents[f"source/cards/{number:03}.yaml"] = json.dumps(card).encode()
        loaded = load(folder, contents=contents)
        assert loaded.deck is not None, loaded.findings
        assert len(loaded.deck.cards) == len(cards), loaded.findings
        media = (Media("a.png", PNG), Media("a.mp3", b"ID3\x03\x00\x00\x00\x00\x00\x00"))
        self.settings: DeckSettings = replace(loaded.deck.settings, media=media)
        self.cards: tuple[Card, ...] = loaded.deck.cards
        self._made: dict[tuple[Capabilities, bool], RenderedDeck] = {}

    def rendered(self, capabilities: Capabilities, *, edition: bool = False) -> RenderedDeck:
        """As a writer takes it."""
        key = (capabilities, edition)
        if key not in self._made:
            self._made[key] = self._rendered(capabilities, edition=edition)
        return self._made[key]

    def _rendered(self, capabilities: Capabilities, *, edition: bool) -> RenderedDeck:
        settings = as_edition(self.settings, self.settings.editions[0]) if edition else self.settings
        cards = {card.id.text: card for card in self.cards}
        renderer = BatchRenderer(settings, capabilities, CACHE, NOBODY, lambda name: IMAGE if name == "image" else None)
        return render_deck(
            RenderSetting(
                settings=settings,
                capabilities=capabilities,
                titles={card.id.text: card_label(card) for card in self.cards},
                state={},
            ),
            cards=[
                CardEntry(card_id, card_label(card), "x", number, (), card.status.value, None, card.kind.value)
                for number, (card_id, card) in enumerate(cards.items())
            ],
            contents={},
            ready=(),
            render=lambda missing: [renderer.render([cards[entry.id] for entry in missing])],
            cache=CACHE,
            progress=lambda *_: None,
            rebuild_log=RebuildLog(),
        )


def _merge(deck: dict[str, Any], other: dict[str, Any]) -> None:
    """Take over what the other deck has more or otherwise; lists and mappings keep what they had."""
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(deck.get(key), dict):
            _merge(deck[key], value)
        elif value != DECK.get(key):
            deck[key] = value
