"""The data files of a site: for study, for search, and for other programs (docs/cards.schema.json)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.anki_identity import note_guid
from cardpipe.model.card_ids import id_prefix
from cardpipe.model.deck import Difficulty, FrontPart
from cardpipe.text.escaping import line
from cardpipe.writers.api import recalled
from cardpipe.writers.site.paths import card_path
from cardpipe.writers.site.texts import face_texts, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cardpipe.writers.api import Memory, RenderedCard, RenderedDeck, RenderedFace

_BATCH: Final = 20
"""Cards whose data are cached together."""
_NUMBERS: Final = re.compile(r' data-cloze="([0-9 ]+)"')
_LEVELS: Final = {level: number for number, level in enumerate(Difficulty, 1)}


def as_json(content: Any) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class SiteData:
    """The data of all cards."""

    cards: bytes
    """For other programs: plain texts, with TeX between dollars."""
    search: bytes
    """What search looks through: ID, title, tags, question and answer of each card."""
    study: bytes
    """What the study page knows of the cards, in the order in which new cards come."""
    characters: frozenset[str]
    """All characters of the texts."""


def site_data(
    deck: RenderedDeck,
    cards: Sequence[RenderedCard],
    inputs: Mapping[str, str],
    files: Mapping[str, str],
    memory: Memory | None,
) -> SiteData:
    """Return the data files; the memory has the data of cards by their `inputs`, which are given by ID.

    `files` has the names of those assets whose files on the site have other names.
    """
    settings = deck.settings
    uid = settings.uid.text
    release = settings.lock.version if settings.lock is not None else None
    names = {subdeck.prefix.text: line(subdeck.name.text) for subdeck in settings.subdecks}
    shows_title = settings.shows(FrontPart.TITLE)
    surroundings = as_json([uid, names, shows_title]).decode()
    lists: tuple[list[bytes], ...] = ([], [], [])
    characters: set[str] = set()
    for start in range(0, len(cards), _BATCH):
        batch = cards[start : start + _BATCH]
        key = ("data of cards", surroundings, *(inputs[card.id] for card in batch))
        make = partial(_batch_data, batch, uid, names, files, shows_title=shows_title)
        *found, used = recalled(memory, key, make).split(b"\n")
        for listed, content in zip(lists, found, strict=True):
            listed.append(content)
        characters.update(json.loads(used))
    in_cards, in_search, in_study = lists
    return SiteData(
        _with_cards({"format": 1, "deck": _about(deck, release)}, in_cards),
        _with_cards({"format": 1}, in_search),
        _with_cards({"format": 1, "uid": uid, "release": release}, in_study),
        frozenset(characters),
    )


def _batch_data(
    cards: Sequence[RenderedCard], uid: str, names: Mapping[str, str], files: Mapping[str, str], *, shows_title: bool
) -> bytes:
    """Return the data of some cards in each file, and their characters, one per line: JSON has no line feeds."""
    parts = (
        (_card(card, uid, files) for card in cards),
        ([card.id, line(card.label), " ".join(map(line, card.tags)), *_sides(card)] for card in cards),
        (_studied(card, uid, names, shows_title=shows_title) for card in cards),
    )
    lines = [b",".join(map(as_json, part)) for part in parts]
    return b"\n".join([*lines, as_json("".join(sorted(characters_of(cards))))])


def characters_of(cards: Iterable[RenderedCard]) -> set[str]:
    """Return the characters of the titles and texts of cards."""
    texts = (
        text
        for card in cards
        for text in (card.label.characters, card.question, card.answer, card.details, *face_texts(card))
    )
    return set().union(*texts)


def _studied(card: RenderedCard, uid: str, names: Mapping[str, str], *, shows_title: bool) -> dict[str, Any]:
    return {
        "guid": note_guid(uid, card.id, card.guid),
        "id": card.id,
        "title": line(card.label),
        **_heading(card, shows_title=shows_title),
        "kind": card.kind.value if not card.faces else "note",
        "tags": [line(tag) for tag in card.tags],
        "deck": names.get(id_prefix(card.id), ""),
        "difficulty": _LEVELS[card.difficulty] if card.difficulty is not None else None,
        "page": card_path(card.id),
        "typed": line(card.typed) if card.typed else None,
        "clozes": cloze_numbers(card.question),
        **({"faces": [_face(face) for face in card.faces]} if card.faces else {}),
    }


def _face(face: RenderedFace) -> dict[str, Any]:
    return {"number": face.number, "name": face.name, "typed": line(face.typed) if face.typed else None}


def _heading(card: RenderedCard, *, shows_title: bool) -> dict[str, str]:
    """Return on which sides the title is shown, unless it is shown on all."""
    if not card.title:
        return {"heading": "none"}
    return {} if shows_title else {"heading": "back"}


def cloze_numbers(question: str) -> list[int]:
    """Return the distinct numbers of the deletions in a rendered question, sorted."""
    return sorted({int(number) for found in _NUMBERS.findall(question) for number in found.split()})


def _sides(card: RenderedCard) -> tuple[str, str]:
    return plain(card.question), plain(card.answer)


def _with_cards(head: Mapping[str, Any], cards: Iterable[bytes]) -> bytes:
    """Return JSON of a mapping with the cards as its last key, which are already JSON."""
    return b'%s,"cards":[%s]}' % (as_json(head)[:-1], b",".join(cards))


def _about(deck: RenderedDeck, release: str | None) -> dict[str, Any]:
    settings = deck.settings
    return {
        "uid": settings.uid.text,
        "name": line(settings.name.text),
        "language": settings.language.text,
        "authors": [line(author.text) for author in settings.authors],
        "licence": line(settings.licence.text) if settings.licence is not None else None,
        "description": plain(deck.description),
        "edition": settings.edition.name.text if settings.edition is not None else None,
        "release": release,
        "tags": {line(tag.name.text): line(tag.description.text) for tag in settings.tags},
        "subdecks": {subdeck.prefix.text: line(subdeck.name.text) for subdeck in settings.subdecks},
    }


def _card(card: RenderedCard, uid: str, files: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": card.id,
        "guid": note_guid(uid, card.id, card.guid),
        "page": card_path(card.id),
        "title": line(card.title),
        **({} if card.title else {"label": line(card.label)}),
        "kind": card.kind.value,
        "difficulty": card.difficulty.value if card.difficulty is not None else None,
        "tags": [line(tag) for tag in card.tags],
        "question": plain(card.question),
        "answer": plain(card.answer),
        "details": plain(card.details),
        "figures": [
            {
                "file": f"assets/{files.get(figure.asset, figure.asset)}",
                "alt": line(figure.alt),
                "caption": plain(figure.caption),
            }
            for figure in card.figures
        ],
        "references": [plain(reference) for reference in card.references],
        "related": [other.id for other in card.related],
        **(_note(card) if card.note_type else {}),
    }


def _note(card: RenderedCard) -> dict[str, Any]:
    faces = [
        {"number": face.number, "name": face.name, "question": plain(face.front), "answer": plain(face.back)}
        for face in card.faces
    ]
    return {
        "kind": "note",
        "type": card.note_type,
        "fields": {field.key: plain(field.content) for field in card.fields},
        "faces": faces,
    }
