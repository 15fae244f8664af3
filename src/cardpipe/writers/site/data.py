"""The data files of a site: for study, for search, and for other programs (docs/cards.schema.json)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.anki_identity import note_guid
from cardpipe.model.deck import Difficulty, id_prefix
from cardpipe.text.escaping import line
from cardpipe.writers.site.paths import card_path
from cardpipe.writers.site.texts import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cardpipe.writers.api import RenderedCard, RenderedDeck

_NUMBERS: Final = re.compile(r' data-cloze="([0-9 ]+)"')
_LEVELS: Final = {level: number for number, level in enumerate(Difficulty, 1)}


def as_json(content: Any) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def study_data(deck: RenderedDeck, cards: Sequence[RenderedCard]) -> bytes:
    """Return what the study page knows of the cards, in the order in which new cards come."""
    settings = deck.settings
    names = {subdeck.prefix.text: line(subdeck.name.text) for subdeck in settings.subdecks}
    return as_json(
        {
            "format": 1,
            "uid": settings.uid.text,
            "release": settings.lock.version if settings.lock is not None else None,
            "cards": [_studied(card, settings.uid.text, names) for card in cards],
        }
    )


def _studied(card: RenderedCard, uid: str, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "guid": note_guid(uid, card.id),
        "id": card.id,
        "title": line(card.title),
        "kind": card.kind.value,
        "tags": [line(tag) for tag in card.tags],
        "deck": names.get(id_prefix(card.id), ""),
        "difficulty": _LEVELS[card.difficulty] if card.difficulty is not None else None,
        "page": card_path(card.id),
        "typed": line(card.typed) if card.typed else None,
        "clozes": cloze_numbers(card.question),
    }


def cloze_numbers(question: str) -> list[int]:
    """Return the distinct numbers of the deletions in a rendered question, sorted."""
    return sorted({int(number) for found in _NUMBERS.findall(question) for number in found.split()})


def search_data(cards: Sequence[RenderedCard]) -> bytes:
    """Return the texts that search looks through: ID, title, tags, question and answer of each card."""
    return _with_cards(
        {"format": 1},
        ([card.id, line(card.title), " ".join(map(line, card.tags)), *_sides(card)] for card in cards),
    )


def _sides(card: RenderedCard) -> tuple[str, str]:
    return plain(card.question), plain(card.answer)


def _with_cards(head: Mapping[str, Any], cards: Iterable[Any]) -> bytes:
    """Return JSON of a mapping with the cards as its last key, which are converted one by one to save memory."""
    return b'%s,"cards":[%s]}' % (as_json(head)[:-1], b",".join(map(as_json, cards)))


def cards_data(deck: RenderedDeck, cards: Sequence[RenderedCard]) -> bytes:
    """Return all cards as plain texts, with TeX between dollars, for other programs."""
    settings = deck.settings
    about: dict[str, Any] = {
        "uid": settings.uid.text,
        "name": line(settings.name.text),
        "language": settings.language.text,
        "authors": [line(author.text) for author in settings.authors],
        "licence": line(settings.licence.text) if settings.licence is not None else None,
        "description": plain(deck.description),
        "edition": settings.edition.name.text if settings.edition is not None else None,
        "release": settings.lock.version if settings.lock is not None else None,
        "tags": {line(tag.name.text): line(tag.description.text) for tag in settings.tags},
        "subdecks": {subdeck.prefix.text: line(subdeck.name.text) for subdeck in settings.subdecks},
    }
    return _with_cards({"format": 1, "deck": about}, (_card(card, settings.uid.text) for card in cards))


def _card(card: RenderedCard, uid: str) -> dict[str, Any]:
    return {
        "id": card.id,
        "guid": note_guid(uid, card.id),
        "page": card_path(card.id),
        "title": line(card.title),
        "kind": card.kind.value,
        "difficulty": card.difficulty.value if card.difficulty is not None else None,
        "tags": [line(tag) for tag in card.tags],
        "question": plain(card.question),
        "answer": plain(card.answer),
        "details": plain(card.details),
        "figures": [
            {"file": f"assets/{figure.asset}", "alt": line(figure.alt), "caption": plain(figure.caption)}
            for figure in card.figures
        ],
        "references": [plain(reference) for reference in card.references],
        "related": [other.id for other in card.related],
    }
